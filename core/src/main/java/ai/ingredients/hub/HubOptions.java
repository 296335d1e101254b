package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where to download from and how patiently.
 *
 * @param endpoint the hub, {@code http} or {@code https}; a path is kept as prefix. A user and password in it are sent to
 *     the hub where there is no token, and shown nowhere
 * @param token access token for gated repositories; sent to {@code endpoint} only
 * @param cache folder of the cache layout, {@code $HF_HOME/hub}
 * @param offline whether only the cache is looked at, without any request
 * @param proxy on the way to the hub
 * @param parallel files downloaded at the same time
 * @param attempts how often a request is tried in all
 * @param backoff pause before the second attempt, doubled for each further one
 * @param stall how long a connection may deliver nothing before it counts as lost; an answer that is no file may take
 *     twice as long in all
 */
public record HubOptions(
        URI endpoint,
        @Nullable String token,
        Path cache,
        boolean offline,
        HubProxy proxy,
        int parallel,
        int attempts,
        Duration backoff,
        Duration stall) {
    static final String PUBLIC_HUB = "https://huggingface.co";
    static final int LONGEST_TOKEN = 4096; // bytes; a web token of a company has some 1500

    private static final Pattern TOKEN = Pattern.compile("[!-~]{1," + LONGEST_TOKEN + "}");

    public HubOptions {
        if (!Addresses.usable(endpoint)) {
            throw new InvalidInputException("the hub's address is \"" + Addresses.shown(endpoint.toString())
                    + "\"; expected HF_ENDPOINT like " + PUBLIC_HUB);
        }
        if (token != null && !isToken(token)) {
            throw new InvalidInputException("the access token holds a character that no token has; copy it again");
        }
        if (parallel < 1 || attempts < 1) {
            throw new InvalidInputException(
                    parallel + " parallel downloads with " + attempts + " attempts; both must be at least 1");
        }
    }

    /** Whether {@code text} can stand in a header as a token. */
    static boolean isToken(String text) {
        return TOKEN.matcher(text).matches();
    }

    /**
     * The settings huggingface_hub reads from the environment, with its precedence: {@code HF_ENDPOINT}, {@code HF_TOKEN},
     * {@code HF_HOME}, {@code HF_HUB_CACHE}, {@code HF_HUB_OFFLINE} and others, and the proxies.
     *
     * @param environment usually {@link System#getenv()}
     * @throws InvalidInputException when a value cannot be used; secrets are not repeated
     */
    public static HubOptions of(Map<String, String> environment) {
        return new HubEnvironment(environment).options();
    }

    /** The hub's address without user, password and query, as requests begin and messages show it. */
    URI origin() {
        try {
            return new URI(
                    endpoint.getScheme(), null, endpoint.getHost(), endpoint.getPort(), endpoint.getPath(), null, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("an address without its user is an address", e);
        }
    }

    /** What the hub is told of who asks; null when nothing is known. */
    @Nullable
    String authorization() {
        if (token != null) {
            return "Bearer " + token;
        }
        String user = endpoint.getUserInfo();
        return user == null ? null : HubProxy.basic(user);
    }

    /** {@code text} without the token and the password, which a hub that knows them may repeat in an answer. */
    String withoutSecrets(String text) {
        String shown = token == null ? text : text.replace(token, "…");
        String user = endpoint.getUserInfo();
        String password = user == null ? "" : user.substring(user.indexOf(':') + 1);
        return password.isEmpty() ? shown : shown.replace(password, "…");
    }

    /** Everything but the secrets. */
    @Override
    public String toString() {
        return "HubOptions[" + origin() + (token == null ? "" : ", with token") + ", cache " + cache
                + (offline ? ", offline" : "") + "]";
    }
}
