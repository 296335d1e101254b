package ai.ingredients.hub;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.IoReason;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the environment says of the hub, with the names and the precedence of huggingface_hub, so that both find the same
 * cache and the same token:
 *
 * <ul>
 *   <li>the cache is {@code HF_HUB_CACHE}, else {@code HUGGINGFACE_HUB_CACHE}, else {@code hub} in the home;
 *   <li>the home is {@code HF_HOME}, else {@code huggingface} in {@code XDG_CACHE_HOME}, else in {@code ~/.cache};
 *   <li>the token is {@code HF_TOKEN}, else {@code HUGGING_FACE_HUB_TOKEN}, else what stands in {@code HF_TOKEN_PATH} or in
 *       the file {@code token} in the home; none with {@code HF_HUB_DISABLE_IMPLICIT_TOKEN};
 *   <li>{@code HF_HUB_OFFLINE} or {@code TRANSFORMERS_OFFLINE}: no request is made;
 *   <li>proxies as {@link HubProxy} has them.
 * </ul>
 *
 * <p>In paths {@code ~} and {@code $NAME} stand for what they stand for in a shell. An empty variable counts as absent. No
 * message shows a token or a password.
 *
 * Source: huggingface_hub, {@code constants.py} and {@code utils/_auth.py}.
 */
final class HubEnvironment {
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{([^}]*)})");

    private final Map<String, String> variables;

    HubEnvironment(Map<String, String> variables) {
        this.variables = variables;
    }

    HubOptions options() {
        return new HubOptions(
                endpoint(),
                token(),
                cache(),
                flag("HF_HUB_OFFLINE") || value("HF_HUB_OFFLINE") == null && flag("TRANSFORMERS_OFFLINE"),
                HubProxy.of(variables),
                4,
                5,
                Duration.ofSeconds(1),
                Duration.ofSeconds(60));
    }

    private @Nullable String value(String name) {
        String value = variables.get(name);
        return value == null || value.isBlank() ? null : value;
    }

    private boolean flag(String name) {
        String value = value(name);
        return value != null && TRUE.contains(value.strip().toUpperCase(Locale.ROOT));
    }

    private URI endpoint() {
        String value = value("HF_ENDPOINT");
        String written = (value == null ? HubOptions.PUBLIC_HUB : value.strip()).replaceAll("/+$", "");
        try {
            return new URI(written);
        } catch (URISyntaxException e) { // not a cause: its message repeats the address with any password in it
            throw new InvalidInputException(
                    "HF_ENDPOINT is \"" + Addresses.shown(written) + "\"; expected one like " + HubOptions.PUBLIC_HUB);
        }
    }

    private Path cache() {
        for (String name : new String[] {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
            String value = value(name);
            if (value != null) {
                return path(value, name);
            }
        }
        return home().resolve("hub");
    }

    private Path home() {
        String home = value("HF_HOME");
        if (home != null) {
            return path(home, "HF_HOME");
        }
        String caches = value("XDG_CACHE_HOME");
        return caches == null
                ? path("~/.cache/huggingface", "HOME")
                : path(caches, "XDG_CACHE_HOME").resolve("huggingface");
    }

    private Path path(String written, String name) {
        String text = written;
        if (text.equals("~") || text.startsWith("~/")) {
            String home = value("HOME");
            text = (home == null ? System.getProperty("user.home") : home) + text.substring(1);
        }
        Matcher variable = VARIABLE.matcher(text);
        text = variable.replaceAll(found -> {
            String inBraces = found.group(2);
            String value = variables.get(inBraces == null ? found.group(1) : inBraces);
            return Matcher.quoteReplacement(value == null ? found.group() : value);
        });
        return ForeignPath.of(text, name);
    }

    private @Nullable String token() {
        if (flag("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
            return null;
        }
        for (String name : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
            String value = value(name);
            if (value != null) {
                return cleaned(value, name);
            }
        }
        String named = value("HF_TOKEN_PATH");
        Path file = named == null ? home().resolve("token") : path(named, "HF_TOKEN_PATH");
        if (!Files.isRegularFile(file)) {
            return null;
        }
        try {
            if (Files.size(file) > HubOptions.LONGEST_TOKEN) {
                throw new InvalidInputException(file + ": is no file with an access token (" + Files.size(file)
                        + " bytes); remove it or set HF_TOKEN");
            }
            return cleaned(new String(Files.readAllBytes(file), StandardCharsets.UTF_8), file.toString());
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": the access token cannot be read (" + ForeignText.shown(IoReason.of(e))
                            + "); correct its rights or set HF_TOKEN",
                    e);
        }
    }

    /** Line breaks come along when a token is copied; what else no token holds is a mistake, which is not repeated. */
    private static @Nullable String cleaned(String value, String where) {
        String token = value.replace("\r", "").replace("\n", "").strip();
        if (!token.isEmpty() && !HubOptions.isToken(token)) {
            throw new InvalidInputException(where + ": holds a character that no access token has (a blank, a control"
                    + " character or one outside ASCII); copy the token again");
        }
        return token.isEmpty() ? null : token;
    }
}
