package ai.ingredients.training.decoder;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.features.GuessEncoder;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.ClipTensors;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.vae.PictureLoss;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Trains the decoder of an autoencoder on the latents that a transformer makes: what comes out should be the truth. The
 * encoder stays bit for bit, so that the transformer fits on.
 *
 * <p>A decoder that has seen nothing but what its encoder makes turns latents that are slightly off into blots. The loss is
 * {@link PictureLoss}, heavier on faces.
 */
public final class DecoderStage implements Stage<DecoderStage.Batch> {
    /**
     * @param batch stretches of clips in a batch
     * @param latentFrames of each, from the clip's beginning, odd; 0 for whole clips
     * @param cropHeight of a stretch in pixels, a multiple of 8; clips that are not larger stay whole
     * @param cropWidth likewise
     * @param wholeShare share of batches that are not cropped
     * @param truthShare share of stretches whose latents are the encoder's own, so that these are not forgotten
     * @param edgeWeight of the edges' error
     * @param faceWeight how much more a pixel of a face counts
     * @param identityWeight of what the bundle's recogniser finds different in faces; 0 does without it
     */
    public record Settings(
            int batch,
            int latentFrames,
            int cropHeight,
            int cropWidth,
            double wholeShare,
            double truthShare,
            double edgeWeight,
            double faceWeight,
            double identityWeight) {
        /** For a quarter of an hour on a CPU. */
        public static final Settings DEFAULT = new Settings(4, 3, 64, 96, 0.25, 0.15, 0.5, 3, 0.1);

        public Settings {
            if (batch < 1) {
                throw new InvalidInputException("batch is " + batch + "; expected at least 1");
            }
            if (latentFrames != 0 && latentFrames % 2 == 0 || latentFrames < 0) {
                throw new InvalidInputException("latent-frames is " + latentFrames
                        + "; expected 0 for whole clips or an odd number, as the decoder takes them");
            }
            if (cropHeight < 8 || cropWidth < 8 || cropHeight % 8 != 0 || cropWidth % 8 != 0) {
                throw new InvalidInputException(
                        "crop-height is " + cropHeight + " and crop-width " + cropWidth + "; expected multiples of 8");
            }
            if (!(wholeShare >= 0 && wholeShare <= 1 && truthShare >= 0 && truthShare <= 1)) {
                throw new InvalidInputException(
                        "whole-share is " + wholeShare + " and truth-share " + truthShare + "; expected 0 to 1");
            }
            if (!(edgeWeight >= 0 && faceWeight >= 0)) {
                throw new InvalidInputException(
                        "edge-weight is " + edgeWeight + " and face-weight " + faceWeight + "; expected at least 0");
            }
        }
    }

    /**
     * A stretch of a clip.
     *
     * @param clip number in the cache
     * @param guess which of its guesses; −1 for the encoder's own latents
     * @param y rows of latents above it
     * @param x columns of latents left of it
     */
    record Stretch(long clip, int guess, int y, int x) {}

    /**
     * Stretches of one size.
     *
     * @param frames latent frames
     * @param rows of latents
     * @param columns of latents
     */
    record Batch(List<Stretch> stretches, int frames, int rows, int columns) {}

    /** Clips that a validation looks at. */
    public static final int VALIDATION_CLIPS = 8;

    private static final int PIXELS = 8;
    /** Neighbouring frames show almost the same face. */
    private static final int FACES_EVERY = 4;

    private static final String DECODER = "decoder.";

    private final JsonNode modelConfig;
    private final VaeConfig config;
    private final Settings settings;
    private final FeatureCache cache;
    private final FeatureCache validation;
    private final Compute compute;
    private final long seed;
    private final Weights weights;
    private final VideoVae vae;
    private final @Nullable IdentityLoss identity;
    private final Map<String, Tensor> learned = new LinkedHashMap<>();
    /** The encoder, not rounded to the precision it computes in. */
    private final Map<String, Tensor> frozen = new LinkedHashMap<>();

    /**
     * @param modelConfig {@code vae/config.json}, written as it is
     * @param begun with the whole autoencoder
     * @param recogniser folder of the recogniser in safetensors; only looked at with an identity weight
     * @param cache of a {@link GuessEncoder}; closed with the stage
     * @param validation the same of other clips; closed with the stage
     */
    public DecoderStage(
            JsonNode modelConfig,
            Settings settings,
            FeatureCache cache,
            FeatureCache validation,
            Path recogniser,
            Beginning begun) {
        this.modelConfig = modelConfig;
        config = VaeConfig.of(new ConfigReader(modelConfig, "model"));
        this.settings = settings;
        this.cache = cache;
        this.validation = validation;
        this.compute = begun.compute();
        this.seed = begun.seed();
        identity = settings.identityWeight() == 0 ? null : IdentityLoss.open(recogniser, begun.compute());
        weights = Weights.trainable(begun.start(), begun.compute());
        vae = VideoVae.load(weights, config);
        weights.verify();
        try (Scope scope = Scope.inference()) {
            weights.parameters().forEach((name, tensor) -> {
                boolean learns = name.startsWith(DECODER);
                tensor.set_requires_grad(learns);
                if (learns) {
                    learned.put(name, tensor);
                } else {
                    frozen.put(
                            name,
                            Scope.retain(
                                    begun.start().get(name).to(ScalarType.Float).clone()));
                }
            });
        }
    }

