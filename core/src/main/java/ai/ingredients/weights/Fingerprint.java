package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A quick identity of weights for recipes: which weights a result was made with, without reading 40 GB.
 *
 * <p>SHA-256 over, for each file in the order of its path: the path below the folder, the size, the first 64 KiB, the
 * whole header of a safetensors file (at most 100 MB), and {@value #SAMPLES} samples of 64 KiB spread evenly to the last
 * byte. Files of up to 4 MiB are read whole. Training or converting weights changes every sample; a change made on
 * purpose between the samples goes unnoticed, hence {@code sampled-sha256:} before the digits.
 */
public final class Fingerprint {
    private static final int SAMPLES = 64;
    private static final int SAMPLE = 1 << 16;
    private static final long LONGEST_HEADER = 100_000_000;
    private static final List<String> WEIGHTS =
            List.of(".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".model");

    private Fingerprint() {}

    /**
     * The fingerprint of a file, or of all files of weights (also tokenizer and ONNX models) below a folder, hidden ones
     * left out; links are followed, such as those of the hub's cache.
     *
     * @throws InvalidInputException when {@code path} is missing, unreadable or a folder without weights
     */
    public static String of(Path path) {
        MessageDigest digest = sha256();
        try {
            for (Path file : files(path)) {
                String name = path.equals(file)
                        ? String.valueOf(file.getFileName())
                        : path.relativize(file).toString().replace('\\', '/');
                add(digest, name, file);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new InvalidInputException(path + ": cannot be read (" + e.getMessage() + ")", e);
        }
        return "sampled-sha256:" + HexFormat.of().formatHex(digest.digest());
    }

    /** One fingerprint of several named parts, each given by {@link #of}. */
    public static String combined(Iterable<String> namesAndFingerprints) {
        MessageDigest digest = sha256();
        namesAndFingerprints.forEach(part -> {
            digest.update(part.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
        });
        return "sampled-sha256:" + HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static List<Path> files(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            return List.of(path);
        }
        if (!Files.isDirectory(path)) {
            throw new InvalidInputException(path + ": there is no such file or folder");
        }
        try (Stream<Path> all = Files.walk(path, FileVisitOption.FOLLOW_LINKS)) {
            List<Path> found = all.filter(file -> isWeights(path.relativize(file)) && Files.isRegularFile(file))
                    .sorted((a, b) -> a.toString().compareTo(b.toString()))
                    .toList();
            if (found.isEmpty()) {
                throw new InvalidInputException(path + ": holds no files of weights");
            }
            return found;
        }
    }

    private static boolean isWeights(Path relative) {
        for (Path part : relative) {
            if (part.toString().startsWith(".")) {
                return false;
            }
        }
        return WEIGHTS.stream().anyMatch(relative.toString()::endsWith);
    }

    private static void add(MessageDigest digest, String name, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            digest.update(ByteBuffer.allocate(9).put((byte) 0).putLong(size).flip());
            ByteBuffer buffer = ByteBuffer.allocate(SAMPLE);
            if (size <= (long) SAMPLES * SAMPLE) {
                read(channel, digest, buffer, 0, size);
                return;
            }
            read(channel, digest, buffer, 0, headerBytes(channel, name, size));
            for (long i = 0; i < SAMPLES; i++) {
                long at = (size - SAMPLE) / (SAMPLES - 1) * i;
                read(channel, digest, buffer, i == SAMPLES - 1 ? size - SAMPLE : at, SAMPLE);
            }
        }
    }

    private static long headerBytes(FileChannel channel, String name, long size) throws IOException {
        if (!name.endsWith(".safetensors")) {
            return SAMPLE;
        }
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        channel.read(length, 0);
        long header = length.getLong(0);
        return header < SAMPLE ? SAMPLE : Math.min(8 + Math.min(header, LONGEST_HEADER), size);
    }

    private static void read(FileChannel channel, MessageDigest digest, ByteBuffer buffer, long begin, long length)
            throws IOException {
        for (long at = begin; at < begin + length; ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), begin + length - at));
            int read = channel.read(buffer, at);
            if (read < 0) {
                throw new IOException("the file became shorter while it was read");
            }
            digest.update(buffer.flip());
            at += read;
        }
    }
}
