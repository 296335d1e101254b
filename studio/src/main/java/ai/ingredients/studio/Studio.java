package ai.ingredients.studio;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.refine.PromptRefiner;
import ai.ingredients.studio.api.Server;
import ai.ingredients.studio.guard.Hosts;
import ai.ingredients.studio.guard.Tokens;
import ai.ingredients.studio.jobs.Acceptance;
import ai.ingredients.studio.jobs.Ending;
import ai.ingredients.studio.jobs.Housekeeping;
import ai.ingredients.studio.jobs.KeptPhotos;
import ai.ingredients.studio.jobs.Scheduling;
import ai.ingredients.studio.jobs.VideoRunner;
import ai.ingredients.studio.jobs.Watchers;
import ai.ingredients.studio.jobs.Webhooks;
import ai.ingredients.studio.models.ModelShelf;
import ai.ingredients.studio.people.FaceFinder;
import ai.ingredients.studio.people.PeopleLibrary;
import ai.ingredients.studio.people.PhotoDesk;
import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Database;
import ai.ingredients.studio.store.DiskBlobs;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.PersonTable;
import ai.ingredients.studio.store.Settings;
import ai.ingredients.studio.store.Videos;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A studio that is open: a queue, a maker of videos, and a server where there is a door. With PostgreSQL several processes are one
 * studio; with SQLite there is one process, which a lock in its folder makes sure of.
 *
 * <pre>{@code
 * try (Studio studio = Studio.open(StudioOptions.local(folder, Map.of("demo", Path.of("models/demo"))))) {
 *   System.out.println("http://127.0.0.1:" + studio.port());
 *   Thread.currentThread().join();
 * }
 * }</pre>
 */
public final class Studio implements AutoCloseable {
    private final Deque<Runnable> closers = new ArrayDeque<>();
    private final Housekeeping housekeeping = new Housekeeping();
    private final Database database;
    private final @Nullable Server server;
    private final @Nullable String newToken;

    private Studio(StudioOptions options, boolean renew) {
        boolean open = false;
        try {
            DataFolder folder = DataFolder.take(options.data(), options.database() == null);
            closers.push(folder::close);
            database = options.database() == null
                    ? Database.sqlite(options.data())
                    : Database.postgresql(options.database());
            closers.push(database::close);
            Blobs blobs = new DiskBlobs(folder.files());
            ModelShelf models = new ModelShelf(options.models(), options.devices(), options.model(), options.budget());
            closers.push(models::close);
            FaceFinder faces = FaceFinder.of(models.entries());
            if (faces != null) {
                closers.push(faces::close);
            }
            PhotoDesk photos = new PhotoDesk(faces, options.limits().pixels());
            PeopleLibrary people = new PeopleLibrary(
                    new PersonTable(database), blobs, photos, options.peopleRetention(), models::forgetPeople);
            Watchers watchers = new Watchers();
            Webhooks webhooks = new Webhooks(
                    secret(options.webhooks(), database), options.webhooks().anywhere());
            Ending ending = new Ending(new Videos(database), webhooks, options.retention());
            String name = name();
            VideoRunner runner = new VideoRunner(
                    new VideoRunner.Rooms(database, blobs, models, new KeptPhotos(blobs, people), ending, watchers),
                    name);
            Scheduling scheduling = new Scheduling(
                    database,
                    name,
                    new Scheduling.Work(
                            options.makes() ? models.deviceCount() : 0,
                            runner::run,
                            webhooks::deliver,
                            housekeeping::sweep));
            webhooks.use(scheduling);
            closers.push(scheduling::close);
            closers.push(runner::close);
            Acceptance acceptance = new Acceptance(
                    database,
                    blobs,
                    scheduling,
                    watchers,
                    ending,
                    options.limits().jobsPerClient());
            housekeeping.use(acceptance, people, blobs, new Videos(database));
            scheduling.start(options.database() == null);
            StudioOptions.Door door = options.door();
            String token = null;
            if (door == null) {
                server = null;
            } else {
                Tokens tokens = door.token() ? new Tokens(database) : null;
                if (tokens != null && renew) {
                    tokens.revokeAll();
                }
                token = tokens != null && !tokens.any() ? tokens.issue() : null;
                PrometheusMeterRegistry metrics = Metrics.of(new Videos(database), models);
                closers.push(metrics::close);
                Server opened = new Server(
                        new Server.Rooms(
                                database, blobs, acceptance, watchers, webhooks, models, people, photos, metrics),
                        new Server.Door(
                                door.host(),
                                door.port(),
                                new Hosts(door.host(), door.names()),
                                tokens,
                                options.limits(),
                                options.retention(),
                                rewriter(door.rewriting())));
                Metrics.watch(metrics, opened);
                closers.push(opened::close);
                server = opened;
            }
            newToken = token;
            open = true;
        } finally {
            if (!open) {
                close();
            }
        }
    }

    /**
     * Opens a studio, which works from now on.
     *
     * @throws InvalidInputException when the folder, a model or the database's address cannot be used
     * @throws OperationFailedException when the database cannot be reached, or nothing can listen at the address
     */
    public static Studio open(StudioOptions options) {
        return open(options, false);
    }

    /** As {@link #open}, with a new token, which {@link #newToken} tells; all older ones are worthless from now on. */
    public static Studio openWithNewToken(StudioOptions options) {
        return open(options, true);
    }

    private static Studio open(StudioOptions options, boolean renew) {
        StudioOptions.Door door = options.door();
        if (door != null && !door.token() && !Hosts.loopback(door.host())) {
            throw new InvalidInputException("the address " + door.host()
                    + " can be reached by others, who then need a token; listen at 127.0.0.1, or ask for one");
        }
        return new Studio(options, renew);
    }

    private static @Nullable PromptRefiner rewriter(StudioOptions.@Nullable Rewriting rewriting) {
        return rewriting == null ? null : new PromptRefiner(rewriting.url(), rewriting.model(), rewriting.key());
    }

    private static Supplier<String> secret(StudioOptions.WebhookOptions options, Database database) {
        String given = options.secret();
        if (given != null) {
            return () -> given;
        }
        Settings settings = new Settings(database);
        return () -> settings.get(
                "webhook_secret",
                () -> Webhooks.SECRET
                        + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(Ids.secret(24))));
    }

    /** What others find in the database of this process: where it runs, and a number nobody else has. */
    private static String name() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown";
        }
        return host + "-" + ProcessHandle.current().pid() + "-" + Ids.secret(4);
    }

    /** The port that is listened at; 0 for a worker. */
    public int port() {
        return server == null ? 0 : server.port();
    }

    /** The routes of the API; none of a worker. */
    public List<String> routes() {
        return server == null ? List.of() : server.routes();
    }

    /** A token that was made now because there was none; nobody is shown it again. */
    public @Nullable String newToken() {
        return newToken;
    }

    /** Removes at once what is removed every minute: whatever has expired. */
    public void sweep() {
        housekeeping.sweep();
    }

    /** What webhooks are signed with. */
    public String webhookSecret(StudioOptions.WebhookOptions options) {
        return secret(options, database).get();
    }

    /** Stops: videos that are being made stay where they are, and go on when the studio is opened again. */
    @Override
    public void close() {
        while (!closers.isEmpty()) {
            closers.pop().run();
        }
    }
}
