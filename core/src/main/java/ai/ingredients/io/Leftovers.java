package ai.ingredients.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Names of files and folders that are not finished, which tell whose they are; what processes left that are no more (killed,
 * or gone with the power) is removed by the next one that writes into the same folder.
 *
 * <p>The name ends in the machine (and its container) and the process. Of another machine nobody here knows whether its
 * process lives, so its files stay.
 */
final class Leftovers {
    /** Group 1 is the machine and 2 the process in hexadecimal digits; names of older versions have neither. */
    static final Pattern UNFINISHED =
            Pattern.compile("\\..+\\.[0-9a-f]{1,8}(?:-([0-9a-f]{8})-([0-9a-f]{1,8}))?\\.part(?:\\.[^.]{1,15})?");

    /** File systems of other machines may have another time. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);

    private static final String MACHINE = machine();
    private static final Set<Path> CLEARED = ConcurrentHashMap.newKeySet();

    private Leftovers() {}

    /** A hidden name that nobody else takes, of a file of this process. */
    static String name(String of, String ending) {
        return name(of, ProcessHandle.current().pid(), ending);
    }

    static String name(String of, long process, String ending) {
        long random = ThreadLocalRandom.current().nextLong() & 0xffff_ffffL;
        return "." + of + "." + Long.toHexString(random) + "-" + MACHINE + "-" + Long.toHexString(process) + "."
                + ending;
    }

    /** Removes from {@code folder} what dead processes left; only the first call for a folder looks. */
    static void clear(Path folder) {
        if (!CLEARED.add(folder)) {
            return;
        }
        try (Stream<Path> children = Files.list(folder)) {
            children.filter(Leftovers::isLeft).forEach(Leftovers::remove);
        } catch (IOException | UncheckedIOException e) {
            // it does no harm where it lies
        }
    }

    static boolean isLeft(Path path) {
        Matcher name = UNFINISHED.matcher(String.valueOf(path.getFileName()));
        if (!name.matches() || !MACHINE.equals(name.group(1))) {
            return false;
        }
        Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(name.group(2), 16));
        if (process.isEmpty()) {
            return true;
        }
        Optional<Instant> started = process.get().info().startInstant();
        try {
            Instant written =
                    Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
            return started.isPresent() && started.get().isAfter(written.plus(CLOCKS_DIFFER)); // another of that number
        } catch (IOException e) {
            return false;
        }
    }

    private static void remove(Path tree) {
        try (Stream<Path> all = Files.walk(tree)) {
            List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            // somebody else removes it too, or nobody may
        }
    }

    /** Eight hexadecimal digits for where process numbers are unique: the machine's name and the container's. */
    private static String machine() {
        String name; // not from the network, which may take its time
        try {
            name = Files.readString(Path.of("/proc/sys/kernel/hostname"));
        } catch (IOException e) {
            name = System.getenv().getOrDefault("COMPUTERNAME", "");
        }
        String container;
        try {
            container = Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
        } catch (IOException | UnsupportedOperationException e) {
            container = "";
        }
        return String.format(Locale.ROOT, "%08x", (name + " " + container).hashCode());
    }
}
