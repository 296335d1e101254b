package ai.ingredients.evaluation.drawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.pipeline.Placement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlacedCasesTest {
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void everyoneHasAPlaceOfTheirOwn(int people) {
        CastCases drawn = new CastCases(10, people, 7);
        PlacedCases placed = new PlacedCases(drawn, drawn);
        Set<List<Integer>> orders = new HashSet<>();
        for (int i = 0; i < drawn.count(); i++) {
            EvaluationCase one = placed.get(i);
            assertThat(one.places()).hasSize(people);
            assertThat(one.places().stream().map(Placement::region)).doesNotHaveDuplicates();
            assertThat(one.places().stream().map(Placement::person)).containsExactlyElementsOf(one.order());
            assertThat(one.places())
                    .isSortedAccordingTo((a, b) ->
                            Double.compare(a.region().left(), b.region().left()));
            EvaluationCase plain = drawn.get(i);
            if (!plain.order().isEmpty()) {
                assertThat(one.order()).as(one.caption()).isEqualTo(plain.order());
                assertThat(one.places()).containsExactlyInAnyOrderElementsOf(plain.places());
            }
            assertThat(placed.get(i).places()).as("the same every time").isEqualTo(one.places());
            orders.add(one.order());
        }
        assertThat(orders).hasSizeGreaterThanOrEqualTo(people);
    }

    @Test
    void onePersonHasNothingToDecide() {
        CastCases drawn = new CastCases(1, 1, 7);
        assertThatThrownBy(() -> new PlacedCases(drawn, drawn))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("two or more people");
    }

    @Test
    void anEvaluationOfThemIsAnother() {
        CastCases drawn = new CastCases(1, 2, 7);
        assertThat(new PlacedCases(drawn, drawn).recipe()).isNotEqualTo(drawn.recipe());
    }
}
