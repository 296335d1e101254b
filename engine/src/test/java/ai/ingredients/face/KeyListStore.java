package ai.ingredients.face;

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

/** A checkpoint of which only names and shapes are known: all zeros, which take no memory. */
class KeyListStore implements TensorStore {
    private final Map<String, TensorInfo> infos = new LinkedHashMap<>();

    /** Names and shapes from {@code keys}, lines such as {@code module.body.bn1.weight [64]}. */
    KeyListStore(Path keys) {
        try {
            for (String line : Files.readAllLines(keys)) {
                String name = line.substring(0, line.indexOf(' '));
                String list = line.substring(line.indexOf('[') + 1, line.indexOf(']'));
                List<Long> shape = list.isEmpty()
                        ? List.of()
                        : Arrays.stream(list.split(", ")).map(Long::valueOf).toList();
                boolean counter = name.endsWith("num_batches_tracked");
                infos.put(name, new TensorInfo(counter ? DType.INT64 : DType.FP32, shape));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(infos.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        return Objects.requireNonNull(infos.get(name), name);
    }

    @Override
    public Tensor get(String name) {
        TensorInfo info = info(name);
        long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
        return torch.zeros(new long[] {1}, new TensorOptions(info.dtype().scalarType()))
                .expand(shape);
    }

    @Override
    public String source() {
        return "key list";
    }

    @Override
    public void close() {}
}
