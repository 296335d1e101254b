package ai.ingredients.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two frames at once are what a direct convolution in double precision makes of them, up to the dtype's rounding. */
class PairedFramesTest {
    private static final long IN = 64;
    private static final long OUT = 96;
    private static final long[] EDGES = {1, 1};

    @ParameterizedTest
    @CsvSource({"1, 4", "1, 5", "2, 6", "1, 9", "1, 10"})
    void isTheDirectConvolution(long batch, long frames) {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(1);
            Tensor x = torch.randn(batch, IN, frames, 33, 35);
            assertThat(error(PairedFrames.convolve(x, kernel(), bias(), EDGES), x, kernel(), bias()))
                    .isLessThan(1e-6);
        }
    }

    /** Frames of a batch that does not fit the cache are made pair by pair. */
    @Test
    void manyFramesAreMadeInParts() {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(2);
            Tensor x = torch.randn(1, IN, 6, 190, 180);
            assertThat(error(PairedFrames.convolve(x, kernel(), bias(), EDGES), x, kernel(), bias()))
                    .isLessThan(1e-6);
        }
    }

    /** bf16 has 8 bits, half of the last one is 2⁻⁹; several roundings of independent numbers stay below twice that. */
    @Test
    void roundsToTheDtype() {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(3);
            Tensor x = torch.randn(1, IN, 10, 33, 35).to(ScalarType.BFloat16);
            Tensor kernel = kernel().to(ScalarType.BFloat16);
            Tensor bias = bias().to(ScalarType.BFloat16);
            assumeThat(Conv3d.named(x)).isTrue();
            assertThat(error(PairedFrames.convolve(x, kernel, bias, EDGES), x, kernel, bias))
                    .isLessThan(Math.scalb(1.0, -8));
        }
    }

    /** Whatever lies innermost in memory before, channels do afterwards, so that the next convolution need not copy. */
    @Test
    void channelsAreInnermostAfterwards() {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(4);
            Tensor x = torch.randn(1, IN, 6, 33, 35);
            Tensor inner = x.permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3);
            Tensor made = PairedFrames.convolve(x, kernel(), bias(), EDGES);
            assertThat(made.stride(1)).isOne();
            assertThat(torch.equal(made, PairedFrames.convolve(inner, kernel(), bias(), EDGES)))
                    .isTrue();
        }
    }

    /** A stretch of layers, batch by batch, is what it is tap by tap, which is how it goes where gradients are recorded. */
    @Test
    void layersTakeItWhereItPays() {
        List<Tensor> direct = layers(true);
        List<Tensor> paired = layers(false);
        for (int batch = 0; batch < direct.size(); batch++) {
            Tensor expected = direct.get(batch);
            assertThat(torch.equal(paired.get(batch), expected))
                    .as("the same bits: it was not taken")
                    .isFalse();
            double error = paired.get(batch).sub(expected).norm().item_double()
                    / expected.norm().item_double();
            assertThat(error).isLessThan(1e-5);
        }
        direct.forEach(Tensor::close);
        paired.forEach(Tensor::close);
    }

    private static List<Tensor> layers(boolean recorded) {
        List<Tensor> made = new ArrayList<>();
        try (Scope scope = recorded ? Scope.open() : Scope.inference();
                FrameCache cache = new FrameCache()) {
            Map<String, Tensor> values = new LinkedHashMap<>();
            torch.manual_seed(5);
            for (String half : List.of("1", "2")) {
                values.put("norm" + half + ".norm_layer.weight", torch.randn(IN));
                values.put("norm" + half + ".norm_layer.bias", torch.randn(IN));
                for (String part : List.of("conv_y", "conv_b")) {
                    values.put("norm" + half + "." + part + ".conv.weight", torch.randn(IN, 4, 1, 1, 1));
                    values.put("norm" + half + "." + part + ".conv.bias", torch.randn(IN));
                }
                values.put("conv" + half + ".conv.weight", Ops.scale(torch.randn(IN, IN, 3, 3, 3), 0.02));
                values.put("conv" + half + ".conv.bias", torch.randn(IN));
            }
            Weights weights = Weights.of(TensorStore.of(values, "values"), Compute.CPU_FP32);
            ResnetBlock block = ResnetBlock.of(weights, IN, IN, (at, width) -> Norm.Spatial.of(at, width, 4, 8));
            for (long frames : new long[] {5, 4}) {
                cache.begin(frames == 4);
                Tensor latents = torch.randn(1, 4, (frames + 1) / 2, 8, 9);
                Tensor x = torch.randn(1, IN, frames, 32, 36);
                made.add(Scope.retain(
                        block.forward(x, new Pass(cache, latents)).contiguous().detach()));
            }
        }
        return made;
    }

    /** What is learned from goes tap by tap: nothing here is recorded for gradients. */
    @Test
    void smallOrRecordedWorkIsDoneDirectly() {
        try (Scope scope = Scope.open()) {
            Tensor kernel = torch.randn(64, 64, 3, 3, 3);
            assertThat(PairedFrames.pays(torch.randn(1, 64, 4, 32, 32), kernel)).isTrue();
            assertThat(PairedFrames.pays(torch.randn(1, 64, 3, 32, 32), kernel)).isFalse();
            assertThat(PairedFrames.pays(torch.randn(1, 64, 4, 31, 32), kernel)).isFalse();
            assertThat(PairedFrames.pays(torch.randn(1, 32, 4, 32, 32), torch.randn(64, 32, 3, 3, 3)))
                    .isFalse();
            assertThat(PairedFrames.pays(torch.randn(1, 64, 4, 32, 32), torch.randn(64, 64, 1, 3, 3)))
                    .isFalse();
            assertThat(GradMode.is_enabled()).isTrue();
        }
    }

    private static Tensor kernel() {
        torch.manual_seed(11);
        return Ops.scale(torch.randn(OUT, IN, 3, 3, 3), 0.02);
    }

    private static Tensor bias() {
        torch.manual_seed(12);
        return torch.randn(OUT);
    }

    /** Root mean square error, relative to that of the convolution in double precision. */
    private static double error(Tensor made, Tensor x, Tensor kernel, Tensor bias) {
        ScalarType exact = ScalarType.Double;
        long[] ones = {1, 1, 1};
        Tensor expected = torch.conv3d(
                x.to(exact), kernel.to(exact), Ops.optional(bias.to(exact)), ones, new long[] {0, 1, 1}, ones, 1);
        assertThat(Ops.shape(made)).isEqualTo(Ops.shape(expected));
        assertThat(DType.of(made)).isEqualTo(DType.of(x));
        return made.to(exact).sub(expected).norm().item_double()
                / expected.norm().item_double();
    }
}
