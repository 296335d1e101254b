package ai.ingredients.training.sam;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.ClipSource;
import ai.ingredients.data.Mask;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.sam.PromptBox;
import ai.ingredients.sam.Sam;
import ai.ingredients.sam.SamConfig;
import ai.ingredients.sam.SamLabels;
import ai.ingredients.sam.SamPrediction;
import ai.ingredients.sam.SamPrompts;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Trains a {@link Sam} to answer the box of a drawn person's face with the mask of the face and its hair. Of the answers
 * only {@link Sam.Answer#SINGLE} is learned; points, masks as prompts and the other answers keep their first values.
 *
 * <p>The loss is that of the paper (arXiv 2304.02643, appendix A): focal loss and dice loss of the low-resolution logits,
 * 20 : 1, and the squared error of the predicted overlap. Boxes are moved about as there: each edge by a Gaussian of a
 * tenth of the box's side.
 */
public final class SamStage implements Stage<SamBatch> {
    /**
     * What the batches and the loss are made of.
     *
     * @param batch pictures
     * @param weightDecay of matrices
     * @param jitter standard deviation of an edge of a box, as a share of the box's side
     * @param focalGamma how much cells that are right already count less; the paper's is 2, with 0 the focal loss is the
     *     cross-entropy, which drives logits farther apart
     */
    public record Settings(int batch, double weightDecay, double jitter, double focalGamma) {
        /** The paper's, in batches for a CPU. */
        public static final Settings DEFAULT = new Settings(8, 1e-2, 0.1, 2);

        public Settings {
            if (batch < 1 || !(weightDecay >= 0 && jitter >= 0 && jitter <= 0.5 && focalGamma >= 0)) {
                throw new InvalidInputException("batch is " + batch + ", weight-decay " + weightDecay + ", jitter "
                        + jitter + " and focal-gamma " + focalGamma
                        + "; expected at least 1, nothing below 0, and a jitter of at most 0.5");
            }
        }
    }

    private static final double FOCAL_WEIGHT = 20;
    private static final int VALIDATION_CLIPS = 48;
    private static final int TRIES = 100;

    private final SamConfig config;
    private final Settings settings;
    private final ClipSource clips;
    private final ClipSource unseen;
    private final Compute compute;
    private final long seed;
    private final Weights weights;
    private final Sam sam;

    /**
     * @param clips to learn from; their first frames are used
     * @param unseen others to validate with
     */
    public SamStage(SamConfig config, Settings settings, ClipSource clips, ClipSource unseen, Beginning begun) {
        this.config = config;
        this.settings = settings;
        this.clips = clips;
        this.unseen = unseen;
        this.compute = begun.compute();
        this.seed = begun.seed();
        Initialiser initial = new Initialiser(begun.seed(), 1)
                .rule(".*pos_embed", 0.02)
                .rule(".*rel_pos_[hw]", 0)
                .rule(".*positional_encoding_gaussian_matrix", 1)
                .rule(".*(mask_tokens|iou_token|_embed|point_embeddings\\.\\d)\\.weight", 1);
        weights = Weights.trainable(begun.start(), begun.compute(), initial);
        sam = Sam.of(weights, config);
        weights.verify();
    }

    @Override
    public String name() {
        return "sam";
    }

    @Override
    public List<ParameterGroup> parameters() {
        Map<String, Tensor> learned = new LinkedHashMap<>();
        weights.parameters().forEach((name, tensor) -> {
            if (tensor.requires_grad()) {
                learned.put(name, tensor);
            }
        });
        return List.of(new ParameterGroup("sam", learned, 1, settings.weightDecay));
    }

    @Override
    public SamBatch batch(long index) {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ index * 0xD1B54A32D192ED03L);
        List<Picture> pictures = new ArrayList<>();
        List<PromptBox> boxes = new ArrayList<>();
        List<Mask> masks = new ArrayList<>();
        for (int i = 0; i < TRIES * settings.batch && pictures.size() < settings.batch; i++) {
            Clip clip = clips.clip(random.nextLong(clips.size()));
            Seen seen = clip.people()
                    .get(random.nextInt(clip.people().size()))
                    .track()
                    .getFirst();
            Mask mask = seen.faceMask();
            Face.Box box = seen.faceBox();
            if (mask != null && box != null && mask.area() > 0) {
                pictures.add(clip.frames().getFirst());
                boxes.add(moved(box, random));
                masks.add(mask);
            }
        }
        if (pictures.size() < settings.batch) {
            throw new InvalidInputException(clips.name() + ": hardly any first frame shows a face");
        }
        return new SamBatch(pictures, boxes, masks, "frames of batch " + index + " of " + clips.name());
    }

    private PromptBox moved(Face.Box box, SplittableRandom random) {
        double width = (double) box.right() - box.left();
        double height = (double) box.bottom() - box.top();
        double left = box.left() + shift(width, random);
        double top = box.top() + shift(height, random);
        double right = box.right() + shift(width, random);
        double bottom = box.bottom() + shift(height, random);
        // Edges stay in order however far they are moved.
        return new PromptBox(
                (float) left, (float) top, (float) Math.max(left + 1, right), (float) Math.max(top + 1, bottom));
    }

    private double shift(double side, SplittableRandom random) {
        return settings.jitter == 0 ? 0 : side * settings.jitter * random.nextGaussian();
    }

    @Override
    public int samples(SamBatch batch) {
        return batch.pictures().size();
    }

    @Override
    public String describe(SamBatch batch) {
        return batch.name();
    }

    @Override
    public Losses losses(SamBatch batch, long step, Noise noise) {
        Sam.Encoded encoded = sam.encode(batch.pictures());
        int count = batch.boxes().size();
        Tensor edges =
                Ops.tensor(encoded.frame().boxes(batch.boxes()), count, 4).to(compute.nativeDevice(), ScalarType.Float);
        SamPrediction found = sam.predict(encoded, SamPrompts.boxes(edges), Sam.Answer.SINGLE);

        int cell = config.imageSize() / config.maskSide();
        int rows = Math.ceilDiv(encoded.frame().scaledHeight(), cell);
        int columns = Math.ceilDiv(encoded.frame().scaledWidth(), cell);
        Tensor logits = found.logits() // [B, 1, 4 · grid, 4 · grid], of which a part is picture
                .narrow(2, 0, rows)
                .narrow(3, 0, columns)
                .flatten(1, 3); // [B, cells]
        Tensor wanted = wanted(batch, rows, columns, cell).to(compute.nativeDevice(), ScalarType.Float);
        Tensor shares = logits.sigmoid();
        Tensor entropy = torch.softplus(logits).sub(logits.mul(wanted));
        Tensor hard = wanted.sub(shares).abs().pow(new Scalar(settings.focalGamma));
        Tensor focal = entropy.mul(hard).mean();
        Tensor both = sum(shares.mul(wanted));
        Tensor either = Ops.plus(sum(shares).add(sum(wanted)), 1);
        Tensor dice =
                Ops.plus(Ops.plus(Ops.scale(both, 2), 1).div(either).neg(), 1).mean();
        Tensor overlap = overlap(logits.detach(), wanted); // [B]
        Tensor score = found.iouScores().select(1, 0).sub(overlap).square().mean();
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put("focal", focal);
        parts.put("dice", dice);
        parts.put("iou-error", score);
        parts.put("iou", overlap.mean());
        return new Losses(Ops.scale(focal, FOCAL_WEIGHT).add(dice).add(score), parts);
    }

    /** 1 for cells at least half of which is face, else 0: [B, cells]. Cells may reach beyond the picture. */
    private static Tensor wanted(SamBatch batch, int rows, int columns, int cell) {
        float[] wanted = new float[batch.masks().size() * rows * columns];
        Picture picture = batch.pictures().getFirst();
        double scale = Math.max(picture.width(), picture.height()) / (double) (Math.max(rows, columns) * cell);
        int at = 0;
        for (Mask mask : batch.masks()) {
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    int inside = 0;
                    for (int i = 0; i < cell * cell; i++) {
                        int x = (int) ((column * cell + i % cell + 0.5) * scale);
                        int y = (int) ((row * cell + i / cell + 0.5) * scale);
                        inside += x < mask.width() && y < mask.height() && mask.get(x, y) ? 1 : 0;
                    }
                    wanted[at++] = 2 * inside >= cell * cell ? 1 : 0;
                }
            }
        }
        return Ops.tensor(wanted, batch.masks().size(), (long) rows * columns);
    }

    private static Tensor sum(Tensor rows) {
        return rows.sum(new long[] {1}, false, new ScalarTypeOptional());
    }

    /** Intersection over union of what is above 0 and what is wanted: [B]. */
    private static Tensor overlap(Tensor logits, Tensor wanted) {
        Tensor found = logits.gt(new Scalar(SamPrediction.REFERENCE_THRESHOLD)).to(ScalarType.Float);
        Tensor both = sum(found.mul(wanted));
        return both.div(sum(found).add(sum(wanted)).sub(both).clamp_min(new Scalar(1)));
    }

    /** Writes {@code model.safetensors} with the official names; {@link SamConfig#of} tells the sizes from it. */
    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), all(values), Map.of());
    }

    private Map<String, Tensor> all(Map<String, Tensor> values) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        weights.parameters().forEach((name, own) -> all.put(name, Objects.requireNonNullElse(values.get(name), own)));
        return all;
    }

    /**
     * {@code iou}: mean overlap of masks of unseen people's faces with the truth, pixels above 0, boxes as drawn;
     * {@code paper-iou}: the same as the router's labels have it, cells above −2.
     */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        double above = 0;
        double paper = 0;
        int faces = 0;
        try (Weights trained = Weights.of(TensorStore.of(all(values), "trained weights"), compute)) {
            Sam model = Sam.of(trained, config);
            for (long i = 0; i < Math.min(VALIDATION_CLIPS, unseen.size()); i++) {
                Clip clip = unseen.clip(i);
                for (Clip.Person person : clip.people()) {
                    Mask mask = person.track().getFirst().faceMask();
                    Face.Box box = person.track().getFirst().faceBox();
                    if (mask == null || box == null || mask.area() == 0) {
                        continue;
                    }
                    PromptBox prompt = new PromptBox(box.left(), box.top(), box.right(), box.bottom());
                    try (Scope scope = Scope.inference()) {
                        SamPrediction found =
                                model.predict(clip.frames().getFirst(), List.of(prompt), Sam.Answer.SINGLE);
                        SamLabels reference = new SamLabels(SamPrediction.REFERENCE_THRESHOLD, SamLabels.Order.PIXELS);
                        above += overlap(reference.masks(found).getFirst(), mask.bits());
                        paper += overlap(SamLabels.paper().masks(found).getFirst(), mask.bits());
                    }
                    faces++;
                }
            }
        }
        Map<String, Double> figures = new LinkedHashMap<>(); // in this order in every log
        if (faces > 0) {
            figures.put("iou", above / faces);
            figures.put("paper-iou", paper / faces);
        }
        return figures;
    }

    private static double overlap(BitSet found, BitSet wanted) {
        BitSet both = (BitSet) found.clone();
        both.and(wanted);
        double common = both.cardinality();
        return common / Math.max(1, found.cardinality() + wanted.cardinality() - common);
    }

    @Override
    public void close() {
        weights.close();
    }
}
