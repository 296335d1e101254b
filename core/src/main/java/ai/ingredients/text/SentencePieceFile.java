package ai.ingredients.text;

import static ai.ingredients.io.ProtobufFields.Type.BYTES;
import static ai.ingredients.io.ProtobufFields.Type.FIXED32;
import static ai.ingredients.io.ProtobufFields.Type.VARINT;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.ProtobufFields;
import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks a SentencePiece model before native code sees it, which believes what a file says and would end the process: a
 * message of pieces (field 1), settings of the training (2), the text normaliser (3), self tests (4) and the text
 * denormaliser (5).
 *
 * <p>Everything the library later indexes, searches or counts by is looked at: names of pieces, their types and scores, the
 * kind of model, and the tries of the two normalisers ({@link CharacterTrie}).
 */
final class SentencePieceFile {
    private static final int UNIGRAM = 1;

    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;
    private static final int LAST_TYPE = 6;

    /** The library builds its trie by one call inside another for each byte of a piece. */
    private static final int LONGEST_PIECE = 512; // bytes; trained ones have up to 16 characters

    private static final float LARGEST_SCORE = 1e9f;

    private final byte[] model;
    private final Set<String> names = new LinkedHashSet<>(); // by id
    private int unknowns;
    private int searched;
    private int trainings;
    private int normalizers;
    private int denormalizers;

    private SentencePieceFile(byte[] model) {
        this.model = model;
    }

    /**
     * Checks {@code model}.
     *
     * @return the pieces' texts by id
     * @throws InvalidInputException saying what is wrong, without the file's name
     */
    static List<String> pieces(byte[] model) {
        return new SentencePieceFile(model).check();
    }

    private List<String> check() {
        ProtobufFields fields =
                new ProtobufFields(MemorySegment.ofArray(model), what -> new InvalidInputException("there is " + what));
        while (fields.next()) {
            switch (fields.field()) {
                case 1 -> piece(fields.as(BYTES).message());
                case 2 -> {
                    training(fields.as(BYTES).message());
                    trainings++;
                }
                case 3 -> {
                    normalizer(fields.as(BYTES).message());
                    normalizers++;
                }
                case 5 -> {
                    normalizer(fields.as(BYTES).message());
                    denormalizers++;
                }
                default -> {} // self tests, and what later versions add
            }
        }
        expect(trainings <= 1 && normalizers <= 1 && denormalizers <= 1, "it has settings twice");
        expect(normalizers == 1, "it has no settings of a normaliser, which come after the pieces");
        expect(unknowns == 1, "it has " + unknowns + " pieces for what is unknown, expected one");
        expect(searched > 0, "it has no piece of text");
        return List.copyOf(names);
    }

    private void piece(ProtobufFields fields) {
        String name = "";
        float score = 0;
        int type = NORMAL;
        int seen = 0;
        while (fields.next()) {
            int field = fields.field();
            switch (field) {
                case 1 -> name = text(fields.as(BYTES));
                case 2 -> score = Float.intBitsToFloat((int) fields.as(FIXED32).number());
                case 3 -> type = (int) Math.clamp(fields.as(VARINT).number(), 0, LAST_TYPE + 1);
                default -> {}
            }
            if (field <= 3) {
                expect((seen & 1 << field) == 0, "a piece says something twice");
                seen |= 1 << field;
            }
        }
        String which = "piece " + names.size() + " ";
        expect(!name.isEmpty(), which + "is empty");
        expect(name.indexOf(0) < 0, which + "holds a NUL");
        expect(name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_PIECE, which + "is very long");
        expect(names.add(name), which + "(" + name + ") is there twice");
        expect(Math.abs(score) <= LARGEST_SCORE, which + "has the score " + score);
        expect(type >= NORMAL && type <= LAST_TYPE, which + "has an unknown type");
        expect(type != BYTE || name.matches("<0x[0-9A-F]{2}>"), which + "is a byte but not called so");
        unknowns += type == UNKNOWN ? 1 : 0;
        searched += type == NORMAL || type == USER_DEFINED ? 1 : 0;
    }

    private void training(ProtobufFields fields) {
        while (fields.next()) {
            if (fields.field() == 3) {
                expect(fields.as(VARINT).number() == UNIGRAM, "it is no unigram model, the kind T5 has");
            } else if (fields.field() == 44) { // how the unknown is written
                expect(text(fields.as(BYTES)).indexOf(0) < 0, "it writes the unknown with a NUL");
            }
        }
    }

    private void normalizer(ProtobufFields fields) {
        int maps = 0;
        while (fields.next()) {
            if (fields.field() == 2) {
                fields.as(BYTES);
                expect(++maps == 1, "it has two character maps");
                if (fields.content().byteSize() > 0) {
                    CharacterTrie.check(fields.content().asByteBuffer());
                }
            }
        }
    }

    private String text(ProtobufFields field) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(field.content().asByteBuffer())
                    .toString();
        } catch (CharacterCodingException e) {
            throw new InvalidInputException("piece " + names.size() + " is not UTF-8", e);
        }
    }

    private static void expect(boolean holds, String otherwise) {
        if (!holds) {
            throw new InvalidInputException(otherwise);
        }
    }
}
