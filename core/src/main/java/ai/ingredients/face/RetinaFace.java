package ai.ingredients.face;

import ai.ingredients.media.Picture;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * RetinaFace: finds faces and their five landmarks.
 *
 * <p>Source: RetinaFace (arXiv 1905.00641) as in facexlib's {@code detection/retinaface.py}: a {@link DetectorBackbone}, a
 * feature pyramid over strides 8, 16 and 32, one context module per level, and per cell two square {@link Anchors} with
 * two class logits, a box and five points each. State-dict names are those of {@code detection_Resnet50_Final.pth} and
 * {@code detection_mobilenet0.25_Final.pth}, with or without {@code module.} in front.
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

    private static final float[] MEAN_RGB = {123, 117, 104};

    private final Compute compute;
    private final DetectorBackbone.Layers body;
    private final Pyramid pyramid;
    private final List<ContextModule> contexts = new ArrayList<>();
    private final List<Head> heads = new ArrayList<>();

    /** Takes the network from {@code weights} to find faces with it; call {@link Weights#verify} afterwards. */
    public RetinaFace(Weights weights, DetectorBackbone backbone) {
        this(weights, backbone, BatchNorm.Statistics.RUNNING);
    }

    /** As {@link #RetinaFace(Weights, DetectorBackbone)}; with statistics of the batch to train it. */
    public RetinaFace(Weights weights, DetectorBackbone backbone, BatchNorm.Statistics statistics) {
        compute = weights.compute();
        Weights root = weights.has("module.ClassHead.0.conv1x1.weight") ? weights.at("module") : weights;
        body = backbone.layers(root.at("body"), statistics);
        pyramid = Pyramid.of(root.at("fpn"), backbone, statistics);
        for (int level = 0; level < Anchors.STRIDES.length; level++) {
            contexts.add(ContextModule.of(root.at("ssh" + (level + 1)), backbone, statistics));
            heads.add(Head.of(root, level, backbone.pyramid()));
        }
    }

    /**
     * What the network says of every anchor, in the order of {@link Anchors}.
     *
     * @param boxes [B, A, 4], relative to the anchor
     * @param classLogits [B, A, 2]: background, face
     * @param landmarks [B, A, 10], relative to the anchor
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
            Raw raw = forward(pixels(List.of(photo)));
            Tensor anchors = compute.place(Anchors.tensor(height, width));
            float[] scores = Ops.floats(raw.classLogits().squeeze(0).softmax(-1).select(1, 1));
            float[] boxes = Ops.floats(
                    Anchors.decodeBoxes(raw.boxes().squeeze(0), anchors).mul(sides(width, height, 2)));
            float[] points = Ops.floats(
                    Anchors.decodeLandmarks(raw.landmarks().squeeze(0), anchors).mul(sides(width, height, 5)));
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

    /**
     * What {@link #forward} takes, of pictures of one size.
     *
     * @return [B, 3, H, W] in B, G, R order, the mean colour subtracted, not scaled
     */
    public Tensor pixels(List<Picture> photos) {
        return Scope.of(() -> compute.place(Picture.stack(photos)
                .to(ScalarType.Float)
                .sub(Ops.tensor(MEAN_RGB, 3))
                .flip(3)
                .permute(0, 3, 1, 2)
                .contiguous()));
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
     * @param pixels [B, 3, H, W] from {@link #pixels}
     */
    public Raw forward(Tensor pixels) {
        List<Tensor> merged = pyramid.forward(body.forward(pixels)); // [B, pyramid, H/s, W/s] each
        int levels = Anchors.STRIDES.length;
        Tensor[] boxes = new Tensor[levels];
        Tensor[] logits = new Tensor[levels];
        Tensor[] landmarks = new Tensor[levels];
        for (int level = 0; level < levels; level++) {
            ContextModule context = contexts.get(level);
            Tensor input = merged.get(level);
            Tensor features = Scope.of(() -> context.forward(input));
            Head head = heads.get(level);
            boxes[level] = Head.perAnchor(head.box(), features, 4);
            logits[level] = Head.perAnchor(head.score(), features, 2);
            landmarks[level] = Head.perAnchor(head.landmark(), features, 10);
        }
        return new Raw(Ops.cat(1, boxes), Ops.cat(1, logits), Ops.cat(1, landmarks));
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

    /** Brings the three levels to one width and adds each coarser level, enlarged, to the finer one. */
    private record Pyramid(List<ConvNorm> outputs, List<ConvNorm> merges, double leak) {
        static Pyramid of(Weights weights, DetectorBackbone backbone, BatchNorm.Statistics statistics) {
            int width = backbone.pyramid();
            List<ConvNorm> outputs = new ArrayList<>();
            for (int level = 0; level < Anchors.STRIDES.length; level++) {
                Weights output = weights.at("output" + (level + 1));
                outputs.add(ConvNorm.sequential(output, backbone.widths()[level], width, 1, 1, statistics));
            }
            List<ConvNorm> merges = List.of(
                    ConvNorm.sequential(weights.at("merge1"), width, width, 3, 1, statistics),
                    ConvNorm.sequential(weights.at("merge2"), width, width, 3, 1, statistics));
            return new Pyramid(outputs, merges, backbone.leak());
        }

        List<Tensor> forward(List<Tensor> levels) {
            Tensor coarse = Scope.of(() -> own(levels, 2));
            Tensor middle = Scope.of(() -> merged(own(levels, 1), coarse, 1));
            Tensor fine = Scope.of(() -> merged(own(levels, 0), middle, 0));
            return List.of(fine, middle, coarse);
        }

        private Tensor own(List<Tensor> levels, int index) {
            return ConvNorm.leaky(outputs.get(index).forward(levels.get(index)), leak);
        }

        private Tensor merged(Tensor own, Tensor coarser, int index) {
            Tensor sum = own.add(enlarged(coarser, own.size(2), own.size(3)));
            return ConvNorm.leaky(merges.get(index).forward(sum), leak);
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
    private record ContextModule(
            ConvNorm field3, ConvNorm shared, ConvNorm field5, ConvNorm middle7, ConvNorm field7, double leak) {
        static ContextModule of(Weights weights, DetectorBackbone backbone, BatchNorm.Statistics statistics) {
            long width = backbone.pyramid();
            long quarter = width / 4;
            return new ContextModule(
                    ConvNorm.sequential(weights.at("conv3X3"), width, width / 2, 3, 1, statistics),
                    ConvNorm.sequential(weights.at("conv5X5_1"), width, quarter, 3, 1, statistics),
                    ConvNorm.sequential(weights.at("conv5X5_2"), quarter, quarter, 3, 1, statistics),
                    ConvNorm.sequential(weights.at("conv7X7_2"), quarter, quarter, 3, 1, statistics),
                    ConvNorm.sequential(weights.at("conv7x7_3"), quarter, quarter, 3, 1, statistics),
                    backbone.leak());
        }

        Tensor forward(Tensor x) {
            Tensor common = ConvNorm.leaky(shared.forward(x), leak);
            Tensor wide = field7.forward(ConvNorm.leaky(middle7.forward(common), leak));
            return Ops.cat(1, field3.forward(x), field5.forward(common), wide).relu();
        }
    }

    /** Three 1x1 convolutions per level. */
    private record Head(Conv2d score, Conv2d box, Conv2d landmark) {
        static Head of(Weights root, int level, int width) {
            return new Head(
                    of(root, "ClassHead", level, width, 2),
                    of(root, "BboxHead", level, width, 4),
                    of(root, "LandmarkHead", level, width, 10));
        }

        private static Conv2d of(Weights root, String name, int level, int width, long values) {
            Weights conv = root.at(name).at(level).at("conv1x1");
            return Conv2d.of(conv, width, Anchors.PER_CELL * values, 1, 1, 0);
        }

        /** [B, width, h, w] → [B, h·w·2, values]. */
        static Tensor perAnchor(Conv2d conv, Tensor features, long values) {
            return Scope.of(() -> conv.forward(features).permute(0, 2, 3, 1).reshape(features.size(0), -1, values));
        }
    }
}
