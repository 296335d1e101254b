package ai.ingredients.sam;

import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Segment Anything: a picture and prompts about it become masks.
 *
 * <p>Source: Segment Anything (arXiv 2304.02643) as in facebookresearch/segment-anything, {@code SamPredictor}; state-dict
 * names are those of {@code sam_vit_b_01ec64.pth}, {@code sam_vit_l_0b3195.pth} and {@code sam_vit_h_4b8939.pth}.
 *
 * <pre>{@code
 * try (TensorStore store = Checkpoint.open(file);
 *         Weights weights = Weights.of(store, compute);
 *         Scope scope = Scope.inference()) {
 *     Sam sam = Sam.of(weights, SamConfig.of(store));
 *     weights.verify();
 *     SamPrediction masks = sam.predict(frame, faceBoxes, Sam.Answer.SINGLE);
 * }
 * }</pre>
 *
 * <p>Compute in fp32, as the reference does. Weights belong to the {@link Weights} given; this object owns nothing, and
 * what it returns belongs to the innermost scope. Safe for concurrent use.
 */
public final class Sam {
    private static final float[] MEAN_RGB = {123.675f, 116.28f, 103.53f};
    private static final float[] STD_RGB = {58.395f, 57.12f, 57.375f};

    private final SamConfig config;
    private final Compute compute;
    private final ImageEncoder imageEncoder;
    private final PromptEncoder promptEncoder;
    private final MaskDecoder maskDecoder;

    private Sam(Weights weights, SamConfig config) {
        this.config = config;
        compute = weights.compute();
        imageEncoder = new ImageEncoder(weights.at("image_encoder"), config);
        promptEncoder = new PromptEncoder(weights.at("prompt_encoder"), config);
        maskDecoder = new MaskDecoder(weights.at("mask_decoder"), config);
    }

    /** Takes the network from {@code weights}; call {@link Weights#verify} afterwards. */
    public static Sam of(Weights weights, SamConfig config) {
        return new Sam(weights, config);
    }

    /** How many masks answer a prompt. */
    public enum Answer {
        /** One: for boxes and other prompts that leave no doubt. */
        SINGLE,
        /** Several, from part to whole: for a single point. */
        MULTIPLE
    }

    /**
     * A picture made ready for any number of prompts, or B pictures for one prompt each.
     *
     * @param embedding [1 or B, promptDim, grid, grid]
     * @param frame how the picture, or each of them, lies in the input
     */
    public record Encoded(Tensor embedding, LongestSide frame) {}

    /** The sizes of this network. */
    public SamConfig config() {
        return config;
    }

    /**
     * The masks of what is in each of {@code boxes}.
     *
     * @throws IllegalArgumentException when there is no box
     */
    public SamPrediction predict(Picture picture, List<PromptBox> boxes, Answer answer) {
        if (boxes.isEmpty()) {
            throw new IllegalArgumentException("no boxes given");
        }
        Encoded encoded = encode(picture);
        Tensor edges = Ops.tensor(encoded.frame().boxes(boxes), boxes.size(), 4);
        Tensor placed = compute.with(DType.FP32).place(edges);
        return predict(encoded, SamPrompts.boxes(placed), answer);
    }

    /** Encodes {@code picture}, which is nearly all of the work. */
    public Encoded encode(Picture picture) {
        return encode(List.of(picture));
    }

    /** Encodes {@code pictures} of one size for as many prompts, the first of which is about the first picture. */
    public Encoded encode(List<Picture> pictures) {
        Picture first = Picture.sameSize(pictures);
        LongestSide frame = new LongestSide(first.width(), first.height(), config.imageSize());
        Tensor pixels = Scope.of(() -> Ops.cat(
                0, pictures.stream().map(picture -> pixels(picture, frame)).toArray(Tensor[]::new)));
        return new Encoded(imageEncoder.forward(pixels), frame);
    }

    /** The masks that {@code prompts} ask for. */
    public SamPrediction predict(Encoded picture, SamPrompts prompts, Answer answer) {
        PromptEncoder.Encoded encoded = promptEncoder.forward(prompts);
        MaskDecoder.Decoded decoded = maskDecoder.forward(picture.embedding(), promptEncoder.grid(), encoded);
        long first = answer == Answer.SINGLE ? 0 : 1;
        long count = answer == Answer.SINGLE ? 1 : config.decoder().multimaskOutputs();
        return new SamPrediction(
                decoded.logits().narrow(1, first, count).to(ScalarType.Float),
                decoded.iouScores().narrow(1, first, count).to(ScalarType.Float),
                picture.frame());
    }

    /** What the image encoder takes: [1, 3, imageSize, imageSize], normalised first, then filled up with zeros. */
    Tensor pixels(Picture picture, LongestSide frame) {
        return Scope.of(() -> {
            Tensor rgb = frame.resize(picture).tensor().permute(2, 0, 1).to(ScalarType.Float); // [3, H, W]
            Tensor normal = rgb.sub(Ops.tensor(MEAN_RGB, 3, 1, 1)).div(Ops.tensor(STD_RGB, 3, 1, 1));
            long right = config.imageSize() - normal.size(2);
            long below = config.imageSize() - normal.size(1);
            return compute.place(
                    torch.constant_pad_nd(normal, 0, right, 0, below).unsqueeze(0));
        });
    }
}
