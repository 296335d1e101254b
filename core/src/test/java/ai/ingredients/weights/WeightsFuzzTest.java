package ai.ingredients.weights;

import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Whatever a file of weights holds: its tensors are there with the shape it states, or it is refused in one line. */
class WeightsFuzzTest {
    private static final long MOST_ELEMENTS = 1 << 20;

    private static void readAll(Path path) {
        try (TensorStore store = Checkpoint.open(path)) {
            for (String name : store.names()) {
                Fuzz.refused(() -> {
                    try (Scope scope = Scope.inference()) {
                        TensorInfo info = store.info(name);
                        Tensor tensor = store.get(name);
                        if (tensor.dim() != info.shape().size() || tensor.numel() != info.elements()) {
                            throw new AssertionError(name + " is not " + info);
                        }
                        if (info.elements() <= MOST_ELEMENTS && info.bytes() > 0) {
                            tensor.contiguous().view(ScalarType.Byte).sum(); // touches every stored value
                        }
                    }
                });
            }
        }
    }

    @FuzzTest(maxDuration = "1m")
    void safetensors(byte[] file) {
        Fuzz.file("model.safetensors", file, WeightsFuzzTest::readAll);
    }

    @FuzzTest(maxDuration = "1m")
    void pickleInZip(byte[] file) {
        Fuzz.file("model.pt", file, WeightsFuzzTest::readAll);
    }

    @FuzzTest(maxDuration = "1m")
    void pickleLegacy(byte[] file) {
        Fuzz.file("model.bin", file, WeightsFuzzTest::readAll);
    }

    @FuzzTest(maxDuration = "1m")
    void shardIndex(byte[] json) {
        Fuzz.file("model.safetensors.index.json", json, index -> {
            shard(index.resolveSibling("model-00001-of-00002.safetensors"), "a");
            shard(index.resolveSibling("model-00002-of-00002.safetensors"), "b");
            readAll(Fuzz.folder(index));
        });
    }

    private static void shard(Path file, String name) {
        RawSafetensors.write(file, RawSafetensors.header(RawSafetensors.entry(name, "F32", "[1]", 0, 4)), new byte[4]);
    }

    @FuzzTest(maxDuration = "1m")
    void modelIndex(byte[] json) {
        Fuzz.file("model_index.json", json, index -> {
            ModelFolder folder = ModelFolder.open(Fuzz.folder(index));
            folder.className();
            for (String component : folder.components()) {
                folder.className(component);
                Fuzz.refused(() -> folder.config(component));
                Fuzz.refused(() -> folder.weights(component).close());
            }
        });
    }
}
