package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/**
 * Sizes of an EVA-02 CLIP image tower, in the form of the published {@code EVA02-CLIP-L-14-336.json}: {@code embed_dim}
 * at the top, the rest under {@code vision_cfg}.
 *
 * @param embedDim width of the image embedding
 * @param imageSize side of the square input, pixels
 * @param layers transformer blocks, at least 21: the fifth hidden state enters block 20
 * @param width of the tokens
 * @param headWidth of one attention head; {@code width} is a multiple of it
 * @param mlpRatio hidden width of the feed-forward layer over {@code width}, truncated to a whole number
 * @param patchSize side of a patch, pixels
 * @param ptHwSeqLen side of the patch grid the rotary table was trained on; positions are scaled to it
 */
public record EvaConfig(
        int embedDim,
        int imageSize,
        int layers,
        int width,
        int headWidth,
        double mlpRatio,
        int patchSize,
        int ptHwSeqLen) {
    public EvaConfig {
        if (layers < EvaVisionTower.HIDDEN_STATES * EvaVisionTower.HIDDEN_EVERY + 1) {
            throw new InvalidInputException("EVA layers is " + layers
                    + "; the five hidden states need at least 21 (they enter blocks 4, 8, 12, 16 and 20)");
        }
        positive("embed_dim", embedDim);
        positive("patch_size", patchSize);
        positive("pt_hw_seq_len", ptHwSeqLen);
        positive("head_width", headWidth);
        Sizes.check("EVA layers", layers);
        Sizes.check("EVA image_size", imageSize, Sizes.LONGEST_SIDE);
        Sizes.check("EVA width", width);
        if (imageSize < patchSize) {
            throw new InvalidInputException(
                    "EVA image_size is " + imageSize + "; expected at least one patch of " + patchSize);
        }
        if (width % headWidth != 0 || headWidth % 4 != 0) {
            throw new InvalidInputException("EVA width is " + width + " with head_width " + headWidth
                    + "; expected a multiple of head_width, and head_width a multiple of 4");
        }
        if (!(mlpRatio > 0 && mlpRatio < 1000)) {
            throw new InvalidInputException("EVA mlp_ratio is " + mlpRatio + "; expected a positive number");
        }
    }

    private static void positive(String name, int value) {
        Sizes.check("EVA " + name, value);
    }

    /** EVA02-CLIP-L-14-336, the tower of the published checkpoints. */
    public static EvaConfig eva02L14x336() {
        return new EvaConfig(768, 336, 24, 1024, 64, 2.6667, 14, 16);
    }

    /**
     * Reads {@code config.json} at {@code file}.
     *
     * @throws InvalidInputException when it is unreadable, or describes another kind of tower than EVA-02 CLIP-L
     */
    public static EvaConfig read(Path file) {
        ConfigReader root = ConfigReader.of(file);
        ConfigReader vision = root.section("vision_cfg");
        for (String flag : new String[] {"rope", "naiveswiglu", "subln", "intp_freq"}) {
            if (!vision.flag(flag, false)) {
                throw new InvalidInputException(vision.source() + ": " + flag
                        + " is not true; only EVA-02 CLIP-L towers are supported, which have it true");
            }
        }
        boolean plain = !vision.flag("postnorm", false)
                && !vision.flag("global_average_pool", false)
                && vision.flag("qkv_bias", true)
                && !vision.has("ls_init_value");
        if (!plain) {
            throw new InvalidInputException(
                    vision.source() + ": postnorm, global_average_pool, ls_init_value or qkv_bias=false is set; only"
                            + " EVA-02 CLIP-L towers are supported, which have none of them");
        }
        int embedDim = root.integer("embed_dim");
        int imageSize = vision.integer("image_size", 224);
        int layers = vision.integer("layers", 12);
        int width = vision.integer("width", 768);
        int headWidth = vision.integer("head_width", 64);
        double mlpRatio = vision.number("mlp_ratio", 4);
        int patchSize = vision.integer("patch_size", 16);
        int ptHwSeqLen = vision.integer("pt_hw_seq_len", 16);
        return root.build(
                () -> new EvaConfig(embedDim, imageSize, layers, width, headWidth, mlpRatio, patchSize, ptHwSeqLen));
    }

    /** What {@link #read} reads, in the form of the published configs. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("embed_dim", embedDim);
        json.putObject("vision_cfg")
                .put("image_size", imageSize)
                .put("layers", layers)
                .put("width", width)
                .put("head_width", headWidth)
                .put("mlp_ratio", mlpRatio)
                .put("patch_size", patchSize)
                .put("pt_hw_seq_len", ptHwSeqLen)
                .put("rope", true)
                .put("intp_freq", true)
                .put("naiveswiglu", true)
                .put("subln", true);
        return json;
    }

    /** Attention heads. */
    public int heads() {
        return width / headWidth;
    }

    /** Hidden width of the feed-forward layer. */
    public int mlpWidth() {
        return (int) (width * mlpRatio);
    }

    /** Side of the patch grid. */
    public int grid() {
        return imageSize / patchSize;
    }

    /** Tokens of one picture: the patches and the class token. */
    public int tokens() {
        return grid() * grid() + 1;
    }
}
