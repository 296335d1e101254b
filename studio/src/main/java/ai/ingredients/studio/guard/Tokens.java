package ai.ingredients.studio.guard;

import ai.ingredients.studio.store.Database;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.Sql;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that open a studio. They are shown once, when they are made; the database holds their SHA-256, which for 32 random
 * bytes is as good as a slower hash. Thread-safe.
 */
public final class Tokens {
    private static final String PREFIX = "studio_";
    private static final int BYTES = 32;
    private static final int LONGEST = 200;

    private final Database database;

    public Tokens(Database database) {
        this.database = database;
    }

    /** Makes a new one, which nobody can be shown again. */
    public String issue() {
        String token = PREFIX + Ids.secret(BYTES);
        database.transaction(connection -> Sql.update(
                connection,
                "INSERT INTO token (hash, id, created_at) VALUES (?, ?, ?)",
                hash(token),
                Ids.random("token_"),
                System.currentTimeMillis()));
        return token;
    }

    /** Whether there is any. */
    public boolean any() {
        return database.read(connection -> Sql.number(connection, "SELECT COUNT(*) FROM token")) > 0;
    }

    /** Makes all of them worthless. */
    public void revokeAll() {
        database.transaction(connection -> Sql.update(connection, "DELETE FROM token"));
    }

    /** Whose token it is; none when it is nobody's. */
    public @Nullable String owner(@Nullable String token) {
        if (token == null || token.length() > LONGEST) {
            return null;
        }
        String hash = hash(token);
        return database.find(connection ->
                Sql.first(connection, "SELECT id FROM token WHERE hash = ?", row -> row.getString(1), hash));
    }

    private static String hash(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
