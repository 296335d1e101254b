package ai.ingredients.training.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.JsonFile;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.diffusion.DiffusionSettings.Image;
import ai.ingredients.training.diffusion.DiffusionSettings.RoutingLossKind;
import ai.ingredients.training.diffusion.DiffusionSettings.Trained;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.loop.BatchPlan;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
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
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Trains the video transformer on cached clips with {@link DiffusionLoss}. Stages {@code base}, {@code faces} and
 * {@code router} are this class with other settings. Paper section 3.4.
 */
public final class DiffusionStage implements Stage<DiffusionStage.Samples> {
    private static final String IDENTITY_MODULES = "(local_facial_extractor|perceiver_cross_attention|router)\\..*";

    private final String name;
    private final DiffusionSettings settings;
    private final JsonNode modelConfig;
    private final Beginning begun;
    private final TransformerConfig config;
    private final Data data;
    /** Batches are taken from each of them in turn. */
    private final List<Part> parts = new ArrayList<>();

    private final Tensor emptyText;
    /** What was begun with, for what does not learn. */
    private final TensorStore start;

    private final Weights weights;
    private final VideoTransformer model;
    private final @Nullable LowRank lowRank;
    private final Map<String, ParameterGroup> groups = new LinkedHashMap<>();
    private final Validation validation;
    private final IdentityWatch watch;

    /**
     * What is learned from.
     *
     * @param learned features of the clips; closed with the stage
     * @param pictures stills beside them, if there are any
     * @param heldOut of clips that are not learned from, to measure the losses on; closed with the stage
     * @param emptyText embedding of the empty caption [T, textDim], copied
     */
    public record Data(
            FeatureCache learned,
            @Nullable Pictures pictures,
            @Nullable FeatureCache heldOut,
            Tensor emptyText) {}

    /**
     * Stills that every second batch is of.
     *
     * @param learned their features; closed with the stage
     * @param batch stills in a batch
     */
    public record Pictures(FeatureCache learned, int batch) {}

    /**
     * A batch.
     *
     * @param part which of the data it is of: 0 clips, 1 stills
     * @param drawn places in the part's list
     */
    public record Samples(int part, BatchPlan.Batch drawn) {}

    /**
     * Data that batches are drawn from.
     *
     * @param clips those that are learned from: without people only where none are learned
     */
    private record Part(ClipFeatures features, List<Long> clips, BatchPlan plan, DiffusionLoss loss) {
        List<Long> clips(BatchPlan.Batch batch) {
            return batch.samples().stream()
                    .map(place -> clips.get(Math.toIntExact(place)))
                    .toList();
        }
    }

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
     * @param space of the latents
     * @param begun with weights that are closed with the stage; a patch embedding for text alone is widened with zeros where
     *     the model takes an image, and one for an image loses its channels where it takes none
     * @throws InvalidInputException when settings, config, data or weights do not fit each other, identity modules among the
     *     weights of a model without them included
     */
    public DiffusionStage(
            String name,
            JsonNode modelConfig,
            DiffusionSettings settings,
            LatentSpace space,
            Data data,
            Beginning begun,
            Validation validation) {
        this.name = name;
        this.modelConfig = modelConfig;
        this.settings = settings;
        this.begun = begun;
        this.config =
                TransformerConfig.of(new ConfigReader(modelConfig, "model")).version1("training");
        this.data = data;
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
        List<Long> clips = usable(data.learned(), settings); // before the weights, which take longer
        start = new ImageChannels(begun.start(), config);
        refuseIdentities();
        weights = Weights.trainable(start, begun.compute(), initial(begun.seed()));
        model = VideoTransformer.load(weights, config, Residency.RESIDENT);
        lowRank = settings.lora() == null ? null : new LowRank(weights.parameters(), settings.lora(), begun.seed());
        group();
        try (Scope scope = Scope.inference()) {
            this.emptyText = Scope.retain(data.emptyText().to(ScalarType.Float).clone());
        }
        parts.add(part(data.learned(), clips, settings, space));
        Pictures pictures = data.pictures();
        if (pictures != null) {
            DiffusionSettings how = settings.forStills(pictures.batch());
            parts.add(part(pictures.learned(), usable(pictures.learned(), how), how, space));
        }
    }

    /** What a checkpoint knows of people is not left out unless somebody says so. */
    private void refuseIdentities() {
        long modules = config.identity() != null
                ? 0
                : start.names().stream()
                        .filter(name -> name.matches(IDENTITY_MODULES))
                        .count();
        if (modules > 0) {
            throw new InvalidInputException(
                    start.source() + ": " + modules + " of its tensors are identity modules, and the"
                            + " model's config has none; leave them out with begin-anew: ['" + IDENTITY_MODULES + "']");
        }
    }

    private Part part(FeatureCache learned, List<Long> clips, DiffusionSettings how, LatentSpace space) {
        ClipFeatures features = new ClipFeatures(learned, how);
        BatchPlan plan = BatchPlan.of(
                clips.size(), place -> features.people(clips.get(Math.toIntExact(place))), how.batch(), begun.seed());
        return new Part(features, clips, plan, new DiffusionLoss(config, how, space, emptyText, begun.compute()));
    }

    private static List<Long> usable(FeatureCache learned, DiffusionSettings how) {
        List<Long> clips = new ClipFeatures(learned, how).usable();
        if (clips.isEmpty()) {
            throw new InvalidInputException("none of the " + learned.clips().size()
                    + " clips tells of people, and people are what this stage learns; list them in the data"
                    + " set, or set diffusion.people to false");
        }
        return clips;
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
    public Samples batch(long index) {
        int part = Math.toIntExact(index % parts.size());
        return new Samples(part, parts.get(part).plan().batch(index / parts.size()));
    }

    @Override
    public int samples(Samples batch) {
        return batch.drawn().samples().size();
    }

    @Override
    public String describe(Samples batch) {
        return (batch.part() == 0 ? "clips " : "stills ")
                + parts.get(batch.part()).clips(batch.drawn());
    }

    /** Without adapters and checkpointing, a pass changes nothing but gradients. */
    @Override
    public boolean concurrent() {
        return lowRank == null && !settings.checkpointing();
    }

    @Override
    public Losses losses(Samples batch, long step, Noise noise) {
        Part part = parts.get(batch.part());
        return part.loss()
                .of(
                        new DiffusionLoss.Source(model, part.features(), null),
                        part.clips(batch.drawn()),
                        batch.drawn().people(),
                        noise,
                        settings.checkpointing());
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

    private Map<String, Double> measured(Path transformer, FeatureCache cache) {
        ClipFeatures from = new ClipFeatures(cache, settings);
        DiffusionLoss loss = parts.getFirst().loss();
        return new HeldOutLosses(config, begun.compute(), from.usable(), from::people)
                .measure(
                        transformer,
                        (trained, view, noise) -> loss.of(
                                        new DiffusionLoss.Source(trained, from, view),
                                        Collections.nCopies(HeldOutLosses.NOISES, view.clip()),
                                        from.people(view.clip()),
                                        noise,
                                        false)
                                .parts());
    }

    /** What does not learn, as it was begun with and not rounded to the precision it computes in. */
    private Tensor frozen(String parameter, Tensor own) {
        return start.has(parameter) ? start.get(parameter) : own;
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
            FeatureCache heldOut = data.heldOut();
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
        start.close();
        emptyText.close();
        data.learned().close();
        Pictures pictures = data.pictures();
        if (pictures != null) {
            pictures.learned().close();
        }
        FeatureCache heldOut = data.heldOut();
        if (heldOut != null) {
            heldOut.close();
        }
    }
}
