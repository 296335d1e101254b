package ai.ingredients.studio.api;

import ai.ingredients.OperationFailedException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks a language model behind an OpenAI-compatible endpoint for a prompt as the video models have learned them. The endpoint
 * is the operator's choice; nothing but prompt, names and roles is sent. Thread-safe.
 */
public final class PromptRewriter {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TASK =
            "Rewrite the user's idea as a prompt for a video model: two or three plain sentences in English that name"
                + " every person by role and clothes, then place, action and mood. Keep every word that begins with @"
                + " exactly as it is, once each at least. Answer with the prompt alone.";

    private final URI endpoint;
    private final String model;
    private final @Nullable String key;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    /**
     * @param url such as {@code http://localhost:11434/v1}
     * @param model which of its models
     * @param key sent as a bearer token; none where none is needed
     */
    public PromptRewriter(String url, String model, @Nullable String key) {
        endpoint = URI.create(url.replaceAll("/+$", "") + "/chat/completions");
        this.model = model;
        this.key = key;
    }

    /**
     * A better prompt.
     *
     * @param people a line about each, such as {@code @anna: a woman in a red coat}
     * @throws OperationFailedException when the endpoint gives none
     */
    String rewrite(String prompt, String people) {
        ObjectNode request = JSON.createObjectNode().put("model", model).put("temperature", 0.7);
        ArrayNode messages = request.putArray("messages");
        messages.addObject().put("role", "system").put("content", TASK);
        messages.addObject()
                .put("role", "user")
                .put("content", people.isEmpty() ? prompt : prompt + "\n\nPeople:\n" + people);
        HttpRequest.Builder builder = HttpRequest.newBuilder(endpoint)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(request.toString()));
        if (key != null) {
            builder.header("Authorization", "Bearer " + key);
        }
        try {
            HttpResponse<String> answer = http.send(builder.build(), HttpResponse.BodyHandlers.ofString());
            JsonNode text = answer.statusCode() == 200
                    ? JSON.readTree(answer.body()).at("/choices/0/message/content")
                    : JSON.missingNode();
            if (!text.isTextual() || text.textValue().isBlank()) {
                throw new OperationFailedException(
                        "the language model answered " + answer.statusCode() + " and no text");
            }
            return text.textValue().strip();
        } catch (JsonProcessingException e) {
            throw new OperationFailedException("the language model's answer is no JSON", e);
        } catch (IOException e) {
            throw new OperationFailedException("the language model cannot be reached", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationFailedException("the studio is closing", e);
        }
    }
}
