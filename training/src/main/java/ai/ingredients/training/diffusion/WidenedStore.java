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
 * A text-to-video checkpoint for a model that also takes an image: its patch embedding gets zeros for the image's
 * channels, so that the model begins by ignoring the image. Other checkpoints pass through.
 */
final class WidenedStore implements TensorStore {
    private static final String PATCHES = "patch_embed.proj.weight";

    private final TensorStore stored;
    private final long inChannels;

    WidenedStore(TensorStore stored, TransformerConfig config) {
        this.stored = stored;
        this.inChannels = config.inChannels();
    }

    private boolean widens(String name) {
        if (!name.equals(PATCHES) || !stored.has(name)) {
            return false;
        }
        long[] shape = stored.info(name).dimensions();
        return shape.length == 4 && 2 * shape[1] == inChannels;
    }

    @Override
    public Set<String> names() {
        return stored.names();
    }

    @Override
    public TensorInfo info(String name) {
        TensorInfo info = stored.info(name);
        if (!widens(name)) {
            return info;
        }
        List<Long> shape = new ArrayList<>(info.shape());
        shape.set(1, inChannels);
        return new TensorInfo(info.dtype(), info.stated(), shape);
    }

    @Override
    public Tensor get(String name) {
        Tensor tensor = stored.get(name);
        return widens(name) ? Ops.cat(1, tensor, torch.zeros_like(tensor)) : tensor;
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
