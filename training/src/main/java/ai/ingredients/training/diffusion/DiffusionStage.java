package ai.ingredients.training.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.JsonFile;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.diffusion.DiffusionSettings.Image;
import ai.ingredients.training.diffusion.DiffusionSettings.Labels;
import ai.ingredients.training.diffusion.DiffusionSettings.Mixing;
import ai.ingredients.training.diffusion.DiffusionSettings.RoutingLossKind;
import ai.ingredients.training.diffusion.DiffusionSettings.Trained;
import ai.ingredients.training.diffusion.DiffusionSettings.VaeFeatures;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.loop.BatchPlan;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.transformer.CheckpointedPass;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.RoutingLoss;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Trains the video transformer on cached clips: the diffusion loss, restricted to faces some of the time, and the
 * routing loss. Stages {@code base}, {@code faces} and {@code router} are this class with other settings.
 *
 * <p>The diffusion loss is the squared error of the clean sample the prediction means, weighted by 1/(1 − ᾱ_t); that is
 * the squared error of v itself, which is what is computed. Paper section 3.4, method §3.
 */
public final class DiffusionStage implements Stage<BatchPlan.Batch> {
    /** The squared error on faces alone. */
    static final String FACE_LOSS = "face-loss";

    private final String name;
    private final JsonNode modelConfig;
    private final TransformerConfig config;
    private final DiffusionSettings settings;
    private final NoiseSchedule schedule;
    private final double scalingFactor;
    private final FeatureCache cache;
    private final @Nullable FeatureCache heldOut;
    private final Tensor emptyText;
    /** Those that are learned from: without people only where none are learned. */
    private final List<Long> clips;

    private final BatchPlan plan;
    private final Compute compute;
    /** What was begun with, for what does not learn. */
    private final TensorStore begun;

    private final Weights weights;
    private final VideoTransformer model;
    private final @Nullable LowRank lowRank;
    private final Map<String, ParameterGroup> groups = new LinkedHashMap<>();
    private final Validation validation;
    private final IdentityWatch watch;

    /** Looks at a model: writes videos and returns figures. */
    @FunctionalInterface
    public interface Validation {
        /**
         * @param folder to write into
         * @param transformer folder with the transformer to look at, in official layout
         */
        Map<String, Double> look(Path folder, Path transformer, long step);
    }

    /**
     * @param name of the stage, for folders
     * @param modelConfig official keys of {@code transformer/config.json}
     * @param start weights to begin with, closed with the stage; what it lacks begins from nothing, and a patch embedding for half the channels
     *     is widened with zeros
     * @param scalingFactor of the autoencoder's latents
     * @param cache of the clips; closed with the stage
     * @param heldOut of clips that are not learned from, to measure the losses on; closed with the stage
     * @param emptyText embedding of the empty caption [T, textDim], copied
     */
    public DiffusionStage(
            String name,
            JsonNode modelConfig,
            DiffusionSettings settings,
            NoiseSchedule schedule,
            double scalingFactor,
            FeatureCache cache,
            @Nullable FeatureCache heldOut,
            Tensor emptyText,
            TensorStore start,
            Compute compute,
            long seed,
            Validation validation) {
        this.name = name;
        this.modelConfig = modelConfig;
        this.config = TransformerConfig.of(new ConfigReader(modelConfig, "model"));
        this.settings = settings;
        this.schedule = schedule;
        this.scalingFactor = scalingFactor;
        this.cache = cache;
        this.heldOut = heldOut;
        this.compute = compute;
        this.validation = validation;
        this.watch = new IdentityWatch(settings.onCollapse());
        if (settings.people() && config.identity() == null) {
            throw new InvalidInputException("the model's config has no identity modules, but people is true; "
                    + "use an IngredientsTransformer3DModel config");
        }
        if (settings.image() == Image.CANVAS && !config.imageConditioned()) {
            throw new InvalidInputException("image is canvas, but the model takes no image: in_channels is "
                    + config.inChannels() + "; expected " + 2 * config.outChannels());
        }
        clips = usable(cache);
        if (clips.isEmpty()) {
            throw new InvalidInputException("none of the " + cache.clips().size()
                    + " clips tells of people, and people are what this stage learns; list them in the data set, or "
                    + "set diffusion.people to false");
        }
        begun = new WidenedStore(start, config);
        weights = Weights.trainable(begun, compute, initial(seed));
        model = VideoTransformer.load(weights, config, Residency.RESIDENT);
        lowRank = settings.lora() == null ? null : new LowRank(weights.parameters(), settings.lora(), seed);
        group();
        try (Scope scope = Scope.inference()) {
            this.emptyText = Scope.retain(emptyText.to(ScalarType.Float).clone());
        }
        plan = BatchPlan.of(
                clips.size(), place -> people(cache, clips.get(Math.toIntExact(place))), settings.batch(), seed);
    }

