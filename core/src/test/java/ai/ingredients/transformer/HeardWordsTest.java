package ai.ingredients.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeardWordsTest {
    private static final long[] WORDS = {-1, 0, 1, 1, -1};
    private static final float[] SHARES = {1, 0, 0.25f, 0.75f, 0, 1, 1, 1}; // 4 video tokens of 2 people
    private static final int TOKENS = 9;

    /** The same as a matrix of all tokens by all tokens. */
    private static float[] matrix(double strength) {
        float[] bias = new float[TOKENS * TOKENS];
        for (int v = 0; v < 4; v++) {
            for (int t = 0; t < WORDS.length; t++) {
                if (WORDS[t] >= 0) {
                    bias[(WORDS.length + v) * TOKENS + t] = (float) (-strength * (1 - SHARES[v * 2 + (int) WORDS[t]]));
                }
            }
        }
        return bias;
    }

    @ParameterizedTest
    @CsvSource({"FP32, 1e-6", "BF16, 2e-2"})
    void isABiasOnTheLastElement(DType dtype, double tolerance) {
        try (Scope scope = Scope.open()) {
            torch.manual_seed(1);
            Compute compute = new Compute("cpu", dtype);
            Tensor[] parts = new Tensor[3];
            for (int i = 0; i < 3; i++) {
                parts[i] = compute.place(torch.randn(2, 3, TOKENS, 16));
            }
            HeardWords heard = Objects.requireNonNull(HeardWords.of(WORDS, SHARES, 2, 5, compute));
            Tensor made = heard.attention(parts[0], parts[1], parts[2]).to(ScalarType.Float);
            Tensor plain = attention(parts, 0);
            Tensor biased = attention(parts, 5);
            Fixture.assertClose("first", plain.select(0, 0), made.select(0, 0), tolerance);
            Fixture.assertClose("last", biased.select(0, 1), made.select(0, 1), tolerance);
            assertThat(biased.select(0, 1)
                            .sub(plain.select(0, 1))
                            .abs()
                            .max()
                            .item()
                            .toDouble())
                    .isGreaterThan(0.1);
        }
    }

    private static Tensor attention(Tensor[] parts, double strength) {
        return Ops.attention(
                parts[0].to(ScalarType.Float),
                parts[1].to(ScalarType.Float),
                parts[2].to(ScalarType.Float),
                Ops.tensor(matrix(strength), TOKENS, TOKENS),
                0.25);
    }

    @Test
    void wordsOfNobodyNeedNothing() {
        assertThat(HeardWords.of(new long[] {-1, -1}, SHARES, 2, 5, Compute.CPU_FP32))
                .isNull();
    }
}
