package ai.ingredients.hub;

import ai.ingredients.ForeignText;
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
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/**
 * Requests to the hub: redirects without leaking the token, clear lines for refusals, retries for everything that may
 * pass by itself, an end to every answer. Thread-safe.
 */
final class HubHttp implements Requests {
    private static final int MOST_REDIRECTS = 10;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final int PROXY_WANTS_PASSWORD = 407;

    static {
        // The JDK tells a proxy of encrypted connections no password unless this is empty when its first client is
        // made.
        String key = "jdk.http.auth.tunneling.disabledSchemes";
        if (System.getProperty(key) == null) {
            System.setProperty(key, "");
        }
    }

    private final HubOptions options;
    private final HttpClient client;
    private final ScheduledExecutorService watch;

    HubHttp(HubOptions options) {
        this.options = options;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // a connection for each file: one that stalls stops no other
                .followRedirects(HttpClient.Redirect.NEVER) // followed by hand, to drop the token on another host
                .connectTimeout(options.stall())
                .proxy(options.proxy().selector())
                .build();
        this.watch = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("hub-watch").factory());
    }

    @Override
    public <T> T get(URI address, String what, Range range, Consumer<String> notices, Handler<T> handler) {
        String problem = "";
        for (int attempt = 1; ; attempt++) {
            Duration pause = options.backoff().multipliedBy(1L << Math.min(attempt - 1, 5));
            try {
                HttpResponse<InputStream> response = follow(address, range.start());
                try (StallGuard body = new StallGuard(response.body(), options.stall(), watch)) {
                    int status = response.statusCode();
                    if (status / 100 == 2 || status == RANGE_NOT_SATISFIABLE) {
                        return handler.handle(response, body);
                    }
                    refuse(status, what);
                    problem = "status " + status;
                    pause = asked(response, pause);
                }
            } catch (IOException e) {
                problem = reason(e);
            } catch (InterruptedException e) {
                throw interrupted(what, e);
            }
            if (attempt == options.attempts()) {
                break;
            }
            notices.accept(ForeignText.oneLine(what + ": " + problem + "; attempt " + (attempt + 1) + " of "
                    + options.attempts() + " in " + Math.max(1, pause.toSeconds()) + " s"));
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                throw interrupted(what, e);
            }
        }
        throw new OperationFailedException(
                what + ": " + options.origin() + " did not deliver it in " + options.attempts() + " attempts (last: "
                        + problem + "); what arrived is kept, run it again to resume");
    }

    private static OperationFailedException interrupted(String what, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new OperationFailedException(what + ": the download was interrupted; run it again to resume", e);
    }

    /** Java's exceptions of lost connections often say nothing, or only the class of their cause. */
    private static String reason(IOException e) {
        String message = e.getMessage();
        for (Throwable cause = e.getCause(); message == null && cause != null; cause = cause.getCause()) {
            message = cause.getMessage();
        }
        if (message == null) {
            return e instanceof java.net.ConnectException
                    ? "no connection"
                    : e.getClass().getSimpleName();
        }
        return ForeignText.shown(message.lines().findFirst().orElse(""));
    }

    /** The pause a busy server asks for, but not longer than a connection may be silent. */
    private Duration asked(HttpResponse<?> response, Duration standard) {
        Optional<String> seconds = response.headers().firstValue("Retry-After");
        if (seconds.isEmpty() || !seconds.get().matches("\\d{1,6}")) {
            return standard;
        }
        Duration asked = Duration.ofSeconds(Long.parseLong(seconds.get()));
        Duration most = options.stall();
        return asked.compareTo(standard) < 0 ? standard : asked.compareTo(most) > 0 ? most : asked;
    }

    private HttpResponse<InputStream> follow(URI address, long start) throws IOException, InterruptedException {
        URI at = address;
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(at).timeout(options.stall()).header("User-Agent", "ingredients-jvm");
            String authorization = options.authorization();
            if (authorization != null && Addresses.sameOrigin(at, options.endpoint())) {
                request.header("Authorization", authorization);
            }
            String proxyAuthorization = options.proxy().authorization(at);
            if (proxyAuthorization != null) {
                request.header("Proxy-Authorization", proxyAuthorization);
            }
            if (start > 0) {
                request.header("Range", "bytes=" + start + "-");
            }
            HttpResponse<InputStream> response = send(request.build());
            Optional<String> location = response.headers().firstValue("Location");
            if (response.statusCode() / 100 != 3 || location.isEmpty()) {
                return response;
            }
            response.body().close();
            at = Addresses.next(at, location.get(), "redirects to");
        }
        throw new IOException("more than " + MOST_REDIRECTS + " redirects");
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws IOException, InterruptedException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (RuntimeException e) { // what the JDK throws at headers that make no sense
            throw new IOException("an answer that cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private void refuse(int status, String what) {
        switch (status) {
            case 401, 403 ->
                throw new InvalidInputException(what + ": the hub refuses access (" + status + "); "
                        + (options.authorization() == null
                                ? "if it is gated or private, accept its terms on " + options.origin()
                                        + " and set HF_TOKEN to your access token; also check the name"
                                : "HF_TOKEN is set: check that its account has accepted the terms on "
                                        + options.origin() + " and that the token may read"));
            case 404 ->
                throw new InvalidInputException(
                        what + ": not found on " + options.origin() + " (404); check the name and the revision");
            case PROXY_WANTS_PASSWORD ->
                throw new OperationFailedException(what + ": the proxy wants a user and a password (407); give them in"
                        + " https_proxy and http_proxy as http://user:password@host:port");
            case 408, 429 -> {} // worth another attempt
            default -> {
                if (status / 100 == 4) {
                    throw new OperationFailedException(
                            what + ": " + options.origin() + " answers with status " + status + "; check HF_ENDPOINT");
                }
            }
        }
    }

    /** {@code text} as one segment of a path. */
    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        watch.shutdownNow();
        client.shutdownNow();
    }
}
