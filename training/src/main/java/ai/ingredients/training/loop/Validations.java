package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a run's validations left: folders {@code step-00001200} of pictures or videos with their {@code figures.json}.
 *
 * <p>A validation is there whole or not at all, so that a run that was killed between a checkpoint and the validation of
 * the same step can tell that it is missing. Not thread-safe; one process at a time (see {@link RunFolder}).
 */
final class Validations {
    static final String FIGURES = "figures.json";
    private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})");

    private final Path folder;

    /** @param folder an existing one */
    Validations(Path folder) {
        this.folder = folder;
        AtomicFolder.recover(folder);
    }

    /** Where the validation of {@code step} is or would be. */
    Path folder(long step) {
        return folder.resolve(String.format(Locale.ROOT, "step-%08d", step));
    }

    /**
     * Makes the validation of {@code step}.
     *
     * @param look writes into the folder given and answers with figures by name
     * @return those figures
     */
    Map<String, Double> make(long step, Function<Path, Map<String, Double>> look) {
        try (AtomicFolder written = AtomicFolder.create(folder(step))) {
            Map<String, Double> figures = look.apply(written.path());
            ObjectNode json = JsonNodeFactory.instance.objectNode();
            figures.forEach((name, value) -> json.put(name, Double.isFinite(value) ? value : null));
            JsonFile.write(written.path().resolve(FIGURES), json);
            written.commit();
            return figures;
        }
    }

    /** The figures of the validation of {@code step}, NaN where they were not finite; null when it was not made. */
    @Nullable
    Map<String, Double> figures(long step) {
        Path file = folder(step).resolve(FIGURES);
        if (!Files.exists(file)) {
            return null;
        }
        JsonNode json;
        try {
            json = JsonFile.read(file);
        } catch (InvalidInputException e) {
            return null; // damaged: then it is made again
        }
        Map<String, Double> figures = new LinkedHashMap<>();
        json.properties()
                .forEach(
                        figure -> figures.put(figure.getKey(), figure.getValue().asDouble(Double.NaN)));
        return figures;
    }

    /** Removes the validations after {@code step}: a run that goes on from there makes its own. */
    void discardAfter(long step) {
        for (Path validation : all()) {
            Matcher name = NAME.matcher(validation.getFileName().toString());
            if (name.matches() && Long.parseLong(name.group(1)) > step) {
                AtomicFolder.remove(validation);
            }
        }
    }

    private List<Path> all() {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": the folder cannot be read (" + IoReason.of(e) + ")", e);
        }
    }
}
