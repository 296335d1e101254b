package ai.ingredients.hub;

import ai.ingredients.ForeignText;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.ForeignPath;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One file of a repository as the hub lists it.
 *
 * @param path where it stands in the repository: relative, with forward slashes, never leaving its folder
 * @param size bytes
 * @param hash SHA-256 of a large (LFS) file, otherwise the SHA-1 git gives a file
 */
record RemoteFile(String path, long size, String hash) {
    private static final long LARGEST = 1L << 50; // bytes
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
    private static final Pattern SAFE_PATH = Pattern.compile("[^/\\\\:\\p{Cc}]+(/[^/\\\\:\\p{Cc}]+)*");

    RemoteFile {
        if (!ForeignPath.possible(path)) {
            throw new OperationFailedException("the hub lists a file \"" + ForeignText.shown(path)
                    + "\", which cannot be a path here; nothing was written. Check the repository");
        }
        if (!SAFE_PATH.matcher(path).matches()
                || List.of(path.split("/")).contains("..")
                || List.of(path.split("/")).contains(".")) {
            throw new OperationFailedException("the hub lists a file \"" + ForeignText.shown(path)
                    + "\", whose path could leave the download folder; nothing was written. Check the repository");
        }
        if (size < 0 || size > LARGEST || !HASH.matcher(hash).matches()) {
            throw new OperationFailedException("the hub lists " + ForeignText.shown(path) + " with size " + size
                    + " and hash \"" + ForeignText.shown(hash) + "\", which is none; check HF_ENDPOINT");
        }
    }

    /** From an entry of the hub's tree listing. */
    static RemoteFile of(JsonNode entry) {
        JsonNode lfs = entry.path("lfs");
        boolean large = lfs.hasNonNull("oid");
        return new RemoteFile(
                entry.path("path").asText(),
                size((large ? lfs : entry).path("size")),
                (large ? lfs : entry).path("oid").asText());
    }

    private static long size(JsonNode json) {
        return json.isIntegralNumber() && json.canConvertToLong() ? json.longValue() : -1;
    }

    /** As it stands in a listing that is kept. */
    ObjectNode json() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("path", path)
                .put("size", size)
                .put("oid", hash);
    }

    /** The path with each segment percent-encoded. */
    String encodedPath() {
        return List.of(path.split("/")).stream().map(HubHttp::encode).collect(Collectors.joining("/"));
    }

    /** Whether {@code file} has this size and hash. */
    boolean matches(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) != size) {
            return false;
        }
        boolean git = hash.length() == 40;
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance(git ? "SHA-1" : "SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1 and SHA-256", e);
        }
        if (git) {
            digest.update(("blob " + size + "\0").getBytes(StandardCharsets.UTF_8));
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 20];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest()).equals(hash);
    }
}
