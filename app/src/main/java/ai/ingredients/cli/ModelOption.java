package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.pipeline.ModelBundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which checkpoint a command uses. */
final class ModelOption {
    private static final Set<String> SHIPPED = Set.of("configs", "examples", "models");

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Checkpoint folder in diffusers layout (default: the demo model in models/demo).")
    @Nullable
    Path folder;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            defaultValue = "",
            description = "Weights of this variant, such as fp16 (files *.fp16.safetensors); components that have none"
                    + " are read as they are.")
    String variant = "";

    /** The bundle asked for, or the demo model's. */
    ModelBundle open() {
        return ModelBundle.open(resolve(), variant);
    }

    /** The folder asked for, or the demo model. */
    Path resolve() {
        if (folder != null) {
            return folder;
        }
        Path demo = home().resolve(DemoPaths.BUNDLE);
        if (!Files.isDirectory(demo)) {
            throw new InvalidInputException("no model: --model was not given and there is no demo model at " + demo
                    + "; give a checkpoint folder, for instance --model examples/tiny-random, or get one with "
                    + "`ingredients download`");
        }
        return demo;
    }

    /**
     * {@code path}, or what the program brings under this name: a relative path that is not there from the current folder,
     * and begins with one of the launcher's own folders, such as {@code configs/demo/vae.json}.
     */
    static Path shipped(Path path) {
        if (path.isAbsolute() || Files.exists(path) || !SHIPPED.contains(String.valueOf(path.getName(0)))) {
            return path;
        }
        Path brought = home().resolve(path);
        return Files.exists(brought) ? brought : path;
    }

    /** The folder of the launcher, which tells it to us; the current folder without one. */
    static Path home() {
        return Path.of(System.getProperty("ingredients.home", "."));
    }
}
