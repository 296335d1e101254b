package ai.ingredients.training.loop;

import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import java.util.HashMap;
import java.util.Map;

/**
 * The first clips of a source, under its name: a cache of them grows when more are wanted.
 *
 * @param size how many; not more than there are
 */
public record FirstClips(ClipSource all, long size) implements ClipSource {
    public FirstClips {
        size = Math.min(size, all.size());
    }

    /**
     * The clips that a short run needs, and no more: so many that shuffled batches of equally many people never come round
     * to a clip again. A longer run takes more of them, up to all, and with them in another order.
     *
     * @param people whether batches are of equally many people
     */
    public static ClipSource needed(ClipSource all, TrainerConfig training, int batch, boolean people) {
        long batches = training.steps() * training.accumulation() + training.prefetch();
        Map<Integer, Long> counts = new HashMap<>();
        long full = 0;
        for (long clip = 0; clip < all.size(); clip++) {
            long count = counts.merge(people ? all.people(clip) : 0, 1L, Long::sum);
            full += count % batch == 0 ? 1 : 0;
            if (full >= batches) {
                long spare = (long) Math.ceil((clip + 1) * training.maxBrokenShare());
                return new FirstClips(all, clip + 1 + spare);
            }
        }
        return all;
    }

    @Override
    public String name() {
        return all.name();
    }

    @Override
    public int people(long index) {
        return all.people(index);
    }

    @Override
    public Clip clip(long index) {
        return all.clip(index);
    }
}
