package ai.ingredients.training.diffusion;

import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.training.diffusion.DiffusionSettings.Labels;
import ai.ingredients.training.diffusion.DiffusionSettings.Mixing;
import ai.ingredients.training.diffusion.DiffusionSettings.RoutingLossKind;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.transformer.CheckpointedPass;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.LearnedPositions;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.RoutingLoss;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The diffusion loss, restricted to faces some of the time, and the routing loss.
 *
 * <p>The diffusion loss is the squared error of the clean sample the prediction means, weighted by 1/(1 − ᾱ_t); that is
 * the squared error of v itself, which is what is computed. Paper section 3.4, method §3.
 */
final class DiffusionLoss {
    /** The squared error on faces alone. */
    static final String FACES = "face-loss";

    private final TransformerConfig config;
    private final DiffusionSettings settings;
    private final LatentSpace space;
    private final Conditioning conditioning;
    private final Compute compute;

    DiffusionLoss(
            TransformerConfig config,
            DiffusionSettings settings,
            LatentSpace space,
            Tensor emptyText,
            Compute compute) {
        this.config = config;
        this.settings = settings;
        this.space = space;
        this.conditioning = new Conditioning(settings, space, emptyText);
        this.compute = compute;
    }

    /**
     * What is learned, or measured.
     *
     * @param features what clips are made of
     * @param view what is shown of the one clip that is measured: then nothing is dropped, and faces count as everything
     *     else
     */
    record Source(VideoTransformer model, ClipFeatures features, HeldOutLosses.@Nullable View view) {
        /** The clips whose people are shown. */
        List<Long> shown(List<Long> clips) {
            return view == null ? clips : Collections.nCopies(clips.size(), view.shown());
        }
    }

    /**
     * The loss of clips, each with noise of its own.
     *
     * @param count people in each of the clips
     */
    Stage.Losses of(Source from, List<Long> clips, int count, Noise noise, boolean checkpointing) {
        VideoTransformer model = from.model;
        NoiseSchedule schedule = space.schedule();
        boolean measuring = from.view != null;
        int size = clips.size();
        FeatureCache cache = from.features.cache();
        Tensor clean = Ops.scale(from.features.latents(clips), space.scalingFactor()); // [B, f, C, h, w]
        Tensor drawn = noise.gaussian(Compute.CPU_FP32, Ops.shape(clean));
        Draws draws = new Draws(noise, size, measuring);
        TimestepBias bias = measuring ? TimestepBias.NONE : settings.timestepBias();
        Tensor timesteps = Ops.tensor(draws.timesteps(schedule.config().numTrainTimesteps(), bias), size);
        boolean people = settings.people() && !draws.dropsPeople(settings.dropPeople());

        Tensor noisy = compute.place(schedule.addNoise(clean, drawn, timesteps));
        boolean image = (people || !settings.people()) && (from.view == null || from.view.canvas());
        Tensor input = config.imageConditioned()
                ? Ops.cat(2, noisy, compute.place(conditioning.images(cache, from.shown(clips), clean, draws, image)))
                : noisy;
        Tensor text = compute.place(conditioning.texts(cache, clips, draws));
        IdentityContext context = people ? conditioning.context(from, from.shown(clips), draws) : null;
        IdentityWatch.Pass watch = new IdentityWatch.Pass();
        Tensor times = timesteps.to(compute.nativeDevice(), ScalarType.Long);
        RotaryEmbedding rotary = model.rotary((int) clean.size(3), (int) clean.size(4), (int) clean.size(1));
        CheckpointedPass pass =
                checkpointing ? model.checkpointed(input, text, times, rotary, context, options(watch)) : null;
        VideoTransformer.Output output =
                pass == null ? model.forward(input, text, times, rotary, context, options(watch)) : pass.output();

        Tensor wanted = schedule.velocity(clean, drawn, timesteps).to(compute.nativeDevice(), ScalarType.Float);
        Tensor squares = output.sample().to(ScalarType.Float).sub(wanted).square(); // [B, f, C, h, w]
        Tensor diffusion =
                restricted(from.features, squares, clips, draws, people).mean();
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put("diffusion-loss", diffusion);
        parts.put("plain-loss", squares.detach().mean());
        if (context != null) {
            parts.put(FACES, from.features.onFaces(squares.detach(), clips));
            parts.putAll(watch.figures(context, measuring ? 1 : size));
        }
        Tensor total = diffusion;
        if (people && count > 1) {
            Tensor labels = labels(from, clips, settings.labels());
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
            Tensor faces = settings.labels() == Labels.PERSON ? labels(from, clips, Labels.MASK) : labels;
            parts.put("routing-accuracy", RoutingLoss.accuracy(logits, faces));
            if (settings.asksWords()) {
                total = total.add(ofWords(output, from, clips, draws, parts));
            }
        }
        return new Stage.Losses(total, parts, pass == null ? Tensor::backward : pass::backward);
    }

