package ai.ingredients.pipeline;

import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Keeps who owned which video token: for step s and transformer block b a tensor {@code step_000.block_00} [V, N] fp32
 * whose rows sum to 1 over the people. Tokens run frame by frame, row by row; the grid is in the file's metadata. With
 * per-branch routing the weights are those of the prompt's branch. Knows the last generation only and owns what it keeps
 * until {@link #close}.
 */
public final class RoutingRecorder implements GenerationListener, AutoCloseable {
    private final int patchSize;
    private final Map<String, Tensor> kept = new LinkedHashMap<>();
    private int step;
    private final StringBuilder timesteps = new StringBuilder();

    /** For generations of {@code bundle}'s transformer. */
    public RoutingRecorder(ModelBundle bundle) {
        patchSize = bundle.transformer().patchSize();
    }

    @Override
    public void begins(Stage stage, int total) {
        if (stage == Stage.DENOISING) {
            close(); // another generation begins
        }
    }

    @Override
    public void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {
        String key = String.format(Locale.ROOT, "step_%03d.block_%02d", step, block);
        Tensor weights = Scope.of(() -> Transfers.toHost(
                        shares.select(0, shares.size(0) - 1).to(ScalarType.Float))
                .clone());
        kept.put(key, Scope.retain(weights));
    }

    @Override
    public void step(int index, long timestep, Tensor latents, List<Tensor> routingLogits) {
        timesteps.append(timesteps.isEmpty() ? "" : ",").append(timestep);
        step = index + 1;
    }

    /** Whether there was anything to keep: a generation without people routes nothing. */
    public boolean isEmpty() {
        return kept.isEmpty();
    }

    /** Writes the file, whole or not at all. */
    public void write(Path file, VideoSize size) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("frames", String.valueOf(size.latentFrames()));
        metadata.put("rows", String.valueOf(size.latentHeight() / patchSize));
        metadata.put("columns", String.valueOf(size.latentWidth() / patchSize));
        metadata.put("timesteps", timesteps.toString());
        SafetensorsWriter.write(file, kept, metadata);
    }

    @Override
    public void close() {
        kept.values().forEach(Tensor::close);
        kept.clear();
        step = 0;
        timesteps.setLength(0);
    }
}