    @Override
    public String name() {
        return "decoder";
    }

    @Override
    public List<ParameterGroup> parameters() {
        return List.of(new ParameterGroup("decoder", learned, 1, 0));
    }

    @Override
    public Batch batch(long index) {
        var random = new SplittableRandom(seed * 31 + index);
        List<Long> clips = cache.clips();
        boolean whole = random.nextDouble() < settings.wholeShare;
        List<Stretch> stretches = new ArrayList<>();
        int[] size = null;
        for (int i = 0; i < settings.batch; i++) {
            long clip = clips.get(random.nextInt(clips.size()));
            long[] shape; // [G, f, C, h, w]
            try (Scope scope = Scope.inference()) {
                shape = Ops.shape(cache.get(clip, "guesses"));
            }
            int rows = whole ? (int) shape[3] : Math.min((int) shape[3], settings.cropHeight / PIXELS);
            int columns = whole ? (int) shape[4] : Math.min((int) shape[4], settings.cropWidth / PIXELS);
            int frames = settings.latentFrames == 0 ? (int) shape[1] : Math.min((int) shape[1], settings.latentFrames);
            int[] own = {frames, rows, columns};
            if (size == null) {
                size = own;
            } else if (!java.util.Arrays.equals(size, own)) {
                continue; // a clip of another size
            }
            int guess = random.nextDouble() < settings.truthShare ? -1 : random.nextInt((int) shape[0]);
            stretches.add(new Stretch(
                    clip,
                    guess,
                    random.nextInt((int) shape[3] - rows + 1),
                    random.nextInt((int) shape[4] - columns + 1)));
        }
        int[] common = java.util.Objects.requireNonNull(size);
        return new Batch(List.copyOf(stretches), common[0], common[1], common[2]);
    }

    @Override
    public int samples(Batch batch) {
        return batch.stretches.size();
    }

    @Override
    public String describe(Batch batch) {
        return "clips " + batch.stretches.stream().map(Stretch::clip).toList();
    }

    @Override
    public boolean concurrent() {
        return true;
    }

    @Override
    public Losses losses(Batch batch, long step, Noise noise) {
        Seen seen = seen(cache, batch);
        Tensor decoded = vae.decode(seen.latents).to(ScalarType.Float);
        PictureLoss loss = PictureLoss.of(decoded, seen.pictures, weight(seen), settings.edgeWeight);
        Map<String, Tensor> parts = loss.parts();
        Tensor total = loss.total();
        List<IdentityLoss.Place> places = identity == null ? List.of() : places(batch, noise);
        if (identity != null && !places.isEmpty()) {
            Tensor different = identity.of(pictures(decoded), pictures(seen.pictures), places);
            parts.put("identity", different);
            total = total.add(Ops.scale(different, settings.identityWeight));
        }
        return new Losses(total, parts);
    }

    /** [B, 3, F, H, W] → [B·F, 3, H, W]. */
    private static Tensor pictures(Tensor videos) {
        return videos.permute(0, 2, 1, 3, 4).flatten(0, 1);
    }

    private List<IdentityLoss.Place> places(Batch batch, Noise noise) {
        List<IdentityLoss.Place> places = new ArrayList<>();
        int frames = pictures(batch.frames);
        float[] first = noise.uniform(batch.stretches.size());
        for (int i = 0; i < batch.stretches.size(); i++) {
            Stretch one = batch.stretches.get(i);
            if (cache.has(one.clip, "aligned")) {
                places.addAll(IdentityLoss.places(
                        cache.get(one.clip, "aligned"),
                        new IdentityLoss.Frames(frames, (int) (first[i] * Math.min(FACES_EVERY, frames)), FACES_EVERY),
                        new IdentityLoss.Cut(
                                one.x * PIXELS, one.y * PIXELS, batch.columns * PIXELS, batch.rows * PIXELS),
                        i * frames));
            }
        }
        return places;
    }

    /** Pictures that latent frames become. */
    private static int pictures(int latentFrames) {
        return latentFrames % 2 == 1 ? 4 * (latentFrames - 1) + 1 : 4 * latentFrames;
    }

    /**
     * @param latents [B, C, f, h, w]
     * @param pictures the truth, [B, 3, F, H, W] in [-1, 1]
     * @param faces 1 where a face is, [B, 1, F, H, W]
     */
    private record Seen(Tensor latents, Tensor pictures, Tensor faces) {}

