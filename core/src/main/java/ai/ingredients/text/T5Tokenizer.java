package ai.ingredients.text;

import ai.djl.sentencepiece.SpProcessor;
import ai.djl.sentencepiece.SpTokenizer;
import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.io.Mistaken;
import ai.ingredients.tensor.NativeFolder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * T5's tokenizer: SentencePiece pieces of the text, then {@code </s>}, padded with {@code <pad>}.
 *
 * <p>Ids equal those of the slow {@code T5Tokenizer} of transformers, which the official pipeline uses. That includes
 * its treatment of special tokens typed in a prompt, where plain SentencePiece differs: {@code </s>}, {@code <pad>},
 * {@code <unk>} and {@code <extra_id_0>} … {@code <extra_id_99>} become their one id, the text between them is
 * tokenised piece by piece, and a prompt that ends with {@code </s>} does not get a second one.
 *
 * <p>The SentencePiece native library is loaded on first use from the cache folder of the other natives
 * ({@code DJL_CACHE_DIR} overrides it). Thread-safe. Close it after use.
 */
public final class T5Tokenizer implements AutoCloseable {
    /** The id of {@code <pad>}. */
    public static final int PAD = 0;
    /** The id of {@code </s>}. */
    public static final int EOS = 1;

    /** The id of {@code <unk>}. */
    public static final int UNKNOWN = 2;

    private static final int EXTRA_IDS = 100;
    private static final int MOST_ADDED = 4096;
    private static final long LARGEST_MODEL = 64L << 20; // bytes; the released one has 0.8 million

    private final SpTokenizer sentencePiece;
    private final Map<String, Integer> special;
    private final Pattern specialPattern;
    private final List<String> pieces;
    private final int size;

    private T5Tokenizer(SpTokenizer sentencePiece, Map<String, Integer> special, List<String> pieces) {
        this.sentencePiece = sentencePiece;
        this.special = special;
        this.pieces = pieces;
        this.specialPattern =
                Pattern.compile(special.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|")));
        this.size = Math.max(
                pieces.size(),
                1 + special.values().stream().mapToInt(i -> i).max().orElse(0));
    }

    /**
     * Opens a checkpoint's {@code tokenizer} folder: {@code spiece.model}, and for the special tokens
     * {@code tokenizer_config.json} or {@code added_tokens.json} where they are.
     *
     * @throws InvalidInputException when there is no usable model
     */
    public static T5Tokenizer open(Path folder) {
        Path file = folder.resolve("spiece.model");
        byte[] model = read(file);
        List<String> pieces = checked(file, model);
        Map<String, Integer> special = specialTokens(folder, pieces.size());
        settleLibrary();
        try {
            return new T5Tokenizer(new SpTokenizer(model), special, pieces);
        } catch (UnsatisfiedLinkError | IllegalStateException e) {
            throw new OperationFailedException(
                    "the SentencePiece library cannot be loaded (" + e.getMessage()
                            + "); check that the cache folder " + System.getProperty("DJL_CACHE_DIR")
                            + " is writable and this platform is supported",
                    e);
        } catch (RuntimeException e) {
            throw notAModel(file, "the SentencePiece library refuses it: " + e.getMessage(), e);
        }
    }

    /** The pieces; native code, which would end the process, gets nothing that was not looked at before. */
    private static List<String> checked(Path file, byte[] model) {
        String mistaken = Mistaken.as(Arrays.copyOf(model, Math.min(model.length, Mistaken.START)));
        if (mistaken != null) {
            throw new InvalidInputException(file + ": " + mistaken);
        }
        try {
            List<String> pieces = SentencePieceFile.pieces(model);
            if (pieces.size() <= UNKNOWN) {
                throw new InvalidInputException("it has " + pieces.size() + " pieces");
            }
            return pieces;
        } catch (InvalidInputException e) {
            throw notAModel(file, e.getMessage(), e);
        }
    }

    private static byte[] read(Path file) {
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new InvalidInputException(file + ": is not a regular file, expected a SentencePiece model");
            }
            if (Files.size(file) > LARGEST_MODEL) {
                throw notAModel(file, "it has " + (Files.size(file) >> 20) + " MiB", null);
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new InvalidInputException(
                    Files.exists(file)
                            ? file + ": cannot be read (" + e.getMessage() + "); check its permissions"
                            : file + ": there is no such file; expected the tokenizer's SentencePiece model",
                    e);
        }
    }

