package ai.ingredients.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files made byte by byte, right or wrong. */
final class RawSafetensors {
    private RawSafetensors() {}

    /** A file of {@code header} and {@code values}; the header's length is stated truthfully. */
    static Path write(Path file, String header, byte[] values) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer all = ByteBuffer.allocate(8 + text.length + values.length).order(ByteOrder.LITTLE_ENDIAN);
        all.putLong(text.length).put(text).put(values);
        return write(file, all.array());
    }

    static Path write(Path file, byte[] content) {
        try {
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code "name": {dtype, shape, offsets}} with {@code '} for quotes, joined to a header. */
    static String header(String... entries) {
        return ("{" + String.join(",", entries) + "}").replace('\'', '"');
    }

    static String entry(String name, String dtype, String shape, long begin, long end) {
        return "'" + name + "':{'dtype':'" + dtype + "','shape':" + shape + ",'data_offsets':[" + begin + "," + end
                + "]}";
    }
}
