package ai.ingredients.training.loop;

import ai.ingredients.tensor.Compute;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Path;
import java.util.Map;
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
        return new Beginning(StageConfig.start(start), training.compute(), training.seed());
    }
}
