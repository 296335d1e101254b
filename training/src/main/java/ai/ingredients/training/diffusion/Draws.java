package ai.ingredients.training.diffusion;

import ai.ingredients.tensor.Noise;
import java.util.Arrays;

/** Everything a batch draws beside the noise, in a fixed order. */
final class Draws {
    private final float[] values;
    private final int size;
    private static final int KINDS = 5;

    /** @param all whether nothing is to be dropped but what always is, and no loss to be restricted to faces */
    Draws(Noise noise, int size, boolean all) {
        this.size = size;
        values = noise.uniform(KINDS * size + 1);
        if (all) {
            Arrays.fill(values, size, 4 * size, 1);
            values[KINDS * size] = 1;
        }
    }

    /** One timestep from each of {@code size} equally likely parts of the schedule: every batch covers it. */
    long[] timesteps(int count, TimestepBias bias) {
        long[] timesteps = new long[size];
        for (int i = 0; i < size; i++) {
            timesteps[i] = Math.min(count - 1, (long) (bias.at((i + values[i]) / size) * count));
        }
        return timesteps;
    }

    /** Whether the caption of a sample is left out, which {@code share} of them are. */
    boolean dropsText(int sample, double share) {
        return drops(values[size + sample], share);
    }

    /** Whether the image of a sample is left out, which {@code share} of them are. */
    boolean dropsImage(int sample, double share) {
        return drops(values[2 * size + sample], share);
    }

    /** Whether the people of the batch are left out, which {@code share} of the batches do. */
    boolean dropsPeople(double share) {
        return drops(values[KINDS * size], share);
    }

    /** What is never shown in training is not shown when nothing is dropped either: the model does not know it. */
    private static boolean drops(float drawn, double share) {
        return share >= 1 || drawn < share;
    }

    float mask(int sample) {
        return values[3 * size + sample];
    }

    int photo(int sample, int photos) {
        return Math.min(photos - 1, (int) (values[4 * size + sample] * photos));
    }
}
