package ai.ingredients.hub;

import ai.ingredients.io.ForeignPath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A repository in a folder of the user's: plain files, with what is not whole yet, and what the repository holds, below
 * {@code .cache/huggingface}.
 */
final class LocalFolder implements Downloaded {
    private final Path folder;
    private final Path aside;
    private final String repo;
    private final String revision;

    LocalFolder(Path folder, String repo, String revision) {
        this.folder = folder;
        this.aside = folder.resolve(".cache").resolve("huggingface");
        this.repo = repo;
        this.revision = revision;
    }

    @Override
    public Transfer.Job job(Listing listing, RemoteFile file) {
        Path place = ForeignPath.in(folder, file.path(), repo + ": a file");
        Path incomplete = ForeignPath.in(
                aside.resolve("download"), file.path() + "." + file.hash() + ".incomplete", repo + ": a file");
        return new Transfer.Job(file, place, incomplete, place);
    }

    private Path listing() {
        return aside.resolve("listing.json");
    }

    @Override
    public Path finish(Listing listing, List<Transfer.Job> jobs) throws IOException {
        listing.write(listing());
        return folder;
    }

    /** What was downloaded here last; null when that was something else. */
    private @Nullable Listing known() {
        Listing listing = Listing.read(listing());
        return listing != null
                        && listing.repo().equals(repo)
                        && (listing.revision().equals(revision)
                                || listing.commit().equals(revision))
                ? listing
                : null;
    }

    @Override
    public boolean listed() {
        return known() != null;
    }

    @Override
    public Path complete(Selection wanted, HubClient.Progress progress) {
        Listing listing = known();
        if (listing == null) {
            throw Downloaded.missing(repo, revision, folder, "it was never downloaded there");
        }
        for (RemoteFile file : listing.matching(wanted)) {
            Path place = ForeignPath.in(folder, file.path(), repo + ": a file");
            boolean whole;
            try {
                whole = file.matches(place);
            } catch (IOException e) {
                whole = false;
            }
            if (!whole) {
                throw Downloaded.missing(repo, revision, folder, file.path() + " is missing or changed");
            }
        }
        return folder;
    }
}
