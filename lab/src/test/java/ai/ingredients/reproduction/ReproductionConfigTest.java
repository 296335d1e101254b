package ai.ingredients.reproduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.training.config.TrainingConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReproductionConfigTest {
    private static final Path ROOT = Path.of("..");
    private static final Path COMMITTED = ROOT.resolve("configs/reproduction/reproduction.yaml");

    private static ReproductionConfig read(List<String> overrides) {
        Path any = Path.of("any");
        return TrainingConfig.read(COMMITTED, overrides, ReproductionConfig.defaults(any, any, any, any, any));
    }

    @Test
    void theCommittedConfigIsRead() {
        ReproductionConfig config = read(List.of("router.training.steps=7"));
        assertEquals(7, config.router().training().steps());
        assertEquals(100, config.count());
        assertEquals(config.base().data(), config.faces().data());
    }

    @Test
    void aMisspeltKeyIsToldWithTheNearestOne() {
        InvalidInputException refused =
                assertThrows(InvalidInputException.class, () -> read(List.of("router.training.stepz=7")));
        assertTrue(String.valueOf(refused.getMessage()).contains("steps"), refused.getMessage());
    }

    @Test
    void moreInversionCasesThanCasesAreRefused() {
        InvalidInputException refused = assertThrows(InvalidInputException.class, () -> read(List.of("count=5")));
        assertTrue(String.valueOf(refused.getMessage()).contains("count is 5"), refused.getMessage());
    }

    @Test
    void theEvaluationSetCountsEverybody() {
        EvaluationSet set = EvaluationSet.read(ROOT.resolve("configs/evaluation/cases.json"), 100);
        Map<String, Map<String, Integer>> counts = CasesFigure.count(set.drawn());
        assertEquals(200, sum(counts, "people"));
        assertEquals(200, sum(counts, "colours"));
        assertEquals(100, sum(counts, "scenes"));
        assertTrue(CasesFigure.draw(set.drawn()).height() > 100);
    }

    private static int sum(Map<String, Map<String, Integer>> counts, String what) {
        return counts.getOrDefault(what, Map.of()).values().stream()
                .mapToInt(Integer::intValue)
                .sum();
    }

    @Test
    void promptsNameEverybodyInTheirClothes() {
        EvaluationSet set = EvaluationSet.read(ROOT.resolve("configs/evaluation/cases.json"), 3);
        for (int i = 0; i < 3; i++) {
            String prompt = set.naming(i, List.of("<ann>", "<bob>"));
            for (int n = 0; n < 2; n++) {
                String clothes = set.drawn().get(i).people().get(n).colour() + " "
                        + set.drawn().get(i).people().get(n).clothes();
                String name = n == 0 ? "<ann>" : "<bob>";
                assertTrue(prompt.matches(".*" + name + " in an? " + clothes + ".*"), prompt);
            }
            assertTrue(prompt.contains(set.drawn().get(i).action().split(" ")[0]), prompt);
        }
    }
}
