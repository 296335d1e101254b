package ai.ingredients.text;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.IoReason;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A word that was learned by textual inversion, as it lies in a file: its name, its vectors, and what the file tells of
 * it.
 *
 * <p>Read are safetensors and PyTorch files that hold nothing but vectors, [width] or [vectors, width] each:
 *
 * <ul>
 *   <li>ours and diffusers': one tensor for each word, called as the word ({@code <anna>}, or {@code anna});
 *   <li>A1111's: the tensor {@code emb_params}; the word is called as the file, or as its metadata's {@code name} says.
 * </ul>
 *
 * <p>Ours tell beside it, in the metadata: {@code name}, {@code initial} (the words the vectors began with),
 * {@code base_model} (fingerprint of the weights it was learned on) and {@code text_encoder} (a few numbers of the
 * encoder's embedding table, by which another encoder is told whatever files and dtype it lies in).
 *
 * <p>On the Java heap; immutable and thread-safe.
 */
public final class LearnedWord {
    /** What diffusers calls such a file, and training here too. */
    public static final String FILE = "learned_embeds.safetensors";

    /** Metadata: the weights a word was learned on. */
    public static final String BASE_MODEL = "base_model";
    /** Metadata: the words its vectors began with. */
    public static final String INITIAL = "initial";

    private static final String NAME = "name";
    private static final String TEXT_ENCODER = "text_encoder";
    private static final String A1111 = "emb_params";
    /** No prompt has room for more. */
    private static final int MOST_VECTORS = 128;

    private static final int MOST_WORDS = 64;
    private static final int PROBES = 16;
    /** The coarsest dtype of weights, bf16, rounds by 0.4 %. */
    private static final double PROBE_TOLERANCE = 0.02;

    private final String name;
    private final int vectors;
    private final int width;
    private final float[] values;
    private final Path file;
    private final String sha256;
    private final Map<String, String> metadata;

    private LearnedWord(
            String name, TensorInfo info, float[] values, Path file, String sha256, Map<String, String> metadata) {
        List<Long> shape = info.shape();
        this.name = name;
        this.vectors = shape.size() == 1 ? 1 : Math.toIntExact(shape.getFirst());
        this.width = Math.toIntExact(shape.getLast());
        this.values = values;
        this.file = file;
        this.sha256 = sha256;
        this.metadata = Map.copyOf(metadata);
    }

    /**
     * Reads the words of a file.
     *
     * @param path the file, or the folder {@value #FILE} is in
     * @throws InvalidInputException when it is no such file
     */
    public static List<LearnedWord> read(Path path) {
        Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
        try (Scope scope = Scope.inference();
                TensorStore stored = Checkpoint.open(file)) {
            if (stored.names().isEmpty() || stored.names().size() > MOST_WORDS) {
                throw notVectors(file, stored.names().size() + " tensors");
            }
            Map<String, String> metadata = stored instanceof SafetensorsFile safe ? safe.metadata() : Map.of();
            for (String key : stored.names()) {
                check(file, key, stored.info(key));
            }
            String sha256 = sha256(file);
            List<LearnedWord> words = new ArrayList<>();
            for (String key : stored.names()) {
                float[] values = Ops.floats(stored.get(key));
                for (float value : values) {
                    if (!Float.isFinite(value)) {
                        throw new InvalidInputException(file + ": " + key
                                + " holds values that are no numbers; the file is damaged or its training failed");
                    }
                }
                words.add(
                        new LearnedWord(nameOf(file, key, metadata), stored.info(key), values, file, sha256, metadata));
            }
            return List.copyOf(words);
        }
    }

    private static void check(Path file, String key, TensorInfo info) {
        List<Long> shape = info.shape();
        boolean vectors = info.dtype().floating()
                && (shape.size() == 1
                        || (shape.size() == 2 && shape.getFirst() >= 1 && shape.getFirst() <= MOST_VECTORS))
                && shape.getLast() >= 1;
        if (!vectors) {
            throw notVectors(file, key + " " + info);
        }
    }

    private static InvalidInputException notVectors(Path file, String found) {
        return new InvalidInputException(file + ": has " + found
                + "; a file of learned words has one floating-point tensor [vectors, width] for each word, with at"
                + " most "
                + MOST_VECTORS + " vectors");
    }

    private static String nameOf(Path file, String key, Map<String, String> metadata) {
        String stem = String.valueOf(file.getFileName()).replaceFirst("\\.[^.]*$", "");
        try {
            return TokenEmbeddings.name(key.equals(A1111) ? metadata.getOrDefault(NAME, stem) : key);
        } catch (InvalidInputException e) {
            String remedy = key.equals(A1111) ? " (an A1111 embedding is called as its file: rename it)" : "";
            throw new InvalidInputException(file + ": " + e.getMessage() + remedy, e);
        }
    }

    private static String sha256(Path file) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + IoReason.of(e) + ")", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * Writes a word in fp32.
     *
     * @param vectors [vectors, width]
     * @param table the embedding table it was learned beside: [vocab, width]
     * @param about further metadata: {@link #INITIAL}, {@link #BASE_MODEL}
     */
    public static void write(Path file, String name, Tensor vectors, Tensor table, Map<String, String> about) {
        try (Scope scope = Scope.inference()) {
            Map<String, String> metadata = new LinkedHashMap<>();
            metadata.put(NAME, TokenEmbeddings.name(name));
            metadata.put(TEXT_ENCODER, probes(table));
            metadata.putAll(about);
            Tensor fp32 = vectors.detach().to(ScalarType.Float);
            SafetensorsWriter.write(file, Map.of(TokenEmbeddings.name(name), fp32), metadata);
        }
    }

    /** Numbers from all over the table, with spaces between them. */
    private static String probes(Tensor table) {
        StringBuilder text = new StringBuilder();
        for (double value : probed(table)) {
            text.append(text.isEmpty() ? "" : " ").append(String.format(Locale.ROOT, "%.5g", value));
        }
        return text.toString();
    }

    /** Of the first hundred rows, which every vocabulary has, one number each of some. */
    private static double[] probed(Tensor table) {
        double[] values = new double[PROBES];
        try (Scope scope = Scope.inference()) {
            for (int i = 0; i < PROBES; i++) {
                long row = (3 + 6L * i) % table.size(0);
                long column = 37L * i % table.size(1);
                values[i] = table.select(0, row).select(0, column).item().toDouble();
            }
        }
        return values;
    }

    /**
     * Refuses words that cannot be used together with a text encoder.
     *
     * @param table the encoder's embeddings, from {@link T5Encoder#table}; none to leave the encoder's identity alone
     * @throws InvalidInputException when two words have one name, or one was made for another encoder
     */
    public static void check(List<LearnedWord> words, T5Config encoder, @Nullable Tensor table) {
        Map<String, LearnedWord> known = new LinkedHashMap<>();
        for (LearnedWord word : words) {
            LearnedWord other = known.put(word.name, word);
            if (other != null) {
                throw new InvalidInputException(word.file + ": names the word " + word.name + ", and so does "
                        + other.file + "; use one of them, or learn one again under another name");
            }
            if (word.width != encoder.dModel()) {
                throw new InvalidInputException(word.file + ": " + word.name + " has vectors of " + word.width
                        + " numbers, this model's text encoder has " + encoder.dModel()
                        + "; it was learned for another kind of model");
            }
            if (table != null) {
                word.checkEncoder(table);
            }
        }
    }

    private void checkEncoder(Tensor table) {
        String told = metadata.get(TEXT_ENCODER);
        if (told == null) {
            return;
        }
        String[] parts = told.strip().split("\\s+");
        double[] found = probed(table);
        double largest = 0;
        double difference = parts.length == found.length ? 0 : Double.POSITIVE_INFINITY;
        for (int i = 0; i < Math.min(parts.length, found.length); i++) {
            largest = Math.max(largest, Math.abs(found[i]));
            difference = Math.max(difference, Math.abs(number(parts[i]) - found[i]));
        }
        if (!(difference <= PROBE_TOLERANCE * largest)) {
            String base = metadata.get(BASE_MODEL);
            throw new InvalidInputException(file + ": " + name + " was learned with another text encoder"
                    + (base == null ? "" : " (of the model " + base + ")")
                    + ", to which its vectors mean something else; learn it again on this model");
        }
    }

    private double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new InvalidInputException(
                    file + ": the metadata's " + TEXT_ENCODER + " has \"" + text + "\", expected numbers", e);
        }
    }

    /** How prompts write it, in angle brackets. */
    public String name() {
        return name;
    }

    /** How many vectors, and so tokens, it has. */
    public int vectors() {
        return vectors;
    }

    /** Numbers in each vector. */
    public int width() {
        return width;
    }

    /** The file it was read from. */
    public Path file() {
        return file;
    }

    /** Of the whole file, in hex digits. */
    public String sha256() {
        return sha256;
    }

    /** What the file tells, such as {@link #INITIAL}. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The vectors: [vectors, width] fp32 on the CPU, owned by the innermost scope. */
    public Tensor tensor() {
        return Ops.tensor(values, vectors, width);
    }

    /** The names of {@code words}, for messages. */
    public static String names(List<LearnedWord> words) {
        return words.stream().map(LearnedWord::name).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return name + " (" + vectors + " x " + width + ", " + file + ")";
    }
}
