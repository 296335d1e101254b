package ai.ingredients.vae;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Group normalisation is as exact whatever lies innermost in memory, and however large the mean is. */
class NormTest {
    private static final long CHANNELS = 64;
    private static final long GROUPS = 16;

    @ParameterizedTest
    @CsvSource({"Contiguous, 0", "ChannelsLast3d, 0", "Contiguous, 5", "ChannelsLast3d, 5"})
    void groupsAreNormalisedToTheLastDigit(MemoryFormat layout, double mean) {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(6);
            Tensor x = torch.randn(2, CHANNELS, 3, 60, 70).add(new Scalar(mean)).contiguous(layout);
            Tensor weight = torch.randn(CHANNELS);
            Tensor bias = torch.randn(CHANNELS);
            Tensor made = new Norm.Group(GROUPS, weight, bias, Norm.EPS).forward(x, new Pass(new FrameCache(), x));
            ScalarType exact = ScalarType.Double;
            Tensor expected = torch.group_norm(
                    x.contiguous().to(exact),
                    GROUPS,
                    Ops.optional(weight.to(exact)),
                    Ops.optional(bias.to(exact)),
                    Norm.EPS,
                    true);
            double error = made.to(exact).sub(expected).norm().item_double()
                    / expected.norm().item_double();
            assertThat(error).isLessThan(1e-6);
            assertThat(made.stride(1)).isEqualTo(x.stride(1));
        }
    }
}
