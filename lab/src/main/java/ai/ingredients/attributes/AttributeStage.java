package ai.ingredients.attributes;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastSource;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.training.features.DecodedClips;
import ai.ingredients.training.features.DecodedData;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Trains an {@link AttributeNetwork} on drawn clips with some damage, by cross-entropy: of each attribute with one value
 * among its values, of each colour and kind of clothes whether anybody wears it. Each is measured as a share of what
 * guessing would have, so that none outweighs the others.
 */
public final class AttributeStage implements Stage<AttributeBatch> {
    /**
     * What the batches and the loss are made of.
     *
     * @param batch clips
     * @param weightDecay of matrices
     * @param actionWeight of the action's loss beside 1 for the others: movement is learned last
     */
    public record Settings(int batch, double weightDecay, double actionWeight) {
        /** For a few minutes on a CPU. */
        public static final Settings DEFAULT = new Settings(32, 1e-2, 2);

        public Settings {
            if (batch < 2 || !(weightDecay >= 0 && actionWeight >= 0)) {
                throw new InvalidInputException("batch is " + batch + ", weight-decay " + weightDecay
                        + " and action-weight " + actionWeight + "; expected at least 2, and nothing below 0");
            }
        }
    }

    private static final int VALIDATION_CLIPS = 96;
    /** A mean over many values of which few are worn has small gradients. */
    private static final double WORN_WEIGHT = 3;

    private final AttributeConfig config;
    private final Settings settings;
    private final CastSource clips;
    private final CastSource unseen;
    private final @Nullable DecodedData decoded;
    private final Compute compute;
    private final long seed;
    private final Weights weights;
    private final AttributeNetwork network;

    /**
     * @param clips to learn from, in the sizes of {@code config}
     * @param unseen others to validate with
     * @param decoded the same clips as a model shows them, by the numbers they have there; null for drawings alone; closed
     *     with the stage
     */
    public AttributeStage(
            AttributeConfig config,
            Settings settings,
            CastSource clips,
            CastSource unseen,
            @Nullable DecodedData decoded,
            Beginning begun) {
        this.config = config;
        this.settings = settings;
        this.clips = clips;
        this.unseen = unseen;
        this.decoded = decoded;
        this.compute = begun.compute();
        this.seed = begun.seed();
        Initialiser initial = new Initialiser(begun.seed(), Math.sqrt(2)).constant(".*running_var", 1);
        weights = Weights.trainable(begun.start(), begun.compute(), initial);
        network = new AttributeNetwork(weights, config, BatchNorm.Statistics.BATCH);
        weights.verify();
    }

    @Override
    public String name() {
        return "attributes";
    }

    @Override
    public List<ParameterGroup> parameters() {
        return List.of(new ParameterGroup("attributes", own(true), 1, settings.weightDecay));
    }

    @Override
    public Map<String, Tensor> buffers() {
        return own(false);
    }

    private Map<String, Tensor> own(boolean learned) {
        Map<String, Tensor> chosen = new LinkedHashMap<>();
        weights.parameters().forEach((name, tensor) -> {
            if (tensor.requires_grad() == learned) {
                chosen.put(name, tensor);
            }
        });
        return chosen;
    }

