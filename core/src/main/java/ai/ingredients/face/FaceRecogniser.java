package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.tensor.Compute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A network that turns an aligned face into a vector that tells people apart: as an ONNX file ({@link ArcFace}) or as
 * weights ({@link IResNetRecogniser}).
 *
 * <p>Owns native memory: close it after use. Thread-safe.
 */
public sealed interface FaceRecogniser extends AutoCloseable permits ArcFace, IResNetRecogniser {
    /** Side of the published networks' input, pixels. */
    int INPUT = 112;

    /** Middle and half width of the range of a sample. */
    float CENTER = 127.5f;

    /**
     * Opens {@code path}: an ONNX file, or a folder with {@code config.json} ({@link IResNetConfig}) and
     * {@code model.safetensors} or {@code pytorch_model.bin}.
     *
     * @param compute device of weights, which compute in fp32; ONNX runs on the CPU
     * @throws InvalidInputException when nothing usable is there
     */
    static FaceRecogniser open(Path path, Compute compute) {
        return Files.isDirectory(path) ? IResNetRecogniser.open(path, compute) : ArcFace.open(path);
    }

    /** Length of an embedding. */
    int width();

    /**
     * The embedding of an aligned face of any size, not normalised.
     *
     * @return {@link #width} values
     */
    float[] embed(Picture face);

    /** As {@link #embed(Picture)}, one after the other or all at once. */
    default List<float[]> embed(List<Picture> faces) {
        return faces.stream().map(this::embed).toList();
    }

    @Override
    void close();

    /**
     * What the networks take: [3, side, side] in R, G, B order, from −1 to 1, as {@code cv2.dnn.blobFromImages} makes it.
     */
    static float[] blob(Picture face, int side) {
        Picture small = face.width() == side && face.height() == side
                ? face
                : Resampling.openCv(face, side, side, Resampling.OpenCvFilter.LINEAR);
        byte[] rgb = small.rgb();
        int plane = side * side;
        float[] blob = new float[3 * plane];
        for (int i = 0; i < plane; i++) {
            for (int c = 0; c < 3; c++) {
                blob[c * plane + i] = ((rgb[3 * i + c] & 0xFF) - CENTER) * (float) (1 / 127.5);
            }
        }
        return blob;
    }
}
