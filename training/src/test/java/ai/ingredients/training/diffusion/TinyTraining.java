package ai.ingredients.training.diffusion;

import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.training.features.ClipEncoder;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.loop.AdamW;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.LearningRate;
import ai.ingredients.training.loop.RunFolder;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.training.loop.TrainingRun;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A transformer of 2 blocks and 32 channels, and random features of clips with one to three people to train it on. */
public final class TinyTraining {
    static final int CLIPS = 12;
    /** Lines of metrics become drawings at every checkpoint, which takes longer than these runs. */
    private static final int NEVER = 1000;

    static final int LAYERS = 2;
    private static final long FRAMES = 3;
    private static final long ROWS = 4;
    private static final long COLUMNS = 6;
    private static final long TEXT = 5;

    private TinyTraining() {}

    /** A run's config, as it lies in its folder. */
    record Config(TrainerConfig training, DiffusionSettings diffusion) {}

    /** All three stages in one: everything learns, and the router has labels. */
    static DiffusionSettings settings(boolean checkpointing, DiffusionSettings.@Nullable LoraSettings lora) {
        DiffusionSettings like = DiffusionSettings.ROUTER;
        return new DiffusionSettings(
                2,
                0,
                like.image(),
                like.vaeFeatures(),
                true,
                like.mixing(),
                like.dropText(),
                like.dropImage(),
                like.dropPeople(),
                like.timestepBias(),
                like.maskLoss(),
                like.routingLoss(),
                like.routingWeight(),
                like.wordsWeight(),
                like.attentionWeight(),
                like.labels(),
                like.labelShare(),
                lora == null ? List.of(new DiffusionSettings.Trained(".*", 1)) : List.of(),
                lora,
                checkpointing,
                like.onCollapse());
    }

    /** Neither captions nor the canvas: who is in a clip can be known from the identity features alone. */
    static DiffusionSettings identitiesAlone(DiffusionSettings.OnCollapse onCollapse) {
        DiffusionSettings like = settings(false, null);
        return new DiffusionSettings(
                4,
                0,
                like.image(),
                like.vaeFeatures(),
                true,
                like.mixing(),
                1,
                1,
                0,
                like.timestepBias(),
                0.5,
                like.routingLoss(),
                like.routingWeight(),
                like.wordsWeight(),
                like.attentionWeight(),
                like.labels(),
                like.labelShare(),
                like.train(),
                null,
                false,
                onCollapse);
    }

    static TrainerConfig trainer(int steps, DType precision, double emaDecay, int accumulation, int maxSkipped) {
        return trainer(steps, precision, emaDecay, accumulation, maxSkipped, 1);
    }

    /** In fp32, without a moving average, at another rate than the others. */
    static TrainerConfig trainer(int steps, double peak) {
        return trainer(steps, DType.FP32, 0, 1, 0, 1, peak);
    }

    static TrainerConfig trainer(
            int steps, DType precision, double emaDecay, int accumulation, int maxSkipped, int workers) {
        return trainer(steps, precision, emaDecay, accumulation, maxSkipped, workers, 1e-3);
    }

    private static TrainerConfig trainer(
            int steps, DType precision, double emaDecay, int accumulation, int maxSkipped, int workers, double peak) {
        return new TrainerConfig(
                3,
                "cpu",
                precision,
                steps,
                accumulation,
                new LearningRate(peak, LearningRate.Schedule.COSINE, 2, 0.1),
                AdamW.Settings.DEFAULT,
                emaDecay,
                NEVER,
                3,
                2,
                0,
                maxSkipped,
                0.05,
                1,
                2,
                workers);
    }

    static ObjectNode model(int heads) {
        ObjectNode model = (ObjectNode) JsonFile.read(Fixture.bundle().resolve("transformer/config.json"));
        model.put("num_attention_heads", heads);
        model.put("num_layers", LAYERS);
        return model;
    }

    static TransformerConfig config(ObjectNode model) {
        return TransformerConfig.of(new ConfigReader(model, "tiny"));
    }

    /** A model whose every tensor is random, also those that a stage begins with zeros. */
    static final class RandomStart implements AutoCloseable {
        final Weights weights;
        private final TensorStore nothing = TensorStore.of(Map.of(), "nothing");

        RandomStart(TransformerConfig config) {
            weights = Weights.trainable(nothing, Compute.CPU_FP32, new Initialiser(8, 1));
            VideoTransformer.load(weights, config, Residency.RESIDENT).close();
        }

        TensorStore store() {
            return TensorStore.of(weights.parameters(), "random");
        }

