package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The figures of a run as JSON lines: {@code {"step":12,"time":"2026-01-31T12:00:00Z","loss":0.25}}. A figure that is no
 * finite number is {@code null}.
 *
 * <p>Every line is handed to the system at once, so that a kill loses none. A run that goes on from step S drops the
 * lines after S, and then has the lines of an uninterrupted one, times apart. Not thread-safe.
 */
public final class MetricsLog implements AutoCloseable {
    private static final String STEP = "step";
    private static final String TIME = "time";

    private final Path file;
    private final FileChannel channel;
    private final InstantSource clock;

    private MetricsLog(Path file, FileChannel channel, InstantSource clock) {
        this.file = file;
        this.channel = channel;
        this.clock = clock;
    }

    /**
     * The figures of one moment.
     *
     * @param values by name; NaN where they were not finite
     */
    public record Line(long step, Instant time, Map<String, Double> values) {
        public Line {
            values = Map.copyOf(values);
        }
    }

    /**
     * Opens the log of a run that goes on after {@code step}: later lines and a half-written last one are dropped.
     *
     * @param step steps done; 0 for a new run
     * @throws InvalidInputException when the file cannot be written or holds something else
     */
    public static MetricsLog open(Path file, long step) {
        return open(file, step, InstantSource.system());
    }

    @SuppressWarnings("MustBeClosedChecker") // the channel belongs to the object that is returned
    static MetricsLog open(Path file, long step, InstantSource clock) {
        if (Files.exists(file)) {
            List<Line> lines = read(file);
            StringBuilder kept = new StringBuilder();
            for (int i = 0; i < lines.size() && lines.get(i).step() <= step; i++) {
                kept.append(texts(file).get(i)).append('\n');
            }
            AtomicFile.replace(file, kept.toString().getBytes(StandardCharsets.UTF_8));
        }
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            return new MetricsLog(file, channel, clock);
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": cannot be written (" + IoReason.of(e) + "); check the permissions there", e);
        }
    }

    /**
     * Adds a line.
     *
     * @param step never less than the last one's
     * @throws OperationFailedException when the disk is full or fails
     */
    public Line log(long step, Map<String, Double> values) {
        Line line = new Line(step, clock.instant().truncatedTo(ChronoUnit.MILLIS), values);
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put(STEP, step).put(TIME, line.time().toString());
        values.forEach((name, value) -> json.put(name, Double.isFinite(value) ? value : null));
        ByteBuffer bytes = ByteBuffer.wrap((json + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new OperationFailedException(
                    file + ": cannot be written (" + IoReason.of(e) + "); check the free space there", e);
        }
        return line;
    }

    /**
     * All whole lines of a log, in order; none when there is no file yet.
     *
     * @throws InvalidInputException when a line is no line of figures
     */
    public static List<Line> read(Path file) {
        List<String> texts = texts(file);
        List<Line> lines = new ArrayList<>();
        for (String text : texts) {
            Line line = parse(text);
            if (line == null) {
                throw new InvalidInputException(file + ": line " + (lines.size() + 1)
                        + " is no line of figures; move the file away to go on without the earlier ones");
            }
            lines.add(line);
        }
        return List.copyOf(lines);
    }

    /** Lines that end in a newline; what follows the last one was cut off by a kill or a full disk. */
    private static List<String> texts(Path file) {
        try {
            String all = Files.readString(file);
            return all.substring(0, all.lastIndexOf('\n') + 1).lines().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private static @Nullable Line parse(String text) {
        try {
            JsonNode json = JsonFile.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
            Map<String, Double> values = new LinkedHashMap<>();
            for (var field : json.properties()) {
                if (!field.getKey().equals(STEP) && !field.getKey().equals(TIME)) {
                    values.put(field.getKey(), field.getValue().asDouble(Double.NaN));
                }
            }
            boolean whole =
                    json.path(STEP).isIntegralNumber() && json.path(TIME).isTextual();
            return whole
                    ? new Line(
                            json.path(STEP).longValue(),
                            Instant.parse(json.path(TIME).textValue()),
                            values)
                    : null;
        } catch (IOException | DateTimeException e) {
            return null;
        }
    }

    /** The file. */
    public Path file() {
        return file;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // every line was handed over when it was added
        }
    }
}
