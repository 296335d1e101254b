package ai.ingredients.metrics;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.NativeFolder;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * CLIP's tokenizer: byte-pair pieces of the lower-cased text between {@code <|startoftext|>} and
 * {@code <|endoftext|>}.
 *
 * <p>Source: {@code CLIPTokenizer} of transformers, which is a pipeline of Hugging Face's tokenizers library. The same
 * library does the work here, given the same pipeline.
 *
 * <p>Owns native memory: close it after use. Thread-safe.
 */
final class ClipTokenizer implements AutoCloseable {
    private static final String START = "<|startoftext|>";
    private static final String END = "<|endoftext|>";
    /** What is one word: a contraction's end, letters, one digit, or other signs; blanks are dropped. */
    private static final String WORD = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final HuggingFaceTokenizer tokenizer;
    private final int limit;

    private ClipTokenizer(HuggingFaceTokenizer tokenizer, int limit) {
        this.tokenizer = tokenizer;
        this.limit = limit;
    }

    /**
     * A tokenised text.
     *
     * @param ids start, pieces, end
     * @param dropped how many pieces at the end did not fit
     */
    record Tokens(long[] ids, int dropped) {}

    /**
     * Opens a folder with {@code vocab.json} and {@code merges.txt}, or with {@code tokenizer.json}.
     *
     * @param positions the longest text the model takes, in tokens; {@code model_max_length} in
     *     {@code tokenizer_config.json} can only lower it
     * @param vocabSize rows of the model's embedding table, which every id must be below
     * @throws InvalidInputException when there is no usable vocabulary
     */
    static ClipTokenizer open(Path folder, int positions, int vocabSize) {
        ObjectNode bpe = Files.exists(folder.resolve("vocab.json"))
                ? bpe(JsonFile.read(folder.resolve("vocab.json")), merges(folder.resolve("merges.txt")))
                : bpe(folder.resolve("tokenizer.json"));
        int start = id(bpe, START, folder);
        int end = id(bpe, END, folder);
        checkVocabulary(bpe.path("vocab"), vocabSize, folder);
        checkMerges(bpe.path("merges"), bpe.path("vocab"), folder);
        Path settings = folder.resolve("tokenizer_config.json");
        double stated =
                Files.exists(settings) ? ConfigReader.of(settings).number("model_max_length", positions) : positions;
        byte[] pipeline = pipeline(bpe, start, end).toString().getBytes(StandardCharsets.UTF_8);
        return new ClipTokenizer(load(pipeline, folder), (int) Math.clamp(stated, 2, positions));
    }

