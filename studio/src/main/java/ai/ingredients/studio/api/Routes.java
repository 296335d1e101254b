package ai.ingredients.studio.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.util.ArrayList;
import java.util.List;

/** Notes every route of the API that is added, so that a test can hold {@code openapi.yaml} to them. */
final class Routes {
    private final RoutesConfig config;
    private final List<String> known = new ArrayList<>();

    Routes(RoutesConfig config) {
        this.config = config;
    }

    /** A route that {@code openapi.yaml} describes. */
    Routes add(HandlerType method, String path, Handler handler) {
        known.add(method.name() + " " + path);
        config.addHttpHandler(method, path, handler);
        return this;
    }

    /** A route for {@code HEAD} beside one for {@code GET}, or a file of the page, which need no description. */
    Routes quietly(HandlerType method, String path, Handler handler) {
        config.addHttpHandler(method, path, handler);
        return this;
    }

    /** Such as {@code GET /v1/videos/{id}}. */
    List<String> known() {
        return List.copyOf(known);
    }
}
