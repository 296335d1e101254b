package ai.ingredients.training.stages;

import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.training.diffusion.ClipEncoder;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The frozen models of a bundle that clips go through before a transformer sees them, opened in the scope that is open
 * then. What was opened is closed in the opposite order.
 */
final class ClipModels implements AutoCloseable {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final VideoVae vae;
    private final @Nullable PromptEncoder prompts;
    private final @Nullable FaceEncoder faces;
    private final Compute compute;

    private ClipModels(ModelFolder folder, boolean text, boolean people, Compute compute) {
        this.compute = compute;
        boolean complete = false;
        try {
            faces = people ? keep(new FaceEncoder(FaceModels.open(folder.root(), compute))) : null;
            Weights vaeWeights = weights(folder, "vae");
            vae = VideoVae.load(vaeWeights, VaeConfig.of(folder.config("vae")));
            vaeWeights.verify();
            prompts = text ? prompts(folder) : null;
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    /**
     * Autoencoder, text encoder and, for people, face networks.
     *
     * @throws ai.ingredients.InvalidInputException when a part is missing or damaged
     */
    static ClipModels open(ModelFolder folder, boolean people, Compute compute) {
        return new ClipModels(folder, true, people, compute);
    }

    /** The autoencoder alone. */
    static ClipModels autoencoder(ModelFolder folder, Compute compute) {
        return new ClipModels(folder, false, false, compute);
    }

    private PromptEncoder prompts(ModelFolder folder) {
        Weights weights = weights(folder, "text_encoder");
        T5Encoder encoder = new T5Encoder(T5Config.of(folder.config("text_encoder")), weights, Residency.RESIDENT);
        weights.verify();
        return new PromptEncoder(keep(T5Tokenizer.open(folder.component("tokenizer"))), encoder);
    }

    private Weights weights(ModelFolder folder, String component) {
        TensorStore store = keep(folder.weights(component));
        return keep(Weights.of(store, compute));
    }

    private <T extends AutoCloseable> T keep(T resource) {
        opened.push(resource);
        return resource;
    }

    VideoVae vae() {
        return vae;
    }

    /**
     * @param textLength tokens of a caption
     * @param photos of each person
     * @param key identifies the weights of all models
     */
    ClipEncoder encoder(int textLength, int photos, String key) {
        if (prompts == null) {
            throw new IllegalStateException("only the autoencoder was opened");
        }
        return new ClipEncoder(vae, prompts, faces, textLength, photos, compute, key);
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            DiffusionTraining.close(opened.pop());
        }
    }
}
