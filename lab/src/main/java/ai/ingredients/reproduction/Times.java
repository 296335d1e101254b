package ai.ingredients.reproduction;

import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Seconds spent on each part, over all starts of a reproduction; a stopped part counts too. */
final class Times {
    private static final double SHORTEST = 0.5;

    private final Path file;
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    private Times(Path file) {
        this.file = file;
    }

    /** Those of earlier starts in {@code folder}, to be added to. */
    static Times in(Path folder) {
        Times times = new Times(folder.resolve("times.json"));
        if (Files.exists(times.file)) {
            for (Map.Entry<String, JsonNode> entry : JsonFile.read(times.file).properties()) {
                times.seconds.put(entry.getKey(), entry.getValue().asDouble());
            }
        }
        return times;
    }

    /** Does {@code work} and adds what it took to {@code part}; what is found done already is too short to count. */
    <T> T measure(String part, Supplier<T> work) {
        long started = System.nanoTime();
        try {
            return work.get();
        } finally {
            double taken = (System.nanoTime() - started) / 1e9;
            if (taken > SHORTEST) {
                seconds.merge(part, taken, Double::sum);
                ObjectNode json = JsonNodeFactory.instance.objectNode();
                seconds.forEach(json::put);
                JsonFile.write(file, json);
            }
        }
    }

    /** By part, in the order in which they were first done. */
    Map<String, Double> seconds() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(seconds));
    }

    double total() {
        return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
    }
}
