package ai.ingredients.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A reference vector: {@code in_*} tensors to feed, {@code out_*} tensors the official code made of them, and the
 * settings of the case from {@code manifest.json}. Close it after use.
 */
public final class Fixture implements AutoCloseable {
    /** Relative error ‖a−b‖/‖b‖ allowed for one fp32 module. */
    public static final double MODULE = 1e-5;
    /** Relative error allowed after a whole multi-step fp32 pipeline. */
    public static final double PIPELINE = 1e-4;

    private static final Path ROOT = Path.of("../core/src/test/resources/fixtures");
    private final SafetensorsFile file;
    private final String name;

    private Fixture(String name) {
        this.name = name;
        this.file = SafetensorsFile.open(ROOT.resolve(name + ".safetensors"));
    }

    /** Opens {@code fixtures/<name>.safetensors}. */
    public static Fixture open(String name) {
        return new Fixture(name);
    }

    /** A file or folder under the fixtures, for instance {@code clip_vision}. */
    public static Path path(String relative) {
        return ROOT.resolve(relative);
    }

    /** Copies the folder {@code from} with all below it to {@code to}, which may be there when it is empty. */
    public static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }

    /** The random-weight checkpoint folder the transformer, VAE and text vectors were made with. */
    public static Path bundle() {
        return Path.of("../examples/tiny-random");
    }

    /** The same, for plain text-to-video. */
    public static Path bundleT2v() {
        return ROOT.resolve("bundle_t2v");
    }

    /** The input or output {@code key}, a read-only view owned by the innermost scope. */
    public Tensor get(String key) {
        return file.get(key);
    }

    public boolean has(String key) {
        return file.names().contains(key);
    }

    public Set<String> names() {
        return file.names();
    }

    /** {@code prefix0, prefix1, …} as far as they exist. */
    public List<Tensor> series(String prefix) {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; has(prefix + i); i++) {
            tensors.add(get(prefix + i));
        }
        return tensors;
    }

    /** The case's {@code settings} in {@code manifest.json}. */
    public JsonNode settings() {
        try {
            JsonNode manifest =
                    new ObjectMapper().readTree(ROOT.resolve("manifest.json").toFile());
            return manifest.path("files").path(name).path("settings");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asserts that {@code actual} equals output {@code key} up to {@code tolerance} in relative Frobenius norm. */
    public void check(String key, Tensor actual, double tolerance) {
        assertClose(name + "/" + key, get(key), actual, tolerance);
    }

    /** Asserts equal shapes and ‖actual − expected‖ ≤ tolerance · ‖expected‖, with the figures in the message. */
    public static void assertClose(String what, Tensor expected, Tensor actual, double tolerance) {
        assertArrayEquals(Ops.shape(expected), Ops.shape(actual), what + ": shape");
        double error = relativeError(expected, actual);
        assertTrue(error <= tolerance, what + ": relative error " + error + " > " + tolerance);
    }

    /** ‖actual − expected‖ / ‖expected‖ in fp64; NaN anywhere gives NaN, which fails every comparison. */
    public static double relativeError(Tensor expected, Tensor actual) {
        try (Scope scope = Scope.inference()) {
            Tensor wanted = expected.to(ScalarType.Double);
            double norm = wanted.norm().item().toDouble();
            double difference = actual.detach()
                    .to(ScalarType.Double)
                    .sub(wanted)
                    .norm()
                    .item()
                    .toDouble();
            return norm == 0 ? difference : difference / norm;
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
