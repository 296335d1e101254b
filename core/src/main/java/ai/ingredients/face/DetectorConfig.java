package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/**
 * The {@code config.json} beside a face detector's weights.
 *
 * @param backbone {@code network_name}, facexlib's
 * @param minFlatShare {@code min_flat_share}, ours: the smallest {@link Flatness} of faces like those that the face
 *     networks learned from; 0 where they know faces of every kind
 */
public record DetectorConfig(DetectorBackbone backbone, double minFlatShare) {
    public DetectorConfig {
        if (!(minFlatShare >= 0 && minFlatShare <= 1)) {
            throw new InvalidInputException("min_flat_share is " + minFlatShare + "; expected a share, 0 to 1");
        }
    }

    /**
     * Of the file at {@code file}.
     *
     * @throws InvalidInputException when it is unreadable or names another network
     */
    public static DetectorConfig read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        return config.build(() -> new DetectorConfig(
                DetectorBackbone.named(config.text("network_name"), file.toString()),
                config.number("min_flat_share", 0)));
    }

    /** As the file has it. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("network_name", backbone.networkName());
        return minFlatShare == 0 ? json : json.put("min_flat_share", minFlatShare);
    }
}
