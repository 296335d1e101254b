package ai.ingredients.sam;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Sizes of a {@link Sam}; names as in the arguments of the official {@code build_sam.py} in camel case. Everything but
 * the decoder's heads follows from the shapes of the weights, see {@link #of(TensorStore)}.
 *
 * @param imageSize side of the square input, pixels; a multiple of {@code patchSize}
 * @param patchSize side of a patch, pixels
 * @param embedDim width of the image encoder
 * @param depth its blocks
 * @param numHeads its attention heads
 * @param mlpDim hidden width of its feed-forward layers
 * @param windowSize side of a window in patches, for the blocks that attend in windows
 * @param globalAttnIndexes the blocks that attend over the whole picture, in rising order
 * @param promptDim width of image embedding, prompts and decoder; a multiple of 8
 * @param maskInChans hidden channels for a mask given as prompt; a multiple of 4
 * @param decoder the mask decoder
 */
public record SamConfig(
        int imageSize,
        int patchSize,
        int embedDim,
        int depth,
        int numHeads,
        int mlpDim,
        int windowSize,
        List<Integer> globalAttnIndexes,
        int promptDim,
        int maskInChans,
        Decoder decoder) {
    /** Heads of all published decoders; no shape tells. */
    private static final int DECODER_HEADS = 8;

    /** Attention between tokens and picture happens in this part of the width. */
    static final int DOWNSAMPLE = 2;

    /**
     * Sizes of the mask decoder.
     *
     * @param depth two-way blocks
     * @param numHeads attention heads; half of the width is a multiple of it
     * @param mlpDim hidden width of the feed-forward layers
     * @param multimaskOutputs masks in the answer to an ambiguous prompt
     * @param iouHeadDepth layers that predict how good a mask is
     * @param iouHeadHiddenDim their hidden width
     */
    public record Decoder(
            int depth, int numHeads, int mlpDim, int multimaskOutputs, int iouHeadDepth, int iouHeadHiddenDim) {
        public Decoder {
            positive("transformer depth", depth);
            positive("transformer num_heads", numHeads);
            positive("transformer mlp_dim", mlpDim);
            positive("num_multimask_outputs", multimaskOutputs);
            positive("iou_head_depth", iouHeadDepth);
            positive("iou_head_hidden_dim", iouHeadHiddenDim);
        }
    }

    public SamConfig {
        globalAttnIndexes = List.copyOf(globalAttnIndexes);
        positive("vit_patch_size", patchSize);
        positive("encoder_depth", depth);
        positive("encoder mlp_dim", mlpDim);
        positive("window_size", windowSize);
        Sizes.check("SAM image_size", imageSize, Sizes.LONGEST_SIDE);
        multiple("image_size", imageSize, patchSize);
        multiple("encoder_embed_dim", embedDim, numHeads);
        multiple("prompt_embed_dim", promptDim, 8);
        multiple("mask_in_chans", maskInChans, 4);
        multiple("half of prompt_embed_dim", promptDim / DOWNSAMPLE, decoder.numHeads());
        for (int index : globalAttnIndexes) {
            if (index < 0 || index >= depth) {
                throw new InvalidInputException("SAM global_attn_indexes is " + globalAttnIndexes
                        + "; expected numbers from 0 to " + (depth - 1));
            }
        }
    }

    private static void positive(String name, int value) {
        Sizes.check("SAM " + name, value);
    }

    private static void multiple(String name, int value, int of) {
        if (of < 1 || value < of || value % of != 0) {
            throw new InvalidInputException("SAM " + name + " is " + value + "; expected a multiple of " + of);
        }
    }

    /** The published {@code sam_vit_b}. */
    public static SamConfig vitB() {
        return published(768, 12, 12, List.of(2, 5, 8, 11));
    }

    /** The published {@code sam_vit_l}. */
    public static SamConfig vitL() {
        return published(1024, 24, 16, List.of(5, 11, 17, 23));
    }

    /** The published {@code sam_vit_h}. */
    public static SamConfig vitH() {
        return published(1280, 32, 16, List.of(7, 15, 23, 31));
    }

    private static SamConfig published(int embedDim, int depth, int numHeads, List<Integer> globalAttnIndexes) {
        return new SamConfig(
                1024,
                16,
                embedDim,
                depth,
                numHeads,
                4 * embedDim,
                14,
                globalAttnIndexes,
                256,
                16,
                new Decoder(2, DECODER_HEADS, 2048, 3, 3, 256));
    }

    /**
     * Reads sizes for training from nothing; the decoder has the eight heads of all published ones, for the weights do not
     * tell how many there are.
     *
     * @param file JSON with the arguments of {@code build_sam.py}, those of the decoder in {@code mask_decoder}
     * @throws InvalidInputException when it is unreadable or a size cannot be
     */
    public static SamConfig read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        ConfigReader decoder = config.section("mask_decoder");
        return config.build(() -> new SamConfig(
                config.integer("image_size"),
                config.integer("vit_patch_size"),
                config.integer("encoder_embed_dim"),
                config.integer("encoder_depth"),
                config.integer("encoder_num_heads"),
                config.integer("encoder_mlp_dim"),
                config.integer("window_size"),
                config.integers("encoder_global_attn_indexes", List.of()),
                config.integer("prompt_embed_dim"),
                config.integer("mask_in_chans"),
                new Decoder(
                        decoder.integer("depth"),
                        DECODER_HEADS,
                        decoder.integer("mlp_dim"),
                        decoder.integer("num_multimask_outputs"),
                        decoder.integer("iou_head_depth"),
                        decoder.integer("iou_head_hidden_dim"))));
    }

    /**
     * The sizes of the network that {@code store} holds the weights of, with a decoder of eight heads.
     *
     * @throws InvalidInputException when it holds another network
     */
    public static SamConfig of(TensorStore store) {
        return of(store, DECODER_HEADS);
    }

    /** As {@link #of(TensorStore)} with {@code decoderHeads}. */
    public static SamConfig of(TensorStore store, int decoderHeads) {
        Shapes shapes = new Shapes(store);
        String encoder = "image_encoder.";
        int grid = shapes.size(encoder + "pos_embed", 1);
        int patchSize = shapes.size(encoder + "patch_embed.proj.weight", 2);
        int embedDim = shapes.size(encoder + "pos_embed", 3);
        int depth = shapes.count(encoder + "blocks", "attn.rel_pos_h");
        int windowSize = grid;
        List<Integer> global = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            int distances = shapes.size(encoder + "blocks." + i + ".attn.rel_pos_h", 0); // 2 · side − 1
            int side = (distances + 1) / 2;
            if (side == grid) {
                global.add(i);
            } else {
                windowSize = side;
            }
        }
        String iou = "mask_decoder.iou_prediction_head.layers";
        String transformer = "mask_decoder.transformer.layers";
        Decoder decoder = new Decoder(
                shapes.count(transformer, "mlp.lin1.weight"),
                decoderHeads,
                shapes.size(transformer + ".0.mlp.lin1.weight", 0),
                shapes.size("mask_decoder.mask_tokens.weight", 0) - 1, // the first is the answer to a clear prompt
                shapes.count(iou, "weight"),
                shapes.size(iou + ".0.weight", 0));
        return new SamConfig(
                grid * patchSize,
                patchSize,
                embedDim,
                depth,
                embedDim / shapes.size(encoder + "blocks.0.attn.rel_pos_h", 1),
                shapes.size(encoder + "blocks.0.mlp.lin1.weight", 0),
                windowSize,
                global,
                shapes.size(encoder + "neck.0.weight", 0),
                shapes.size("prompt_encoder.mask_downscaling.3.weight", 0),
                decoder);
    }

    /** What a state dict's shapes tell. */
    private record Shapes(TensorStore store) {
        int size(String name, int dimension) {
            if (!store.has(name) || store.info(name).shape().size() <= dimension) {
                throw new InvalidInputException(store.source() + ": has no fitting \"" + name
                        + "\"; expected the weights of Segment Anything, such as sam_vit_b_01ec64.pth");
            }
            long size = Objects.requireNonNull(store.info(name).shape().get(dimension));
            Sizes.check(store.source() + ": a side of \"" + name + "\"", size);
            return (int) size;
        }

        /** How many of {@code list.0.name, list.1.name, …} there are. */
        int count(String list, String name) {
            int count = 0;
            while (store.has(list + "." + count + "." + name)) {
                count++;
            }
            return count;
        }
    }

    /** Patches along a side of the input. */
    public int grid() {
        return imageSize / patchSize;
    }

    /** Cells along a side of the masks before they are enlarged. */
    public int maskSide() {
        return 4 * grid();
    }

    /** Whether block {@code index} of the image encoder attends in windows. */
    boolean windowed(int index) {
        return !globalAttnIndexes.contains(index);
    }
}
