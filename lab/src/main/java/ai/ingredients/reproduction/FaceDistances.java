package ai.ingredients.reproduction;

import ai.ingredients.evaluation.FaceSets;
import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SeededInterval;
import ai.ingredients.evaluation.statistics.SetFigure;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Fréchet distances of the faces of whole rows, all training and sampling seeds together. */
final class FaceDistances {
    private FaceDistances() {}

    /** The row's faces of its first {@code cases} cases. */
    static FaceSets faces(Path folder, RowResult row, int cases) {
        return faces(folder, row, IntStream.range(0, row.trainings().size()), cases);
    }

    private static FaceSets faces(Path folder, RowResult row, IntStream trainings, int cases) {
        List<Path> rounds = trainings
                .boxed()
                .flatMap(training -> IntStream.range(0, row.rounds())
                        .mapToObj(round -> new RowEvaluation.Round(row.row(), training, round)))
                .map(one -> RowEvaluation.folder(folder, one))
                .toList();
        return FaceSets.read(rounds, cases);
    }

    /** Of all cases of the row. */
    static SetFigure of(Path folder, RowResult row) {
        return faces(folder, row, row.cases()).distance();
    }

    /**
     * How much smaller it is in {@code better}, over the cases that both have, and over training seeds where there are
     * several. A row of a single training is held against every training of the other.
     */
    static Interval gain(Path folder, RowResult better, RowResult worse) {
        int cases = Math.min(better.cases(), worse.cases());
        Interval overCases = faces(folder, better, cases).smallerThan(faces(folder, worse, cases));
        int seeds = Math.max(better.trainings().size(), worse.trainings().size());
        if (seeds == 1 || overCases.count() == 0) {
            return overCases;
        }
        double[] gains = IntStream.range(0, seeds)
                .mapToDouble(seed -> of(folder, worse, seed, cases) - of(folder, better, seed, cases))
                .toArray();
        return SeededInterval.widened(overCases, gains);
    }

    private static double of(Path folder, RowResult row, int seed, int cases) {
        int training = Math.min(seed, row.trainings().size() - 1);
        return faces(folder, row, IntStream.of(training), cases).distance().value();
    }
}
