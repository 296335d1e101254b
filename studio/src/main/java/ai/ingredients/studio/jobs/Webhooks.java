package ai.ingredients.studio.jobs;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.VideoRow;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Tells others that a video has ended: {@code video.completed} or {@code video.failed}, signed as Standard Webhooks says, kept
 * in the database until somebody has answered with 2xx. The message holds the video's id and nothing of its content. Thread-safe.
 */
public final class Webhooks {
    /** What a secret begins with. */
    public static final String SECRET = "whsec_";

    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LONGEST = 2000;

    private final Supplier<String> secret;
    private final boolean anywhere;
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private @Nullable Scheduling scheduling;

    /**
     * @param secret {@value #SECRET} and 24 or more bytes in base64
     * @param anywhere whether also addresses of this machine and its network may be told: otherwise whoever may ask for a video
     *     could have this machine knock at doors that are closed to them
     */
    public Webhooks(Supplier<String> secret, boolean anywhere) {
        this.secret = secret;
        this.anywhere = anywhere;
    }

    /** Where messages wait. */
    public void use(Scheduling given) {
        scheduling = given;
    }

    /** What waits to be told. */
    private record Message(String url, String id, String body) {}

    /**
     * Refuses an address that would never be told.
     *
     * @throws InvalidInputException naming {@code webhook_url}
     */
    public void check(String url) {
        if (url.length() > LONGEST) {
            throw new InvalidInputException(
                    "`webhook_url` is " + url.length() + " letters long; at most " + LONGEST + " are taken");
        }
        refused(address(url));
    }

    private static URI address(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new InvalidInputException("`webhook_url` is no address; expected http:// or https://", e);
        }
        boolean web = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
        if (!web || uri.getHost() == null || uri.getUserInfo() != null) {
            throw new InvalidInputException(
                    "`webhook_url` cannot be used; expected http:// or https:// and a host, without a user's name");
        }
        return uri;
    }

    private void refused(URI uri) {
        if (anywhere) {
            return;
        }
        InetAddress[] addresses;
        try {
            addresses = InetAddress.getAllByName(uri.getHost());
        } catch (UnknownHostException e) {
            throw new InvalidInputException("`webhook_url` names a host that is not known", e);
        }
        for (InetAddress address : addresses) {
            byte first = address.getAddress()[0];
            boolean unique = address.getAddress().length == 16 && (first & 0xFE) == 0xFC;
            if (address.isLoopbackAddress()
                    || address.isAnyLocalAddress()
                    || address.isLinkLocalAddress()
                    || address.isSiteLocalAddress()
                    || address.isMulticastAddress()
                    || unique) {
                throw new InvalidInputException("`webhook_url` leads into this machine's own network, which"
                        + " --webhooks-anywhere would allow");
            }
        }
    }

    void completed(Connection connection, VideoRow video, long now) throws SQLException {
        queue(connection, video, "video.completed", now);
    }

    void failed(Connection connection, VideoRow video, long now) throws SQLException {
        queue(connection, video, "video.failed", now);
    }

    private void queue(Connection connection, VideoRow video, String type, long now) throws SQLException {
        String url = Wanted.of(video.wanted()).webhookUrl();
        Scheduling given = scheduling;
        if (url == null || given == null) {
            return;
        }
        String id = "evt_" + video.id().substring(Ids.VIDEO.length());
        try {
            String body = JSON.writeValueAsString(Map.of(
                    "id",
                    id,
                    "object",
                    "event",
                    "type",
                    type,
                    "created_at",
                    now / 1000,
                    "data",
                    Map.of("id", video.id())));
            given.webhook(connection, id, JSON.writeValueAsString(new Message(url, id, body)));
        } catch (JsonProcessingException e) {
            throw new SQLException("a map of texts is JSON", e);
        }
    }

    /**
     * Tells one.
     *
     * @throws OperationFailedException when nobody took it
     */
    public void deliver(String text) {
        Message message;
        try {
            message = JSON.readValue(text, Message.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the database holds what this version cannot read", e);
        }
        URI uri = address(message.url);
        refused(uri); // again: names may lead elsewhere now
        long seconds = System.currentTimeMillis() / 1000;
        HttpRequest request = HttpRequest.newBuilder(uri)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("webhook-id", message.id)
                .header("webhook-timestamp", String.valueOf(seconds))
                .header("webhook-signature", signature(secret.get(), message.id, seconds, message.body))
                .POST(HttpRequest.BodyPublishers.ofString(message.body))
                .build();
        try {
            int status =
                    http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            if (status / 100 != 2) {
                throw new OperationFailedException("the webhook answered " + status);
            }
        } catch (IOException e) {
            throw new OperationFailedException("the webhook cannot be reached", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationFailedException("the studio is closing", e);
        }
    }

    /** As Standard Webhooks has it: {@code v1,} and the HMAC-SHA256 of id, time and body in base64. */
    static String signature(String secret, String id, long seconds, String body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring(SECRET.length())), "HmacSHA256"));
            byte[] sum = mac.doFinal((id + "." + seconds + "." + body).getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(sum);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }
}
