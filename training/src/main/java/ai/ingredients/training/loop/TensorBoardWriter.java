package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.ProtobufMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Figures as TensorBoard's event files: records of TensorFlow's {@code Event} messages, each framed by its
 * length and masked CRC-32C checksums. Only the few fields needed are there.
 *
 * <p>Every opening makes a new file. It says from which step on it replaces what earlier files of the folder hold, so a
 * resumed run shows no step twice. Not thread-safe.
 */
public final class TensorBoardWriter implements AutoCloseable {
    private static final int MASK = 0xa282ead8;

    // Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
    private static final int EVENT_TIME = 1;
    private static final int EVENT_STEP = 2;
    private static final int EVENT_VERSION = 3;
    private static final int EVENT_SUMMARY = 5;
    private static final int EVENT_SESSION = 7;
    private static final int SESSION_STATUS = 1;
    private static final int SESSION_START = 1;
    private static final int SUMMARY_VALUE = 1;
    private static final int VALUE_TAG = 1;
    private static final int VALUE_SCALAR = 2;

    private final Path file;
    private final FileChannel channel;
    private final InstantSource clock;

    private TensorBoardWriter(Path file, FileChannel channel, InstantSource clock) {
        this.file = file;
        this.channel = channel;
        this.clock = clock;
    }

    /**
     * Begins a file in {@code folder}.
     *
     * @param step steps done; what earlier files say of later ones no longer counts
     * @throws InvalidInputException when the folder cannot be written
     */
    public static TensorBoardWriter open(Path folder, long step) {
        return open(folder, step, InstantSource.system());
    }

    static TensorBoardWriter open(Path folder, long step, InstantSource clock) {
        TensorBoardWriter writer = create(folder, clock);
        writer.write(writer.event(0).text(EVENT_VERSION, "brain.Event:2"));
        ProtobufMessage start = new ProtobufMessage().number(SESSION_STATUS, SESSION_START);
        writer.write(writer.event(step + 1).message(EVENT_SESSION, start));
        return writer;
    }

    @SuppressWarnings("MustBeClosedChecker") // the channel belongs to the object that is returned
    private static TensorBoardWriter create(Path folder, InstantSource clock) {
        // TensorBoard reads files in the order of their names; the number tells those of one second apart.
        for (int number = 0; ; number++) {
            Path file = folder.resolve(String.format(
                    Locale.ROOT,
                    "events.out.tfevents.%010d.%04d.ingredients",
                    clock.instant().getEpochSecond(),
                    number));
            try {
                FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                return new TensorBoardWriter(file, channel, clock);
            } catch (FileAlreadyExistsException e) {
                // the next number
            } catch (IOException e) {
                throw new InvalidInputException(
                        file + ": cannot be written (" + IoReason.of(e) + "); check the permissions there", e);
            }
        }
    }

    /** Adds figures; those that are not finite are left out. */
    public void scalars(long step, Map<String, Double> values) {
        ProtobufMessage summary = new ProtobufMessage();
        values.forEach((tag, value) -> {
            if (Double.isFinite(value)) {
                summary.message(SUMMARY_VALUE, value(tag).number(VALUE_SCALAR, (float) (double) value));
            }
        });
        write(event(step).message(EVENT_SUMMARY, summary));
    }

    private static ProtobufMessage value(String tag) {
        return new ProtobufMessage().text(VALUE_TAG, tag);
    }

    private ProtobufMessage event(long step) {
        Instant now = clock.instant();
        return new ProtobufMessage()
                .number(EVENT_TIME, now.getEpochSecond() + now.getNano() / 1e9)
                .number(EVENT_STEP, step);
    }

    private void write(ProtobufMessage event) {
        byte[] data = event.toBytes();
        ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length).putInt(maskedCrc(record.array(), 8));
        record.put(data).putInt(maskedCrc(data, data.length)).flip();
        try {
            while (record.hasRemaining()) {
                channel.write(record);
            }
        } catch (IOException e) {
            throw new OperationFailedException(
                    file + ": cannot be written (" + IoReason.of(e) + "); check the free space there", e);
        }
    }

    /** Checksums of checksums are weak, so TensorFlow turns and shifts them. */
    static int maskedCrc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    /** The file written. */
    public Path file() {
        return file;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // every record was handed over when it was added
        }
    }
}
