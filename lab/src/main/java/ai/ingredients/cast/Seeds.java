package ai.ingredients.cast;

import java.util.List;
import java.util.SplittableRandom;

/** Random numbers that depend on what they are for and on nothing else. */
final class Seeds {
    private Seeds() {}

    /** Spreads {@code value} over all 64 bits (the finaliser of SplitMix64). */
    static long mix(long value) {
        long spread = value + 0x9e3779b97f4a7c15L;
        spread = (spread ^ (spread >>> 30)) * 0xbf58476d1ce4e5b9L;
        spread = (spread ^ (spread >>> 27)) * 0x94d049bb133111ebL;
        return spread ^ (spread >>> 31);
    }

    /** One number out of several; their order counts. */
    static long of(long... parts) {
        long seed = parts.length;
        for (long part : parts) {
            seed = mix(seed ^ mix(part));
        }
        return seed;
    }

    static SplittableRandom random(long... parts) {
        return new SplittableRandom(of(parts));
    }

    static <T> T pick(SplittableRandom random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    static double between(SplittableRandom random, double low, double high) {
        return low + (high - low) * random.nextDouble();
    }
}
