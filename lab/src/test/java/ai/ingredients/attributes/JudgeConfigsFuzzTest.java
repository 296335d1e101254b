package ai.ingredients.attributes;

import ai.ingredients.sam.SamConfig;
import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** Whatever the config of a network that judges or labels says: it is read, or refused in one line. */
class JudgeConfigsFuzzTest {
    @FuzzTest(maxDuration = "1m")
    void judges(byte[] json) {
        Fuzz.file("config.json", json, file -> {
            Fuzz.refused(() -> SamConfig.read(file).maskSide());
            Fuzz.refused(() -> AttributeConfig.read(file));
        });
    }
}
