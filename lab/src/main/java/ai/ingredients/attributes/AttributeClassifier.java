package ai.ingredients.attributes;

import ai.ingredients.cast.CastPrompt;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Fingerprint;
import ai.ingredients.weights.Loaded;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Judges whether a video of the drawn world shows what its prompt asks for, by an {@link AttributeNetwork} trained on
 * drawn clips. What it says of rendered truth is the most a generated video can reach.
 *
 * <p>Owns the network: close it after use. Not thread-safe.
 */
public final class AttributeClassifier implements AutoCloseable {
    /** What is judged of all people together, whoever wears it. */
    private static final Set<String> SET_WISE = Set.of("colours", "kinds");

    private final String name;
    private final AttributeNetwork network;
    private final List<Runnable> closers;

    /** Of a network that stays the caller's. */
    public AttributeClassifier(String name, AttributeNetwork network) {
        this(name, network, List.of());
    }

    private AttributeClassifier(String name, AttributeNetwork network, List<Runnable> closers) {
        this.name = name;
        this.network = network;
        this.closers = closers;
    }

    /**
     * Opens {@code folder} with {@code config.json} ({@link AttributeConfig}) and {@code model.safetensors}.
     *
     * @throws ai.ingredients.InvalidInputException when one is missing or they do not fit each other
     */
    public static AttributeClassifier open(Path folder, Compute compute) {
        AttributeConfig config = AttributeConfig.read(folder.resolve("config.json"));
        Loaded<AttributeNetwork> loaded = Loaded.open(
                folder,
                compute.with(DType.FP32),
                weights -> new AttributeNetwork(weights, config, BatchNorm.Statistics.RUNNING));
        return new AttributeClassifier(Fingerprint.of(folder), loaded.model(), List.of(loaded::close));
    }

    /** Says which network this is. */
    public String name() {
        return name;
    }

    /**
     * What was drawn right: 1 or 0 of scene, action, light and number of people; the share of the prompt's colours and
     * kinds of clothes that are among as many most likely ones.
     *
     * @param right by attribute
     */
    public record Judgement(Map<String, Double> right) {
        /** By name, with {@code attributes_right}: the mean of scene, action and colours of clothes. */
        public Map<String, Double> figures() {
            Map<String, Double> figures = new LinkedHashMap<>();
            right.forEach((attribute, value) ->
                    figures.put(attribute + (SET_WISE.contains(attribute) ? "_present" : "_right"), value));
            double asked = List.of("scene", "action", "colours").stream()
                    .mapToDouble(attribute -> right.getOrDefault(attribute, Double.NaN))
                    .average()
                    .orElse(Double.NaN);
            figures.put("attributes_right", asked);
            return figures;
        }
    }

    /**
     * Compares a video with what was asked for.
     *
     * @param frames of one size; another size or number of frames than the network's is sampled to it
     */
    public Judgement judge(List<Picture> frames, CastPrompt prompt) {
        Attributes asked = Attributes.of(prompt);
        try (Scope scope = Scope.inference()) {
            AttributeNetwork.Logits logits = network.forward(
                    Picture.stack(fitted(network.config(), frames)).unsqueeze(0)); // uint8 [1, F, H, W, 3]
            Map<String, Double> right = new LinkedHashMap<>();
            int index = 0;
            for (Map.Entry<String, Tensor> head : logits.single().entrySet()) {
                int likeliest = ranked(head.getValue()).getFirst();
                right.put(head.getKey(), likeliest == asked.single().get(index++) ? 1.0 : 0.0);
            }
            right.put("colours", found(logits.colours(), asked.colours()));
            right.put("kinds", found(logits.kinds(), asked.kinds()));
            return new Judgement(right);
        }
    }

    /** A video in the network's size and length, sampled to it. */
    public static List<Picture> fitted(AttributeConfig config, List<Picture> frames) {
        List<Picture> fitted = new ArrayList<>();
        for (int f = 0; f < config.frames(); f++) {
            int at = (int) Math.round((double) f * (frames.size() - 1) / (config.frames() - 1));
            fitted.add(Resampling.pil(frames.get(at), config.width(), config.height(), Resampling.PilFilter.BICUBIC));
        }
        return fitted;
    }

    private static double found(Tensor logits, List<Boolean> asked) {
        List<Integer> wanted =
                IntStream.range(0, asked.size()).filter(asked::get).boxed().toList();
        List<Integer> likeliest = ranked(logits).subList(0, wanted.size());
        return (double) wanted.stream().filter(likeliest::contains).count() / wanted.size();
    }

    /** Indices of a row [1, n], the greatest value first. */
    private static List<Integer> ranked(Tensor row) {
        float[] values = Ops.floats(row);
        return IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -values[i]))
                .toList();
    }

    @Override
    public void close() {
        closers.forEach(Runnable::run);
    }
}
