package ai.ingredients.pipeline;

import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the latents of a generation for a file: {@code initial} noise, encoded reference {@code image} (absent for plain
 * text-to-video) and {@code final} result, each [1, f, C, h, w]. Owns what it keeps, handles of its own on the CPU, until
 * {@link #close}.
 */
public final class LatentsRecorder implements GenerationListener, AutoCloseable {
    private final Map<String, Tensor> kept = new LinkedHashMap<>();

    @Override
    public void latents(Tensor initial, @Nullable Tensor image) {
        close();
        kept.put("initial", Scope.retain(Transfers.toHost(initial)));
        if (image != null) {
            kept.put("image", Scope.retain(Transfers.toHost(image)));
        }
    }

    @Override
    public void denoised(Tensor latents) {
        kept.put("final", Scope.retain(Transfers.toHost(latents)));
    }

    /** Writes the file, whole or not at all. */
    public void write(Path file) {
        SafetensorsWriter.write(file, kept, Map.of());
    }

    @Override
    public void close() {
        kept.values().forEach(Tensor::close);
        kept.clear();
    }
}
