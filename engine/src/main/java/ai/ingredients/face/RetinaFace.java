package ai.ingredients.face;

import ai.ingredients.media.Picture;
import ai.ingredients.nn.BatchNorm2d;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * RetinaFace with a ResNet-50: finds faces and their five landmarks.
 *
 * <p>Source: RetinaFace (arXiv 1905.00641) as in facexlib's {@code detection/retinaface.py}: ResNet-50, a feature
 * pyramid over strides 8, 16 and 32, one context module per level, and per cell two square anchors with two class
 * logits, a box and five points each. State-dict names are those of {@code detection_Resnet50_Final.pth}, with or
 * without {@code module.} in front.
 *
 * <p>Like {@code FaceRestoreHelper}, {@link #detect} looks at the photo at its own size (facexlib's other rule, short
 * side to 1600, is not what the reference uses), keeps scores above 0.97 and suppresses boxes that overlap by more than
 * 0.4.
 *
 * <p>Compute in fp32, as the reference does at every precision. Weights belong to the {@link Weights} given; this
 * object owns nothing. Safe for concurrent use.
 */
public final class RetinaFace {
    /** Score a face must exceed in the reference. */
    public static final float REFERENCE_SCORE = 0.97f;
    /** Overlap (intersection over union) above which the weaker of two boxes is dropped. */
    public static final double REFERENCE_OVERLAP = 0.4;

    private static final double BN_EPS = 1e-5;
    private static final int[] STRIDES = {8, 16, 32};
    private static final int[][] ANCHOR_SIDES = {{16, 32}, {64, 128}, {256, 512}}; // pixels, per stride
    private static final int ANCHORS = 2;
    private static final int[] STAGE_BLOCKS = {3, 4, 6, 3};
    private static final int PYRAMID = 256;
    private static final float[] MEAN_RGB = {123, 117, 104};
    private static final double CENTER_VARIANCE = 0.1;
    private static final double SIZE_VARIANCE = 0.2;

    private final Compute compute;
    private final ConvNorm stem;
    private final List<List<Bottleneck>> stages = new ArrayList<>();
    private final Pyramid pyramid;
    private final List<ContextModule> contexts = new ArrayList<>();
    private final List<Head> heads = new ArrayList<>();

    /** Takes the network from {@code weights}; call {@link Weights#verify} afterwards. */
    public RetinaFace(Weights weights) {
        compute = weights.compute();
        Weights root = weights.has("module.body.conv1.weight") ? weights.at("module") : weights;
        Weights body = root.at("body");
        stem = new ConvNorm(
                Conv2d.withoutBias(body.at("conv1"), 3, 64, 7, 2, 3), BatchNorm2d.of(body.at("bn1"), 64, BN_EPS));
        long in = 64;
        for (int stage = 0; stage < STAGE_BLOCKS.length; stage++) {
            long width = 64L << stage;
            List<Bottleneck> blocks = new ArrayList<>();
            for (int i = 0; i < STAGE_BLOCKS[stage]; i++) {
                long stride = i == 0 && stage > 0 ? 2 : 1;
                blocks.add(Bottleneck.of(body.at("layer" + (stage + 1)).at(i), in, width, stride, i == 0));
                in = width * Bottleneck.EXPANSION;
            }
            stages.add(blocks);
        }
        pyramid = Pyramid.of(root.at("fpn"));
        for (int level = 0; level < STRIDES.length; level++) {
            contexts.add(ContextModule.of(root.at("ssh" + (level + 1))));
            heads.add(Head.of(root, level));
        }
    }

    /**
     * What the network says of every anchor, in {@link #anchors} order.
     *
     * @param boxes [A, 4], relative to the anchor
     * @param classLogits [A, 2]: background, face
     * @param landmarks [A, 10], relative to the anchor
     */
    public record Raw(Tensor boxes, Tensor classLogits, Tensor landmarks) {}

    /**
     * Finds the faces of {@code photo} as the reference does.
     *
     * @return in order of falling score
     */
    public List<Face> detect(Picture photo) {
        return detect(photo, REFERENCE_SCORE, REFERENCE_OVERLAP);
    }

