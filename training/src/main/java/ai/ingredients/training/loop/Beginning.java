package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * What a model that learns begins with.
 *
 * @param start weights by name; what it lacks begins from nothing, with an empty store all of them
 * @param compute where and in what the model computes
 * @param seed of what begins from nothing, and of the order of batches
 */
public record Beginning(TensorStore start, Compute compute, long seed) {
    /** From nothing. */
    public static Beginning nothing(Compute compute, long seed) {
        return new Beginning(TensorStore.of(Map.of(), "nothing"), compute, seed);
    }

    /**
     * As a run's config says.
     *
     * @param start folder or file with weights; null for nothing
     * @throws ai.ingredients.InvalidInputException when there are none
     */
    public static Beginning of(@Nullable Path start, TrainerConfig training) {
        return of(start, List.of(), training);
    }

    /**
     * The same without some of the weights.
     *
     * @param anew regular expressions of names that begin from nothing though {@code start} has them
     * @throws InvalidInputException when there are no weights, or an expression cannot be read or matches none of them
     */
    public static Beginning of(@Nullable Path start, List<String> anew, TrainerConfig training) {
        TensorStore stored = StageConfig.start(start);
        try {
            List<Pattern> patterns = anew.stream()
                    .map(expression -> matching(expression, stored))
                    .toList();
            TensorStore left = stored.renamed(name ->
                    patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches()) ? null : name);
            return new Beginning(left, training.compute(), training.seed());
        } catch (InvalidInputException e) {
            stored.close();
            throw e;
        }
    }

    private static Pattern matching(String expression, TensorStore stored) {
        Pattern pattern;
        try {
            pattern = Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw new InvalidInputException(
                    "begin-anew: " + expression + " is no regular expression (" + e.getDescription() + ")", e);
        }
        if (stored.names().stream().noneMatch(name -> pattern.matcher(name).matches())) {
            throw new InvalidInputException("begin-anew: " + expression + " matches none of the "
                    + stored.names().size() + " tensors of " + stored.source()
                    + "; it is matched with whole names such as transformer_blocks.0.attn1.to_q.weight");
        }
        return pattern;
    }
}
