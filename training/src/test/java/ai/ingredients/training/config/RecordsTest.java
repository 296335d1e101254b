package ai.ingredients.training.config;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordsTest {
    record Outer(long steps, Inner inner, @Nullable Path start) {}

    record Inner(int batch, double rate) {
        Inner {
            if (batch < 1) {
                throw new InvalidInputException("batch is " + batch + "; expected at least 1");
            }
        }
    }

    private static final Outer OUTER = new Outer(5, new Inner(2, 0.5), null);

    @Test
    void oneComponentIsReplacedAndTheOthersStay() {
        assertEquals(new Outer(7, new Inner(2, 0.5), null), Records.with(OUTER, Outer::steps, 7L));
        assertEquals(new Outer(5, new Inner(2, 0.5), Path.of("a")), Records.with(OUTER, Outer::start, Path.of("a")));
        assertEquals(
                new Outer(5, new Inner(9, 0.5), null),
                Records.change(OUTER, Outer::inner, inner -> Records.with(inner, Inner::batch, 9)));
    }

    @Test
    void theRecordChecksTheNewValue() {
        Inner inner = OUTER.inner();
        assertThatThrownBy(() -> Records.with(inner, Inner::batch, 0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("batch is 0; expected at least 1");
    }

    @Test
    void whatIsNoComponentIsAMistakeOfTheProgram() {
        assertThatThrownBy(() -> Records.with(OUTER, outer -> outer.steps(), 7L))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Records.change(OUTER, Outer::start, path -> path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("start is null: there is nothing to change");
    }
}
