package ai.ingredients.reproduction;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.evaluation.report.CaseResult;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FailureFigureTest {
    private static CaseResult result(int index, double copied, double painted) {
        return new CaseResult(
                index,
                "case " + index,
                "",
                List.of(),
                Map.of("copy_paste", copied, "out_painting", painted),
                List.of(),
                "");
    }

    private static final List<CaseResult> RESULTS = List.of(
            result(0, 0.5, 0.1),
            result(1, 0.9, 0.2),
            result(2, Double.NaN, 0.5),
            result(3, 0.8, 0),
            CaseResult.failed(4, "case 4", "no video"));

    @Test
    void theWorstComeFirstAndCasesWithoutTheFigureNever() {
        assertThat(FailureFigure.worst(RESULTS, "copy_paste"))
                .extracting(CaseResult::index)
                .containsExactly(1, 3);
        assertThat(FailureFigure.worst(RESULTS, "out_painting"))
                .extracting(CaseResult::index)
                .containsExactly(2, 1);
    }

    @Test
    void howOftenItHappensIsCounted() {
        assertThat(FailureFigure.lines(RESULTS))
                .anySatisfy(line -> assertThat(line).contains("copied faces", ": 0.733", "in 2 of 3 cases"))
                .anySatisfy(line -> assertThat(line).contains("painted", ": 0.200", "in 1 of 4 cases"));
        assertThat(FailureFigure.lines(List.of(CaseResult.failed(0, "case 0", "no video"))))
                .allSatisfy(line -> assertThat(line).endsWith("no case has this figure"));
    }
}
