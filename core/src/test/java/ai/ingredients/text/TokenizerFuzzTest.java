package ai.ingredients.text;

import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whatever the files of a tokenizer and of learned words hold: what they say is used, or they are refused in one line. */
class TokenizerFuzzTest {
    private static final Path TOKENIZER = Fixture.bundle().resolve("tokenizer");
    private static final String TEXT = "A wóman ﬁnds 2½ “apples” — Ａｂ\u00a0 <extra_id_3> 漢字 😀 (x)";

    private static void use(Path folder) {
        try (T5Tokenizer tokenizer = T5Tokenizer.open(folder)) {
            Tokens tokens = tokenizer.encode(TEXT, 8);
            for (long id : tokens.ids()) {
                if (id < 0 || id >= tokenizer.size()) {
                    throw new AssertionError("the id " + id + " of " + tokenizer.size());
                }
            }
            tokenizer.decode(tokenizer.ids(TEXT));
        }
    }

    @FuzzTest(maxDuration = "1m")
    void spiece(byte[] model) {
        Fuzz.file("spiece.model", model, file -> use(Fuzz.folder(file)));
    }

    @FuzzTest(maxDuration = "1m")
    void tokenizerConfig(byte[] json) {
        Fuzz.file("tokenizer_config.json", json, file -> {
            Files.copy(TOKENIZER.resolve("spiece.model"), file.resolveSibling("spiece.model"));
            use(Fuzz.folder(file));
        });
    }

    @FuzzTest(maxDuration = "1m")
    void addedTokens(byte[] json) {
        Fuzz.file("added_tokens.json", json, file -> {
            Files.copy(TOKENIZER.resolve("spiece.model"), file.resolveSibling("spiece.model"));
            use(Fuzz.folder(file));
        });
    }

    @FuzzTest(maxDuration = "1m")
    void learnedWords(byte[] embeddings) {
        Fuzz.file(
                "learned_embeds.safetensors",
                embeddings,
                file -> LearnedWord.read(file).forEach(word -> {
                    if (!word.name().startsWith("<") || word.vectors() < 1 || word.width() < 1) {
                        throw new AssertionError(word.toString());
                    }
                }));
    }
}
