package ai.ingredients.hub;

import ai.ingredients.ForeignText;
import ai.ingredients.OperationFailedException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** What addresses of other servers may look like, and how they are shown: without passwords and signatures. */
final class Addresses {
    private static final int LAST_PORT = 65535;

    private Addresses() {}

    /** Whether requests can go to {@code address}. */
    static boolean usable(URI address) {
        return address.getHost() != null
                && address.getPort() <= LAST_PORT
                && ("https".equals(address.getScheme()) || "http".equals(address.getScheme()));
    }

    /**
     * Where {@code written} leads from {@code at}.
     *
     * @param how such as {@code redirects to}, for messages
     * @throws OperationFailedException when it is no address, or leads from an encrypted connection to an open one
     */
    static URI next(URI at, String written, String how) {
        URI next;
        try {
            next = at.resolve(new URI(written));
        } catch (URISyntaxException e) { // not a cause: its message repeats the address with any password in it
            throw new OperationFailedException(at.getHost() + " " + how + " \"" + shown(written)
                    + "\", which is no address; nothing was downloaded from there");
        }
        if ("https".equals(at.getScheme()) && "http".equals(next.getScheme())) {
            throw new OperationFailedException(at.getHost() + " " + how + " " + shown(next.toString())
                    + ", which is not encrypted; nothing was downloaded from there");
        }
        if (!usable(next)) {
            throw new OperationFailedException(at.getHost() + " " + how + " \"" + shown(written)
                    + "\", which is no address of the web; nothing was downloaded from there");
        }
        return next;
    }

    static boolean sameOrigin(URI a, URI b) {
        return origin(a).equals(origin(b));
    }

    private static String origin(URI address) {
        int port = address.getPort() >= 0 ? address.getPort() : "https".equals(address.getScheme()) ? 443 : 80;
        return address.getScheme() + "://" + address.getHost().toLowerCase(Locale.ROOT) + ":" + port;
    }

    /** For messages: neither user and password nor a query, which may be a signature that lets in. */
    static String shown(String address) {
        String text = address;
        int question = text.indexOf('?');
        if (question >= 0) {
            text = text.substring(0, question) + "?…";
        }
        int scheme = text.indexOf("://");
        int begin = scheme < 0 ? 0 : scheme + 3;
        int at = text.lastIndexOf('@');
        if (at >= begin) {
            text = text.substring(0, begin) + "…@" + text.substring(at + 1);
        }
        return ForeignText.shown(text);
    }
}
