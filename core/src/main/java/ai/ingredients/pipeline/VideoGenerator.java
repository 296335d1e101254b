package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureTensors;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.pipeline.GenerationListener.Stage;
import ai.ingredients.pipeline.ModelBundle.Loaded;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.TokenEmbeddings;
import ai.ingredients.text.Tokens;
import ai.ingredients.transformer.IdentityConfig;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.TransformerConfig.Positions;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.transformer.VideoTransformer.Mixing;
import ai.ingredients.vae.FrameSink;
import ai.ingredients.vae.Tiling;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.TensorStore;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Photos and a prompt become a video. Source: the official {@code IngredientsPipeline}; without people, diffusers'
 * {@code CogVideoXPipeline}.
 *
 * <pre>{@code
 * ModelBundle bundle = ModelBundle.open(Path.of("model"));
 * try (VideoGenerator generator = new VideoGenerator(bundle, Compute.CPU_FP32, MemoryLevel.MODEL, TilingChoice.AUTO)) {
 *     generator.generate(GenerationRequest.of(prompt, people, bundle.defaultSize()), writer::add, GenerationListener.NONE);
 * }
 * }</pre>
 *
 * <p>All noise comes from one generator on the CPU, drawn in the official order: sample of the encoded reference picture,
 * initial latents, scheduler. Owns the models it has loaded until {@link #close}. Not thread-safe.
 */
public final class VideoGenerator implements AutoCloseable {
    private final ModelBundle bundle;
    private final Compute compute;
    private final MemoryLevel memory;
    private static final int SHOWN_LETTERS = 40;

    private final TilingChoice tiling;
    private final List<LearnedWord> words;
    private @Nullable Loaded<PromptEncoder> textEncoder;
    private @Nullable Loaded<VideoTransformer> transformer;
    private @Nullable Loaded<VideoVae> vae;
    private boolean tiled;

    /**
     * @param memory which models stay loaded; {@link MemoryLevel#AUTO} is settled here, by what is free now
     * @param tiling whether the autoencoder works in tiles
     */
    public VideoGenerator(ModelBundle bundle, Compute compute, MemoryLevel memory, TilingChoice tiling) {
        this(bundle, compute, memory, tiling, List.of());
    }

    /**
     * As above, for prompts with words that were learned.
     *
     * @param words by whose names prompts call them
     * @throws InvalidInputException when a word does not fit the bundle's text encoder or another word
     */
    public VideoGenerator(
            ModelBundle bundle, Compute compute, MemoryLevel memory, TilingChoice tiling, List<LearnedWord> words) {
        this.bundle = bundle;
        this.compute = compute.checked();
        MemoryEstimate estimate = MemoryEstimate.of(bundle, compute); // and finds damaged files before any work
        this.memory = memory == MemoryLevel.AUTO ? estimate.levelThatFits() : memory;
        this.tiling = tiling;
        this.words = List.copyOf(words);
        if (!words.isEmpty()) {
            try (Scope scope = Scope.inference();
                    TensorStore encoder = bundle.folder().weights("text_encoder")) {
                LearnedWord.check(words, bundle.textEncoder(), T5Encoder.table(encoder));
            }
        }
    }

    /** The learned words that prompts may use. */
    public List<LearnedWord> words() {
        return words;
    }

    /** The memory level in use; never {@link MemoryLevel#AUTO}. */
    public MemoryLevel memory() {
        return memory;
    }

    /** A size for this model's videos. */
    public VideoSize size(int frames, int height, int width) {
        return bundle.defaultSize().with(frames, height, width);
    }

    /** Whether the last video was decoded in tiles. */
    public boolean tiled() {
        return tiled;
    }

    /**
     * Refuses what this model cannot make, before any work.
     *
     * @throws InvalidInputException naming what was found and what to do
     */
    public void check(GenerationRequest request) {
        int pixels = bundle.vae().spatialCompression();
        if (request.size().pixelsPerLatent() != pixels) {
            throw new InvalidInputException(
                    "the size is meant for " + request.size().pixelsPerLatent() + " pixels per latent, this model has "
                            + pixels + "; ask its generator for a size");
        }
        request.size().checked(bundle.transformer().patchSize());
        checkPositions(request);
        checkWords("prompt", request.prompt());
        checkWords("negative prompt", request.negativePrompt());
        People people = request.people();
        IdentityConfig identity = bundle.transformer().identity();
        checkPeople(people == null ? 0 : people.size());
        checkSteering(request.steering(), request.size(), people == null ? 0 : people.size());
        if (people != null && identity != null) {
            checkWidth("id_cond", people.identities().getFirst().idCond(), identity.lfeIdDim());
            checkWidth(
                    "id_vit_hidden", people.identities().getFirst().vitHidden().getFirst(), identity.lfeVitDim());
        }
        if (request.picture() != null
                && people == null
                && (identity != null || !bundle.transformer().imageConditioned())) {
            throw new InvalidInputException("this model takes no first frame; give photos of people instead, or none");
        }
        int trained = bundle.scheduler().numTrainTimesteps();
        if (request.steps() > trained) {
            throw new InvalidInputException("--steps " + request.steps() + " is more than the " + trained
                    + " timesteps the model was trained on; 50 is usual");
        }
    }

    /** A name that was mistyped would be read letter by letter. */
    private void checkWords(String what, String prompt) {
        List<String> unknown = words.isEmpty() ? List.of() : TokenEmbeddings.unknownIn(prompt, names());
        if (!unknown.isEmpty()) {
            throw new InvalidInputException("the " + what + " names " + String.join(", ", unknown)
                    + ", which no --embedding file holds; known: " + LearnedWord.names(words));
        }
    }

    private Set<String> names() {
        return words.stream().map(LearnedWord::name).collect(Collectors.toSet());
    }

    /**
     * Refuses people when this model knows none; before their photos are read.
     *
     * @throws InvalidInputException naming what was found and what to do
     */
    public void checkPeople(int count) {
        if (count > 0 && bundle.transformer().identity() == null) {
            throw new InvalidInputException(
                    "this model knows no people (its transformer is a plain CogVideoX one), but " + count
                            + " were given; use an Ingredients checkpoint or leave the photos out");
        }
    }

    /**
     * Refuses what cannot be done with so many people in a video of {@code size}; before their photos are read.
     *
     * @throws InvalidInputException naming what was found and what to do
     */
    public void checkSteering(Steering steering, VideoSize size, int people) {
        steering.check(size, bundle.transformer().patchSize(), people);
    }

    private static void checkWidth(String name, Tensor found, int expected) {
        if (found.size(-1) != expected) {
            throw new InvalidInputException(
                    "the people's " + name + " are " + found.size(-1) + " wide, this model needs " + expected
                            + "; prepare the photos with this model's own face encoders");
        }
    }

    private void checkPositions(GenerationRequest request) {
        Positions positions = bundle.transformer().positions();
        int trained = bundle.transformer().maxTextSeqLength();
        if (positions != Positions.ROTARY && textLength(request) != trained) {
            throw new InvalidInputException("--max-sequence-length " + textLength(request)
                    + " cannot be used: this model's position embeddings need exactly " + trained + " text tokens");
        }
        VideoSize own = bundle.defaultSize();
        VideoSize size = request.size();
        if (positions == Positions.ROTARY_AND_LEARNED
                && (size.height() != own.height() || size.width() != own.width())) {
            throw new InvalidInputException("a video of " + size.width() + "x" + size.height()
                    + " cannot be made: this model has learned positions for " + own.width() + "x" + own.height()
                    + " only; use that size");
        }
    }

    private int textLength(GenerationRequest request) {
        Integer asked = request.maxSequenceLength();
        return asked == null ? bundle.transformer().maxTextSeqLength() : asked;
    }

    /**
     * Makes a video.
     *
     * @param frames takes the frames in order, as they are decoded: uint8 [n, H, W, 3], R, G, B; valid during the call
     * @throws InvalidInputException as {@link #check}
     * @throws OperationFailedException when numbers overflow, which fp16 may
     */
    public void generate(GenerationRequest request, Consumer<Tensor> frames, GenerationListener listener) {
        check(request);
        generateUnchecked(request, frames, listener);
    }

    /** Without {@link #check}: also makes what is valid but awkward, such as even numbers of latent frames. */
    void generateUnchecked(GenerationRequest request, Consumer<Tensor> frames, GenerationListener listener) {
        try (Scope scope = Scope.inference();
                Noise noise = new Noise(request.seed())) {
            Tensor text = encodeText(request, listener);
            Tensor image = encodeImage(request, noise, listener);
            Tensor initial = noise.gaussian(compute, latentShape(request.size()));
            listener.latents(initial, image);
            Tensor latents = denoise(request, text, image, initial, noise, listener);
            checkFinite(latents);
            listener.denoised(latents);
            decode(latents, request.size(), frames, listener);
        }
    }

    private long[] latentShape(VideoSize size) {
        return new long[] {
            1, size.latentFrames(), bundle.vae().latentChannels(), size.latentHeight(), size.latentWidth()
        };
    }

    /** [1, T, d], or [negative, prompt] [2, T, d] with guidance. */
    private Tensor encodeText(GenerationRequest request, GenerationListener listener) {
        listener.begins(Stage.TEXT, 1);
        Loaded<PromptEncoder> loaded = textEncoder == null ? bundle.loadTextEncoder(compute, residency()) : textEncoder;
        textEncoder = loaded;
        try (Scope scope = Scope.inference()) {
            warnOfWords(request, listener);
            PromptEncoder encoder = loaded.model().with(TokenEmbeddings.of(words));
            PromptEncoder.Prompt prompt = encoder.encode(request.prompt(), textLength(request));
            warnOfCut("prompt", prompt.tokens(), listener);
            Tensor text = prompt.embeddings();
            if (request.guided()) {
                PromptEncoder.Prompt negative = encoder.encode(request.negativePrompt(), textLength(request));
                warnOfCut("negative prompt", negative.tokens(), listener);
                text = Ops.cat(0, negative.embeddings(), text);
            }
            listener.progress(1);
            return scope.keep(compute.place(text));
        } finally {
            if (memory != MemoryLevel.NONE) {
                loaded.close();
                textEncoder = null;
            }
        }
    }

    private void warnOfWords(GenerationRequest request, GenerationListener listener) {
        List<String> unknown = TokenEmbeddings.unknownIn(request.prompt(), names());
        if (!unknown.isEmpty()) {
            listener.warning(
                    beginning(String.join(", ", unknown)) + " in the prompt is read as plain text; for a word that was"
                            + " learned, give its file with --embedding");
        }
        for (LearnedWord word : words) {
            if (!request.prompt().contains(word.name())
                    && !(request.guided() && request.negativePrompt().contains(word.name()))) {
                listener.warning("no prompt names " + word.name() + " of " + word.file() + "; it has no effect");
            }
        }
    }

    private static void warnOfCut(String what, Tokens tokens, GenerationListener listener) {
        if (!tokens.cutText().isEmpty()) {
            listener.warning("the " + what + " is longer than " + tokens.ids().length + " tokens; not used: \""
                    + beginning(tokens.cutText()) + "\"");
        }
    }

    /** Enough of {@code text} to find it. */
    private static String beginning(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        int end = line.offsetByCodePoints(0, Math.min(SHOWN_LETTERS, line.codePointCount(0, line.length())));
        return end == line.length() ? line : line.substring(0, end) + "…";
    }

    /**
     * The reference picture as latents of frame 0, zeros after it: [1, f, C, h, w]. Without one all frames are zeros,
     * as in training where the picture is dropped. None for models that take no picture.
     */
    private @Nullable Tensor encodeImage(GenerationRequest request, Noise noise, GenerationListener listener) {
        if (!bundle.transformer().imageConditioned()) {
            if (!request.steering().canvas()) {
                listener.warning("this model is shown no canvas anyway; leaving it out changes nothing");
            }
            return null;
        }
        long[] shape = latentShape(request.size());
        People people = request.people();
        Picture reference = people == null ? request.picture() : people.canvas();
        if (reference != null && !request.steering().canvas()) {
            long[] drawn = {1, shape[2], 1, shape[3], shape[4]};
            noise.gaussian(compute, drawn).close(); // so that all else is drawn as with the canvas
            return torch.zeros(shape, compute.options());
        }
        if (reference == null) {
            if (bundle.transformer().identity() == null) {
                listener.warning("no first frame was given; this image-to-video model then begins from nothing");
            }
            return torch.zeros(shape, compute.options());
        }
        listener.begins(Stage.PEOPLE, 1);
        Loaded<VideoVae> loaded = vae();
        try (Scope scope = Scope.inference()) {
            Tensor picture = PictureTensors.vaeInput(
                    reference, request.size().height(), request.size().width());
            Tensor video = compute.place(picture).unsqueeze(2); // [1, 3, 1, H, W]
            VideoSize still = request.size()
                    .with(1, request.size().height(), request.size().width());
            Tensor sampled = loaded.model().with(vaeTiling(still)).encode(video).sample(noise);
            Tensor first = Ops.scale(sampled.permute(0, 2, 1, 3, 4), imageScale()); // [1, 1, C, h, w]
            shape[1]--;
            Tensor all = Ops.cat(1, first, torch.zeros(shape, compute.options()));
            listener.progress(1);
            return scope.keep(all);
        } finally {
            releaseVae();
        }
    }

    /** Plain image-to-video checkpoints may divide by the scaling factor; the official Ingredients pipeline never does. */
    private double imageScale() {
        double factor = bundle.vae().scalingFactor();
        boolean inverted =
                bundle.vae().invertScaleLatents() && bundle.transformer().identity() == null;
        return inverted ? 1 / factor : factor;
    }

    private Tensor denoise(
            GenerationRequest request,
            Tensor text,
            @Nullable Tensor image,
            Tensor initial,
            Noise noise,
            GenerationListener listener) {
        listener.begins(Stage.DENOISING, request.steps());
        Loaded<VideoTransformer> loaded =
                transformer == null ? bundle.loadTransformer(compute, residency()) : transformer;
        transformer = loaded;
        VideoTransformer model = loaded.model();
        VideoSize size = request.size();
        try (Scope scope = Scope.inference()) {
            People people = request.people();
            IdentityContext identities = people == null ? null : identities(people, request, model, listener);
            IdentityConfig identity = bundle.transformer().identity();
            Double asked = request.faceScale();
            double faceScale = asked != null ? asked : identity == null ? 0 : identity.localFaceScale();
            boolean photos = people != null || request.picture() != null;
            // Identities computed from a row without the image would be added to the rows with it. A canvas that is
            // left
            // out changes nothing else.
            boolean imageGuided = photos && request.imageGuidanceScale() != 1;
            Routing routing = imageGuided ? Routing.PER_BRANCH : request.routing();
            double imageGuidance = imageGuided && request.steering().canvas() ? request.imageGuidanceScale() : 1;
            Denoiser.Conditions conditions = new Denoiser.Conditions(
                    text,
                    image,
                    identities,
                    model.rotary(size.latentHeight(), size.latentWidth(), size.latentFrames()),
                    new VideoTransformer.Options(routing, faceScale, Mixing.ROUTED, listener::routed));
            Denoiser denoiser = new Denoiser(
                    model,
                    Scheduler.of(request.scheduler(), bundle.scheduler()),
                    request.steps(),
                    request.guidance(),
                    request.guidanceScale(),
                    imageGuidance);
            return scope.keep(denoiser.denoise(initial, conditions, noise, listener));
        } finally {
            if (memory != MemoryLevel.NONE) {
                loaded.close();
                transformer = null;
            }
        }
    }

    /** The constants of the people, routed as the request's steering says. */
    private IdentityContext identities(
            People people, GenerationRequest request, VideoTransformer model, GenerationListener listener) {
        IdentityContext made = model.prepare(people.idCond(), people.vitHidden());
        Steering steering = request.steering();
        if (!steering.routerOrder().isEmpty()) {
            made = made.routedAs(steering.routerOrder());
        }
        if (steering.places().isEmpty()) {
            return made;
        }
        if (people.size() == 1) {
            listener.warning("with one person every token is that person's, so their place changes nothing");
        }
        float[] bias = PlacementBias.of(
                steering.places(),
                steering.placeStrength(),
                request.size(),
                bundle.transformer().patchSize(),
                people.size());
        return made.withBias(compute.place(Ops.tensor(bias, bias.length / people.size(), people.size())));
    }

    private void decode(Tensor latents, VideoSize size, Consumer<Tensor> frames, GenerationListener listener) {
        Loaded<VideoVae> loaded = vae();
        try (Scope scope = Scope.inference()) {
            Tensor unscaled =
                    Ops.scale(latents.permute(0, 2, 1, 3, 4), 1 / bundle.vae().scalingFactor());
            Tiling chosen = vaeTiling(size);
            tiled = chosen.enabled();
            if (tiled && tiling == TilingChoice.AUTO) {
                listener.warning("the video does not fit the free memory in one piece and is decoded in tiles, which "
                        + "changes it slightly; --vae-tiling off forbids that");
            }
            loaded.model().with(chosen).decode(unscaled, new FrameSink() {
                private boolean begun;

                @Override
                public void frames(Tensor decoded) {
                    checkFinite(decoded);
                    frames.accept(bytes(decoded));
                }

                @Override
                public void progress(int done, int total) {
                    if (!begun) {
                        begun = true;
                        listener.begins(Stage.DECODING, total);
                    }
                    listener.progress(done);
                }
            });
        } finally {
            releaseVae();
        }
    }

    /** Numbers that overflowed would only show as black frames. */
    private void checkFinite(Tensor x) {
        if (!torch.isfinite(x).all().item().toBool()) {
            throw new OperationFailedException("the computation in " + compute.dtype()
                    + " ended in values that are no numbers; "
                    + (compute.dtype() == DType.FP16
                            ? "fp16 overflows with this model, use --dtype bf16"
                            : "--guidance or --face-scale is far too large, or the weights are damaged"));
        }
    }

    /** [1, 3, n, H, W] in about [−1, 1] → uint8 [n, H, W, 3] on the CPU, rounded half to even as numpy does. */
    private static Tensor bytes(Tensor decoded) {
        ScalarOptional black = new ScalarOptional(new Scalar(0));
        ScalarOptional white = new ScalarOptional(new Scalar(1));
        Tensor unit = Ops.plus(Ops.scale(decoded, 0.5), 0.5).clamp(black, white);
        return Ops.scale(unit.select(0, 0).permute(1, 2, 3, 0).to(ScalarType.Float), 255)
                .round()
                .to(ScalarType.Byte)
                .cpu()
                .contiguous();
    }

    private Tiling vaeTiling(VideoSize size) {
        return tiling.decide(bundle.vae(), size, compute);
    }

    private Residency residency() {
        return memory == MemoryLevel.LAYER ? Residency.STREAMED : Residency.RESIDENT;
    }

    private Loaded<VideoVae> vae() {
        Loaded<VideoVae> loaded = vae == null ? bundle.loadVae(compute) : vae;
        vae = loaded;
        return loaded;
    }

    private void releaseVae() {
        Loaded<VideoVae> loaded = vae;
        if (loaded != null && memory != MemoryLevel.NONE) {
            loaded.close();
            vae = null;
        }
    }

    @Override
    public void close() {
        if (textEncoder != null) {
            textEncoder.close();
            textEncoder = null;
        }
        if (transformer != null) {
            transformer.close();
            transformer = null;
        }
        if (vae != null) {
            vae.close();
            vae = null;
        }
    }
}
