package ai.ingredients.training.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.cast.CastSource;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.tensor.Compute;
import ai.ingredients.testing.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The videos of a validation, whatever the size of the clips and that in the model's config. */
class SampleVideosTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"9, 48, 32, true", "1, 48, 32, true", "17, 64, 48, true", "9, 48, 32, false"})
    void videosHaveTheSizeOfTheClips(int frames, int width, int height, boolean people) throws IOException {
        CastSource clips =
                new CastSource(Split.VALIDATION, 2, 1, new int[] {2}, 1, new ClipFormat(width, height, frames, 8, 64));
        Path bundle = Fixture.bundle();
        List<byte[]> videos = new java.util.ArrayList<>();
        for (int time = 0; time < 2; time++) {
            Path step = Files.createDirectories(folder.resolve("step-" + time));
            new SampleVideos(bundle, clips, people, 2, 2, Compute.CPU_FP32, null)
                    .look(step, bundle.resolve("transformer"), time);
            try (Stream<Path> files = Files.list(step)) {
                assertThat(files.map(file -> String.valueOf(file.getFileName())))
                        .as("nothing but what is to be looked at")
                        .hasSize(3)
                        .contains("samples.png")
                        .filteredOn(name -> name.endsWith(".mp4"))
                        .hasSize(2);
            }
            Picture sheet = PictureReader.read(step.resolve("samples.png"));
            assertThat(sheet.width()).isEqualTo(2 + 5 * (width + 2));
            assertThat(sheet.height()).isEqualTo(2 + 2 * (height + 2));
            videos.add(sheet.rgb());
        }
        assertThat(videos.get(1)).as("the same seeds every time").isEqualTo(videos.get(0));
    }

    /** FaceSim with everything, without the identity features, and without the canvas. */
    @Test
    void aJudgeMeasuresWhatTheChannelsContribute() throws IOException {
        Path demo = Path.of("../models/demo");
        CastSource clips = new CastSource(Split.VALIDATION, 1, 1, new int[] {2}, 1, new ClipFormat(144, 96, 9, 8, 320));
        Map<String, Double> figures = new SampleVideos(
                        demo, clips, true, 1, 3, Compute.CPU_FP32, demo.resolve("evaluation/recognition"))
                .look(Files.createDirectories(folder.resolve("judged")), demo.resolve("transformer"), 1);
        assertThat(figures.keySet())
                .containsExactlyInAnyOrder(
                        "validation-face-sim", "validation-face-sim-face-scale-0", "validation-face-sim-no-canvas");
        assertThat(figures.values()).allMatch(value -> value >= -1 && value <= 1);
        assertThat(figures.get("validation-face-sim-no-canvas"))
                .as("the canvas is taken away")
                .isNotEqualTo(figures.get("validation-face-sim"));
    }
}
