package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event files: frames whose checksums hold, and messages byte for byte as protobuf writes them. */
class TensorBoardWriterTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-01-31T12:00:00.5Z"));
    /** {@code wall_time} 1769860800.5, field 1. */
    private static final String TIME = "09" + "000020b07b5fda41";

    @TempDir
    Path folder;

    /** Records of a file, after checking lengths and checksums with a table-free CRC of the test's own. */
    private static List<byte[]> records(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] length = new byte[8];
            bytes.get(length);
            assertEquals(masked(length), bytes.getInt());
            byte[] data = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            bytes.get(data);
            assertEquals(masked(data), bytes.getInt());
            records.add(data);
        }
        return records;
    }

    private static int masked(byte[] data) {
        int crc = ~0;
        for (byte b : data) {
            crc ^= b & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = crc >>> 1 ^ ((crc & 1) == 1 ? 0x82f63b78 : 0); // Castagnoli, reflected
            }
        }
        crc = ~crc;
        return (crc >>> 15 | crc << 17) + 0xa282ead8;
    }

    private static byte[] hex(String... parts) {
        return HexFormat.of().parseHex(String.join("", parts));
    }

    private static String hexOf(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void scalarsAreFramedMessages() throws IOException {
        Path file;
        try (TensorBoardWriter writer = TensorBoardWriter.open(folder, 0, CLOCK)) {
            writer.scalars(300, Map.of("loss", 0.25));
            writer.scalars(301, Map.of("loss", Double.NaN));
            file = writer.file();
        }
        assertThat(file).hasFileName("events.out.tfevents.1769860800.0000.ingredients");
        List<byte[]> records = records(file);
        assertThat(records).hasSize(4);
        assertArrayEquals(hex(TIME, "1000", "1a0d", hexOf("brain.Event:2")), records.get(0));
        assertArrayEquals(hex(TIME, "10ac02", "2a0d", "0a0b", "0a04", hexOf("loss"), "15", "0000803e"), records.get(2));
        assertArrayEquals(hex(TIME, "10ad02", "2a00"), records.get(3));
    }

    @Test
    void aResumedRunSaysFromWhereItReplacesTheEarlierFiles() throws IOException {
        TensorBoardWriter.open(folder, 0, CLOCK).close();
        try (TensorBoardWriter writer = TensorBoardWriter.open(folder, 5, CLOCK)) {
            assertThat(writer.file()).hasFileName("events.out.tfevents.1769860800.0001.ingredients");
            assertArrayEquals(
                    hex(TIME, "1006", "3a02", "0801"), records(writer.file()).get(1));
        }
    }

    @Test
    void aFolderThatIsNotThereIsTold() {
        assertThatThrownBy(() -> TensorBoardWriter.open(folder.resolve("none"), 0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("cannot be written");
    }
}
