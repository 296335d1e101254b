package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.InvalidInputException;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small pictures of latents without decoding them: how the colours are found, and what is shown of a video. */
class LatentColoursTest {
    private static final int CHANNELS = 4;
    private static final int FRAMES = 3;
    private static final int HEIGHT = 6;
    private static final int WIDTH = 9;
    private static final int CELL = 8;
    private static final LatentColours TRUTH = new LatentColours(
            List.of(0.2, -0.1, 0.0, 0.05),
            List.of(0.0, 0.15, -0.2, 0.0),
            List.of(-0.1, 0.0, 0.1, 0.1),
            List.of(0.5, 0.4, 0.6),
            1);

    @TempDir
    Path folder;

    /** [1, f, C, h, w] in −1 … 1. */
    private static float[] latents(int seed) {
        Random random = new Random(seed);
        float[] values = new float[FRAMES * CHANNELS * HEIGHT * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    private static double colour(float[] latents, int t, int y, int x, List<Double> weights, double constant) {
        double colour = constant;
        for (int c = 0; c < CHANNELS; c++) {
            colour += weights.get(c) * latents[((t * CHANNELS + c) * HEIGHT + y) * WIDTH + x];
        }
        return colour;
    }

    /** Pixels and frames differ within what a latent stands for, and have its colour in the mean. */
    private static List<Picture> video(float[] latents) {
        List<Picture> frames = new ArrayList<>();
        for (int frame = 0; frame <= 4 * (FRAMES - 1); frame++) {
            int t = Math.ceilDiv(frame, 4);
            int shift = frame == 0 ? 0 : (frame % 2 == 0 ? 8 : -8);
            byte[] rgb = new byte[HEIGHT * CELL * WIDTH * CELL * 3];
            for (int i = 0; i < rgb.length; i++) {
                int x = i / 3 % (WIDTH * CELL);
                int y = i / 3 / (WIDTH * CELL);
                List<Double> weights =
                        List.of(TRUTH.red(), TRUTH.green(), TRUTH.blue()).get(i % 3);
                double value = colour(
                        latents,
                        t,
                        y / CELL,
                        x / CELL,
                        weights,
                        TRUTH.constant().get(i % 3));
                int grain = (x + y) % 2 == 0 ? 5 : -5;
                rgb[i] = (byte) (Math.round(255 * value) + shift + grain);
            }
            frames.add(new Picture(WIDTH * CELL, HEIGHT * CELL, rgb));
        }
        return frames;
    }

    private static void hear(LatentColoursFit fit, float[] latents) {
        try (Scope scope = Scope.inference()) {
            fit.denoised(Ops.tensor(latents, 1, FRAMES, CHANNELS, HEIGHT, WIDTH));
        }
    }

    private static LatentColours fitted() {
        try (LatentColoursFit fit = new LatentColoursFit()) {
            for (int seed = 1; seed <= 2; seed++) {
                float[] latents = latents(seed);
                hear(fit, latents);
                fit.add(video(latents));
            }
            assertThat(fit.videos()).isEqualTo(2);
            return fit.colours();
        }
    }

    @Test
    void theMapThatMadeTheColoursIsFound() {
        LatentColours found = fitted();

        same(found.red(), TRUTH.red());
        same(found.green(), TRUTH.green());
        same(found.blue(), TRUTH.blue());
        same(found.constant(), TRUTH.constant());
        assertThat(found.explained()).isBetween(0.999, 1.0);
    }

    private static void same(List<Double> found, List<Double> truth) {
        assertThat(found).hasSameSizeAs(truth);
        for (int i = 0; i < truth.size(); i++) {
            assertThat(found.get(i)).isCloseTo(truth.get(i), within(1e-3));
        }
    }

    /** What the latents cannot tell is not explained. */
    @Test
    void colourThatLatentsDoNotTellIsNotExplained() {
        try (LatentColoursFit fit = new LatentColoursFit()) {
            hear(fit, latents(1));
            fit.add(video(latents(2)));
            assertThat(fit.colours().explained()).isBetween(0.0, 0.3);
        }
    }

    @Test
    void picturesHaveAPixelForEachLatent() {
        float[] latents = latents(3);
        List<Picture> pictures;
        try (Scope scope = Scope.inference()) {
            pictures = TRUTH.pictures(Ops.tensor(latents, 1, FRAMES, CHANNELS, HEIGHT, WIDTH));
        }
        assertThat(pictures)
                .hasSize(FRAMES)
                .allMatch(picture -> picture.width() == WIDTH && picture.height() == HEIGHT);
        for (int t = 0; t < FRAMES; t++) {
            int last = 3 * (HEIGHT * WIDTH - 1);
            double green = colour(latents, t, HEIGHT - 1, WIDTH - 1, TRUTH.green(), 0.4);
            assertThat(pictures.get(t).rgb()[last + 1] & 255).isCloseTo((int) Math.round(255 * green), within(1));
        }
    }

    @Test
    void tooLittleAndNothingAreRefused() {
        try (LatentColoursFit fit = new LatentColoursFit()) {
            assertThatThrownBy(fit::colours)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("0 latents of 0 videos are too few");
            try (Scope scope = Scope.inference()) {
                fit.denoised(Ops.tensor(new float[CHANNELS], 1, 1, CHANNELS, 1, 1));
            }
            fit.add(List.of(Picture.filled(CELL, CELL, 1, 2, 3)));
            assertThatThrownBy(fit::colours)
                    .hasMessage(
                            "1 latents of 1 videos are too few to fit 5 numbers for each colour; make larger videos,"
                                    + " or more of them");
            assertThatThrownBy(() -> fit.add(List.of())).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aFileComesBackAndDamageIsOneLine() throws IOException {
        Path file = folder.resolve(LatentColours.FILE);
        TRUTH.write(file);
        assertThat(LatentColours.read(file)).isEqualTo(TRUTH);

        Files.writeString(file, "{\"red\": [1], \"green\": [1, 2], \"blue\": [1], \"constant\": [0, 0, 0]}");
        assertThatThrownBy(() -> LatentColours.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("preview.json")
                .hasMessageContaining("have 1, 2, 1 and 3 numbers");
    }

    /** The bundle of the tests with {@code colours}; none without. */
    private Path model(String colours) throws IOException {
        Path model = folder.resolve("model");
        if (!Files.exists(model)) {
            Files.createDirectory(model);
            try (var files = Files.list(Fixture.bundle())) {
                for (Path file : files.toList()) {
                    Files.createSymbolicLink(model.resolve(file.getFileName()), file.toAbsolutePath());
                }
            }
        }
        Files.writeString(model.resolve(LatentColours.FILE), colours);
        return model;
    }

    private static VideoBuilder small(Ingredients ingredients) {
        return ingredients.video("A walk.").size(48, 32).frames(9).steps(4).guidanceScale(1);
    }

    @Test
    void aVideoIsShownEveryFewStepsAndStaysTheSame() throws IOException {
        StringBuilder colours = new StringBuilder("{\"explained\": 0.5, \"constant\": [0.5, 0.5, 0.5]");
        for (String name : List.of("red", "green", "blue")) {
            colours.append(", \"" + name + "\": [").append("0.1, ".repeat(15)).append("0.1]");
        }
        Path model = model(colours + "}");
        List<Integer> steps = new ArrayList<>();
        List<BufferedImage> middles = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        VideoListener asks = new VideoListener() {
            @Override
            public boolean wantsPreview(int step) {
                return step == 1;
            }

            @Override
            public void preview(int step, BufferedImage picture) {
                middles.add(picture);
            }

            @Override
            public void warning(String line) {
                warnings.add(line);
            }
        };
        Video plain;
        try (Ingredients ingredients = Ingredients.open(model, Options.DEFAULT)) {
            plain = small(ingredients).generate();
            VideoBuilder video = small(ingredients);
            Video watched = video.listener(new Previews(video.request(), 2, (step, frames) -> {
                        steps.add(step);
                        assertThat(frames).hasSize(3).allMatch(frame -> frame.width() == 6 && frame.height() == 4);
                    }))
                    .listener(asks)
                    .generate();
            assertThat(watched.frames()).isEqualTo(plain.frames());
            assertThatThrownBy(() -> new Previews(video.request(), 0, (step, frames) -> {}))
                    .hasMessageContaining("`preview` is 0");
        }
        assertThat(steps).containsExactly(1, 3);
        assertThat(middles)
                .singleElement()
                .satisfies(image -> assertThat(image.getWidth()).isEqualTo(6));
        assertThat(warnings).isEmpty();

        model("{\"red\": [1], \"green\": [1], \"blue\": [1], \"constant\": [0, 0, 0]}");
        try (Ingredients ingredients = Ingredients.open(model, Options.DEFAULT)) {
            VideoBuilder video = small(ingredients).listener(asks);
            assertThat(video.generate().frames()).isEqualTo(plain.frames());
            assertThat(middles).hasSize(2);
            assertThat(middles.getLast().getWidth()).as("decoded").isEqualTo(48);
            assertThat(warnings)
                    .singleElement()
                    .asString()
                    .contains("has weights of 1 latent channels, but this model has 16", "previews are decoded");
            Files.delete(model.resolve(LatentColours.FILE));
            assertThatThrownBy(() -> new Previews(video.request(), 2, (step, frames) -> {}))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith("`preview` needs to know");
        }
    }
}
