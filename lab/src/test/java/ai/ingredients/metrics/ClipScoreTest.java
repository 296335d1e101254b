package ai.ingredients.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both CLIPScores against the official {@code compute_clip_score}: fixture {@code metrics_clipscore}. */
class ClipScoreTest {
    private static final Path MODEL = Fixture.path("clip_score_model");
    private static final String PROMPT = "A woman and her friend walk along the beach at sunset, smiling and talking.";

    @TempDir
    private Path folder;

    /** The sampled frames; {@code flipped} turns the stored B, G, R into R, G, B. */
    private static List<Picture> frames(Fixture fixture, boolean flipped) {
        Tensor stored = fixture.get("in_frames_bgr");
        List<Picture> all = Picture.of(flipped ? stored.flip(3) : stored);
        List<Picture> frames = new ArrayList<>();
        for (int index : PaperMetrics.clipFrames(all.size(), 5)) {
            frames.add(all.get(index));
        }
        return frames;
    }

    @Test
    void theOfficialScoreAgrees() {
        try (ClipScore clip = ClipScore.open(MODEL, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("metrics_clipscore")) {
            double expected = fixture.get("out_score").item().toDouble();
            assertThat(PaperMetrics.clipScore(clip, frames(fixture, true), PROMPT))
                    .isCloseTo(expected, within(1e-5 * Math.abs(expected)));
        }
    }

    /** Frames in true colours, cosines instead of logits, what does not fit counts as 0 and not against the rest. */
    @Test
    void theSoundScoreIsTheMeanOfPositiveCosines() {
        try (ClipScore clip = ClipScore.open(MODEL, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("metrics_clipscore")) {
            float[] logits = Ops.floats(fixture.get("out_logits_per_image"));
            double sum = 0;
            int negative = 0;
            for (float logit : logits) {
                sum += Math.max(100 * logit / clip.logitScale(), 0);
                negative += logit < 0 ? 1 : 0;
            }
            assertThat(negative).isBetween(1, logits.length - 1);
            // What the official script saw as R, G, B.
            assertThat(clip.of(frames(fixture, false), PROMPT)).isCloseTo(sum / logits.length, within(1e-4));
        }
    }

    @Test
    void manyFramesAreTakenInParts() {
        try (ClipScore clip = ClipScore.open(MODEL, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("metrics_clipscore")) {
            Picture frame = frames(fixture, true).getFirst();
            float[] one = clip.cosines(List.of(frame), PROMPT);
            float[] many = clip.cosines(Collections.nCopies(33, frame), PROMPT);
            assertEquals(33, many.length);
            assertThat(many[32]).isCloseTo(one[0], within(1e-6f));
        }
    }

    @Test
    void scoringGivesItsMemoryBack() {
        assumeTrue(NativeMemory.known(), "this C library does not tell how much it has allocated");
        try (ClipScore clip = ClipScore.open(MODEL, Compute.CPU_FP32)) {
            List<Picture> frames = Collections.nCopies(4, Picture.filled(320, 240, 200, 100, 50));
            for (int i = 0; i < 5; i++) {
                clip.of(frames, PROMPT);
            }
            long grown = NativeMemory.leak(() -> {
                for (int i = 0; i < 10; i++) {
                    clip.of(frames, PROMPT);
                }
            });
            assertThat(grown)
                    .as("bytes of 10 scores; one takes 50 kB of pixels alone")
                    .isLessThan(200_000);
        }
    }

    @Test
    void whatThePromptLosesIsTold() {
        try (ClipScore clip = ClipScore.open(MODEL, Compute.CPU_FP32)) {
            assertEquals(0, clip.dropped(PROMPT));
            assertEquals(5, clip.dropped("a ".repeat(80)));
            assertThatThrownBy(() -> clip.of(List.of(), PROMPT))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("no frame");
        }
    }

    @Test
    void filesThatDoNotBelongTogetherAreRefused() throws IOException {
        for (String name : List.of("config.json", "preprocessor_config.json", "vocab.json", "merges.txt")) {
            Files.copy(MODEL.resolve(name), folder.resolve(name));
        }
        refused("holds no weights");
        Files.copy(Fixture.path("clip_gelu_model/model.safetensors"), folder.resolve("model.safetensors"));
        refused("the weights do not fit the model's config");
        Files.copy(
                Fixture.path("clip_gelu_model/preprocessor_config.json"),
                folder.resolve("preprocessor_config.json"),
                StandardCopyOption.REPLACE_EXISTING);
        refused("crop_size is 50, but the model takes pictures of 32");
    }

    @Test
    void aFolderThatHasOneVariantOnly() throws IOException {
        for (String name : List.of("config.json", "preprocessor_config.json", "vocab.json", "merges.txt")) {
            Files.copy(MODEL.resolve(name), folder.resolve(name));
        }
        Files.copy(MODEL.resolve("model.safetensors"), folder.resolve("model.fp16.safetensors"));
        try (ClipScore clip = ClipScore.open(folder, Compute.CPU_FP32)) {
            assertThat(clip.name()).isNotEmpty();
        }
    }

    private void refused(String why) {
        assertThatThrownBy(() -> ClipScore.open(folder, Compute.CPU_FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(why);
    }
}
