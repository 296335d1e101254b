package ai.ingredients.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.SchedulerConfig.PredictionType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How noisy each timestep is, and the forward process: {@code x_t = √ᾱ_t · clean + √(1−ᾱ_t) · noise}.
 *
 * <p>ᾱ is the cumulative product of {@code 1 − beta}; it falls from almost 1 at timestep 0 to 0 at the last one. It is
 * kept in fp64, as the official schedulers do for the schedule of the releases (the other schedules are fp32 there and
 * are computed so here). Immutable and thread-safe; owns no native memory.
 *
 * <p>Source: arXiv 2006.11239; SNR shift of arXiv 2403.03206; zero terminal SNR of arXiv 2305.08891; class
 * {@code CogVideoXDPMScheduler} of diffusers.
 */
public final class NoiseSchedule {
    private static final double LARGEST_COSINE_BETA = 0.999;

    private final SchedulerConfig config;
    private final double[] alphasCumprod;

    /** The schedule {@code config} describes. */
    public NoiseSchedule(SchedulerConfig config) {
        this.config = config;
        this.alphasCumprod = alphasCumprod(config);
    }

    /** What this schedule was made of. */
    public SchedulerConfig config() {
        return config;
    }

    /**
     * ᾱ of {@code timestep}.
     *
     * @param timestep 0 … numTrainTimesteps − 1; below 0 the value after the last step
     */
    public double alphaCumprod(long timestep) {
        if (timestep < 0) {
            return config.setAlphaToOne() ? 1.0 : alphasCumprod[0];
        }
        return alphasCumprod[Math.toIntExact(timestep)];
    }

    private static double[] alphasCumprod(SchedulerConfig config) {
        try (Scope scope = Scope.inference()) {
            Tensor alphas = torch.rsub(betas(config), new Scalar(1.0)).cumprod(0); // [timesteps]
            double shift = config.snrShiftScale();
            alphas = alphas.div(Ops.plus(Ops.scale(alphas, 1 - shift), shift));
            if (config.rescaleBetasZeroSnr()) {
                alphas = withoutFinalSignal(alphas);
            }
            double[] values = new double[config.numTrainTimesteps()];
            new DoublePointer(alphas.to(ScalarType.Double).contiguous().data_ptr()).get(values);
            return values;
        }
    }

    private static Tensor betas(SchedulerConfig config) {
        int count = config.numTrainTimesteps();
        double start = config.betaStart();
        double end = config.betaEnd();
        if (!config.trainedBetas().isEmpty()) {
            return fp32(config.trainedBetas().stream().mapToDouble(beta -> beta).toArray());
        }
        return switch (config.betaSchedule()) {
            case LINEAR -> linspace(start, end, count, ScalarType.Float);
            case SCALED_LINEAR ->
                linspace(Math.sqrt(start), Math.sqrt(end), count, ScalarType.Double)
                        .square();
            case SQUAREDCOS_CAP_V2 -> {
                double[] betas = new double[count];
                for (int i = 0; i < count; i++) {
                    double kept = cosineSignal((i + 1.0) / count) / cosineSignal((double) i / count);
                    betas[i] = Math.min(1 - kept, LARGEST_COSINE_BETA);
                }
                yield fp32(betas);
            }
        };
    }

    private static Tensor linspace(double start, double end, int count, ScalarType type) {
        return torch.linspace(new Scalar(start), new Scalar(end), count, new TensorOptions(type));
    }