        /** The same for who needs it longer than this. */
        TensorStore kept() {
            Map<String, Tensor> copies = new LinkedHashMap<>();
            weights.parameters()
                    .forEach((name, tensor) ->
                            copies.put(name, Scope.retain(tensor.detach().clone())));
            return TensorStore.of(copies, "random");
        }

        @Override
        public void close() {
            weights.close();
        }
    }

    /** A stage that begins with random weights; the latents of the clips {@code broken} are not finite. */
    static DiffusionStage stage(
            Path cache, ObjectNode model, DiffusionSettings settings, DType precision, Set<Long> broken) {
        return stage(cache, model, settings, precision, broken, 0);
    }

    /** The same where broken clips are only so from frame {@code firstBroken} on. */
    static DiffusionStage stage(
            Path cache,
            ObjectNode model,
            DiffusionSettings settings,
            DType precision,
            Set<Long> broken,
            long firstBroken) {
        return stage(cache, model, settings, precision, broken, firstBroken, false);
    }

    /** The same, measured at every validation on clips like those that are learned from. */
    static DiffusionStage measured(Path cache, DiffusionSettings settings) {
        return stage(cache, model(2), settings, DType.FP32, Set.of(), 0, true);
    }

    /** A stage that learns {@link TinyPortraits}, measured on the clips that it learns from. */
    static DiffusionStage portraits(Path cache, DiffusionSettings settings) {
        ObjectNode model = model(2);
        TransformerConfig config = config(model);
        return stage(
                model,
                settings,
                DType.FP32,
                TinyPortraits.fill(cache, config),
                TinyPortraits.fill(cache.resolve("held-out"), config));
    }

    /** A stage that learns clips and, as stills, {@link TinyPortraits}, {@code batch} of them at a time. */
    static DiffusionStage joint(Path cache, DiffusionSettings settings, int batch) {
        ObjectNode model = model(2);
        TransformerConfig config = config(model);
        FeatureCache stills = TinyPortraits.fill(cache.resolve("stills"), config);
        return stage(
                model,
                settings,
                DType.FP32,
                fill(cache, config, Set.of(), 0),
                new DiffusionStage.Pictures(stills, batch),
                null);
    }

    private static FeatureCache fill(Path folder, TransformerConfig config, Set<Long> broken, long firstBroken) {
        return FeatureCache.fill(
                folder, new Clips(), new Features(config, broken, firstBroken), 1, 1, 0, (done, all) -> {});
    }

    private static DiffusionStage stage(
            Path cache,
            ObjectNode model,
            DiffusionSettings settings,
            DType precision,
            Set<Long> broken,
            long firstBroken,
            boolean heldOut) {
        TransformerConfig config = config(model);
        return stage(
                model,
                settings,
                precision,
                fill(cache, config, broken, firstBroken),
                heldOut ? fill(cache.resolve("held-out"), config, Set.of(), 0) : null);
    }

    private static DiffusionStage stage(
            ObjectNode model,
            DiffusionSettings settings,
            DType precision,
            FeatureCache features,
            @Nullable FeatureCache heldOut) {
        return stage(model, settings, precision, features, null, heldOut);
    }

    private static DiffusionStage stage(
            ObjectNode model,
            DiffusionSettings settings,
            DType precision,
            FeatureCache features,
            DiffusionStage.@Nullable Pictures pictures,
            @Nullable FeatureCache heldOut) {
        try (RandomStart start = new RandomStart(config(model))) {
            return stage(
                    model,
                    settings,
                    new Beginning(start.kept(), Compute.CPU_FP32.with(precision), 4),
                    features,
                    pictures,
                    heldOut);
        }
    }

    /** A stage that begins with {@code start}, which must live as long as it does. */
    static DiffusionStage begun(Path cache, ObjectNode model, DiffusionSettings settings, TensorStore start) {
        return stage(
                model,
                settings,
                new Beginning(start, Compute.CPU_FP32, 4),
                fill(cache, config(model(2)), Set.of(), 0),
                null,
                null);
    }

    private static DiffusionStage stage(
            ObjectNode model,
            DiffusionSettings settings,
            Beginning begun,
            FeatureCache features,
            DiffusionStage.@Nullable Pictures pictures,
            @Nullable FeatureCache heldOut) {
        try (Scope scope = Scope.open()) {
            return new DiffusionStage(
                    "tiny",
                    model,
                    settings,
                    new LatentSpace(
                            new NoiseSchedule(SchedulerConfig.of(ConfigReader.of(
                                    Fixture.bundle().resolve("scheduler").resolve("scheduler_config.json")))),
                            0.7),
                    new DiffusionStage.Data(
                            features,
                            pictures,
                            heldOut,
                            random("no caption", TEXT, config(model).textEmbedDim())),
                    begun,
                    (folder, transformer, step) -> Map.of());
        }
    }

