package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.Identity;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import ai.ingredients.transformer.Routing;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not computed, and what stays as it was: guidance in an interval, alone and with repeated steps. */
class ShortcutsTest {
    private static final int STEPS = 4;
    private static final MagnitudeRatios EVEN = new MagnitudeRatios(List.of(1.0, 1.0));
    /** Two steps are repeated behind each computed one. */
    private static final MagCache CACHE = new MagCache(1, 2, 0, EVEN);

    /**
     * What a generation told: the rows with people that each routed block computed, in order, and of each step the rows
     * predicted, the latents and the rows of the logits.
     */
    private record Seen(List<Long> rows, List<Long> predicted, List<Tensor> latents, List<Long> logitRows)
            implements GenerationListener {
        Seen() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        @Override
        public void prediction(int step, Tensor prediction) {
            predicted.add(prediction.size(0));
        }

        @Override
        public void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {
            if (block == 0) {
                rows.add(hidden.size(0));
            }
        }

        @Override
        public void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {
            this.latents.add(Scope.retain(latents.clone()));
            logitRows.add(routingLogits.getFirst().size(0));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "2, 3"})
    void outsideTheIntervalOneRowIsComputed(double image, long rows) {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            Seen seen = made(generator, new Shortcuts(new GuidanceInterval(0.25, 0.75), null), 3, image);
            assertThat(seen.predicted).containsExactly(1L, rows, rows, 1L);
            assertThat(seen.rows).as("with people").containsExactly(1L, 2L, 2L, 1L);
        }
    }

    /** Without guidance the first step is the prediction by the prompt alone, and inside the interval it is not. */
    @Test
    void aStepOutsideIsTheUnguidedOne() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            Seen unguided = made(generator, Shortcuts.NONE, 1, 1);
            Seen late = made(generator, new Shortcuts(new GuidanceInterval(0.5, 1), null), 3, 1);
            assertTrue(torch.equal(unguided.latents.get(1), late.latents.get(1)), "step 1");
            assertThat(torch.equal(unguided.latents.get(2), late.latents.get(2)))
                    .isFalse();
        }
    }

    @Test
    void theWholeIntervalAndNoThresholdAreThePlainBits() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            Seen plain = made(generator, Shortcuts.NONE, 3, 2);
            Seen whole = made(generator, new Shortcuts(new GuidanceInterval(0, 1), new MagCache(0, 4, 0, EVEN)), 3, 2);
            assertThat(whole.rows).isEqualTo(plain.rows);
            for (int i = 0; i < STEPS; i++) {
                assertTrue(torch.equal(plain.latents.get(i), whole.latents.get(i)), "step " + i);
            }
        }
    }

    /** Where the rows grow there is nothing to repeat; where they shrink the prompt's row is taken. */
    @Test
    void rowsThatWereNotComputedAreNotRepeated() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            Seen all = made(generator, Shortcuts.NONE.with(CACHE), 3, 2);
            assertThat(all.rows).containsExactly(2L, 2L);
            assertThat(all.predicted).containsExactly(3L, 3L, 3L, 3L);
            assertThat(all.logitRows).containsExactly(2L, 2L, 2L, 2L);
            Seen late = made(generator, new Shortcuts(new GuidanceInterval(0.25, 0.5), CACHE), 3, 2);
            assertThat(late.rows).containsExactly(1L, 2L);
            assertThat(late.predicted).containsExactly(1L, 3L, 1L, 1L);
            assertThat(late.logitRows).containsExactly(1L, 2L, 1L, 1L);
        }
    }

    /** The second cache knows of rows what the first does: where they grow nothing is repeated, whatever the sum says. */
    @Test
    void rowsThatWereNotComputedAreNotRepeatedByTheSecondCacheEither() {
        TeaCache cache = new TeaCache(9, new TeaPolynomial(List.of(0.0), 0, 1));
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            Seen all = made(generator, Shortcuts.NONE.with(cache), 3, 2);
            assertThat(all.rows).containsExactly(2L, 2L); // the first and the last
            Seen late = made(generator, new Shortcuts(new GuidanceInterval(0.25, 0.5), null, cache), 3, 2);
            assertThat(late.rows).containsExactly(1L, 2L, 1L);
            assertThat(late.logitRows).containsExactly(1L, 2L, 1L, 1L);
        }
    }

    @Test
    void oneCacheIsEnough() {
        Shortcuts one = Shortcuts.NONE.with(CACHE);
        assertThatThrownBy(() -> one.with(TeaCache.DEFAULT))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("use one of them");
    }

    /** Who owns what is a mean over computed steps: shares of all people still sum to 1. */
    @Test
    void theMeanOfTheRoutingKnowsWhichStepsWereComputed() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            GenerationRequest request = request(Shortcuts.NONE.with(CACHE), 3, 1);
            try (RoutingMean mean = new RoutingMean(request)) {
                generator.generate(request, people(), part -> {}, mean);
                RoutingMaps maps = Objects.requireNonNull(mean.maps());
                for (int token = 0; token < maps.shares().length; token += 2) {
                    assertThat(maps.shares()[token] + maps.shares()[token + 1]).isCloseTo(1, within(1e-5f));
                }
            }
        }
    }

    @Test
    void nothingIsLeftInNativeMemory() {
        assumeTrue(NativeMemory.known(), "this C library does not tell");
        try (VideoGenerator generator = generator()) {
            long grown = NativeMemory.leak(() -> {
                try (Scope scope = Scope.open()) {
                    for (Scheduler.Kind kind : Scheduler.Kind.values()) {
                        GenerationRequest request = builder(new Shortcuts(new GuidanceInterval(0.25, 1), CACHE), 3, 2)
                                .scheduler(kind)
                                .build();
                        generator.generate(request, people(), part -> {}, GenerationListener.NONE);
                    }
                }
            });
            assertThat(grown).isLessThan(100_000);
        }
    }

    @Test
    void theRecipeSaysWhatWasLeftOut() {
        var json = JsonNodeFactory.instance.objectNode();
        Shortcuts.NONE.describe(json);
        assertThat(json).isEmpty();
        new Shortcuts(new GuidanceInterval(0.25, 0.5), CACHE).describe(json);
        assertThat(json.toString())
                .isEqualTo("{\"guidance_interval\":[0.25,0.5],\"magcache\":{\"threshold\":1.0,\"most_repeats\":2,"
                        + "\"retention\":0.0,\"mag_ratios\":[1.0,1.0]}}");
        for (Shortcuts shortcuts : List.of(
                new Shortcuts(new GuidanceInterval(0.25, 0.5), CACHE),
                Shortcuts.NONE.with(new TeaCache(0.1, new TeaPolynomial(List.of(2.0, 1.0), 0.5, 1.5))),
                Shortcuts.NONE.with(
                        new TeaCache(0.1, new TeaPolynomial(List.of(2.0, 1.0), 0, Double.POSITIVE_INFINITY))))) {
            var said = JsonNodeFactory.instance.objectNode();
            shortcuts.describe(said);
            assertThat(Shortcuts.of(said)).isEqualTo(shortcuts);
        }
    }

    @Test
    void intervalsAreShares() {
        GuidanceInterval interval = GuidanceInterval.parse("0.2..0.8");
        assertThat(interval).isEqualTo(new GuidanceInterval(0.2, 0.8));
        for (int i = 0; i < 40; i++) {
            assertThat(interval.holds(i, 40)).as("step %d", i).isEqualTo(i >= 8 && i < 32);
            assertThat(GuidanceInterval.WHOLE.holds(i, 40)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.2", "0.8..0.2", "-0.1..1", "0..1.1", "a..b", "0.2..0.4..0.8", "0.5..0.5", ""})
    void otherIntervalsAreRefused(String text) {
        assertThatThrownBy(() -> GuidanceInterval.parse(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("`guidanceInterval`")
                .hasMessageContaining("0.2..0.8");
    }

    private static VideoGenerator generator() {
        return new VideoGenerator(
                ModelBundle.open(Fixture.bundle()), Compute.CPU_FP32, MemoryLevel.NONE, TilingChoice.OFF);
    }

    private static Seen made(VideoGenerator generator, Shortcuts shortcuts, double prompt, double image) {
        Seen seen = new Seen();
        generator.generate(request(shortcuts, prompt, image), people(), part -> {}, seen);
        return seen;
    }

    private static GenerationRequest request(Shortcuts shortcuts, double prompt, double image) {
        return builder(shortcuts, prompt, image).build();
    }

    private static GenerationRequest.Builder builder(Shortcuts shortcuts, double prompt, double image) {
        return ModelBundle.open(Fixture.bundle())
                .request("A walk.")
                .people(2)
                .size(9, 32, 48)
                .seed(3)
                .steps(STEPS)
                .guidanceScale(prompt)
                .imageGuidanceScale(image)
                .scheduler(Scheduler.Kind.DDIM)
                .routing(Routing.PER_BRANCH)
                .maxSequenceLength(16)
                .shortcuts(shortcuts);
    }

    private static People people() {
        torch.manual_seed(2);
        List<Identity> identities = new ArrayList<>();
        for (int n = 0; n < 2; n++) {
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < 5; scale++) {
                hidden.add(torch.randn(1, 7, 32));
            }
            identities.add(new Identity(torch.randn(1, 40), hidden));
        }
        return new People(identities, Picture.filled(720, 480, 200, 120, 40));
    }
}
