package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where to download from and how patiently.
 *
 * @param endpoint the hub, {@code http} or {@code https}; a path is kept as prefix
 * @param token access token for gated repositories; sent to {@code endpoint} only
 * @param cache folder of the cache layout, {@code $HF_HOME/hub}
 * @param parallel files downloaded at the same time
 * @param attempts how often a request is tried in all
 * @param backoff pause before the second attempt, doubled for each further one
 * @param stall how long a connection may deliver nothing before it counts as lost
 */
public record HubOptions(
        URI endpoint,
        @Nullable String token,
        Path cache,
        int parallel,
        int attempts,
        Duration backoff,
        Duration stall) {
    private static final String PUBLIC_HUB = "https://huggingface.co";

    public HubOptions {
        String scheme = endpoint.getScheme();
        if (endpoint.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
            throw new InvalidInputException(
                    "the hub's address is \"" + endpoint + "\"; expected HF_ENDPOINT like " + PUBLIC_HUB);
        }
        if (parallel < 1 || attempts < 1) {
            throw new InvalidInputException(
                    parallel + " parallel downloads with " + attempts + " attempts; both must be at least 1");
        }
    }

    /**
     * The settings huggingface_hub reads from the environment: {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HF_HOME}.
     *
     * @param environment usually {@link System#getenv()}
     */
    public static HubOptions of(Map<String, String> environment) {
        String endpoint = environment.getOrDefault("HF_ENDPOINT", PUBLIC_HUB).replaceAll("/+$", "");
        String token = environment.getOrDefault("HF_TOKEN", "").strip();
        String home = environment.get("HF_HOME");
        Path root = home == null || home.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache", "huggingface")
                : Path.of(home);
        URI address;
        try {
            address = URI.create(endpoint);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException("HF_ENDPOINT is \"" + endpoint + "\"; expected one like " + PUBLIC_HUB, e);
        }
        return new HubOptions(
                address,
                token.isEmpty() ? null : token,
                root.resolve("hub"),
                4,
                5,
                Duration.ofSeconds(1),
                Duration.ofSeconds(60));
    }

    /** Everything but the token. */
    @Override
    public String toString() {
        return "HubOptions[" + endpoint + (token == null ? "" : ", with token") + ", cache " + cache + "]";
    }
}
