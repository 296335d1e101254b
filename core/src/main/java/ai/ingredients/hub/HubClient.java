package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Downloads the files of a Hugging Face repository: several at once, resumed where a former attempt stopped, verified
 * against the hub's hashes, and put in place only when whole.
 *
 * <p>Without a folder of its own a download goes to huggingface_hub's cache ({@code models--org--name/} with
 * {@code blobs}, {@code refs} and {@code snapshots}), where Python finds it and finds Python's. What is complete there is
 * found without a network too.
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

    private final HubOptions options;
    private final Requests http;

    public HubClient(HubOptions options) {
        this(options, new HubHttp(options));
    }

    /** @param http closed with this */
    HubClient(HubOptions options, Requests http) {
        this.options = options;
        this.http = http;
    }

    /** Told how far a download is; called from several threads. */
    public interface Progress {
        /**
         * @param done bytes on disk, earlier attempts included
         * @param total bytes asked for
         */
        void advanced(long done, long total);

        /** One line for whoever waits: a request is made again, or the cache is used instead. */
        default void notice(String line) {}
    }

    /**
     * Downloads what is not there yet.
     *
     * <p>Nothing is asked for when {@link HubOptions#offline} is set, or a commit is asked for that is complete. When the
     * hub cannot be reached, what is complete from an earlier time is used.
     *
     * @param repo {@code organisation/name}
     * @param revision branch, tag or commit; {@code main} as a rule
     * @param filters patterns of paths to take, in which {@code *} stands for any characters; none takes all
     * @param localDir where to put the files; none for the cache
     * @param progress told as bytes arrive
     * @return the folder with the files: {@code localDir} or the cache's snapshot
     * @throws InvalidInputException for an unknown or refused repository, filters that match nothing, or what is not
     *     complete while offline
     * @throws OperationFailedException when the network, the hub or the disk fails; what arrived is kept
     */
    public Path download(
            String repo, String revision, List<String> filters, @Nullable Path localDir, Progress progress) {
        return download(repo, revision, new Selection(filters, ""), localDir, progress);
    }

    /**
     * As {@link #download(String, String, List, Path, Progress)}, for a variant of the weights too.
     *
     * @param wanted which files
     */
    public Path download(String repo, String revision, Selection wanted, @Nullable Path localDir, Progress progress) {
        try {
            return fetch(repo, revision, wanted, localDir, new WithoutSecrets(progress));
        } catch (InvalidInputException e) {
            String safe = withoutSecrets(e);
            throw safe == null ? e : new InvalidInputException(safe);
        } catch (OperationFailedException e) {
            String safe = withoutSecrets(e);
            throw safe == null ? e : new OperationFailedException(safe);
        }
    }

    /** The message of {@code thrown} when that or one of its causes repeats a secret; otherwise null. */
    private @Nullable String withoutSecrets(RuntimeException thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (!options.withoutSecrets(message).equals(message)) {
                return options.withoutSecrets(String.valueOf(thrown.getMessage()));
            }
        }
        return null;
    }

    private final class WithoutSecrets implements Progress {
        private final Progress told;

        WithoutSecrets(Progress told) {
            this.told = told;
        }

        @Override
        public void advanced(long done, long total) {
            told.advanced(done, total);
        }

        @Override
        public void notice(String line) {
            told.notice(options.withoutSecrets(line));
        }
    }

    private Path fetch(String repo, String revision, Selection wanted, @Nullable Path localDir, Progress progress) {
        if (!REPOSITORY.matcher(repo).matches() || !REVISION.matcher(revision).matches()) {
            throw new InvalidInputException("\"" + repo + "\" at \"" + revision
                    + "\" is no repository; expected organisation/name and a branch, tag or commit");
        }
        Downloaded there = localDir == null
                ? new HubCache(options.cache(), repo, revision)
                : new LocalFolder(localDir, repo, revision);
        if (options.offline()) {
            return there.complete(wanted, progress);
        }
        if (HubApi.COMMIT.matcher(revision).matches() && there.listed()) {
            try {
                return there.complete(wanted, progress);
            } catch (InvalidInputException e) {
                // then the rest is downloaded
            }
        }
        Listing listing;
        try {
            listing = new HubApi(http, options, progress::notice).listing(repo, revision);
        } catch (OperationFailedException e) {
            return withoutHub(there, wanted, progress, e);
        }
        List<Transfer.Job> jobs = new ArrayList<>();
        for (RemoteFile file : listing.matching(wanted)) {
            jobs.add(there.job(listing, file));
        }
        try {
            new Transfer(http, options, listing, progress).fetch(jobs);
            return there.finish(listing, jobs);
        } catch (IOException e) {
            throw Transfer.diskFailed(repo, e);
        }
    }

    private static Path withoutHub(Downloaded there, Selection wanted, Progress progress, OperationFailedException e) {
        Path folder;
        try {
            folder = there.complete(wanted, progress);
        } catch (InvalidInputException none) {
            e.addSuppressed(none);
            throw e;
        }
        progress.notice(e.getMessage() + ". Using what was downloaded before: " + folder);
        return folder;
    }

    @Override
    public void close() {
        http.close();
    }
}
