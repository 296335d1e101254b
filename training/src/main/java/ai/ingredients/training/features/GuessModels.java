package ai.ingredients.training.features;

import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
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
public final class GuessModels implements AutoCloseable {
    private final Opened opened;
    private final ClipModels clips;
    private final GuessEncoder encoder;

    private GuessModels(Opened opened, ClipModels clips, GuessEncoder encoder) {
        this.opened = opened;
        this.clips = clips;
        this.encoder = encoder;
    }

    /**
     * @param transformer folder of the one that guesses; null for the bundle's
     * @throws ai.ingredients.InvalidInputException when a part is missing or damaged
     */
    public static GuessModels open(
            ModelFolder folder, @Nullable Path transformer, GuessEncoder.Settings guesses, Compute compute) {
        Opened opened = new Opened();
        boolean complete = false;
        try {
            TransformerConfig config = TransformerConfig.of(
                    transformer == null
                            ? folder.config(ModelFolder.TRANSFORMER)
                            : ConfigReader.of(transformer.resolve("config.json")));
            boolean people = config.identity() != null;
            ClipModels clips = opened.keep(ClipModels.open(folder, people, compute));
            TensorStore store = opened.keep(
                    transformer == null ? folder.weights(ModelFolder.TRANSFORMER) : Checkpoint.open(transformer));
            Weights weights = opened.keep(Weights.of(store, compute));
            String key = key(folder, transformer, guesses, compute.dtype(), people);
            VideoTransformer model = opened.keep(VideoTransformer.load(weights, config, Residency.RESIDENT));
            GuessEncoder encoder = new GuessEncoder(
                    clips.encoder(new ClipEncoder.Wanted(config.maxTextSeqLength(), 1, false, false, false), key),
                    model,
                    new NoiseSchedule(SchedulerConfig.of(folder.config("scheduler"))),
                    VaeConfig.of(folder.config("vae")).scalingFactor(),
                    guesses,
                    compute,
                    key);
            complete = true;
            return new GuessModels(opened, clips, encoder);
        } finally {
            if (!complete) {
                opened.close();
            }
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
        return "guesses-" + FeatureCache.shortened(Fingerprint.combined(parts));
    }

    public GuessEncoder encoder() {
        return encoder;
    }

    VideoVae vae() {
        return clips.vae();
    }

    @Override
    public void close() {
        opened.close();
    }
}
