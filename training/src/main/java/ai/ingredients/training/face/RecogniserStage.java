package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Portraits;
import ai.ingredients.face.FaceRecogniser;
import ai.ingredients.face.IResNet;
import ai.ingredients.face.IResNetConfig;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains a recogniser: embeddings of one person's faces come together, those of different people apart.
 *
 * <p>The loss is {@link MarginLoss} over all people of the {@link Portraits}, and, where their traits are known, those of
 * {@link TraitHeads}, without which thousands of people with a few photos each are slow to take hold. Batches show
 * aligned faces after {@link Photometry#STRONG}, so that faces in generated frames are known too.
 *
 * <p>A batch shows every person twice, so that the same margin loss can also be asked between its photos: that tells apart
 * people who share all but a trait or two before their centres have settled.
 */
public final class RecogniserStage implements Stage<FaceBatch> {
    /**
     * What the loss and the batches are made of.
     *
     * @param batch faces, an even number: two photos of each person
     * @param margin of the loss, radians
     * @param scale of the loss
     * @param traitWeight of the traits' loss; 0 to do without
     * @param pairWeight of the same margin loss between the batch's photos, whose centre is the person's other photo
     * @param landmarkNoise of the alignment, as a share of the eyes' distance
     * @param weightDecay of matrices
     */
    public record Settings(
            int batch,
            double margin,
            double scale,
            double traitWeight,
            double pairWeight,
            double landmarkNoise,
            double weightDecay) {
        /** The measured start: 250 steps of 32 faces find the right one of 100 unseen people in 98 of 100 cases. */
        public static final Settings DEFAULT = new Settings(64, 0.3, 24, 2, 1, 0.03, 5e-4);

        public Settings {
            if (batch < 4 || batch % 2 != 0) {
                throw new InvalidInputException("batch is " + batch + "; expected an even number of 4 or more");
            }
            if (!(traitWeight >= 0 && pairWeight >= 0 && landmarkNoise >= 0 && weightDecay >= 0)) {
                throw new InvalidInputException("trait-weight is " + traitWeight + ", pair-weight " + pairWeight
                        + ", landmark-noise " + landmarkNoise + " and weight-decay " + weightDecay
                        + "; expected none below 0");
            }
        }
    }

    private static final int VALIDATION_PEOPLE = 100;

    private final String name;
    private final IResNetConfig config;
    private final Settings settings;
    private final MarginLoss marginLoss;
    private final Compute compute;
    private final FaceCrops crops;
    private final FaceCrops validation;
    private final Weights weights;
    private final Weights heads;
    private final IResNet network;
    private final Tensor centres; // [people, numFeatures]
    private final TraitHeads traitHeads;

    /**
     * @param name of the run, for instance {@code recogniser}
     * @param start weights to begin with; an empty store begins from nothing
     * @param portraits people to learn
     * @param unseen other people, to validate with
     */
    public RecogniserStage(
            String name,
            IResNetConfig config,
            Settings settings,
            Portraits portraits,
            Portraits unseen,
            TensorStore start,
            Compute compute,
            long seed) {
        this.name = name;
        this.config = config;
        this.settings = settings;
        this.compute = compute;
        marginLoss = new MarginLoss(settings.margin, settings.scale);
        int side = config.inputSize();
        crops = new FaceCrops(portraits, side, 2, Photometry.STRONG, settings.landmarkNoise, seed);
        validation = new FaceCrops(unseen, side, 2, Photometry.STRONG, settings.landmarkNoise, 0);
        weights = Weights.trainable(start, compute, new FaceInitial(seed));
        network = new IResNet(weights, config, BatchNorm.Statistics.BATCH);
        weights.verify();
        heads = Weights.trainable(
                TensorStore.of(Map.of(), "nothing"), compute.with(DType.FP32), new Initialiser(seed + 1, 1));
        centres = heads.at("people").tensor("weight", portraits.people(), config.numFeatures());
        traitHeads = new TraitHeads(heads.at("traits"), portraits.traitSizes(), config.numFeatures());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<ParameterGroup> parameters() {
        return List.of(
                new ParameterGroup("recogniser", FaceParameters.learned(weights), 1, settings.weightDecay),
                new ParameterGroup("heads", heads.parameters(), 1, settings.weightDecay));
    }

    @Override
    public Map<String, Tensor> buffers() {
        return FaceParameters.buffers(weights);
    }

    @Override
    public FaceBatch batch(long index) {
        return crops.batch(index, settings.batch);
    }

    @Override
    public int samples(FaceBatch batch) {
        return batch.faces().size();
    }

    @Override
    public String describe(FaceBatch batch) {
        return batch.name();
    }

    @Override
    public Losses losses(FaceBatch batch, long step, Noise noise) {
        Tensor embeddings =
                network.forward(compute.place(pixels(batch.faces()))).to(DType.FP32.scalarType());
        Map<String, Tensor> parts = new LinkedHashMap<>();
        Tensor people = marginLoss.of(embeddings, centres, batch.labels(compute));
        parts.put("people", people);
        Tensor total = people;
        if (settings.pairWeight > 0) {
            Tensor pairs = Pairs.loss(marginLoss, embeddings);
            parts.put("pairs", pairs);
            total = total.add(Ops.scale(pairs, settings.pairWeight));
        }
        if (settings.traitWeight > 0 && !batch.traits().getFirst().isEmpty()) {
            Tensor traits = traitHeads.loss(embeddings, batch.traitLabels(compute));
            parts.put("traits", traits);
            total = total.add(Ops.scale(traits, settings.traitWeight));
        }
        return new Losses(total, parts);
    }

    /** [B, 3, side, side], fp32 on the CPU. */
    private Tensor pixels(List<Picture> faces) {
        int side = config.inputSize();
        return Scope.of(() -> Ops.cat(
                0,
                faces.stream()
                        .map(face -> Ops.tensor(FaceRecogniser.blob(face, side), 1, 3, side, side))
                        .toArray(Tensor[]::new)));
    }

    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        SafetensorsWriter.write(
                folder.resolve("model.safetensors"), FaceParameters.exported(weights, values), Map.of());
        JsonFile.write(folder.resolve("config.json"), config.json());
    }

    /** Same or different, and who of 100, on people not learned from, seen as badly as in training. */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        TensorStore store = TensorStore.of(FaceParameters.exported(weights, values), "trained weights");
        try (Weights own = Weights.of(store, compute.with(DType.FP32))) {
            IResNet trained = new IResNet(own, config);
            FaceBatch seen = validation.batch(0, 2 * Math.min(VALIDATION_PEOPLE, validation.people()));
            return Verification.of(seen.faces(), faces -> {
                        try (Scope scope = Scope.inference()) {
                            return rows(trained.forward(own.compute().place(pixels(faces))));
                        }
                    })
                    .figures();
        }
    }

    /** [B, D] → B arrays. */
    static List<float[]> rows(Tensor embeddings) {
        float[] values = Ops.floats(embeddings);
        int width = (int) embeddings.size(1);
        List<float[]> rows = new ArrayList<>();
        for (int at = 0; at < values.length; at += width) {
            rows.add(Arrays.copyOfRange(values, at, at + width));
        }
        return rows;
    }

    @Override
    public void close() {
        heads.close();
        weights.close();
    }
}
