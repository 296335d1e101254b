package ai.ingredients.studio.people;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The size a picture claims to have, from its header alone: a file of some kilobytes can claim pixels for gigabytes.
 *
 * @param width pixels
 * @param height pixels
 */
record PhotoHeader(int width, int height) {
    /** Reads the header of a JPEG, PNG, WebP, GIF or BMP; none when it is none of these or too short to say. */
    static @Nullable PhotoHeader of(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        try {
            if (starts(file, 0, 0x89, 'P', 'N', 'G')) {
                return sized(bytes.getInt(16), bytes.getInt(20));
            }
            if (starts(file, 0, 0xFF, 0xD8)) {
                return jpeg(bytes);
            }
            ByteBuffer little = bytes.order(ByteOrder.LITTLE_ENDIAN);
            if (starts(file, 0, 'G', 'I', 'F', '8')) {
                return sized(little.getShort(6) & 0xFFFF, little.getShort(8) & 0xFFFF);
            }
            if (starts(file, 0, 'B', 'M')) {
                return sized(little.getInt(18), Math.abs(little.getInt(22)));
            }
            return starts(file, 0, 'R', 'I', 'F', 'F') && starts(file, 8, 'W', 'E', 'B', 'P')
                    ? webp(file, little)
                    : null;
        } catch (IndexOutOfBoundsException e) {
            return null;
        }
    }

    private static PhotoHeader sized(int width, int height) {
        // A negative one is one beyond two billion, to whoever reads it unsigned.
        return new PhotoHeader(width < 0 ? Integer.MAX_VALUE : width, height < 0 ? Integer.MAX_VALUE : height);
    }

    private static boolean starts(byte[] file, int at, int... expected) {
        for (int i = 0; i < expected.length; i++) {
            if (at + i >= file.length || (file[at + i] & 0xFF) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable PhotoHeader jpeg(ByteBuffer bytes) {
        int at = 2;
        while (true) {
            int marker = bytes.getShort(at) & 0xFFFF;
            boolean frame =
                    marker >= 0xFFC0 && marker <= 0xFFCF && marker != 0xFFC4 && marker != 0xFFC8 && marker != 0xFFCC;
            if (frame) {
                return sized(bytes.getShort(at + 7) & 0xFFFF, bytes.getShort(at + 5) & 0xFFFF);
            }
            if (marker == 0xFFFF) {
                at++; // a filling byte
            } else if ((marker & 0xFF00) != 0xFF00) {
                return null;
            } else {
                at += 2 + (bytes.getShort(at + 2) & 0xFFFF);
            }
        }
    }

    private static @Nullable PhotoHeader webp(byte[] file, ByteBuffer little) {
        if (starts(file, 12, 'V', 'P', '8', 'X')) {
            return sized((little.getInt(24) & 0xFFFFFF) + 1, (little.getInt(27) & 0xFFFFFF) + 1);
        }
        if (starts(file, 12, 'V', 'P', '8', 'L')) {
            int bits = little.getInt(21);
            return sized((bits & 0x3FFF) + 1, (bits >>> 14 & 0x3FFF) + 1);
        }
        return starts(file, 12, 'V', 'P', '8', ' ')
                ? sized(little.getShort(26) & 0x3FFF, little.getShort(28) & 0x3FFF)
                : null;
    }

    long pixels() {
        return (long) width * height;
    }
}
