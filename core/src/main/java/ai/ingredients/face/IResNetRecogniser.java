package ai.ingredients.face;

import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** An {@link IResNet} opened from its folder. Computes in fp32. */
public final class IResNetRecogniser implements FaceRecogniser {
    private static final int BATCH = 32;

    private final IResNet network;
    private final Weights weights;
    private final TensorStore store;

    private IResNetRecogniser(IResNet network, Weights weights, TensorStore store) {
        this.network = network;
        this.weights = weights;
        this.store = store;
    }

    /** As {@link FaceRecogniser#open} for a folder. */
    static IResNetRecogniser open(Path folder, Compute compute) {
        return open(folder.resolve("config.json"), folder, compute);
    }

    /** As {@link #open(Path, Compute)} with the weights in a file of their own. */
    static IResNetRecogniser open(Path configFile, Path weightsPath, Compute compute) {
        IResNetConfig config = IResNetConfig.read(configFile);
        TensorStore store = Checkpoint.open(weightsPath);
        Weights weights = Weights.of(store, compute.with(DType.FP32));
        try {
            IResNet network = new IResNet(weights, config);
            weights.verify();
            return new IResNetRecogniser(network, weights, store);
        } catch (RuntimeException e) {
            weights.close();
            store.close();
            throw e;
        }
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
            float[] rows = Ops.floats(network.forward(weights.compute().place(Ops.cat(0, pixels))));
            List<float[]> embeddings = new ArrayList<>();
            for (int at = 0; at < rows.length; at += width()) {
                embeddings.add(Arrays.copyOfRange(rows, at, at + width()));
            }
            return embeddings;
        }
    }

    @Override
    public void close() {
        weights.close();
        store.close();
    }

    @Override
    public String toString() {
        return "IResNet" + network.config().layers() + " → " + width();
    }
}
