package ai.ingredients.metrics;

import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** Whatever CLIP's files of text say: every id has an embedding, or they are refused in one line. */
class ClipTokenizerFuzzTest {
    private static final int POSITIONS = 16;
    private static final int VOCABULARY = 600;

    @FuzzTest(maxDuration = "1m")
    void tokenizerJson(byte[] json) {
        Fuzz.file("tokenizer.json", json, file -> {
            try (ClipTokenizer tokenizer = ClipTokenizer.open(Fuzz.folder(file), POSITIONS, VOCABULARY)) {
                for (String text : new String[] {"", "a b's 2 wóman 😀", "x".repeat(100)}) {
                    for (long id : tokenizer.encode(text).ids()) {
                        if (id < 0 || id >= VOCABULARY) {
                            throw new AssertionError("the id " + id);
                        }
                    }
                }
            }
        });
    }

    @FuzzTest(maxDuration = "1m")
    void configs(byte[] json) {
        Fuzz.file("config.json", json, file -> {
            Fuzz.refused(() -> ClipConfig.read(file).vision().tokens());
            Fuzz.refused(() -> ClipImageProcessor.read(file));
        });
    }
}
