package ai.ingredients.studio;

import ai.ingredients.Ingredients;
import ai.ingredients.studio.guard.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

    /** The same, reached otherwise. */
    public StudioOptions withDoor(@Nullable Door other) {
        return new StudioOptions(
                data,
                database,
                models,
                devices,
                model,
                budget,
                makes,
                other,
                limits,
                retention,
                peopleRetention,
                webhooks);
    }

    /** The same with another database. */
    public StudioOptions withDatabase(@Nullable String other) {
        return new StudioOptions(
                data, other, models, devices, model, budget, makes, door, limits, retention, peopleRetention, webhooks);
    }

    /** The same with other limits. */
    public StudioOptions withLimits(Limits other) {
        return new StudioOptions(
                data,
                database,
                models,
                devices,
                model,
                budget,
                makes,
                door,
                other,
                retention,
                peopleRetention,
                webhooks);
    }

    /** The same, keeping videos for another time. */
    public StudioOptions withRetention(@Nullable Duration other) {
        return new StudioOptions(
                data, database, models, devices, model, budget, makes, door, limits, other, peopleRetention, webhooks);
    }

    /** The same, telling others. */
    public StudioOptions withWebhooks(WebhookOptions others) {
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
                others);
    }

    /** The same, making videos or leaving that to workers. */
    public StudioOptions withMakes(boolean other) {
        return new StudioOptions(
                data,
                database,
                models,
                devices,
                model,
                budget,
                other,
                door,
                limits,
                retention,
                peopleRetention,
                webhooks);
    }

    /** The same with another budget of memory. */
    public StudioOptions withBudget(long bytes) {
        return new StudioOptions(
                data,
                database,
                models,
                devices,
                model,
                bytes,
                makes,
                door,
                limits,
                retention,
                peopleRetention,
                webhooks);
    }
}
