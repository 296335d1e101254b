package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.face.Anchors;
import ai.ingredients.face.DetectorConfig;
import ai.ingredients.face.Face;
import ai.ingredients.face.RetinaFace;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.training.features.DecodedClips;
import ai.ingredients.training.features.DecodedData;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Trains RetinaFace on frames of clips and on photos of their people, put on a canvas so that faces have every size.
 *
 * <p>Clips may be short: each is made for the few of its frames that are looked at, so a source of clips with three
 * frames is the cheapest.
 */
public final class DetectorStage implements Stage<DetectorStage.Batch> {
    /**
     * What the loss and the batches are made of.
     *
     * @param batch pictures
     * @param side pixels of the square pictures learned from, a multiple of 32
     * @param smallest pixels of the smallest faces
     * @param largest pixels of the largest faces
     * @param negatives anchors without a face that count for each with one, the hardest ones
     * @param boxWeight how much boxes count beside classes and landmarks
     * @param weightDecay of matrices
     */
    public record Settings(
            int batch, int side, double smallest, double largest, int negatives, double boxWeight, double weightDecay) {
        /** The reference's loss; faces from those of three people in a frame to those that fill a photo. */
        public static final Settings DEFAULT = new Settings(16, 224, 20, 200, 7, 2, 5e-4);

        public Settings {
            if (batch < 1 || side < 32 || side % 32 != 0) {
                throw new InvalidInputException(
                        "batch is " + batch + " and side " + side + "; expected at least 1 and a multiple of 32");
            }
            if (!(smallest > 0 && smallest <= largest && weightDecay >= 0)) {
                throw new InvalidInputException("smallest is " + smallest + ", largest " + largest
                        + " and weight-decay " + weightDecay + "; expected sizes in order and no negative decay");
            }
        }
    }

    /**
     * Pictures of one size.
     *
     * @param samples with their faces
     * @param name which clips
     */
    public record Batch(List<DetectorSample> samples, String name) {}

    private static final int VALIDATION_CLIPS = 24;
    /** Of a drawn clip that are looked at. */
    private static final int FRAMES = 2;
    /** A found face is the right one when its points lie this near, as a share of the eyes' distance. */
    private static final double NEAR = 0.25;

    private final DetectorConfig config;
    private final Settings settings;
    private final MultiBoxLoss loss;
    private final DetectorCanvas canvas;
    private final ClipSource clips;
    private final ClipSource validation;
    private final @Nullable DecodedData decoded;
    private final Compute compute;
    private final long seed;
    private final float[] anchors;
    private final Weights weights;
    private final RetinaFace network;

    /**
     * @param clips what to learn from
     * @param validation what to validate with
     * @param decoded clips as a model shows them; null for none; closed with the stage
     */
    public DetectorStage(
            DetectorConfig config,
            Settings settings,
            ClipSource clips,
            ClipSource validation,
            @Nullable DecodedData decoded,
            Beginning begun) {
        this.config = config;
        this.settings = settings;
        this.clips = clips;
        this.validation = validation;
        this.decoded = decoded;
        this.compute = begun.compute();
        this.seed = begun.seed();
        loss = new MultiBoxLoss(settings.negatives, settings.boxWeight);
        canvas = new DetectorCanvas(settings.side, settings.smallest, settings.largest);
        anchors = Anchors.of(settings.side, settings.side);
        weights = Weights.trainable(begun.start(), begun.compute(), new FaceInitial(begun.seed()));
        network = new RetinaFace(weights, config.backbone(), BatchNorm.Statistics.BATCH);
        weights.verify();
    }

    @Override
    public String name() {
        return "detector";
    }

    @Override
    public List<ParameterGroup> parameters() {
        return List.of(new ParameterGroup("detector", FaceParameters.learned(weights), 1, settings.weightDecay));
    }

    @Override
    public Map<String, Tensor> buffers() {
        return FaceParameters.buffers(weights);
    }

