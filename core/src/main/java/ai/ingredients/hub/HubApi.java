package ai.ingredients.hub;

import ai.ingredients.ForeignText;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the hub says of a repository: its commit and its files. Every answer is bounded in size and time. */
final class HubApi {
    static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    private static final Pattern NEXT_PAGE = Pattern.compile("<([^>]*)>\\s*;\\s*rel=\"?next\"?");
    private static final int LONGEST_ANSWER = 8 << 20; // bytes; a page of a thousand files has some 400 KB
    private static final int MOST_PAGES = 200;
    private static final int MOST_FILES = 100_000; // as many as the public hub wants in a repository

    private final Requests http;
    private final HubOptions options;
    private final Consumer<String> notices;

    /** @param notices told when a request is made again */
    HubApi(Requests http, HubOptions options, Consumer<String> notices) {
        this.http = http;
        this.options = options;
        this.notices = notices;
    }

    /** One answer. */
    private record Answer(JsonNode json, HttpHeaders headers) {}

    /** Everything the repository holds at {@code revision}. */
    Listing listing(String repo, String revision) {
        URI address = address("/api/models/" + repo + "/revision/" + HubHttp.encode(revision));
        JsonNode sha = json(address, repo).json.path("sha");
        if (!sha.isTextual() || !COMMIT.matcher(sha.textValue()).matches()) {
            throw notAHub(repo, "names no commit");
        }
        return new Listing(repo, revision, sha.textValue(), files(repo, sha.textValue()));
    }

    private List<RemoteFile> files(String repo, String commit) {
        List<RemoteFile> files = new ArrayList<>();
        Set<String> paths = new HashSet<>();
        Set<URI> pages = new HashSet<>();
        URI page = address("/api/models/" + repo + "/tree/" + commit + "?recursive=true");
        while (page != null) {
            if (!pages.add(page) || pages.size() > MOST_PAGES) {
                throw notAHub(repo, "lists files without an end");
            }
            Answer answer = json(page, repo);
            if (!answer.json.isArray()) {
                throw notAHub(repo, "lists no files");
            }
            for (JsonNode entry : answer.json) {
                if (entry.path("type").asText().equals("file")) {
                    RemoteFile file = RemoteFile.of(entry);
                    if (!paths.add(file.path())) {
                        throw notAHub(repo, "lists " + ForeignText.shown(file.path()) + " twice");
                    }
                    files.add(file);
                }
            }
            if (files.size() > MOST_FILES) {
                throw notAHub(repo, "lists more than " + MOST_FILES + " files");
            }
            Optional<String> next = nextPage(answer.headers);
            page = next.isEmpty() ? null : Addresses.next(page, next.get(), "names as the next page");
        }
        return files;
    }

    private static Optional<String> nextPage(HttpHeaders headers) {
        return headers.allValues("Link").stream()
                .map(NEXT_PAGE::matcher)
                .filter(Matcher::find)
                .map(link -> link.group(1))
                .findFirst();
    }

    private OperationFailedException notAHub(String repo, String what) {
        return new OperationFailedException(repo + ": " + options.origin() + " " + what
                + ", so it does not answer like a Hugging Face hub; check HF_ENDPOINT");
    }

    private URI address(String path) {
        return URI.create(options.origin().toString().replaceAll("/+$", "") + path);
    }

    private Answer json(URI address, String repo) {
        return http.get(address, repo, () -> 0, notices, (response, body) -> {
            byte[] bytes = bytes(body, repo);
            try {
                return new Answer(JsonFile.parse(new ByteArrayInputStream(bytes)), response.headers());
            } catch (JsonProcessingException e) { // not its message, which quotes the answer over several lines
                throw new IOException("the answer is no JSON", e);
            }
        });
    }

    /** All of it; the connection of {@code body} gives up by itself when nothing arrives. */
    private byte[] bytes(InputStream body, String repo) throws IOException {
        long end = System.nanoTime() + 2 * options.stall().toNanos();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 13];
        for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
            all.write(buffer, 0, read);
            if (all.size() > LONGEST_ANSWER) {
                throw notAHub(repo, "answers with more than " + (LONGEST_ANSWER >> 20) + " MiB");
            }
            if (System.nanoTime() > end) {
                throw new IOException(
                        "the answer takes longer than " + 2 * options.stall().toSeconds() + " s");
            }
        }
        return all.toByteArray();
    }
}
