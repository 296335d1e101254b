package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of figures: none lost, none twice. */
class MetricsLogTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-01-31T12:00:00.123456Z"));

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("metrics.jsonl");
    }

    private void log(long from, long to, long resumedAt) {
        try (MetricsLog log = MetricsLog.open(file, resumedAt, CLOCK)) {
            for (long step = from; step <= to; step++) {
                log.log(step, Map.of("loss", 1.0 / step));
            }
        }
    }

    @Test
    void aLineIsOneJsonObject() throws IOException {
        try (MetricsLog log = MetricsLog.open(file, 0, CLOCK)) {
            log.log(12, Map.of("loss", 0.1 + 0.2));
            log.log(13, Map.of("loss", Double.NaN));
            assertEquals("""
                {"step":12,"time":"2026-01-31T12:00:00.123Z","loss":0.30000000000000004}
                {"step":13,"time":"2026-01-31T12:00:00.123Z","loss":null}
                """, Files.readString(log.file()));
        }
        assertThat(MetricsLog.read(file))
                .extracting(MetricsLog.Line::step, line -> line.values().get("loss"))
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(12L, 0.1 + 0.2),
                        org.assertj.core.groups.Tuple.tuple(13L, Double.NaN));
        assertThat(MetricsLog.read(folder.resolve("none"))).isEmpty();
    }

    @Test
    void anInterruptedRunHasTheLinesOfAnUninterruptedOne() throws IOException {
        log(1, 10, 0);
        String uninterrupted = Files.readString(file);
        Files.delete(file);
        log(1, 8, 0);
        Files.writeString(file, "{\"step\":9,\"ti", StandardOpenOption.APPEND);
        log(6, 10, 5);
        assertEquals(uninterrupted, Files.readString(file));
        assertThat(folder.toFile().list()).containsExactly("metrics.jsonl");
    }

    @Test
    void aRunThatStartsAnewHasNoOldLines() {
        log(1, 3, 0);
        log(1, 1, 0);
        assertThat(MetricsLog.read(file)).hasSize(1);
    }

    @Test
    void whatIsNoLogIsLeftAlone() throws IOException {
        Files.writeString(file, "{\"step\":1,\"time\":\"2026-01-31T12:00:00Z\"}\nhello\n");
        assertThatThrownBy(() -> MetricsLog.open(file, 5))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("line 2 is no line of figures");
        assertThat(Files.readString(file)).endsWith("hello\n");
    }
}
