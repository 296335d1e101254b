package ai.ingredients.training.config;

import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import java.util.List;

/** Whatever the YAML of a training says: it makes the record, or is refused in one line. */
class YamlFuzzTest {
    /** Every kind of value a config has. */
    private record Config(
            String name,
            int steps,
            long seed,
            double rate,
            boolean on,
            Path data,
            List<Double> betas,
            List<Inner> stages,
            Inner inner) {}

    private record Inner(int size, String text) {}

    private static final Config DEFAULT = new Config(
            "a", 1, 2, 0.5, true, Path.of("x"), List.of(0.9, 0.95), List.of(new Inner(1, "b")), new Inner(2, "c"));

    @FuzzTest(maxDuration = "1m")
    void file(byte[] yaml) {
        Fuzz.file("train.yaml", yaml, file -> {
            Config read = TrainingConfig.read(file, List.of(), DEFAULT);
            if (!read.equals(TrainingConfig.bind(DEFAULT, TrainingConfig.tree(read)))) {
                throw new AssertionError("a value was lost: " + read);
            }
        });
    }

    @FuzzTest(maxDuration = "1m")
    void override(byte[] text) {
        Fuzz.text(text, setting -> TrainingConfig.of(List.of(setting), DEFAULT));
    }
}
