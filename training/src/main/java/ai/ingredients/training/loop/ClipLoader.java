package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.IoReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes items on threads of its own, ahead of the one who takes them, and hands them out in the order of their numbers.
 *
 * <p>An item whose making throws {@link InvalidInputException} is broken: it is left out, so that the next number takes
 * its place, counted, and listed in a file. When more than a share of the items is broken, the run stops. What is handed
 * out does not depend on the number of threads, and {@link #position} after any item is where a resumed run begins.
 *
 * <p>{@link #take} and {@link #close} are for one thread.
 *
 * @param <T> an item, on the Java heap
 */
public final class ClipLoader<T> implements AutoCloseable {
    /** So many may be broken whatever their share: the first items say little about the rest. */
    static final int ALWAYS_ALLOWED = 10;

    private final LongFunction<T> make;
    private final Settings settings;
    private final Consumer<String> warn;
    private final ExecutorService threads;
    private final Deque<Future<T>> ahead = new ArrayDeque<>();
    private final Set<String> listed = new LinkedHashSet<>();
    private Position position;
    private long next;

    /**
     * Where a loader stands.
     *
     * @param next the number after the last item handed out
     * @param broken items left out so far
     */
    public record Position(long next, long broken) {
        /** At the first item. */
        public static final Position START = new Position(0, 0);
    }

    /**
     * How a loader works.
     *
     * @param threads that make items
     * @param prefetch items made or being made ahead
     * @param maxBrokenShare share of the items that may be broken; 0 for none at all; below 1, since a run without a
     *     single good item would never end
     * @param list file that broken items are listed in, one line each; null for none
     */
    public record Settings(
            int threads,
            int prefetch,
            double maxBrokenShare,
            @Nullable Path list) {
        public Settings {
            if (threads < 1 || prefetch < 1 || !(maxBrokenShare >= 0 && maxBrokenShare < 1)) {
                throw new InvalidInputException("a loader with " + threads + " threads, " + prefetch
                        + " items ahead and a broken share of " + maxBrokenShare
                        + "; expected at least 1 of each and a share from 0 to below 1");
            }
        }
    }

    /** A number and what was made of it. */
    public record Item<T>(long number, T value) {}

    /**
     * Begins to make items.
     *
     * @param make the item of a number; runs on several threads at once
     * @param from {@link Position#START}, or the {@link #position} of an earlier loader
     * @param warn told of every broken item, one line each, once for the same reason
     */
    public ClipLoader(LongFunction<T> make, Position from, Settings settings, Consumer<String> warn) {
        this.make = make;
        this.settings = settings;
        this.warn = warn;
        position = from;
        next = from.next();
        readList();
        threads = Executors.newFixedThreadPool(settings.threads(), task -> {
            Thread thread = new Thread(task, "clip-loader");
            thread.setDaemon(true);
            thread.setPriority(Thread.MIN_PRIORITY); // making clips waits for training, not the other way round
            return thread;
        });
        for (int i = 0; i < settings.prefetch(); i++) {
            submit();
        }
    }

    private void submit() {
        long number = next++;
        ahead.addLast(threads.submit(() -> make.apply(number)));
    }

    /**
     * The next item that is not broken; waits until it is made.
     *
     * @throws InvalidInputException when too many items were broken, naming the last
     * @throws OperationFailedException when this thread is interrupted while it waits
     */
    public Item<T> take() {
        while (true) {
            Future<T> first = ahead.removeFirst();
            submit();
            try {
                Item<T> item = new Item<>(position.next(), first.get());
                position = new Position(position.next() + 1, position.broken());
                return item;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof InvalidInputException broken)) {
                    throw unchecked(e);
                }
                leaveOut(broken);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new OperationFailedException("interrupted while waiting for clips", e);
            }
        }
    }

    private static RuntimeException unchecked(ExecutionException e) {
        return switch (e.getCause()) {
            case RuntimeException exception -> exception;
            case Error error -> throw error;
            case null, default -> new IllegalStateException("a clip could not be made", e);
        };
    }

    private void leaveOut(InvalidInputException broken) {
        position = new Position(position.next() + 1, position.broken() + 1);
        if (listed.add(broken.getMessage())) {
            list(broken.getMessage());
            warn.accept("left out: " + broken.getMessage());
        }
        double allowed = settings.maxBrokenShare() == 0
                ? 0
                : Math.max(ALWAYS_ALLOWED, settings.maxBrokenShare() * position.next());
        if (position.broken() > allowed) {
            String where = settings.list() == null ? "" : ", all are listed in " + settings.list();
            throw new InvalidInputException(position.broken() + " of " + position.next()
                    + " items were broken, more than a share of " + settings.maxBrokenShare() + " (the last: "
                    + broken.getMessage() + where + "); mend or remove them, or allow a larger share");
        }
    }

    private void readList() {
        Path list = settings.list();
        try {
            if (list != null && Files.exists(list)) {
                listed.addAll(Files.readAllLines(list));
            }
        } catch (IOException e) {
            throw new InvalidInputException(list + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private void list(String line) {
        Path list = settings.list();
        if (list == null) {
            return;
        }
        try {
            Files.writeString(
                    list, line + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new OperationFailedException(
                    list + ": cannot be written (" + IoReason.of(e) + "); check the free space there", e);
        }
    }

    /** Where to go on after the last item handed out. */
    public Position position() {
        return position;
    }

    /** Stops and waits for the items being made, so that what {@code make} uses can be closed. */
    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
        ahead.clear();
    }
}
