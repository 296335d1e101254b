package ai.ingredients.training.vae;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.ClipTensors;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.vae.LatentDistribution;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Trains the autoencoder: what goes in should come out.
 *
 * <p>The loss is the mean absolute error of the pixels, heavier on faces, the same of their differences to the
 * neighbours right and below (sharp edges), and the divergence of the latents from a standard normal distribution.
 * {@link VaeBatches} are stretches of clips, or crops of single pictures.
 */
public final class VaeStage implements Stage<VaeBatches.Batch> {
    /**
     * What the loss and the batches are made of.
     *
     * @param batch clips in a batch of clips
     * @param frames of each, 8k + 1
     * @param stills crops in a batch of stills: neighbouring frames teach almost the same, other pictures do not
     * @param stillBatches first batches that are all stills
     * @param stillShare share of stills among the batches after them
     * @param cropShare share of batches of clips that are cropped too; the rest are whole frames
     * @param cropHeight of a crop, a multiple of 8
     * @param cropWidth of a crop, a multiple of 8
     * @param klWeight of the divergence, a mean over latents
     * @param edgeWeight of the edges' error
     * @param faceWeight how much more a pixel of a face counts
     * @param evenLatents how far the written model's latents are evened out, 0 to 1: with 0 they stay as learned, with 1 all
     *     channels have the same power, which is what a diffusion model learns best
     */
    public record Settings(
            int batch,
            int frames,
            int stills,
            long stillBatches,
            double stillShare,
            double cropShare,
            int cropHeight,
            int cropWidth,
            double klWeight,
            double edgeWeight,
            double faceWeight,
            double evenLatents) {
        public static final Settings DEFAULT = new Settings(1, 9, 8, 6000, 0.5, 0.5, 64, 96, 3e-4, 0.5, 2, 0);

        public Settings {
            if (batch < 1 || stills < 1) {
                throw new InvalidInputException(
                        "batch is " + batch + " and stills " + stills + "; expected at least 1");
            }
            if (frames < 1 || frames % 8 != 1) {
                throw new InvalidInputException("frames is " + frames + "; expected 8k + 1, such as 9 or 17");
            }
            if (!(evenLatents >= 0 && evenLatents <= 1)) {
                throw new InvalidInputException("even-latents is " + evenLatents + "; expected 0 to 1");
            }
            if (cropHeight < 8 || cropWidth < 8 || cropHeight % 8 != 0 || cropWidth % 8 != 0) {
                throw new InvalidInputException(
                        "crop-height is " + cropHeight + " and crop-width " + cropWidth + "; expected multiples of 8");
            }
        }
    }

    private static final int VALIDATION_CLIPS = 8;
    private final JsonNode modelConfig;
    private final VaeConfig config;
    private final Settings settings;
    private final VaeBatches batches;
    private final ClipSource validation;
    private final Compute compute;
    private final Weights weights;
    private final VideoVae vae;

    /**
     * @param modelConfig official keys of {@code vae/config.json}; its scaling factor is measured when the model is written, by the
     *     channels' deviation from their means
     */
    public VaeStage(JsonNode modelConfig, Settings settings, ClipSource clips, ClipSource validation, Beginning begun) {
        this.modelConfig = modelConfig;
        this.config = VaeConfig.of(new ConfigReader(modelConfig, "model"));
        this.settings = settings;
        this.batches = new VaeBatches(settings, clips, begun.seed());
        this.validation = validation;
        this.compute = begun.compute();
        weights = Weights.trainable(begun.start(), begun.compute(), initial(begun.seed()));
        vae = VideoVae.load(weights, config);
        weights.verify();
    }

    /**
     * Every residual branch begins small, and the decoder's norms begin as plain ones: scale 1, shift 0. With the
     * default's random scales around 0 the signal changes sign from latent to latent. One run each, with the gain changed
     * at the same time: 16.7 dB after 800 batches of crops, against 16.1 dB after 1300 with the defaults.
     */
    private static Initialiser initial(long seed) {
        return new Initialiser(seed, 1.4)
                .rule(".*conv2\\.conv\\.weight", 1e-2)
                .rule(".*conv_[yb]\\.conv\\.weight", 1e-2)
                .constant(".*conv_y\\.conv\\.bias", 1);
    }

    @Override
    public String name() {
        return "vae";
    }

    @Override
    public List<ParameterGroup> parameters() {
        return List.of(new ParameterGroup("vae", weights.parameters(), 1, 0));
    }

    @Override
    public VaeBatches.Batch batch(long index) {
        return batches.of(index);
    }

    @Override
    public int samples(VaeBatches.Batch batch) {
        return batch.videos().size();
    }

    @Override
    public String describe(VaeBatches.Batch batch) {
        return batch.name();
    }

    @Override
    public Losses losses(VaeBatches.Batch batch, long step, Noise noise) {
        Tensor video = ClipTensors.videos(batch.videos(), compute); // [B, 3, F, H, W]
        LatentDistribution latents = vae.encode(video);
        PictureLoss loss =
                PictureLoss.of(vae.decode(latents.sample(noise)), video, weight(batch), settings.edgeWeight());
        Tensor kl = latents.kl().to(ScalarType.Float).mean();
        Map<String, Tensor> parts = loss.parts();
        parts.put("kl", kl);
        return new Losses(loss.total().add(Ops.scale(kl, settings.klWeight())), parts);
    }

