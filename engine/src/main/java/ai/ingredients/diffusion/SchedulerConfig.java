package ai.ingredients.diffusion;

import ai.ingredients.InvalidInputException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

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

    public SchedulerConfig {
        trainedBetas = List.copyOf(trainedBetas);
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
     * Reads {@code scheduler_config.json}; absent keys take the defaults of diffusers' CogVideoX schedulers.
     *
     * @throws InvalidInputException when the file is missing or malformed, or a value makes no schedule
     */
    public static SchedulerConfig read(Path file) {
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": cannot be read as JSON; expected the checkpoint's scheduler_config.json", e);
        }
        try {
            return of(json);
        } catch (InvalidInputException e) {
            throw new InvalidInputException(file + ": " + e.getMessage(), e);
        }
    }

    /** As {@link #read}, from parsed JSON. */
    public static SchedulerConfig of(JsonNode json) {
        return new SchedulerConfig(
                json.path("num_train_timesteps").asInt(1000),
                json.path("beta_start").asDouble(0.00085),
                json.path("beta_end").asDouble(0.012),
                choice(json, "beta_schedule", BetaSchedule.SCALED_LINEAR),
                StreamSupport.stream(json.path("trained_betas").spliterator(), false)
                        .map(JsonNode::asDouble)
                        .toList(),
                json.path("set_alpha_to_one").asBoolean(true),
                json.path("steps_offset").asInt(0),
                choice(json, "prediction_type", PredictionType.EPSILON),
                choice(json, "timestep_spacing", TimestepSpacing.LEADING),
                json.path("rescale_betas_zero_snr").asBoolean(false),
                json.path("snr_shift_scale").asDouble(3.0));
    }

    private static <E extends Enum<E>> E choice(JsonNode json, String key, E standard) {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return standard;
        }
        E[] choices = standard.getDeclaringClass().getEnumConstants();
        for (E choice : choices) {
            if (spelling(choice).equals(value.asText())) {
                return choice;
            }
        }
        throw new InvalidInputException(key + " is \"" + value.asText() + "\"; expected one of "
                + Arrays.stream(choices).map(SchedulerConfig::spelling).collect(Collectors.joining(", ")));
    }

    private static String spelling(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
