package ai.ingredients.studio.jobs;

import ai.ingredients.studio.store.Database;
import ai.ingredients.studio.store.Sql;
import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * db-scheduler, twice: tickets for videos, and chores that must not wait behind a video. A ticket is worth one video, but not
 * a certain one: which one is decided when a worker takes the ticket, so that the order is fair whenever somebody comes. What
 * a dead process had taken is given out again when its heartbeat has been missing for {@link #DEAD}.
 */
public final class Scheduling implements AutoCloseable {
    private static final Duration HEARTBEAT = Duration.ofSeconds(4);
    private static final int MISSED = 5;
    /** After this long without a heartbeat a process counts as dead. */
    public static final Duration DEAD = HEARTBEAT.multipliedBy(MISSED);

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final Duration SWEEP = Duration.ofMinutes(1);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(2);
    private static final double LATER = 3;
    private static final int DELIVERIES = 9;
    private static final int CHORE_THREADS = 4;
    private static final String TICKETS = "video_task";
    private static final String CHORES = "chore_task";

    private final Database database;
    private final OneTimeTask<Void> ticket;
    private final OneTimeTask<String> webhook;
    private final @Nullable Scheduler videos;
    private final Scheduler chores;

    /**
     * What is done when it is time.
     *
     * @param makers videos that this process makes at a time; 0 for none
     * @param video makes a video for a ticket
     * @param deliver tells a webhook; failing means later again
     * @param sweep removes what is to go
     */
    public record Work(int makers, Consumer<String> video, Consumer<String> deliver, Runnable sweep) {}

    /** @param name of this process, which no other has */
    public Scheduling(Database database, String name, Work work) {
        this.database = database;
        ticket = Tasks.oneTime("video")
                .onFailure((complete, operations) ->
                        operations.reschedule(complete, complete.getTimeDone().plus(AGAIN)))
                .execute((instance, context) -> work.video.accept(instance.getId()));
        webhook = Tasks.oneTime("webhook", String.class)
                .onFailure((complete, operations) -> {
                    int failures = complete.getExecution().consecutiveFailures;
                    if (failures + 1 >= DELIVERIES) {
                        operations.stop();
                    } else {
                        long wait = Math.round(FIRST_RETRY.toMillis() * Math.pow(LATER, failures));
                        operations.reschedule(complete, complete.getTimeDone().plusMillis(wait));
                    }
                })
                .execute((instance, context) -> work.deliver.accept(instance.getData()));
        RecurringTask<Void> sweep =
                Tasks.recurring("sweep", FixedDelay.of(SWEEP)).execute((instance, context) -> work.sweep.run());
        videos = work.makers == 0
                ? null
                : scheduler(TICKETS, name, work.makers, List.of(ticket)).build();
        chores = scheduler(CHORES, name, CHORE_THREADS, List.of(webhook))
                .startTasks(sweep)
                .build();
    }

    private SchedulerBuilder scheduler(String table, String name, int threads, List<Task<?>> tasks) {
        return Scheduler.create(database.dataSource(), tasks)
                .tableName(table)
                .schedulerName(() -> name)
                .threads(threads)
                .serializer(Texts.INSTANCE)
                .jdbcCustomization(database.customization())
                .pollingInterval(POLL)
                .heartbeatInterval(HEARTBEAT)
                .missedHeartbeatsLimit(MISSED)
                .shutdownMaxWait(Duration.ofSeconds(30));
    }

    /**
     * Begins to work.
     *
     * @param alone whether no other process uses the database: what is taken was then taken by one that is dead
     */
    public void start(boolean alone) {
        if (alone) {
            database.transaction(connection -> {
                for (String table : List.of(TICKETS, CHORES)) {
                    Sql.update(
                            connection,
                            "UPDATE " + table
                                    + " SET picked = ?, picked_by = NULL, last_heartbeat = NULL WHERE picked = ?",
                            false,
                            true);
                }
                return 0;
            });
        }
        if (videos != null) {
            videos.start();
        }
        chores.start();
    }

    /** Adds a ticket in the caller's transaction; {@link #wake} makes haste after it. */
    void ticket(Connection connection, String id) {
        client(connection, TICKETS, ticket).scheduleIfNotExists(ticket.instance(id), Instant.now());
    }

    /** Has a webhook told, in the caller's transaction. */
    void webhook(Connection connection, String id, String message) {
        client(connection, CHORES, webhook).scheduleIfNotExists(webhook.instance(id, message), Instant.now());
    }

    private SchedulerClient client(Connection connection, String table, Task<?> task) {
        return SchedulerClient.Builder.create(new OneConnection(connection), task)
                .tableName(table)
                .serializer(Texts.INSTANCE)
                .jdbcCustomization(database.customization())
                .build();
    }

    /** Looks for work now, not at the next round. */
    void wake() {
        if (videos != null) {
            videos.triggerCheckForDueExecutions();
        }
        chores.triggerCheckForDueExecutions();
    }

    /** Stops; waits for a while for what is being done. */
    @Override
    public void close() {
        if (videos != null) {
            videos.stop();
        }
        chores.stop();
    }

    /** Texts as they are: nothing in the database can become an object of another class. */
    private enum Texts implements Serializer {
        INSTANCE;

        @Override
        public byte[] serialize(@Nullable Object data) {
            return data == null ? new byte[0] : data.toString().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        @SuppressWarnings("NullAway") // db-scheduler takes null for no data
        public <T> T deserialize(Class<T> type, byte @Nullable [] bytes) {
            return type == String.class && bytes != null ? type.cast(new String(bytes, StandardCharsets.UTF_8)) : null;
        }
    }
}
