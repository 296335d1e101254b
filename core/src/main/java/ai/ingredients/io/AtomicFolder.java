package ai.ingredients.io;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder that appears under its name only when everything in it is complete and on the disk.
 *
 * <p>It is filled under a hidden name beside its own. {@link #commit} brings all files to the disk and renames it;
 * {@link #close} without a commit removes it, and so does the end of the process. One that is killed leaves hidden
 * folders, which {@link #recover} clears away at the next start.
 *
 * <pre>{@code
 * AtomicFolder.recover(parent);                  // at the start of the program
 * try (AtomicFolder folder = AtomicFolder.create(parent.resolve("step-00000100"))) {
 *     Files.write(folder.path().resolve("a"), bytes);
 *     folder.commit();
 * }
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class AtomicFolder implements AutoCloseable {
    /** An older folder of the name, set aside for the moment in which the new one takes its place. */
    private static final Pattern ASIDE =
            Pattern.compile("\\.(.+)\\.[0-9a-f]{1,8}(?:-[0-9a-f]{8}-[0-9a-f]{1,8})?\\.old");

    private final Path target;
    private final Path temporary;
    private boolean committed;

    private AtomicFolder(Path target, Path temporary) {
        this.target = target;
        this.temporary = temporary;
    }

    /**
     * Begins to fill what will be {@code target}; {@link #path} is an empty folder afterwards.
     *
     * @throws InvalidInputException when the folder around it is missing or takes no folders
     */
    public static AtomicFolder create(Path target) {
        Path temporary = hidden(target, "part");
        Leftovers.clear(parentOf(temporary));
        try {
            Unfinished.makeFolder(temporary);
            return new AtomicFolder(target, temporary);
        } catch (IOException e) {
            throw new InvalidInputException(
                    target + ": no folder can be made in " + temporary.getParent() + " (" + IoReason.of(e)
                            + "); choose a place you may write to",
                    e);
        }
    }

    private static Path hidden(Path target, String ending) {
        return target.toAbsolutePath().resolveSibling(Leftovers.name(String.valueOf(target.getFileName()), ending));
    }

    /** The folder to write into. */
    public Path path() {
        return temporary;
    }

    /** The name the folder will have. */
    public Path target() {
        return target;
    }

    /**
     * Puts the finished folder in its place; an older one of that name is there until then and removed after.
     *
     * @throws OperationFailedException when the disk is full or fails; the older folder is then untouched
     */
    public void commit() {
        try {
            force(temporary);
            Path aside = hidden(target, "old");
            boolean replaces = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
            Unfinished.together(() -> takePlace(replaces ? aside : null));
            forceFolder(parentOf(temporary));
            if (replaces) {
                delete(aside);
            }
        } catch (IOException | UncheckedIOException e) {
            throw failed(target, e);
        }
    }

    private void takePlace(@Nullable Path aside) {
        try {
            if (aside != null) {
                Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        committed = true;
        Unfinished.keep(temporary);
    }

    /** Removes what was written unless it was committed. Does nothing the second time. */
    @Override
    public void close() {
        if (committed) {
            return;
        }
        committed = true;
        Unfinished.keep(temporary);
        try {
            delete(temporary);
        } catch (IOException | UncheckedIOException e) {
            // the failure that brought us here is the one to report; recover() removes the rest
        }
    }

    /**
     * Removes {@code folder} with all that is in it: at once gone under its name, whatever happens while it is removed.
     *
     * @throws OperationFailedException when the system refuses
     */
    public static void remove(Path folder) {
        try {
            Path doomed = hidden(folder, "part");
            Files.move(folder, doomed, StandardCopyOption.ATOMIC_MOVE);
            delete(doomed);
        } catch (IOException | UncheckedIOException e) {
            throw new OperationFailedException(
                    folder + ": cannot be removed (" + reason(e) + "); remove it by hand", e);
        }
    }

    /**
     * Clears away what killed processes left in {@code parent}: folders and files that never got their names go, and a
     * folder that was set aside for one that did not come gets its name back. Nobody else may be writing there.
     *
     * @throws OperationFailedException when the system refuses
     */
    public static void recover(Path parent) {
        try {
            for (Path child : children(parent)) {
                String name = child.getFileName().toString();
                Matcher aside = ASIDE.matcher(name);
                if (aside.matches() && !Files.exists(parent.resolve(aside.group(1)))) {
                    Files.move(child, parent.resolve(aside.group(1)), StandardCopyOption.ATOMIC_MOVE);
                } else if (aside.matches() || Leftovers.UNFINISHED.matcher(name).matches()) {
                    delete(child);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            throw new OperationFailedException(
                    parent + ": what an earlier run left cannot be cleared away (" + reason(e)
                            + "); check the permissions there",
                    e);
        }
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** Every file and folder of {@code tree} reaches the disk. */
    private static void force(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                if (Files.isDirectory(path)) {
                    forceFolder(path);
                } else if (Files.isRegularFile(path)) {
                    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
                        file.force(true);
                    }
                }
            }
        }
    }

    private static Path parentOf(Path temporary) {
        return Objects.requireNonNull(temporary.getParent(), "a temporary folder has one around it");
    }

    private static void forceFolder(Path folder) {
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        } catch (IOException e) {
            // Windows, network drives: only the survival of a power cut is less certain
        }
    }

    private static OperationFailedException failed(Path target, Exception e) {
        return new OperationFailedException(
                target + ": cannot be written (" + reason(e) + "); check the free space and the permissions there", e);
    }

    private static String reason(Exception e) {
        return switch (e) {
            case IOException direct -> IoReason.of(direct);
            case UncheckedIOException wrapped
            when wrapped.getCause() instanceof IOException cause -> IoReason.of(cause);
            default -> String.valueOf(e.getMessage());
        };
    }
}
