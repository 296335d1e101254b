package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.People;
import ai.ingredients.face.ReferenceCanvas;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureTensors;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.pipeline.ModelBundle.Loaded;
import ai.ingredients.pipeline.VideoListener.Stage;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Memory;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.TokenEmbeddings;
import ai.ingredients.text.Tokens;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.transformer.VideoTransformer.Mixing;
import ai.ingredients.vae.FrameSink;
import ai.ingredients.vae.LatentDistribution;
import ai.ingredients.vae.Tiling;
import ai.ingredients.vae.VideoVae;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Photos and a prompt become a video. Source: the official {@code IngredientsPipeline}; without people, diffusers'
 * {@code CogVideoXPipeline} and {@code CogVideoXImageToVideoPipeline}.
 *
 * <pre>{@code
 * ModelBundle bundle = ModelBundle.open(Path.of("model"));
 * try (VideoGenerator generator = new VideoGenerator(bundle, Compute.CPU_FP32, MemoryLevel.MODEL, TilingChoice.AUTO)) {
 *     generator.generate(bundle.request(prompt).people(2).build(), people, writer::add, GenerationListener.NONE);
 * }
 * }</pre>
 *
 * <p>{@code ai.ingredients.Ingredients} is the same without a tensor in sight.
 *
 * <p>All noise comes from one generator on the CPU, drawn in the official order: sample of the encoded reference picture,
 * initial latents, scheduler. Owns the models it has loaded until {@link #close}. Not thread-safe.
 */
public final class VideoGenerator implements AutoCloseable {
    private static final int SHOWN_LETTERS = 40;

    private final ModelBundle bundle;
    private final Compute compute;
    private final MemoryPlan.Models models;
    private final MemoryLevel asked;
    private MemoryLevel memory;
    private final TilingChoice tiling;
    private @Nullable Loaded<PromptEncoder> textEncoder;
    private @Nullable Loaded<VideoTransformer> transformer;
    private @Nullable Loaded<VideoVae> vae;

    /**
     * @param memory which models stay loaded; {@link MemoryLevel#AUTO} is settled here, by what is free now,
     *     and once more for each video as long as nothing is loaded
     * @param tiling whether the autoencoder works in tiles
     */
    public VideoGenerator(ModelBundle bundle, Compute compute, MemoryLevel memory, TilingChoice tiling) {
        this.compute = compute.checked();
        asked = memory;
        this.memory =
                memory == MemoryLevel.AUTO ? MemoryEstimate.of(bundle, compute).levelThatFits() : memory;
        this.bundle = bundle.settled(this.memory == MemoryLevel.LAYER);
        models = MemoryPlan.Models.of(this.bundle, compute); // and finds damaged files before any work
        this.tiling = tiling;
    }

    /** The model, with what {@link MemoryLevel} decides about its adapters. */
    public ModelBundle bundle() {
        return bundle;
    }

    /** What the transformer's weights take, with its adapters. */
    WeightMemory weights() {
        return models.transformer();
    }

    /** The memory level in use; never {@link MemoryLevel#AUTO}. */
    public MemoryLevel memory() {
        return memory;
    }

    /**
     * Makes a video.
     *
     * @param people who appear, as many as the request says
     * @param frames takes the frames in order, as they are decoded: uint8 [n, H, W, 3], R, G, B; valid during the call
     * @throws InvalidInputException when the people are not what the request and the model need
     * @throws OperationFailedException when numbers overflow, which fp16 may
     */
    public GenerationResult generate(
            GenerationRequest request, @Nullable People people, Consumer<Tensor> frames, GenerationListener listener) {
        return generate(request, people, frames, null, listener);
    }

    /** As {@link #generate(GenerationRequest, People, Consumer, GenerationListener)}, going on from {@code saved} steps. */
    public GenerationResult generate(
            GenerationRequest request,
            @Nullable People people,
            Consumer<Tensor> frames,
            @Nullable SavedSteps saved,
            GenerationListener listener) {
        if (!request.bundle().folder().equals(bundle.folder())) {
            throw new IllegalArgumentException("the request is meant for another model");
        }
        RequestCheck.people(request, people);
        if (!compute.onCpu()) {
            compute.attention().prefer();
        }
        MemoryPlan plan = plan(request);
        listener.planned(plan);
        long started = System.nanoTime();
        try (Scope scope = Scope.inference();
                Noise noise = new Noise(request.seed())) {
            Text text = encodeText(request, listener);
            double textSeconds = secondsSince(started);
            Tensor image = encodeImage(request, people, noise, listener);
            Tensor initial = noise.gaussian(compute, latentShape(request.size()));
            listener.latents(initial, image);
            double canvasSeconds = secondsSince(started) - textSeconds;
            Denoised denoised = denoise(request, people, new Inputs(text, image, initial), noise, saved, listener);
            checkFinite(denoised.latents);
            Tensor latents = withoutPadding(denoised.latents, request.size());
            listener.denoised(latents);
            double denoisingSeconds = secondsSince(started) - textSeconds - canvasSeconds;
            decode(latents, request.size(), plan.tiled(), frames, listener);
            double total = secondsSince(started);
            Timings timings = new Timings(
                    0,
                    textSeconds,
                    canvasSeconds,
                    denoisingSeconds,
                    total - textSeconds - canvasSeconds - denoisingSeconds,
                    denoised.seconds / request.steps(),
                    total);
            return new GenerationResult(request, compute, memory, plan.tiled(), timings, Memory.peakOfProcess());
        }
    }

    /** Settles level and tiles, or refuses what cannot end. */
    private MemoryPlan plan(GenerationRequest request) {
        boolean loaded = textEncoder != null || transformer != null || vae != null;
        long free = compute.freeBytes();
        free += textEncoder == null ? 0 : models.text().copied();
        free += transformer == null ? 0 : models.transformer().copied();
        free += vae == null ? 0 : models.vae().copied();
        MemoryPlan plan =
                MemoryPlan.choose(models, MemoryPlan.Demand.of(request), loaded ? memory : asked, tiling, free);
        memory = plan.level();
        return plan;
    }

    private static double secondsSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1e9;
    }

    /**
     * What the loop begins with.
     *
     * @param text what is said
     * @param image encoded reference picture [1, f, C, h, w], if the model takes one
     * @param initial noise [1, f, C, h, w]
     */
    private record Inputs(Text text, @Nullable Tensor image, Tensor initial) {}

    /**
     * What is said.
     *
     * @param embeddings [1, T, d], or [negative, prompt] [2, T, d] with guidance
     * @param words whose each of the prompt's tokens is, see {@link PromptEncoder#owners}
     */
    private record Text(Tensor embeddings, long[] words) {}

    /** Latents [1, f, C, h, w], and what the loop took. */
    private record Denoised(Tensor latents, double seconds) {}

    /** With the frames that fill up the last patch, where patches are of several. */
    private long[] latentShape(VideoSize size) {
        return new long[] {
            1,
            bundle.transformer().paddedFrames(size.latentFrames()),
            bundle.vae().latentChannels(),
            size.latentHeight(),
            size.latentWidth()
        };
    }

    /** The frames that were asked for are the last ones, as in diffusers. */
    private static Tensor withoutPadding(Tensor latents, VideoSize size) {
        long padding = latents.size(1) - size.latentFrames();
        return padding == 0 ? latents : latents.narrow(1, padding, size.latentFrames());
    }

    private Text encodeText(GenerationRequest request, GenerationListener listener) {
        listener.begins(Stage.TEXT, request.guided() ? 2 : 1);
        Loaded<PromptEncoder> loaded = textEncoder == null ? bundle.loadTextEncoder(loading(listener)) : textEncoder;
        textEncoder = loaded;
        try (Scope scope = Scope.inference()) {
            warnOfWords(request, listener);
            PromptEncoder encoder = loaded.model().with(TokenEmbeddings.of(request.embeddings()));
            PromptEncoder.Prompt prompt = encoder.encode(request.prompt(), request.maxSequenceLength());
            warnOfCut("prompt", prompt.tokens(), listener);
            Tensor text = prompt.embeddings();
            listener.progress(1);
            if (request.guided()) {
                PromptEncoder.Prompt negative = encoder.encode(request.negativePrompt(), request.maxSequenceLength());
                warnOfCut("negative prompt", negative.tokens(), listener);
                text = Ops.cat(0, negative.embeddings(), text);
                listener.progress(2);
            }
            long[] words = encoder.owners(
                    request.prompt(),
                    request.mentions().stream()
                            .map(mention -> new PromptEncoder.Owned(mention.person(), mention.start(), mention.end()))
                            .toList(),
                    request.maxSequenceLength());
            return new Text(scope.keep(compute.place(text)), words);
        } finally {
            if (memory != MemoryLevel.NONE) {
                loaded.close();
                textEncoder = null;
            }
        }
    }

    private void warnOfWords(GenerationRequest request, GenerationListener listener) {
        List<String> unknown = TokenEmbeddings.unknownIn(request.prompt(), RequestCheck.names(request.embeddings()));
        if (!unknown.isEmpty()) {
            listener.warning(
                    beginning(String.join(", ", unknown)) + " in the prompt is read as plain text; for a word that was"
                            + " learned, give its file with `embeddings`");
        }
        for (LearnedWord word : request.embeddings()) {
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

    /** A picture, brought to the size of {@code still}: one frame. */
    private LatentDistribution encoded(VideoVae vae, Picture picture, VideoSize still) {
        Tensor video = compute.place(PictureTensors.vaeInput(picture, still.height(), still.width()))
                .unsqueeze(2); // [1, 3, 1, H, W]
        return vae.with(vaeTiling(still)).encode(video);
    }

    /** The canvas with every face encoded by itself: [C, h, w]; the mean, as training sees it. */
    private Tensor eachFace(VideoVae vae, People people, VideoSize size) {
        return ReferenceCanvas.eachByItself(
                ReferenceCanvas.faces(people.canvas(), people.size()),
                size.width(),
                size.height(),
                size.pixelsPerLatent(),
                face -> encoded(vae, face, size.with(1, face.height(), face.width()))
                        .mode()
                        .select(2, 0)
                        .select(0, 0));
    }

    /**
     * The reference picture as latents of frame 0, zeros after it: [1, f, C, h, w]. Without one all frames are zeros,
     * as in training where the picture is dropped. None for models that take no picture.
     */
    private @Nullable Tensor encodeImage(
            GenerationRequest request, @Nullable People people, Noise noise, GenerationListener listener) {
        if (!bundle.transformer().imageConditioned()) {
            if (!request.steering().canvas()) {
                listener.warning("this model is shown no canvas anyway; leaving it out changes nothing");
            }
            return null;
        }
        long[] shape = latentShape(request.size());
        Picture reference = people == null ? request.firstFrame() : people.canvas();
        long[] drawn = {1, shape[2], 1, shape[3], shape[4]}; // also where it is not used: all else is then the same
        if (reference != null && !request.steering().canvas()) {
            noise.gaussian(compute, drawn).close();
            return torch.zeros(shape, compute.options());
        }
        if (reference == null) {
            if (bundle.transformer().identity() == null) {
                listener.warning("no first frame was given; this image-to-video model then begins from nothing");
            }
            return torch.zeros(shape, compute.options());
        }
        listener.begins(Stage.PEOPLE, 1);
        Loaded<VideoVae> loaded = vae(listener);
        try (Scope scope = Scope.inference()) {
            VideoSize size = request.size();
            VideoVae vae = loaded.model();
            Tensor sampled; // [1, C, 1, h, w]
            if (people != null && request.steering().eachFace()) {
                noise.gaussian(compute, drawn).close();
                sampled = eachFace(vae, people, size).unsqueeze(0).unsqueeze(2);
            } else {
                sampled = encoded(vae, reference, size.with(1, size.height(), size.width()))
                        .sample(noise);
            }
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

    private Denoised denoise(
            GenerationRequest request,
            @Nullable People people,
            Inputs inputs,
            Noise noise,
            @Nullable SavedSteps saved,
            GenerationListener listener) {
        listener.begins(Stage.DENOISING, request.steps());
        Loaded<VideoTransformer> loaded = transformer == null ? bundle.loadTransformer(loading(listener)) : transformer;
        transformer = loaded;
        VideoTransformer model = loaded.model();
        VideoSize size = request.size();
        if (request.leavesLearnedPositions()) {
            VideoSize own = bundle.defaultSize();
            listener.warning("the positions this model has learned for " + own.width() + "x" + own.height()
                    + " are interpolated for " + size.width() + "x" + size.height() + ", a size it was not trained on");
        }
        try (Scope scope = Scope.inference()) {
            Arrangement arrangement =
                    people == null ? null : arrangement(people, request, inputs.text.words, model, listener);
            boolean photos = people != null || request.firstFrame() != null;
            // Identities computed from a row without the photos would be added to the rows with them.
            boolean imageGuided = photos && request.imageGuidanceScale() != 1;
            Routing routing = imageGuided ? Routing.PER_BRANCH : request.routing();
            Denoiser.Conditions conditions = new Denoiser.Conditions(
                    inputs.text.embeddings,
                    inputs.image,
                    arrangement,
                    model.rotary(size.latentHeight(), size.latentWidth(), size.latentFrames()),
                    new VideoTransformer.Options(
                            routing, request.faceScale(), Mixing.ROUTED, listener::routed, request.learnedPositions()));
            Denoiser denoiser = new Denoiser(
                    model,
                    Scheduler.of(request.scheduler(), bundle.scheduler()),
                    request.steps(),
                    request.guidance(),
                    request.guidanceScale(),
                    imageGuided ? request.imageGuidanceScale() : 1,
                    request.plan());
            long started = System.nanoTime();
            Tensor latents =
                    denoiser.denoise(inputs.initial, conditions, noise, saved, previewing(request.size(), listener));
            return new Denoised(scope.keep(latents), secondsSince(started));
        } finally {
            if (memory != MemoryLevel.NONE) {
                loaded.close();
                transformer = null;
            }
        }
    }

    /** {@code listener}, and a picture for it where it wants one. */
    private GenerationListener previewing(VideoSize size, GenerationListener listener) {
        return GenerationListener.all(List.of(listener, new GenerationListener() {
            private boolean known;
            private @Nullable LatentColours colours;

            @Override
            public void clean(int step, Tensor clean) {
                if (listener.wantsPreview(step)) {
                    colours = known ? colours : colours(listener);
                    known = true;
                    Picture picture = colours == null ? still(clean, size) : coloured(colours, clean);
                    listener.preview(step, picture.image());
                }
            }
        }));
    }

    /** No video fails for what only previews need. */
    private @Nullable LatentColours colours(VideoListener listener) {
        try {
            return bundle.colours();
        } catch (InvalidInputException e) {
            listener.warning(e.getMessage() + "; previews are decoded");
            return null;
        }
    }

    /** The middle one of the latent frames [1, f, C, h, w] by its colours. */
    private static Picture coloured(LatentColours colours, Tensor latents) {
        try (Scope scope = Scope.inference()) {
            return colours.pictures(latents.narrow(1, latents.size(1) / 2, 1)).getFirst();
        }
    }

    /** The middle one of the latent frames [1, f, C, h, w] as a picture by itself. */
    private Picture still(Tensor latents, VideoSize size) {
        VideoSize one = size.with(1, size.height(), size.width());
        Loaded<VideoVae> loaded = vae(GenerationListener.NONE); // within a stage that has its own progress
        try (Scope scope = Scope.inference()) {
            Tensor middle = compute.place(latents.narrow(1, latents.size(1) / 2, 1));
            Tensor decoded = loaded.model().with(vaeTiling(one)).decode(unscaled(middle));
            return Picture.of(bytes(decoded)).getFirst();
        } finally {
            releaseVae();
        }
    }

    /** [1, f, C, h, w] → [1, C, f, h, w], as the autoencoder has them. */
    private Tensor unscaled(Tensor latents) {
        return Ops.scale(latents.permute(0, 2, 1, 3, 4), 1 / bundle.vae().scalingFactor());
    }

    /** The constants of the people, routed as the request's steering says, and where they are to be. */
    private Arrangement arrangement(
            People people, GenerationRequest request, long[] words, VideoTransformer model, VideoListener listener) {
        IdentityContext made = model.prepare(people.idCond(), people.vitHidden());
        Steering steering = request.steering();
        if (!steering.routerOrder().isEmpty()) {
            made = made.routedAs(steering.routerOrder());
        }
        if (people.size() == 1 && !steering.places().isEmpty()) {
            listener.warning("with one person every token is that person's, so their place changes nothing");
        }
        Arrangement arrangement = new Arrangement(
                made,
                new Arrangement.Plan(steering, request.layout(), words, request.steps()),
                new Arrangement.Grid(request.size(), bundle.transformer().patchSize()),
                compute);
        if (arrangement.crowded()) {
            listener.warning("the frame is too narrow for a place for each of " + people.size()
                    + " people, so that nothing settles who stands where; ask for places, or a wider video");
        }
        return arrangement;
    }

    /** Hands out the frames. */
    private void decode(
            Tensor latents, VideoSize size, boolean tiled, Consumer<Tensor> frames, GenerationListener listener) {
        Tiling chosen = tiled ? Tiling.on(bundle.vae()) : Tiling.off(bundle.vae());
        listener.begins(
                Stage.DECODING,
                VideoVae.pieces(bundle.vae(), chosen, size.latentFrames(), size.latentHeight(), size.latentWidth()));
        Loaded<VideoVae> loaded = vae(listener);
        try (Scope scope = Scope.inference()) {
            if (chosen.enabled() && tiling == TilingChoice.AUTO) {
                listener.warning("the video does not fit the free memory in one piece and is decoded in tiles, which "
                        + "changes it slightly; `tiling` off forbids that");
            }
            loaded.model().with(chosen).decode(unscaled(latents), new FrameSink() {
                @Override
                public void frames(Tensor decoded) {
                    checkFinite(decoded);
                    frames.accept(bytes(decoded));
                }

                @Override
                public void progress(int done, int total) {
                    listener.progress(done);
                }
            });
        } finally {
            releaseVae();
        }
    }

    /** Numbers that overflowed would only show as black frames. */
    private void checkFinite(Tensor x) {
        if (!Transfers.truth(torch.isfinite(x).all())) {
            throw new OperationFailedException("the computation in " + compute.dtype()
                    + " ended in values that are no numbers; "
                    + (compute.dtype() == DType.FP16
                            ? "fp16 overflows with this model, use `dtype` bf16"
                            : "`guidanceScale` or `faceScale` is far too large, or the weights are damaged"));
        }
    }

    /** [1, 3, n, H, W] in about [−1, 1] → uint8 [n, H, W, 3] on the CPU, rounded half to even as numpy does. */
    private static Tensor bytes(Tensor decoded) {
        ScalarOptional black = new ScalarOptional(new Scalar(0));
        ScalarOptional white = new ScalarOptional(new Scalar(1));
        Tensor unit = Ops.plus(Ops.scale(decoded, 0.5), 0.5).clamp(black, white);
        Tensor rounded = Ops.scale(unit.select(0, 0).permute(1, 2, 3, 0).to(ScalarType.Float), 255)
                .round()
                .to(ScalarType.Byte);
        return Transfers.toHost(rounded).contiguous();
    }

    private Tiling vaeTiling(VideoSize size) {
        return tiling.decide(bundle.vae(), size, compute);
    }

    private ModelBundle.Loading loading(VideoListener listener) {
        Residency residency = memory == MemoryLevel.LAYER ? Residency.STREAMED : Residency.RESIDENT;
        return new ModelBundle.Loading(compute, residency, listener);
    }

    private Loaded<VideoVae> vae(VideoListener listener) {
        Loaded<VideoVae> loaded = vae == null ? bundle.loadVae(loading(listener)) : vae;
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
