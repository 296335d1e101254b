package ai.ingredients.training.stages;

import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.training.decoder.GuessEncoder;
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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The frozen models that make guesses at clips, opened in the scope that is open then. */
final class GuessModels implements AutoCloseable {
    private final ClipModels clips;
    private final TensorStore store;
    private final Weights weights;
    private final VideoTransformer model;
    private final GuessEncoder encoder;

    private GuessModels(
            ModelFolder folder,
            ClipModels clips,
            TransformerConfig config,
            TensorStore store,
            Weights weights,
            GuessEncoder.Settings guesses,
            Compute compute,
            String key) {
        this.clips = clips;
        this.store = store;
        this.weights = weights;
        model = VideoTransformer.load(weights, config, Residency.RESIDENT);
        encoder = new GuessEncoder(
                clips.encoder(config.maxTextSeqLength(), 1, key),
                model,
                new NoiseSchedule(SchedulerConfig.of(folder.config("scheduler"))),
                VaeConfig.of(folder.config("vae")).scalingFactor(),
                guesses,
                compute,
                key);
    }

    /**
     * @param transformer folder of the one that guesses; null for the bundle's
     * @throws ai.ingredients.InvalidInputException when a part is missing or damaged
     */
    static GuessModels open(
            ModelFolder folder, @Nullable Path transformer, GuessEncoder.Settings guesses, Compute compute) {
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            TransformerConfig config = TransformerConfig.of(
                    transformer == null
                            ? folder.config(ModelFolder.TRANSFORMER)
                            : ConfigReader.of(transformer.resolve("config.json")));
            boolean people = config.identity() != null;
            ClipModels clips = ClipModels.open(folder, people, compute);
            opened.addFirst(clips);
            TensorStore store =
                    transformer == null ? folder.weights(ModelFolder.TRANSFORMER) : Checkpoint.open(transformer);
            opened.addFirst(store);
            Weights weights = Weights.of(store, compute);
            opened.addFirst(weights);
            String key = key(folder, transformer, guesses, compute.dtype(), people);
            return new GuessModels(folder, clips, config, store, weights, guesses, compute, key);
        } catch (RuntimeException e) {
            opened.forEach(DiffusionTraining::close);
            throw e;
        }
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
        return clips.vae();
    }

    @Override
    public void close() {
        model.close();
        weights.close();
        store.close();
        clips.close();
    }
}
