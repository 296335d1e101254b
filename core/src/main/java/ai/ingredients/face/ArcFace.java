package ai.ingredients.face;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * An ArcFace network as an ONNX file, run by ONNX Runtime on the CPU: a face becomes a vector that tells people apart.
 *
 * <p>Source: insightface's {@code ArcFaceONNX.get_feat}, which the reference calls on the aligned 512x512 face (not on
 * ArcFace's own 112x112 alignment): resized with OpenCV's linear interpolation, {@code (x − 127.5) / 127.5}, not
 * normalised afterwards. Any file of the same signature works: one fp32 input [1 or any, 3, 112, 112] in R, G, B order
 * and an fp32 output [1 or any, D].
 *
 * <p>Owns native memory: close it after use. Thread-safe.
 */
public final class ArcFace implements FaceRecogniser {
    private static final long[] INPUT_SHAPE = {1, 3, INPUT, INPUT};

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final String input;
    private final String output;
    private final int width;

    private ArcFace(OrtEnvironment environment, OrtSession session, String input, String output, int width) {
        this.environment = environment;
        this.session = session;
        this.input = input;
        this.output = output;
        this.width = width;
    }

    /**
     * Opens {@code file}; the natives of ONNX Runtime load here.
     *
     * @throws InvalidInputException when it is missing, no ONNX model, or one with another signature
     */
    public static ArcFace open(Path file) {
        String expected = "an ArcFace network in ONNX form, such as glintr100.onnx of insightface's antelopev2";
        return OnnxFile.open(file, expected, (environment, session) -> {
            String input = signature(file, session.getInputInfo(), "input", 3, INPUT, INPUT);
            String output = signature(file, session.getOutputInfo(), "output", -1);
            ArcFace network = new ArcFace(environment, session, input, output, 0);
            int width = network.embed(Picture.filled(INPUT, INPUT, 0, 0, 0)).length;
            if (width == 0) {
                throw new InvalidInputException(file + ": makes embeddings of length 0; use another ArcFace network");
            }
            return new ArcFace(environment, session, input, output, width);
        });
    }

    /** The name of the first input or output, after checking it is fp32 [1 or any, tail...]; −1 in tail is any size. */
    private static String signature(Path file, Map<String, NodeInfo> nodes, String what, long... tail) {
        boolean single =
                nodes.size() == 1 || what.equals("output") && !nodes.isEmpty(); // only the first output is read
        Map.Entry<String, NodeInfo> first = single ? nodes.entrySet().iterator().next() : null;
        if (first != null
                && first.getValue().getInfo() instanceof TensorInfo tensor
                && tensor.type == OnnxJavaType.FLOAT
                && fits(tensor.getShape(), tail)) {
            return first.getKey();
        }
        throw new InvalidInputException(
                file + ": " + what + " is " + ForeignText.shown(nodes.values().toString())
                        + "; an ArcFace network has "
                        + (what.equals("input") ? "one fp32 input [1, 3, 112, 112]" : "one fp32 output [1, D]"));
    }

    private static boolean fits(long[] shape, long[] tail) {
        if (shape.length != tail.length + 1 || (shape[0] != 1 && shape[0] != -1)) {
            return false;
        }
        for (int i = 0; i < tail.length; i++) {
            if (tail[i] != -1 && shape[i + 1] != -1 && shape[i + 1] != tail[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public float[] embed(Picture face) {
        float[] blob = FaceRecogniser.blob(face, INPUT);
        try (OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(blob), INPUT_SHAPE);
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            FloatBuffer values = result.get(output).orElse(null) instanceof OnnxTensor embedding
                    ? embedding.getFloatBuffer() // null for other types
                    : null;
            if (values == null) {
                throw new InvalidInputException("the ArcFace network gives something else than fp32 numbers");
            }
            float[] copy = new float[values.remaining()];
            values.get(copy);
            return copy;
        } catch (OrtException e) {
            throw new InvalidInputException("the ArcFace network refused a face: " + OnnxFile.firstLine(e), e);
        }
    }

    @Override
    public void close() {
        OnnxFile.close(session);
    }

    @Override
    public String toString() {
        return "ArcFace" + Arrays.toString(INPUT_SHAPE) + " → " + width;
    }
}
