package ai.ingredients.refine;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks a language model behind an OpenAI-compatible endpoint for a prompt as the video models have learned them. The endpoint
 * is the caller's choice; nothing but prompt, names and roles is sent, and the key is in no message. Thread-safe.
 */
public final class PromptRefiner {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration CONNECTING = Duration.ofSeconds(10);
    private static final long MOST_BYTES = 1 << 20;
    private static final int MOST_CHARACTERS = 8000;
    private static final int OK = 200;
    private static final String TASK =
            "Rewrite the user's idea as a prompt for a video model: two or three plain sentences in English that name"
                + " every person by role and clothes, then place, action and mood. Keep every word that begins with @"
                + " or stands in <angle brackets> exactly as it is, once each at least, and add no other such word."
                + " Answer with the prompt alone.";

    private final URI endpoint;
    private final String model;
    private final @Nullable String key;
    private final Duration patience;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(CONNECTING).build();

    /**
     * A prompt and what it was before.
     *
     * @param prompt in one line
     * @param from as somebody said it
     * @param model that rewrote it
     */
    public record Refined(String prompt, String from, String model) {}

    /**
     * @param url such as {@code http://localhost:11434/v1}
     * @param model which of its models
     * @param key sent as a bearer token; none where none is needed
     * @throws InvalidInputException when url or key cannot be used
     */
    public PromptRefiner(String url, String model, @Nullable String key) {
        this(url, model, key, PATIENCE);
    }

    PromptRefiner(String url, String model, @Nullable String key, Duration patience) {
        endpoint = endpoint(url);
        this.model = model;
        this.key = key == null || key.isBlank() ? null : key.strip();
        this.patience = patience;
        if (this.key != null && !this.key.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new InvalidInputException("the key of the language model holds characters that no key has");
        }
    }

    private static URI endpoint(String url) {
        URI uri;
        try {
            uri = new URI(url.strip().replaceAll("/+$", "") + "/chat/completions");
        } catch (URISyntaxException e) {
            throw new InvalidInputException(
                    "the address of the language model cannot be read; expected such as http://localhost:11434/v1", e);
        }
        if (!("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) || uri.getHost() == null) {
            throw new InvalidInputException("the address of the language model is no http(s) address; expected such as"
                    + " http://localhost:11434/v1");
        }
        if (uri.getUserInfo() != null) {
            throw new InvalidInputException(
                    "the address of the language model holds a user or a password; only a key can be sent");
        }
        return uri;
    }

    /**
     * A better prompt.
     *
     * @param people a line about each, such as {@code @anna: a woman in a red coat}; empty for none
     * @param names what of a text stands for somebody: the answer must have the same as the prompt
     * @throws OperationFailedException when the endpoint gives none, or one that stands for others
     */
    public Refined refine(String prompt, String people, Function<String, Set<String>> names) {
        String text = answer(prompt, people).strip().replaceAll("\\s+", " ");
        if (text.length() > MOST_CHARACTERS) {
            throw new OperationFailedException("the language model's answer has " + text.length()
                    + " characters; no prompt has more than " + MOST_CHARACTERS);
        }
        Set<String> lost = new LinkedHashSet<>(names.apply(prompt));
        lost.removeAll(names.apply(text));
        Set<String> invented = new LinkedHashSet<>(names.apply(text));
        invented.removeAll(names.apply(prompt));
        if (!lost.isEmpty() || !invented.isEmpty()) {
            throw new OperationFailedException("the language model's answer "
                    + (lost.isEmpty()
                            ? "names " + String.join(", ", invented)
                            : "leaves out " + String.join(", ", lost))
                    + (lost.isEmpty() ? ", whom the prompt does not" : "") + "; ask again, or say the prompt yourself");
        }
        return new Refined(text, prompt, model);
    }

    private String answer(String prompt, String people) {
        ObjectNode request = JSON.createObjectNode().put("model", model).put("temperature", 0.7);
        ArrayNode messages = request.putArray("messages");
        messages.addObject().put("role", "system").put("content", TASK);
        messages.addObject()
                .put("role", "user")
                .put("content", people.isEmpty() ? prompt : prompt + "\n\nPeople:\n" + people);
        HttpRequest.Builder builder = HttpRequest.newBuilder(endpoint)
                .timeout(patience)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(request.toString()));
        if (key != null) {
            builder.header("Authorization", "Bearer " + key);
        }
        try {
            HttpResponse<String> answer =
                    http.send(builder.build(), BodyHandlers.limiting(BodyHandlers.ofString(), MOST_BYTES));
            JsonNode text = answer.statusCode() == OK
                    ? JSON.readTree(answer.body()).at("/choices/0/message/content")
                    : JSON.missingNode();
            if (!text.isTextual() || text.textValue().isBlank()) {
                throw new OperationFailedException("the language model answered " + answer.statusCode() + " and no text"
                        + remedy(answer.statusCode()));
            }
            return text.textValue();
        } catch (JsonProcessingException e) {
            throw new OperationFailedException("the language model's answer is no JSON", e);
        } catch (HttpTimeoutException e) {
            throw new OperationFailedException(
                    "the language model did not answer within " + patience.toSeconds() + " s", e);
        } catch (IOException e) {
            throw new OperationFailedException(
                    "the language model at " + endpoint.getHost() + " cannot be reached, or broke off", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationFailedException("waiting for the language model was interrupted", e);
        }
    }

    private static String remedy(int status) {
        return switch (status) {
            case 401, 403 -> "; check the key";
            case 404 -> "; check the address and the model's name";
            case 429 -> "; it is asked too often, or the account is empty";
            default -> "";
        };
    }
}
