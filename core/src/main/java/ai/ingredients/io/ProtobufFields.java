package ai.ingredients.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;
import java.util.function.LongConsumer;

/**
 * Walks through the fields of a protocol buffer message, which may be a mapped file: after {@link #next}, what the field is
 * and holds. For looking at files before native readers do; what does not keep to the format, also where the official
 * reader would be lenient, is refused. Not thread-safe.
 */
public final class ProtobufFields {
    /** What a field holds, by its number in the format. */
    public enum Type {
        /** Integers, enums and booleans. */
        VARINT(0),
        FIXED64(1),
        /** Texts, bytes, messages, and packed numbers. */
        BYTES(2),
        FIXED32(5);

        private final int number;

        Type(int number) {
            this.number = number;
        }
    }

    private static final int LARGEST_FIELD = (1 << 29) - 1;

    private final MemorySegment message;
    private final Function<String, RuntimeException> broken;
    private long at;
    private int field;
    private Type type = Type.VARINT;
    private long number;
    private long contentBegin;

    /**
     * @param message is not copied
     * @param broken makes the exception of "a field that is cut off" and the like
     */
    public ProtobufFields(MemorySegment message, Function<String, RuntimeException> broken) {
        this.message = message;
        this.broken = broken;
    }

    /** Goes to the next field; false at the end. */
    public boolean next() {
        if (at == message.byteSize()) {
            return false;
        }
        long tag = varint();
        long id = tag >>> 3;
        if (id < 1 || id > LARGEST_FIELD) {
            throw broken.apply("a field without a number");
        }
        field = (int) id;
        type = type((int) (tag & 7));
        switch (type) {
            case VARINT -> number = varint();
            case FIXED64 -> number = fixed(8);
            case FIXED32 -> number = fixed(4);
            case BYTES -> {
                long length = varint();
                contentBegin = at;
                at = behind(length);
            }
        }
        return true;
    }

    private Type type(int wanted) {
        for (Type known : Type.values()) {
            if (known.number == wanted) {
                return known;
            }
        }
        throw broken.apply("a field of an unknown kind"); // groups, which no current file has
    }

    /** The number of the field. */
    public int field() {
        return field;
    }

    /** What the field holds. */
    public Type type() {
        return type;
    }

    /** The value of a number, as it lies in the file. */
    public long number() {
        return number;
    }

    /** A text, bytes or a message. */
    public MemorySegment content() {
        return message.asSlice(contentBegin, at - contentBegin);
    }

    /** The fields of a message. */
    public ProtobufFields message() {
        return new ProtobufFields(content(), broken);
    }

    /** The integers of a packed field. */
    public void packed(LongConsumer each) {
        ProtobufFields numbers = message();
        while (numbers.at < numbers.message.byteSize()) {
            each.accept(numbers.varint());
        }
    }

    /** This field must be of {@code expected}; the official reader passes over others, and another value counts. */
    public ProtobufFields as(Type expected) {
        if (type != expected) {
            throw broken.apply("a field of another kind than it should be");
        }
        return this;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (at == message.byteSize()) {
                throw broken.apply("a field that is cut off");
            }
            byte next = message.get(ValueLayout.JAVA_BYTE, at++);
            if (shift == 63 && next > 1) {
                break;
            }
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw broken.apply("a number that does not end");
    }

    private long fixed(int bytes) {
        long end = behind(bytes);
        long value = 0;
        for (int i = 0; at < end; i++) {
            value |= (message.get(ValueLayout.JAVA_BYTE, at++) & 0xffL) << 8 * i;
        }
        return value;
    }

    private long behind(long length) {
        if (length < 0 || length > message.byteSize() - at) {
            throw broken.apply("a field that is cut off");
        }
        return at + length;
    }
}
