package ai.ingredients.reproduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.evaluation.report.CaseResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeopleCheckTest {
    /** Eight cases of every training, each of them {@code spread} around the training's mean. */
    private static RowResult row(Row row, double... trainings) {
        List<List<List<CaseResult>>> all = new ArrayList<>();
        for (double mean : trainings) {
            List<CaseResult> cases = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                double value = mean + (i % 2 == 0 ? 0.05 : -0.05);
                cases.add(new CaseResult(
                        i, "case " + i, "", List.of("a", "b"), Map.of("face_sim", value), List.of(), ""));
            }
            all.add(List.of(cases));
        }
        return new RowResult(row, all);
    }

    private static PeopleCheck check(RowResult best, RowResult bare) {
        PeopleCheck check = PeopleCheck.of(Map.of(Row.INGREDIENTS, best, Row.FACE_SCALE_0, bare));
        assertNotNull(check);
        return check;
    }

    @Test
    void tablesAreAboutPeopleWhenIdentitiesMakeLikeness() {
        PeopleCheck check = check(row(Row.INGREDIENTS, 0.5, 0.52, 0.54), row(Row.FACE_SCALE_0, 0.2, 0.22, 0.21));
        assertTrue(check.holds());
        assertEquals(0.31, check.lost().mean(), 1e-9);
        assertTrue(
                check.lost().low() > 0.2 && check.lost().high() < 0.4,
                check.lost().toString());
        assertTrue(check.markdown().contains("They are. Ingredients has FaceSim 0.520"), check.markdown());
        assertTrue(check.markdown().contains("0.310 ("), check.markdown());
    }

    @Test
    void aCanvasThatDoesItAloneIsTold() {
        assertFalse(check(row(Row.INGREDIENTS, 0.6), row(Row.FACE_SCALE_0, 0.5)).holds(), "the canvas does it");
        PeopleCheck unlike = check(row(Row.INGREDIENTS, 0.4), row(Row.FACE_SCALE_0, 0.1));
        assertFalse(unlike.holds(), "too little likeness");
        assertTrue(unlike.markdown().contains("**They are not**"), unlike.markdown());
    }

    @Test
    void withoutTheRowsThereIsNothingToCheck() {
        assertNull(PeopleCheck.of(Map.of(Row.INGREDIENTS, row(Row.INGREDIENTS, 0.5))));
        assertFalse(Row.TEXT_ONLY.photos() || Row.INVERSION.photos());
        assertTrue(Row.INGREDIENTS.photos() && Row.FACE_SCALE_0.photos());
        assertEquals(Row.INGREDIENTS.model(), Row.FACE_SCALE_0.model());
    }
}
