package ai.ingredients.text;

/**
 * What we need to know of a SentencePiece model before native code sees it: that it is one, and how many pieces it has.
 *
 * <p>The file is a protocol buffer message: fields of (tag, value), where field 1 repeats once for every piece.
 * The text normaliser's settings come after them; without them the file was cut off between two pieces.
 */
final class SentencePieceFile {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final int PIECES_FIELD = 1;
    private static final int NORMALIZER_FIELD = 3;

    private final byte[] message;
    private int at;
    private boolean normalizer;
    private boolean broken;

    private SentencePieceFile(byte[] message) {
        this.message = message;
    }

    /** The number of pieces, or −1 when {@code message} is not a whole model. */
    static int pieces(byte[] message) {
        return new SentencePieceFile(message).countPieces();
    }

    private int countPieces() {
        int pieces = 0;
        while (at < message.length && !broken) {
            long tag = varint();
            switch ((int) (tag & 7)) {
                case VARINT -> varint();
                case FIXED64 -> skip(8);
                case BYTES -> skip(varint());
                case FIXED32 -> skip(4);
                default -> broken = true;
            }
            if (tag == (PIECES_FIELD << 3 | BYTES)) {
                pieces++;
            }
            normalizer |= tag == (NORMALIZER_FIELD << 3 | BYTES);
        }
        return broken || !normalizer ? -1 : pieces;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64 && at < message.length; shift += 7) {
            byte next = message[at++];
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        broken = true;
        return 0;
    }

    private void skip(long bytes) {
        if (bytes < 0 || bytes > message.length - at) {
            broken = true;
        } else {
            at += (int) bytes;
        }
    }
}
