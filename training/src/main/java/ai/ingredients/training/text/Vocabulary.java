package ai.ingredients.training.text;

import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.JsonFile;
import ai.ingredients.io.MadeFolder;
import ai.ingredients.io.ProtobufMessage;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;

/**
 * A trained vocabulary and the {@code tokenizer/} folder it becomes.
 *
 * <p>Ids are T5's: {@code <pad>} 0, {@code </s>} 1, {@code <unk>} 2, the pieces from 3 on, then {@code <extra_id_99>} …
 * {@code <extra_id_0>}. Text is read as {@link CharacterMap} says: case counts, white space of any kind is one space,
 * and a character no caption had becomes {@code <unk>}.
 *
 * @param pieces the pieces after the special ones, by falling score
 */
public record Vocabulary(List<Piece> pieces) {
    /** Texts of the ids 0, 1 and 2. */
    static final List<String> SPECIAL = List.of("<pad>", "</s>", "<unk>");

    private static final int EXTRA_IDS = 100;
    private static final String FILE = "spiece.model";

    // Fields of SentencePiece's ModelProto, and its piece types.
    private static final int PIECES = 1;
    private static final int TRAINER = 2;
    private static final int NORMALIZER = 3;
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;

    public Vocabulary {
        pieces = List.copyOf(pieces);
    }

    /** Ids the tokenizer can produce, the extra ones included: rows of the encoder's embedding. */
    public int size() {
        return SPECIAL.size() + pieces.size() + EXTRA_IDS;
    }

    /**
     * Writes {@code spiece.model}, {@code tokenizer_config.json}, {@code special_tokens_map.json} and
     * {@code added_tokens.json} into {@code folder}, which is made when it is missing.
     *
     * @param maxLength tokens of a prompt, {@code </s>} included, which Python's tokenizer cuts at
     */
    public void write(Path folder, int maxLength) {
        try (MadeFolder made = MadeFolder.create(folder)) {
            AtomicFile.replace(folder.resolve(FILE), model());
            JsonFile.write(folder.resolve("tokenizer_config.json"), config(maxLength));
            JsonFile.write(folder.resolve("special_tokens_map.json"), specialTokens());
            ObjectNode added = JsonNodeFactory.instance.objectNode();
            for (int i = EXTRA_IDS - 1; i >= 0; i--) {
                added.put(extra(i), extraId(i));
            }
            JsonFile.write(folder.resolve("added_tokens.json"), added);
            made.keep();
        }
    }

    /** The SentencePiece model as a protocol buffer message. */
    byte[] model() {
        ProtobufMessage model = new ProtobufMessage();
        for (String special : SPECIAL) {
            model.message(PIECES, piece(special, 0, special.equals("<unk>") ? UNKNOWN : CONTROL));
        }
        for (Piece piece : pieces) {
            model.message(PIECES, piece(piece.text(), (float) piece.score(), NORMAL));
        }
        return model.message(TRAINER, trainer())
                .message(NORMALIZER, normalizer())
                .toBytes();
    }

    private static ProtobufMessage piece(String text, float score, int type) {
        return new ProtobufMessage().text(1, text).number(2, score).number(3, type);
    }

    /** The fields that readers use: the kind of model and the ids of the special pieces; −1 is absent. */
    private ProtobufMessage trainer() {
        return new ProtobufMessage()
                .number(3, 1) // unigram
                .number(4, SPECIAL.size() + pieces.size())
                .number(40, SPECIAL.indexOf("<unk>"))
                .number(41, -1) // T5 has no beginning of sentence
                .number(42, SPECIAL.indexOf("</s>"))
                .number(43, SPECIAL.indexOf("<pad>"))
                .text(45, "<unk>")
                .text(47, "</s>")
                .text(48, "<pad>");
    }

    private static ProtobufMessage normalizer() {
        return new ProtobufMessage()
                .text(1, "ingredients")
                .bytes(2, CharacterMap.compiled())
                .number(3, 1) // a space before the first word
                .number(4, 1) // runs of spaces are one
                .number(5, 1); // spaces are written ▁
    }

    private ObjectNode config(int maxLength) {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("tokenizer_class", "T5Tokenizer");
        config.put("model_max_length", maxLength);
        config.put("extra_ids", EXTRA_IDS);
        config.put("legacy", true);
        config.put("clean_up_tokenization_spaces", true);
        config.put("eos_token", "</s>").put("pad_token", "<pad>").put("unk_token", "<unk>");
        config.set("additional_special_tokens", extras());
        ObjectNode added = config.putObject("added_tokens_decoder");
        for (int id = 0; id < SPECIAL.size(); id++) {
            added.set(Integer.toString(id), addedToken(SPECIAL.get(id)).put("special", true));
        }
        for (int i = EXTRA_IDS - 1; i >= 0; i--) {
            added.set(Integer.toString(extraId(i)), addedToken(extra(i)).put("special", true));
        }
        return config;
    }

    private static ObjectNode specialTokens() {
        ObjectNode tokens = JsonNodeFactory.instance.objectNode();
        tokens.set("additional_special_tokens", extras());
        tokens.set("eos_token", addedToken("</s>"));
        tokens.set("pad_token", addedToken("<pad>"));
        tokens.set("unk_token", addedToken("<unk>"));
        return tokens;
    }

    private static ObjectNode addedToken(String text) {
        ObjectNode token = JsonNodeFactory.instance.objectNode();
        return token.put("content", text)
                .put("lstrip", false)
                .put("normalized", false)
                .put("rstrip", false)
                .put("single_word", false);
    }

    private static ArrayNode extras() {
        ArrayNode extras = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < EXTRA_IDS; i++) {
            extras.add(extra(i));
        }
        return extras;
    }

    private static String extra(int i) {
        return "<extra_id_" + i + ">";
    }

    private int extraId(int i) {
        return size() - 1 - i;
    }
}
