package ai.ingredients.training.stages;

import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;

/**
 * The first clips of a source, under its name: a cache of them grows when more are wanted.
 *
 * @param size how many; not more than there are
 */
record FirstClips(ClipSource all, long size) implements ClipSource {
    FirstClips {
        size = Math.min(size, all.size());
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
