package ai.ingredients.face;

import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Loaded;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** An {@link IResNet} opened from its folder. Computes in fp32. */
public final class IResNetRecogniser implements FaceRecogniser {
    private static final int BATCH = 32;

    private final Loaded<IResNet> loaded;
    private final IResNet network;

    private IResNetRecogniser(Loaded<IResNet> loaded) {
        this.loaded = loaded;
        network = loaded.model();
    }

    /** As {@link FaceRecogniser#open} for a folder. */
    static IResNetRecogniser open(Path folder, Compute compute) {
        return open(folder.resolve("config.json"), folder, compute);
    }

    /** As {@link #open(Path, Compute)} with the weights in a file of their own. */
    static IResNetRecogniser open(Path configFile, Path weightsPath, Compute compute) {
        IResNetConfig config = IResNetConfig.read(configFile);
        return new IResNetRecogniser(
                Loaded.open(weightsPath, compute.with(DType.FP32), weights -> new IResNet(weights, config)));
    }

    @Override
    public int width() {
        return network.config().numFeatures();
    }

    @Override
    public float[] embed(Picture face) {
        return embed(List.of(face)).getFirst();
    }

    @Override
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
            float[] rows = Ops.floats(network.forward(loaded.compute().place(Ops.cat(0, pixels))));
            List<float[]> embeddings = new ArrayList<>();
            for (int at = 0; at < rows.length; at += width()) {
                embeddings.add(Arrays.copyOfRange(rows, at, at + width()));
            }
            return embeddings;
        }
    }

    @Override
    public void close() {
        loaded.close();
    }

    @Override
    public String toString() {
        return "IResNet" + network.config().layers() + " → " + width();
    }
}
