package ai.ingredients.face;

import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.Loaded;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A {@link CurricularFace} opened from its file, which embeds faces as ConsisID's {@code get_facesim_fid.py} does: aligned
 * by {@link NormCrop} at 224 pixels, resized to 112 with OpenCV's linear interpolation, from −1 to 1, the embedding at
 * length 1. Computes in fp32.
 *
 * <p>Owns native memory: close it after use. Thread-safe.
 */
public final class CurricularFaceRecogniser implements AutoCloseable {
    /** Side of the aligned face that the reference resizes, pixels. */
    public static final int ALIGNED = 224;

    private static final int BATCH = 32;

    private final Loaded<CurricularFace> loaded;
    private final CurricularFace network;

    private CurricularFaceRecogniser(Loaded<CurricularFace> loaded) {
        this.loaded = loaded;
        network = loaded.model();
    }

    /**
     * Opens {@code file}, such as {@code glint360k_curricular_face_r101_backbone.bin}; the sizes follow from its shapes.
     *
     * @param compute device of the weights, which compute in fp32
     * @throws ai.ingredients.InvalidInputException when it is missing or holds another network
     */
    public static CurricularFaceRecogniser open(Path file, Compute compute) {
        TensorStore store = Checkpoint.open(file);
        return new CurricularFaceRecogniser(Loaded.of(
                store, compute.with(DType.FP32), weights -> new CurricularFace(weights, CurricularFace.config(store))));
    }

    /** Length of an embedding. */
    public int width() {
        return network.config().numFeatures();
    }

    /**
     * The embeddings of aligned faces of any size.
     *
     * @return {@link #width} values each, at length 1
     */
    public List<float[]> embed(List<Picture> faces) {
        List<float[]> embeddings = new ArrayList<>();
        for (int from = 0; from < faces.size(); from += BATCH) {
            embeddings.addAll(embedTogether(faces.subList(from, Math.min(from + BATCH, faces.size()))));
        }
        return embeddings;
    }

    private List<float[]> embedTogether(List<Picture> faces) {
        int side = network.config().inputSize();
        try (Scope scope = Scope.inference()) {
            Tensor[] pixels = faces.stream()
                    .map(face -> Ops.tensor(FaceRecogniser.blob(face, side), 1, 3, side, side))
                    .toArray(Tensor[]::new);
            Tensor embeddings = network.forward(loaded.compute().place(Ops.cat(0, pixels)));
            float[] rows = Ops.floats(embeddings.div(
                    embeddings.norm(new ScalarOptional(new Scalar(2)), 1).unsqueeze(1)));
            List<float[]> list = new ArrayList<>();
            for (int at = 0; at < rows.length; at += width()) {
                list.add(Arrays.copyOfRange(rows, at, at + width()));
            }
            return list;
        }
    }

    @Override
    public void close() {
        loaded.close();
    }

    @Override
    public String toString() {
        return "CurricularFace" + network.config().layers() + " → " + width();
    }
}
