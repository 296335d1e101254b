package ai.ingredients.training.inversion;

import ai.ingredients.data.Subject;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.ClipTensors;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The latents of a subject's photos and clips: the likeliest ones, scaled, [f, C, h, w] fp32 on the CPU each; f is 1 for
 * photos. Owns them until {@link #close}. Not thread-safe.
 */
public final class SubjectLatents implements AutoCloseable {
    private final List<Tensor> latents;

    private SubjectLatents(List<Tensor> latents) {
        this.latents = latents;
    }

    /**
     * Encodes {@code subject} with the autoencoder of {@code bundle}, which is closed again.
     *
     * @param progress receives samples done and samples in all
     */
    public static SubjectLatents of(
            Subject subject, ModelFolder bundle, Compute compute, BiConsumer<Long, Long> progress) {
        VaeConfig config = VaeConfig.of(bundle.config("vae"));
        List<Tensor> latents = new ArrayList<>();
        SubjectLatents made = new SubjectLatents(latents);
        boolean complete = false;
        try (TensorStore store = bundle.weights("vae");
                Weights weights = Weights.of(store, compute)) {
            VideoVae vae = VideoVae.load(weights, config);
            weights.verify();
            for (Subject.Sample sample : subject.samples()) {
                List<Picture> frames = sample.frames().get();
                try (Scope scope = Scope.inference()) {
                    Tensor video = ClipTensors.videos(List.of(frames), compute);
                    Tensor mode = vae.encode(video).mode().select(0, 0).permute(1, 0, 2, 3); // [f, C, h, w]
                    Tensor scaled = Ops.scale(mode.to(ScalarType.Float), config.scalingFactor());
                    latents.add(Scope.retain(scaled.cpu().contiguous()));
                }
                progress.accept((long) latents.size(), (long) subject.samples().size());
            }
            complete = true;
            return made;
        } finally {
            if (!complete) {
                made.close();
            }
        }
    }

    /** The latents of sample {@code index}; they stay this object's. */
    Tensor get(int index) {
        return latents.get(index);
    }

    int size() {
        return latents.size();
    }

    @Override
    public void close() {
        latents.forEach(Tensor::close);
        latents.clear();
    }
}
