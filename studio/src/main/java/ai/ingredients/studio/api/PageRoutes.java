package ai.ingredients.studio.api;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The page, and one to read {@code openapi.yaml} on: files that lie in this program, served as they are. Nothing on them comes
 * from another host, and the policy that is sent along would stop it.
 */
final class PageRoutes {
    private static final String FOLDER = "/ai/ingredients/studio/page/";
    private static final String OPENAPI = "/ai/ingredients/studio/openapi.yaml";
    private static final Pattern NAME =
            Pattern.compile("[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){0,3}", Pattern.CASE_INSENSITIVE);
    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("js", "text/javascript; charset=utf-8"),
            Map.entry("mjs", "text/javascript; charset=utf-8"),
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("png", "image/png"),
            Map.entry("ico", "image/x-icon"),
            Map.entry("webmanifest", "application/manifest+json"),
            Map.entry("woff2", "font/woff2"),
            Map.entry("yaml", "application/yaml; charset=utf-8"));

    void addTo(Routes routes) {
        routes.add(HandlerType.GET, "/openapi.yaml", context -> resource(context, OPENAPI))
                .quietly(HandlerType.GET, "/docs", context -> resource(context, FOLDER + "docs.html"))
                .quietly(HandlerType.GET, "/", context -> resource(context, FOLDER + "index.html"))
                .quietly(HandlerType.GET, "/<path>", this::file);
    }

    private void file(Context context) {
        String path = context.pathParam("path");
        if (!NAME.matcher(path).matches() || path.startsWith("v1/")) {
            throw ApiError.notFound("This address");
        }
        resource(context, FOLDER + path);
    }

    private static void resource(Context context, String name) {
        int dot = name.lastIndexOf('.');
        String type = TYPES.get(name.substring(dot + 1));
        try (InputStream in = type == null ? null : PageRoutes.class.getResourceAsStream(name)) {
            if (in == null || type == null) {
                throw ApiError.notFound("This address");
            }
            byte[] bytes = in.readAllBytes();
            String etag = "\"" + sum(bytes) + "\"";
            context.header("ETag", etag);
            context.header("Cache-Control", "no-cache");
            if (etag.equals(context.header("If-None-Match"))) {
                context.status(304);
                return;
            }
            context.contentType(type);
            context.result(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sum(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
