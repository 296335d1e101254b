package ai.ingredients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.Ingredients.Options;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.pipeline.Layout;
import ai.ingredients.pipeline.MagCache;
import ai.ingredients.pipeline.MagnitudeRatios;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.RoutingMaps;
import ai.ingredients.pipeline.Shortcuts;
import ai.ingredients.pipeline.TeaCache;
import ai.ingredients.pipeline.TeaPolynomial;
import ai.ingredients.pipeline.VideoListener;
import ai.ingredients.testing.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A video that goes on from saved steps has the bits of one that was never interrupted. */
class ResumedVideoTest {
    private static final Path PHOTOS = Path.of("../examples/photos");
    private static final int STEPS = 6;

    @TempDir
    Path folder;

    /** Notes which steps were taken, and ends the video after one of them. */
    private static final class Ending implements VideoListener {
        private final Cancellation cancellation;
        private final int last;
        private final List<Integer> done = new ArrayList<>();
        private final List<String> warnings = new ArrayList<>();
        private Stage stage = Stage.TEXT;

        Ending(Cancellation cancellation, int last) {
            this.cancellation = cancellation;
            this.last = last;
        }

        @Override
        public void begins(Stage begun, int total) {
            stage = begun;
        }

        @Override
        public void progress(int pieces) {
            if (stage == Stage.DENOISING) {
                done.add(pieces);
                if (pieces == last) {
                    cancellation.cancel();
                }
            }
        }

        @Override
        public void warning(String line) {
            warnings.add(line);
        }
    }

    private static VideoBuilder video(Ingredients ingredients, Scheduler.Kind scheduler) {
        LandmarkFile landmarks = LandmarkFile.read(PHOTOS.resolve("landmarks.json"));
        return ingredients
                .video("Two people wave.")
                .person(Portrait.of(PHOTOS.resolve("ada.png")).landmarks(landmarks))
                .person(Portrait.of(PHOTOS.resolve("alan.png")).landmarks(landmarks))
                .frames(9)
                .size(48, 32)
                .scheduler(scheduler)
                .seed(5)
                .steps(STEPS);
    }

    private Video interruptedAt(int step, Scheduler.Kind scheduler) {
        Path file = folder.resolve("steps-" + scheduler + "-" + step);
        try (Ingredients first = Ingredients.open(Fixture.bundle(), Options.DEFAULT.withMemory(MemoryLevel.NONE))) {
            Cancellation cancellation = new Cancellation();
            Ending ending = new Ending(cancellation, step);
            VideoBuilder builder = video(first, scheduler)
                    .resumable(file, Duration.ZERO)
                    .listener(ending)
                    .cancelledBy(cancellation);
            assertThatThrownBy(builder::generate).isInstanceOf(CancellationException.class);
            assertThat(ending.done).endsWith(step);
        }
        try (Ingredients second = Ingredients.open(Fixture.bundle(), Options.DEFAULT.withMemory(MemoryLevel.NONE))) {
            Ending ending = new Ending(new Cancellation(), -1);
            Video video = video(second, scheduler)
                    .resumable(file, Duration.ZERO)
                    .listener(ending)
                    .generate();
            assertThat(ending.done).startsWith(step).endsWith(STEPS).hasSize(STEPS - step + 1);
            assertThat(ending.warnings).isEmpty();
            return video;
        }
    }

    @ParameterizedTest
    @EnumSource(Scheduler.Kind.class)
    void hasTheBitsOfAnUninterruptedOne(Scheduler.Kind scheduler) {
        Video expected;
        try (Ingredients ingredients = Ingredients.open(Fixture.bundle())) {
            expected = video(ingredients, scheduler).generate();
        }
        RoutingMaps maps = expected.routing().orElseThrow();
        for (int step : new int[] {1, 4, STEPS}) { // before and after the routing's mean begins, and with nothing left
            Video resumed = interruptedAt(step, scheduler);
            assertThat(resumed.frames()).isEqualTo(expected.frames());
            assertThat(resumed.routing().orElseThrow().shares()).isEqualTo(maps.shares());
        }
    }

    /** Places that were settled are not saved: the file stands before that, or behind the steps in which they hold. */
    @Test
    void withALayoutItHasTheBitsToo() {
        Layout layout = new Layout(0.3, 0.7, 5); // settled after step 1, held up to step 4
        Video expected;
        try (Ingredients ingredients = Ingredients.open(Fixture.bundle())) {
            expected = named(ingredients).layout(layout).generate();
            assertThat(expected.frames())
                    .isNotEqualTo(named(ingredients).layout(null).generate().frames());
        }
        int[][] interruptedAndFound = {{1, 1}, {3, 1}, {5, 5}};
        for (int[] steps : interruptedAndFound) {
            Path file = folder.resolve("layout-" + steps[0]);
            try (Ingredients ingredients = Ingredients.open(Fixture.bundle())) {
                Cancellation cancellation = new Cancellation();
                VideoBuilder builder = named(ingredients)
                        .layout(layout)
                        .resumable(file, Duration.ZERO)
                        .listener(new Ending(cancellation, steps[0]))
                        .cancelledBy(cancellation);
                assertThatThrownBy(builder::generate).isInstanceOf(CancellationException.class);
                Ending ending = new Ending(new Cancellation(), -1);
                Video resumed = named(ingredients)
                        .layout(layout)
                        .resumable(file, Duration.ZERO)
                        .listener(ending)
                        .generate();
                assertThat(ending.done).startsWith(steps[1]);
                assertThat(resumed.frames()).isEqualTo(expected.frames());
            }
        }
    }

