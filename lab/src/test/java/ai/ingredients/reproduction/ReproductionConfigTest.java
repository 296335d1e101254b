package ai.ingredients.reproduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.diffusion.DiffusionSettings.Mixing;
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
        assertEquals(config.base().stills(), config.faces().stills());
        assertEquals(config.base().stills(), config.router().stills());
    }

    /** Clips, a base that nothing knows of people in, guidance by the photos: what the second design is. */
    @Test
    void theCommittedConfigTrainsOnClipsFromAVideoModel() {
        ReproductionConfig config = read(List.of());
        assertEquals(9, config.router().data().window().frames());
        assertEquals(Path.of("models/demo/transformer"), config.base().start());
        for (String module : List.of("local_facial_extractor.x", "perceiver_cross_attention.0.y", "router.1.z")) {
            assertTrue(config.base().beginAnew().stream().anyMatch(module::matches), module);
        }
        assertEquals(Mixing.UNIFORM, config.faces().diffusion().mixing());
        assertEquals(Mixing.ROUTED, config.router().diffusion().mixing());
        assertTrue(config.faces().diffusion().dropImage() >= 0.5);
        assertEquals(3, config.sampling().imageGuidanceScale());
        assertEquals(1, ReproductionConfig.Sampling.DEFAULT.imageGuidanceScale(), "the official pipeline's");
    }

    @Test
    void imageGuidanceBelowOneIsRefused() {
        InvalidInputException refused =
                assertThrows(InvalidInputException.class, () -> read(List.of("sampling.image-guidance-scale=0.5")));
        assertTrue(String.valueOf(refused.getMessage()).contains("image-guidance-scale 0.5"), refused.getMessage());
    }

    /** The quick config changes budgets and counts alone. */
    @Test
    void theQuickConfigIsSmallAndOtherwiseTheSame() {
        ReproductionConfig full = read(List.of());
        ReproductionConfig quick =
                TrainingConfig.read(ROOT.resolve("configs/reproduction/quick.yaml"), List.of(), full);
        assertTrue(
                quick.faces().training().steps() * 10 <= full.faces().training().steps());
        assertEquals(full.faces().diffusion(), quick.faces().diffusion());
        assertEquals(full.base().start(), quick.base().start());
        assertEquals(quick.base().stills(), quick.router().stills());
        List<String> changed = TrainingConfig.differences(full, quick).stream()
                .map(TrainingConfig.Difference::key)
                .filter(key -> !key.matches(".*(steps|every|clips|count|cases|held-out)"))
                .toList();
        assertEquals(List.of(), changed);
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
