package ai.ingredients.reproduction;

import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SeededInterval;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether tables of FaceSim are about people: the best row must be like them, and by what the identity modules add and not by
 * its canvas alone. Where it is not, differences between rows are of something else.
 *
 * @param faceSim of Ingredients, one to one
 * @param without the same with {@code face-scale 0}
 * @param lost of it by {@code face-scale 0}, case by case; over training seeds and cases where there are several trainings
 */
record PeopleCheck(Interval faceSim, Interval without, Interval lost) {
    private static final String FIGURE = "face_sim";
    private static final double LEAST_LIKENESS = 0.45;
    private static final double LEAST_LOSS = 0.2;

    /** Of the rows that there are; null where not both are. */
    static @Nullable PeopleCheck of(Map<Row, RowResult> results) {
        RowResult best = results.get(Row.INGREDIENTS);
        RowResult bare = results.get(Row.FACE_SCALE_0);
        if (best == null || bare == null) {
            return null;
        }
        SeededInterval seeded = best.gain(bare, FIGURE);
        Interval lost = seeded.seeds() == 1
                ? best.minus(bare, FIGURE)
                : new Interval(seeded.mean(), seeded.low(), seeded.high(), seeded.cases());
        return new PeopleCheck(best.figure(FIGURE), bare.figure(FIGURE), lost);
    }

    /** Whether the means reach both marks. */
    boolean holds() {
        return faceSim.mean() >= LEAST_LIKENESS && lost.mean() >= LEAST_LOSS;
    }

    /** A section of the report. */
    String markdown() {
        if (lost.count() == 0) {
            return "\n## Are the tables about people?\n\nNot measured: no case has a FaceSim.\n";
        }
        String verdict =
                holds() ? "They are" : "**They are not**: what rows differ by may be something else than likeness";
        return String.format(
                Locale.ROOT,
                "%n## Are the tables about people?%n%n%s. Ingredients has FaceSim %s, and %s with `face-scale 0`,"
                        + " where only the canvas tells who is meant: %s less. The marks are %.2f or more, and %.1f or"
                        + " more less.%n",
                verdict,
                shown(faceSim),
                shown(without),
                shown(lost),
                LEAST_LIKENESS,
                LEAST_LOSS);
    }

    private static String shown(Interval interval) {
        return String.format(Locale.ROOT, "%.3f (%.3f to %.3f)", interval.mean(), interval.low(), interval.high());
    }
}
