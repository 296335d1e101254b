package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Portraits;
import ai.ingredients.face.EvaConfig;
import ai.ingredients.face.EvaVisionTower;
import ai.ingredients.io.JsonFile;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains the CLIP tower without texts: what the video model takes from it is who somebody is and how that looks, and both
 * can be asked for directly.
 *
 * <p>As in CLIP (arXiv 2103.00020) a batch's pairs find each other by their embeddings, here two photos of one person
 * instead of a picture and its text. The traits of the person are read off the embedding and, by other heads, off the
 * mean token of each hidden state the video model is given, which also brings gradients to the early blocks of a deep and
 * narrow tower.
 */
public final class TowerStage implements Stage<FaceBatch> {
    /**
     * What the loss and the batches are made of.
     *
     * @param batch photos, an even number: two of each person
     * @param scale of the cosines between photos
     * @param pairWeight of the pairs' loss
     * @param traitWeight of the traits read off the embedding
     * @param hiddenWeight of the traits read off the hidden states, their mean
     * @param weightDecay of matrices
     */
    public record Settings(
            int batch, double scale, double pairWeight, double traitWeight, double hiddenWeight, double weightDecay) {
        /** Chosen like those of the recogniser, not searched for. */
        public static final Settings DEFAULT = new Settings(64, 16, 0.5, 2, 2, 0.02);

        public Settings {
            if (batch < 4 || batch % 2 != 0) {
                throw new InvalidInputException("batch is " + batch + "; expected an even number of 4 or more");
            }
            if (!(scale > 0 && pairWeight >= 0 && traitWeight >= 0 && hiddenWeight >= 0 && weightDecay >= 0)) {
                throw new InvalidInputException("scale is " + scale + ", pair-weight " + pairWeight + ", trait-weight "
                        + traitWeight + ", hidden-weight " + hiddenWeight + " and weight-decay " + weightDecay
                        + "; expected a positive scale and nothing below 0");
            }
        }
    }

    private static final int VALIDATION_PEOPLE = 100;
    private static final double LANDMARK_NOISE = 0.02;

    private final EvaConfig config;
    private final Settings settings;
    private final MarginLoss contrast;
    private final Compute compute;
    private final FaceCrops crops;
    private final FaceCrops validation;
    private final Weights weights;
    private final Weights heads;
    private final EvaVisionTower tower;
    private final TraitHeads traitHeads;
    private final List<TraitHeads> hiddenHeads = new ArrayList<>();

    /**
     * @param start weights to begin with, named {@code visual.*}; an empty store begins from nothing
     * @param portraits people to learn from
     * @param unseen other people, to validate with
     */
    public TowerStage(
            EvaConfig config,
            Settings settings,
            Portraits portraits,
            Portraits unseen,
            TensorStore start,
            Compute compute,
            long seed) {
        this.config = config;
        this.settings = settings;
        this.compute = compute;
        contrast = new MarginLoss(0, settings.scale);
        crops = new FaceCrops(portraits, config.imageSize(), 2, Photometry.MILD, LANDMARK_NOISE, seed);
        validation = new FaceCrops(unseen, config.imageSize(), 2, Photometry.MILD, LANDMARK_NOISE, 0);
        weights = Weights.trainable(
                start,
                compute,
                new Initialiser(seed, 1)
                        .rule(".*(cls_token|pos_embed)", 0.02)
                        // A deep pre-norm tower starts near the identity.
                        .rule(".*blocks\\.\\d+\\.(attn\\.proj|mlp\\.w3)\\.weight", 0.02));
        tower = new EvaVisionTower(weights.at("visual"), config);
        weights.verify();
        heads = Weights.trainable(
                TensorStore.of(Map.of(), "nothing"), compute.with(DType.FP32), new Initialiser(seed + 1, 1));
        traitHeads = new TraitHeads(heads.at("traits"), portraits.traitSizes(), config.embedDim());
        for (int i = 0; i < EvaVisionTower.HIDDEN_STATES; i++) {
            hiddenHeads.add(new TraitHeads(heads.at("hidden").at(i), portraits.traitSizes(), config.width()));
        }
    }

    @Override
    public String name() {
        return "tower";
    }

    @Override
    public List<ParameterGroup> parameters() {
        return List.of(
                new ParameterGroup("tower", weights.parameters(), 1, settings.weightDecay),
                new ParameterGroup("heads", heads.parameters(), 1, settings.weightDecay));
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
        EvaVisionTower.Output output = tower.forward(tower.preprocess(batch.faces()));
        Tensor embedding = output.embedding().to(DType.FP32.scalarType());
        Map<String, Tensor> parts = new LinkedHashMap<>();
        Tensor pairs = Pairs.loss(contrast, embedding);
        parts.put("pairs", pairs);
        Tensor total = Ops.scale(pairs, settings.pairWeight);
        if (!batch.traits().getFirst().isEmpty()) {
            Tensor labels = batch.traitLabels(compute);
            Tensor traits = traitHeads.loss(embedding, labels);
            parts.put("traits", traits);
            Tensor hidden = hiddenTraits(output.hiddenStates(), labels);
            parts.put("hidden-traits", hidden);
            total = total.add(Ops.scale(traits, settings.traitWeight)).add(Ops.scale(hidden, settings.hiddenWeight));
        }
        return new Losses(total, parts);
    }

    private Tensor hiddenTraits(List<Tensor> hiddenStates, Tensor labels) {
        Tensor[] losses = new Tensor[hiddenStates.size()];
        for (int i = 0; i < losses.length; i++) {
            Tensor mean = hiddenStates.get(i).to(DType.FP32.scalarType()).mean(1); // [B, width]
            losses[i] = hiddenHeads.get(i).loss(Ops.layerNorm(mean, null, null, 1e-5), labels);
        }
        return Ops.stack(0, losses).mean();
    }

    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        SafetensorsWriter.write(
                folder.resolve("model.safetensors"), FaceParameters.exported(weights, values), Map.of());
        JsonFile.write(folder.resolve("config.json"), config.json());
    }

    /** Same or different, and who of 100, by the embeddings of people not learned from. */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        TensorStore store = TensorStore.of(FaceParameters.exported(weights, values), "trained weights");
        try (Weights own = Weights.of(store, compute.with(DType.FP32))) {
            EvaVisionTower trained = new EvaVisionTower(own.at("visual"), config);
            FaceBatch seen = validation.batch(0, 2 * Math.min(VALIDATION_PEOPLE, validation.people()));
            return Verification.of(seen.faces(), faces -> {
                        try (Scope scope = Scope.inference()) {
                            return RecogniserStage.rows(
                                    trained.forward(trained.preprocess(faces)).embedding());
                        }
                    })
                    .figures();
        }
    }

    @Override
    public void close() {
        heads.close();
        weights.close();
    }
}
