package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Calibrates {@link MagCache} while a video is made: listens to what the blocks add in each step and knows the model's
 * {@link MagnitudeRatios} when the video is done. Knows the last generation only; owns a number per token until
 * {@link #close}.
 */
public final class MagnitudeRecorder implements GenerationListener, AutoCloseable {
    private static final double NO_ZERO = 1e-8;

    private final List<Double> ratios = new ArrayList<>();
    private @Nullable Tensor before;
    private int steps;

    @Override
    public void begins(Stage stage, int total) {
        if (stage == Stage.DENOISING) {
            close(); // another generation begins
            steps = total;
        }
    }

    @Override
    public boolean wantsResidual() {
        return true;
    }

    @Override
    public void residual(int step, Tensor residual) {
        if (step != ratios.size()) {
            throw new InvalidInputException("step " + step + " comes after " + ratios.size()
                    + " recorded ones; calibrate with every step computed, without `magCache`, and from the beginning");
        }
        Tensor last = before;
        Tensor norms = Scope.retain(Scope.of(() -> residual.to(ScalarType.Float)
                .norm(new ScalarOptional(new Scalar(2)), new long[] {-1}, false))); // [B, V]
        before = norms;
        if (last == null) {
            ratios.add(1.0);
            return;
        }
        try (Scope scope = Scope.inference()) {
            ratios.add(Transfers.number(norms.div(Ops.plus(last, NO_ZERO)).mean()));
        } finally {
            last.close();
        }
    }

    /**
     * What was found.
     *
     * @throws InvalidInputException when no whole video was made
     */
    public MagnitudeRatios ratios() {
        if (ratios.isEmpty() || ratios.size() != steps) {
            throw new InvalidInputException(
                    "ratios are known of " + ratios.size() + " of " + steps + " steps; calibrate with a whole video");
        }
        return new MagnitudeRatios(ratios);
    }

    @Override
    public void close() {
        if (before != null) {
            before.close();
            before = null;
        }
        ratios.clear();
    }
}
