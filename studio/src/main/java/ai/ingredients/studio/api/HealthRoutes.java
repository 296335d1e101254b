package ai.ingredients.studio.api;

import ai.ingredients.studio.store.Database;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** {@code /health} and {@code /metrics}, for whoever looks after the machine. Thread-safe. */
final class HealthRoutes {
    private final Database database;
    private final PrometheusMeterRegistry metrics;

    HealthRoutes(Database database, PrometheusMeterRegistry metrics) {
        this.database = database;
        this.metrics = metrics;
    }

    void addTo(Routes routes) {
        routes.add(HandlerType.GET, "/health/live", context -> say(context, "ok"))
                .add(HandlerType.GET, "/health/ready", this::ready)
                .add(HandlerType.GET, "/metrics", this::metrics);
    }

    private static void say(Context context, String status) {
        Answers.json(context, JsonNodeFactory.instance.objectNode().put("status", status));
    }

    private void ready(Context context) {
        if (!database.answers()) {
            context.status(503);
            say(context, "the database does not answer");
            return;
        }
        say(context, "ok");
    }

    private void metrics(Context context) {
        context.contentType("text/plain; version=0.0.4; charset=utf-8");
        context.result(metrics.scrape());
    }
}
