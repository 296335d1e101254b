package ai.ingredients.training.stages;

import ai.ingredients.data.ClipSource;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.training.Stage;
import ai.ingredients.training.TrainerConfig;
import ai.ingredients.training.TrainingListener;
import ai.ingredients.training.decoder.DecoderStage;
import ai.ingredients.training.decoder.GuessEncoder;
import ai.ingredients.training.diffusion.ClipEncoder;
import ai.ingredients.training.diffusion.FeatureCache;
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

/**
 * {@code --stage decoder}: the autoencoder's decoder learns from what a trained transformer makes.
 *
 * @param training how the run goes
 * @param bundle folder in official layout with everything
 * @param transformer whose latents are learned from; absent for the bundle's
 * @param start autoencoder to begin with, whose encoder is the bundle's; absent for the bundle's
 * @param data clips to learn from
 * @param validation clips to look at
 * @param cache folder for what the frozen models make of clips
 * @param guesses how the transformer makes latents
 * @param decoder loss and batches
 */
public record DecoderTraining(
        TrainerConfig training,
        Path bundle,
        @Nullable Path transformer,
        @Nullable Path start,
        DataConfig data,
        DataConfig validation,
        Path cache,
        GuessEncoder.Settings guesses,
        DecoderStage.Settings decoder)
        implements StageConfig {
    /** For the demo's bundle. */
    public static final DecoderTraining DEFAULT = new DecoderTraining(
            TrainerConfig.DEFAULT,
            Path.of("models/demo"),
            null,
            null,
            DataConfig.TRAIN,
            DataConfig.VALIDATION,
            Path.of("runs/cache"),
            GuessEncoder.Settings.DEFAULT,
            DecoderStage.Settings.DEFAULT);

    @Override
    public String component() {
        return "vae";
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        ModelFolder folder = ModelFolder.open(bundle);
        VaeConfig vaeConfig = VaeConfig.of(folder.config("vae"));
        TensorStore begin = StageConfig.start(start == null ? folder.component("vae") : start);
        List<FeatureCache> filled = new ArrayList<>();
        try (Scope scope = Scope.inference();
                TensorStore transformerStore =
                        transformer == null ? folder.weights(ModelFolder.TRANSFORMER) : Checkpoint.open(transformer);
                Weights transformerWeights = Weights.of(transformerStore, training.compute());
                TensorStore vaeStore = folder.weights("vae");
                Weights vaeWeights = Weights.of(vaeStore, training.compute());
                TensorStore textStore = folder.weights("text_encoder");
                Weights textWeights = Weights.of(textStore, training.compute());
                T5Tokenizer tokenizer = T5Tokenizer.open(folder.component("tokenizer"))) {
            TransformerConfig config = TransformerConfig.of(
                    transformer == null ? folder.config(ModelFolder.TRANSFORMER) : config(transformer));
            VideoVae vae = VideoVae.load(vaeWeights, vaeConfig);
            vaeWeights.verify();
            T5Encoder text = new T5Encoder(T5Config.of(folder.config("text_encoder")), textWeights, Residency.RESIDENT);
            textWeights.verify();
            boolean people = config.identity() != null;
            try (VideoTransformer model = VideoTransformer.load(transformerWeights, config, Residency.RESIDENT);
                    FaceEncoder faces = people ? new FaceEncoder(FaceModels.open(bundle, training.compute())) : null) {
                String key = key(folder, people);
                GuessEncoder encoder = new GuessEncoder(
                        new ClipEncoder(
                                vae,
                                new PromptEncoder(tokenizer, text),
                                faces,
                                config.maxTextSeqLength(),
                                1,
                                training.compute(),
                                key),
                        model,
                        new NoiseSchedule(SchedulerConfig.of(folder.config("scheduler"))),
                        vaeConfig.scalingFactor(),
                        guesses,
                        training.compute(),
                        key);
                for (DataConfig wanted : List.of(data, validation)) {
                    ClipSource clips = wanted.open();
                    FeatureCache guessed = FeatureCache.fill(
                            cache,
                            clips,
                            encoder,
                            training.loaderThreads(),
                            training.maxBrokenShare(),
                            (done, all) -> listener.preparing("the transformer's guesses at clips", done, all));
                    filled.add(guessed);
                    DiffusionTraining.warn(guessed, clips.size(), listener);
                }
            }
            return new DecoderStage(
                    StageConfig.model(folder.component("vae").resolve("config.json")),
                    decoder,
                    filled.get(0),
                    filled.get(1),
                    begin,
                    folder.root().resolve("face_encoder/recognition"),
                    training.compute(),
                    training.seed());
        } catch (RuntimeException e) {
            filled.forEach(FeatureCache::close);
            throw e;
        }
    }

    private static ConfigReader config(Path transformer) {
        return ConfigReader.of(transformer.resolve("config.json"));
    }

    private String key(ModelFolder folder, boolean people) {
        List<String> parts = new ArrayList<>(List.of(
                folder.weightsFingerprint(List.of("vae", "text_encoder")),
                transformer == null
                        ? folder.weightsFingerprint(List.of(ModelFolder.TRANSFORMER))
                        : Fingerprint.of(transformer),
                Fingerprint.of(folder.component("tokenizer")),
                guesses.toString(),
                training.precision().toString()));
        if (people) {
            parts.add(Fingerprint.of(folder.component("face_encoder")));
        }
        return "guesses-" + DiffusionTraining.shortened(Fingerprint.combined(parts));
    }
}
