package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.media.FrameRate;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Memory;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.transformer.IdentityHealth;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import ai.ingredients.weights.WeightsDtype;
import ai.ingredients.weights.lora.LoraAdapters;
import ai.ingredients.weights.lora.Loras;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint folder with its configs read and checked, and its models not loaded yet.
 *
 * @param folder the diffusers layout on disk
 * @param transformer config of the video transformer
 * @param vae config of the autoencoder
 * @param textEncoder config of the text encoder
 * @param scheduler config of the noise schedule
 * @param sampling how it is meant to be sampled
 * @param loras low-rank adapters of the transformer, with their fingerprints
 * @param kept in what the matrices of the transformer's blocks are kept
 */
public record ModelBundle(
        ModelFolder folder,
        TransformerConfig transformer,
        VaeConfig vae,
        T5Config textEncoder,
        SchedulerConfig scheduler,
        SamplingDefaults sampling,
        Adapted loras,
        WeightsDtype kept) {
    /**
     * Adapters that were found to fit.
     *
     * @param added which, and how
     * @param fingerprints one for each
     */
    public record Adapted(Loras added, List<String> fingerprints) {
        static final Adapted NONE = new Adapted(Loras.NONE, List.of());
    }

    /** Reads the configs under {@code path} and looks for the tokenizer; opening weights comes later. */
    public static ModelBundle open(Path path) {
        return open(path, "");
    }

    /** As {@link #open(Path)}, for the weights of a variant such as {@code fp16}; see {@link ModelFolder#variant}. */
    public static ModelBundle open(Path path, String variant) {
        ModelFolder folder = ModelFolder.open(path, variant);
        folder.component("tokenizer");
        VaeConfig vae = VaeConfig.of(folder.config("vae"));
        if (vae.temporalCompression() != VideoSize.FRAMES_PER_LATENT) {
            throw new InvalidInputException(path.resolve("vae/config.json") + ": temporal_compression_ratio is "
                    + vae.temporalCompression() + "; only autoencoders with " + VideoSize.FRAMES_PER_LATENT
                    + " frames for each latent frame can be used");
        }
        return new ModelBundle(
                folder,
                TransformerConfig.of(folder.config(folder.transformer())),
                vae,
                T5Config.of(folder.config("text_encoder")),
                SchedulerConfig.of(folder.config("scheduler")),
                SamplingDefaults.of(path),
                Adapted.NONE,
                WeightsDtype.SAME);
    }

    /**
     * The same model with low-rank adapters on its transformer; names and shapes are read.
     *
     * @throws InvalidInputException when one of them is not for this model; it says what fits
     */
    public ModelBundle with(Loras added) {
        if (added.loras().isEmpty()) {
            return this;
        }
        try (TensorStore base = folder.weights(folder.transformer());
                LoraAdapters adapters = LoraAdapters.open(added.loras(), base)) {
            return adapted(new Adapted(added, added.fingerprints()));
        }
    }

    /** The same model with the matrices of its transformer's blocks kept so. */
    public ModelBundle with(WeightsDtype dtype) {
        return new ModelBundle(folder, transformer, vae, textEncoder, scheduler, sampling, loras, dtype);
    }

    /**
     * The same, with the mode of its adapters settled for a generator that reads blocks again for each use, or not. Beside
     * matrices of 8 bits adapters stay by themselves, or what is less than half a step of them would be rounded away.
     */
    ModelBundle settled(boolean streamed) {
        boolean beside = streamed || kept != WeightsDtype.SAME;
        return adapted(new Adapted(loras.added().settled(beside), loras.fingerprints()));
    }

    private ModelBundle adapted(Adapted other) {
        return new ModelBundle(folder, transformer, vae, textEncoder, scheduler, sampling, other, kept);
    }

    /** The folder's own name. */
    public String name() {
        return String.valueOf(folder.root().toAbsolutePath().normalize().getFileName());
    }

    /** Identifies the weights that make a video; see {@link ModelFolder#weightsFingerprint}. */
    public String fingerprint() {
        return folder.weightsFingerprint(List.of("text_encoder", folder.transformer(), "vae"));
    }

    /**
     * A model with what it was built from.
     *
     * @param closers free all of it, what was made last first
     */
    record Loaded<M>(M model, Deque<Runnable> closers) implements AutoCloseable {
        @Override
        public void close() {
            while (!closers.isEmpty()) {
                closers.pop().run();
            }
        }
    }

    /**
     * How a model is loaded.
     *
     * @param residency of the blocks, where the model has them
     * @param listener told how loading comes along
     */
    record Loading(Compute compute, Residency residency, VideoListener listener) {}

    /** Builds a model; when that fails, nothing it was built from stays open. */
    private <M> Loaded<M> load(String component, Loading how, BiFunction<Weights, Deque<Runnable>, M> build) {
        Deque<Runnable> closers = new ArrayDeque<>();
        try {
            TensorStore store = stored(component, closers);
            Weights weights = weights(store, how, stays(store, component, how.compute));
            closers.push(weights::close);
            return new Loaded<>(build.apply(weights, closers), closers);
        } catch (RuntimeException | Error e) {
            closers.forEach(Runnable::run);
            throw e;
        }
    }

    /** The weights of {@code component}, a transformer's with its adapters; {@code closers} free what was opened. */
    TensorStore stored(String component, Deque<Runnable> closers) {
        TensorStore base = folder.weights(component);
        closers.push(base::close);
        if (loras.added().loras().isEmpty() || !component.equals(folder.transformer())) {
            return base;
        }
        LoraAdapters adapters = LoraAdapters.open(loras.added().loras(), base);
        closers.push(adapters::close);
        return adapters.over(base, loras.added().mode());
    }

    /** All at once, unless blocks come one by one or what is free would not hold the files: then when they are used. */
    private static Weights weights(TensorStore store, Loading how, long stays) {
        long total = TensorStore.bytes(store);
        if (how.residency == Residency.STREAMED || stays > Memory.freeOnCpu()) {
            return Weights.of(store, how.compute);
        }
        AtomicLong done = new AtomicLong();
        return Weights.eager(store, how.compute, bytes -> how.listener.loading(done.addAndGet(bytes), total));
    }

    /** Bytes of what is in memory when {@code component} is loaded; at least once as it is stored, unless it is kept smaller. */
    private long stays(TensorStore store, String component, Compute compute) {
        return kept == WeightsDtype.SAME || !component.equals(folder.transformer())
                ? TensorStore.bytes(store)
                : WeightMemory.of(store, compute, kept).all();
    }

    /** The default size of a video: what the transformer was trained on, as far as its config says. */
    public VideoSize defaultSize() {
        return new VideoSize(
                transformer.sampleFrames(),
                transformer.usualHeight() * vae.spatialCompression(),
                transformer.usualWidth() * vae.spatialCompression(),
                vae.spatialCompression());
    }

    /**
     * At which rate the model means its frames: 8 a second, those of CogVideoX 1.5 16. Source: the videos that the two were
     * trained with, and what the official scripts write.
     */
    public FrameRate frameRate() {
        return transformer.patchSizeT() == null ? FrameRate.DEFAULT : FrameRate.of(16);
    }

    /**
     * About which colours this model's latents decode to; none where its folder does not say.
     *
     * @throws InvalidInputException when the file is damaged or another model's
     */
    public @Nullable LatentColours colours() {
        Path file = folder.root().resolve(LatentColours.FILE);
        if (!Files.exists(file)) {
            return null;
        }
        LatentColours colours = LatentColours.read(file);
        if (colours.channels() != vae.latentChannels()) {
            throw new InvalidInputException(file + ": has weights of " + colours.channels()
                    + " latent channels, but this model has " + vae.latentChannels() + "; it is another model's");
        }
        return colours;
    }

    /**
     * As {@link #colours}.
     *
     * @throws InvalidInputException also where the folder does not say
     */
    public LatentColours requiredColours() {
        LatentColours known = colours();
        if (known == null) {
            throw new InvalidInputException("`preview` needs to know which colours this model's latents are, but there"
                    + " is no " + folder.root().resolve(LatentColours.FILE)
                    + "; fit them once, to videos that are made with a LatentColoursFit listening");
        }
        return known;
    }

    /** A request for a video by this model, which begins with what its folder says. */
    public GenerationRequest.Builder request(String prompt) {
        return new GenerationRequest.Builder(this, prompt);
    }

    Loaded<PromptEncoder> loadTextEncoder(Loading how) {
        return load("text_encoder", how, (weights, closers) -> {
            T5Encoder encoder = new T5Encoder(textEncoder, weights, how.residency);
            weights.verify();
            T5Tokenizer tokenizer = T5Tokenizer.open(folder.component("tokenizer"));
            closers.push(tokenizer::close);
            return new PromptEncoder(tokenizer, encoder);
        });
    }

    Loaded<VideoTransformer> loadTransformer(Loading how) {
        return load(folder.transformer(), how, (weights, closers) -> {
            VideoTransformer model = VideoTransformer.load(weights, transformer, how.residency, kept);
            closers.push(model::close);
            return model;
        });
    }

    Loaded<VideoVae> loadVae(Loading how) {
        return load("vae", how, (weights, closers) -> {
            VideoVae model = VideoVae.load(weights, vae);
            weights.verify();
            return model;
        });
    }

    /**
     * How far the transformer's timestep embedding moves from one of {@code timesteps} to the next, see {@link
     * VideoTransformer#timestepChanges}: in fp32 on the CPU wherever videos are made, so that it is the same everywhere.
     */
    double[] timestepChanges(long[] timesteps) {
        Deque<Runnable> closers = new ArrayDeque<>();
        try (Scope scope = Scope.inference()) {
            Weights weights = Weights.of(stored(folder.transformer(), closers), Compute.CPU_FP32);
            closers.push(weights::close);
            return VideoTransformer.timestepChanges(weights, transformer, timesteps);
        } finally {
            closers.forEach(Runnable::run);
        }
    }

    /**
     * Whether the identity tokens of this model tell people apart, by its facial extractor alone: no other weight is read.
     *
     * @return none for a model without identity modules
     * @throws InvalidInputException when the transformer's weights do not fit its config
     */
    public @Nullable IdentityHealth identityHealth() {
        if (transformer.identity() == null) {
            return null;
        }
        try (Scope scope = Scope.inference();
                TensorStore store = folder.weights(folder.transformer());
                Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            return IdentityHealth.probe(weights, transformer);
        }
    }
}
