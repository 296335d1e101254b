package ai.ingredients.weights;

import com.fasterxml.jackson.databind.JsonNode;

/** Placeholder until the weights branch is merged. */
public record ConfigReader(JsonNode json, String source) {
    public boolean has(String key) {
        return json.hasNonNull(key);
    }

    public int integer(String key, int fallback) {
        return json.path(key).asInt(fallback);
    }

    public double number(String key, double fallback) {
        return json.path(key).asDouble(fallback);
    }

    public boolean flag(String key, boolean fallback) {
        return json.path(key).asBoolean(fallback);
    }

    public String text(String key, String fallback) {
        return json.path(key).asText(fallback);
    }
}
