package ai.ingredients.studio;

import ai.ingredients.Ingredients;
import ai.ingredients.studio.guard.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a studio is opened.
 *
 * @param data its folder: database and files, or files alone beside a PostgreSQL
 * @param database {@code jdbc:postgresql://…}; none for a SQLite file in {@code data}
 * @param models folders by id, the default one first
 * @param devices each makes one video at a time
 * @param model how models are opened; its device counts for nothing
 * @param budget bytes of weights that may stay loaded on each device
 * @param makes whether this process makes videos, and not only takes requests
 * @param door how it is reached; none for a worker, which nobody reaches
 * @param limits how much anybody may ask for
 * @param retention how long a video is kept; none for until it is deleted
 * @param peopleRetention how long a person is kept; none for until they are deleted
 * @param webhooks who may be told
 */
public record StudioOptions(
        Path data,
        @Nullable String database,
        Map<String, Path> models,
        List<String> devices,
        Ingredients.Options model,
        long budget,
        boolean makes,
        @Nullable Door door,
        Limits limits,
        @Nullable Duration retention,
        @Nullable Duration peopleRetention,
        WebhookOptions webhooks) {
    /** Where a studio that nobody told otherwise listens. */
    public static final String LOOPBACK = "127.0.0.1";

    /** Where a studio that nobody told otherwise listens. */
    public static final int PORT = 7860;

    /** What stays loaded where nobody says otherwise. */
    public static final long BUDGET = 8L << 30;

    /**
     * How it is reached.
     *
     * @param port 0 for any that is free
     * @param names that it answers to besides its own, such as a proxy's
     * @param token whether one is needed
     */
    public record Door(
            String host,
            int port,
            List<String> names,
            boolean token,
            @Nullable Rewriting rewriting) {}

    /** A language model for prompts. */
    public record Rewriting(
            String url, String model, @Nullable String key) {}

    /**
     * Who may be told.
     *
     * @param secret signs messages; none for one that is made and kept in the database
     * @param anywhere whether addresses within this machine's network may be told too
     */
    public record WebhookOptions(@Nullable String secret, boolean anywhere) {}

    /** A studio on this machine alone, with SQLite in {@code data}. */
    public static StudioOptions local(Path data, Map<String, Path> models) {
        return new StudioOptions(
                data,
                null,
                models,
                List.of("cpu"),
                Ingredients.Options.DEFAULT,
                BUDGET,
                true,
                new Door(LOOPBACK, PORT, List.of(), false, null),
                Limits.DEFAULT,
                Duration.ofDays(30),
                Duration.ofDays(180),
                new WebhookOptions(null, false));
    }

    /**
     * The same but for what {@code change} assigns:
     *
     * <pre>{@code
     * options.with(it -> it.door = null)
     * }</pre>
     */
    public StudioOptions with(Consumer<Values> change) {
        Values values = new Values(this);
        change.accept(values);
        return values.options();
    }

    /** The components, to be assigned within {@link #with}. */
    public static final class Values {
        public Path data;
        public @Nullable String database;
        public Map<String, Path> models;
        public List<String> devices;
        public Ingredients.Options model;
        public long budget;
        public boolean makes;
        public @Nullable Door door;
        public Limits limits;
        public @Nullable Duration retention;
        public @Nullable Duration peopleRetention;
        public WebhookOptions webhooks;

        private Values(StudioOptions from) {
            data = from.data;
            database = from.database;
            models = from.models;
            devices = from.devices;
            model = from.model;
            budget = from.budget;
            makes = from.makes;
            door = from.door;
            limits = from.limits;
            retention = from.retention;
            peopleRetention = from.peopleRetention;
            webhooks = from.webhooks;
        }

        private StudioOptions options() {
            return new StudioOptions(
                    data,
                    database,
                    models,
                    devices,
                    model,
                    budget,
                    makes,
                    door,
                    limits,
                    retention,
                    peopleRetention,
                    webhooks);
        }
    }
}
