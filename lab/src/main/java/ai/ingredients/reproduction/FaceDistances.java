package ai.ingredients.reproduction;

import ai.ingredients.evaluation.FaceSets;
import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SetFigure;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Fréchet distances of the faces of whole rows, all sampling seeds together. */
final class FaceDistances {
    private FaceDistances() {}

    /** The row's faces of its first {@code cases} cases. */
    static FaceSets faces(Path folder, RowResult row, int cases) {
        List<Path> rounds = IntStream.range(0, row.rounds())
                .mapToObj(round -> RowEvaluation.folder(folder, row.row(), round))
                .toList();
        return FaceSets.read(rounds, cases);
    }

    /** Of all cases of the row. */
    static SetFigure of(Path folder, RowResult row) {
        return faces(folder, row, row.cases()).distance();
    }

    /** How much smaller it is in {@code better}, over the cases that both have. */
    static Interval gain(Path folder, RowResult better, RowResult worse) {
        int cases = Math.min(better.cases(), worse.cases());
        return faces(folder, better, cases).smallerThan(faces(folder, worse, cases));
    }
}
