package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;

/**
 * How much larger, from one denoising step to the next, what a transformer's blocks add to the video tokens becomes: a
 * property of the model that hardly depends on prompt and seed, so that one generation calibrates it ({@link
 * MagnitudeRecorder}). Kept as {@code magcache.json} in the model's folder, where the official code passes over it.
 *
 * <p>Source: MagCache, arXiv 2506.09045, section 3.2.
 *
 * @param ratios {@code mag_ratios}: for each step of the calibrating run the mean of ‖this step's residual of a token‖ /
 *     ‖the one before‖; 1 for the first step
 */
public record MagnitudeRatios(List<Double> ratios) {
    /** The file's name in a model's folder. */
    public static final String FILE = "magcache.json";

    private static final String KEY = "mag_ratios";

    public MagnitudeRatios {
        ratios = List.copyOf(ratios);
        if (ratios.size() < 2 || ratios.stream().anyMatch(ratio -> !(ratio > 0 && Double.isFinite(ratio)))) {
            throw new InvalidInputException(
                    KEY + " are " + ratios + "; expected a positive number for each of at least two steps");
        }
    }

    /**
     * Reads a file that {@link #write} wrote.
     *
     * @throws InvalidInputException when it is missing or damaged
     */
    public static MagnitudeRatios read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        return config.build(() -> new MagnitudeRatios(config.numbers(KEY, List.of())));
    }

    /** Writes {@code file}, whole or not at all. */
    public void write(Path file) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode list = json.putArray(KEY);
        ratios.forEach(list::add);
        JsonFile.write(file, json);
    }

    /**
     * The ratios of a run of {@code steps}: as they are where the calibrating run had as many, else by the magnitude's
     * course over the run, whose logarithm is taken as linear between two calibrated steps.
     */
    double[] of(int steps) {
        int known = ratios.size();
        double[] result = new double[steps];
        if (steps == known) {
            for (int i = 0; i < steps; i++) {
                result[i] = ratios.get(i);
            }
            return result;
        }
        double[] course = new double[known];
        for (int i = 1; i < known; i++) {
            course[i] = course[i - 1] + Math.log(ratios.get(i));
        }
        result[0] = 1;
        for (int i = 1; i < steps; i++) {
            result[i] = Math.exp(at(course, (double) i / steps) - at(course, (double) (i - 1) / steps));
        }
        return result;
    }

    /** The course after {@code share} of the run; behind the last calibrated step as steep as before it. */
    private static double at(double[] course, double share) {
        double place = share * course.length;
        int before = Math.min((int) place, course.length - 2);
        return course[before] + (place - before) * (course[before + 1] - course[before]);
    }
}
