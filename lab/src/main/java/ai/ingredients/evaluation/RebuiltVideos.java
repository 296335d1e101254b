package ai.ingredients.evaluation;

import ai.ingredients.data.Clip;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Fingerprint;
import ai.ingredients.weights.Loaded;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The right videos after a model's autoencoder: the most a video model with this autoencoder can reach. */
public final class RebuiltVideos implements VideoMaker {
    private final String fingerprint;
    private final Loaded<VideoVae> loaded;

    private RebuiltVideos(String fingerprint, Loaded<VideoVae> loaded) {
        this.fingerprint = fingerprint;
        this.loaded = loaded;
    }

    /**
     * Opens the folder {@code vae} of a model.
     *
     * @param variant of the weights, such as {@code fp16}; empty for the plain ones
     * @throws ai.ingredients.InvalidInputException when it is missing or damaged
     */
    public static RebuiltVideos open(Path modelFolder, String variant, Compute compute) {
        Path folder = modelFolder.resolve("vae");
        VaeConfig config = VaeConfig.of(ConfigReader.of(folder.resolve("config.json")));
        Loaded<VideoVae> loaded = Loaded.of(
                Checkpoint.openVariantOrPlain(folder, variant),
                compute.with(DType.FP32),
                weights -> VideoVae.load(weights, config));
        return new RebuiltVideos(Fingerprint.of(folder) + (variant.isEmpty() ? "" : " " + variant), loaded);
    }

    @Override
    public ObjectNode recipe() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("maker", "autoencoder")
                .put("weights_fingerprint", fingerprint);
    }

    @Override
    public Clip shown(EvaluationCase one) {
        return one.truth();
    }

    @Override
    public List<Picture> make(EvaluationCase one) {
        try (Scope scope = Scope.inference()) {
            Tensor bytes =
                    Picture.stack(one.truth().frames()).permute(3, 0, 1, 2).unsqueeze(0); // [1, 3, F, H, W]
            Tensor video = Ops.plus(Ops.scale(bytes.to(ScalarType.Float), 1 / 127.5), -1);
            VideoVae vae = loaded.model();
            Tensor latents = vae.encode(loaded.compute().place(video)).mode();
            Tensor unit = Ops.plus(Ops.scale(vae.decode(latents), 0.5), 0.5)
                    .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(1)));
            Tensor frames = Ops.scale(unit.select(0, 0).permute(1, 2, 3, 0), 255);
            return Picture.of(frames.round().to(ScalarType.Byte).cpu().contiguous());
        }
    }

    @Override
    public void close() {
        loaded.close();
    }
}