    /** As {@link #detect(Picture)} with other thresholds. */
    public List<Face> detect(Picture photo, float minScore, double maxOverlap) {
        try (Scope scope = Scope.inference()) {
            int height = photo.height();
            int width = photo.width();
            Raw raw = forward(pixels(photo));
            Tensor anchors = compute.place(anchors(height, width));
            float[] scores = Ops.floats(raw.classLogits().softmax(-1).select(1, 1));
            float[] boxes = Ops.floats(decodeBoxes(raw.boxes(), anchors).mul(sides(width, height, 2)));
            float[] points =
                    Ops.floats(decodeLandmarks(raw.landmarks(), anchors).mul(sides(width, height, 5)));
            // numpy's argsort()[::-1]: of equal scores the later anchor comes first
            int[] candidates = IntStream.range(0, scores.length)
                    .filter(i -> scores[i] > minScore)
                    .boxed()
                    .sorted(Comparator.<Integer>comparingDouble(i -> scores[i])
                            .reversed()
                            .thenComparing(Comparator.reverseOrder()))
                    .mapToInt(Integer::intValue)
                    .toArray();
            List<Face> faces = new ArrayList<>();
            for (int i : suppress(boxes, candidates, maxOverlap)) {
                faces.add(face(i, boxes, scores, points));
            }
            return faces;
        }
    }

    private static Face face(int i, float[] boxes, float[] scores, float[] points) {
        List<Face.Point> landmarks = new ArrayList<>();
        for (int k = 0; k < Face.LANDMARKS; k++) {
            landmarks.add(new Face.Point(points[i * 10 + 2 * k], points[i * 10 + 2 * k + 1]));
        }
        Face.Box box = new Face.Box(boxes[i * 4], boxes[i * 4 + 1], boxes[i * 4 + 2], boxes[i * 4 + 3]);
        return new Face(box, scores[i], landmarks);
    }

    /** [1, 3, H, W] in B, G, R order, the mean colour subtracted, not scaled. */
    private Tensor pixels(Picture photo) {
        return Scope.of(() -> compute.place(Ops.tensor(photo.rgb(), photo.height(), photo.width(), 3)
                .to(ScalarType.Float)
                .sub(Ops.tensor(MEAN_RGB, 3))
                .flip(2)
                .permute(2, 0, 1)
                .contiguous()
                .unsqueeze(0)));
    }

    private Tensor sides(int width, int height, int pairs) {
        float[] sides = new float[2 * pairs];
        for (int i = 0; i < sides.length; i++) {
            sides[i] = i % 2 == 0 ? width : height;
        }
        return compute.place(Ops.tensor(sides, sides.length));
    }

    /**
     * Runs the network.
     *
     * @param pixels [1, 3, H, W] in B, G, R order minus (104, 117, 123)
     */
    public Raw forward(Tensor pixels) {
        Tensor x = Scope.of(() -> torch.max_pool2d(
                stem.forward(pixels).relu(), // [1, 64, H/2, W/2]
                new long[] {3, 3},
                new long[] {2, 2},
                new long[] {1, 1},
                new long[] {1, 1},
                false));
        List<Tensor> levels = new ArrayList<>(); // strides 8, 16, 32
        for (int stage = 0; stage < stages.size(); stage++) {
            for (Bottleneck block : stages.get(stage)) {
                Tensor input = x;
                x = Scope.of(() -> block.forward(input));
            }
            if (stage > 0) {
                levels.add(x);
            }
        }
        List<Tensor> merged = pyramid.forward(levels); // [1, 256, H/s, W/s] each
        Tensor[] boxes = new Tensor[STRIDES.length];
        Tensor[] logits = new Tensor[STRIDES.length];
        Tensor[] landmarks = new Tensor[STRIDES.length];
        for (int level = 0; level < STRIDES.length; level++) {
            ContextModule context = contexts.get(level);
            Tensor input = merged.get(level);
            Tensor features = Scope.of(() -> context.forward(input));
            Head head = heads.get(level);
            boxes[level] = Head.perAnchor(head.box(), features, 4);
            logits[level] = Head.perAnchor(head.score(), features, 2);
            landmarks[level] = Head.perAnchor(head.landmark(), features, 10);
        }
        return new Raw(Ops.cat(0, boxes), Ops.cat(0, logits), Ops.cat(0, landmarks));
    }

    /**
     * The anchors of a picture: by level, row, column, side.
     *
     * @return [A, 4]: centre x, centre y, width, height, as fractions of the picture's sides
     */
    static Tensor anchors(int height, int width) {
        int count = 0;
        for (int stride : STRIDES) {
            count += Math.ceilDiv(height, stride) * Math.ceilDiv(width, stride) * ANCHORS;
        }
        float[] anchors = new float[count * 4];
        int at = 0;
        for (int level = 0; level < STRIDES.length; level++) {
            int stride = STRIDES[level];
            for (int y = 0; y < Math.ceilDiv(height, stride); y++) {
                for (int x = 0; x < Math.ceilDiv(width, stride); x++) {
                    for (int side : ANCHOR_SIDES[level]) {
                        anchors[at++] = (float) ((x + 0.5) * stride / width);
                        anchors[at++] = (float) ((y + 0.5) * stride / height);
                        anchors[at++] = (float) ((double) side / width);
                        anchors[at++] = (float) ((double) side / height);
                    }
                }
            }
        }
        return Ops.tensor(anchors, count, 4);
    }

