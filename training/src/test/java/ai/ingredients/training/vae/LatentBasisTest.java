package ai.ingredients.training.vae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.vae.LatentDistribution;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class LatentBasisTest {
    private static final double ROUNDING = 2e-5;

    /** The pictures stay, the latents become uncorrelated, of one power and without a mean but in the first channel. */
    @Test
    void anotherBasisDecodesToTheSamePictures() {
        Path folder = Fixture.bundle().resolve("vae");
        VaeConfig config = VaeConfig.of(ConfigReader.of(folder.resolve("config.json")));
        try (Scope scope = Scope.inference();
                TensorStore store = Checkpoint.open(folder);
                Noise noise = new Noise(5)) {
            Tensor video = Ops.scale(noise.gaussian(Compute.CPU_FP32, 1, 3, 9, 32, 48), 0.5);
            Map<String, Tensor> before = new LinkedHashMap<>();
            store.names().forEach(name -> before.put(name, store.get(name)));
            Seen old = look(before, config, video);
            Tensor places = old.mean.select(0, 0).flatten(1, -1).t(); // [n, C]
            Tensor basis = LatentBasis.of(places, 1);

            Seen now = look(LatentBasis.fold(before, basis), config, video);

            assertEquals(0, difference(old.decoded, now.decoded), ROUNDING);
            Tensor moved = basis.matmul(places.t().to(ScalarType.Double)); // [C, n]
            Tensor found = now.mean.select(0, 0).flatten(1, -1).to(ScalarType.Double);
            assertEquals(0, difference(moved, found), ROUNDING);
            Tensor means = found.mean(new long[] {1}, true, new ScalarTypeOptional());
            Tensor centred = found.sub(means);
            Tensor covariance = Ops.scale(centred.matmul(centred.t()), 1.0 / found.size(1));
            long channels = covariance.size(0);
            for (long i = 0; i < channels; i++) {
                assertEquals(1, value(covariance, i, i), 1e-4, "power of channel " + i);
                for (long k = 1; k < i; k++) {
                    assertEquals(0, value(covariance, i, k), 1e-4, "channels " + i + " and " + k);
                }
            }
            assertEquals(0, means.narrow(0, 1, channels - 1).abs().amax().item().toDouble(), 1e-4);
            assertTrue(means.select(0, 0).abs().item().toDouble() > 0.01);
        }
    }

    /** Half way, powers keep their order and come closer to each other. */
    @Test
    void evennessIsHowFarPowersMove() {
        try (Scope scope = Scope.inference();
                Noise noise = new Noise(6)) {
            float[] sizes = {4, 2, 1};
            float[] mean = {0, 0, 3};
            Tensor centred = noise.gaussian(Compute.CPU_FP32, 40000, 3).mul(Ops.tensor(sizes, 3));
            Tensor places = centred.add(Ops.tensor(mean, 3));
            double[] ratios = new double[3];
            for (int i = 0; i < 3; i++) {
                Tensor basis = LatentBasis.of(places, i / 2.0);
                Tensor moved = centred.to(ScalarType.Double).matmul(basis.t());
                Tensor powers = moved.square().mean(new long[] {0}, false, new ScalarTypeOptional());
                assertEquals(1, powers.mean().item().toDouble(), 0.02);
                ratios[i] =
                        powers.amax().item().toDouble() / powers.amin().item().toDouble();
            }
            assertTrue(ratios[0] > 10, "as it was");
            assertEquals(Math.sqrt(ratios[0]), ratios[1], 0.1 * ratios[1]);
            assertEquals(1, ratios[2], 0.05);
        }
    }

    private record Seen(Tensor mean, Tensor decoded) {}

    private static Seen look(Map<String, Tensor> weights, VaeConfig config, Tensor video) {
        try (Weights own = Weights.of(TensorStore.of(weights, "a test"), Compute.CPU_FP32)) {
            VideoVae vae = VideoVae.load(own, config);
            LatentDistribution latents = vae.encode(video);
            Tensor mean = latents.mean();
            return new Seen(mean, vae.decode(mean));
        }
    }

    private static double difference(Tensor a, Tensor b) {
        Tensor first = a.to(ScalarType.Double);
        return first.sub(b.to(ScalarType.Double)).abs().amax().item().toDouble()
                / first.abs().amax().item().toDouble();
    }

    private static double value(Tensor matrix, long row, long column) {
        return matrix.select(0, row).select(0, column).item().toDouble();
    }
}
