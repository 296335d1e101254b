package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Portraits;
import ai.ingredients.face.FaceRecogniser;
import ai.ingredients.face.IResNet;
import ai.ingredients.face.IResNetConfig;
import ai.ingredients.media.Picture;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
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
public final class RecogniserStage extends PortraitStage {
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

    private final IResNetConfig config;
    private final Settings settings;
    private final MarginLoss marginLoss;
    private final IResNet network;
    private final Tensor centres; // [people, numFeatures]
    private final TraitHeads traitHeads;

    /**
     * @param portraits people to learn
     * @param unseen other people, to validate with
     */
    public RecogniserStage(
            IResNetConfig config, Settings settings, Portraits portraits, Portraits unseen, Beginning begun) {
        super(
                begun,
                new FaceInitial(begun.seed()),
                crops(config, settings, portraits, begun.seed()),
                crops(config, settings, unseen, 0),
                settings.batch,
                settings.weightDecay);
        this.config = config;
        this.settings = settings;
        marginLoss = new MarginLoss(settings.margin, settings.scale);
        network = new IResNet(weights, config, BatchNorm.Statistics.BATCH);
        weights.verify();
        centres = heads.at("people").tensor("weight", portraits.people(), config.numFeatures());
        traitHeads = new TraitHeads(heads.at("traits"), portraits.traitSizes(), config.numFeatures());
    }

    private static FaceCrops crops(IResNetConfig config, Settings settings, Portraits people, long seed) {
        return new FaceCrops(people, config.inputSize(), 2, Photometry.STRONG, settings.landmarkNoise, seed);
    }

    @Override
    public String name() {
        return "recogniser";
    }

    @Override
    public Map<String, Tensor> buffers() {
        return FaceParameters.buffers(weights);
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
    JsonNode config() {
        return config.json();
    }

    @Override
    Embedding embedding(Weights trained) {
        IResNet own = new IResNet(trained, config);
        return faces -> own.forward(trained.compute().place(pixels(faces)));
    }
}
