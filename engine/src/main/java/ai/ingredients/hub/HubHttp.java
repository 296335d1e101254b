package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * Requests to the hub: redirects without leaking the token, clear lines for refusals, retries for everything that may
 * pass by itself. Thread-safe.
 */
final class HubHttp implements AutoCloseable {
    private static final int MOST_REDIRECTS = 10;
    private static final int RANGE_NOT_SATISFIABLE = 416;

    private final HubOptions options;
    private final HttpClient client;

    HubHttp(HubOptions options) {
        this.options = options;
        this.client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER) // followed by hand, to drop the token on another host
                .connectTimeout(options.stall())
                .build();
    }

    /** What to do with a response; an {@link IOException} makes the request be tried again. */
    interface Handler<T> {
        T handle(HttpResponse<InputStream> response) throws IOException;
    }

    /** A request that may differ from attempt to attempt: a resumed download starts further on. */
    interface Range {
        /** The first byte wanted; 0 for the whole file. */
        long start() throws IOException;
    }

    /**
     * Gets {@code address} and hands a successful response to {@code handler}.
     *
     * @param what what is being fetched, for messages
     * @throws InvalidInputException when the hub refuses (401, 403, 404)
     * @throws OperationFailedException when every attempt failed
     */
    <T> T get(URI address, String what, Range range, Handler<T> handler) {
        String problem = "";
        for (int attempt = 1; attempt <= options.attempts(); attempt++) {
            if (attempt > 1) {
                pause(attempt);
            }
            try {
                HttpResponse<InputStream> response = follow(address, range.start());
                try (InputStream body = response.body()) {
                    int status = response.statusCode();
                    if (status / 100 == 2 || status == RANGE_NOT_SATISFIABLE) {
                        return handler.handle(response);
                    }
                    refuse(status, what);
                    problem = "status " + status;
                }
            } catch (IOException e) {
                problem = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new OperationFailedException(what + ": the download was interrupted; run it again to resume", e);
            }
        }
        throw new OperationFailedException(
                what + ": " + options.endpoint() + " did not deliver it in " + options.attempts() + " attempts (last: "
                        + problem + "); what arrived is kept, run it again to resume");
    }

    private HttpResponse<InputStream> follow(URI address, long start) throws IOException, InterruptedException {
        URI at = address;
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(at).timeout(options.stall()).header("User-Agent", "ingredients-jvm");
            String token = options.token();
            if (token != null && sameOrigin(at, options.endpoint())) {
                request.header("Authorization", "Bearer " + token);
            }
            if (start > 0) {
                request.header("Range", "bytes=" + start + "-");
            }
            HttpResponse<InputStream> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            Optional<String> location = response.headers().firstValue("Location");
            if (response.statusCode() / 100 != 3 || location.isEmpty()) {
                return response;
            }
            response.body().close();
            URI next;
            try {
                next = at.resolve(location.get());
            } catch (IllegalArgumentException e) {
                throw new IOException("redirected to \"" + location.get() + "\", which is no address", e);
            }
            boolean downgraded = "https".equals(at.getScheme()) && !"https".equals(next.getScheme());
            if (downgraded || !("https".equals(next.getScheme()) || "http".equals(next.getScheme()))) {
                throw new OperationFailedException(
                        at.getHost() + " redirects to " + next + ", which is not encrypted; nothing was downloaded");
            }
            at = next;
        }
        throw new IOException("more than " + MOST_REDIRECTS + " redirects");
    }

    private static boolean sameOrigin(URI a, URI b) {
        return origin(a).equals(origin(b));
    }

    private static String origin(URI address) {
        int port = address.getPort() >= 0 ? address.getPort() : "https".equals(address.getScheme()) ? 443 : 80;
        return address.getScheme() + "://" + address.getHost().toLowerCase(Locale.ROOT) + ":" + port;
    }

    private void refuse(int status, String what) {
        switch (status) {
            case 401, 403 ->
                throw new InvalidInputException(what + ": the hub refuses access (" + status + "); "
                        + (options.token() == null
                                ? "if it is gated or private, accept its terms on " + options.endpoint()
                                        + " and set HF_TOKEN to your access token; also check the name"
                                : "HF_TOKEN is set: check that its account has accepted the terms on "
                                        + options.endpoint() + " and that the token may read"));
            case 404 ->
                throw new InvalidInputException(
                        what + ": not found on " + options.endpoint() + " (404); check the name and the revision");
            case 408, 429 -> {} // worth another attempt
            default -> {
                if (status / 100 == 4) {
                    throw new OperationFailedException(what + ": " + options.endpoint() + " answers with status "
                            + status + "; check HF_ENDPOINT");
                }
            }
        }
    }

    private void pause(int attempt) {
        try {
            Thread.sleep(options.backoff().multipliedBy(1L << Math.min(attempt - 2, 5)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@code text} as one segment of a path. */
    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
