package ai.ingredients.reproduction;

import org.jspecify.annotations.Nullable;

/**
 * A model as one training seed makes it.
 *
 * @param model what is trained
 * @param seed of training, from 0; it is added to the seed of the config
 */
record Trained(TrainedModel model, int seed) {
    Trained {
        if (seed < 0 || seed >= trainings(model, seed + 1)) {
            throw new IllegalArgumentException(model + " is not trained with seed " + seed);
        }
    }

    /** How many trainings of {@code model} there are when so many seeds are asked for: every row begins with one base. */
    static int trainings(TrainedModel model, int seeds) {
        return model.stage() == TrainedModel.Stage.BASE ? 1 : seeds;
    }

    /** The training of {@code model} that belongs to {@code seed}. */
    static Trained of(TrainedModel model, int seed) {
        return new Trained(model, Math.min(seed, trainings(model, seed + 1) - 1));
    }

    /** What it begins with, of the same seed; nothing for the text-only base model. */
    @Nullable
    Trained start() {
        TrainedModel start = model.start();
        return start == null ? null : of(start, seed);
    }

    /** Its folder's name. */
    @Override
    public String toString() {
        return seed == 0 ? model.toString() : model + "-seed-" + (seed + 1);
    }
}