    /** How much every pixel counts: [B, 1, F, H, W], or [1] where there is nothing to weigh. */
    private Tensor weight(VaeBatches.Batch batch) {
        if (settings.faceWeight() == 0) {
            return Ops.tensor(new float[] {1}, 1).to(compute.nativeDevice(), ScalarType.Float);
        }
        Picture first = batch.videos().getFirst().getFirst();
        int pixels = first.width() * first.height();
        int frames = batch.faces().getFirst().size();
        float[] values = new float[batch.faces().size() * frames * pixels];
        Arrays.fill(values, 1);
        int at = 0;
        for (List<BitSet> video : batch.faces()) {
            for (BitSet frame : video) {
                for (int i = frame.nextSetBit(0); i >= 0; i = frame.nextSetBit(i + 1)) {
                    values[at + i] = (float) (1 + settings.faceWeight());
                }
                at += pixels;
            }
        }
        return Ops.tensor(values, batch.faces().size(), 1, frames, first.height(), first.width())
                .to(compute.nativeDevice(), ScalarType.Float);
    }

    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> written = values;
            Tensor latents = latents(written);
            if (settings.evenLatents() > 0) {
                written = LatentBasis.fold(values, LatentBasis.of(latents, settings.evenLatents()));
                latents = latents(written);
            }
            Tensor centred =
                    latents.sub(latents.mean(new long[] {0}, true, new org.bytedeco.pytorch.ScalarTypeOptional()));
            double variance = centred.square().mean().item().toDouble();
            ObjectNode json = modelConfig.deepCopy();
            json.put("_class_name", "AutoencoderKLCogVideoX");
            json.put("scaling_factor", Math.round(1e4 / Math.sqrt(variance)) / 1e4);
            SafetensorsWriter.write(folder.resolve("diffusion_pytorch_model.safetensors"), written, Map.of());
            JsonFile.write(folder.resolve("config.json"), json);
        }
    }

    /** What an autoencoder makes of the validation's clips: [places, C]. */
    private Tensor latents(Map<String, Tensor> values) {
        Compute exact = compute.with(DType.FP32);
        try (Weights own = Weights.of(TensorStore.of(values, "trained weights"), exact)) {
            VideoVae trained = VideoVae.load(own, config);
            List<Tensor> latents = new ArrayList<>();
            for (Clip clip : validationClips()) {
                LatentDistribution found = trained.encode(ClipTensors.videos(List.of(clip.frames()), exact));
                latents.add(found.mean().select(0, 0).flatten(1, -1).t()); // [f·h·w, C]
            }
            return Ops.cat(0, latents.toArray(Tensor[]::new));
        }
    }

    private List<Clip> validationClips() {
        List<Clip> chosen = new ArrayList<>();
        for (long i = 0; i < Math.min(VALIDATION_CLIPS, validation.size()); i++) {
            chosen.add(validation.clip(i));
        }
        return chosen;
    }

    /** Clips beside what came out, and the signal-to-noise ratio of whole frames and of faces in dB. */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        try (Scope scope = Scope.inference();
                Weights own = Weights.of(TensorStore.of(values, "trained weights"), compute)) {
            VideoVae trained = VideoVae.load(own, config);
            double error = 0;
            double faceError = 0;
            int count = 0;
            List<Picture> rows = new ArrayList<>();
            for (Clip clip : validationClips()) {
                try (Scope one = Scope.open()) {
                    VaeBatches.Batch batch = new VaeBatches.Batch(
                            List.of(clip.frames()),
                            List.of(VaeBatches.faces(clip, 0, clip.frames().size())),
                            clip.id());
                    Tensor video = ClipTensors.videos(batch.videos(), compute);
                    Tensor decoded = trained.decode(trained.encode(video).mode());
                    Tensor squares = decoded.sub(video)
                            .to(ScalarType.Float)
                            .square()
                            .mean(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
                    Tensor faces = weight(batch).gt(new Scalar(1)).to(ScalarType.Float);
                    error += squares.mean().item().toDouble();
                    faceError += squares.mul(faces).sum().item().toDouble()
                            / Math.max(1, faces.sum().item().toDouble());
                    count++;
                    rows.addAll(List.of(clip.frames().get(0), clip.frames().get(8)));
                    List<Picture> shown = Picture.of(ClipTensors.bytes(decoded));
                    rows.addAll(List.of(shown.get(0), shown.get(8)));
                    Picture canvas = VaeBatches.canvas(clip);
                    rows.add(canvas);
                    rows.add(Picture.of(ClipTensors.bytes(
                                    trained.decode(trained.encode(ClipTensors.videos(List.of(List.of(canvas)), compute))
                                            .mode())))
                            .getFirst());
                }
            }
            Png.write(folder.resolve("reconstruction.png"), ContactSheet.of(rows, 6, 2));
            Map<String, Double> figures = new LinkedHashMap<>(); // in this order in every log
            figures.put("psnr", PictureLoss.decibels(error / count));
            figures.put("face-psnr", PictureLoss.decibels(faceError / count));
            return figures;
        }
    }

    @Override
    public void close() {
        weights.close();
    }
}
