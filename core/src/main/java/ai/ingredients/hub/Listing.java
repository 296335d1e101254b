package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything a repository holds at a commit, kept beside what was downloaded: without a network it tells whether all of it
 * is there.
 *
 * @param repo {@code organisation/name}
 * @param revision the branch, tag or commit it was asked for by
 * @param commit 40 hexadecimal digits
 * @param files all of them, whether downloaded or not
 */
record Listing(String repo, String revision, String commit, List<RemoteFile> files) {
    Listing {
        files = List.copyOf(files);
    }

    /**
     * The files that are wanted.
     *
     * @throws InvalidInputException when there are none, or no weights of the wanted variant
     */
    List<RemoteFile> matching(Selection wanted) {
        List<String> paths = files.stream().map(RemoteFile::path).toList();
        wanted.checkVariant(paths, repo);
        Set<String> chosen = wanted.of(paths);
        if (chosen.isEmpty()) {
            throw new InvalidInputException(
                    repo + ": no file at " + revision + " matches " + wanted + "; check the filters");
        }
        return files.stream().filter(file -> chosen.contains(file.path())).toList();
    }

    /** What {@code file} holds; null when there is none or it is damaged, as though it had never been kept. */
    static @Nullable Listing read(Path file) {
        if (!Files.isRegularFile(file)) {
            return null;
        }
        try {
            JsonNode json = JsonFile.read(file);
            List<RemoteFile> files = new ArrayList<>();
            for (JsonNode one : json.path("files")) {
                files.add(RemoteFile.of(one));
            }
            return new Listing(
                    json.path("repo").asText(),
                    json.path("revision").asText(),
                    json.path("commit").asText(),
                    files);
        } catch (InvalidInputException | OperationFailedException e) {
            return null;
        }
    }

    void write(Path file) throws IOException {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("repo", repo).put("revision", revision).put("commit", commit);
        ArrayNode list = json.putArray("files");
        files.forEach(one -> list.add(one.json()));
        Transfer.parent(file);
        JsonFile.write(file, json);
    }
}
