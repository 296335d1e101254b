package ai.ingredients.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.bench.BenchPlan.Case;
import ai.ingredients.bench.BenchPlan.Repetitions;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.T5Config;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random models are whole models; measurements hold what they claim. No time is asserted. */
class BenchTest {
    private static final long SHARD = 1_000_000;

    @TempDir
    private Path folder;

    private Path tiny(DType dtype) {
        Path model = folder.resolve(dtype.toString());
        new RandomWeights(dtype, 7, SHARD).write(model, BenchSize.TINY, line -> {});
        return model;
    }

    private static BenchPlan plan(Set<Case> cases, DType dtype) {
        return new BenchPlan(
                cases,
                List.of(Compute.CPU_FP32.with(dtype)),
                BenchSize.TINY,
                BenchSize.TINY.video(),
                List.of(MemoryLevel.NONE, MemoryLevel.LAYER),
                TilingChoice.OFF,
                1,
                new Repetitions(0, 2));
    }

    @Test
    void everyCaseRunsOnAModelOfRandomWeights() {
        List<Measured> measured = Bench.run(plan(Set.of(Case.values()), DType.FP32), tiny(DType.FP32), one -> {});
        assertThat(measured)
                .allMatch(Measured::ran)
                .allMatch(one -> one.seconds().size() == 2);
        assertThat(measured.stream().map(Measured::name))
                .contains("matmul 512", "load the transformer", "denoising step", "training step")
                .contains("generate 9 frames of 96x64, 1 steps, memory layer")
                .contains("decode 9 frames of 96x64", "encode 9 frames of 96x64");
        JsonNode json = new BenchReport(measured, "test").json();
        assertThat(json.path("cases")).hasSize(measured.size());
        for (JsonNode one : json.path("cases")) {
            assertThat(one.path("least_s").asDouble())
                    .isLessThanOrEqualTo(one.path("median_s").asDouble());
            assertThat(one.path("peak_resident_bytes").asLong()).isPositive();
            boolean whole = one.path("case").asText().startsWith("generate");
            assertThat(one.path("planned_bytes").asLong() > 0).isEqualTo(whole);
            assertThat(one.path("share_of_peak").asDouble()).isLessThanOrEqualTo(1.5);
        }
        assertThat(new BenchReport(measured, "test").table().lines()).hasSizeGreaterThan(measured.size());
    }

    @Test
    void weightsAreShardedAndTheSameForASeed() throws IOException {
        Path first = tiny(DType.BF16);
        Path again = folder.resolve("again");
        new RandomWeights(DType.BF16, 7, SHARD).writeLike(again, first, line -> {});
        try (Stream<Path> files = Files.list(first.resolve("transformer"))) {
            assertThat(files.filter(file -> file.toString().contains("-of-")).count())
                    .isGreaterThan(1);
        }
        try (Scope scope = Scope.inference();
                TensorStore one = ModelFolder.open(first).weights("transformer");
                TensorStore other = ModelFolder.open(again).weights("transformer")) {
            assertThat(other.names()).isEqualTo(one.names());
            for (String name : one.names()) {
                assertThat(one.info(name).dtype()).isEqualTo(DType.BF16);
                assertThat(torch.equal(one.get(name), other.get(name))).as(name).isTrue();
            }
        }
        assertThatThrownBy(() -> new RandomWeights(DType.BF16, 7, SHARD).write(first, BenchSize.TINY, line -> {}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("is there already");
    }

    /** The files are those sizes; drawing them is for a machine with the room. */
    @Test
    void publishedSizesAreThePublishedOnes() throws IOException {
        Path model = tiny(DType.FP32);
        for (String component : List.of("transformer", "vae", "text_encoder")) {
            Files.write(model.resolve(component).resolve("config.json"), BenchSize.PUBLISHED.config(component));
        }
        ModelBundle bundle = ModelBundle.open(model);
        assertThat(bundle.transformer()).isEqualTo(TransformerConfig.ingredients5b());
        assertThat(bundle.vae()).isEqualTo(VaeConfig.cogVideoX5b());
        assertThat(bundle.textEncoder()).isEqualTo(T5Config.xxl());
    }

    @Test
    void operationsAreCountedByTheFormulas() {
        assertThat(Flops.matmul(2, 3, 4)).isEqualTo(48);
        // 12 D² of products a token and block, and 4 S D of attention
        double plain = Flops.transformer(TransformerConfig.cogVideoX5b(), 1, 1000, 226, 0);
        double width = 3072;
        assertThat(plain).isCloseTo(42 * 1226 * (24 * width * width + 4 * 1226 * width), within(1e-9 * plain));
        VaeConfig vae = VaeConfig.cogVideoX5b();
        assertThat(Flops.decode(vae, 13, 60, 90)).isGreaterThan(3 * Flops.encode(vae, 1, 480, 720));
    }

    /** As on a device; here only two of the kernels can be run. */
    @Test
    void attentionIsMeasuredByKernelAndTheFastestSaysSo() {
        List<Measured> kernels = new Kernels(Compute.CPU_FP32, new Stopwatch(Compute.CPU_FP32, 0, 1)).backends(2, 64);
        assertThat(kernels.stream().map(Measured::name))
                .containsExactly(
                        "attention 2x64x64, cudnn",
                        "attention 2x64x64, flash",
                        "attention 2x64x64, efficient",
                        "attention 2x64x64, math");
        assertThat(kernels.stream().filter(Measured::ran).map(Measured::name))
                .containsExactly("attention 2x64x64, flash", "attention 2x64x64, math");
        assertThat(kernels.getFirst().note()).isEqualTo("skipped: not for these inputs on this device");
        List<Measured> told = Kernels.withFastest(List.of(
                new Measured("a", "bf16", List.of(2.0), 0, 0, 0, 0, 0, null),
                Measured.skipped("b", "bf16", "no"),
                new Measured("c", "bf16", List.of(1.0), 0, 0, 0, 0, 0, null)));
        assertThat(told.stream().map(Measured::note)).containsExactly(null, "skipped: no", "the fastest here");
    }

    @Test
    void theMedianIsTheMiddle() {
        Measured odd = new Measured("a", "fp32", List.of(3.0, 1.0, 2.0), 4e9, 1, 0, 0, 0, null);
        assertThat(odd.median()).isEqualTo(2);
        assertThat(odd.gigaflops()).isEqualTo(2);
        Measured even = new Measured("a", "fp32", List.of(4.0, 1.0, 2.0, 3.0), 0, 1, 0, 0, 0, null);
        assertThat(even.median()).isEqualTo(2.5);
        List<Measured> skipped = new ArrayList<>(List.of(Measured.skipped("train", "fp32", "too large")));
        assertThat(new BenchReport(skipped, "test").table()).contains("skipped: too large");
    }
}
