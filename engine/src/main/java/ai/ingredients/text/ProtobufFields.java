package ai.ingredients.text;

import ai.ingredients.InvalidInputException;

/**
 * Walks through the fields of a protocol buffer message: after {@link #next}, what the field is and holds. Whatever does
 * not keep to the format, also where the official reader would be lenient, is an {@link InvalidInputException}.
 */
final class ProtobufFields {
    /** Integers, enums and booleans; 64 bits; texts, bytes and messages; 32 bits. */
    static final int VARINT = 0;

    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;

    private static final int LARGEST_FIELD = (1 << 29) - 1;

    private final byte[] message;
    private final int end;
    private int at;
    private int field;
    private int type;
    private long number;
    private int contentBegin;

    /** The fields in bytes {@code begin} to {@code end} of {@code message}, which is not copied. */
    ProtobufFields(byte[] message, int begin, int end) {
        this.message = message;
        this.at = begin;
        this.end = end;
    }

    /** Goes to the next field; false at the end. */
    boolean next() {
        if (at == end) {
            return false;
        }
        long tag = varint();
        long id = tag >>> 3;
        if (id < 1 || id > LARGEST_FIELD) {
            throw broken();
        }
        field = (int) id;
        type = (int) (tag & 7);
        switch (type) {
            case VARINT -> number = varint();
            case FIXED64 -> number = fixed(8);
            case FIXED32 -> number = fixed(4);
            case BYTES -> {
                long length = varint();
                if (length < 0 || length > end - at) {
                    throw broken();
                }
                contentBegin = at;
                at += (int) length;
            }
            default -> throw broken(); // groups, which no current file has
        }
        return true;
    }

    /** The number of the field. */
    int field() {
        return field;
    }

    /** The value of a number, as it lies in the file. */
    long number() {
        return number;
    }

    /** The fields of a message. */
    ProtobufFields message() {
        return new ProtobufFields(message, contentBegin, at);
    }

    /** Where a text or bytes begin in the whole message, and where they end. */
    int begin() {
        return contentBegin;
    }

    int end() {
        return at;
    }

    /** This field must be of {@code expected}; the official reader passes over others, and another value counts. */
    ProtobufFields as(int expected) {
        if (type != expected) {
            throw broken();
        }
        return this;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 70 && at < end; shift += 7) {
            byte next = message[at++];
            if (shift == 63 && next > 1) {
                throw broken();
            }
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw broken();
    }

    private long fixed(int bytes) {
        if (bytes > end - at) {
            throw broken();
        }
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) (message[at++] & 0xff) << 8 * i;
        }
        return value;
    }

    private InvalidInputException broken() {
        return new InvalidInputException("it breaks off or is damaged at byte " + at);
    }
}
