package ai.ingredients.training.diffusion;

import ai.ingredients.tensor.Ops;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A checkpoint for a model that takes an image where the checkpoint takes none, or the other way round. For a model with an
 * image its patch embedding gets zeros for the image's channels, so that the model begins by ignoring the image; for one of
 * text alone the image's channels, which come behind the noise's, are left out, so that the model begins as the checkpoint
 * does with an image of zeros. Where channels are neither half nor twice as many, the checkpoint passes through and is
 * refused with all else that does not fit.
 */
final class ImageChannels implements TensorStore {
    private static final String PATCHES = "patch_embed.proj.weight"; // [D, C, p, p]

    private final TensorStore stored;
    private final TransformerConfig config;

    /**
     * @param stored closed together with this
     * @param config of the model that begins with it
     */
    ImageChannels(TensorStore stored, TransformerConfig config) {
        this.stored = stored;
        this.config = config;
    }

    /** Whether {@code name} is a patch embedding for an image that the model does not take, or for none where it does. */
    private boolean changes(String name) {
        if (!name.equals(PATCHES) || !stored.has(name)) {
            return false;
        }
        long[] shape = stored.info(name).dimensions();
        long wanted = config.inChannels();
        return shape.length == 4 && (config.imageConditioned() ? 2 * shape[1] == wanted : shape[1] == 2 * wanted);
    }

    @Override
    public Set<String> names() {
        return stored.names();
    }

    @Override
    public TensorInfo info(String name) {
        TensorInfo info = stored.info(name);
        if (!changes(name)) {
            return info;
        }
        List<Long> shape = new ArrayList<>(info.shape());
        shape.set(1, (long) config.inChannels());
        return new TensorInfo(info.dtype(), info.stated(), shape);
    }

    @Override
    public Tensor get(String name) {
        Tensor tensor = stored.get(name);
        if (!changes(name)) {
            return tensor;
        }
        return config.imageConditioned()
                ? Ops.cat(1, tensor, torch.zeros_like(tensor))
                : tensor.narrow(1, 0, config.inChannels()).contiguous();
    }

    @Override
    public String source() {
        return stored.source();
    }

    @Override
    public void close() {
        stored.close();
    }
}
