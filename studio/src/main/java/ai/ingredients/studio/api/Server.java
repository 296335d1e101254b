package ai.ingredients.studio.api;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.refine.PromptRefiner;
import ai.ingredients.studio.guard.Hosts;
import ai.ingredients.studio.guard.Limits;
import ai.ingredients.studio.guard.Tokens;
import ai.ingredients.studio.jobs.Acceptance;
import ai.ingredients.studio.jobs.Watchers;
import ai.ingredients.studio.jobs.Webhooks;
import ai.ingredients.studio.models.ModelShelf;
import ai.ingredients.studio.people.PeopleLibrary;
import ai.ingredients.studio.people.PhotoDesk;
import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Database;
import ai.ingredients.studio.store.Videos;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.util.JavalinBindException;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.server.HttpConfiguration;
import org.jspecify.annotations.Nullable;

/** The HTTP server: every route there is, the gate before them, and one form for every error. */
public final class Server implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Server.class.getName());
    private static final int HEADER_BYTES = 16 << 10;
    private static final long IDLE_MILLIS = Duration.ofSeconds(30).toMillis();

    private final Javalin javalin;
    private final EventRoutes events;
    private final List<String> routes;

    /** What the server stands in front of. */
    public record Rooms(
            Database database,
            Blobs blobs,
            Acceptance acceptance,
            Watchers watchers,
            Webhooks webhooks,
            ModelShelf models,
            PeopleLibrary people,
            PhotoDesk photos,
            PrometheusMeterRegistry metrics) {}

    /**
     * How it is reached.
     *
     * @param host the address to listen at
     * @param port 0 for any that is free
     * @param hosts the names that it answers to
     * @param tokens that open it; none where nobody needs one
     * @param rewriter asks a language model for a better prompt; none where there is none
     */
    public record Door(
            String host,
            int port,
            Hosts hosts,
            @Nullable Tokens tokens,
            Limits limits,
            @Nullable Duration retention,
            @Nullable PromptRefiner rewriter) {}

    /** Starts it. */
    public Server(Rooms rooms, Door door) {
        Videos videos = new Videos(rooms.database);
        VideoJson json = new VideoJson(rooms.watchers, rooms.models);
        PeopleReader people = new PeopleReader(rooms.people, rooms.photos, rooms.blobs, door.limits);
        OrderReader reader = new OrderReader(rooms.models, people, rooms.webhooks, door.limits);
        events = new EventRoutes(videos, rooms.acceptance, rooms.watchers, json, door.limits);
        Gate gate = new Gate(door.hosts, door.tokens);
        List<List<String>> known = new ArrayList<>();
        javalin = Javalin.create(config -> {
            configure(config, door);
            config.routes.before(gate::pass);
            Routes all = new Routes(config.routes);
            new VideoRoutes(videos, rooms.blobs, rooms.acceptance, reader, json, door.limits).addTo(all);
            events.addTo(all);
            new PeopleRoutes(rooms.people, door.limits).addTo(all);
            new ModelRoutes(rooms.models, door.limits, door.retention, door.rewriter != null).addTo(all);
            new PromptRoutes(door.rewriter, door.limits).addTo(all);
            new HealthRoutes(rooms.database, rooms.metrics).addTo(all);
            new PageRoutes().addTo(all);
            known.add(all.known());
            errors(config);
        });
        routes = known.getFirst();
        try {
            javalin.start(door.host, door.port);
        } catch (JavalinBindException e) {
            throw new OperationFailedException(
                    "nothing can listen at " + door.host + ":" + door.port
                            + "; another program may, or --port chooses another",
                    e);
        }
    }

    private static void configure(JavalinConfig config, Door door) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.concurrency.useVirtualThreads = true;
        config.http.prefer405over404 = true;
        config.http.maxRequestSize = door.limits.bytes();
        config.http.compressionStrategy = CompressionStrategy.NONE;
        config.jetty.modifyHttpConfiguration((HttpConfiguration http) -> {
            http.setSendServerVersion(false);
            http.setRequestHeaderSize(HEADER_BYTES);
            http.setIdleTimeout(IDLE_MILLIS);
        });
    }

    private static void errors(JavalinConfig config) {
        config.routes.exception(ApiError.class, Server::answer);
        config.routes.exception(HttpResponseException.class, (e, context) -> {
            int status = e.getStatus();
            String code = switch (status) {
                case 404 -> "not_found";
                case 405 -> "method_not_allowed";
                case 413 -> "too_large";
                default -> "bad_request";
            };
            answer(
                    new ApiError(
                            status,
                            code,
                            status == 404 ? "This address does not exist." : "The request cannot be used.",
                            null),
                    context);
        });
        config.routes.exception(
                InvalidInputException.class,
                (e, context) -> answer(new ApiError(422, "invalid_value", e.getMessage(), null), context));
        config.routes.exception(Database.Failure.class, (e, context) -> {
            LOG.log(System.Logger.Level.WARNING, "the database failed", e);
            context.header("Retry-After", "2");
            answer(new ApiError(503, "unavailable", "The studio cannot reach its database now.", null), context);
        });
        config.routes.exception(
                IOException.class, (e, context) -> LOG.log(System.Logger.Level.DEBUG, "a client went away", e));
        config.routes.exception(Exception.class, (e, context) -> {
            LOG.log(System.Logger.Level.ERROR, context.method().name() + " " + template(context) + " failed", e);
            answer(new ApiError(500, "internal_error", "The studio failed; its log says more.", null), context);
        });
    }

    /** Without what a client may have put into the address. */
    private static String template(Context context) {
        try {
            return context.endpoint().path;
        } catch (RuntimeException e) {
            return "a request";
        }
    }

    private static void answer(ApiError error, Context context) {
        if (context.res().isCommitted()) {
            return;
        }
        context.status(error.status());
        if (context.method().equals(HandlerType.HEAD)) {
            return;
        }
        Answers.json(context, error.json());
    }

    /** The port it listens at. */
    public int port() {
        return javalin.port();
    }

    /** The routes that {@code openapi.yaml} describes, such as {@code GET /v1/videos/{id}}. */
    public List<String> routes() {
        return routes;
    }

    /** How many streams of events are open. */
    public int streams() {
        return events.open();
    }

    @Override
    public void close() {
        events.close();
        javalin.stop();
    }
}
