package ai.ingredients.evaluation;

import ai.ingredients.InvalidInputException;
import ai.ingredients.evaluation.drawn.CaseFile;
import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Whatever stands in a file of cases: it is read, or refused in one line, and a bad case harms no other. */
class CasesFuzzTest {
    @FuzzTest(maxDuration = "1m")
    void drawn(byte[] json) {
        Fuzz.file("cases.json", json, file -> {
            CaseFile cases = CaseFile.read(file);
            cases.write(file);
            if (!CaseFile.read(file).equals(cases)) {
                throw new AssertionError("cases changed on their way to a file and back");
            }
            var unused = cases.cases(1, file);
        });
    }

    @FuzzTest(maxDuration = "1m")
    void listedCsv(byte[] csv) {
        Fuzz.file("list.csv", csv, CasesFuzzTest::listed);
    }

    @FuzzTest(maxDuration = "1m")
    void listedJson(byte[] json) {
        Fuzz.file("list.json", json, CasesFuzzTest::listed);
    }

    @FuzzTest(maxDuration = "1m")
    void recipes(byte[] json) {
        Fuzz.file("video.json", json, file -> {
            Files.writeString(file.resolveSibling("video.mp4"), "");
            listed(Objects.requireNonNull(file.toAbsolutePath().getParent()));
        });
    }

    private static void listed(Path list) {
        ListedCases cases = ListedCases.open(list, null, photo -> List.of());
        var unused = cases.candidates();
        for (int i = 0; i < cases.count(); i++) {
            try {
                EvaluationCase one = cases.get(i);
                throw new AssertionError("there are no photos, but there is a case " + one.name());
            } catch (InvalidInputException e) {
                // this one is bad, and the next is asked for all the same
            }
        }
    }
}
