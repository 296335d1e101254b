package ai.ingredients.face;

import ai.ingredients.tensor.Ops;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The squares RetinaFace looks for faces near: two per cell at strides 8, 16 and 32, and how boxes and points are said
 * relative to them.
 *
 * <p>Source: facexlib's {@code retinaface_utils.py}, {@code PriorBox}, {@code decode} and {@code decode_landm}.
 */
public final class Anchors {
    /** Part of an anchor's side that an offset of 1 moves a centre or a point by. */
    public static final double CENTER_VARIANCE = 0.1;
    /** Logarithm of the growth that a size of 1 stands for. */
    public static final double SIZE_VARIANCE = 0.2;

    /** Anchors per cell. */
    static final int PER_CELL = 2;

    /** Pixels between cells, finest level first. */
    static final int[] STRIDES = {8, 16, 32};

    private static final int[][] SIDES = {{16, 32}, {64, 128}, {256, 512}}; // pixels, per stride

    private Anchors() {}

    /**
     * The anchors of a picture: by level, row, column, side.
     *
     * @return A times centre x, centre y, width and height, as fractions of the picture's sides
     */
    public static float[] of(int height, int width) {
        int count = 0;
        for (int stride : STRIDES) {
            count += Math.ceilDiv(height, stride) * Math.ceilDiv(width, stride) * PER_CELL;
        }
        float[] anchors = new float[count * 4];
        int at = 0;
        for (int level = 0; level < STRIDES.length; level++) {
            int stride = STRIDES[level];
            for (int y = 0; y < Math.ceilDiv(height, stride); y++) {
                for (int x = 0; x < Math.ceilDiv(width, stride); x++) {
                    for (int side : SIDES[level]) {
                        anchors[at++] = (float) ((x + 0.5) * stride / width);
                        anchors[at++] = (float) ((y + 0.5) * stride / height);
                        anchors[at++] = (float) ((double) side / width);
                        anchors[at++] = (float) ((double) side / height);
                    }
                }
            }
        }
        return anchors;
    }

    /** {@link #of} as a CPU tensor [A, 4]. */
    static Tensor tensor(int height, int width) {
        float[] anchors = of(height, width);
        return Ops.tensor(anchors, anchors.length / 4, 4);
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
}
