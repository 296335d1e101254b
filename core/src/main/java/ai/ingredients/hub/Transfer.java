package ai.ingredients.hub;

import ai.ingredients.OperationFailedException;
import ai.ingredients.io.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fetches the contents of files, several at once, each in place only when it has the hash the hub states. */
final class Transfer {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-.*");
    private static final int BUFFER = 1 << 18; // bytes

    private final Requests http;
    private final HubOptions options;
    private final Listing listing;
    private final HubClient.Progress progress;

    Transfer(Requests http, HubOptions options, Listing listing, HubClient.Progress progress) {
        this.http = http;
        this.options = options;
        this.listing = listing;
        this.progress = progress;
    }

    /** A file and where its content and its name go. */
    record Job(RemoteFile file, Path content, Path incomplete, Path name) {}

    private interface Arrived {
        void bytes(long count);
    }

    /** Fetches every job's content once, the first failure ending all. */
    void fetch(List<Job> all) throws IOException {
        Map<Path, Job> byContent = new LinkedHashMap<>(); // equal files share one blob of the cache
        all.forEach(job -> byContent.put(job.content(), job));
        List<Job> jobs = List.copyOf(byContent.values());
        long total = jobs.stream().mapToLong(job -> job.file().size()).reduce(0, Transfer::sum);
        checkSpace(jobs);
        AtomicLong done = new AtomicLong();
        ExecutorService pool = Executors.newFixedThreadPool(
                Math.min(options.parallel(), jobs.size()),
                Thread.ofPlatform().daemon().name("hub-download-", 0).factory());
        try {
            ExecutorCompletionService<Void> running = new ExecutorCompletionService<>(pool);
            for (Job job : jobs) {
                var unused = running.submit(() -> {
                    fetch(job, bytes -> progress.advanced(done.addAndGet(bytes), total));
                    return null;
                });
            }
            for (int i = 0; i < jobs.size(); i++) {
                Future<Void> finished = running.take();
                finished.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationFailedException(
                    listing.repo() + ": the download was interrupted; run it again to resume", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case IOException cause -> throw cause;
                case null, default -> throw new IllegalStateException(e);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    /** Sizes are what a hub says: together they may be more than there are bytes in the world. */
    private static long sum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static void checkSpace(List<Job> jobs) throws IOException {
        long missing = 0;
        for (Job job : jobs) {
            if (!Files.exists(job.content())) {
                long there = Files.exists(job.incomplete()) ? Files.size(job.incomplete()) : 0;
                missing = sum(missing, Math.max(0, job.file().size() - there));
            }
        }
        Path folder = parent(jobs.getFirst().incomplete());
        long free = Files.getFileStore(folder).getUsableSpace();
        if (missing > free) {
            throw new OperationFailedException(String.format(
                    Locale.ROOT,
                    "%s: %.1f GB are to be downloaded but only %.1f GB are free; make room",
                    folder,
                    missing / 1e9,
                    free / 1e9));
        }
    }

    private void fetch(Job job, Arrived arrived) throws IOException {
        RemoteFile file = job.file();
        String what = listing.repo() + "/" + file.path();
        // A blob of the cache was verified when it was put there; a file in a folder of the user's may be anything.
        boolean blob = !job.content().equals(job.name());
        if (blob
                ? Files.exists(job.content()) && Files.size(job.content()) == file.size()
                : file.matches(job.content())) {
            arrived.bytes(file.size());
            return;
        }
        parent(job.incomplete());
        parent(job.content());
        URI address = URI.create(options.origin().toString().replaceAll("/+$", "") + "/" + listing.repo() + "/resolve/"
                + listing.commit() + "/" + file.encodedPath());
        try (FileChannel out = FileChannel.open(job.incomplete(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(out, job.incomplete())) {
            if (out.size() > file.size()) {
                out.truncate(0);
            }
            arrived.bytes(out.size());
            for (int attempt = 1; !complete(job, out); attempt++) {
                if (attempt > 2) {
                    throw new OperationFailedException(what + ": what the hub sends does not have the hash it states ("
                            + file.hash() + "); try again later, or check HF_ENDPOINT");
                }
                arrived.bytes(-out.size());
                if (out.size() == file.size()) {
                    out.truncate(0); // whole but wrong, here or in an earlier run
                }
                arrived.bytes(out.size());
                http.get(
                        address,
                        what,
                        out::size,
                        progress::notice,
                        (response, body) -> receive(response, body, file, out, arrived));
            }
        }
        Files.move(
                job.incomplete(), job.content(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean complete(Job job, FileChannel out) throws IOException {
        out.force(true);
        return out.size() == job.file().size() && job.file().matches(job.incomplete());
    }

    private static FileLock lock(FileChannel channel, Path file) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new OperationFailedException(file + ": another download is writing it; wait for that to end");
        }
        return lock;
    }

    /** Appends a response's body to {@code out}, or starts anew when the server sends the whole file. */
    private static long receive(
            HttpResponse<InputStream> response, InputStream body, RemoteFile file, FileChannel out, Arrived arrived)
            throws IOException {
        Matcher range = CONTENT_RANGE.matcher(
                response.headers().firstValue("Content-Range").orElse(""));
        boolean continues =
                response.statusCode() == 206 && range.matches() && Long.parseLong(range.group(1)) == out.size();
        if (!continues) {
            arrived.bytes(-out.size());
            out.truncate(0);
            if (response.statusCode() != 200) {
                throw new IOException("status " + response.statusCode() + " for the rest of the file");
            }
        }
        out.position(out.size());
        byte[] buffer = new byte[BUFFER];
        for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
            if (out.size() + read > file.size()) {
                arrived.bytes(-out.size());
                out.truncate(0);
                throw new IOException("more than the " + file.size() + " bytes the hub stated");
            }
            for (ByteBuffer rest = ByteBuffer.wrap(buffer, 0, read); rest.hasRemaining(); ) {
                write(out, rest);
            }
            arrived.bytes(read);
        }
        if (out.size() < file.size()) {
            throw new IOException("the connection ended after " + out.size() + " of " + file.size() + " bytes");
        }
        return out.size();
    }

    /** A full disk is no reason to ask the server again. */
    private static void write(FileChannel out, ByteBuffer bytes) {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw diskFailed("the download", e);
        }
    }

    /** The folder {@code file} stands in, made where it is missing. */
    static Path parent(Path file) throws IOException {
        return Files.createDirectories(Objects.requireNonNull(file.getParent()));
    }

    static OperationFailedException diskFailed(String what, IOException e) {
        String where = e instanceof FileSystemException at && at.getFile() != null ? at.getFile() + ": " : "";
        return new OperationFailedException(
                what + ": cannot be written (" + where + IoReason.of(e) + "); check the folder's rights and free space",
                e);
    }
}