    /** Each clip gives two frames and a photo of each of its people; a decoded one gives frames. */
    @Override
    public Batch batch(long index) {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ index * 0xD1B54A32D192ED03L);
        List<DetectorSample> samples = new ArrayList<>();
        List<String> names = new ArrayList<>();
        while (samples.size() < settings.batch) {
            boolean made = decoded != null && random.nextDouble() < decoded.share();
            List<DetectorSample> whole = made ? decoded(random, names) : drawn(random, names);
            for (int i = 0; i < whole.size() && samples.size() < settings.batch; i++) {
                DetectorSample placed = canvas.place(whole.get(i), random);
                Picture seen = Photometry.MILD.apply(placed.picture(), random);
                samples.add(new DetectorSample(seen, placed.faces()));
            }
        }
        return new Batch(samples, String.join(", ", names));
    }

    private List<DetectorSample> drawn(SplittableRandom random, List<String> names) {
        Clip clip = clips.clip(random.nextLong(clips.size()));
        names.add(clip.id());
        List<DetectorSample> whole = new ArrayList<>();
        for (int i = 0; i < FRAMES; i++) {
            whole.add(DetectorSample.frame(clip, random.nextInt(clip.frames().size())));
        }
        for (Clip.Person person : clip.people()) {
            whole.add(DetectorSample.photo(
                    person.photos().get(random.nextInt(person.photos().size()))));
        }
        return whole;
    }

    /** As many pictures as a drawn clip of two people gives. */
    private List<DetectorSample> decoded(SplittableRandom random, List<String> names) {
        DecodedClips made = Objects.requireNonNull(decoded).learned();
        long clip = made.clips().get(random.nextInt(made.clips().size()));
        names.add("decoded " + clip);
        List<DetectorSample> whole = new ArrayList<>();
        for (int i = 0; i < 2 * FRAMES; i++) {
            whole.add(decoded(made, clip, random.nextInt(made.length(clip))));
        }
        return whole;
    }

    private static DetectorSample decoded(DecodedClips made, long clip, int frame) {
        return new DetectorSample(made.frame(clip, frame), made.faces(clip, frame));
    }

    @Override
    public int samples(Batch batch) {
        return batch.samples.size();
    }

    @Override
    public String describe(Batch batch) {
        return batch.name;
    }

    @Override
    public Losses losses(Batch batch, long step, Noise noise) {
        List<Picture> pictures =
                batch.samples.stream().map(DetectorSample::picture).toList();
        List<DetectorTargets> targets = batch.samples.stream()
                .map(sample -> DetectorTargets.match(sample.faces(), anchors, settings.side, settings.side))
                .toList();
        MultiBoxLoss.Parts parts = loss.parts(network.forward(network.pixels(pictures)), targets);
        return new Losses(loss.total(parts), parts.named());
    }

    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        SafetensorsWriter.write(
                folder.resolve("model.safetensors"), FaceParameters.exported(weights, values), Map.of());
        JsonFile.write(folder.resolve("config.json"), config.json());
    }

    /**
     * Which faces are found at the reference's score in frames, frames twice as large, photos and, where a model's are
     * looked at, decoded frames twice as large, all not learned from; how many more were found than are there; and how far
     * points lie off, as a share of the eyes' distance.
     */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        TensorStore store = TensorStore.of(FaceParameters.exported(weights, values), "trained weights");
        try (Weights own = Weights.of(store, compute.with(DType.FP32))) {
            RetinaFace trained = new RetinaFace(own, config.backbone());
            Tally frames = new Tally();
            Tally enlarged = new Tally();
            Tally photos = new Tally();
            for (long i = 0; i < Math.min(VALIDATION_CLIPS, validation.size()); i++) {
                Clip clip = validation.clip(i);
                DetectorSample frame = DetectorSample.frame(clip, clip.frames().size() / 2);
                frames.add(trained, frame);
                enlarged.add(trained, DetectorCanvas.scaled(frame, 2));
                for (Clip.Person person : clip.people()) {
                    photos.add(trained, DetectorSample.photo(person.photos().getFirst()));
                }
            }
            Map<String, Double> figures = new LinkedHashMap<>();
            frames.figures("frame", figures);
            enlarged.figures("enlarged-frame", figures);
            photos.figures("photo", figures);
            if (decoded != null) {
                decoded(trained, decoded.unseen()).figures("decoded-frame", figures);
            }
            return figures;
        }
    }

    private static Tally decoded(RetinaFace trained, DecodedClips made) {
        Tally tally = new Tally();
        for (long clip : made.clips()) {
            for (int frame = made.length(clip) / 2; frame < made.length(clip); frame += 4) {
                tally.add(trained, DetectorCanvas.scaled(decoded(made, clip, frame), 2));
            }
        }
        return tally;
    }

    /** Counts what is found and what is missed. */
    private static final class Tally {
        private int there;
        private int found;
        private int tooMany;
        private double distance;

        void add(RetinaFace detector, DetectorSample sample) {
            List<Face> seen = new ArrayList<>(detector.detect(sample.picture()));
            for (Face truth : sample.faces()) {
                there++;
                Face nearest = null;
                for (Face face : seen) {
                    if (nearest == null || offset(face, truth) < offset(nearest, truth)) {
                        nearest = face;
                    }
                }
                if (nearest != null && offset(nearest, truth) < NEAR) {
                    found++;
                    distance += offset(nearest, truth);
                    seen.remove(nearest);
                }
            }
            tooMany += seen.size();
        }

        private static double offset(Face face, Face truth) {
            double sum = 0;
            for (int i = 0; i < Face.LANDMARKS; i++) {
                sum += distance(face.landmarks().get(i), truth.landmarks().get(i));
            }
            double eyes = distance(truth.landmarks().get(0), truth.landmarks().get(1));
            return sum / Face.LANDMARKS / Math.max(eyes, 1);
        }

        private static double distance(Face.Point a, Face.Point b) {
            return Math.hypot(a.x() - b.x(), a.y() - b.y());
        }

        void figures(String of, Map<String, Double> figures) {
            figures.put(of + "-recall", (double) found / Math.max(1, there));
            figures.put(of + "-false", (double) tooMany / Math.max(1, there));
            figures.put(of + "-landmarks", distance / Math.max(1, found));
        }
    }

    @Override
    public void close() {
        weights.close();
        if (decoded != null) {
            decoded.close();
        }
    }
}