    /** [A, 4] relative boxes → [A, 4] left, top, right, bottom as fractions of the picture's sides; not clipped. */
    static Tensor decodeBoxes(Tensor boxes, Tensor anchors) {
        Tensor center = shifted(boxes.narrow(1, 0, 2), anchors); // [A, 2]
        Tensor size = anchors.narrow(1, 2, 2)
                .mul(boxes.narrow(1, 2, 2).mul(new Scalar(SIZE_VARIANCE)).exp());
        Tensor corner = center.sub(size.div(new Scalar(2)));
        return Ops.cat(1, corner, size.add(corner));
    }

    /** [A, 10] relative points → [A, 10] x and y in turn, as fractions of the picture's sides. */
    static Tensor decodeLandmarks(Tensor landmarks, Tensor anchors) {
        Tensor[] points = new Tensor[Face.LANDMARKS];
        for (int i = 0; i < points.length; i++) {
            points[i] = shifted(landmarks.narrow(1, 2 * i, 2), anchors);
        }
        return Ops.cat(1, points);
    }

    private static Tensor shifted(Tensor offsets, Tensor anchors) {
        return anchors.narrow(1, 0, 2)
                .add(offsets.mul(new Scalar(CENTER_VARIANCE)).mul(anchors.narrow(1, 2, 2)));
    }

    /**
     * Drops every box that overlaps a stronger one too much, in the fp32 arithmetic of {@code torchvision.ops.nms}.
     *
     * @param boxes left, top, right, bottom of every box
     * @param order indices of the boxes to consider, strongest first
     * @return the indices that stay, strongest first
     */
    static List<Integer> suppress(float[] boxes, int[] order, double maxOverlap) {
        List<Integer> kept = new ArrayList<>();
        for (int candidate : order) {
            if (kept.stream().noneMatch(stronger -> overlap(boxes, stronger, candidate) > maxOverlap)) {
                kept.add(candidate);
            }
        }
        return kept;
    }

    private static float overlap(float[] boxes, int a, int b) {
        int i = a * 4;
        int j = b * 4;
        float across = Math.max(0f, Math.min(boxes[i + 2], boxes[j + 2]) - Math.max(boxes[i], boxes[j]));
        float down = Math.max(0f, Math.min(boxes[i + 3], boxes[j + 3]) - Math.max(boxes[i + 1], boxes[j + 1]));
        float inter = across * down;
        return inter / (area(boxes, i) + area(boxes, j) - inter);
    }

    private static float area(float[] boxes, int at) {
        return (boxes[at + 2] - boxes[at]) * (boxes[at + 3] - boxes[at + 1]);
    }

    /** A convolution without bias and its batch normalisation. */
    private record ConvNorm(Conv2d conv, BatchNorm2d norm) {
        /** The pair stored as elements 0 and 1 of a {@code Sequential}. */
        static ConvNorm sequential(Weights weights, long in, long out, long kernel) {
            return new ConvNorm(
                    Conv2d.withoutBias(weights.at(0), in, out, kernel, 1, kernel / 2),
                    BatchNorm2d.of(weights.at(1), out, BN_EPS));
        }

        Tensor forward(Tensor x) {
            return norm.forward(conv.forward(x));
        }
    }

    /** ResNet's block: 1x1, 3x3 (which carries the stride), 1x1, and the shortcut. */
    private record Bottleneck(List<ConvNorm> convs, List<ConvNorm> downsample) {
        static final int EXPANSION = 4;

        static Bottleneck of(Weights weights, long in, long width, long stride, boolean first) {
            long out = width * EXPANSION;
            List<ConvNorm> convs = List.of(
                    numbered(weights, 1, Conv2d.withoutBias(weights.at("conv1"), in, width, 1, 1, 0), width),
                    numbered(weights, 2, Conv2d.withoutBias(weights.at("conv2"), width, width, 3, stride, 1), width),
                    numbered(weights, 3, Conv2d.withoutBias(weights.at("conv3"), width, out, 1, 1, 0), out));
            Weights shortcut = weights.at("downsample");
            List<ConvNorm> downsample = first
                    ? List.of(new ConvNorm(
                            Conv2d.withoutBias(shortcut.at(0), in, out, 1, stride, 0),
                            BatchNorm2d.of(shortcut.at(1), out, BN_EPS)))
                    : List.of();
            return new Bottleneck(convs, downsample);
        }

