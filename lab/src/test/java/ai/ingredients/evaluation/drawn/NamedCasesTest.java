package ai.ingredients.evaluation.drawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.Place;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Placement;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamedCasesTest {
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void withTheNamesReadThePromptIsTheSame(int people) {
        CastCases drawn = new CastCases(60, people, 7);
        NamedCases named = new NamedCases(drawn);
        int told = 0;
        for (int i = 0; i < drawn.count(); i++) {
            EvaluationCase one = named.get(i);
            EvaluationCase.Naming naming = Objects.requireNonNull(one.naming());
            PersonWords.Expanded read = new PersonWords(naming.names(), naming.roles()).read("prompt", naming.prompt());
            assertThat(read.text()).isEqualTo(drawn.get(i).caption()).isEqualTo(one.caption());
            CastScript script = drawn.script(i);
            for (PersonWords.Mention mention : read.mentions()) {
                Role role = script.parts().get(mention.person()).role();
                assertThat(read.text().substring(mention.start(), mention.end()))
                        .as(one.caption())
                        .contains(role.garment().colour().word())
                        .contains(role.garment().kind().word());
                told++;
            }
        }
        assertThat(told).isGreaterThan(drawn.count() / 2 * people);
    }

    /** "On the left a woman in red, on the right a woman in blue" leaves open who is who; with names it does not. */
    @Test
    void whoHasANameIsWhereThePromptSays() {
        CastCases drawn = new CastCases(60, 2, 7);
        int more = 0;
        for (int i = 0; i < drawn.count(); i++) {
            EvaluationCase plain = drawn.get(i);
            EvaluationCase one = new NamedCases(drawn).get(i);
            boolean all = Objects.requireNonNull(one.naming()).names().stream().noneMatch(String::isEmpty);
            boolean sides = drawn.script(i).parts().stream()
                    .allMatch(part -> part.role().place() != null);
            assertThat(one.places()).hasSize(all && sides ? 2 : plain.places().size());
            more += one.places().size() - plain.places().size();
            for (Placement place : one.places()) {
                Place said = drawn.script(i).parts().get(place.person()).role().place();
                assertThat(place.region()).isEqualTo(WhoIsWho.region(Objects.requireNonNull(said), 2));
            }
        }
        assertThat(more).isPositive();
    }

    @Test
    void onePersonHasAllWords() {
        assertThatThrownBy(() -> new NamedCases(new CastCases(1, 1, 7)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("two or more people");
    }

    @Test
    void anEvaluationOfThemIsAnother() {
        CastCases drawn = new CastCases(1, 2, 7);
        assertThat(new NamedCases(drawn).recipe()).isNotEqualTo(drawn.recipe());
    }
}