    private static Tensor fp32(double[] values) {
        float[] narrowed = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrowed[i] = (float) values[i];
        }
        return Ops.tensor(narrowed, narrowed.length);
    }

    private static double cosineSignal(double time) {
        double cosine = Math.cos((time + 0.008) / 1.008 * Math.PI / 2);
        return cosine * cosine;
    }

    /** Shifts and stretches √ᾱ so that the first value stays and the last becomes 0; [timesteps] → [timesteps]. */
    private static Tensor withoutFinalSignal(Tensor alphas) {
        Tensor roots = alphas.sqrt();
        Tensor first = roots.narrow(0, 0, 1);
        Tensor last = roots.narrow(0, roots.size(0) - 1, 1);
        return roots.sub(last).mul(first.div(first.sub(last))).square();
    }

    /**
     * The timesteps of a sampling run, from noisy to clean.
     *
     * @param steps 1 … numTrainTimesteps
     * @throws InvalidInputException when there are too few or too many steps
     */
    public long[] timesteps(int steps) {
        int trained = config.numTrainTimesteps();
        if (steps < 1 || steps > trained) {
            throw new InvalidInputException(
                    steps + " steps were asked for; the scheduler can make between 1 and " + trained);
        }
        double[] rising = switch (config.timestepSpacing()) {
            case LINSPACE -> evenly(steps, trained - 1);
            case LEADING -> {
                long ratio = trained / steps;
                yield LongStream.range(0, steps)
                        .mapToDouble(i -> i * ratio + config.stepsOffset())
                        .toArray();
            }
            case TRAILING -> reversed(fromTheEnd(steps, trained));
        };
        long[] timesteps = Arrays.stream(reversed(rising))
                .mapToLong(t -> (long) Math.rint(t)) // half to even, like numpy
                .toArray();
        if (timesteps[0] >= trained) {
            throw new InvalidInputException("steps_offset " + config.stepsOffset() + " with " + steps
                    + " steps asks for timestep " + timesteps[0] + " of " + trained + "; use fewer steps");
        }
        return timesteps;
    }

    /** {@code steps} values from 0 to {@code last}; one value is 0. */
    private static double[] evenly(int steps, int last) {
        double[] values = new double[steps];
        for (int i = 0; i < steps; i++) {
            values[i] = steps == 1 ? 0 : i * ((double) last / (steps - 1));
        }
        return values;
    }

    /** {@code trained, trained − ratio, …} above 0, less 1; the spacing is rounded the way numpy's arange rounds it. */
    private static double[] fromTheEnd(int steps, int trained) {
        double ratio = (double) trained / steps;
        double spacing = trained - (trained - ratio);
        double[] values = new double[(int) Math.ceil(trained / ratio)];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.rint(trained - i * spacing) - 1;
        }
        return values;
    }

    private static double[] reversed(double[] values) {
        double[] reversed = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            reversed[i] = values[values.length - 1 - i];
        }
        return reversed;
    }

    /**
     * Noisy samples: {@code √ᾱ · clean + √(1−ᾱ) · noise}, computed in {@code clean}'s dtype like the official training
     * scripts (bf16 then rounds ᾱ to bf16; pass fp32 where that matters).
     *
     * @param clean [B, …]
     * @param noise [B, …]
     * @param timesteps [B] int64
     */
    public Tensor addNoise(Tensor clean, Tensor noise, Tensor timesteps) {
        Tensor alphas = alphas(timesteps, clean);
        return Scope.of(
                () -> alphas.sqrt().mul(clean).add(oneMinus(alphas).sqrt().mul(noise)));
    }

    /** The target of v-prediction: {@code √ᾱ · noise − √(1−ᾱ) · clean}; shapes and dtypes as {@link #addNoise}. */
    public Tensor velocity(Tensor clean, Tensor noise, Tensor timesteps) {
        Tensor alphas = alphas(timesteps, clean);
        return Scope.of(
                () -> alphas.sqrt().mul(noise).sub(oneMinus(alphas).sqrt().mul(clean)));
    }

    /**
     * The clean samples a prediction means, for losses on them; shapes and dtypes as {@link #addNoise}.
     *
     * @param prediction what the model said of {@code noisy}, by the config's prediction type
     * @param noisy samples at {@code timesteps}
     */
    public Tensor clean(Tensor prediction, Tensor noisy, Tensor timesteps) {
        return switch (config.predictionType()) {
            case SAMPLE -> prediction;
            case V_PREDICTION -> velocity(prediction, noisy, timesteps); // the same form, with its roles exchanged
            case EPSILON -> {
                Tensor alphas = alphas(timesteps, noisy);
                yield Scope.of(
                        () -> noisy.sub(oneMinus(alphas).sqrt().mul(prediction)).div(alphas.sqrt()));
            }
        };
    }

    /**
     * The noise in samples whose clean ones are known, the inverse of {@link #addNoise}; shapes and dtypes as there.
     *
     * @param timesteps [B] int64, none so early that there is no noise
     */
    public Tensor noise(Tensor clean, Tensor noisy, Tensor timesteps) {
        Tensor alphas = alphas(timesteps, clean);
        return Scope.of(
                () -> noisy.sub(alphas.sqrt().mul(clean)).div(oneMinus(alphas).sqrt()));
    }

    /**
     * {@code 1 / (1 − ᾱ)} as [B] fp32 on the timesteps' device: the weight that turns the squared error of the clean
     * sample into that of v-prediction. It falls from about 1200 at timestep 0 to 1 at the last.
     *
     * @param timesteps [B] int64
     */
    public Tensor lossWeights(Tensor timesteps) {
        return Scope.of(() -> {
            Tensor weights = oneMinus(table().index_select(0, Transfers.toHost(timesteps)))
                    .reciprocal();
            return Transfers.toDevice(weights, timesteps.device(), ScalarType.Float);
        });
    }

    /** ᾱ of each sample in {@code like}'s dtype and on its device: [B] → [B, 1, 1, …]. */
    private Tensor alphas(Tensor timesteps, Tensor like) {
        long[] shape = new long[Math.toIntExact(like.dim())];
        Arrays.fill(shape, 1);
        shape[0] = timesteps.numel();
        return Scope.of(() -> {
            Tensor chosen = table().index_select(0, Transfers.toHost(timesteps.flatten()));
            return Transfers.toDevice(chosen, like.device(), like.scalar_type()).reshape(shape);
        });
    }

    private Tensor table() {
        try (DoublePointer data = new DoublePointer(alphasCumprod)) {
            return torch.from_blob(data, new long[] {alphasCumprod.length}, new TensorOptions(ScalarType.Double))
                    .clone();
        }
    }

    private static Tensor oneMinus(Tensor x) {
        return torch.rsub(x, new Scalar(1.0));
    }

    /**
     * The clean sample a prediction at one {@code timestep} means; coefficients in fp64, values in the dtypes given.
     *
     * @param prediction what the model said of {@code noisy}
     * @param noisy a sample at {@code timestep}
     */
    Tensor clean(Tensor prediction, Tensor noisy, long timestep) {
        double signal = Math.sqrt(alphaCumprod(timestep));
        double noise = Math.sqrt(1 - alphaCumprod(timestep));
        PredictionType type = config.predictionType();
        return switch (type) {
            case SAMPLE -> prediction;
            case V_PREDICTION -> times(signal, noisy).sub(times(noise, prediction));
            case EPSILON -> noisy.sub(times(noise, prediction)).div(scalar(signal));
        };
    }

    /**
     * {@code coefficient · x} in {@code x}'s dtype, rounded like the official code's product of a one-element tensor
     * and {@code x}, in this order: in bf16 on the CPU libtorch then rounds the coefficient to bf16, otherwise not.
     */
    static Tensor times(double coefficient, Tensor x) {
        return scalar(coefficient).mul(x);
    }

    private static Tensor scalar(double value) {
        return torch.scalar_tensor(new Scalar(value), new TensorOptions(ScalarType.Double));
    }
}
