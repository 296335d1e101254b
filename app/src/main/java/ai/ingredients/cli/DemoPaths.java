package ai.ingredients.cli;

import ai.ingredients.training.diffusion.DiffusionSettings;
import ai.ingredients.training.diffusion.DiffusionTraining;
import java.nio.file.Path;

/** Where the demo model and its configs lie below the launcher's folder: what commands use when nothing else is named. */
final class DemoPaths {
    /** The model. */
    static final Path BUNDLE = Path.of("models/demo");
    /** The configs of its stages and the sizes of its models. */
    static final Path CONFIGS = Path.of("configs/demo");

    private DemoPaths() {}

    /** The sizes of one model, such as {@code vae}. */
    static Path model(String name) {
        return CONFIGS.resolve(name + ".json");
    }

    /** Defaults of a stage of the transformer. */
    static DiffusionTraining diffusion(DiffusionSettings settings) {
        return DiffusionTraining.defaults(settings, BUNDLE, model("transformer"));
    }
}