    private Seen seen(FeatureCache from, Batch batch) {
        List<Tensor> latents = new ArrayList<>();
        List<Tensor> pictures = new ArrayList<>();
        List<Tensor> faces = new ArrayList<>();
        int height = batch.rows * PIXELS;
        int width = batch.columns * PIXELS;
        for (Stretch one : batch.stretches) {
            Tensor all = one.guess < 0
                    ? from.get(one.clip, "latents")
                    : from.get(one.clip, "guesses").select(0, one.guess); // [f, C, h, w]
            latents.add(all.narrow(0, 0, batch.frames)
                    .narrow(2, one.y, batch.rows)
                    .narrow(3, one.x, batch.columns)
                    .permute(1, 0, 2, 3));
            int frames = pictures(batch.frames);
            pictures.add(from.get(one.clip, "frames")
                    .narrow(0, 0, frames)
                    .narrow(1, (long) one.y * PIXELS, height)
                    .narrow(2, (long) one.x * PIXELS, width)
                    .permute(3, 0, 1, 2));
            faces.add(from.get(one.clip, "faces")
                    .narrow(0, 0, frames)
                    .narrow(1, (long) one.y * PIXELS, height)
                    .narrow(2, (long) one.x * PIXELS, width)
                    .unsqueeze(0));
        }
        Tensor bytes = Ops.stack(0, pictures.toArray(Tensor[]::new)).to(ScalarType.Float);
        return new Seen(
                compute.place(Ops.stack(0, latents.toArray(Tensor[]::new)).contiguous()),
                bytes.div(new Scalar(127.5)).sub(new Scalar(1)).to(compute.nativeDevice(), ScalarType.Float),
                Ops.stack(0, faces.toArray(Tensor[]::new)).to(compute.nativeDevice(), ScalarType.Float));
    }

    private Tensor weight(Seen seen) {
        return Ops.plus(Ops.scale(seen.faces, settings.faceWeight), 1);
    }

    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        SafetensorsWriter.write(folder.resolve("diffusion_pytorch_model.safetensors"), complete(values), Map.of());
        JsonFile.write(folder.resolve("config.json"), modelConfig);
    }

    private Map<String, Tensor> complete(Map<String, Tensor> values) {
        Map<String, Tensor> all = new LinkedHashMap<>(frozen);
        all.putAll(values);
        return all;
    }

    /**
     * The signal-to-noise ratio in dB of whole frames and of faces, of the first guess of each clip and of the encoder's own
     * latents; and a sheet: the truth, what became of the guess, and of the encoder's latents.
     */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        List<Long> clips = validation.clips();
        clips = clips.subList(0, Math.min(VALIDATION_CLIPS, clips.size()));
        Map<String, Double> figures = new LinkedHashMap<>();
        try (Scope scope = Scope.inference();
                Weights own = Weights.of(TensorStore.of(complete(values), "trained weights"), compute)) {
            VideoVae trained = VideoVae.load(own, config);
            List<Picture> rows = new ArrayList<>();
            double[] errors = new double[4];
            for (long clip : clips) {
                try (Scope one = Scope.open()) {
                    Tensor latents = validation.get(clip, "latents");
                    Picture truth = null;
                    for (int guess = 0; guess >= -1; guess--) {
                        Seen seen = seen(
                                validation,
                                new Batch(
                                        List.of(new Stretch(clip, guess, 0, 0)),
                                        (int) latents.size(0),
                                        (int) latents.size(2),
                                        (int) latents.size(3)));
                        Tensor decoded = trained.decode(seen.latents).to(ScalarType.Float);
                        Tensor squares = decoded.sub(seen.pictures)
                                .square()
                                .mean(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
                        int at = guess < 0 ? 2 : 0;
                        errors[at] += squares.mean().item().toDouble() / clips.size();
                        errors[at + 1] += squares.mul(seen.faces).sum().item().toDouble()
                                / Math.max(1, seen.faces.sum().item().toDouble())
                                / clips.size();
                        List<Picture> shown = Picture.of(ClipTensors.bytes(decoded));
                        int middle = shown.size() / 2;
                        if (truth == null) {
                            truth = Picture.of(ClipTensors.bytes(seen.pictures)).get(middle);
                            rows.add(truth);
                        }
                        rows.add(shown.get(middle));
                    }
                }
            }
            Png.write(folder.resolve("decoded.png"), ContactSheet.of(rows, 3, 2));
            figures.put("psnr", PictureLoss.decibels(errors[0]));
            figures.put("face-psnr", PictureLoss.decibels(errors[1]));
            figures.put("truth-psnr", PictureLoss.decibels(errors[2]));
            figures.put("truth-face-psnr", PictureLoss.decibels(errors[3]));
        }
        return figures;
    }

    @Override
    public void close() {
        weights.close();
        if (identity != null) {
            identity.close();
        }
        frozen.values().forEach(Tensor::close);
        cache.close();
        validation.close();
    }
}
