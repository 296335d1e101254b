package ai.ingredients.inspection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.pipeline.VideoListener.Stage;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Figures of routing whose values are known by hand. */
class RoutingInspectorTest {
    private static final double ROUNDING = 1e-6;

    @Test
    void figuresOfOneBlock() {
        RoutingInspector inspector = Seen.inspector(Seen.GRID, 1, 1);
        Seen.block(inspector, 0, new float[] {1, 0.75f, 0.5f, 0.25f}, 0, 1, 2, 3);
        Seen.endOfStep(inspector, 0, 999);

        Figures figures = inspector.inspection().mean();
        assertThat(figures.owned()).containsExactly(0.75, 0.25); // a draw goes to the first
        assertThat(figures.weight()).containsExactly(0.625, 0.375);
        double quarter = 0.25 * 2 + 0.75 * Math.log(4.0 / 3) / Math.log(2);
        assertThat(figures.entropy()).isCloseTo((0 + quarter + 1 + quarter) / 4, within(ROUNDING));
        assertThat(figures.residual()).isCloseTo((0 + 0.5 + 1 + 1.5) / 4, within(ROUNDING));
        assertThat(figures.sameAsStepBefore()).isNaN();
        assertThat(figures.sameAsBlockBefore()).isNaN();
        assertThat(figures.accuracy()).isNaN();
    }

    @Test
    void agreementIsWithTheSameBlockAStepBeforeAndTheBlockBeforeInTheSameStep() {
        RoutingInspector inspector = Seen.inspector(Seen.GRID, 2, 2);
        Seen.block(inspector, 0, new float[] {1, 1, 0, 0}, 1, 1, 1, 1);
        Seen.block(inspector, 2, new float[] {1, 1, 1, 0}, 1, 1, 1, 1);
        Seen.endOfStep(inspector, 0, 999);
        Seen.block(inspector, 0, new float[] {1, 0, 0, 0}, 1, 1, 1, 1);
        Seen.block(inspector, 2, new float[] {0, 0, 0, 1}, 1, 1, 1, 1);
        Seen.endOfStep(inspector, 1, 499);

        Inspection inspection = inspector.inspection();
        assertThat(inspection.blocks()).containsExactly(0, 2);
        List<Figures> first = inspection.steps().get(0).blocks();
        List<Figures> second = inspection.steps().get(1).blocks();
        assertThat(first.get(0).sameAsStepBefore()).isNaN();
        assertThat(first.get(1).sameAsStepBefore()).isNaN();
        assertThat(first.get(1).sameAsBlockBefore()).isEqualTo(0.75);
        assertThat(second.get(0).sameAsStepBefore()).isEqualTo(0.75);
        assertThat(second.get(0).sameAsBlockBefore()).isNaN();
        assertThat(second.get(1).sameAsStepBefore()).isEqualTo(0);
        assertThat(second.get(1).sameAsBlockBefore()).isEqualTo(0.5);
        assertThat(inspection.byBlock().get(0).sameAsStepBefore()).isEqualTo(0.75);
        assertThat(inspection.mean().sameAsBlockBefore()).isEqualTo((0.75 + 0.5) / 2);
        assertThat(inspection.steps().get(1).timestep()).isEqualTo(499);
    }

    @Test
    void accuracyCountsTokensWithATrueOwnerOnly() {
        TrueOwners truth = new TrueOwners(new int[] {0, TrueOwners.NOBODY, 1, 1});
        RoutingInspector inspector = new RoutingInspector(Seen.GRID, 1, 1, truth);
        Seen.block(inspector, 0, new float[] {1, 0, 1, 0}, 1, 1, 1, 1);
        Seen.endOfStep(inspector, 0, 999);

        assertThat(inspector.inspection().mean().accuracy()).isCloseTo(2 / 3.0, within(ROUNDING));
    }

    /** Per branch, the prompt's half decides what is seen in the video; with reference routing there is only one. */
    @Test
    void theLastElementDecides() {
        RoutingInspector inspector = Seen.inspector(Seen.GRID, 1, 1);
        try (Scope scope = Scope.inference()) {
            Tensor shares = Ops.tensor(new float[] {1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1}, 2, 4, 2);
            Tensor hidden = Ops.tensor(new float[] {1, 1, 1, 1, 4, 4, 4, 4}, 2, 4, 1);
            Tensor residual = Ops.tensor(new float[] {1, 1, 1, 1, 1, 1, 1, 1}, 2, 4, 1);
            inspector.routed(0, hidden, residual, shares);
        }
        Seen.endOfStep(inspector, 0, 999);

        assertThat(inspector.inspection().mean().owned()).containsExactly(0.0, 1.0);
        assertThat(inspector.inspection().mean().residual()).isEqualTo(0.25);
    }

    @ParameterizedTest
    @CsvSource({"10, 6, 0 2 4 5 7 9", "3, 6, 0 1 2", "5, 1, 4", "1, 6, 0", "50, 2, 0 49"})
    void mapsAreKeptOfTheStepsAskedFor(int steps, int shown, String kept) {
        RoutingInspector inspector = Seen.inspector(Seen.GRID, steps, shown);
        for (int step = 0; step < steps; step++) {
            Seen.block(inspector, 0, new float[] {1, 0, 1, step / 64f}, 1, 1, 1, 1);
            Seen.endOfStep(inspector, step, 1000 - step);
        }

        Inspection inspection = inspector.inspection();
        assertThat(inspection.steps()).hasSize(steps);
        assertThat(inspection.shown().stream().map(one -> String.valueOf(one.step())))
                .containsExactly(kept.split(" ", -1));
        for (Inspection.Shown one : inspection.shown()) {
            assertThat(one.blocks().getFirst().shareValues()).startsWith(1, 0, 0, 1);
            assertThat(one.blocks().getFirst().shareValues()[6]).isEqualTo(one.step() / 64f);
            assertThat(one.timestep()).isEqualTo(1000 - one.step());
        }
    }

    @Test
    void anotherGenerationBeginsAnew() {
        RoutingInspector inspector = Seen.inspector(Seen.GRID, 1, 1);
        Seen.block(inspector, 0, new float[] {1, 1, 1, 1}, 1, 1, 1, 1);
        Seen.endOfStep(inspector, 0, 999);
        inspector.begins(Stage.DECODING, 1);
        assertThat(inspector.inspection().mean().owned()).containsExactly(1.0, 0.0);

        inspector.begins(Stage.DENOISING, 1);
        Seen.block(inspector, 0, new float[] {0, 0, 0, 0}, 1, 1, 1, 1);
        Seen.endOfStep(inspector, 0, 999);

        assertThat(inspector.inspection().steps()).hasSize(1);
        assertThat(inspector.inspection().mean().owned()).containsExactly(0.0, 1.0);
    }

    @Test
    void withoutPeopleThereIsNothing() {
        RoutingInspector inspector = Seen.inspector(Seen.GRID, 1, 1);
        Seen.endOfStep(inspector, 0, 999);

        assertThatThrownBy(inspector::inspection).hasMessageContaining("without people");
    }
}
