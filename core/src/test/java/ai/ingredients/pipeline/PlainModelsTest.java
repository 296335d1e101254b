package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.InvalidInputException;
import ai.ingredients.SavedRecipe;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.FrameRate;
import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoReader;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.LearnedPositions;
import ai.ingredients.weights.lora.LoraMode;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plain CogVideoX models by the front door: adapters, sizes they were not trained on, and what 1.5 refuses. */
class PlainModelsTest {
    private static final Path STYLE = Fixture.path("lora/diffusers.safetensors");

    @TempDir
    Path model;

    private static VideoBuilder small(Ingredients ingredients) {
        return ingredients.video("A walk.").frames(9).size(96, 64).steps(2);
    }

    /** The mean difference of two videos, in levels of 255. */
    private static double difference(Video a, Video b) {
        long sum = 0;
        long count = 0;
        for (int i = 0; i < a.frames().size(); i++) {
            byte[] one = a.frames().get(i).rgb();
            byte[] other = b.frames().get(i).rgb();
            for (int j = 0; j < one.length; j++) {
                sum += Math.abs((one[j] & 255) - (other[j] & 255));
                count++;
            }
        }
        return (double) sum / count;
    }

    private Video with(Options options) {
        try (Ingredients ingredients = Ingredients.open(model, options.withTiling(TilingChoice.OFF))) {
            return small(ingredients).generate();
        }
    }

    @Test
    void adaptersChangeTheVideoTheSameInEveryModeAndStandInTheRecipe() throws IOException {
        PipelineTest.bundle(model, "5b");
        Options resident = Options.DEFAULT.withMemory(MemoryLevel.NONE);
        Options streamed = Options.DEFAULT.withMemory(MemoryLevel.LAYER);
        Video plain = with(resident);
        Video merged = with(resident.withLora(STYLE, 0.5).withLora(Fixture.path("lora/peft")));
        Video beside = with(streamed.withLora(STYLE, 0.5).withLora(Fixture.path("lora/peft")));
        Video forced = with(streamed.withLora(STYLE, 0.5)
                .withLora(Fixture.path("lora/peft"))
                .withLoraMode(LoraMode.MERGED));

        assertThat(difference(plain, merged)).isGreaterThan(1);
        assertThat(difference(merged, beside)).isLessThan(0.01);
        assertThat(difference(merged, forced)).isLessThan(0.01);
        assertThat(plain.recipe().json().has("loras")).isFalse();
        JsonNode recipe = merged.recipe().json();
        assertThat(recipe.path("lora_mode").asText()).isEqualTo("merged");
        assertThat(beside.recipe().json().path("lora_mode").asText()).isEqualTo("side-by-side");
        assertThat(recipe.path("loras")).hasSize(2);
        assertThat(recipe.path("loras").path(0).path("file").asText()).isEqualTo("diffusers.safetensors");
        assertThat(recipe.path("loras").path(0).path("scale").asDouble()).isEqualTo(0.5);
        assertThat(recipe.path("loras").path(1).path("scale").asDouble()).isEqualTo(1);
        assertThat(recipe.path("loras").path(0).path("fingerprint").asText())
                .startsWith("sampled-sha256:")
                .isNotEqualTo(recipe.path("loras").path(1).path("fingerprint").asText());
        assertThat(recipe.path("model")).isEqualTo(plain.recipe().json().path("model"));
    }

    @Test
    void adaptersOfAnotherModelAreRefusedWhenItIsOpened() {
        assertThatThrownBy(() -> Ingredients.open(Fixture.bundle(), Options.DEFAULT.withLora(STYLE)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(STYLE + ": ")
                .hasMessageContaining(
                        "what fits are adapters of layers such as transformer_blocks.0.attn1.to_q [96, 96]");
    }

    @Test
    void learnedPositionsInAnotherSizeAreInterpolatedAndSaidSo() throws IOException {
        PipelineTest.bundle(model, "5b_i2v");
        List<String> warnings = new ArrayList<>();
        try (Ingredients ingredients = Ingredients.open(model, Options.DEFAULT.withTiling(TilingChoice.OFF))) {
            VideoBuilder own = small(ingredients)
                    .firstFrame(Picture.filled(96, 64, 90, 120, 30).image())
                    .listener(warned(warnings));
            assertThat(own.generate().recipe().json().has("learned_positions")).isFalse();
            assertThat(warnings).isEmpty();

            Video wide = own.size(128, 48).generate();
            assertThat(wide.frames()).hasSize(9).allMatch(frame -> frame.width() == 128 && frame.height() == 48);
            assertThat(warnings)
                    .containsExactly(
                            "the positions this model has learned for 96x64 are interpolated for 128x48, a size"
                                    + " it was not trained on");
            assertThat(wide.recipe().json().path("learned_positions").asText()).isEqualTo("interpolated");

            assertThatThrownBy(() ->
                            own.learnedPositions(LearnedPositions.OFFICIAL).request())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "a video of 128x48 cannot be made: this model has learned positions for 96x64 only; use "
                                    + "that size, or `learnedPositions` interpolated");
            assertThat(own.size(96, 64).request().learnedPositions()).isEqualTo(LearnedPositions.OFFICIAL);
        }
    }

    /** What the recipe says of the rate of a video that plays at {@code played} frames a second; "none" for nothing. */
    private String rate(Video video, Video.Writing how, String played) {
        Path file = model.resolve("rate.mp4");
        video.write(file, how);
        try (VideoReader reader = VideoReader.open(file)) {
            assertThat(reader.rate()).hasToString(played);
        }
        assertThat(SavedRecipe.read(Video.recipeFile(file)).rate()).hasToString(played);
        return JsonFile.read(Video.recipeFile(file)).path("fps").asText("none");
    }

    private static VideoListener warned(List<String> warnings) {
        return new VideoListener() {
            @Override
            public void warning(String line) {
                warnings.add(line);
            }
        };
    }

    @Test
    void version15MakesVideosOfWholePatchesAndRefusesWhatItCannot() throws IOException {
        PipelineTest.bundle(model, "15");
        try (Ingredients ingredients = Ingredients.open(model, Options.DEFAULT.withTiling(TilingChoice.OFF))) {
            assertThat(ingredients.video("A walk.").request().size()).isEqualTo(new VideoSize(17, 128, 160));
            Video video = small(ingredients).generate();
            assertThat(video.frames()).hasSize(9);
            assertThat(rate(video, Video.Writing.DEFAULT, "16"))
                    .as("trained at another rate than 1.0")
                    .isEqualTo("16");
            assertThat(rate(video, Video.Writing.DEFAULT.withRate(FrameRate.DEFAULT), "8"))
                    .isEqualTo("none");

            assertThatThrownBy(() -> small(ingredients).size(176, 64).request())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("a video of 176x64 cannot be made: this model's positions end at 160x128; 160x128 is "
                            + "usual");
            assertThatThrownBy(
                            () -> small(ingredients).person(Path.of("ada.png")).request())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("knows no people (its transformer is a plain CogVideoX 1.5 one), but 1 were");
            assertThatThrownBy(() -> small(ingredients)
                            .firstFrame(Picture.filled(96, 64, 0, 0, 0).image())
                            .request())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("takes no first frame");
        }
    }
}
