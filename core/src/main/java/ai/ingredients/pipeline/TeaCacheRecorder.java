package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Calibrates {@link TeaCache} while a video is made: listens to how far the prediction moves in each step and knows the
 * model's {@link TeaPolynomial} when the video is done. Knows the last generation only; owns one prediction until
 * {@link #close}.
 */
public final class TeaCacheRecorder implements GenerationListener, AutoCloseable {
    /** Of a step before that said nothing at all. */
    private static final double NO_ZERO = 1e-16;

    private final GenerationRequest request;
    private final List<Double> moved = new ArrayList<>();
    private @Nullable Tensor before;

    /**
     * For the generation of {@code request}.
     *
     * @throws InvalidInputException when it leaves something out, so that predictions are not all the model's own
     */
    public TeaCacheRecorder(GenerationRequest request) {
        if (!request.shortcuts().equals(Shortcuts.NONE)) {
            throw new InvalidInputException("a calibration looks at steps that are all computed; leave out `magCache`,"
                    + " `teaCache` and `guidanceInterval`");
        }
        this.request = request;
    }

    @Override
    public void begins(Stage stage, int total) {
        if (stage == Stage.DENOISING) {
            close(); // another generation begins
        }
    }

    @Override
    public void prediction(int step, Tensor prediction) {
        int known = before == null ? 0 : moved.size() + 1;
        if (step != known) {
            throw new InvalidInputException("step " + step + " comes after " + known
                    + " recorded ones; calibrate with a video that is made from the beginning");
        }
        Tensor last = before;
        Tensor now = Scope.retain(
                Scope.of(() -> prediction.detach().to(ScalarType.Float).clone()));
        before = now;
        if (last == null) {
            return;
        }
        try (Scope scope = Scope.inference()) {
            double difference = now.sub(last).abs().mean().item().toDouble();
            moved.add(difference / (last.abs().mean().item().toDouble() + NO_ZERO));
        } finally {
            last.close();
        }
    }

    /**
     * What was found.
     *
     * @throws InvalidInputException when no whole video was made
     */
    public TeaPolynomial polynomial() {
        int seen = before == null ? 0 : moved.size() + 1;
        if (seen != request.steps() || seen < 2) {
            throw new InvalidInputException("predictions are known of " + seen + " of " + request.steps()
                    + " steps; calibrate with a whole video of at least two");
        }
        double[] changes = request.timestepChanges();
        return TeaPolynomial.fitted(
                Arrays.copyOfRange(changes, 1, changes.length),
                moved.stream().mapToDouble(Double::doubleValue).toArray());
    }

    @Override
    public void close() {
        if (before != null) {
            before.close();
            before = null;
        }
        moved.clear();
    }
}
