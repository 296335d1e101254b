package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.FolderSettings.Part;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where the lines of {@code clips.jsonl} begin, how many people each tells of, and which of them show the same person.
 * The lines themselves stay on disk. Immutable and thread-safe.
 */
final class FolderIndex {
    /** The list of clips. */
    static final String FILE = "clips.jsonl";

    private final Path file;
    private final double fps;
    private long[] offsets = new long[64];
    private int[] lengths = new int[64];
    private int[] lineNumbers = new int[64];
    private short[] people = new short[64];
    private int size;
    private final Map<String, List<Integer>> appearances = new HashMap<>();
    private final String fingerprint;

    /**
     * Reads through the file once. A line that cannot be read counts as a clip without people and is refused when it is
     * asked for.
     *
     * @throws InvalidInputException when there is no list of clips
     */
    FolderIndex(Path folder, double fps, double heldOut, Part part) {
        file = folder.resolve(FILE);
        this.fps = fps;
        MessageDigest digest = sha256();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            long offset = 0;
            int number = 1;
            while (true) {
                int next = in.read();
                if (next >= 0 && next != '\n') {
                    line.write(next);
                    continue;
                }
                byte[] bytes = line.toByteArray();
                digest.update(bytes);
                add(bytes, offset, number++, heldOut, part);
                offset += bytes.length + 1;
                line.reset();
                if (next < 0) {
                    break;
                }
            }
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
        fingerprint = HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    private void add(byte[] line, long offset, int number, double heldOut, Part part) {
        if (new String(line, StandardCharsets.UTF_8).isBlank()) {
            return;
        }
        List<String> ids = List.of();
        String key = "";
        try {
            ClipEntry entry = parse(line, number);
            ids = entry.people().stream().map(ClipEntry.PersonEntry::id).toList();
            key = ids.isEmpty() ? entry.id() : ids.getFirst();
        } catch (InvalidInputException e) {
            // entry() will say so to whoever asks for this clip, and only that clip is lost
        }
        if (!belongs(key, heldOut, part)) {
            return;
        }
        if (size == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * size);
            lengths = Arrays.copyOf(lengths, 2 * size);
            lineNumbers = Arrays.copyOf(lineNumbers, 2 * size);
            people = Arrays.copyOf(people, 2 * size);
        }
        offsets[size] = offset;
        lengths[size] = line.length;
        lineNumbers[size] = number;
        people[size] = (short) ids.size();
        for (String id : ids) {
            appearances.merge(id, List.of(size), FolderIndex::joined);
        }
        size++;
    }

    private static boolean belongs(String key, double heldOut, Part part) {
        if (part == Part.ALL || heldOut == 0) {
            return true;
        }
        boolean held = (mixed(key.hashCode()) >>> 11) * 0x1p-53 < heldOut;
        return held == (part == Part.VALIDATION);
    }

    /** Every bit of the result depends on every bit of {@code value} (SplitMix64's last step). */
    static long mixed(long value) {
        long mixed = value + 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }

    private static List<Integer> joined(List<Integer> before, List<Integer> one) {
        List<Integer> all = before.size() == 1 ? new ArrayList<>(before) : before; // most people appear once
        all.addAll(one);
        return all;
    }

    private ClipEntry parse(byte[] line, int number) {
        String where = file + ":" + number;
        try {
            JsonNode json = JsonFile.parse(new ByteArrayInputStream(line));
            return ClipEntry.of(json, where, fps);
        } catch (IOException e) {
            throw new InvalidInputException(where + ": is not valid JSON; correct or remove the line", e);
        }
    }

    /** How many clips are listed. */
    int size() {
        return size;
    }

    /** People of clip {@code index}. */
    int people(int index) {
        return people[index];
    }

    /** Identifies the content of the list. */
    String fingerprint() {
        return fingerprint;
    }

    /** Everybody, in the order of their ids. */
    Set<String> persons() {
        return new TreeSet<>(appearances.keySet());
    }

    /** The clips a person is in. */
    List<Integer> clipsWith(String person) {
        return appearances.getOrDefault(person, List.of());
    }

    /**
     * The line of clip {@code index}.
     *
     * @throws InvalidInputException when it cannot be read
     */
    ClipEntry entry(int index) {
        byte[] line = new byte[lengths[index]];
        // Opened anew: a channel that is shared would be closed by the interruption of one loader thread.
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(offsets[index]);
            in.readFully(line);
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": line " + lineNumbers[index] + " cannot be read (" + IoReason.of(e)
                            + "); was the file changed while it was used?",
                    e);
        }
        return parse(line, lineNumbers[index]);
    }
}
