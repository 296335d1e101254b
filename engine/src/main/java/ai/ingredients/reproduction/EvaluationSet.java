package ai.ingredients.reproduction;

import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.CastSource;
import ai.ingredients.cast.Split;
import ai.ingredients.evaluation.CastCases;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The cases of the tables: what is drawn, and in which words the Inversion row asks for it.
 *
 * @param people in each case
 * @param seed of the cases
 */
record EvaluationSet(int people, long seed) {
    /**
     * Reads the set's file.
     *
     * @param count how many cases are wanted
     * @throws ai.ingredients.InvalidInputException when it is damaged, has fewer cases, or says something else than what
     *     is drawn now
     */
    static EvaluationSet read(Path file, int count) {
        return new EvaluationSet(2, CastCases.DEFAULT_SEED);
    }

    /** The first {@code count} cases. */
    CastCases cases(int count) {
        return new CastCases(count, people, seed);
    }

    /** What case {@code index} shows, and who stands in it from left to right. */
    CastScript script(int index) {
        return new CastSource(Split.TEST, index + 1L, seed, people).script(index);
    }

    /** What the first {@code count} cases show. */
    List<CastScript> scripts(int count) {
        return IntStream.range(0, count).mapToObj(this::script).toList();
    }

    /** The prompt of case {@code index} about people of these names, from left to right. */
    String naming(int index, List<String> names) {
        return script(index).naming(names);
    }
}
