package ai.ingredients.hub;

import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A repository in huggingface_hub's cache: contents by their hash in {@code blobs}, links to them by their names in
 * {@code snapshots/COMMIT}, the commits of branches in {@code refs}. In {@code .listings}, which Python passes over, is kept
 * what a commit holds.
 */
final class HubCache implements Downloaded {
    private final Path root;
    private final String repo;
    private final String revision;

    HubCache(Path cache, String repo, String revision) {
        this.root = cache.resolve("models--" + repo.replace("/", "--"));
        this.repo = repo;
        this.revision = revision;
    }

    @Override
    public Transfer.Job job(Listing listing, RemoteFile file) {
        Path blob = root.resolve("blobs").resolve(file.hash());
        Path name = ForeignPath.in(snapshot(listing.commit()), file.path(), repo + ": a file");
        return new Transfer.Job(file, blob, blob.resolveSibling(file.hash() + ".incomplete"), name);
    }

    private Path snapshot(String commit) {
        return root.resolve("snapshots").resolve(commit);
    }

    private Path listing(String commit) {
        return root.resolve(".listings").resolve(commit + ".json");
    }

    @Override
    public Path finish(Listing listing, List<Transfer.Job> jobs) throws IOException {
        for (Transfer.Job job : jobs) {
            link(job);
        }
        listing.write(listing(listing.commit()));
        if (!revision.equals(listing.commit())) {
            Path ref = root.resolve("refs").resolve(revision);
            Transfer.parent(ref);
            AtomicFile.replace(ref, listing.commit().getBytes(StandardCharsets.US_ASCII));
        }
        return snapshot(listing.commit());
    }

    /** Gives a blob its name in the snapshot: a relative link, or a copy where links are not allowed. */
    private static void link(Transfer.Job job) throws IOException {
        Path target = Transfer.parent(job.name()).relativize(job.content());
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

    @Override
    public boolean listed() {
        String commit = commit();
        return commit != null && Listing.read(listing(commit)) != null;
    }

    /** The commit of the revision when it was last asked for; null when it never was. */
    private @Nullable String commit() {
        if (HubApi.COMMIT.matcher(revision).matches()) {
            return revision;
        }
        try (InputStream in = Files.newInputStream(root.resolve("refs").resolve(revision))) {
            String commit = new String(in.readNBytes(64), StandardCharsets.US_ASCII).strip();
            return HubApi.COMMIT.matcher(commit).matches() ? commit : null;
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public Path complete(Selection wanted, HubClient.Progress progress) {
        String commit = commit();
        if (commit == null || !Files.isDirectory(snapshot(commit))) {
            throw Downloaded.missing(repo, revision, root, "it was never downloaded there");
        }
        Path snapshot = snapshot(commit);
        Listing listing = Listing.read(listing(commit));
        if (listing == null) {
            checkFiles(snapshot, wanted);
            progress.notice(repo + ": what is in " + snapshot + " is used as it is; another program put it there, and"
                    + " whether it is everything only the hub could tell");
            return snapshot;
        }
        for (RemoteFile file : listing.matching(wanted)) {
            Path name = ForeignPath.in(snapshot, file.path(), repo + ": a file");
            try {
                if (Files.size(name) != file.size()) {
                    throw Downloaded.missing(repo, revision, snapshot, file.path() + " has another size");
                }
            } catch (IOException e) {
                throw Downloaded.missing(repo, revision, snapshot, file.path() + " is missing");
            }
        }
        return snapshot;
    }

    /** Something must be there, and no link may lead nowhere. */
    private void checkFiles(Path snapshot, Selection wanted) {
        List<String> files;
        try (Stream<Path> all = Files.walk(snapshot)) {
            files = all.filter(file -> !Files.isDirectory(file))
                    .map(file -> snapshot.relativize(file).toString().replace('\\', '/'))
                    .toList();
        } catch (IOException e) {
            throw Downloaded.missing(repo, revision, snapshot, "it cannot be read: " + IoReason.of(e));
        }
        wanted.checkVariant(files, repo);
        Set<String> chosen = wanted.of(files);
        if (chosen.isEmpty()) {
            throw Downloaded.missing(repo, revision, snapshot, "nothing there matches " + wanted);
        }
        for (String file : chosen) {
            if (!Files.exists(snapshot.resolve(file))) {
                throw Downloaded.missing(repo, revision, snapshot, file + " is a link that leads nowhere");
            }
        }
    }
}
