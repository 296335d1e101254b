package example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs as somebody starts them, with the model of random weights at a size that takes a moment. */
class ExamplesTest {
    private static final Path ROOT = Path.of(System.getProperty("ingredients.root", "../.."));
    private static final Path PHOTOS = ROOT.resolve("examples/photos");

    @TempDir
    Path folder;

    private String model = "";

    /** A copy whose own values are small. */
    @BeforeEach
    void makeModel() throws IOException {
        Path from = ROOT.resolve("examples/tiny-random");
        Path to = folder.resolve("model");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
        Files.writeString(to.resolve("generation_config.json"), "{\"num_inference_steps\": 2}");
        Path config = to.resolve("transformer/config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("\"sample_frames\": 49", "\"sample_frames\": 9")
                        .replace("\"sample_height\": 60", "\"sample_height\": 8")
                        .replace("\"sample_width\": 90", "\"sample_width\": 12"));
        model = to.toString();
    }

    @Test
    void generate() {
        Path output = folder.resolve("out.mp4");
        Generate.main(new String[] {
            model,
            "Two people talk.",
            output.toString(),
            PHOTOS.resolve("ada.png").toString(),
            PHOTOS.resolve("alan.png").toString()
        });
        assertThat(output).isNotEmptyFile();
        assertThat(folder.resolve("out.json")).isNotEmptyFile();
    }

    @Test
    void batchGoesOnBehindALineThatCannotBeMade() throws IOException {
        Path prompts = Files.write(folder.resolve("prompts.txt"), List.of("A walk.", "@nobody waves.", "A dance."));
        Path output = folder.resolve("videos");
        Batch.main(new String[] {
            model,
            prompts.toString(),
            output.toString(),
            PHOTOS.resolve("ada.png").toString()
        });
        assertThat(output).isDirectoryContaining("glob:**000.mp4").isDirectoryContaining("glob:**002.mp4");
        assertThat(output.resolve("001.mp4")).doesNotExist();
    }

    @Test
    void trainAWord() {
        Path run = folder.resolve("run");
        TrainAWord.main(new String[] {model, "anna", PHOTOS.toString(), run.toString(), "2"});
        assertThat(run.resolve("model")).isDirectoryContaining("glob:**.safetensors");
    }
}
