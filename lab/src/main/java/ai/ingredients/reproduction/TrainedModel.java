package ai.ingredients.reproduction;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A transformer that rows need, and how it differs from the best setting: I2V initialisation, VAE features before, mask
 * labels, cross-entropy. A model that several rows begin with is trained once.
 */
enum TrainedModel {
    /** CogVideoX for text. Has half the input channels and no identity modules. */
    BASE_T2V(Stage.BASE, null, "diffusion.image=none"),
    /** CogVideoX that continues a picture. */
    BASE_I2V(Stage.BASE, null, "diffusion.image=first-frame"),
    /** Stage 1 of the best setting. */
    FACES(Stage.FACES, BASE_I2V),
    /** Stage 1 from the text model, whose patch embedding is widened with zeros. */
    FACES_T2V(Stage.FACES, BASE_T2V),
    /** Stage 1 with faces encoded one by one. */
    FACES_AFTER(Stage.FACES, BASE_I2V, "diffusion.vae-features=after"),
    /** Stage 2 of the best setting: Ingredients. */
    BEST(Stage.ROUTER, FACES),
    T2V(Stage.ROUTER, FACES_T2V),
    AFTER(Stage.ROUTER, FACES_AFTER, "diffusion.vae-features=after"),
    BOX(Stage.ROUTER, FACES, "diffusion.labels=box"),
    NO_ROUTING_LOSS(Stage.ROUTER, FACES, "diffusion.routing-loss=none"),
    MSE(Stage.ROUTER, FACES, "diffusion.routing-loss=mse");

    /** Which of the three configs it is trained with. */
    enum Stage {
        BASE,
        FACES,
        ROUTER
    }

    private final Stage stage;
    private final @Nullable TrainedModel start;
    private final List<String> changes;

    TrainedModel(Stage stage, @Nullable TrainedModel start, String... changes) {
        this.stage = stage;
        this.start = start;
        this.changes = List.of(changes);
    }

    Stage stage() {
        return stage;
    }

    /** What it begins with; nothing for a base model. */
    @Nullable
    TrainedModel start() {
        return start;
    }

    /** Overrides of its stage's config. */
    List<String> changes() {
        return changes;
    }

    /** Whether it is a plain text-to-video transformer. */
    boolean plain() {
        return this == BASE_T2V;
    }

    /** Its folder's name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