    /** Clips of a cache that can be learned from. */
    private List<Long> usable(FeatureCache from) {
        return settings.people()
                ? from.clips().stream().filter(clip -> from.has(clip, "faces")).toList()
                : from.clips();
    }

    private int people(FeatureCache from, long clip) {
        return settings.people() ? Math.toIntExact(from.get(clip, "faces").size(0)) : 0;
    }

    /** Blocks begin as identities (their gates are zero), and so does what identities add. */
    private static Initialiser initial(long seed) {
        return new Initialiser(seed, 0.8)
                .rule("transformer_blocks\\..*norm[12]\\.linear\\.weight", 0)
                .rule("norm_out\\.linear\\.weight|proj_out\\.weight", 0)
                .rule("perceiver_cross_attention\\..*to_out\\.weight", 0)
                .rule("router\\..*to_(q|kv)\\.weight", 0.02);
    }

    private void group() {
        Map<Trained, Map<String, Tensor>> chosen = new LinkedHashMap<>();
        List<Pattern> patterns =
                settings.train().stream().map(t -> Pattern.compile(t.match())).toList();
        weights.parameters().forEach((parameter, tensor) -> {
            if (lowRank != null && lowRank.adapts(parameter)) {
                tensor.set_requires_grad(true); // for the adapters' gradients, which follow from it
                return;
            }
            boolean learns = false;
            for (int i = 0; i < patterns.size() && !learns; i++) {
                if (patterns.get(i).matcher(parameter).matches()) {
                    chosen.computeIfAbsent(settings.train().get(i), any -> new LinkedHashMap<>())
                            .put(parameter, tensor);
                    learns = true;
                }
            }
            tensor.set_requires_grad(learns);
        });
        chosen.forEach((trained, tensors) -> groups.put(
                trained.match(),
                new ParameterGroup(
                        trained.match(),
                        tensors,
                        trained.learningRateFactor(),
                        trained.weightDecay(),
                        trained.maxGradNorm())));
        if (lowRank != null) {
            groups.put("lora", new ParameterGroup("lora", lowRank.parameters(), 1, 0.01));
        }
        if (groups.isEmpty()) {
            throw new InvalidInputException("no parameter matches any pattern of train; names look like "
                    + weights.parameters().keySet().iterator().next());
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<ParameterGroup> parameters() {
        return List.copyOf(groups.values());
    }

    @Override
    public BatchPlan.Batch batch(long index) {
        return plan.batch(index);
    }

    @Override
    public int samples(BatchPlan.Batch batch) {
        return batch.samples().size();
    }

    @Override
    public String describe(BatchPlan.Batch batch) {
        return "clips " + clips(batch);
    }

    private List<Long> clips(BatchPlan.Batch batch) {
        return batch.samples().stream()
                .map(place -> clips.get(Math.toIntExact(place)))
                .toList();
    }

    /** Without adapters and checkpointing, a pass changes nothing but gradients. */
    @Override
    public boolean concurrent() {
        return lowRank == null && !settings.checkpointing();
    }

    @Override
    public Losses losses(BatchPlan.Batch batch, long step, Noise noise) {
        return losses(new Source(model, cache, null), clips(batch), batch.people(), noise, settings.checkpointing());
    }

    /**
     * What is learned, or measured.
     *
     * @param cache what clips are made of
     * @param view what is shown of the one clip that is measured: then nothing is dropped, and faces count as everything
     *     else
     */
    private record Source(VideoTransformer model, FeatureCache cache, HeldOutLosses.@Nullable View view) {
        /** The clips whose people are shown. */
        List<Long> shown(List<Long> clips) {
            return view == null ? clips : Collections.nCopies(clips.size(), view.shown());
        }
    }

    /** @param count people in each of the clips */
    private Losses losses(Source from, List<Long> clips, int count, Noise noise, boolean checkpointing) {
        VideoTransformer model = from.model;
        boolean measuring = from.view != null;
        int size = clips.size();
        Tensor clean = Ops.scale(
                stacked(clips, clip -> first(from.cache.fp32(clip, "latents"), 0)), scalingFactor); // [B, f, C, h, w]
        Tensor drawn = noise.gaussian(Compute.CPU_FP32, Ops.shape(clean));
        Draws draws = new Draws(noise, size, measuring);
        Tensor timesteps = Ops.tensor(draws.timesteps(schedule.config().numTrainTimesteps()), size);
        boolean people = settings.people() && draws.batch() >= settings.dropPeople();

        Tensor noisy = compute.place(schedule.addNoise(clean, drawn, timesteps));
        boolean image = (people || !settings.people()) && (from.view == null || from.view.canvas());
        Tensor input = config.imageConditioned()
                ? Ops.cat(2, noisy, compute.place(images(from.cache, from.shown(clips), clean, draws, image)))
                : noisy;
        Tensor text = compute.place(texts(from.cache, clips, draws));
        IdentityContext context = people ? context(from, from.shown(clips), draws) : null;
        IdentityWatch.Pass watch = new IdentityWatch.Pass();
        Tensor times = timesteps.to(compute.nativeDevice(), ScalarType.Long);
        RotaryEmbedding rotary = model.rotary((int) clean.size(3), (int) clean.size(4), (int) clean.size(1));
        CheckpointedPass pass =
                checkpointing ? model.checkpointed(input, text, times, rotary, context, options(watch)) : null;
        VideoTransformer.Output output =
                pass == null ? model.forward(input, text, times, rotary, context, options(watch)) : pass.output();

        Tensor wanted = schedule.velocity(clean, drawn, timesteps).to(compute.nativeDevice(), ScalarType.Float);
        Tensor squares = output.sample().to(ScalarType.Float).sub(wanted).square(); // [B, f, C, h, w]
        Tensor diffusion = restricted(from.cache, squares, clips, draws, people).mean();
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put("diffusion-loss", diffusion);
        parts.put("plain-loss", squares.detach().mean());
        if (context != null) {
            parts.put(FACE_LOSS, onFaces(from.cache, squares.detach(), clips));
            parts.putAll(watch.figures(context));
        }
        Tensor total = diffusion;
        if (people && count > 1) {
            Tensor labels = labels(from.cache, clips).to(compute.nativeDevice(), ScalarType.Long); // [B, V]
            List<Tensor> logits = output.routingLogits().stream()
                    .map(one -> one.to(ScalarType.Float))
                    .toList();
            if (settings.routingLoss() != RoutingLossKind.NONE) {
                Tensor routing = settings.routingLoss() == RoutingLossKind.MSE
                        ? RoutingLoss.meanSquare(logits, labels)
                        : RoutingLoss.crossEntropy(logits, labels);
                parts.put("routing-loss", routing);
                total = total.add(Ops.scale(routing, settings.routingWeight()));
            }
            parts.put("routing-accuracy", RoutingLoss.accuracy(logits, labels));
        }
        return new Losses(total, parts, pass == null ? Tensor::backward : pass::backward);
    }

    @Override
    public Map<String, String> awaited() {
        return settings.routingLoss() == RoutingLossKind.NONE
                ? Map.of()
                : Map.of(
                        "routing-accuracy",
                        "not one routing label was seen: the router learns nothing from clips of one person, or of"
                                + " people whose faces cover too little; look at the data (people, boxes, masks) and at"
                                + " diffusion.labels and diffusion.label-share");
    }

    private VideoTransformer.Options options(IdentityWatch.Pass watch) {
        return new VideoTransformer.Options(
                Routing.PER_BRANCH,
                config.identity() == null ? 0 : config.identity().localFaceScale(),
                settings.mixing() == Mixing.UNIFORM ? VideoTransformer.Mixing.UNIFORM : VideoTransformer.Mixing.ROUTED,
                watch);
    }

    @Override
    public @Nullable String complaint(long step, Map<String, Double> figures) {
        return watch.complaint(step, figures);
    }

    @Override
    public void gradientsReady() {
        if (lowRank != null) {
            lowRank.gradients();
        }
    }

    @Override
    public void parametersChanged() {
        if (lowRank != null) {
            lowRank.apply();
        }
    }

    /** The latent frames that are learned from; {@code dimension} is that of frames. */
    private Tensor first(Tensor feature, long dimension) {
        long frames = settings.latentFrames();
        return frames == 0 ? feature : feature.narrow(dimension, 0, Math.min(frames, feature.size(dimension)));
    }

    private static Tensor stacked(List<Long> clips, Function<Long, Tensor> feature) {
        return Ops.stack(0, clips.stream().map(feature).toArray(Tensor[]::new));
    }

    private Tensor texts(FeatureCache from, List<Long> clips, Draws draws) {
        Tensor[] texts = new Tensor[clips.size()];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = draws.text(i) < settings.dropText() ? emptyText : from.fp32(clips.get(i), "text");
        }
        return Ops.stack(0, texts);
    }

    /** Image latents in frame 0, zeros after it: [B, f, C, h, w]. */
    private Tensor images(FeatureCache from, List<Long> clips, Tensor clean, Draws draws, boolean wanted) {
        Tensor all = torch.zeros(Ops.shape(clean), new TensorOptions(ScalarType.Float));
        for (int i = 0; i < clips.size(); i++) {
            Tensor image =
                    wanted && draws.image(i) >= settings.dropImage() ? image(from, clips.get(i), draws, i) : null;
            if (image != null) {
                all.select(0, i).select(0, 0).copy_(Ops.scale(image, scalingFactor));
            }
        }
        return all;
    }

    private @Nullable Tensor image(FeatureCache from, long clip, Draws draws, int sample) {
        return switch (settings.image()) {
            case NONE -> null;
            case FIRST_FRAME -> from.fp32(clip, "first");
            case CANVAS -> {
                if (settings.vaeFeatures() == VaeFeatures.NONE) {
                    yield null;
                }
                Tensor photos = from.fp32(clip, settings.vaeFeatures() == VaeFeatures.AFTER ? "canvas-each" : "canvas");
                yield photos.select(0, draws.photo(sample, (int) photos.size(0)));
            }
        };
    }

    private IdentityContext context(Source from, List<Long> clips, Draws draws) {
        Tensor[] idConds = new Tensor[clips.size()];
        Tensor[] hiddens = new Tensor[clips.size()];
        for (int i = 0; i < idConds.length; i++) {
            Tensor idCond = from.cache.fp32(clips.get(i), "id_cond"); // [V, N, d]
            int photo = draws.photo(i, (int) idCond.size(0));
            idConds[i] = idCond.select(0, photo);
            hiddens[i] = from.cache.fp32(clips.get(i), "vit_hidden").select(0, photo); // [N, 5, P, d]
        }
        Tensor idCond = Ops.cat(0, idConds); // [B·N, d]
        Tensor hidden = Ops.cat(0, hiddens); // [B·N, 5, P, d]
        List<Tensor> scales = new ArrayList<>();
        for (long scale = 0; scale < hidden.size(1); scale++) {
            scales.add(hidden.select(1, scale));
        }
        IdentityContext people = from.model.prepareEach(idCond, scales, idCond.size(0) / clips.size());
        return from.view != null && from.view.misrouted() ? people.routedAs(neighbours(people)) : people;
    }

    /** Everyone in the place of the one before. */
    private static List<Integer> neighbours(IdentityContext people) {
        List<Integer> order = new ArrayList<>();
        for (int n = 0; n < people.tokens().size(1); n++) {
            order.add(n);
        }
        Collections.rotate(order, 1);
        return order;
    }

    /** Squared errors whose mean is the loss: where a sample's mask counts, zero outside faces and larger inside. */
    private Tensor restricted(FeatureCache from, Tensor squares, List<Long> clips, Draws draws, boolean people) {
        if (!people || settings.maskLoss() == 0) {
            return squares;
        }
        Tensor[] weights = new Tensor[clips.size()];
        for (int i = 0; i < weights.length; i++) {
            Tensor counted = faces(from, clips.get(i));
            double share = counted.mean().item().toDouble();
            weights[i] = draws.mask(i) < settings.maskLoss() && share > 0
                    ? Ops.scale(counted, 1 / share)
                    : torch.ones_like(counted);
        }
        return squares.mul(Ops.stack(0, weights).unsqueeze(2).to(squares.device(), ScalarType.Float));
    }

    /** 1 where a face covers half of a latent or more, else 0: [f, h, w]. */
    private Tensor faces(FeatureCache from, long clip) {
        return first(from.get(clip, "faces"), 1)
                .to(ScalarType.Float)
                .sum(0)
                .ge(new Scalar(127))
                .to(ScalarType.Float);
    }

    /** The mean of squared errors [B, f, C, h, w] on faces; not a number where no clip shows one. */
    private Tensor onFaces(FeatureCache from, Tensor squares, List<Long> clips) {
        Tensor faces = stacked(clips, clip -> faces(from, clip))
                .unsqueeze(2)
                .to(squares.device(), ScalarType.Float); // [B, f, 1, h, w]
        return squares.mul(faces).sum().div(Ops.scale(faces.sum(), squares.size(2)));
    }

    private Map<String, Double> measured(Path transformer, FeatureCache from) {
        return new HeldOutLosses(config, compute, usable(from), clip -> people(from, clip))
                .measure(
                        transformer,
                        (trained, view, noise) -> losses(
                                        new Source(trained, from, view),
                                        Collections.nCopies(HeldOutLosses.NOISES, view.clip()),
                                        people(from, view.clip()),
                                        noise,
                                        false)
                                .parts());
    }

    /** Whose face covers each token: [B, V], {@link RoutingLoss#BACKGROUND} where nobody's does. */
    private Tensor labels(FeatureCache from, List<Long> clips) {
        String feature = settings.labels() == Labels.BOX ? "boxes" : "faces";
        Tensor[] labels = new Tensor[clips.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = labels(first(from.get(clips.get(i), feature), 1), config.patchSize(), settings.labelShare());
        }
        return Ops.stack(0, labels);
    }

    /**
     * The owner of every token.
     *
     * @param coverage share of every latent that is a person's, 0 to 255: [N, f, h, w]
     * @param patch latents along a side of a token
     * @param least share of a token the person must cover
     * @return [V] int64, by frame, row, column
     */
    public static Tensor labels(Tensor coverage, int patch, double least) {
        Tensor shares = torch.avg_pool2d(coverage.to(ScalarType.Float), patch); // [N, f, h/p, w/p]
        Tensor owner = shares.argmax(new org.bytedeco.pytorch.LongOptional(0), false);
        Tensor covered = shares.amax(new long[] {0}, false).ge(new Scalar(255 * least));
        Tensor background = torch.full_like(owner, new Scalar(RoutingLoss.BACKGROUND));
        return owner.where(covered, background).flatten();
    }

    /** What does not learn, as it was begun with and not rounded to the precision it computes in. */
    private Tensor frozen(String parameter, Tensor own) {
        return begun.has(parameter) ? begun.get(parameter) : own;
    }

    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        try (Scope scope = Scope.inference()) {
            weights.parameters()
                    .forEach((parameter, own) -> all.put(
                            parameter,
                            Objects.requireNonNullElseGet(values.get(parameter), () -> frozen(parameter, own))
                                    .to(ScalarType.Float)));
            if (lowRank != null) {
                all.putAll(lowRank.merged(values, this::frozen));
                lowRank.write(folder, values);
            }
            SafetensorsWriter.write(folder.resolve("diffusion_pytorch_model.safetensors"), all, Map.of());
        }
        JsonFile.write(folder.resolve("config.json"), modelConfig);
    }

    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        Path transformer = folder.resolve("transformer");
        try (AtomicFolder written = AtomicFolder.create(transformer)) {
            export(written.path(), values);
            written.commit();
        }
        try {
            Map<String, Double> figures = new LinkedHashMap<>(validation.look(folder, transformer, step));
            if (heldOut != null) {
                figures.putAll(measured(transformer, heldOut));
            }
            return figures;
        } finally {
            AtomicFolder.remove(transformer); // checkpoints hold the weights
        }
    }

    @Override
    public void close() {
        model.close();
        if (lowRank != null) {
            lowRank.close();
        }
        weights.close();
        begun.close();
        emptyText.close();
        cache.close();
        if (heldOut != null) {
            heldOut.close();
        }
    }
}
