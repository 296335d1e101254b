package ai.ingredients.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The noise schedule and sampler of a checkpoint: the keys of {@code scheduler/scheduler_config.json} that the
 * CogVideoX schedulers read. ({@code clip_sample}, {@code clip_sample_range} and {@code sample_max_value} stand there too, but
 * neither scheduler ever clips.)
 *
 * @param numTrainTimesteps noise levels the model was trained on
 * @param betaStart first beta
 * @param betaEnd last beta
 * @param betaSchedule how betas run from the first to the last
 * @param trainedBetas betas that replace the schedule; empty for none
 * @param setAlphaToOne whether the step below timestep 0 is noise-free; otherwise it is as noisy as timestep 0
 * @param stepsOffset added to every timestep of {@link TimestepSpacing#LEADING}
 * @param predictionType what the model predicts
 * @param timestepSpacing which timesteps a short schedule visits
 * @param rescaleBetasZeroSnr whether the last timestep is pure noise (arXiv 2305.08891)
 * @param snrShiftScale factor by which the signal-to-noise ratio is divided (3 for CogVideoX-2B, 1 for 5B)
 */
public record SchedulerConfig(
        int numTrainTimesteps,
        double betaStart,
        double betaEnd,
        BetaSchedule betaSchedule,
        List<Double> trainedBetas,
        boolean setAlphaToOne,
        int stepsOffset,
        PredictionType predictionType,
        TimestepSpacing timestepSpacing,
        boolean rescaleBetasZeroSnr,
        double snrShiftScale) {
    /** How betas run from the first to the last. */
    public enum BetaSchedule {
        /** Evenly spaced. */
        LINEAR,
        /** Their roots evenly spaced: the schedule of every CogVideoX release. */
        SCALED_LINEAR,
        /** Such that the signal falls as a squared cosine. */
        SQUAREDCOS_CAP_V2
    }

    /** What the model predicts. */
    public enum PredictionType {
        /** The noise. */
        EPSILON,
        /** The clean sample. */
        SAMPLE,
        /** {@code √ᾱ · noise − √(1−ᾱ) · clean}, arXiv 2202.00512: what every CogVideoX release predicts. */
        V_PREDICTION
    }

    /** Which timesteps a short schedule visits (arXiv 2305.08891, table 2). */
    public enum TimestepSpacing {
        /** Evenly, both ends included. */
        LINSPACE,
        /** Evenly from 0 upwards; does not reach the last timestep. */
        LEADING,
        /** Evenly from the last timestep downwards: what CogVideoX samples with. */
        TRAILING
    }

    private static final int MOST_TIMESTEPS = 100_000;

    public SchedulerConfig {
        trainedBetas = List.copyOf(trainedBetas);
        if (numTrainTimesteps > MOST_TIMESTEPS) {
            throw new InvalidInputException("num_train_timesteps is " + numTrainTimesteps
                    + "; no schedule has more than " + MOST_TIMESTEPS + ", usually 1000");
        }
        if (numTrainTimesteps < 1) {
            throw new InvalidInputException(
                    "num_train_timesteps is " + numTrainTimesteps + "; it must be at least 1, usually 1000");
        }
        if (!(betaStart > 0 && betaStart <= betaEnd && betaEnd < 1)) {
            throw new InvalidInputException("beta_start is " + betaStart + " and beta_end " + betaEnd
                    + "; expected 0 < beta_start <= beta_end < 1");
        }
        if (!trainedBetas.isEmpty() && trainedBetas.size() != numTrainTimesteps) {
            throw new InvalidInputException("trained_betas has " + trainedBetas.size()
                    + " entries; expected num_train_timesteps = " + numTrainTimesteps);
        }
        if (stepsOffset < 0) {
            throw new InvalidInputException("steps_offset is " + stepsOffset + "; it must not be negative");
        }
        if (predictionType == PredictionType.EPSILON && rescaleBetasZeroSnr) {
            throw new InvalidInputException("prediction_type is epsilon with rescale_betas_zero_snr: the last timestep"
                    + " holds no signal to recover; expected v_prediction");
        }
        if (!(snrShiftScale > 0 && Double.isFinite(snrShiftScale))) {
            throw new InvalidInputException(
                    "snr_shift_scale is " + snrShiftScale + "; it must be positive, 1 for no shift");
        }
    }

    /** The schedule of CogVideoX-5B, its image-to-video variant and Ingredients. */
    public static SchedulerConfig cogVideoX5b() {
        return new SchedulerConfig(
                1000,
                0.00085,
                0.012,
                BetaSchedule.SCALED_LINEAR,
                List.of(),
                true,
                0,
                PredictionType.V_PREDICTION,
                TimestepSpacing.TRAILING,
                true,
                1.0);
    }

    /** The same with other spacing, for checkpoints whose config says {@code linspace} but are sampled trailing. */
    public SchedulerConfig with(TimestepSpacing spacing) {
        return new SchedulerConfig(
                numTrainTimesteps,
                betaStart,
                betaEnd,
                betaSchedule,
                trainedBetas,
                setAlphaToOne,
                stepsOffset,
                predictionType,
                spacing,
                rescaleBetasZeroSnr,
                snrShiftScale);
    }

    /**
     * Reads {@code scheduler_config.json}; absent keys take the defaults of the class it names: of diffusers' CogVideoX
     * schedulers, or of its solvers.
     *
     * @throws InvalidInputException when a value makes no schedule, or asks for a solver that is not here
     */
    public static SchedulerConfig of(ConfigReader config) {
        boolean solver = solver(config) != null;
        if (solver) {
            checkSolver(config);
        }
        return config.build(() -> new SchedulerConfig(
                config.integer("num_train_timesteps", 1000),
                config.number("beta_start", solver ? 0.0001 : 0.00085),
                config.number("beta_end", solver ? 0.02 : 0.012),
                config.choice("beta_schedule", solver ? BetaSchedule.LINEAR : BetaSchedule.SCALED_LINEAR),
                config.numbers("trained_betas", List.of()),
                config.flag("set_alpha_to_one", true),
                config.integer("steps_offset", 0),
                config.choice("prediction_type", PredictionType.EPSILON),
                config.choice("timestep_spacing", solver ? TimestepSpacing.LINSPACE : TimestepSpacing.LEADING),
                config.flag("rescale_betas_zero_snr", false),
                config.number("snr_shift_scale", solver ? 1.0 : 3.0)));
    }

    /** The solver that a {@code scheduler_config.json} names; none for the samplers of CogVideoX and for unknown classes. */
    public static Scheduler.@Nullable Kind solver(ConfigReader config) {
        return Scheduler.Kind.ofClass(config.text("_class_name", ""));
    }

    /** Refuses settings of the solver classes that make another solver of them. */
    private static void checkSolver(ConfigReader config) {
        for (Setting setting : SETTINGS) {
            JsonNode found = config.json().path(setting.key);
            if (!found.isMissingNode() && !found.isNull() && !setting.known.contains(found.asText())) {
                throw new InvalidInputException(config.source() + ": \"" + setting.key + "\" is " + found
                        + "; of this solver only " + String.join(" or ", setting.known) + " is known");
            }
        }
    }

    /** What a key of a solver's config may say. */
    private record Setting(String key, List<String> known) {}

    private static final List<Setting> SETTINGS = List.of(
            new Setting("solver_order", List.of("2")),
            new Setting("algorithm_type", List.of("dpmsolver++")),
            new Setting("solver_type", List.of("midpoint", "bh2")), // each class reads the other's word as its own
            new Setting("final_sigmas_type", List.of("zero")),
            new Setting("predict_x0", List.of("true")),
            new Setting("lower_order_final", List.of("true")),
            new Setting("thresholding", List.of("false")),
            new Setting("use_karras_sigmas", List.of("false")),
            new Setting("use_exponential_sigmas", List.of("false")),
            new Setting("use_beta_sigmas", List.of("false")),
            new Setting("use_lu_lambdas", List.of("false")),
            new Setting("use_flow_sigmas", List.of("false")));
}
