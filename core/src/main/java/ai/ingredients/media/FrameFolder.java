package ai.ingredients.media;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.MadeFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes a clip as {@code frame_0000.png}, {@code frame_0001.png}, ... into a folder: all of them or none.
 *
 * <p>Frames get their names in {@link #finish}. {@link #close} without it, or an interruption of the process, removes
 * what was written and the folder if it was made for them. Frames of the same number from an earlier clip are replaced.
 * Later ones are left alone, since they may be wanted: {@link #stale} tells them so that the caller can say so. Not
 * thread-safe.
 */
public final class FrameFolder implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("frame_(\\d{4,9})\\.png");

    private final Path folder;
    private final MadeFolder made;
    private final List<AtomicFile> unfinished = new ArrayList<>();
    private int count;

    private FrameFolder(Path folder, MadeFolder made) {
        this.folder = folder;
        this.made = made;
    }

    /**
     * Starts a clip in {@code folder}, which is made (with its parents) if it is not there.
     *
     * @throws InvalidInputException as {@link #checkWritable}
     */
    public static FrameFolder create(Path folder) {
        FrameFolder frames = new FrameFolder(folder, MadeFolder.create(folder));
        boolean usable = false;
        try {
            if (!Files.isDirectory(folder)) {
                throw new InvalidInputException(folder + ": is a file; name a folder for the frames");
            }
            AtomicFile.checkWritable(folder.resolve(name(0)));
            usable = true;
            return frames;
        } finally {
            if (!usable) {
                frames.close();
            }
        }
    }

    /**
     * Tells early whether frames can be written into {@code folder}. Leaves nothing behind.
     *
     * @throws InvalidInputException when it is a file, or the place is closed to us
     */
    public static void checkWritable(Path folder) {
        create(folder).close();
    }

    /**
     * Writes the next frame and returns the path it will have.
     *
     * @throws OperationFailedException when the disk is full or fails
     */
    public Path add(Picture frame) {
        return add(frame, Map.of());
    }

    /** As {@link #add(Picture)}, with texts in the file: see {@link Png#encode(Picture, Map)}. */
    public Path add(Picture frame, Map<String, String> texts) {
        Path file = add(name(count), Png.encode(frame, texts));
        count++;
        return file;
    }

    /** As {@link #add(Picture)}, under a name of its own and without a number. */
    public Path add(String name, Picture frame) {
        return add(name, Png.encode(frame, Map.of()));
    }

    private Path add(String name, byte[] png) {
        Path file = folder.resolve(name);
        AtomicFile output = AtomicFile.create(file);
        unfinished.add(output);
        output.write(ByteBuffer.wrap(png));
        output.complete(); // a clip has more frames than a process may hold open files
        return file;
    }

    /** The complete files, for a {@link ai.ingredients.io.FileGroup}; {@link #finish} is still to be called after it. */
    public List<AtomicFile> files() {
        return List.copyOf(unfinished);
    }

    /**
     * Gives the files their names.
     *
     * @throws OperationFailedException when the disk fails
     */
    public void finish() {
        unfinished.forEach(AtomicFile::commit);
        unfinished.clear();
        made.keep();
    }

    /** Removes what was written unless {@link #finish} went through. */
    @Override
    public void close() {
        unfinished.forEach(AtomicFile::close);
        unfinished.clear();
        made.close();
    }

    /** The folder itself. */
    public Path path() {
        return folder;
    }

    /** How many frames were written. */
    public int count() {
        return count;
    }

    /** Frames in the folder numbered beyond what was written: left over from a longer clip. In order. */
    public List<Path> stale() {
        return list(folder).stream().filter(file -> number(file) >= count).toList();
    }

    /**
     * The frames in a folder by number.
     *
     * @throws InvalidInputException when the folder cannot be read
     */
    public static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> number(file) >= 0)
                    .sorted(Comparator.comparingInt(FrameFolder::number))
                    .toList();
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": the folder cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private static String name(int number) {
        return String.format(Locale.ROOT, "frame_%04d.png", number);
    }

    /** The number in a frame's name, or -1 for other files. */
    private static int number(Path file) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        return name.matches() ? Integer.parseInt(name.group(1)) : -1;
    }
}
