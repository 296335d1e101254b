package ai.ingredients.training.face;

import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What the networks that see one face at a time share: they learn from crops of portraits, with heads that are only there
 * to learn, and are validated by whom they can tell apart.
 */
abstract sealed class PortraitStage implements Stage<FaceBatch> permits RecogniserStage, TowerStage {
    private static final int VALIDATION_PEOPLE = 100;

    final Compute compute;
    final Weights weights;
    /** What is not written. */
    final Weights heads;

    private final int batch;
    private final double weightDecay;
    private final FaceCrops crops;
    private final FaceCrops validation;

    /**
     * @param initial of the network
     * @param crops to learn from
     * @param validation of other people
     * @param batch faces in a batch
     */
    PortraitStage(
            Beginning begun,
            Weights.Initial initial,
            FaceCrops crops,
            FaceCrops validation,
            int batch,
            double weightDecay) {
        this.batch = batch;
        this.weightDecay = weightDecay;
        this.crops = crops;
        this.validation = validation;
        compute = begun.compute();
        weights = Weights.trainable(begun.start(), compute, initial);
        heads = Weights.trainable(
                TensorStore.of(Map.of(), "nothing"), compute.with(DType.FP32), new Initialiser(begun.seed() + 1, 1));
    }

    /** The network's config as it is written. */
    abstract JsonNode config();

    /** What trained weights make of faces: [B, D], owned by the innermost scope. */
    abstract Embedding embedding(Weights trained);

    /** A network that sees faces. */
    @FunctionalInterface
    interface Embedding {
        /** [B, D], owned by the innermost scope. */
        Tensor of(List<Picture> faces);
    }

    @Override
    public final List<ParameterGroup> parameters() {
        return List.of(
                new ParameterGroup(name(), FaceParameters.learned(weights), 1, weightDecay),
                new ParameterGroup("heads", heads.parameters(), 1, weightDecay));
    }

    @Override
    public final FaceBatch batch(long index) {
        return crops.batch(index, batch);
    }

    @Override
    public final int samples(FaceBatch faces) {
        return faces.faces().size();
    }

    @Override
    public final String describe(FaceBatch faces) {
        return faces.name();
    }

    @Override
    public final void export(Path folder, Map<String, Tensor> values) {
        SafetensorsWriter.write(
                folder.resolve("model.safetensors"), FaceParameters.exported(weights, values), Map.of());
        JsonFile.write(folder.resolve("config.json"), config());
    }

    /** Same or different, and who of 100, on people not learned from, seen as in training. */
    @Override
    public final Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        TensorStore store = TensorStore.of(FaceParameters.exported(weights, values), "trained weights");
        try (Weights own = Weights.of(store, compute.with(DType.FP32))) {
            Embedding trained = embedding(own);
            FaceBatch seen = validation.batch(0, 2 * Math.min(VALIDATION_PEOPLE, validation.people()));
            return Verification.of(seen.faces(), faces -> {
                        try (Scope scope = Scope.inference()) {
                            return rows(trained.of(faces));
                        }
                    })
                    .figures();
        }
    }

    /** [B, D] → B arrays. */
    private static List<float[]> rows(Tensor embeddings) {
        float[] values = Ops.floats(embeddings);
        int width = (int) embeddings.size(1);
        List<float[]> rows = new ArrayList<>();
        for (int at = 0; at < values.length; at += width) {
            rows.add(Arrays.copyOfRange(values, at, at + width));
        }
        return rows;
    }

    @Override
    public final void close() {
        heads.close();
        weights.close();
    }
}
