package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;

/**
 * Whatever a hub answers, a download ends in a folder or a clear refusal. {@code JAZZER_FUZZ=1} makes up answers; otherwise
 * those that were kept are tried again.
 */
class HubAnswersFuzzTest {
    private static final String SECRET = "hf_Secret";
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    /** The bytes are the listing of files: any JSON or none. */
    @FuzzTest(maxDuration = "1m")
    void listing(byte[] json) {
        download(json.length, new Answers("{\"sha\":\"" + COMMIT + "\"}", json, Map.of(), new byte[0], 200));
    }

    /** The bytes are the answer that names the commit. */
    @FuzzTest(maxDuration = "1m")
    void commit(byte[] json) {
        download(
                json.length,
                new Answers(new String(json, StandardCharsets.ISO_8859_1), new byte[0], Map.of(), new byte[0], 200));
    }

    /** Headers and a body that may be any, of a listing that is right. */
    @FuzzTest(maxDuration = "1m")
    void headers(FuzzedDataProvider data) {
        int length = data.remainingBytes();
        Map<String, List<String>> headers = new HashMap<>();
        for (String name : List.of("Link", "Location", "Content-Range", "Content-Length", "Retry-After")) {
            if (data.consumeBoolean()) {
                headers.put(name, List.of(data.consumeString(200)));
            }
        }
        int status = data.pickValue(new int[] {200, 206, 416, 204});
        byte[] listing = ("[{\"type\":\"file\",\"path\":\"a\",\"size\":3,\"oid\":\"" + COMMIT + "\"}]")
                .getBytes(StandardCharsets.UTF_8);
        download(
                length,
                new Answers("{\"sha\":\"" + COMMIT + "\"}", listing, headers, data.consumeRemainingAsBytes(), status));
    }

    /** Where redirects and next pages lead. */
    @FuzzTest(maxDuration = "1m")
    void addresses(byte[] text) {
        Fuzz.text(text, HubAnswersFuzzTest::follow);
    }

    private static void follow(String written) {
        try {
            URI next = Addresses.next(URI.create("https://hub.example/a/b?c"), written, "redirects to");
            var unused = HttpRequest.newBuilder(next).build();
            unused = HttpRequest.newBuilder(Addresses.next(next, "/x", "redirects to"))
                    .build();
        } catch (OperationFailedException e) {
            // refused
        }
        var unused = Addresses.shown(written);
    }

    private static void download(int length, Answers answers) {
        Fuzz.folder(length, folder -> {
            HubOptions options = new HubOptions(
                    URI.create("http://127.0.0.1:1"),
                    SECRET,
                    folder,
                    false,
                    HubProxy.NONE,
                    1,
                    1,
                    Duration.ofMillis(1),
                    Duration.ofSeconds(9));
            try (HubClient client = new HubClient(options, answers)) {
                client.download("org/name", "main", List.of(), null, (done, total) -> {});
            } catch (InvalidInputException | OperationFailedException e) {
                if (String.valueOf(e.getMessage()).contains(SECRET)) {
                    throw new AssertionError("tells the token: " + e.getMessage());
                }
                throw e;
            }
        });
    }

    /** One attempt, with the given answers. */
    private record Answers(String commit, byte[] listing, Map<String, List<String>> headers, byte[] file, int status)
            implements Requests {
        @Override
        public <T> T get(URI address, String what, Range range, Consumer<String> notices, Handler<T> handler) {
            String path = address.getPath();
            byte[] body = path.contains("/revision/")
                    ? commit.getBytes(StandardCharsets.ISO_8859_1)
                    : path.contains("/resolve/") ? file : listing;
            try {
                return handler.handle(
                        new Answer(HttpHeaders.of(headers, (name, value) -> true), status),
                        new ByteArrayInputStream(body));
            } catch (IOException e) {
                throw new OperationFailedException(what + ": " + e.getMessage(), e);
            }
        }

        @Override
        public void close() {}
    }

    /** A response as far as anybody looks at it. */
    private record Answer(HttpHeaders headers, int statusCode) implements HttpResponse<InputStream> {
        @Override
        public HttpRequest request() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<HttpResponse<InputStream>> previousResponse() {
            return Optional.empty();
        }

        @Override
        public InputStream body() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<SSLSession> sslSession() {
            return Optional.empty();
        }

        @Override
        public URI uri() {
            throw new UnsupportedOperationException();
        }

        @Override
        public HttpClient.Version version() {
            return HttpClient.Version.HTTP_1_1;
        }
    }
}
