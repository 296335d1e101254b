package ai.ingredients.testing;

import ai.ingredients.tensor.DType;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * A published state dict's names and shapes from a text file with lines {@code name [2, 3]}. Every value is zero, which
 * takes no memory.
 */
public class KeyListStore implements TensorStore {
    private final Path file;
    private final Map<String, TensorInfo> entries = new LinkedHashMap<>();

    /** Names and shapes from {@code file}; counters of batch normalisations are integers, all else is fp32. */
    public KeyListStore(Path file) {
        this.file = file;
        try {
            for (String line : Files.readAllLines(file)) {
                int space = line.indexOf(' ');
                String dimensions = line.substring(space + 1).replaceAll("[\\[\\]\\s]", "");
                List<Long> shape = dimensions.isEmpty()
                        ? List.of()
                        : Arrays.stream(dimensions.split(",", -1))
                                .map(Long::valueOf)
                                .toList();
                String name = line.substring(0, space);
                DType dtype = name.endsWith("num_batches_tracked") ? DType.INT64 : DType.FP32;
                entries.put(name, new TensorInfo(dtype, shape));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        return Objects.requireNonNull(entries.get(name), name);
    }

    @Override
    public Tensor get(String name) {
        TensorInfo info = info(name);
        return torch.zeros(new long[] {1}, new TensorOptions(info.dtype().scalarType()))
                .expand(info.dimensions());
    }

    @Override
    public String source() {
        return file.toString();
    }

    @Override
    public void close() {}
}
