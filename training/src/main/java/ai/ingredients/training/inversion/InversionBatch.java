package ai.ingredients.training.inversion;

import java.util.List;

/**
 * Which samples are learned from together: photos only or clips only, since they differ in length.
 *
 * @param number counted over the whole run
 * @param samples their places in the subject; one may come twice where there are fewer than a batch takes
 */
public record InversionBatch(long number, List<Integer> samples) {
    public InversionBatch {
        samples = List.copyOf(samples);
    }
}
