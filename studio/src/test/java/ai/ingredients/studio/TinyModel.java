package ai.ingredients.studio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The model with random weights that lies in the repository, with the demo model's detector: it finds drawn faces. */
public final class TinyModel {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private TinyModel() {}

    /** A photo in which the detector finds a face. */
    public static Path photo(int number) {
        return ROOT.resolve("examples/person-" + number + ".png");
    }

    /** The model's folder, made of links in {@code folder}. */
    public static Path in(Path folder) {
        Path model = folder.resolve("tiny");
        if (Files.exists(model)) {
            return model;
        }
        try {
            Path faces = Files.createDirectories(model.resolve("face_encoder"));
            links(ROOT.resolve("examples/tiny-random"), model, "face_encoder");
            links(ROOT.resolve("examples/tiny-random/face_encoder"), faces, "");
            Files.createSymbolicLink(faces.resolve("detection"), ROOT.resolve("models/demo/face_encoder/detection"));
            Files.writeString(
                    model.resolve("generation_config.json"),
                    "{\"num_inference_steps\": 2, \"guidance_scale\": 6.0, \"image_guidance_scale\": 1.0}");
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void links(Path from, Path to, String except) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (!name.equals(except)) {
                    Files.createSymbolicLink(to.resolve(name), file);
                }
            }
        }
    }
}
