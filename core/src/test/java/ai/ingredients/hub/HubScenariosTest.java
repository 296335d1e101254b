package ai.ingredients.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything a hub, or what stands in its place, can do wrong: each ends, in one clear line, with the token where it
 * belongs, and nothing half done in the cache.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HubScenariosTest {
    private static final String TOKEN = "hf_SecretOfTheTest";
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final String CONTENT = "content of the file";
    private static final String HASH = "a7a5ae1e3f5b7ff9d6a3e7dbaa2e5b6ba6e6ed96"; // of something else
    private static final String CRLF = "\r\n";

    @TempDir
    Path folder;

    /** A scenario and the line it must end in. */
    private record Scenario(String name, Part part, Play play, Class<? extends Exception> ends, String... says) {
        @Override
        public String toString() {
            return part + ": " + name;
        }
    }

    /** Which of the three answers goes wrong; those before are right. */
    private enum Part {
        COMMIT,
        LISTING,
        FILE
    }

    /** What is sent instead. */
    private interface Play {
        void on(RawServer hub, RawServer other, String request, OutputStream out) throws IOException;
    }

    private static final List<Scenario> ALL = new ArrayList<>();

    private static void add(Part part, String name, Play play, Class<? extends Exception> ends, String... says) {
        ALL.add(new Scenario(name, part, play, ends, says));
    }

    /** Fails in the end. */
    private static void fails(Part part, String name, Play play, String... says) {
        add(part, name, play, OperationFailedException.class, says);
    }

    private static Play bytes(byte[] answer) {
        return (hub, other, request, out) -> out.write(answer);
    }

    private static Play raw(String answer) {
        return bytes(answer.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends and then says nothing any more. */
    private static Play andSilence(String answer) {
        return (hub, other, request, out) -> {
            out.write(answer.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            hub.silence();
        };
    }

    private static Play endless(String head, String piece) {
        return (hub, other, request, out) -> {
            out.write(head.getBytes(StandardCharsets.ISO_8859_1));
            byte[] again = piece.getBytes(StandardCharsets.ISO_8859_1);
            while (true) {
                out.write(again); // until the client closes
            }
        };
    }

    private static Play status(String status, String headers) {
        return bytes(RawServer.answer(status, headers, ""));
    }

    private static Play redirect(String location) {
        return status("302 Found", "Location: " + location + CRLF);
    }

    private static Play json(String body) {
        return bytes(RawServer.ok(body));
    }

    private static String file(String path, String size, String hash) {
        return "{\"type\":\"file\",\"path\":" + path + ",\"size\":" + size + ",\"oid\":\"" + hash + "\"}";
    }

    private static Play lists(String... files) {
        return json("[" + String.join(",", files) + "]");
    }

    private static Play listsPath(String path) {
        return lists(file(path, "19", HASH));
    }

    private static Play linked(String link) {
        return bytes(RawServer.answer("200 OK", "Link: " + link + CRLF, "[" + file("\"a\"", "19", HASH) + "]"));
    }

    static {
        String head = "HTTP/1.1 200 OK" + CRLF;
        String chunked = head + "Transfer-Encoding: chunked" + CRLF + CRLF;
        String attempts = "in 2 attempts";

        // The answer that names the commit: everything that can go wrong with any answer.
        fails(Part.COMMIT, "never answers", andSilence(""), attempts);
        fails(Part.COMMIT, "stalls in the status line", andSilence("HTTP/1.1 2"), attempts);
        fails(Part.COMMIT, "stalls in the headers", andSilence(head + "Content-Le"), attempts);
        fails(
                Part.COMMIT,
                "stalls in the body",
                andSilence(head + "Content-Length: 1000" + CRLF + CRLF + "{\"sha\""),
                attempts,
                "nothing arrived for 0.3 s");
        fails(
                Part.COMMIT,
                "sends a byte now and then",
                (hub, other, request, out) -> {
                    out.write(chunked.getBytes(StandardCharsets.ISO_8859_1));
                    while (true) {
                        out.write(("1" + CRLF + " " + CRLF).getBytes(StandardCharsets.ISO_8859_1));
                        out.flush();
                        try {
                            Thread.sleep(50);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            return;
                        }
                    }
                },
                attempts,
                "takes longer");
        fails(Part.COMMIT, "closes at once", raw(""), attempts);
        fails(Part.COMMIT, "closes in the headers", raw(head + "Content-Le"), attempts);
        fails(Part.COMMIT, "closes in the body", raw(head + "Content-Length: 99" + CRLF + CRLF + "{\"sha"), attempts);
        fails(Part.COMMIT, "sends noise", raw("\u0001\u0002\u0003\u001b[2J" + CRLF + CRLF), attempts);
        fails(Part.COMMIT, "has a status that is none", raw("HTTP/1.1 abc" + CRLF + CRLF), attempts);
        fails(Part.COMMIT, "speaks another version", raw("HTTP/7 200 OK" + CRLF + CRLF), attempts);
        fails(Part.COMMIT, "length is no number", raw(head + "Content-Length: abc" + CRLF + CRLF + "{}"), attempts);
        fails(Part.COMMIT, "length is negative", raw(head + "Content-Length: -5" + CRLF + CRLF + "{}"), attempts);
        fails(
                Part.COMMIT,
                "length is beyond counting",
                raw(head + "Content-Length: 99999999999999999999" + CRLF + CRLF + "{}"),
                attempts);
        fails(
                Part.COMMIT,
                "two lengths",
                raw(head + "Content-Length: 2" + CRLF + "Content-Length: 3" + CRLF + CRLF + "{}"),
                ""); // whichever counts, there is no commit in it
        fails(Part.COMMIT, "chunk of a size that is none", raw(chunked + "zz" + CRLF + "{}" + CRLF), attempts);
        fails(Part.COMMIT, "headers without an end", endless(head, "X: " + "y".repeat(1000) + CRLF), attempts);
        fails(Part.COMMIT, "a header without an end", endless(head + "X: ", "y".repeat(1000)), attempts);
        fails(Part.COMMIT, "a body without an end", endless(head + CRLF, "[[],".repeat(1000)), "more than 8 MiB");
        fails(Part.COMMIT, "a page for people", json("<html><body>Log in"), attempts, "the answer is no JSON");
        fails(Part.COMMIT, "nothing", json(""), "names no commit");
        fails(Part.COMMIT, "half of the JSON", json("{\"sha\": \"" + COMMIT), attempts, "the answer is no JSON");
        fails(Part.COMMIT, "a key twice", json("{\"sha\": \"" + COMMIT + "\", \"sha\": 1}"), "the answer is no JSON");
        fails(Part.COMMIT, "lists in lists", json("[".repeat(200_000)), attempts, "the answer is no JSON");
        fails(Part.COMMIT, "a number of a megabyte", json("{\"sha\": " + "9".repeat(1 << 20) + "}"), attempts);
        fails(Part.COMMIT, "a list", json("[1, 2]"), "names no commit", "check HF_ENDPOINT");
        fails(Part.COMMIT, "a commit that is a number", json("{\"sha\": 5}"), "names no commit");
        fails(Part.COMMIT, "a commit that leads out", json("{\"sha\": \"../../../../etc\"}"), "names no commit");
        fails(Part.COMMIT, "is broken", status("500 Oops", ""), attempts, "status 500");
        fails(Part.COMMIT, "is busy for years", status("503 Busy", "Retry-After: 99999999999" + CRLF), "status 503");
        fails(Part.COMMIT, "is busy until somewhen", status("429 Slow", "Retry-After: Thu" + CRLF), "status 429");
        fails(Part.COMMIT, "was a teapot all along", status("418 Teapot", ""), "answers with status 418");
        fails(Part.COMMIT, "is a proxy that wants a password", status("407 Who", ""), "proxy wants a user");
        fails(Part.COMMIT, "redirects nowhere", status("302 Found", ""), attempts, "status 302");
        fails(
                Part.COMMIT,
                "redirects to itself",
                (hub, other, request, out) ->
                        redirect(hub.address().toString() + "/again").on(hub, other, request, out),
                attempts,
                "more than 10 redirects");
        for (String location : List.of(
                "ht!tp://[bad",
                "ftp://127.0.0.1/x",
                "file:///etc/passwd",
                "http:///x",
                "http://127.0.0.1:99999/x",
                "mailto:someone",
                "http://user:hunter2@",
                "http://a b/",
                "javascript:alert(1)")) {
            fails(Part.COMMIT, "redirects to " + location, redirect(location), "redirects to", "no address");
        }
        fails(
                Part.COMMIT,
                "redirects to an address that clears the screen",
                raw("HTTP/1.1 302 F" + CRLF + "Location: x:\u001b[2J" + CRLF + "Content-Length: 0" + CRLF + CRLF),
                "");
        add(
                Part.COMMIT,
                "redirects to another server",
                (hub, other, request, out) ->
                        redirect(other.address().toString() + "/x?signature=s").on(hub, other, request, out),
                InvalidInputException.class,
                "not found");
        add(
                Part.COMMIT,
                "refuses with 401",
                status("401 No", ""),
                InvalidInputException.class,
                "refuses access (401)",
                "HF_TOKEN is set");
        add(Part.COMMIT, "refuses with 403", status("403 No", ""), InvalidInputException.class, "refuses access (403)");
        add(Part.COMMIT, "does not know it", status("404 No", ""), InvalidInputException.class, "not found", "(404)");

        // The listing.
        fails(Part.LISTING, "an object", json("{}"), "lists no files");
        fails(
                Part.LISTING,
                "the same page for ever",
                linked("</api/models/org/name/tree/x>; rel=\"next\""),
                "check HF_ENDPOINT");
        fails(
                Part.LISTING,
                "another page for ever",
                (hub, other, request, out) -> out.write(RawServer.answer(
                        "200 OK", "Link: </next/" + System.nanoTime() + ">; rel=\"next\"" + CRLF, "[]")),
                "without an end");
        fails(Part.LISTING, "a next page that is no address", linked("<:::>; rel=\"next\""), "names as the next page");
        fails(Part.LISTING, "a next page elsewhere", linked("<ftp://x/y>; rel=\"next\""), "names as the next page");
        fails(Part.LISTING, "a next page on no port", linked("<http://x:123456/>; rel=\"next\""), "next page");
        fails(Part.LISTING, "an empty next page", linked("<>; rel=\"next\""), "check HF_ENDPOINT");
        add(
                Part.LISTING,
                "a next page on another server",
                (hub, other, request, out) ->
                        linked("<" + other.address() + "/x>; rel=\"next\"").on(hub, other, request, out),
                InvalidInputException.class,
                "not found");
        for (String path : List.of(
                "\"../evil\"",
                "\"a/../../evil\"",
                "\"/etc/passwd\"",
                "\"a\\\\b\"",
                "\"C:x\"",
                "\".\"",
                "\"\"",
                "\"a//b\"",
                "\"a\\u0007b\"",
                "\"a\\u009bb\"",
                "7")) {
            fails(
                    Part.LISTING,
                    "a file " + path,
                    listsPath(path),
                    path.equals("7") ? "" : "could leave the download folder");
        }
        for (String path : List.of("\"\\ud800\"", "\"a/\\udc00\"", "\"a\\u0000b\"")) {
            fails(Part.LISTING, "a file " + path, listsPath(path), "cannot be a path here");
        }
        fails(Part.LISTING, "a name of 300 letters", listsPath("\"" + "n".repeat(300) + "\""), "");
        for (String size : List.of("-1", "1e300", "\"19\"", "null", "1.5", "99999999999999999999")) {
            fails(Part.LISTING, "a size " + size, lists(file("\"a\"", size, HASH)), "with size -1");
        }
        fails(Part.LISTING, "a size beyond all disks", lists(file("\"a\"", "1125899906842625", HASH)), "with size");
        fails(
                Part.LISTING,
                "sizes that together overflow",
                json("["
                        + Stream.iterate(0, i -> i + 1)
                                .limit(9000)
                                .map(i -> file(
                                        "\"f" + i + "\"",
                                        "1125899906842624",
                                        String.format(java.util.Locale.ROOT, "%040x", i)))
                                .collect(java.util.stream.Collectors.joining(","))
                        + "]"),
                "are free; make room");
        fails(Part.LISTING, "a hash that leads out", lists(file("\"a\"", "19", "../../x")), "which is none");
        fails(
                Part.LISTING,
                "a file twice",
                lists(file("\"a\"", "19", HASH), file("\"a\"", "20", COMMIT)),
                "lists a twice");
        add(Part.LISTING, "nothing", json("[]"), InvalidInputException.class, "no file at main matches");
        add(
                Part.LISTING,
                "things that are no files",
                json("[1, null, \"x\", {}, {\"type\": 3}, [[]]]"),
                InvalidInputException.class,
                "no file at main matches");

        // The file.
        fails(Part.FILE, "stalls", andSilence(head + "Content-Length: 19" + CRLF + CRLF + "cont"), attempts);
        fails(Part.FILE, "never answers", andSilence(""), attempts);
        fails(Part.FILE, "ends early", raw(head + "Content-Length: 19" + CRLF + CRLF + "cont"), attempts);
        fails(Part.FILE, "is longer than stated", endless(head + CRLF, "more and more "), attempts, "more than the 19");
        fails(Part.FILE, "is another", json("content of no other"), "does not have the hash it states");
        fails(
                Part.FILE,
                "a range beyond counting",
                raw("HTTP/1.1 206 P" + CRLF + "Content-Range: bytes 99999999999999999999-18/19" + CRLF
                        + "Content-Length: 2" + CRLF + CRLF + "xx"),
                attempts,
                "status 206 for the rest of the file");
        fails(
                Part.FILE,
                "a range that was not asked for",
                raw("HTTP/1.1 206 P" + CRLF + "Content-Range: bytes 7-18/19" + CRLF + "Content-Length: 2" + CRLF + CRLF
                        + "xx"),
                attempts,
                "status 206");
        fails(
                Part.FILE,
                "a part without a range",
                raw("HTTP/1.1 206 P" + CRLF + "Content-Length: 2" + CRLF + CRLF + "x"),
                "");
        fails(Part.FILE, "beyond its end", status("416 Range", ""), attempts, "status 416");
        fails(Part.FILE, "is gone", status("410 Gone", ""), "answers with status 410");
        add(Part.FILE, "is gated", status("403 No", ""), InvalidInputException.class, "refuses access (403)");
        fails(Part.FILE, "repeats the token as an address", redirect("x:" + TOKEN), "redirects to \"x:…\"");
        fails(Part.LISTING, "repeats the token", lists(file("\"a\"", "19", TOKEN)), "and hash \"…\"");
        fails(Part.FILE, "is stored nowhere", redirect("x:y"), "redirects to");
        add(
                Part.FILE,
                "is stored elsewhere",
                (hub, other, request, out) -> redirect(other.address().toString() + "/blob?X-Signature=s")
                        .on(hub, other, request, out),
                InvalidInputException.class,
                "not found");
    }

    static List<Scenario> scenarios() {
        return ALL;
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void endsInAClearLine(Scenario scenario) throws IOException {
        Queue<String> notices = new ConcurrentLinkedQueue<>();
        RawServer[] servers = new RawServer[2];
        try (RawServer other = new RawServer((request, out) -> out.write(RawServer.answer("404 No", "", "")));
                RawServer hub = new RawServer((request, out) -> play(scenario, servers, request, out))) {
            servers[0] = hub;
            servers[1] = other;
            URI endpoint = URI.create(hub.address().toString().replace("//", "//me:hunter2@"));
            HubOptions options = new HubOptions(
                    endpoint,
                    TOKEN,
                    folder.resolve("cache"),
                    false,
                    HubProxy.NONE,
                    4,
                    2,
                    Duration.ofMillis(1),
                    Duration.ofMillis(300));

            Throwable thrown = catchThrowable(() -> {
                try (HubClient client = new HubClient(options)) {
                    client.download("org/name", "main", List.of(), null, new HubClient.Progress() {
                        @Override
                        public void advanced(long done, long total) {}

                        @Override
                        public void notice(String line) {
                            notices.add(line);
                        }
                    });
                }
            });

            assertThat(thrown).isInstanceOf(scenario.ends).hasMessageContainingAll(scenario.says);
            StringWriter everything = new StringWriter();
            thrown.printStackTrace(new PrintWriter(everything, true));
            assertThat(everything.toString() + notices)
                    .as("no secret, not even with --verbose")
                    .doesNotContain(TOKEN, "hunter2", "ignature=s");
            assertThat(thrown.getMessage() + String.join("", notices))
                    .as("one line, and nothing a terminal would act on")
                    .matches("[\\P{Cc}]+");
            assertThat(hub.heads()).isNotEmpty().allMatch(head -> head.contains("Authorization: Bearer " + TOKEN));
            assertThat(other.heads()).noneMatch(head -> head.contains("uthorization"));
            assertThat(folder.resolve("cache/models--org--name/snapshots")).doesNotExist();
            assertThat(folder.resolve("cache/models--org--name/refs")).doesNotExist();
        }
    }

    private static void play(Scenario scenario, RawServer[] servers, String request, OutputStream out)
            throws IOException {
        Part asked = request.contains("/revision/main ")
                ? Part.COMMIT
                : request.contains("/resolve/") ? Part.FILE : Part.LISTING;
        if (asked.compareTo(scenario.part) >= 0) {
            scenario.play.on(servers[0], servers[1], request, out);
        } else if (asked == Part.COMMIT) {
            out.write(RawServer.ok("{\"sha\": \"" + COMMIT + "\"}"));
        } else {
            out.write(RawServer.ok("[" + file("\"a\"", String.valueOf(CONTENT.length()), HASH) + "]"));
        }
    }
}