    private static VideoBuilder named(Ingredients ingredients) {
        LandmarkFile landmarks = LandmarkFile.read(PHOTOS.resolve("landmarks.json"));
        return ingredients
                .video("@ada waves at @alan.")
                .person(Portrait.of(PHOTOS.resolve("ada.png"))
                        .landmarks(landmarks)
                        .named("ada"))
                .person(Portrait.of(PHOTOS.resolve("alan.png"))
                        .landmarks(landmarks)
                        .named("alan"))
                .role("ada", "a woman in red")
                .frames(9)
                .size(48, 32)
                .seed(5)
                .steps(STEPS);
    }

    /** What repeated steps take over is not saved: the file stands before the last computed one that others repeat. */
    @Test
    void withRepeatedStepsItHasTheBitsToo() {
        repeated(Shortcuts.NONE.with(new MagCache(1, 1, 0, new MagnitudeRatios(List.of(1.0, 1.0)))));
    }

    /** Of every two steps the first is computed: one move counts 1, whatever the embedding did. */
    @Test
    void withStepsRepeatedByTheSecondCacheToo() {
        repeated(Shortcuts.NONE.with(new TeaCache(1.5, new TeaPolynomial(List.of(1.0), 0, Double.POSITIVE_INFINITY))));
    }

    private void repeated(Shortcuts shortcuts) {
        Video expected;
        try (Ingredients ingredients = Ingredients.open(Fixture.bundle())) {
            expected = video(ingredients, Scheduler.Kind.UNIPC)
                    .shortcuts(shortcuts)
                    .generate();
        }
        for (int step : new int[] {3, 4}) { // the third is computed and the fourth repeats it
            Path file = folder.resolve("repeated-" + step);
            Ending ending = new Ending(new Cancellation(), -1);
            try (Ingredients ingredients = Ingredients.open(Fixture.bundle())) {
                Cancellation cancellation = new Cancellation();
                VideoBuilder builder = video(ingredients, Scheduler.Kind.UNIPC)
                        .shortcuts(shortcuts)
                        .resumable(file, Duration.ZERO)
                        .listener(new Ending(cancellation, step))
                        .cancelledBy(cancellation);
                assertThatThrownBy(builder::generate).isInstanceOf(CancellationException.class);
                Video resumed = video(ingredients, Scheduler.Kind.UNIPC)
                        .shortcuts(shortcuts)
                        .resumable(file, Duration.ZERO)
                        .listener(ending)
                        .generate();
                assertThat(resumed.frames()).isEqualTo(expected.frames());
                assertThat(resumed.routing().orElseThrow().shares())
                        .isEqualTo(expected.routing().orElseThrow().shares());
            }
            assertThat(ending.done).startsWith(step == 3 ? 2 : 4).endsWith(STEPS);
            assertThat(ending.warnings).isEmpty();
        }
    }

    @Test
    void stepsOfAnotherVideoAndDamagedOnesAreLeftAlone() throws IOException {
        try (Ingredients ingredients = Ingredients.open(Fixture.bundle())) {
            Path file = folder.resolve("steps");
            video(ingredients, Scheduler.Kind.DPM)
                    .resumable(file, Duration.ZERO)
                    .generate();
            Video expected = video(ingredients, Scheduler.Kind.DPM).seed(6).generate();

            Ending other = new Ending(new Cancellation(), -1);
            assertThat(video(ingredients, Scheduler.Kind.DPM)
                            .seed(6)
                            .resumable(file, Duration.ofHours(1))
                            .listener(other)
                            .generate()
                            .frames())
                    .isEqualTo(expected.frames());
            assertThat(other.warnings).singleElement().asString().contains("another video");
            Path early = folder.resolve("early");
            video(ingredients, Scheduler.Kind.DPM)
                    .resumable(early, Duration.ofHours(1))
                    .generate();
            assertThat(early).as("less was done than may be lost").doesNotExist();

            Files.write(file, new byte[] {1, 2, 3});
            Ending damaged = new Ending(new Cancellation(), -1);
            assertThat(video(ingredients, Scheduler.Kind.DPM)
                            .seed(6)
                            .resumable(file, Duration.ofHours(1))
                            .listener(damaged)
                            .generate()
                            .frames())
                    .isEqualTo(expected.frames());
            assertThat(damaged.warnings).singleElement().asString().contains("cannot be read");
        }
    }
}
