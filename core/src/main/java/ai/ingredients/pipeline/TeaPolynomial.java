package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How far a model's prediction moves from one denoising step to the next, by how far its timestep embedding has moved, both as
 * the mean of absolute differences over the mean of absolute values before. A property of the model: published for
 * CogVideoX, and for others found by {@link TeaCacheRecorder} in one generation and kept as {@code teacache.json} in the
 * model's folder.
 *
 * <p>Source: TeaCache, arXiv 2411.19108, section 3.3.
 *
 * @param coefficients from the highest power down to the constant
 * @param from the least change it was fitted to: for less it counts as that
 * @param to the greatest: beyond it the value grows in proportion, where a polynomial would run away
 */
public record TeaPolynomial(List<Double> coefficients, double from, double to) {
    /** The file's name in a model's folder. */
    public static final String FILE = "teacache.json";

    private static final String KEY = "coefficients";
    private static final String RANGE = "range";
    private static final int DEGREE = 4;

    /**
     * The coefficients of the TeaCache authors, {@code TeaCache4CogVideoX1.5} in their repository (Apache 2.0); the numbers of
     * the 5B also serve CogVideoX-5B-I2V there, and ConsisID, which is Ingredients' forerunner.
     */
    private static final TeaPolynomial COGVIDEOX_2B =
            published(-3.10658903e+01, 2.54732368e+01, -5.92380459e+00, 1.75769064e+00, -3.61568434e-03);

    private static final TeaPolynomial COGVIDEOX_5B =
            published(-1.53880483e+03, 8.43202495e+02, -1.34363087e+02, 7.97131516e+00, -5.23162339e-02);
    private static final TeaPolynomial COGVIDEOX_15 =
            published(2.50210439e+02, -1.65061612e+02, 3.57804877e+01, -7.81551492e-01, 3.58559703e-02);
    private static final TeaPolynomial COGVIDEOX_15_I2V =
            published(1.22842302e+02, -1.04088754e+02, 2.62981677e+01, -3.06009921e-01, 3.71213220e-02);

    public TeaPolynomial {
        coefficients = List.copyOf(coefficients);
        if (coefficients.isEmpty()
                || coefficients.stream().anyMatch(c -> !Double.isFinite(c))
                || !(from >= 0 && from <= to && to > 0)) {
            throw new InvalidInputException(KEY + " are " + coefficients + " for changes of " + from + " to " + to
                    + "; expected one number or more, and a range above 0");
        }
    }

    private static TeaPolynomial published(double... coefficients) {
        return new TeaPolynomial(Arrays.stream(coefficients).boxed().toList(), 0, Double.POSITIVE_INFINITY);
    }

    /** Whether anything is known of {@code model}: by a {@link #FILE} in its folder, or because it was published. */
    public static boolean known(ModelBundle model) {
        return Files.exists(model.folder().root().resolve(FILE))
                || published(model.transformer()).isPresent();
    }

    /** What was published for a transformer of this size; none for sizes that nobody has published. */
    static Optional<TeaPolynomial> published(TransformerConfig config) {
        boolean large = sized(config, TransformerConfig.cogVideoX5b());
        if (config.patchSizeT() != null) {
            boolean known = large && config.framesPerPatch() == 2;
            return known ? Optional.of(config.imageConditioned() ? COGVIDEOX_15_I2V : COGVIDEOX_15) : Optional.empty();
        }
        return large
                ? Optional.of(COGVIDEOX_5B)
                : sized(config, TransformerConfig.cogVideoX2b()) ? Optional.of(COGVIDEOX_2B) : Optional.empty();
    }

    private static boolean sized(TransformerConfig config, TransformerConfig other) {
        return config.numLayers() == other.numLayers() && config.innerDim() == other.innerDim();
    }

    /** How far the prediction will move when the embedding has moved by {@code change}. */
    double at(double change) {
        double x = Math.min(Math.max(change, from), to);
        double value = 0;
        for (double coefficient : coefficients) {
            value = value * x + coefficient;
        }
        return change > to ? value * change / to : value;
    }

    /**
     * The polynomial of degree 4, or of less where there are few points, that is nearest to {@code moved} at {@code changes},
     * by the sum of squares.
     *
     * @param changes of the embedding, from the second step on
     * @param moved of the prediction, in the same steps
     */
    static TeaPolynomial fitted(double[] changes, double[] moved) {
        int degree = Math.min(DEGREE, changes.length - 1);
        double from = Arrays.stream(changes).min().orElseThrow();
        double to = Arrays.stream(changes).max().orElseThrow();
        try (Scope scope = Scope.inference()) {
            // In powers of change / to, columns of the same length: the higher powers of small numbers are no noise
            // then.
            Tensor x = column(changes).div(new Scalar(to)); // [n, 1]
            Tensor powers = x.pow(torch.arange(new Scalar((double) degree), new Scalar(-1.0), new Scalar(-1.0))
                    .to(ScalarType.Double)); // [n, degree + 1]
            Tensor lengths = powers.square().sum(new long[] {0}).sqrt();
            Tensor solution = torch.linalg_lstsq(
                            powers.div(lengths),
                            column(moved),
                            new DoubleOptional(changes.length * Math.ulp(1.0)),
                            new StringViewOptional())
                    .get0()
                    .squeeze(1)
                    .div(lengths);
            List<Double> coefficients = new ArrayList<>(Collections.nCopies(DEGREE - degree, 0.0));
            for (int i = 0; i <= degree; i++) {
                coefficients.add(solution.select(0, i).item().toDouble() / Math.pow(to, degree - i));
            }
            return new TeaPolynomial(coefficients, from, to);
        }
    }

    private static Tensor column(double[] values) {
        try (DoublePointer data = new DoublePointer(values)) {
            return torch.from_blob(data, new long[] {values.length, 1}, new TensorOptions(ScalarType.Double))
                    .clone();
        }
    }

    /**
     * Reads a file that {@link #write} wrote.
     *
     * @throws InvalidInputException when it is missing or damaged
     */
    public static TeaPolynomial read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        return config.build(() -> of(config.numbers(KEY, List.of()), config.numbers(RANGE, List.of())));
    }

    /** Of a recipe. */
    static TeaPolynomial of(JsonNode json) {
        return of(numbers(json.path(KEY)), numbers(json.path(RANGE)));
    }

    private static TeaPolynomial of(List<Double> coefficients, List<Double> range) {
        return range.size() == 2
                ? new TeaPolynomial(coefficients, range.getFirst(), range.getLast())
                : new TeaPolynomial(coefficients, 0, Double.POSITIVE_INFINITY);
    }

    private static List<Double> numbers(JsonNode list) {
        List<Double> numbers = new ArrayList<>();
        list.forEach(number -> numbers.add(number.asDouble()));
        return numbers;
    }

    /** Writes {@code file}, whole or not at all. */
    public void write(Path file) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        describe(json);
        JsonFile.write(file, json);
    }

    /** Adds coefficients and, where there is one, their range. */
    void describe(ObjectNode json) {
        ArrayNode list = json.putArray(KEY);
        coefficients.forEach(list::add);
        if (Double.isFinite(to)) {
            json.putArray(RANGE).add(from).add(to);
        }
    }
}
