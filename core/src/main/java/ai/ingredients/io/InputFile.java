package ai.ingredients.io;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Files that a user names as input: what is none is told apart before anything waits for it. A pipe would be waited for, a
 * device read without end.
 */
public final class InputFile {
    /** {@code https://} loses a slash when it becomes a path. */
    private static final Pattern ADDRESS = Pattern.compile("(?i)(https?|ftp|s3|gs|hf|data):.*", Pattern.DOTALL);

    private InputFile() {}

    /**
     * Makes sure that {@code file} is a regular file.
     *
     * @param expected what it should be, for instance {@code a picture file (JPEG, PNG or WebP)}
     * @throws InvalidInputException when there is none, or it is a folder, a pipe, a device or an address
     */
    public static void check(Path file, String expected) {
        if (Files.isRegularFile(file)) {
            return;
        }
        if (Files.isDirectory(file)) {
            throw new InvalidInputException(file + ": is a folder; name " + expected);
        }
        if (Files.exists(file)) {
            throw new InvalidInputException(
                    file + ": is a pipe or a device, not a file with an end; save it and name " + expected);
        }
        if (ADDRESS.matcher(file.toString()).matches()) {
            throw new InvalidInputException(file + ": is an address; download it first and name " + expected);
        }
        throw new InvalidInputException(file + ": there is no such file");
    }

    /**
     * All bytes of {@code file}.
     *
     * @param most bytes it may have
     * @throws InvalidInputException as {@link #check}, or when it is larger
     * @throws IOException when it cannot be read
     */
    public static byte[] read(Path file, String expected, long most) throws IOException {
        check(file, expected);
        long size = Files.size(file);
        if (size <= most) {
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(Math.toIntExact(Math.min(most, Integer.MAX_VALUE - 8) + 1));
                if (bytes.length <= most) {
                    return bytes;
                }
                size = bytes.length; // some files of the system tell no size, and some grow
            }
        }
        throw new InvalidInputException(file + ": has " + (size >> 20) + " MiB, of at most " + (most >> 20)
                + " that are read here; name " + expected);
    }
}
