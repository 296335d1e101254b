package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.pipeline.Placement.Region;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who stands where is settled by the routers, early, and words are heard there. */
class LayoutTest {
    private static final VideoSize SIZE = new VideoSize(9, 32, 64);
    private static final int COLUMNS = 4;
    private static final Layout THROUGHOUT = new Layout(0, 1, 0);
    private static final PersonWords WORDS = new PersonWords(List.of("ada", ""), Map.of("ada", "a woman in red"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0.05..0.35 | 40 | 1 | 14",
                "0.05..0.35,5 | 40 | 1 | 14",
                "0..1,0.5 | 40 | 0 | 40",
                "0.05..0.35 | 6 | 0 | 3",
                "0.5..0.6 | 10 | 4 | 6",
            })
    void sharesAreOfTheSteps(String text, int steps, int settling, int held) {
        Layout layout = Objects.requireNonNull(Layout.parse(text));
        assertThat(layout.settlingStep(steps)).isEqualTo(settling);
        assertThat(layout.holds(held - 1, steps)).isTrue();
        assertThat(layout.holds(held, steps)).isFalse();
        assertThat(Layout.parse(layout.toString())).isEqualTo(layout);
    }

    @Test
    void offIsNone() {
        assertThat(Layout.parse("off")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "0.2", "0.3..0.2", "0..2", "-0.1..0.3", "0..1,-1", "0..1,x", "0..1,NaN", "0..1,1,1", "on"})
    void whatCannotBeIsRefused(String text) {
        assertThatThrownBy(() -> Layout.parse(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("`layout`");
    }

    /** The last routing shares [V, N], the logits of step 0 summed over blocks [V, N], and the latents. */
    private static final class Made implements GenerationListener {
        private float[] shares = {};
        private float[] first = {};
        private float[] latents = {};
        private final List<String> warnings = new ArrayList<>();

        @Override
        public void routed(int block, Tensor hidden, Tensor residual, Tensor all) {
            shares = Ops.floats(all.select(0, all.size(0) - 1).to(ScalarType.Float));
        }

        @Override
        public void step(int index, long timestep, Tensor sample, List<Tensor> logits) {
            if (index == 0) {
                Tensor sum = logits.getFirst().select(0, -1);
                for (Tensor block : logits.subList(1, logits.size())) {
                    sum = sum.add(block.select(0, -1));
                }
                first = Ops.floats(sum.to(ScalarType.Float));
            }
        }

        @Override
        public void denoised(Tensor clean) {
            latents = Ops.floats(clean.to(ScalarType.Float));
        }

        @Override
        public void warning(String line) {
            warnings.add(line);
        }
    }

    private static Made made(int count, @Nullable Layout layout, Steering steering, String prompt) {
        Made made = new Made();
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        GenerationRequest request = bundle.request("")
                .prompt(WORDS.read("prompt", prompt))
                .people(count)
                .size(SIZE.frames(), SIZE.height(), SIZE.width())
                .seed(3)
                .steps(2)
                .maxSequenceLength(16)
                .steering(steering)
                .layout(layout)
                .build();
        try (Scope scope = Scope.open();
                VideoGenerator generator =
                        new VideoGenerator(bundle, Compute.CPU_FP32, MemoryLevel.NONE, TilingChoice.OFF)) {
            generator.generate(request, SteeringTest.people(count), frames -> {}, made);
        }
        return made;
    }

    private static Made made(int count, @Nullable Layout layout) {
        return made(count, layout, Steering.NONE, "A walk.");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void everybodyGetsTheStripThatTheRoutersWouldGiveThem(int count) {
        Made free = made(count, null);
        Made settled = made(count, THROUGHOUT);
        assertThat(settled.first).as("before it is settled").isEqualTo(free.first);
        List<Placement> expected = Strips.of(free.first, COLUMNS, count, List.of());
        assertThat(expected).hasSize(count);
        float[] bias = PlacementBias.of(expected, 1, SIZE, 2, count);
        for (int v = 0; v < settled.shares.length / count; v++) {
            for (int n = 0; n < count; n++) {
                if (bias[v * count + n] == 1) { // the whole token is this person's
                    assertThat(settled.shares[v * count + n]).as("token " + v).isGreaterThan(0.99f);
                }
            }
        }
        assertThat(settled.latents).isNotEqualTo(free.latents);
    }

    @Test
    void placesAskedOfEverybodyLeaveNothingToSettle() {
        Steering asked = Steering.NONE.withPlaces(
                List.of(new Placement(1, Strips.strip(0, 2)), new Placement(0, Strips.strip(1, 2))));
        assertThat(made(2, THROUGHOUT, asked, "A walk.").latents).isEqualTo(made(2, null, asked, "A walk.").latents);
    }

    @Test
    void whoWasAskedForAPlaceKeepsIt() {
        List<Placement> places = List.of(new Placement(1, Region.LEFT));
        Made made = made(2, THROUGHOUT, Steering.NONE.withPlaces(places), "A walk.");
        for (int v = 0; v < made.shares.length / 2; v++) {
            if (v % COLUMNS == 0 || v % COLUMNS == COLUMNS - 1) {
                int owner = v % COLUMNS == 0 ? 1 : 0;
                assertThat(made.shares[v * 2 + owner]).as("token " + v).isGreaterThan(0.99f);
            }
        }
    }

    @Test
    void aLayoutThatEndsBeforeItIsSettledChangesNoBit() {
        assertThat(made(2, new Layout(0, 0.5)).latents).isEqualTo(made(2, null).latents);
    }

    @Test
    void oneTellsNobodyApart() {
        assertThat(made(1, new Layout(0, 1), Steering.NONE, "@ada walks.").latents)
                .isEqualTo(made(1, null, Steering.NONE, "@ada walks.").latents);
    }

    @Test
    void wordsOfPeopleWithNamesAreHeardAtTheirPlace() {
        Made heard = made(2, new Layout(0, 1), Steering.NONE, "@ada walks.");
        Made everywhere = made(2, THROUGHOUT, Steering.NONE, "@ada walks.");
        Made nobodys = made(2, new Layout(0, 1), Steering.NONE, "A woman in red walks.");
        assertThat(everywhere.latents).isEqualTo(nobodys.latents);
        assertThat(heard.latents).isNotEqualTo(everywhere.latents);
        assertThat(heard.first).as("nobody has a place yet").isEqualTo(everywhere.first);
    }

    @Test
    void moreThanTheFrameHoldsAreLeftAloneAndItIsSaid() {
        Made made = made(5, THROUGHOUT);
        assertThat(made.warnings).anyMatch(line -> line.contains("too narrow for a place for each of 5 people"));
        assertThat(made.latents).isEqualTo(made(5, null).latents);
    }
}
