package ai.ingredients.spring;

import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Up when the model can be opened and its folder is still there; opens it when nobody has yet, so that a program that cannot make
 * videos is found out before somebody wants one. Tells what it runs on, and nothing of any prompt. Loads no weights.
 */
final class IngredientsHealth extends AbstractHealthIndicator {
    private final Supplier<Ingredients> model;

    IngredientsHealth(ObjectProvider<Ingredients> model) {
        super("the model cannot be used");
        this.model = model::getObject;
    }

    @Override
    protected void doHealthCheck(Health.Builder health) {
        Ingredients opened;
        try {
            opened = model.get();
        } catch (BeanCreationException e) {
            // What was found and what to do; the way through the container is of no use to whoever reads this.
            Throwable cause = e.getMostSpecificCause();
            health.down()
                    .withDetail(
                            "error",
                            cause instanceof InvalidInputException
                                    ? String.valueOf(cause.getMessage())
                                    : cause.toString());
            return;
        }
        Path folder = opened.model().folder().root();
        if (!Files.isReadable(folder.resolve("model_index.json"))) {
            health.down().withDetail("error", folder + ": the model's folder is gone or closed");
            return;
        }
        health.up()
                .withDetail("model", opened.model().name())
                .withDetail("device", opened.compute().device())
                .withDetail("dtype", opened.compute().dtype().name().toLowerCase(Locale.ROOT))
                .withDetail("memory", opened.memory().name().toLowerCase(Locale.ROOT));
    }
}
