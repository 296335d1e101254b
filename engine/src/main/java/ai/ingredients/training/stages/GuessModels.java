package ai.ingredients.training.stages;

import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.training.decoder.GuessEncoder;
import ai.ingredients.training.diffusion.ClipEncoder;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Fingerprint;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The frozen models of a bundle that make guesses at clips, opened in the scope that is open then. */
final class GuessModels implements AutoCloseable {
    private final Deque<Runnable> closers = new ArrayDeque<>();
    private final GuessEncoder encoder;
    private final VideoVae vae;

    private GuessModels(
            ModelFolder folder, @Nullable Path transformer, GuessEncoder.Settings guesses, Compute compute) {
        boolean complete = false;
        try {
            vae = vae(folder, compute, closers);
            TensorStore textStore = closing(folder.weights("text_encoder"));
            Weights textWeights = closing(Weights.of(textStore, compute));
            T5Encoder text = new T5Encoder(T5Config.of(folder.config("text_encoder")), textWeights, Residency.RESIDENT);
            textWeights.verify();
            T5Tokenizer tokenizer = closing(T5Tokenizer.open(folder.component("tokenizer")));
            TransformerConfig config = TransformerConfig.of(
                    transformer == null
                            ? folder.config(ModelFolder.TRANSFORMER)
                            : ConfigReader.of(transformer.resolve("config.json")));
            TensorStore store = closing(
                    transformer == null ? folder.weights(ModelFolder.TRANSFORMER) : Checkpoint.open(transformer));
            Weights weights = closing(Weights.of(store, compute));
            VideoTransformer model = closing(VideoTransformer.load(weights, config, Residency.RESIDENT));
            boolean people = config.identity() != null;
            FaceEncoder faces = people ? closing(new FaceEncoder(FaceModels.open(folder.root(), compute))) : null;
            String key = key(folder, transformer, guesses, compute.dtype(), people);
            encoder = new GuessEncoder(
                    new ClipEncoder(
                            vae, new PromptEncoder(tokenizer, text), faces, config.maxTextSeqLength(), 1, compute, key),
                    model,
                    new NoiseSchedule(SchedulerConfig.of(folder.config("scheduler"))),
                    VaeConfig.of(folder.config("vae")).scalingFactor(),
                    guesses,
                    compute,
                    key);
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    /**
     * @param transformer folder of the one that guesses; null for the bundle's
     * @throws ai.ingredients.InvalidInputException when a part is missing or damaged
     */
    static GuessModels open(
            ModelFolder folder, @Nullable Path transformer, GuessEncoder.Settings guesses, Compute compute) {
        return new GuessModels(folder, transformer, guesses, compute);
    }

    /** The bundle's autoencoder; what it needs is closed by {@code closers}, the last first. */
    static VideoVae vae(ModelFolder folder, Compute compute, Deque<Runnable> closers) {
        TensorStore store = folder.weights("vae");
        closers.push(store::close);
        Weights weights = Weights.of(store, compute);
        closers.push(weights::close);
        VideoVae vae = VideoVae.load(weights, VaeConfig.of(folder.config("vae")));
        weights.verify();
        return vae;
    }

    private <T extends AutoCloseable> T closing(T resource) {
        closers.push(() -> {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        return resource;
    }

    private static String key(
            ModelFolder folder,
            @Nullable Path transformer,
            GuessEncoder.Settings guesses,
            DType precision,
            boolean people) {
        List<String> parts = new ArrayList<>(List.of(
                folder.weightsFingerprint(List.of("vae", "text_encoder")),
                transformer == null
                        ? folder.weightsFingerprint(List.of(ModelFolder.TRANSFORMER))
                        : Fingerprint.of(transformer),
                Fingerprint.of(folder.component("tokenizer")),
                guesses.toString(),
                precision.toString()));
        if (people) {
            parts.add(Fingerprint.of(folder.component("face_encoder")));
        }
        return "guesses-" + DiffusionTraining.shortened(Fingerprint.combined(parts));
    }

    GuessEncoder encoder() {
        return encoder;
    }

    VideoVae vae() {
        return vae;
    }

    @Override
    public void close() {
        while (!closers.isEmpty()) {
            closers.pop().run();
        }
    }
}