    private static InvalidInputException notAModel(Path file, String why, @Nullable Throwable cause) {
        String message = file + ": is no SentencePiece model (" + why + "); download it again (the released model has"
                + " 792 kB)";
        return cause == null ? new InvalidInputException(message) : new InvalidInputException(message, cause);
    }

    /**
     * Special tokens by their text. The names and ids a checkpoint states win; without any, T5's rule holds: the extra
     * ids follow the pieces, in falling order.
     */
    private static Map<String, Integer> specialTokens(Path folder, int pieces) {
        Map<String, Integer> special = new LinkedHashMap<>();
        special.put("<pad>", PAD);
        special.put("</s>", EOS);
        special.put("<unk>", UNKNOWN);
        JsonNode stated = json(folder.resolve("tokenizer_config.json")).path("added_tokens_decoder");
        JsonNode added = json(folder.resolve("added_tokens.json"));
        if (!stated.isEmpty()) {
            Path file = folder.resolve("tokenizer_config.json");
            stated.forEachEntry((id, token) -> special.put(token.path("content").asText(), tokenId(file, id)));
        } else if (!added.isEmpty()) {
            Path file = folder.resolve("added_tokens.json");
            added.forEachEntry((token, id) -> special.put(token, tokenId(file, id.asText())));
        } else {
            IntStream.range(0, EXTRA_IDS).forEach(i -> special.put("<extra_id_" + i + ">", pieces - 1 + EXTRA_IDS - i));
        }
        special.remove("");
        if (special.size() > pieces + MOST_ADDED) {
            throw new InvalidInputException(folder + ": names " + special.size() + " special tokens beside " + pieces
                    + " pieces; the files do not belong together");
        }
        return special;
    }

    private static int tokenId(Path file, String id) {
        int value = -1;
        try {
            value = Integer.parseInt(id);
        } catch (NumberFormatException e) {
            throw notAnId(file, id, e);
        }
        if (value < 0 || value == Integer.MAX_VALUE) { // one more is the size of a vocabulary
            throw notAnId(file, id, null);
        }
        return value;
    }

    private static InvalidInputException notAnId(Path file, String id, @Nullable Throwable cause) {
        String message = file + ": has the token id \"" + id + "\"; expected a whole number from 0";
        return cause == null ? new InvalidInputException(message) : new InvalidInputException(message, cause);
    }

    private static JsonNode json(Path file) {
        return Files.exists(file) ? JsonFile.read(file) : MissingNode.getInstance();
    }

    /**
     * The library would unpack into the home folder and ask a cloud metadata service whether it runs there, to report
     * its use. We keep it beside the other natives and offline; what the user has set stays.
     */
    private static void settleLibrary() {
        Consumer<String[]> unlessSet = pair -> {
            if (System.getenv(pair[0]) == null && System.getProperty(pair[0]) == null) {
                System.setProperty(pair[0], pair[1]);
            }
        };
        unlessSet.accept(new String[] {"OPT_OUT_TRACKING", "true"});
        unlessSet.accept(new String[] {"DJL_CACHE_DIR", cacheFolder()});
    }

    private static String cacheFolder() {
        try {
            NativeFolder.settleJna();
            return NativeFolder.path().resolve("djl").toString();
        } catch (IOException e) {
            throw new OperationFailedException(
                    "no folder for native libraries is writable; set -Dorg.bytedeco.javacpp.cachedir to one", e);
        }
    }

    /** One more than the largest id this tokenizer can produce. */
    public int size() {
        return size;
    }

    /** Every piece, a space written ▁, and every special token, such as {@code <extra_id_0>}, with its id. */
    public Map<String, Integer> vocabulary() {
        Map<String, Integer> ids = new LinkedHashMap<>();
        pieces.forEach(piece -> ids.put(piece, ids.size()));
        ids.putAll(special);
        return ids;
    }

    /** The ids of {@code text} with {@code </s>} at the end, neither padded nor cut. */
    public int[] ids(String text) {
        int[] ids = withoutEnd(text, Map.of());
        if (ids.length > 0 && ids[ids.length - 1] == EOS) {
            return ids;
        }
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = EOS;
        return ids;
    }

