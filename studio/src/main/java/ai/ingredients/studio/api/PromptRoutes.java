package ai.ingredients.studio.api;

import ai.ingredients.OperationFailedException;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.refine.PromptRefiner;
import ai.ingredients.studio.guard.Limits;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import org.jspecify.annotations.Nullable;

/** {@code /v1/prompts/rewrite}. Thread-safe. */
final class PromptRoutes {
    private final @Nullable PromptRefiner rewriter;
    private final Limits limits;

    PromptRoutes(@Nullable PromptRefiner rewriter, Limits limits) {
        this.rewriter = rewriter;
        this.limits = limits;
    }

    void addTo(Routes routes) {
        routes.add(HandlerType.POST, "/v1/prompts/rewrite", this::rewrite);
    }

    private void rewrite(Context context) {
        if (rewriter == null) {
            throw ApiError.notFound("A language model for prompts (--rewrite-url names one); it");
        }
        Fields fields = new Fields(Body.read(context, limits.bytes()).fields());
        String prompt = fields.text("prompt", limits.prompt());
        if (prompt == null || prompt.isBlank()) {
            throw ApiError.value("prompt", "`prompt` is missing; say what is to be seen.");
        }
        StringBuilder people = new StringBuilder();
        for (JsonNode entry : fields.list("people", limits.people())) {
            if (entry instanceof ObjectNode object) {
                Fields person = new Fields(object, "people.");
                String name = person.text("name", 100);
                String role = person.text("role", 200);
                people.append('@')
                        .append(name)
                        .append(": ")
                        .append(role == null ? "a person" : role)
                        .append('\n');
            }
        }
        try {
            Answers.json(
                    context,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put(
                                    "prompt",
                                    rewriter.refine(prompt, people.toString(), PersonWords::standIns)
                                            .prompt()));
        } catch (OperationFailedException e) {
            throw new ApiError(502, "rewrite_failed", String.valueOf(e.getMessage()), null);
        }
    }
}
