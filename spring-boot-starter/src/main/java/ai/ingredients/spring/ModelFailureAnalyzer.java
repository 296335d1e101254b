package ai.ingredients.spring;

import ai.ingredients.InvalidInputException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** A program that does not start because of its model says why in two lines, with the properties to change. */
final class ModelFailureAnalyzer extends AbstractFailureAnalyzer<InvalidInputException> {
    @Override
    protected @Nullable FailureAnalysis analyze(Throwable failure, InvalidInputException cause) {
        return new FailureAnalysis(
                "The video model cannot be opened: " + cause.getMessage(),
                "Change `ingredients.model`, which names the model's folder, or `ingredients.device`,"
                        + " `ingredients.dtype`, `ingredients.memory`, `ingredients.variant`.",
                cause);
    }
}
