package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that the environment names, as other programs read them: {@code http_proxy}, {@code https_proxy},
 * {@code all_proxy} by the scheme of the address, {@code no_proxy} with the hosts that are reached directly (their
 * subdomains too; {@code host:port}; {@code *} for all). The names in capitals count where the others are absent, but
 * {@code HTTP_PROXY} not within CGI, where a visitor of the page could set it.
 *
 * @param http for addresses that begin with {@code http}
 * @param https for addresses that begin with {@code https}
 * @param direct hosts that are reached without, in lower case
 */
public record HubProxy(@Nullable URI http, @Nullable URI https, List<String> direct) {
    /** Every host is reached directly, or as the JVM's own settings say. */
    public static final HubProxy NONE = new HubProxy(null, null, List.of());

    private static final int STANDARD_PORT = 80;

    public HubProxy {
        direct = List.copyOf(direct);
    }

    /**
     * @param environment usually {@link System#getenv()}
     * @throws InvalidInputException when one is no address of a proxy; its password is not repeated
     */
    static HubProxy of(Map<String, String> environment) {
        URI http = environment.containsKey("REQUEST_METHOD")
                ? proxy(environment, "http_proxy", "all_proxy", "ALL_PROXY")
                : proxy(environment, "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY");
        URI https = proxy(environment, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");
        String named = environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", ""));
        List<String> direct = new ArrayList<>();
        for (String host : named.split(",", -1)) {
            String plain = host.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", "");
            if (!plain.isEmpty()) {
                direct.add(plain);
            }
        }
        return new HubProxy(http, https, direct);
    }

    private static @Nullable URI proxy(Map<String, String> environment, String... names) {
        for (String name : names) {
            String value = environment.getOrDefault(name, "").strip();
            if (!value.isEmpty()) {
                return address(value.contains("://") ? value : "http://" + value, name);
            }
        }
        return null;
    }

    private static URI address(String written, String name) {
        try {
            URI address = new URI(written);
            if (Addresses.usable(address) && "http".equals(address.getScheme())) {
                return address;
            }
        } catch (URISyntaxException e) {
            // said below, without the password that the exception's message would repeat
        }
        throw new InvalidInputException(name + " is \"" + Addresses.shown(written)
                + "\"; expected a proxy like http://host:port (no other kind is supported)");
    }

    /** The proxy on the way to {@code target}; null when there is none. */
    @Nullable
    URI on(URI target) {
        String host = target.getHost().toLowerCase(Locale.ROOT).replaceAll("^\\[|]$", "");
        int port = target.getPort() >= 0 ? target.getPort() : "https".equals(target.getScheme()) ? 443 : 80;
        for (String name : direct) {
            String bare = name.replaceAll("^\\[|]$", "");
            if (name.equals("*")
                    || host.equals(bare)
                    || host.endsWith("." + name)
                    || (host + ":" + port).equals(name)
                    || (host + ":" + port).endsWith("." + name)) {
                return null;
            }
        }
        return "https".equals(target.getScheme()) ? https : http;
    }

    /** What the proxy on the way to {@code target} wants to be told; null when it wants nothing. */
    @Nullable
    String authorization(URI target) {
        URI proxy = on(target);
        String user = proxy == null ? null : proxy.getUserInfo();
        return user == null ? null : basic(user);
    }

    static String basic(String userAndPassword) {
        return "Basic " + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
    }

    /** For a client; addresses without a proxy here go the way the JVM's own settings say. */
    ProxySelector selector() {
        if (http == null && https == null) {
            return ProxySelector.getDefault();
        }
        return new ProxySelector() {
            @Override
            public List<Proxy> select(URI target) {
                URI proxy = on(target);
                if (proxy == null) {
                    return List.of(Proxy.NO_PROXY);
                }
                int port = proxy.getPort() >= 0 ? proxy.getPort() : STANDARD_PORT;
                return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port)));
            }

            @Override
            public void connectFailed(URI target, SocketAddress proxy, IOException e) {
                // the request itself fails with the same words
            }
        };
    }

    /** Without passwords. */
    @Override
    public String toString() {
        return "HubProxy[http " + shown(http) + ", https " + shown(https) + ", except " + direct + "]";
    }

    private static String shown(@Nullable URI proxy) {
        return proxy == null ? "none" : Addresses.shown(proxy.toString());
    }
}
