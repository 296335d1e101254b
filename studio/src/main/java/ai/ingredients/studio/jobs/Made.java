package ai.ingredients.studio.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;

/**
 * What making a video gave.
 *
 * @param attempt whose files are the video's
 * @param inferenceSeconds from the first to the last thing
 * @param stageSeconds by stage
 * @param peakMemoryMb of the process
 * @param overlay whether there is a video of who owned what
 * @param recipe all that is needed to make it again
 */
public record Made(
        int attempt,
        double inferenceSeconds,
        Map<String, Double> stageSeconds,
        long peakMemoryMb,
        boolean overlay,
        JsonNode recipe) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
            .build();

    /** For the database. */
    public String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of plain values is JSON", e);
        }
    }

    /** From the database. */
    public static Made of(String json) {
        try {
            return JSON.readValue(json, Made.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the database holds what this version cannot read", e);
        }
    }
}
