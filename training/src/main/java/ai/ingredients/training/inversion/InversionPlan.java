package ai.ingredients.training.inversion;

import ai.ingredients.training.loop.ShuffledIndex;
import java.util.ArrayList;
import java.util.List;

/**
 * Batches of photos and batches of clips, evenly mixed; of either kind every sample is used once before one is used
 * again. A pure function of the batch's number. Immutable and thread-safe.
 */
final class InversionPlan {
    private final int photos;
    private final int clips;
    private final int batch;
    private final double share;
    private final ShuffledIndex photoOrder;
    private final ShuffledIndex clipOrder;

    /**
     * @param photos how many there are; they come first
     * @param clips how many there are
     * @param batch samples in a batch
     * @param photoShare share of the batches that are photos, where there are both kinds
     */
    InversionPlan(int photos, int clips, int batch, double photoShare, long seed) {
        this.photos = photos;
        this.clips = clips;
        this.batch = batch;
        share = clips == 0 ? 1 : photos == 0 ? 0 : photoShare;
        photoOrder = new ShuffledIndex(Math.max(1, photos), seed);
        clipOrder = new ShuffledIndex(Math.max(1, clips), ~seed);
    }

    InversionBatch batch(long number) {
        long photosBefore = (long) Math.floor(number * share);
        boolean photo = (long) Math.floor((number + 1) * share) > photosBefore;
        long first = (photo ? photosBefore : number - photosBefore) * batch;
        List<Integer> samples = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
            samples.add(Math.toIntExact(photo ? photoOrder.at(first + i) : photos + clipOrder.at(first + i)));
        }
        return new InversionBatch(number, samples);
    }

    @Override
    public String toString() {
        return photos + " photos and " + clips + " clips in batches of " + batch;
    }
}
