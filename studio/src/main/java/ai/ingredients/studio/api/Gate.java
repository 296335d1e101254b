package ai.ingredients.studio.api;

import ai.ingredients.studio.guard.Hosts;
import ai.ingredients.studio.guard.Tokens;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.HandlerType;
import io.javalin.http.SameSite;
import org.jspecify.annotations.Nullable;

/** Stands before every route: whose name was called, from which page, with which token. Thread-safe. */
final class Gate {
    private static final String COOKIE = "studio_token";
    private static final String BEARER = "Bearer ";
    private static final int COOKIE_SECONDS = 30 * 24 * 3600;
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'"
                    + " blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action"
                    + " 'self'; frame-ancestors 'none'";

    private final Hosts hosts;
    private final @Nullable Tokens tokens;

    /** @param tokens that open; none where nobody needs one */
    Gate(Hosts hosts, @Nullable Tokens tokens) {
        this.hosts = hosts;
        this.tokens = tokens;
    }

    void pass(Context context) {
        headers(context);
        String host = context.header("Host");
        if (!hosts.ours(host)) {
            throw new ApiError(
                    403, "wrong_host", "This studio does not answer to that name; --host-name adds one.", null);
        }
        boolean reading =
                context.method().equals(HandlerType.GET) || context.method().equals(HandlerType.HEAD);
        String origin = context.header("Origin");
        boolean foreign = origin != null && (host == null || !Hosts.same(origin, host));
        String site = context.header("Sec-Fetch-Site");
        boolean across = "cross-site".equals(site) || "same-site".equals(site);
        boolean api = context.path().startsWith("/v1/") || context.path().equals("/metrics");
        if ((foreign || across) && (!reading || api)) {
            throw new ApiError(403, "wrong_origin", "Pages of other sites may not use this studio.", null);
        }
        if (tokens != null) {
            admit(context, tokens, reading, api);
        }
    }

    private static void admit(Context context, Tokens tokens, boolean reading, boolean api) {
        String shown = context.queryParam("token");
        if (reading && context.path().equals("/") && shown != null) {
            if (tokens.owner(shown) == null) {
                throw unknown(context);
            }
            context.cookie(new Cookie(
                    COOKIE, shown, "/", COOKIE_SECONDS, "https".equals(context.scheme()), true, null, SameSite.STRICT));
            context.redirect("/"); // out of the address line, and of the history's last entry
            context.skipRemainingHandlers();
            return;
        }
        if (reading && !api) {
            return; // the page's own files, and whether the program is alive: no secret of anybody's
        }
        String header = context.header("Authorization");
        String token = header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? header.substring(BEARER.length()).strip()
                : context.cookie(COOKIE);
        String owner = tokens.owner(token);
        if (owner == null) {
            throw unknown(context);
        }
        context.attribute(Caller.TOKEN, owner);
    }

    private static ApiError unknown(Context context) {
        context.header("WWW-Authenticate", "Bearer");
        return new ApiError(401, "invalid_token", "A token is needed: Authorization: Bearer TOKEN.", null);
    }

    private static void headers(Context context) {
        context.header("Content-Security-Policy", POLICY);
        context.header("X-Content-Type-Options", "nosniff");
        context.header("X-Frame-Options", "DENY");
        context.header("Referrer-Policy", "no-referrer");
        context.header("Cross-Origin-Resource-Policy", "same-origin");
        context.header("Cross-Origin-Opener-Policy", "same-origin");
        context.header("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    }
}