    @Override
    public AttributeBatch batch(long index) {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ index * 0xD1B54A32D192ED03L);
        List<List<Picture>> videos = new ArrayList<>();
        List<Attributes> shown = new ArrayList<>();
        for (int i = 0; i < settings.batch; i++) {
            long clip = (index * settings.batch + i) % clips.size();
            if (decoded != null && random.nextDouble() < decoded.share()) {
                List<Long> made = decoded.learned().clips();
                clip = made.get(random.nextInt(made.size()));
                List<Picture> frames =
                        AttributeClassifier.fitted(config, decoded.learned().frames(clip));
                videos.add(ClipDamage.LITTLE.apply(frames, random));
            } else {
                videos.add(ClipDamage.USUAL.apply(clips.clip(clip).frames(), random));
            }
            shown.add(Attributes.of(clips.prompt(clip)));
        }
        return new AttributeBatch(videos, shown, "clips of batch " + index + " of " + clips.name());
    }

    @Override
    public int samples(AttributeBatch batch) {
        return batch.videos().size();
    }

    @Override
    public String describe(AttributeBatch batch) {
        return batch.name();
    }

    @Override
    public Losses losses(AttributeBatch batch, long step, Noise noise) {
        Tensor videos =
                Ops.stack(0, batch.videos().stream().map(Picture::stack).toArray(Tensor[]::new)); // [B, F, H, W, 3]
        AttributeNetwork.Logits logits = network.forward(videos);
        Map<String, Tensor> parts = new LinkedHashMap<>();
        List<Tensor> weighted = new ArrayList<>();
        int index = 0;
        for (Map.Entry<String, Tensor> head : logits.single().entrySet()) {
            int attribute = index++;
            long[] wanted = batch.shown().stream()
                    .mapToLong(shown -> shown.single().get(attribute))
                    .toArray();
            Tensor rows = head.getValue().to(ScalarType.Float); // [B, values]
            Tensor loss = torch.cross_entropy_loss(
                    rows, Ops.tensor(wanted, wanted.length).to(compute.nativeDevice(), ScalarType.Long));
            Tensor share = Ops.scale(loss, 1 / Math.log(rows.size(1)));
            parts.put(head.getKey(), share);
            weighted.add(head.getKey().equals("action") ? Ops.scale(share, settings.actionWeight) : share);
        }
        parts.put("colours", anyOf(logits.colours(), batch, Attributes::colours));
        parts.put("kinds", anyOf(logits.kinds(), batch, Attributes::kinds));
        weighted.add(Ops.scale(parts.get("colours"), WORN_WEIGHT));
        weighted.add(Ops.scale(parts.get("kinds"), WORN_WEIGHT));
        Tensor total = Ops.stack(0, weighted.toArray(Tensor[]::new)).mean();
        return new Losses(total, parts);
    }

    /** Binary cross-entropy, log(1 + eˣ) − x·y, as a share of log 2. */
    private Tensor anyOf(Tensor logits, AttributeBatch batch, Function<Attributes, List<Boolean>> worn) {
        Tensor rows = logits.to(ScalarType.Float);
        float[] wanted = new float[Math.toIntExact(rows.numel())];
        int at = 0;
        for (Attributes shown : batch.shown()) {
            for (boolean value : worn.apply(shown)) {
                wanted[at++] = value ? 1 : 0;
            }
        }
        Tensor targets = Ops.tensor(wanted, rows.size(0), rows.size(1)).to(compute.nativeDevice(), ScalarType.Float);
        return Ops.scale(torch.softplus(rows).sub(rows.mul(targets)).mean(), 1 / Math.log(2));
    }

    /** Writes {@code config.json} and {@code model.safetensors}. */
    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), all(values), Map.of());
        JsonFile.write(folder.resolve("config.json"), config.json());
    }

    private Map<String, Tensor> all(Map<String, Tensor> values) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        weights.parameters().forEach((name, own) -> all.put(name, Objects.requireNonNullElse(values.get(name), own)));
        return all;
    }

    /**
     * How often each attribute of unseen, undamaged clips is told right, as evaluation judges it; with {@code decoded-}
     * before the name, of unseen clips as the model shows them.
     */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        Map<String, Double> figures = new LinkedHashMap<>();
        try (Weights trained = Weights.of(TensorStore.of(all(values), "trained weights"), compute.with(DType.FP32));
                AttributeClassifier classifier = new AttributeClassifier(
                        "trained", new AttributeNetwork(trained, config, BatchNorm.Statistics.RUNNING))) {
            List<Long> drawn = LongStream.range(0, Math.min(VALIDATION_CLIPS, unseen.size()))
                    .boxed()
                    .toList();
            judge(classifier, drawn, clip -> unseen.clip(clip).frames(), "", figures);
            if (decoded != null) {
                DecodedClips made = decoded.unseen();
                judge(classifier, made.clips(), made::frames, "decoded-", figures);
            }
        }
        return figures;
    }

    private void judge(
            AttributeClassifier classifier,
            List<Long> numbers,
            Function<Long, List<Picture>> frames,
            String prefix,
            Map<String, Double> figures) {
        for (long clip : numbers) {
            classifier
                    .judge(frames.apply(clip), unseen.prompt(clip))
                    .figures()
                    .forEach((name, value) -> figures.merge(prefix + name, value / numbers.size(), Double::sum));
        }
    }

    @Override
    public void close() {
        weights.close();
        if (decoded != null) {
            decoded.close();
        }
    }
}