        private static ConvNorm numbered(Weights weights, int number, Conv2d conv, long out) {
            return new ConvNorm(conv, BatchNorm2d.of(weights.at("bn" + number), out, BN_EPS));
        }

        Tensor forward(Tensor x) {
            Tensor inner = convs.get(1).forward(convs.get(0).forward(x).relu()).relu();
            Tensor shortcut = downsample.isEmpty() ? x : downsample.getFirst().forward(x);
            return convs.get(2).forward(inner).add(shortcut).relu();
        }
    }

    /** Brings the three levels to one width and adds each coarser level, enlarged, to the finer one. */
    private record Pyramid(List<ConvNorm> outputs, List<ConvNorm> merges) {
        static Pyramid of(Weights weights) {
            List<ConvNorm> outputs = new ArrayList<>();
            for (int level = 0; level < STRIDES.length; level++) {
                outputs.add(ConvNorm.sequential(weights.at("output" + (level + 1)), 512L << level, PYRAMID, 1));
            }
            List<ConvNorm> merges = List.of(
                    ConvNorm.sequential(weights.at("merge1"), PYRAMID, PYRAMID, 3),
                    ConvNorm.sequential(weights.at("merge2"), PYRAMID, PYRAMID, 3));
            return new Pyramid(outputs, merges);
        }

        List<Tensor> forward(List<Tensor> levels) {
            Tensor coarse = Scope.of(() -> outputs.get(2).forward(levels.get(2)).relu());
            Tensor middle = Scope.of(() -> merged(levels.get(1), coarse, 1));
            Tensor fine = Scope.of(() -> merged(levels.get(0), middle, 0));
            return List.of(fine, middle, coarse);
        }

        private Tensor merged(Tensor level, Tensor coarser, int index) {
            Tensor own = outputs.get(index).forward(level).relu();
            return merges.get(index)
                    .forward(own.add(enlarged(coarser, own.size(2), own.size(3))))
                    .relu();
        }

        /** Nearest neighbour: target i shows source ⌊i · from / to⌋. */
        private static Tensor enlarged(Tensor x, long height, long width) {
            return x.index_select(2, nearest(x, x.size(2), height)).index_select(3, nearest(x, x.size(3), width));
        }

        private static Tensor nearest(Tensor x, long from, long to) {
            float scale = (float) from / to;
            long[] sources = new long[Math.toIntExact(to)];
            for (int i = 0; i < sources.length; i++) {
                sources[i] = Math.min((long) (i * scale), from - 1);
            }
            return Ops.tensor(sources, to).to(x.device(), ScalarType.Long);
        }
    }

    /** SSH: 3x3, 5x5 and 7x7 fields, the latter two as chains of 3x3, side by side. */
    private record ContextModule(ConvNorm field3, ConvNorm shared, ConvNorm field5, ConvNorm middle7, ConvNorm field7) {
        static ContextModule of(Weights weights) {
            long quarter = PYRAMID / 4;
            return new ContextModule(
                    ConvNorm.sequential(weights.at("conv3X3"), PYRAMID, PYRAMID / 2, 3),
                    ConvNorm.sequential(weights.at("conv5X5_1"), PYRAMID, quarter, 3),
                    ConvNorm.sequential(weights.at("conv5X5_2"), quarter, quarter, 3),
                    ConvNorm.sequential(weights.at("conv7X7_2"), quarter, quarter, 3),
                    ConvNorm.sequential(weights.at("conv7x7_3"), quarter, quarter, 3));
        }

        Tensor forward(Tensor x) {
            Tensor common = shared.forward(x).relu();
            Tensor wide = field7.forward(middle7.forward(common).relu());
            return Ops.cat(1, field3.forward(x), field5.forward(common), wide).relu();
        }
    }

    /** Three 1x1 convolutions per level. */
    private record Head(Conv2d score, Conv2d box, Conv2d landmark) {
        static Head of(Weights root, int level) {
            return new Head(
                    of(root, "ClassHead", level, 2),
                    of(root, "BboxHead", level, 4),
                    of(root, "LandmarkHead", level, 10));
        }

        private static Conv2d of(Weights root, String name, int level, long values) {
            return Conv2d.of(root.at(name).at(level).at("conv1x1"), PYRAMID, ANCHORS * values, 1, 1, 0);
        }

        /** [1, 256, h, w] → [h·w·2, values]. */
        static Tensor perAnchor(Conv2d conv, Tensor features, long values) {
            return Scope.of(() -> conv.forward(features).permute(0, 2, 3, 1).reshape(-1, values));
        }
    }
}
