package ai.ingredients.reproduction;

import ai.ingredients.training.config.Records;
import ai.ingredients.training.diffusion.DiffusionSettings;
import ai.ingredients.training.diffusion.DiffusionSettings.Image;
import ai.ingredients.training.diffusion.DiffusionSettings.Labels;
import ai.ingredients.training.diffusion.DiffusionSettings.RoutingLossKind;
import ai.ingredients.training.diffusion.DiffusionSettings.VaeFeatures;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A transformer that rows need, and how it differs from the best setting: I2V initialisation, VAE features before, mask
 * labels, cross-entropy. A model that several rows begin with is trained once.
 */
enum TrainedModel {
    /** CogVideoX for text. Has half the input channels, and identity modules that nothing has taught. */
    BASE_T2V(Stage.BASE, null, best -> Records.with(best, DiffusionSettings::image, Image.NONE)),
    /**
     * CogVideoX that continues a picture. It begins with the one for text, as CogVideoX's did: so its channels for an image
     * begin at zero, and what a pretrained model knows of canvases does not come along.
     */
    BASE_I2V(Stage.BASE, BASE_T2V, best -> Records.with(best, DiffusionSettings::image, Image.FIRST_FRAME)),
    /** Stage 1 of the best setting. */
    FACES(Stage.FACES, BASE_I2V, UnaryOperator.identity()),
    /** Stage 1 from the text model, whose patch embedding is widened with zeros. */
    FACES_T2V(Stage.FACES, BASE_T2V, UnaryOperator.identity()),
    /** Stage 1 with faces encoded one by one. */
    FACES_AFTER(Stage.FACES, BASE_I2V, best -> Records.with(best, DiffusionSettings::vaeFeatures, VaeFeatures.AFTER)),
    /** Stage 2 of the best setting: Ingredients. */
    BEST(Stage.ROUTER, FACES, UnaryOperator.identity()),
    T2V(Stage.ROUTER, FACES_T2V, UnaryOperator.identity()),
    AFTER(Stage.ROUTER, FACES_AFTER, best -> Records.with(best, DiffusionSettings::vaeFeatures, VaeFeatures.AFTER)),
    BOX(Stage.ROUTER, FACES, best -> Records.with(best, DiffusionSettings::labels, Labels.BOX)),
    NO_ROUTING_LOSS(
            Stage.ROUTER, FACES, best -> Records.with(best, DiffusionSettings::routingLoss, RoutingLossKind.NONE)),
    MSE(Stage.ROUTER, FACES, best -> Records.with(best, DiffusionSettings::routingLoss, RoutingLossKind.MSE));

    /** Which of the three configs it is trained with. */
    enum Stage {
        BASE,
        FACES,
        ROUTER
    }

    private final Stage stage;
    private final @Nullable TrainedModel start;
    private final UnaryOperator<DiffusionSettings> change;

    TrainedModel(Stage stage, @Nullable TrainedModel start, UnaryOperator<DiffusionSettings> change) {
        this.stage = stage;
        this.start = start;
        this.change = change;
    }

    Stage stage() {
        return stage;
    }

    /** What it begins with; nothing for the text-only base model, which begins as the config says. */
    @Nullable
    TrainedModel start() {
        return start;
    }

    /** The best setting with what this model does differently. */
    DiffusionSettings changed(DiffusionSettings best) {
        return change.apply(best);
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
