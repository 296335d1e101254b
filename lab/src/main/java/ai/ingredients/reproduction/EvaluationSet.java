package ai.ingredients.reproduction;

import ai.ingredients.evaluation.drawn.CaseFile;
import ai.ingredients.evaluation.drawn.CaseFile.DrawnCase;
import ai.ingredients.evaluation.drawn.CastCases;
import java.nio.file.Path;
import java.util.List;

/**
 * The cases of the tables: what is drawn, and in which words the Inversion row asks for it.
 *
 * @param cases all that are used
 * @param drawn what they show, in words
 */
record EvaluationSet(CastCases cases, List<DrawnCase> drawn) {
    EvaluationSet {
        drawn = List.copyOf(drawn);
    }

    /**
     * Reads the set's file.
     *
     * @param count how many cases are used, from the first
     * @throws ai.ingredients.InvalidInputException when it is damaged, has fewer cases, or says something else than what
     *     is drawn now
     */
    static EvaluationSet read(Path file, int count) {
        CaseFile read = CaseFile.read(file);
        CastCases cases = read.cases(count, file);
        return new EvaluationSet(cases, read.drawn().subList(0, count));
    }

    /** The first {@code count} of them. */
    CastCases first(int count) {
        return new CastCases(count, cases.people(), cases.seed());
    }

    int people() {
        return cases.people();
    }

    long seed() {
        return cases.seed();
    }

    /** The prompt of case {@code index} about people of these names, in the order of their photos. */
    String naming(int index, List<String> names) {
        return cases.script(index).naming(names);
    }
}
