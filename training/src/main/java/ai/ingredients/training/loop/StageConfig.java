package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Everything a run of one stage is made of; a record whose components are the keys of its config file. */
public interface StageConfig {
    /** How the run goes. */
    TrainerConfig training();

    /** Where the run's kind of model lies in a bundle, for instance {@code vae}. */
    String component();

    /**
     * Opens data and models.
     *
     * @param runFolder of the run, for what is made on the way
     * @param listener told of long preparations
     * @throws InvalidInputException when something is missing or does not fit
     */
    Stage<?> open(Path runFolder, TrainingListener listener);

    /** The model's official config. */
    static JsonNode model(Path file) {
        return JsonFile.read(file);
    }

    /** Weights to begin with: a folder or file, or nothing. */
    static TensorStore start(@Nullable Path path) {
        if (path == null) {
            return TensorStore.of(Map.of(), "nothing");
        }
        if (!Files.exists(path)) {
            throw new InvalidInputException(
                    path + ": there are no weights to start from; give a folder with weights, or leave `start` out");
        }
        return Checkpoint.open(path);
    }
}
