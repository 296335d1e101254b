package ai.ingredients.training.loop;

import ai.ingredients.OperationFailedException;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Workers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The training loop: batches of a {@link Stage} become optimiser steps, with checkpoints, metrics and validation on the
 * way.
 *
 * <p>Everything random is drawn from generators seeded by the run's seed and the batch's number, so the only state of a
 * run is its weights, their averages, the optimiser's moments and the number of steps. A run that was killed and resumed
 * ends with the same bits as one that was not, on the CPU with the same number of threads; with three workers and more the
 * order in which their gradients are added is left to chance, and so is the last bit.
 *
 * <p>Not thread-safe; one run per instance.
 *
 * @param <B> the stage's batches
 */
public final class Trainer<B> implements AutoCloseable {
    private static final String LOSS = "loss";

    private final Stage<B> stage;
    private final TrainerConfig config;
    private final AdamW optimizer;
    private final @Nullable Ema ema;
    private final Workers workers;
    private long step;
    private int skipped;

    public Trainer(Stage<B> stage, TrainerConfig config) {
        this.stage = stage;
        this.config = config;
        workers = new Workers(stage.concurrent() ? config.workers() : 1);
        optimizer = new AdamW(stage.parameters(), config.optimizer());
        ema = config.emaDecay() > 0 ? new Ema(optimizer.masters(), config.emaDecay()) : null;
    }

    /** Optimiser steps taken, those skipped for want of finite numbers included. */
    public long step() {
        return step;
    }

    /** Steps that were skipped. */
    public int skipped() {
        return skipped;
    }

    /**
     * One optimiser step.
     *
     * @param batches {@code accumulation} of them, the first of them number {@code step · accumulation}
     * @return figures of the step by name: {@code loss}, its parts, {@code grad-norm}, {@code lr}; each the mean over the
     *     batches that have it
     * @throws OperationFailedException when too many steps had no finite numbers, naming this one's samples
     */
    public Map<String, Double> step(Iterable<B> batches) {
        Map<String, Double> figures = new LinkedHashMap<>();
        Map<String, Integer> counts = new LinkedHashMap<>();
        StringJoiner names = new StringJoiner(", ");
        List<Callable<Map<String, Double>>> passes = new ArrayList<>();
        for (B batch : batches) {
            long number = step * config.accumulation() + passes.size();
            names.add(stage.describe(batch));
            passes.add(() -> pass(batch, number));
        }
        boolean finite = true;
        for (Map<String, Double> one : workers.all(passes)) {
            finite &= Double.isFinite(one.getOrDefault(LOSS, Double.NaN));
            one.forEach((name, value) -> {
                figures.merge(name, value, Double::sum);
                counts.merge(name, 1, Integer::sum);
            });
        }
        figures.replaceAll((name, sum) -> sum / counts.getOrDefault(name, 1)); // of the batches that have the figure
        double rate = config.learningRate().at(step, config.steps());
        stage.gradientsReady();
        if (finite) {
            AdamW.Step done = optimizer.step(rate);
            if (done.applied()) {
                stage.parametersChanged();
            }
            finite = done.applied() || Double.isFinite(done.gradNorm());
            figures.put("grad-norm", done.gradNorm());
        } else {
            optimizer.forgetGradients();
        }
        figures.put("lr", rate);
        if (!finite) {
            skipped++;
            if (skipped > config.maxSkippedSteps()) {
                throw new OperationFailedException("step " + step + ": loss or gradients are not finite for the "
                        + skipped + ". time (samples: " + names
                        + "); the last checkpoint is good: resume from it with a "
                        + "lower learning rate, or with precision fp32");
            }
        } else if (ema != null) {
            ema.update(optimizer.masters(), step);
        }
        step++;
        return figures;
    }

    /** Adds the gradients of batch {@code number}, unless its loss is not finite; returns its figures. */
    private Map<String, Double> pass(B batch, long number) {
        Map<String, Double> figures = new LinkedHashMap<>();
        try (Scope scope = Scope.open();
                Noise noise = new Noise(seed(number))) {
            Stage.Losses losses = stage.losses(batch, step, noise);
            double loss = losses.total().item().toDouble();
            figures.put(LOSS, loss);
            losses.parts()
                    .forEach((name, value) -> figures.put(name, value.item().toDouble()));
            if (Double.isFinite(loss)) {
                losses.backward().accept(Ops.scale(losses.total(), 1.0 / config.accumulation()));
            }
        }
        return figures;
    }

    /** Seeds of neighbouring batches have nothing to do with each other. */
    private long seed(long batch) {
        long mixed = (config.seed() + 1) * 0x9E3779B97F4A7C15L ^ (batch + 1) * 0xD1B54A32D192ED03L;
        mixed = (mixed ^ mixed >>> 31) * 0xBF58476D1CE4E5B9L;
        return mixed ^ mixed >>> 29;
    }

    /** What is exported and validated: moving averages where there are any, otherwise the weights, and all buffers. */
    public Map<String, Tensor> result() {
        Map<String, Tensor> values = new LinkedHashMap<>(ema == null ? optimizer.masters() : ema.averages());
        values.putAll(stage.buffers());
        return values;
    }

    /** Everything a checkpoint must hold, by file name; the tensors stay their owners'. */
    Map<String, Map<String, Tensor>> state() {
        Map<String, Map<String, Tensor>> files = new LinkedHashMap<>();
        Map<String, Tensor> model = new LinkedHashMap<>(optimizer.masters());
        model.putAll(stage.buffers());
        files.put("model.safetensors", model);
        files.put("optimizer.safetensors", optimizer.state());
        if (ema != null) {
            files.put("ema.safetensors", ema.averages());
        }
        return files;
    }

    /**
     * To be called after the tensors of {@link #state} got their values back.
     *
     * @param atStep steps taken when they were saved
     * @param skippedBefore steps skipped until then
     */
    void restored(long atStep, int skippedBefore) {
        optimizer.mastersLoaded();
        stage.parametersChanged();
        step = atStep;
        skipped = skippedBefore;
    }

    @Override
    public void close() {
        workers.close();
        optimizer.close();
        if (ema != null) {
            ema.close();
        }
    }
}