    /** What the words about people teach, a scalar; its figures go into {@code parts}. */
    private Tensor ofWords(
            VideoTransformer.Output output, Source from, List<Long> clips, Draws draws, Map<String, Tensor> parts) {
        Tensor total = torch.zeros(new long[0], new TensorOptions(ScalarType.Float));
        if (settings.wordsWeight() > 0) {
            Tensor owners = told(from.features.words(clips), draws);
            Tensor words = RoutingLoss.crossEntropy(output.wordLogits(), owners);
            parts.put("words-loss", words);
            parts.put("words-accuracy", RoutingLoss.accuracy(output.wordLogits(), owners));
            total = total.add(Ops.scale(words, settings.wordsWeight()));
        }
        if (settings.attentionWeight() > 0) {
            Tensor owners = told(from.features.mentions(clips), draws);
            AttentionLoss attended =
                    AttentionLoss.of(output.textAttention(), owners, labels(from, clips, settings.labels()));
            parts.put("attention-loss", attended.loss());
            parts.put("attention-accuracy", attended.accuracy());
            total = total.add(Ops.scale(attended.loss(), settings.attentionWeight()));
        }
        return total;
    }

    /** [B, V] */
    private Tensor labels(Source from, List<Long> clips, Labels by) {
        return from.features.labels(clips, config.patchSize(), by).to(compute.nativeDevice(), ScalarType.Long);
    }

    /** Owners [B, T] of the words of the captions that are not left out. */
    private Tensor told(Tensor owners, Draws draws) {
        for (int i = 0; i < owners.size(0); i++) {
            if (draws.dropsText(i, settings.dropText())) {
                owners.select(0, i).fill_(new Scalar(RoutingLoss.BACKGROUND));
            }
        }
        return owners.to(compute.nativeDevice(), ScalarType.Long);
    }

    private VideoTransformer.Options options(IdentityWatch.Pass watch) {
        return new VideoTransformer.Options(
                Routing.PER_BRANCH,
                config.identity() == null ? 0 : config.identity().localFaceScale(),
                settings.mixing() == Mixing.UNIFORM ? VideoTransformer.Mixing.UNIFORM : VideoTransformer.Mixing.ROUTED,
                watch,
                LearnedPositions.OFFICIAL,
                settings.wordsWeight() > 0,
                settings.attentionWeight() > 0);
    }

    /** Squared errors whose mean is the loss: where a sample's mask counts, zero outside faces and larger inside. */
    private Tensor restricted(ClipFeatures from, Tensor squares, List<Long> clips, Draws draws, boolean people) {
        if (!people || settings.maskLoss() == 0) {
            return squares;
        }
        Tensor[] weights = new Tensor[clips.size()];
        for (int i = 0; i < weights.length; i++) {
            Tensor counted = from.faces(clips.get(i));
            double share = counted.mean().item().toDouble();
            weights[i] = draws.mask(i) < settings.maskLoss() && share > 0
                    ? Ops.scale(counted, 1 / share)
                    : torch.ones_like(counted);
        }
        return squares.mul(Ops.stack(0, weights).unsqueeze(2).to(squares.device(), ScalarType.Float));
    }
}
