package ai.ingredients.studio.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.javalin.http.Context;

/** Answers in JSON. */
final class Answers {
    private static final JsonMapper JSON = new JsonMapper();

    private Answers() {}

    static void json(Context context, JsonNode json) {
        context.header("Cache-Control", "no-store");
        context.contentType("application/json");
        context.result(bytes(json));
    }

    static byte[] bytes(JsonNode json) {
        try {
            return JSON.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree is JSON", e);
        }
    }
}
