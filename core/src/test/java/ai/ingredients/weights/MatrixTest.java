package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Matrices in 8 bits: fixture {@code int8}, made by {@code int8_vectors.py}, and what theory allows. */
class MatrixTest {
    private static final Compute BF16 = Compute.CPU_FP32.with(DType.BF16);

    private static Weights weights(Map<String, Tensor> tensors, Compute compute) {
        return Weights.of(TensorStore.of(tensors, "memory"), compute).withMatrices(WeightsDtype.INT8);
    }

    @Test
    void theNumbersAreThoseOfThePlainFormula() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("int8");
                Weights weights = weights(
                        Map.of("weight", fixture.get("in_weight"), "bias", fixture.get("in_bias")), Compute.CPU_FP32)) {
            Matrix matrix = weights.matrix("weight", 24, 40);
            assertTrue(torch.equal(fixture.get("out_values"), matrix.values()), "numbers");
            assertTrue(torch.equal(fixture.get("out_scale"), Objects.requireNonNull(matrix.scale())), "scales");
            assertTrue(torch.equal(fixture.get("out_whole"), matrix.whole()), "multiplied out");
            Tensor y = Linear.of(weights, 40, 24).forward(fixture.get("in_x"));
            fixture.check("out_y", y, Fixture.MODULE);
            weights.verify();
        }
    }

    /** Of weights in any type, and rounded once to what is computed in. */
    @Test
    void inHalfPrecisionItIsRoundedOnce() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("int8");
                Weights weights = weights(Map.of("weight", fixture.get("in_weight")), BF16)) {
            assertTrue(
                    torch.equal(
                            fixture.get("out_whole_bf16"),
                            weights.matrix("weight", 24, 40).whole()),
                    "bf16");
        }
    }

    /** More values than are widened at a time, so that they come in pieces; bf16 as checkpoints store it. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"FP32", "BF16"})
    void noValueIsOffByMoreThanHalfAStepOfItsChannel(DType stored) {
        long out = 700;
        long in = 1000;
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(5);
            Tensor weight = torch.randn(out, in).mul(torch.rand(out, 1)).to(stored.scalarType());
            try (Weights weights = weights(Map.of("weight", weight), Compute.CPU_FP32)) {
                Matrix matrix = weights.matrix("weight", out, in);
                Tensor exact = weight.to(ScalarType.Double);
                Tensor half = Objects.requireNonNull(matrix.scale())
                        .to(ScalarType.Double)
                        .div(new Scalar(2)); // [out, 1]
                Tensor error = matrix.whole().to(ScalarType.Double).sub(exact).abs();
                assertThat(error.div(half).max().item().toDouble())
                        .isLessThanOrEqualTo(1 + 1e-4)
                        .isGreaterThan(0.9);
                Tensor largest = exact.abs().amax(new long[] {1}, true);
                assertThat(Fixture.relativeError(largest.div(new Scalar(254.0)), half))
                        .isLessThan(1e-7);

                Tensor x = torch.randn(8, in);
                Tensor y = Linear.withoutBias(weights, in, out).forward(x);
                Tensor expected = x.to(ScalarType.Double).matmul(exact.t());
                Tensor allowed = x.to(ScalarType.Double)
                        .abs()
                        .mean(new long[] {1}, true, new ScalarTypeOptional())
                        .mul(new Scalar((double) in))
                        .matmul(half.t());
                assertThat(y.to(ScalarType.Double)
                                .sub(expected)
                                .abs()
                                .div(allowed)
                                .max()
                                .item()
                                .toDouble())
                        .isLessThan(1);
                // Rounding errors are even over a step: its length / √12 beside values of deviation σ, so about 0.6 %.
                assertThat(Fixture.relativeError(expected, y)).isBetween(0.003, 0.012);
            }
        }
    }

    @Test
    void lowRankTermsStandBesideItAsTheyAre() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("int8")) {
            Matrix matrix = Matrix.int8(fixture.get("in_weight"), Compute.CPU_FP32);
            Tensor down = torch.randn(2, 40);
            Tensor up = torch.randn(24, 2);
            Linear layer = new Linear(matrix, fixture.get("in_bias"), List.of(new LowRankTerm(down, up)));
            Tensor x = fixture.get("in_x");
            Tensor expected = fixture.get("out_y").add(x.matmul(down.t()).matmul(up.t()));
            Fixture.assertClose("with adapter", expected, layer.forward(x), Fixture.MODULE);
            Fixture.assertClose("whole", fixture.get("out_whole").add(up.mm(down)), layer.matrix(), Fixture.MODULE);
        }
    }

    /** What is no number stays none, for the check of the latents. */
    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void whatIsNoNumberIsNotHidden(float value) {
        try (Scope scope = Scope.inference()) {
            Tensor weight = Ops.tensor(new float[] {1, 2, value, 4}, 2, 2);
            Tensor whole = Matrix.int8(weight, Compute.CPU_FP32).whole();
            assertThat(torch.isfinite(whole.select(0, 0)).all().item().toBool()).isTrue();
            assertThat(torch.isfinite(whole.select(0, 1)).all().item().toBool()).isFalse();
        }
    }

    @Test
    void whatDoesNotFitIsReportedWithAllElse() {
        try (Scope scope = Scope.inference();
                Weights weights = weights(Map.of("a.weight", torch.ones(2, 3)), Compute.CPU_FP32)) {
            Linear.of(weights.at("a"), 4, 2);
            Linear.withoutBias(weights.at("b"), 4, 2);
            assertThatThrownBy(weights::verify)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("missing: a.bias [2], b.weight [2, 4]")
                    .hasMessageContaining("wrong shape: a.weight is [2, 3]");
        }
    }

    @Test
    void inTrainingTheyStayAsTheyAreLearned() {
        try (Scope scope = Scope.open();
                Weights weights = Weights.trainable(
                                TensorStore.of(Map.of("weight", torch.ones(2, 3)), "memory"), Compute.CPU_FP32)
                        .withMatrices(WeightsDtype.INT8)) {
            assertThat(weights.matrix("weight", 2, 3).quantised()).isFalse();
        }
    }

    @Test
    void typesAreNamed() {
        assertThat(WeightsDtype.parse("INT8")).isEqualTo(WeightsDtype.INT8);
        assertThat(WeightsDtype.parse("same")).isEqualTo(WeightsDtype.SAME);
        assertThatThrownBy(() -> WeightsDtype.parse("int4"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("`weightsDtype` \"int4\" is not known; use same or int8");
    }
}
