package ai.ingredients.vae;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Gradients in bf16 are those in fp32 up to rounding. On processors with AMX, oneDNN's 3D weight gradient returned
 * others for large frames or overwrote the heap, which ends a process; so the convolutions run in one of their own.
 */
class Conv3dGradientTest {
    /** Frames as large as the demo's autoencoder sees, above what oneDNN takes as one block. */
    private static final long[] FRAME = {64, 96};

    @TempDir
    private Path folder;

    /** Rounding of inputs is shared; outputs and gradients are each rounded to 8 bits: 0.2 %. */
    private static final double TOLERANCE = 0.01;

    enum Case {
        CUBIC(32, 16, 4, weights -> Conv3d.cubic(weights, 32, 16)::forward),
        CUBIC_STILL(32, 16, 1, weights -> Conv3d.cubic(weights, 32, 16)::forwardStill),
        CUBIC_WIDE_STILL(32, 64, 1, weights -> Conv3d.cubic(weights, 32, 64)::forwardStill),
        POINTWISE(128, 64, 2, weights -> Conv3d.pointwise(weights, 128, 64)::forward),
        PLANAR(64, 64, 2, weights -> Conv3d.planar(weights, 64, 1, 1)::forward),
        PLANAR_STRIDED(64, 64, 1, weights -> Conv3d.planar(weights, 64, 2, 0)::forward);

        private final long in;
        private final long out;
        private final long frames;
        private final Function<Weights, Function<Tensor, Tensor>> layer;

        Case(long in, long out, long frames, Function<Weights, Function<Tensor, Tensor>> layer) {
            this.in = in;
            this.out = out;
            this.frames = frames;
            this.layer = layer;
        }

        private long[] kernel() {
            return switch (this) {
                case CUBIC, CUBIC_STILL, CUBIC_WIDE_STILL -> new long[] {out, in, 3, 3, 3};
                case POINTWISE -> new long[] {out, in, 1, 1, 1};
                case PLANAR, PLANAR_STRIDED -> new long[] {out, in, 3, 3};
            };
        }
    }

    /** The child: prints how far output and gradients in bf16 are from those in fp32, relative to their size. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            for (Case tried : Case.values()) {
                measure(tried);
            }
        }

        private static void measure(Case tried) {
            try (Scope scope = Scope.open()) {
                torch.manual_seed(0);
                Tensor x = rounded(2, tried.in, tried.frames, FRAME[0], FRAME[1]);
                Map<String, Tensor> values = new LinkedHashMap<>();
                values.put("weight", Ops.scale(rounded(tried.kernel()), 0.0625));
                values.put("bias", rounded(tried.out));
                TensorStore store = TensorStore.of(values, "values");
                Map<String, Tensor> exact = results(tried, store, x, DType.FP32);
                results(tried, store, x, DType.BF16).forEach((name, value) -> {
                    Tensor expected = Objects.requireNonNull(exact.get(name));
                    Tensor error = value.to(ScalarType.Float).sub(expected).norm();
                    System.out.println(tried + "." + name + " "
                            + error.item_float() / expected.norm().item_float());
                });
            }
        }

        private static Tensor rounded(long... shape) {
            return torch.randn(shape).to(ScalarType.BFloat16).to(ScalarType.Float);
        }

        private static Map<String, Tensor> results(Case tried, TensorStore store, Tensor x, DType dtype) {
            Weights weights = Weights.trainable(store, Compute.CPU_FP32.with(dtype));
            Tensor input = x.to(dtype.scalarType()).clone().set_requires_grad(true);
            Tensor made = tried.layer.apply(weights).apply(input);
            torch.manual_seed(1);
            Tensor wanted = torch.randn(Ops.shape(made)).to(ScalarType.BFloat16);
            made.mul(wanted.to(made.scalar_type())).to(ScalarType.Double).sum().backward();
            Map<String, Tensor> results = new LinkedHashMap<>();
            results.put("output", made.detach());
            results.put("input", input.grad());
            weights.parameters().forEach((name, parameter) -> results.put(name, parameter.grad()));
            return results;
        }
    }

    @Test
    void gradientsInBf16AreThoseInFp32() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-CreateCoredumpOnCrash",
                        "-XX:ErrorFile=" + folder.resolve("crash.txt"),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Child.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(folder.resolve("told.txt").toFile())
                .start();
        int exit;
        try {
            // A process that aborts with a broken heap may hang instead of ending.
            exit = process.waitFor(10, TimeUnit.MINUTES) ? process.exitValue() : -1;
        } finally {
            process.destroyForcibly().waitFor();
        }
        Map<String, Double> errors = new LinkedHashMap<>();
        for (String line : Files.readAllLines(folder.resolve("told.txt"))) {
            String[] parts = line.split(" ");
            if (parts.length == 2 && parts[1].matches("[0-9.E-]+|NaN|Infinity")) {
                errors.put(parts[0], Double.valueOf(parts[1]));
            }
        }
        assertThat(errors).as("child's exit code %d", exit).hasSize(4 * Case.values().length);
        assertThat(errors)
                .allSatisfy((name, error) -> assertThat(error).as(name).isLessThan(TOLERANCE));
        assertThat(exit).isZero();
    }
}
