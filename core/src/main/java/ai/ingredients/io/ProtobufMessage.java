package ai.ingredients.io;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A protocol buffer message under construction: the few kinds of fields that SentencePiece models and TensorBoard's events have.
 * {@link ProtobufFields} is the reverse. Not thread-safe.
 */
public final class ProtobufMessage {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** An integer, enum or boolean (1 is true). */
    public ProtobufMessage number(int field, long value) {
        varint((long) field << 3 | VARINT);
        varint(value);
        return this;
    }

    /** A {@code float}. */
    public ProtobufMessage number(int field, float value) {
        varint((long) field << 3 | FIXED32);
        return fixed(Float.floatToRawIntBits(value), Float.BYTES);
    }

    /** A {@code double}. */
    public ProtobufMessage number(int field, double value) {
        varint((long) field << 3 | FIXED64);
        return fixed(Double.doubleToRawLongBits(value), Double.BYTES);
    }

    private ProtobufMessage fixed(long bits, int count) {
        for (int i = 0; i < count; i++) {
            bytes.write((int) (bits >>> 8 * i)); // the lowest first
        }
        return this;
    }

    /** A text, in UTF-8. */
    public ProtobufMessage text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A message within this one. */
    public ProtobufMessage message(int field, ProtobufMessage value) {
        return bytes(field, value.toBytes());
    }

    /** Bytes. */
    public ProtobufMessage bytes(int field, byte[] value) {
        varint((long) field << 3 | BYTES);
        varint(value.length);
        bytes.writeBytes(value);
        return this;
    }

    /** What has been added so far. */
    public byte[] toBytes() {
        return bytes.toByteArray();
    }

    /** Seven bits at a time, lowest first; negative numbers take ten bytes. */
    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }
}
