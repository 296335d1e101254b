package ai.ingredients.media;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
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
    private final List<AtomicOutput> unfinished = new ArrayList<>();
    private final Deque<Path> made = new ArrayDeque<>(); // deepest first
    private int count;

    private FrameFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Starts a clip in {@code folder}, which is made (with its parents) if it is not there.
     *
     * @throws InvalidInputException as {@link #checkWritable}
     */
    public static FrameFolder create(Path folder) {
        FrameFolder frames = new FrameFolder(folder);
        boolean usable = false;
        try {
            frames.makeFolder();
            AtomicOutput.checkWritable(folder.resolve(name(0)));
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

    private void makeFolder() {
        Deque<Path> missing = new ArrayDeque<>();
        for (Path path = folder.toAbsolutePath(); path != null && !Files.exists(path); path = path.getParent()) {
            missing.push(path);
        }
        try {
            for (Path path : missing) {
                Files.createDirectory(path);
                made.push(path);
                AtomicOutput.removeIfInterrupted(path);
            }
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": the folder cannot be made (" + AtomicOutput.reason(e) + "); choose another path", e);
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException(folder + ": is a file; name a folder for the frames");
        }
    }

    /**
     * Writes the next frame and returns the path it will have.
     *
     * @throws OperationFailedException when the disk is full or fails
     */
    public Path add(Frame frame) {
        return add(frame, Map.of());
    }

    /** As {@link #add(Frame)}, with texts in the file: see {@link Png#encode(Frame, Map)}. */
    public Path add(Frame frame, Map<String, String> texts) {
        Path file = add(name(count), Png.encode(frame, texts));
        count++;
        return file;
    }

    /** As {@link #add(Frame)}, under a name of its own and without a number. */
    public Path add(String name, Frame frame) {
        return add(name, Png.encode(frame, Map.of()));
    }

    private Path add(String name, byte[] png) {
        Path file = folder.resolve(name);
        AtomicOutput output = AtomicOutput.to(file);
        unfinished.add(output);
        output.fill(png);
        return file;
    }

    /**
     * Gives the files their names.
     *
     * @throws OperationFailedException when the disk fails
     */
    public void finish() {
        unfinished.forEach(AtomicOutput::commit);
        unfinished.clear();
        made.forEach(AtomicOutput::keep);
        made.clear();
    }

    /** Removes what was written unless {@link #finish} went through. */
    @Override
    public void close() {
        unfinished.forEach(AtomicOutput::close);
        unfinished.clear();
        made.forEach(AtomicOutput::remove);
        made.clear();
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
            throw new InvalidInputException(folder + ": the folder cannot be read (" + AtomicOutput.reason(e) + ")", e);
        }
    }

    private static String name(int number) {
        return "frame_%04d.png".formatted(number);
    }

    /** The number in a frame's name, or -1 for other files. */
    private static int number(Path file) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        return name.matches() ? Integer.parseInt(name.group(1)) : -1;
    }
}
