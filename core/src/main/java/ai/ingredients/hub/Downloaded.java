package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A place where a repository is kept: the cache, or a folder of the user's. */
interface Downloaded {
    /** Where {@code file} of {@code listing} goes. */
    Transfer.Job job(Listing listing, RemoteFile file);

    /** Makes known that all of {@code jobs} are there; the folder with the files. */
    Path finish(Listing listing, List<Transfer.Job> jobs) throws IOException;

    /** Whether it is known what the repository holds. */
    boolean listed();

    /**
     * The folder with the files that are wanted, without asking the hub.
     *
     * @throws InvalidInputException when they are not all there, or match nothing
     */
    Path complete(Selection wanted, HubClient.Progress progress);

    /** What is said when something is missing. */
    static InvalidInputException missing(String repo, String revision, Path folder, String why) {
        return new InvalidInputException(repo + ": " + revision + " is not complete in " + folder + " (" + why
                + "), and without a network (HF_HUB_OFFLINE) it cannot be downloaded; download it where there is one");
    }
}