    private int[] withoutEnd(String text, Map<String, int[]> words) {
        SpProcessor processor = sentencePiece.getProcessor();
        IntStream.Builder ids = IntStream.builder();
        int begin = 0;
        for (Matcher found = pattern(words).matcher(text); found.find(); begin = found.end()) {
            addPieces(processor, text.substring(begin, found.start()), ids);
            int[] word = words.get(found.group());
            if (word == null) {
                ids.add(special.getOrDefault(found.group(), UNKNOWN));
            } else {
                Arrays.stream(word).forEach(ids);
            }
        }
        addPieces(processor, text.substring(begin), ids);
        return ids.build().toArray();
    }

    /** What is no piece of the text: special tokens, and the words of the caller. No two of them can overlap. */
    private Pattern pattern(Map<String, int[]> words) {
        return words.isEmpty()
                ? specialPattern
                : Pattern.compile(words.keySet().stream()
                        .map(Pattern::quote)
                        .collect(Collectors.joining("|", "", "|" + specialPattern)));
    }

    private static void addPieces(SpProcessor processor, String text, IntStream.Builder ids) {
        if (!text.isEmpty()) {
            for (int id : processor.encode(text)) {
                ids.add(id);
            }
        }
    }

    /**
     * Tokenises {@code text} to exactly {@code maxLength} ids: padded with {@code <pad>}, or cut so that {@code </s>}
     * comes last.
     *
     * @throws InvalidInputException when {@code maxLength} leaves no room for {@code </s>}
     */
    public Tokens encode(String text, int maxLength) {
        return encode(text, maxLength, Map.of());
    }

    /** Whether {@code text} is a token of this tokenizer's that is no piece, such as {@code <pad>}. */
    boolean isSpecial(String text) {
        return special.containsKey(text);
    }

    /**
     * As {@link #encode(String, int)} with further tokens, as transformers' {@code add_tokens} makes them.
     *
     * @param words the ids that stand for a word, in place of its pieces; ids that are no piece's. Words are in angle
     *     brackets, and each id belongs to one word
     */
    Tokens encode(String text, int maxLength, Map<String, int[]> words) {
        if (maxLength < 1) {
            throw new InvalidInputException("a prompt of " + maxLength + " tokens was asked for; use at least 1");
        }
        int[] all = withoutEnd(text, words);
        int kept = Math.min(all.length, maxLength - 1);
        int[] ids = Arrays.copyOf(all, maxLength); // the rest is 0, which is <pad>
        Arrays.fill(ids, kept, maxLength, PAD);
        int count = kept;
        if (kept == 0 || ids[kept - 1] != EOS) {
            ids[kept] = EOS;
            count++;
        }
        Map<Integer, String> names = new HashMap<>();
        words.forEach((word, own) -> {
            Arrays.stream(own).forEach(id -> names.put(id, ""));
            names.put(own[0], word);
        });
        int from = kept;
        while (from > 0 && from < all.length && "".equals(names.get(all[from]))) {
            from--; // a word of which only a part fits is told, too
        }
        String cut = decode(Arrays.copyOfRange(all, from, all.length), names);
        return new Tokens(Arrays.stream(ids).asLongStream().toArray(), count, cut);
    }

    /** The text of {@code ids}, special tokens spelt out. */
    public String decode(int[] ids) {
        return decode(ids, Map.of());
    }

    private String decode(int[] ids, Map<Integer, String> words) {
        Map<Integer, String> names = new HashMap<>(words);
        special.forEach((name, id) -> names.putIfAbsent(id, name));
        StringBuilder text = new StringBuilder();
        int begin = 0;
        for (int i = 0; i <= ids.length; i++) {
            if (i == ids.length || names.containsKey(ids[i])) {
                if (i > begin) {
                    String part = sentencePiece.getProcessor().decode(Arrays.copyOfRange(ids, begin, i));
                    text.append(text.isEmpty() ? "" : " ").append(part);
                }
                String name = i < ids.length ? names.getOrDefault(ids[i], "") : "";
                if (!name.isEmpty()) {
                    text.append(text.isEmpty() ? "" : " ").append(name);
                }
                begin = i + 1;
            }
        }
        return text.toString();
    }

    @Override
    public void close() {
        sentencePiece.close();
    }
}
