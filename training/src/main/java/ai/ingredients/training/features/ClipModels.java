package ai.ingredients.training.features;

import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.Fingerprint;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The frozen models of a bundle that clips go through before a transformer sees them, opened in the scope that is open
 * then. What was opened is closed in the opposite order.
 */
public final class ClipModels implements AutoCloseable {
    private final Opened opened = new Opened();
    private final ModelFolder folder;
    private final VideoVae vae;
    private final @Nullable PromptEncoder prompts;
    private final @Nullable FaceEncoder faces;
    private final Compute compute;

    private ClipModels(ModelFolder folder, boolean text, boolean people, Compute compute) {
        this.folder = folder;
        this.compute = compute;
        boolean complete = false;
        try {
            faces = people ? opened.keep(new FaceEncoder(FaceModels.open(folder.root(), compute))) : null;
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
    public static ClipModels open(ModelFolder folder, boolean people, Compute compute) {
        return new ClipModels(folder, true, people, compute);
    }

    /** The autoencoder alone. */
    public static ClipModels autoencoder(ModelFolder folder, Compute compute) {
        return new ClipModels(folder, false, false, compute);
    }

    private PromptEncoder prompts(ModelFolder folder) {
        Weights weights = weights(folder, "text_encoder");
        T5Encoder encoder = new T5Encoder(T5Config.of(folder.config("text_encoder")), weights, Residency.RESIDENT);
        weights.verify();
        return new PromptEncoder(opened.keep(T5Tokenizer.open(folder.component("tokenizer"))), encoder);
    }

    private Weights weights(ModelFolder folder, String component) {
        TensorStore store = opened.keep(folder.weights(component));
        return opened.keep(Weights.of(store, compute));
    }

    public VideoVae vae() {
        return vae;
    }

    /** What makes a transformer's features of clips. */
    public ClipEncoder encoder(ClipEncoder.Wanted wanted) {
        List<String> parts = new ArrayList<>(List.of(
                folder.weightsFingerprint(List.of("vae", "text_encoder")),
                Fingerprint.of(folder.component("tokenizer")),
                "text " + wanted.textLength(),
                "photos " + wanted.photos(),
                "each face " + wanted.eachFace(),
                compute.dtype().toString()));
        if (wanted.words()) {
            parts.add("words and mentions");
        }
        if (wanted.persons()) {
            parts.add("persons");
        }
        if (faces != null) {
            parts.add(Fingerprint.of(folder.component("face_encoder")));
        }
        return encoder(wanted, FeatureCache.shortened(Fingerprint.combined(parts)));
    }

    /** @param key identifies the weights of all models */
    ClipEncoder encoder(ClipEncoder.Wanted wanted, String key) {
        if (prompts == null) {
            throw new IllegalStateException("only the autoencoder was opened");
        }
        return new ClipEncoder(vae, prompts, faces, wanted, compute, key);
    }

    @Override
    public void close() {
        opened.close();
    }
}
