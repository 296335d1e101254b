package ai.ingredients;

import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.face.Photo;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.GenerationResult;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.RecipeSources.Shown;
import ai.ingredients.pipeline.RecipeSources.Source;
import ai.ingredients.pipeline.RecipeSources.Who;
import ai.ingredients.pipeline.SavedSteps;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.pipeline.VideoListener;
import ai.ingredients.tensor.Attention;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.IdentityHealth;
import ai.ingredients.weights.WeightsDtype;
import ai.ingredients.weights.lora.Lora;
import ai.ingredients.weights.lora.LoraMode;
import ai.ingredients.weights.lora.Loras;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A model that makes videos of the people in photos. The front door of this library: one video from here to the file is
 *
 * <pre>{@code
 * try (Ingredients ingredients = Ingredients.open(Path.of("models/demo"))) {
 *   Video video = ingredients.video("A woman in a red coat and a bearded man wave at the beach.")
 *       .person(Path.of("ada.jpg")).person(Path.of("alan.jpg")).seed(42).generate();
 *   video.write(Path.of("out.mp4"));      // recipe inside and beside it
 * }
 * }</pre>
 *
 * <p><b>Values.</b> Steps, scales, sampler and size begin at what the model's folder says ({@code generation_config.json},
 * {@code transformer/config.json}), else at those of the official pipeline.
 *
 * <p><b>Memory.</b> Opening reads configs and headers of weights. The weights themselves are native memory outside the Java
 * heap, loaded when they are first needed; {@link Options#memory} says whether all of them stay until {@link #close}
 * ({@link MemoryLevel#NONE}), only one model at a time, or only one layer. A video adds its activations, which grow with
 * frames and pixels, and then {@code frames · height · width · 3} bytes on the heap. People who were prepared hold memory of
 * their own, see {@link People}. When memory runs out, a {@link RuntimeException} of libtorch says so.
 *
 * <p><b>Threads.</b> Thread-safe: videos of several threads are made one after another, since one of them uses all cores. On
 * a virtual thread the work is done by a platform thread that it waits for. For two videos at a time open the model twice.
 *
 * <p><b>Errors.</b> {@link InvalidInputException} for what cannot be done with what was given, {@link
 * OperationFailedException} for work that failed, {@link CancellationException} for a video that was cancelled, and {@link
 * IllegalStateException} after {@link #close}; each says in one line what was found and what to do, with the names of this
 * class's methods in backticks.
 */
public final class Ingredients implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 50;

    private final ModelBundle model;
    private final Compute compute;
    private final boolean facesStay;
    private final VideoGenerator generator;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<VideoObserver> observers = new CopyOnWriteArrayList<>();
    private @Nullable FaceEncoder faces;
    private @Nullable String fingerprint;
    private @Nullable IdentityHealth health;
    private boolean probed;
    private volatile boolean closed;

    private Ingredients(ModelBundle model, Options options) {
        compute = options.compute();
        facesStay = options.memory == MemoryLevel.NONE;
        generator = new VideoGenerator(model, compute, options.memory, options.tiling);
        this.model = generator.bundle();
    }

    /**
     * How a model is opened.
     *
     * @param device {@code cpu}, {@code cuda} or {@code cuda:i}
     * @param dtype in which the models compute; none for fp32 on the CPU and bf16 elsewhere
     * @param memory what stays loaded
     * @param tiling whether frames are decoded in tiles
     * @param variant of the weights, such as {@code fp16}; empty for the plain ones
     * @param loras low-rank adapters of the video transformer
     * @param weightsDtype in what the matrices of the transformer's blocks are kept: 8 bits take half the memory of bf16
     * @param attention whose kernel a CUDA device tries first
     */
    public record Options(
            String device,
            @Nullable DType dtype,
            MemoryLevel memory,
            TilingChoice tiling,
            String variant,
            Loras loras,
            WeightsDtype weightsDtype,
            Attention attention) {
        /** As libtorch chooses what computes attention. */
        public Options(
                String device,
                @Nullable DType dtype,
                MemoryLevel memory,
                TilingChoice tiling,
                String variant,
                Loras loras,
                WeightsDtype weightsDtype) {
            this(device, dtype, memory, tiling, variant, loras, weightsDtype, Attention.AUTO);
        }

        /** The CPU in fp32; memory and tiling by what is free. */
        public static final Options DEFAULT =
                new Options("cpu", null, MemoryLevel.AUTO, TilingChoice.AUTO, "", Loras.NONE, WeightsDtype.SAME);

        /** The same on the device and in the type of {@code compute}. */
        public Options on(Compute compute) {
            return new Options(
                    compute.device(),
                    compute.dtype(),
                    memory,
                    tiling,
                    variant,
                    loras,
                    weightsDtype,
                    compute.attention());
        }

        /** The same on another device. */
        public Options withDevice(String other) {
            return new Options(other, dtype, memory, tiling, variant, loras, weightsDtype, attention);
        }

        /** The same in another type. */
        public Options withDtype(DType other) {
            return new Options(device, other, memory, tiling, variant, loras, weightsDtype, attention);
        }

        /** The same with another memory level. */
        public Options withMemory(MemoryLevel other) {
            return new Options(device, dtype, other, tiling, variant, loras, weightsDtype, attention);
        }

        /** The same with or without tiles. */
        public Options withTiling(TilingChoice other) {
            return new Options(device, dtype, memory, other, variant, loras, weightsDtype, attention);
        }

        /** The same with weights of another variant. */
        public Options withVariant(String other) {
            return new Options(device, dtype, memory, tiling, other, loras, weightsDtype, attention);
        }

        /** The same with one more file of adapters, or folder of one, which count as trained; see {@link Lora}. */
        public Options withLora(Path file) {
            return withLora(file, 1);
        }

        /** The same with one more file of adapters that count {@code scale} times. */
        public Options withLora(Path file, double scale) {
            return withLoras(loras.and(new Lora(file, scale)));
        }

        /** The same with adapters added in this way. */
        public Options withLoraMode(LoraMode mode) {
            return withLoras(loras.in(mode));
        }

        /** The same with these adapters only. */
        public Options withLoras(Loras other) {
            return new Options(device, dtype, memory, tiling, variant, other, weightsDtype, attention);
        }

        /** The same with the matrices of the video transformer's blocks kept so; everything is computed as before. */
        public Options withWeightsDtype(WeightsDtype other) {
            return new Options(device, dtype, memory, tiling, variant, loras, other, attention);
        }

        /** The same with another kernel for attention. */
        public Options withAttention(Attention other) {
            return new Options(device, dtype, memory, tiling, variant, loras, weightsDtype, other);
        }

        private Compute compute() {
            Compute usual = new Compute(device, DType.FP32, attention);
            return dtype != null ? usual.with(dtype) : usual.onCpu() ? usual : usual.with(DType.BF16);
        }
    }

    /**
     * Opens the model in {@code folder} with {@link Options#DEFAULT}.
     *
     * @throws InvalidInputException when it holds no model that can be used
     */
    public static Ingredients open(Path folder) {
        return open(folder, Options.DEFAULT);
    }

    /**
     * Opens the model in {@code folder}, which is in diffusers' layout.
     *
     * @throws InvalidInputException when it holds no model that can be used, an adapter is not for it, or the device is
     *     not there
     */
    public static Ingredients open(Path folder, Options options) {
        ModelBundle model = ModelBundle.open(folder, options.variant).with(options.loras);
        return new Ingredients(model.with(options.weightsDtype), options);
    }

    /** Begins a video of {@code prompt}, in which {@code @name} stands for a person who has that name. */
    public VideoBuilder video(String prompt) {
        checkOpen();
        return new VideoBuilder(this, prompt);
    }

    /**
     * Prepares the people of {@code photos}, one each, for any number of videos.
     *
     * @throws InvalidInputException when a photo cannot be read or shows no face
     */
    public People people(Path... photos) {
        return people(List.of(photos).stream().map(Portrait::of).toList());
    }

    /** As {@link #people(Path...)}, for photos from anywhere, and people with names. */
    public People people(List<Portrait> portraits) {
        return people(portraits, notice -> {});
    }

    /**
     * As {@link #people(List)}.
     *
     * @param notices takes a line for each photo with several faces, which says which was taken
     */
    public People people(List<Portrait> portraits, Consumer<String> notices) {
        return alone(new Cancellation(), () -> {
            try (Scope scope = Scope.inference()) {
                return new People(prepare(portraits, notices), People.origin(portraits));
            }
        });
    }

    /**
     * People that {@link People#save} wrote.
     *
     * @throws InvalidInputException when the file holds none
     */
    public People savedPeople(Path file) {
        checkOpen();
        try (Scope scope = Scope.inference()) {
            return new People(
                    ai.ingredients.face.People.load(file), new Who(List.of(Shown.of(Source.of(file))), true, null));
        }
    }

    /** Tells {@code observer} of every video from now on, whoever asks for it; this model. */
    public Ingredients observedBy(VideoObserver observer) {
        observers.add(observer);
        return this;
    }

    /** Configs, trained size and sampling values of the model. */
    public ModelBundle model() {
        return model;
    }

    /** What stays loaded; never {@link MemoryLevel#AUTO}. */
    public MemoryLevel memory() {
        return generator.memory();
    }

    /** Where and in what is computed. */
    public Compute compute() {
        return compute;
    }

    /** Whether the model continues a picture that is its first frame, instead of showing people. */
    public boolean takesFirstFrame() {
        return model.transformer().identity() == null && model.transformer().imageConditioned();
    }

    /** The people of {@code portraits}, owned by the current scope. */
    ai.ingredients.face.People prepare(List<Portrait> portraits, Consumer<String> notices) {
        List<List<Photo>> photos = new ArrayList<>();
        for (Portrait portrait : portraits) {
            int number = photos.size() + 1;
            photos.add(
                    portrait.photos().stream().map(photo -> photo.read(number)).toList());
        }
        FaceEncoder encoder = faces == null
                ? new FaceEncoder(
                        FaceModels.open(model.folder().root(), model.folder().variant(), compute))
                : faces;
        faces = encoder;
        try {
            return encoder.encodeEach(photos, notices)
                    .named(portraits.stream().map(Portrait::name).toList());
        } finally {
            if (!facesStay) {
                encoder.close();
                faces = null;
            }
        }
    }

    /** Makes it; frames go to {@code frames}. */
    GenerationResult generate(
            GenerationRequest request,
            ai.ingredients.face.@Nullable People people,
            Consumer<Picture> frames,
            @Nullable SavedSteps saved,
            GenerationListener listener) {
        return generator.generate(
                request, people, decoded -> Picture.of(decoded).forEach(frames), saved, listener);
    }

    /** Does {@code work} and tells whoever observes what came of it. */
    Video observed(Supplier<Video> work) {
        long began = System.nanoTime();
        Video video;
        try {
            video = work.get();
        } catch (RuntimeException e) {
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            observers.forEach(observer -> observer.failed(e, took));
            throw e;
        }
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        observers.forEach(observer -> observer.made(video, took));
        return video;
    }

    /** Identifies the weights; read once, before the first video. */
    String fingerprint() {
        String known = fingerprint == null ? model.fingerprint() : fingerprint;
        fingerprint = known;
        return known;
    }

    /** Places move whose identity features a token gets: says so where those are the same for everybody. */
    void warnOfIdlePlaces(VideoListener listener) {
        if (!probed) {
            probed = true;
            health = model.identityHealth();
        }
        if (health != null && health.collapsed()) {
            listener.warning("places change next to nothing with this model, its facial extractor has collapsed ("
                    + health.words() + ")");
        }
    }

    /** Does {@code work} when no other thread's is being done, on a platform thread: gradient mode is bound to those. */
    <T> T alone(Cancellation cancellation, Supplier<T> work) {
        if (Thread.currentThread().isVirtual()) {
            return onPlatformThread(() -> alone(cancellation, work));
        }
        boolean mine = false;
        try {
            while (!mine) {
                cancellation.check();
                mine = lock.tryLock(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            }
            checkOpen();
            return work.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (CancellationException) new CancellationException("the video was cancelled").initCause(e);
        } finally {
            if (mine) {
                lock.unlock();
            }
        }
    }

    private static <T> T onPlatformThread(Supplier<T> work) {
        FutureTask<T> task = new FutureTask<>(work::get);
        Thread worker = Thread.ofPlatform().name("ingredients").daemon().start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    worker.interrupt();
                }
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof Error failure) {
                throw failure;
            }
            throw cause instanceof RuntimeException failure ? failure : new IllegalStateException(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the model " + model.name() + " was closed; open it again");
        }
    }

    /**
     * Frees all weights; waits for a video that is being made, which {@link Cancellation} shortens. Does nothing the second
     * time.
     *
     * @throws IllegalStateException when a listener calls it while its video is being made
     */
    @Override
    public void close() {
        if (lock.isHeldByCurrentThread()) {
            throw new IllegalStateException("a listener cannot close the model that makes its video; cancel the video");
        }
        lock.lock();
        try {
            closed = true;
            generator.close();
            if (faces != null) {
                faces.close();
                faces = null;
            }
        } finally {
            lock.unlock();
        }
    }
}
