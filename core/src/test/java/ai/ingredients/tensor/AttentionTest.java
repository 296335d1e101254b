package ai.ingredients.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.SDPBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The choice of a kernel for attention, as far as a machine without a GPU shows it. */
class AttentionTest {
    @ParameterizedTest
    @EnumSource(Attention.class)
    void everyKernelIsTriedOnceTheChosenOneFirst(Attention attention) {
        long[] order = attention.order();
        assertThat(LongStream.of(order).distinct().count()).isEqualTo(torch.num_sdp_backends());
        assertThat(order[order.length - 1]).isEqualTo(SDPBackend.overrideable.value);
        assertThat(order[0])
                .isEqualTo(
                        switch (attention) {
                            case CUDNN -> SDPBackend.cudnn_attention.value;
                            case EFFICIENT -> SDPBackend.efficient_attention.value;
                            case MATH -> SDPBackend.math.value;
                            case AUTO, FLASH -> SDPBackend.flash_attention.value;
                        });
        assertThat(Attention.parse(attention.toString())).isEqualTo(attention);
    }

    /** The bits on the CPU, gradients or not, are those of a program that never chose. */
    @Test
    void theCpuDoesNotLookAtIt() {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(1);
            Tensor x = torch.randn(1, 2, 300, 16);
            Tensor before = Ops.attention(x, x, x);
            try {
                for (Attention attention : Attention.values()) {
                    attention.prefer();
                    assertThat(torch.equal(before, Ops.attention(x, x, x))).isTrue();
                }
            } finally {
                Attention.AUTO.prefer();
            }
        }
    }

    @Test
    void oneKernelAloneIsForAWhile() {
        try (Scope scope = Scope.inference()) {
            var context = torch.globalContext();
            boolean[] seen = new boolean[4];
            Attention.MATH.only(() -> {
                seen[0] = context.userEnabledMathSDP();
                seen[1] = context.userEnabledFlashSDP();
                seen[2] = context.userEnabledMemEfficientSDP();
                seen[3] = context.userEnabledCuDNNSDP();
            });
            assertThat(seen).containsExactly(true, false, false, false);
            Tensor x = torch.randn(1, 1, 8, 8);
            assertThatThrownBy(() -> Attention.CUDNN.only(() -> Ops.attention(x, x, x)))
                    .isInstanceOf(RuntimeException.class);
            assertThat(context.userEnabledFlashSDP() && context.userEnabledMathSDP())
                    .isTrue();
        }
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> Attention.parse("xformers"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("attention \"xformers\" is not known; use one of auto, cudnn, flash, efficient, math");
        for (Attention kernel : Arrays.asList(Attention.CUDNN, Attention.MATH)) {
            assertThatThrownBy(() -> new Compute("cpu", DType.FP32, kernel))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith("`attention` " + kernel + " is a kernel of CUDA devices")
                    .hasMessageEndingWith("use auto");
        }
        Compute cuda = new Compute("cuda", DType.BF16, Attention.CUDNN);
        assertThat(cuda.on("cuda:1").with(DType.FP16).attention()).isEqualTo(Attention.CUDNN);
        assertThat(cuda.on("cpu").attention()).isEqualTo(Attention.AUTO);
    }
}
