package ai.ingredients.testing;

import ai.ingredients.tensor.DType;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** A published state dict's names and shapes without its values, from a text file with lines {@code name [2, 3]}. */
public final class KeyListStore implements TensorStore {
    private final Path file;
    private final Map<String, TensorInfo> entries = new LinkedHashMap<>();

    private KeyListStore(Path file) {
        this.file = file;
    }

    public static KeyListStore of(Path file) {
        KeyListStore store = new KeyListStore(file);
        try {
            for (String line : Files.readAllLines(file)) {
                int space = line.indexOf(' ');
                String dimensions = line.substring(space + 1).replaceAll("[\\[\\]\\s]", "");
                List<Long> shape = dimensions.isEmpty()
                        ? List.of()
                        : Arrays.stream(dimensions.split(",", -1))
                                .map(Long::valueOf)
                                .toList();
                store.entries.put(line.substring(0, space), new TensorInfo(DType.FP32, shape));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return store;
    }

    @Override
    public Set<String> names() {
        return entries.keySet();
    }

    @Override
    public TensorInfo info(String name) {
        return Objects.requireNonNull(entries.get(name), name);
    }

    @Override
    public Tensor get(String name) {
        throw new IllegalStateException(name + " has no values here; use Weights.check()");
    }

    @Override
    public String source() {
        return file.toString();
    }

    @Override
    public void close() {}
}
