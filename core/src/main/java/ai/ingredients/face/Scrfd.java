package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * An SCRFD network as an ONNX file, run by ONNX Runtime on the CPU: finds faces and their five landmarks.
 *
 * <p>Source: SCRFD (arXiv 2105.04714) as in insightface's {@code model_zoo/scrfd.py}: the photo scaled into the top left of
 * a black canvas, {@code (x − 127.5) / 128}; strides 8, 16 and 32 with two anchors a cell; boxes and landmarks as distances
 * from the cell's corner in strides. Overlaps are counted with whole pixels, edges included. Any file of the same signature
 * works: one fp32 input [1 or any, 3, H, W] in R, G, B order, and nine fp32 outputs, scores, boxes and landmarks of the
 * three strides, each [anchors, n] or [1, anchors, n].
 *
 * <p>Owns native memory: close it after use. Thread-safe.
 */
public final class Scrfd implements AutoCloseable {
    /** Score from which insightface's {@code FaceAnalysis} takes an anchor for a face. */
    public static final float REFERENCE_SCORE = 0.5f;
    /** Overlap (intersection over union) above which the weaker of two boxes is dropped. */
    public static final float REFERENCE_OVERLAP = 0.4f;

    private static final int[] STRIDES = {8, 16, 32};
    private static final int PER_CELL = 2;
    private static final int COARSEST = 32;
    /** Side of the largest canvas: a quarter of a gigabyte of numbers on the way. */
    private static final int LARGEST = 4096;

    /** Values per anchor of the three kinds of output. */
    private static final int[] VALUES = {1, 4, 2 * Face.LANDMARKS};

    private static final float MEAN = 127.5f;
    private static final float STD = 128f;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final String input;
    private final int width;
    private final int height;

    private Scrfd(OrtEnvironment environment, OrtSession session, String input, int width, int height) {
        this.environment = environment;
        this.session = session;
        this.input = input;
        this.width = width;
        this.height = height;
    }

    /**
     * Opens {@code file}; the natives of ONNX Runtime load here.
     *
     * @param width of the canvas the photo is scaled into, pixels, a multiple of 32; a network of fixed size keeps its own
     * @param height of the canvas, likewise
     * @throws InvalidInputException when it is missing, no ONNX model, one with another signature, or the size cannot be
     */
    public static Scrfd open(Path file, int width, int height) {
        String expected = "an SCRFD network in ONNX form, such as det_10g.onnx of insightface's buffalo_l";
        return OnnxFile.open(file, expected, (environment, session) -> {
            NodeInfo input = checked(file, session);
            long[] shape = ((TensorInfo) input.getInfo()).getShape(); // [B, 3, H, W]
            long across = shape[3] > 0 ? shape[3] : width;
            long down = shape[2] > 0 ? shape[2] : height;
            if (!isSide(across) || !isSide(down)) {
                throw new InvalidInputException("faces cannot be looked for at " + across + "x" + down
                        + " pixels; use multiples of " + COARSEST + ", such as 640x640");
            }
            return new Scrfd(environment, session, input.getName(), (int) across, (int) down);
        });
    }

    private static boolean isSide(long pixels) {
        return pixels >= COARSEST && pixels <= LARGEST && pixels % COARSEST == 0;
    }

    private static NodeInfo checked(Path file, OrtSession session) throws OrtException {
        List<NodeInfo> inputs = List.copyOf(session.getInputInfo().values());
        List<NodeInfo> outputs = List.copyOf(session.getOutputInfo().values());
        boolean fits = inputs.size() == 1
                && inputs.getFirst().getInfo() instanceof TensorInfo in
                && in.type == OnnxJavaType.FLOAT
                && in.getShape().length == 4
                && outputs.size() == VALUES.length * STRIDES.length;
        for (int i = 0; fits && i < outputs.size(); i++) {
            fits = outputs.get(i).getInfo() instanceof TensorInfo out
                    && out.type == OnnxJavaType.FLOAT
                    && fits(out.getShape(), VALUES[i / STRIDES.length]);
        }
        if (!fits) {
            throw new InvalidInputException(file + ": has " + inputs.size() + " inputs and " + outputs.size()
                    + " outputs of other kinds; an SCRFD network with landmarks has one fp32 input [1, 3, H, W] and"
                    + " nine fp32 outputs of 1, 4 and 10 values an anchor");
        }
        return inputs.getFirst();
    }

    private static boolean fits(long[] shape, int values) {
        long last = shape.length == 0 ? 0 : shape[shape.length - 1];
        return (shape.length == 2 || shape.length == 3) && (last == values || last == -1);
    }

    /**
     * Finds the faces of {@code photo} as insightface does.
     *
     * @return in order of falling score
     */
    public List<Face> detect(Picture photo) {
        return detect(photo, REFERENCE_SCORE, REFERENCE_OVERLAP);
    }

