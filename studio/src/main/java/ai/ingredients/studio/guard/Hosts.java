package ai.ingredients.studio.guard;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which names this studio answers to. A page of somebody else can have its own name lead to this machine (DNS rebinding) and
 * would then be of the same origin; but it cannot keep its name out of the {@code Host} header. Addresses in numbers have no
 * name that could lead elsewhere.
 */
public final class Hosts {
    private static final Pattern NUMBERS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]");

    private final Set<String> names = new HashSet<>(Set.of("localhost", "127.0.0.1", "[::1]"));
    private final boolean numbers;

    /**
     * @param bound the address that is listened at
     * @param others more names, such as that of a proxy
     */
    public Hosts(String bound, List<String> others) {
        others.forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
        numbers = !loopback(bound);
        names.add(bound.toLowerCase(Locale.ROOT));
        if (numbers) {
            try {
                names.add(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
            } catch (UnknownHostException e) {
                return; // a machine without a name is called by its numbers
            }
        }
    }

    /** Whether only this machine can reach {@code host}. */
    public static boolean loopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Whether a {@code Host} header is this studio's. */
    public boolean ours(@Nullable String header) {
        if (header == null) {
            return false;
        }
        String name = withoutPort(header).toLowerCase(Locale.ROOT);
        return names.contains(name) || (numbers && NUMBERS.matcher(name).matches());
    }

    private static String withoutPort(String header) {
        int colon = header.lastIndexOf(':');
        boolean port =
                colon > header.lastIndexOf(']') && header.substring(colon + 1).matches("\\d{1,5}");
        return port ? header.substring(0, colon) : header;
    }

    /** Whether an {@code Origin} header is of the page that {@code host} served. */
    public static boolean same(String origin, String host) {
        return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
    }
}
