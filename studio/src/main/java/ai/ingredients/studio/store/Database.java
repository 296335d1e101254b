package ai.ingredients.studio.store;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import com.github.kagkarlsson.scheduler.jdbc.DefaultJdbcCustomization;
import com.github.kagkarlsson.scheduler.jdbc.JdbcCustomization;
import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * The database of a studio: a SQLite file of its own (write-ahead log, every commit on the disk before it returns), or a
 * PostgreSQL that several machines share. Its tables are made, or brought up to date, when it is opened.
 *
 * <p>Thread-safe.
 */
public final class Database implements AutoCloseable {
    private static final int CONNECTIONS = 10;
    private static final long PATIENCE_MILLIS = 30_000;
    /** Of the lock in PostgreSQL behind which {@link #exclusively} waits; any number that is ours alone. */
    private static final long LOCK = 0x1467_7265_6469L;

    private final HikariDataSource pool;
    private final Kind kind;
    private final ReentrantLock writing = new ReentrantLock(true);

    /** What it is. */
    public enum Kind {
        SQLITE,
        POSTGRESQL
    }

    /** Work on a connection. */
    public interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /** Work that may find nothing. */
    public interface Search<T> {
        @Nullable
        T in(Connection connection) throws SQLException;
    }

    private Database(HikariDataSource pool, Kind kind) {
        this.pool = pool;
        this.kind = kind;
    }

    /** The file {@code studio.db} in {@code folder}. */
    public static Database sqlite(Path folder) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:sqlite:" + folder.resolve("studio.db"));
        config.addDataSourceProperty("journal_mode", "WAL");
        config.addDataSourceProperty("synchronous", "FULL");
        config.addDataSourceProperty("busy_timeout", String.valueOf(PATIENCE_MILLIS));
        // A transaction that begins by reading and then writes would be refused at once when another has written.
        config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
        return open(config, Kind.SQLITE);
    }

    /**
     * A PostgreSQL.
     *
     * @param url {@code jdbc:postgresql://host/database?user=...}; user and password may also come from {@code PGUSER} and
     *     {@code PGPASSWORD}, where no list of processes shows them
     */
    public static Database postgresql(String url) {
        if (!url.startsWith("jdbc:postgresql:")) {
            throw new InvalidInputException("the database " + shown(url)
                    + " cannot be used; expected jdbc:postgresql://HOST/DATABASE, or none for a SQLite file");
        }
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        String user = System.getenv("PGUSER");
        if (user != null && !url.contains("user=")) {
            config.setUsername(user);
        }
        String password = System.getenv("PGPASSWORD");
        if (password != null && !url.contains("password=")) {
            config.setPassword(password);
        }
        return open(config, Kind.POSTGRESQL);
    }

    private static Database open(HikariConfig config, Kind kind) {
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionTimeout(PATIENCE_MILLIS);
        config.setPoolName("studio");
        HikariDataSource pool;
        try {
            pool = new HikariDataSource(config);
        } catch (PoolInitializationException e) {
            throw new OperationFailedException(
                    "the database " + shown(config.getJdbcUrl()) + " cannot be opened (" + e.getMessage() + ")", e);
        }
        try {
            Flyway.configure(Database.class.getClassLoader())
                    .dataSource(pool)
                    .locations(
                            "classpath:ai/ingredients/studio/db/" + kind.name().toLowerCase(Locale.ROOT))
                    .table("studio_schema")
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            pool.close();
            throw new OperationFailedException(
                    "the tables in " + shown(config.getJdbcUrl()) + " cannot be made (" + firstLine(e) + ")", e);
        }
        return new Database(pool, kind);
    }

    /** Without what may be a password. */
    private static String shown(String url) {
        int question = url.indexOf('?');
        String plain = question < 0 ? url : url.substring(0, question);
        return plain.replaceAll("//[^/@]*@", "//");
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    /** What it is. */
    public Kind kind() {
        return kind;
    }

    /** Connections, for db-scheduler. */
    public DataSource dataSource() {
        return pool;
    }

    /** How db-scheduler speaks to it. */
    public JdbcCustomization customization() {
        return kind == Kind.SQLITE ? new SqliteCustomization() : new PostgreSqlJdbcCustomization(false, false);
    }

    /** db-scheduler knows no SQLite; but for this it speaks what SQLite understands. */
    private static final class SqliteCustomization extends DefaultJdbcCustomization {
        SqliteCustomization() {
            super(false);
        }

        @Override
        public String getQueryLimitPart(int limit) {
            return " LIMIT " + limit;
        }
    }

    /** Reads; each statement by itself. */
    public <T> T read(Work<T> work) {
        try (Connection connection = pool.getConnection()) {
            return work.on(connection);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** As {@link #read}, for what may not be there. */
    public <T> @Nullable T find(Search<T> search) {
        return read(connection -> Optional.ofNullable(search.in(connection))).orElse(null);
    }

    /** As {@link #exclusively}, for what may come to nothing. */
    public <T> @Nullable T exclusivelyFind(Search<T> search) {
        return exclusively(connection -> Optional.ofNullable(search.in(connection)))
                .orElse(null);
    }

    /** Does all of {@code work} or nothing of it, while no other process does {@code exclusively} what it does. */
    public <T> T exclusively(Work<T> work) {
        return transaction(connection -> {
            if (kind == Kind.POSTGRESQL) {
                Sql.number(connection, "SELECT 1 FROM (SELECT pg_advisory_xact_lock(?)) AS locked", LOCK);
            }
            return work.on(connection);
        });
    }

    /** Does all of {@code work} or nothing of it; what it did is on the disk when this returns. */
    public <T> T transaction(Work<T> work) {
        if (kind == Kind.POSTGRESQL) {
            return committed(work);
        }
        // SQLite lets one write at a time, and has the others wait within native code, where a virtual thread keeps its
        // carrier.
        writing.lock();
        try {
            return committed(work);
        } finally {
            writing.unlock();
        }
    }

    private <T> T committed(Work<T> work) {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            boolean done = false;
            try {
                T result = work.on(connection);
                connection.commit();
                done = true;
                return result;
            } finally {
                if (!done) {
                    connection.rollback();
                }
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Whether it answers, within a second or so. */
    public boolean answers() {
        try (Connection connection = pool.getConnection()) {
            return connection.isValid((int) Duration.ofSeconds(2).toSeconds());
        } catch (SQLException e) {
            return false;
        }
    }

    /** The database did not do what it was asked: it is down, or its disk is full. What was asked may be asked again. */
    public static final class Failure extends OperationFailedException {
        private static final long serialVersionUID = 1L;

        Failure(String message, SQLException cause) {
            super(message, cause);
        }
    }

    private static Failure failed(SQLException e) {
        return new Failure("the database does not do what it is asked (" + firstLine(e) + ")", e);
    }

    @Override
    public void close() {
        pool.close();
    }
}