    /** As {@link #detect(Picture)} with other thresholds. */
    public List<Face> detect(Picture photo, float minScore, float maxOverlap) {
        double ratio = (double) photo.height() / photo.width();
        boolean tall = ratio > (double) height / width;
        int across = tall ? (int) (height / ratio) : width;
        int down = tall ? height : (int) (width * ratio);
        if (across < 1 || down < 1) {
            return List.of(); // a line of pixels shows no face
        }
        Picture small = Resampling.openCv(photo, across, down, Resampling.OpenCvFilter.LINEAR);
        float scale = (float) ((double) down / photo.height()); // for both axes, as there
        long[] shape = {1, 3, height, width};
        try (OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(blob(small)), shape);
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            List<Candidate> candidates = new ArrayList<>();
            for (int level = 0; level < STRIDES.length; level++) {
                float[][] outputs = new float[VALUES.length][];
                for (int kind = 0; kind < VALUES.length; kind++) {
                    outputs[kind] = values(result.get(kind * STRIDES.length + level));
                }
                addCandidates(candidates, level, outputs, minScore, scale);
            }
            return suppressed(candidates, maxOverlap);
        } catch (OrtException e) {
            throw new InvalidInputException("the SCRFD network refused a photo: " + OnnxFile.firstLine(e), e);
        }
    }

    private static float[] values(OnnxValue value) {
        FloatBuffer buffer =
                value instanceof OnnxTensor tensor ? tensor.getFloatBuffer() : null; // null for other types
        if (buffer == null) {
            throw new InvalidInputException(
                    "the SCRFD network gives something else than fp32 numbers; use another file");
        }
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    /** The canvas in R, G, B planes. */
    private float[] blob(Picture small) {
        int plane = width * height;
        float[] blob = new float[3 * plane];
        byte[] rgb = small.rgb();
        for (int y = 0, at = 0; y < height; y++) {
            for (int x = 0; x < width; x++, at++) {
                boolean inside = y < small.height() && x < small.width();
                int pixel = 3 * (y * small.width() + x);
                for (int c = 0; c < 3; c++) {
                    blob[c * plane + at] = ((inside ? rgb[pixel + c] & 0xFF : 0) - MEAN) / STD;
                }
            }
        }
        return blob;
    }

    /** A face before its rivals are looked at; {@code box} and {@code points} in pixels of the photo. */
    private record Candidate(float score, float[] box, float[] points) {
        Face face() {
            List<Face.Point> landmarks = new ArrayList<>();
            for (int i = 0; i < points.length; i += 2) {
                landmarks.add(new Face.Point(points[i], points[i + 1]));
            }
            return new Face(new Face.Box(box[0], box[1], box[2], box[3]), score, landmarks);
        }

        float overlap(Candidate other) {
            float across = Math.max(0f, Math.min(box[2], other.box[2]) - Math.max(box[0], other.box[0]) + 1);
            float down = Math.max(0f, Math.min(box[3], other.box[3]) - Math.max(box[1], other.box[1]) + 1);
            float inter = across * down;
            return inter / (area() + other.area() - inter);
        }

        private float area() {
            return (box[2] - box[0] + 1) * (box[3] - box[1] + 1);
        }
    }

    /** @param outputs scores, boxes and landmarks of a level, by row, column and anchor */
    private void addCandidates(List<Candidate> candidates, int level, float[][] outputs, float minScore, float scale) {
        int stride = STRIDES[level];
        int columns = width / stride;
        float[] scores = outputs[0];
        int anchors = columns * (height / stride) * PER_CELL;
        if (scores.length != anchors
                || outputs[1].length != anchors * VALUES[1]
                || outputs[2].length != anchors * VALUES[2]) {
            throw new InvalidInputException("the SCRFD network speaks of " + scores.length + " anchors at stride "
                    + stride + " of " + width + "x" + height + " pixels; expected two a cell. Use another file");
        }
        for (int i = 0; i < scores.length; i++) {
            if (scores[i] >= minScore) {
                int cell = i / PER_CELL;
                float x = cell % columns * stride;
                float y = cell / columns * stride;
                float[] box = new float[4];
                for (int k = 0; k < box.length; k++) {
                    float distance = outputs[1][i * box.length + k] * stride;
                    float edge = k % 2 == 0 ? x : y;
                    box[k] = (k < 2 ? edge - distance : edge + distance) / scale;
                }
                float[] points = new float[2 * Face.LANDMARKS];
                for (int k = 0; k < points.length; k++) {
                    float distance = outputs[2][i * points.length + k] * stride;
                    points[k] = ((k % 2 == 0 ? x : y) + distance) / scale;
                }
                candidates.add(new Candidate(scores[i], box, points));
            }
        }
    }

    /** Drops every face that overlaps a stronger one too much; of equal scores the later anchor counts as stronger. */
    private static List<Face> suppressed(List<Candidate> candidates, float maxOverlap) {
        List<Candidate> ordered = IntStream.range(0, candidates.size())
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(
                                i -> candidates.get(i).score())
                        .reversed()
                        .thenComparing(Comparator.reverseOrder()))
                .map(candidates::get)
                .toList();
        List<Candidate> kept = new ArrayList<>();
        for (Candidate candidate : ordered) {
            if (kept.stream().noneMatch(stronger -> stronger.overlap(candidate) > maxOverlap)) {
                kept.add(candidate);
            }
        }
        return kept.stream().map(Candidate::face).toList();
    }

    @Override
    public void close() {
        OnnxFile.close(session);
    }

    @Override
    public String toString() {
        return "Scrfd at " + width + "x" + height;
    }
}
