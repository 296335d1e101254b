package ai.ingredients.text;

import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** Whatever the files of a tokenizer and of learned words hold: what they say is used, or they are refused in one line. */
class TokenizerFuzzTest {
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

    /** A SentencePiece model of 30 pieces beside {@code file}: the demo's takes a tenth of a second to check, fuzzed. */
    private static void smallModel(Path file) throws IOException {
        try (InputStream model = TokenizerFuzzTest.class.getResourceAsStream("TokenizerFuzzTestInputs/spiece/small")) {
            Files.copy(
                    Objects.requireNonNull(model),
                    file.resolveSibling("spiece.model"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @FuzzTest(maxDuration = "1m")
    void spiece(byte[] model) {
        Fuzz.file("spiece.model", model, file -> use(Fuzz.folder(file)));
    }

    @FuzzTest(maxDuration = "1m")
    void tokenizerConfig(byte[] json) {
        Fuzz.file("tokenizer_config.json", json, file -> {
            smallModel(file);
            use(Fuzz.folder(file));
        });
    }

    @FuzzTest(maxDuration = "1m")
    void addedTokens(byte[] json) {
        Fuzz.file("added_tokens.json", json, file -> {
            smallModel(file);
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
