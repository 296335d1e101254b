package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;

/**
 * How a run goes, whatever it trains.
 *
 * @param seed of first weights, order of samples and every draw
 * @param device {@code cpu}, {@code cuda} or {@code cuda:i}
 * @param precision of weights and activations while computing; below fp32 the optimiser keeps fp32 masters
 * @param steps optimiser steps
 * @param accumulation batches whose gradients make one step
 * @param learningRate over the run
 * @param optimizer AdamW's settings
 * @param emaDecay of a moving average of the weights, which is then what is exported; 0 for none
 * @param logEvery steps between lines of metrics
 * @param checkpointEvery steps between checkpoints
 * @param keepCheckpoints newest ones to keep
 * @param validateEvery steps between validations; 0 for only one at the end
 * @param maxSkippedSteps steps without finite numbers after which the run stops
 * @param maxBrokenShare share of samples that may be broken before the run stops
 * @param loaderThreads that make batches
 * @param prefetch batches made ahead
 * @param workers batches of an accumulated step that are computed at once, by stages that can; the cores are shared out
 */
public record TrainerConfig(
        long seed,
        String device,
        DType precision,
        long steps,
        int accumulation,
        LearningRate learningRate,
        AdamW.Settings optimizer,
        double emaDecay,
        int logEvery,
        int checkpointEvery,
        int keepCheckpoints,
        int validateEvery,
        int maxSkippedSteps,
        double maxBrokenShare,
        int loaderThreads,
        int prefetch,
        int workers) {
    /** For a short run at a rate that suits models trained from nothing. */
    public static final TrainerConfig DEFAULT = new TrainerConfig(
            0,
            "cpu",
            DType.FP32,
            1000,
            1,
            new LearningRate(1e-3, LearningRate.Schedule.COSINE, 100, 0.05),
            AdamW.Settings.DEFAULT,
            0,
            1,
            250,
            2,
            0,
            10,
            0.05,
            1,
            4,
            1);

    public TrainerConfig {
        atLeast("steps", steps, 1);
        atLeast("accumulation", accumulation, 1);
        atLeast("log-every", logEvery, 1);
        atLeast("checkpoint-every", checkpointEvery, 1);
        atLeast("keep-checkpoints", keepCheckpoints, 1);
        atLeast("validate-every", validateEvery, 0);
        atLeast("max-skipped-steps", maxSkippedSteps, 0);
        atLeast("loader-threads", loaderThreads, 1);
        atLeast("prefetch", prefetch, 1);
        atLeast("workers", workers, 1);
        if (!(emaDecay >= 0 && emaDecay < 1)) {
            throw new InvalidInputException("ema-decay is " + emaDecay + "; expected at least 0 and below 1");
        }
        if (!(maxBrokenShare >= 0 && maxBrokenShare < 1)) {
            throw new InvalidInputException(
                    "max-broken-share is " + maxBrokenShare + "; expected at least 0 and below 1");
        }
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new InvalidInputException(name + " is " + value + "; expected at least " + least);
        }
    }

    /** Where and in what the models compute. */
    public Compute compute() {
        return new Compute(device, precision);
    }
}
