package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;

/**
 * Sizes of an {@link IResNet}; keys of its {@code config.json} in camel case.
 *
 * @param layers blocks of each of the four stages
 * @param widths channels of each stage
 * @param numFeatures length of the embedding
 * @param inputSize side of the square input in pixels, a multiple of 16
 * @param dropout share of the last features left out in training, in [0, 1)
 */
public record IResNetConfig(
        List<Integer> layers, List<Integer> widths, int numFeatures, int inputSize, double dropout) {
    /** Each stage halves the picture. */
    static final int STAGES = 4;

    private static final int SHRINKS = 1 << STAGES;
    private static final List<Integer> PUBLISHED_WIDTHS = List.of(64, 128, 256, 512);

    public IResNetConfig {
        layers = stages("layers", layers);
        widths = stages("widths", widths);
        Sizes.check("IResNet num_features", numFeatures);
        Sizes.check("IResNet input_size", inputSize, Sizes.LONGEST_SIDE);
        if (inputSize < SHRINKS || inputSize % SHRINKS != 0) {
            throw new InvalidInputException(
                    "IResNet input_size is " + inputSize + "; expected a multiple of " + SHRINKS);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new InvalidInputException("IResNet dropout is " + dropout + "; expected 0 up to below 1");
        }
    }

    private static List<Integer> stages(String name, List<Integer> values) {
        if (values.size() != STAGES || values.stream().anyMatch(value -> value < 1 || value > Sizes.MOST)) {
            throw new InvalidInputException("IResNet " + name + " is " + values + "; expected " + STAGES
                    + " positive numbers, one for each stage");
        }
        return List.copyOf(values);
    }

    /** insightface's {@code iresnet18}. */
    public static IResNetConfig iresnet18() {
        return published(2, 2, 2, 2);
    }

    /** insightface's {@code iresnet34}. */
    public static IResNetConfig iresnet34() {
        return published(3, 4, 6, 3);
    }

    /** insightface's {@code iresnet50}. */
    public static IResNetConfig iresnet50() {
        return published(3, 4, 14, 3);
    }

    /** insightface's {@code iresnet100}. */
    public static IResNetConfig iresnet100() {
        return published(3, 13, 30, 3);
    }

    private static IResNetConfig published(Integer... layers) {
        return new IResNetConfig(List.of(layers), PUBLISHED_WIDTHS, 512, FaceRecogniser.INPUT, 0);
    }

    /**
     * Reads {@code config.json} at {@code file}; what is not said there is as published.
     *
     * @throws InvalidInputException when it is unreadable or a size cannot be
     */
    public static IResNetConfig read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        List<Integer> layers = config.integers("layers", List.of()); // has no default: refused below when absent
        List<Integer> widths = config.integers("widths", PUBLISHED_WIDTHS);
        int numFeatures = config.integer("num_features", 512);
        int inputSize = config.integer("input_size", FaceRecogniser.INPUT);
        double dropout = config.number("dropout", 0);
        return config.build(() -> new IResNetConfig(layers, widths, numFeatures, inputSize, dropout));
    }

    /** What {@link #read} reads. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        layers.forEach(json.putArray("layers")::add);
        widths.forEach(json.putArray("widths")::add);
        return json.put("num_features", numFeatures)
                .put("input_size", inputSize)
                .put("dropout", dropout);
    }

    /** Cells of the last features: what one channel brings to the embedding. */
    int cells() {
        return (inputSize / SHRINKS) * (inputSize / SHRINKS);
    }
}
