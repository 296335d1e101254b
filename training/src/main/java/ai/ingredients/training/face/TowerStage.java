package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Portraits;
import ai.ingredients.face.EvaConfig;
import ai.ingredients.face.EvaVisionTower;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
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
public final class TowerStage extends PortraitStage {
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

    private static final double LANDMARK_NOISE = 0.02;

    private final EvaConfig config;
    private final Settings settings;
    private final MarginLoss contrast;
    private final EvaVisionTower tower;
    private final TraitHeads traitHeads;
    private final List<TraitHeads> hiddenHeads = new ArrayList<>();

    /**
     * @param portraits people to learn from
     * @param unseen other people, to validate with
     * @param begun with weights named {@code visual.*}
     */
    public TowerStage(EvaConfig config, Settings settings, Portraits portraits, Portraits unseen, Beginning begun) {
        super(
                begun,
                new Initialiser(begun.seed(), 1)
                        .rule(".*(cls_token|pos_embed)", 0.02)
                        // A deep pre-norm tower starts near the identity.
                        .rule(".*blocks\\.\\d+\\.(attn\\.proj|mlp\\.w3)\\.weight", 0.02),
                crops(config, portraits, begun.seed()),
                crops(config, unseen, 0),
                settings.batch,
                settings.weightDecay);
        this.config = config;
        this.settings = settings;
        contrast = new MarginLoss(0, settings.scale);
        tower = new EvaVisionTower(weights.at("visual"), config);
        weights.verify();
        traitHeads = new TraitHeads(heads.at("traits"), portraits.traitSizes(), config.embedDim());
        for (int i = 0; i < EvaVisionTower.HIDDEN_STATES; i++) {
            hiddenHeads.add(new TraitHeads(heads.at("hidden").at(i), portraits.traitSizes(), config.width()));
        }
    }

    private static FaceCrops crops(EvaConfig config, Portraits people, long seed) {
        return new FaceCrops(people, config.imageSize(), 2, Photometry.MILD, LANDMARK_NOISE, seed);
    }

    @Override
    public String name() {
        return "tower";
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
    JsonNode config() {
        return config.json();
    }

    @Override
    Embedding embedding(Weights trained) {
        EvaVisionTower own = new EvaVisionTower(trained.at("visual"), config);
        return faces -> own.forward(own.preprocess(faces)).embedding();
    }
}