    static DiffusionStage stage(Path cache, DiffusionSettings settings, DType precision) {
        return stage(cache, model(2), settings, precision, Set.of());
    }

    /** Trains in {@code folder}, goes on where a run there stopped, and returns the folder of the model. */
    static @Nullable Path train(
            Path cache,
            Path folder,
            TrainerConfig training,
            DiffusionSettings settings,
            TrainingListener listener,
            BooleanSupplier stop) {
        Config config = new Config(training, settings);
        boolean resumes = RunFolder.holdsRun(folder);
        try (RunFolder run = resumes
                        ? RunFolder.resume(folder, config, TrainingRun.MAY_CHANGE)
                        : RunFolder.create(folder, config);
                DiffusionStage stage = stage(cache, settings, training.precision())) {
            OptionalLong from = resumes ? run.checkpoints(2).latest() : OptionalLong.empty();
            return TrainingRun.train(stage, training, run, from, listener, stop);
        }
    }

    /**
     * A process that trains in folder {@code args[1]} with the cache {@code args[0]} until it is killed: it never takes
     * the last step's checkpoint. Prints what it does, a line each.
     */
    public static void main(String[] args) {
        TrainingListener printing = new TrainingListener() {
            @Override
            public void step(Progress progress) {
                say("step " + progress.step());
                if (progress.step() == progress.steps()) {
                    try {
                        System.in.read(); // nobody writes: waits for the end
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            }

            @Override
            public void checkpoint(long step, Path folder) {
                say("checkpoint " + step);
            }
        };
        train(Path.of(args[0]), Path.of(args[1]), KILLED, settings(false, null), printing, () -> false);
    }

    /** The run that {@link #main} begins. */
    static final TrainerConfig KILLED = trainer(14, DType.FP32, 0.9, 1, 0);

    private static void say(String what) {
        System.out.println(what);
        System.out.flush();
    }

    /** Clips that hold nothing but their number. */
    private static final class Clips implements ClipSource {
        @Override
        public String name() {
            return "tiny";
        }

        @Override
        public long size() {
            return CLIPS;
        }

        @Override
        public int people(long index) {
            return (int) (index % 3) + 1;
        }

        @Override
        public Clip clip(long index) {
            return new Clip(Long.toString(index), List.of(Picture.filled(8, 8, 0, 0, 0)), 8, "", List.of());
        }
    }

    /** Random features: the same for the same clip. */
    private record Features(TransformerConfig config, Set<Long> broken, long firstBroken)
            implements FeatureCache.Encoder {
        @Override
        public String key() {
            return "tiny-" + broken.hashCode() + "-" + firstBroken;
        }

        @Override
        public Map<String, Tensor> encode(Clip clip) {
            long index = Long.parseLong(clip.id());
            long people = index % 3 + 1;
            var identity = Objects.requireNonNull(config.identity());
            Map<String, Tensor> features = new LinkedHashMap<>();
            Tensor latents = random("latents" + index, FRAMES, config.outChannels(), ROWS, COLUMNS);
            if (broken.contains(index)) {
                latents.narrow(0, firstBroken, FRAMES - firstBroken).fill_(new org.bytedeco.pytorch.Scalar(Double.NaN));
            }
            features.put("latents", latents);
            features.put("first", random("first" + index, config.outChannels(), ROWS, COLUMNS));
            features.put("text", random("text" + index, TEXT, config.textEmbedDim()));
            features.put("words", words(people));
            features.put("mentions", words(people));
            features.put("canvas", random("canvas" + index, 2, config.outChannels(), ROWS, COLUMNS));
            features.put("id_cond", random("id" + index, 2, people, identity.lfeIdDim()));
            features.put(
                    "vit_hidden", random("vit" + index, 2, people, identity.lfeNumScale(), 5, identity.lfeVitDim()));
            features.put(
                    "faces",
                    Ops.scale(
                                    random("faces" + index, people, FRAMES, ROWS, COLUMNS)
                                            .abs(),
                                    100)
                            .clamp_max(new org.bytedeco.pytorch.Scalar(255))
                            .to(ScalarType.Byte));
            return features;
        }
    }

    /** A word of the first person, one of the second, and so on; the last is nobody's. */
    private static Tensor words(long people) {
        long[] owners = LongStream.range(0, TEXT).map(token -> token % people).toArray();
        owners[owners.length - 1] = ClipEncoder.NOBODYS;
        return Ops.tensor(owners, owners.length).to(ScalarType.Byte);
    }

    public static Tensor random(String name, long... shape) {
        try (Noise noise = new Noise(name.hashCode())) {
            return noise.gaussian(Compute.CPU_FP32, shape);
        }
    }
}
