package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
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
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Downloads the files of a Hugging Face repository: several at once, resumed where a former attempt stopped, verified
 * against the hub's hashes, and put in place only when whole.
 *
 * <p>Without a folder of its own a download goes to huggingface_hub's cache ({@code models--org--name/} with
 * {@code blobs}, {@code refs} and {@code snapshots}), where Python finds it and finds Python's.
 *
 * <pre>{@code
 * try (HubClient hub = new HubClient(HubOptions.of(System.getenv()))) {
 *     Path model = hub.download("org/name", "main", List.of("transformer/*"), null, (done, total) -> {});
 * }
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class HubClient implements AutoCloseable {
    private static final Pattern REPOSITORY = Pattern.compile("[\\w-][\\w.-]*/[\\w-][\\w.-]*");
    private static final Pattern REVISION = Pattern.compile("[\\w-][\\w.-]*(/[\\w-][\\w.-]*)*");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern NEXT_PAGE = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"?next\"?");
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-.*");
    private static final int MOST_PAGES = 1000;
    private static final int BUFFER = 1 << 18; // bytes

    private final HubOptions options;
    private final HubHttp http;
    private final ScheduledExecutorService watch;

    public HubClient(HubOptions options) {
        this.options = options;
        this.http = new HubHttp(options);
        this.watch = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("hub-watch").factory());
    }

    /** Told how far a download is; called from several threads. */
    public interface Progress {
        /**
         * @param done bytes on disk, earlier attempts included
         * @param total bytes asked for
         */
        void advanced(long done, long total);
    }

    /** A file and where its content and its name go. */
    private record Job(RemoteFile file, Path content, Path incomplete, Path name) {}

    /**
     * Downloads what is not there yet.
     *
     * @param repo {@code organisation/name}
     * @param revision branch, tag or commit; {@code main} as a rule
     * @param filters patterns of paths to take, in which {@code *} stands for any characters; none takes all
     * @param localDir where to put the files; none for the cache
     * @param progress told as bytes arrive
     * @return the folder with the files: {@code localDir} or the cache's snapshot
     * @throws InvalidInputException for an unknown or refused repository, or filters that match nothing
     * @throws OperationFailedException when the network, the hub or the disk fails; what arrived is kept
     */
    public Path download(
            String repo, String revision, List<String> filters, @Nullable Path localDir, Progress progress) {
        if (!REPOSITORY.matcher(repo).matches() || !REVISION.matcher(revision).matches()) {
            throw new InvalidInputException("\"" + repo + "\" at \"" + revision
                    + "\" is no repository; expected organisation/name and a branch, tag or commit");
        }
        String commit = commit(repo, revision);
        List<RemoteFile> files = files(repo, commit).stream()
                .filter(file -> matches(filters, file.path()))
                .toList();
        if (files.isEmpty()) {
            throw new InvalidInputException(
                    repo + ": no file at " + revision + " matches " + filters + "; check the filters");
        }
        try {
            return localDir == null
                    ? intoCache(repo, revision, commit, files, progress)
                    : intoFolder(repo, commit, files, localDir, progress);
        } catch (IOException e) {
            throw diskFailed(repo, e);
        }
    }

    private Path intoCache(String repo, String revision, String commit, List<RemoteFile> files, Progress progress)
            throws IOException {
        Path root = options.cache().resolve("models--" + repo.replace("/", "--"));
        Path blobs = root.resolve("blobs");
        Path snapshot = root.resolve("snapshots").resolve(commit);
        List<Job> jobs = new ArrayList<>();
        for (RemoteFile file : files) {
            jobs.add(new Job(
                    file,
                    blobs.resolve(file.hash()),
                    blobs.resolve(file.hash() + ".incomplete"),
                    snapshot.resolve(file.path())));
        }
        fetchAll(repo, commit, jobs, progress);
        for (Job job : jobs) {
            link(job);
        }
        if (!revision.equals(commit)) {
            Path ref = root.resolve("refs").resolve(revision);
            parent(ref);
            AtomicFile.replace(ref, commit.getBytes(StandardCharsets.US_ASCII));
        }
        return snapshot;
    }

    private Path intoFolder(String repo, String commit, List<RemoteFile> files, Path folder, Progress progress)
            throws IOException {
        Path partial = folder.resolve(".cache").resolve("huggingface").resolve("download");
        List<Job> jobs = new ArrayList<>();
        for (RemoteFile file : files) {
            Path place = folder.resolve(file.path());
            jobs.add(new Job(file, place, partial.resolve(file.path() + "." + file.hash() + ".incomplete"), place));
        }
        fetchAll(repo, commit, jobs, progress);
        return folder;
    }

    private static boolean matches(List<String> filters, String path) {
        return filters.isEmpty()
                || filters.stream().anyMatch(filter -> {
                    String any = filter.endsWith("/") ? filter + "*" : filter;
                    String regex = Pattern.quote(any).replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q");
                    return Pattern.matches(regex, path);
                });
    }

    private String commit(String repo, String revision) {
        URI address = address("/api/models/" + repo + "/revision/" + HubHttp.encode(revision));
        String commit = json(address, repo, response -> {}).path("sha").asText();
        if (!COMMIT.matcher(commit).matches()) {
            throw notAHub(repo);
        }
        return commit;
    }

    private List<RemoteFile> files(String repo, String commit) {
        List<RemoteFile> files = new ArrayList<>();
        URI[] page = {address("/api/models/" + repo + "/tree/" + commit + "?recursive=true")};
        for (int pages = 0; page[0] != null; pages++) {
            URI current = page[0];
            page[0] = null;
            JsonNode entries = json(
                    current,
                    repo,
                    response -> response.headers().allValues("Link").stream()
                            .map(NEXT_PAGE::matcher)
                            .filter(Matcher::find)
                            .findFirst()
                            .ifPresent(next -> page[0] = current.resolve(next.group(1))));
            if (!entries.isArray() || pages > MOST_PAGES) {
                throw notAHub(repo);
            }
            for (JsonNode entry : entries) {
                if (entry.path("type").asText().equals("file")) {
                    files.add(RemoteFile.of(entry));
                }
            }
        }
        return files;
    }

    private OperationFailedException notAHub(String repo) {
        return new OperationFailedException(
                repo + ": " + options.endpoint() + " does not answer like a Hugging Face hub; check HF_ENDPOINT");
    }

    private URI address(String path) {
        return URI.create(options.endpoint().toString().replaceAll("/+$", "") + path);
    }

    private interface Headers {
        void see(HttpResponse<InputStream> response);
    }

    private JsonNode json(URI address, String repo, Headers headers) {
        return http.get(address, repo, () -> 0, response -> {
            headers.see(response);
            return JsonFile.parse(response.body());
        });
    }

    /** Fetches every job's content once, the first failure ending all. */
    private void fetchAll(String repo, String commit, List<Job> all, Progress progress) throws IOException {
        Map<Path, Job> byContent = new LinkedHashMap<>(); // equal files share one blob of the cache
        all.forEach(job -> byContent.put(job.content(), job));
        List<Job> jobs = List.copyOf(byContent.values());
        long total = jobs.stream().mapToLong(job -> job.file().size()).sum();
        checkSpace(jobs);
        AtomicLong done = new AtomicLong();
        ExecutorService pool = Executors.newFixedThreadPool(
                Math.min(options.parallel(), jobs.size()),
                Thread.ofPlatform().daemon().name("hub-download-", 0).factory());
        try {
            ExecutorCompletionService<Void> running = new ExecutorCompletionService<>(pool);
            for (Job job : jobs) {
                var unused = running.submit(() -> {
                    fetch(repo, commit, job, bytes -> progress.advanced(done.addAndGet(bytes), total));
                    return null;
                });
            }
            for (int i = 0; i < jobs.size(); i++) {
                Future<Void> finished = running.take();
                finished.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationFailedException(repo + ": the download was interrupted; run it again to resume", e);
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

    private static void checkSpace(List<Job> jobs) throws IOException {
        long missing = 0;
        for (Job job : jobs) {
            if (!Files.exists(job.content())) {
                long there = Files.exists(job.incomplete()) ? Files.size(job.incomplete()) : 0;
                missing += Math.max(0, job.file().size() - there);
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

    private interface Arrived {
        void bytes(long count);
    }

    private void fetch(String repo, String commit, Job job, Arrived arrived) throws IOException {
        RemoteFile file = job.file();
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
        URI address = address("/" + repo + "/resolve/" + commit + "/" + file.encodedPath());
        try (FileChannel out = FileChannel.open(job.incomplete(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(out, job.incomplete())) {
            if (out.size() > file.size()) {
                out.truncate(0);
            }
            arrived.bytes(out.size());
            for (int attempt = 1; !complete(job, out); attempt++) {
                if (attempt > 2) {
                    throw new OperationFailedException(repo + "/" + file.path() + ": what the hub sends does not have"
                            + " the hash it states (" + file.hash() + "); try again later, or check HF_ENDPOINT");
                }
                arrived.bytes(-out.size());
                if (out.size() == file.size()) {
                    out.truncate(0); // whole but wrong, here or in an earlier run
                }
                arrived.bytes(out.size());
                http.get(
                        address,
                        repo + "/" + file.path(),
                        out::size,
                        response -> receive(response, file, out, arrived));
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
    private long receive(HttpResponse<InputStream> response, RemoteFile file, FileChannel out, Arrived arrived)
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
        InputStream body = response.body();
        AtomicLong last = new AtomicLong(System.nanoTime());
        ScheduledFuture<?> guard = closeWhenSilent(body, last);
        try {
            byte[] buffer = new byte[BUFFER];
            for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                last.set(System.nanoTime());
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
        } finally {
            guard.cancel(false);
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

    private ScheduledFuture<?> closeWhenSilent(InputStream body, AtomicLong last) {
        long stall = options.stall().toNanos();
        return watch.scheduleAtFixedRate(
                () -> {
                    if (System.nanoTime() - last.get() > stall) {
                        try {
                            body.close();
                        } catch (IOException e) {
                            // the reader sees the end of the stream either way
                        }
                    }
                },
                stall / 4,
                stall / 4,
                TimeUnit.NANOSECONDS);
    }

    /** Gives a blob its name in the snapshot: a relative link, or a copy where links are not allowed. */
    private static void link(Job job) throws IOException {
        Path target = parent(job.name()).relativize(job.content());
        if (Files.isSymbolicLink(job.name())
                && Files.readSymbolicLink(job.name()).equals(target)) {
            return;
        }
        Files.deleteIfExists(job.name());
        try {
            Files.createSymbolicLink(job.name(), target);
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.copy(job.content(), job.name(), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** The folder {@code file} stands in, made where it is missing. */
    private static Path parent(Path file) throws IOException {
        return Files.createDirectories(Objects.requireNonNull(file.getParent()));
    }

    private static OperationFailedException diskFailed(String what, IOException e) {
        return new OperationFailedException(
                what + ": cannot be written (" + e.getMessage() + "); check the folder's rights and free space", e);
    }

    @Override
    public void close() {
        watch.shutdownNow();
        http.close();
    }
}