    private static HuggingFaceTokenizer load(byte[] pipeline, Path folder) {
        settleLibrary();
        try {
            return HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(pipeline), Map.of("padding", "false", "truncation", "false"));
        } catch (LinkageError | EngineException | IOException e) {
            throw new OperationFailedException(
                    "the tokenizers library cannot be loaded (" + e.getMessage() + "); check that the cache folder "
                            + System.getProperty("DJL_CACHE_DIR") + " is writable and this platform is supported",
                    e);
        } catch (RuntimeException e) {
            throw new InvalidInputException(
                    folder + ": vocabulary and merges make no tokenizer (" + e.getMessage()
                            + "); download the tokenizer's files again",
                    e);
        }
    }

    /**
     * Left alone, the library would unpack into the home folder, report its use, and on a machine with CUDA fetch
     * another build of itself from the network. What the user has set stays.
     */
    private static void settleLibrary() {
        unlessSet("OPT_OUT_TRACKING", "true");
        unlessSet("RUST_FLAVOR", "cpu");
        try {
            NativeFolder.settleJna();
            unlessSet("DJL_CACHE_DIR", NativeFolder.path().resolve("djl").toString());
        } catch (IOException e) {
            throw new OperationFailedException(
                    "no folder for native libraries is writable; set -Dorg.bytedeco.javacpp.cachedir to one", e);
        }
    }

    private static void unlessSet(String name, String value) {
        if (System.getenv(name) == null && System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }

    private static ArrayNode merges(Path file) {
        ArrayNode merges = JSON.arrayNode();
        try {
            for (String line : Files.readAllLines(file)) {
                if (!line.isBlank() && !line.startsWith("#version")) {
                    merges.add(line);
                }
            }
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": cannot be read (" + IoReason.of(e) + "); expected the merges that belong to vocab.json",
                    e);
        }
        return merges;
    }

    /** The vocabulary inside a {@code tokenizer.json}. */
    private static ObjectNode bpe(Path file) {
        if (!Files.exists(file)) {
            throw new InvalidInputException(file.getParent()
                    + ": has neither vocab.json nor tokenizer.json; download CLIP's tokenizer files into it");
        }
        JsonNode model = JsonFile.read(file).path("model");
        return bpe(model.path("vocab"), model.path("merges"));
    }

    private static ObjectNode bpe(JsonNode vocabulary, JsonNode merges) {
        ObjectNode model = JSON.objectNode()
                .put("type", "BPE")
                .put("unk_token", END)
                .put("continuing_subword_prefix", "")
                .put("end_of_word_suffix", "</w>")
                .put("fuse_unk", false);
        model.set("vocab", vocabulary);
        model.set("merges", merges);
        return model;
    }

    /** The library's code takes what it gets; an id without an embedding would be looked for behind the table. */
    private static void checkVocabulary(JsonNode vocabulary, int vocabSize, Path folder) {
        for (var entry : vocabulary.properties()) {
            JsonNode id = entry.getValue();
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0 || id.intValue() >= vocabSize) {
                throw new InvalidInputException(folder + ": the vocabulary gives \"" + ForeignText.shown(entry.getKey())
                        + "\" the id " + ForeignText.shown(id.toString()) + ", but the model has embeddings for 0 to "
                        + (vocabSize - 1) + "; the files do not belong together, download them again");
            }
        }
    }

    /** Each joins two pieces to a third, written as {@code "a b"} or, in newer files, as {@code ["a", "b"]}. */
    private static void checkMerges(JsonNode merges, JsonNode vocabulary, Path folder) {
        boolean known = merges.isArray();
        for (int i = 0; known && i < merges.size(); i++) {
            JsonNode merge = merges.get(i);
            String[] pair = merge.isTextual()
                    ? merge.textValue().split(" ", -1)
                    : new String[] {merge.path(0).asText(), merge.path(1).asText()};
            known = pair.length == 2
                    && (merge.isTextual() || merge.size() == 2)
                    && vocabulary.has(pair[0])
                    && vocabulary.has(pair[1])
                    && vocabulary.has(pair[0] + pair[1]);
            if (!known) {
                throw new InvalidInputException(folder + ": merge " + (i + 1) + " is "
                        + ForeignText.shown(merge.toString())
                        + ", expected two pieces of the vocabulary that make a third; download the files again");
            }
        }
        if (!known) {
            throw new InvalidInputException(folder + ": has no list of merges; download the tokenizer's files again");
        }
    }

    private static int id(ObjectNode bpe, String token, Path folder) {
        JsonNode id = bpe.path("vocab").path(token);
        if (!id.canConvertToInt()) {
            throw new InvalidInputException(folder + ": the vocabulary has no \"" + token
                    + "\"; expected the tokenizer of a CLIP model, download its files again");
        }
        return id.intValue();
    }

    /** The whole tokenizer in the library's own form. */
    private static ObjectNode pipeline(ObjectNode bpe, int start, int end) {
        ObjectNode pipeline = JSON.objectNode().put("version", "1.0");
        pipeline.putArray("added_tokens").add(special(START, start)).add(special(END, end));

        ObjectNode blanks = JSON.objectNode().put("type", "Replace").put("content", " ");
        blanks.putObject("pattern").put("Regex", "\\s+");
        pipeline.putObject("normalizer")
                .put("type", "Sequence")
                .putArray("normalizers")
                .add(JSON.objectNode().put("type", "NFC"))
                .add(blanks)
                .add(JSON.objectNode().put("type", "Lowercase"));

        ObjectNode words = JSON.objectNode()
                .put("type", "Split")
                .put("behavior", "Removed")
                .put("invert", true);
        words.putObject("pattern").put("Regex", WORD);
        pipeline.putObject("pre_tokenizer")
                .put("type", "Sequence")
                .putArray("pretokenizers")
                .add(words)
                .add(JSON.objectNode()
                        .put("type", "ByteLevel")
                        .put("add_prefix_space", false)
                        .put("trim_offsets", true));

        ObjectNode ends = pipeline.putObject("post_processor")
                .put("type", "RobertaProcessing")
                .put("trim_offsets", false)
                .put("add_prefix_space", false);
        ends.putArray("sep").add(END).add(end);
        ends.putArray("cls").add(START).add(start);
        pipeline.set("model", bpe);
        return pipeline;
    }

    private static ObjectNode special(String token, int id) {
        return JSON.objectNode()
                .put("id", id)
                .put("content", token)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
    }

    /** The ids of {@code text}; one that is too long is cut so that the end token comes last. */
    Tokens encode(String text) {
        Encoding encoding = tokenizer.encode(text);
        long[] all = encoding.getIds();
        if (all.length <= limit) {
            return new Tokens(all, 0);
        }
        long[] kept = Arrays.copyOf(all, limit);
        kept[limit - 1] = all[all.length - 1];
        return new Tokens(kept, all.length - limit);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
