package ai.ingredients.bench;

import ai.ingredients.InvalidInputException;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Compute;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is to be measured.
 *
 * @param cases which
 * @param computes where and in which types, one after another
 * @param size whose inputs the cases have
 * @param video frames and pixels of the cases
 * @param memory levels at which whole videos are made
 * @param tiling of the autoencoder
 * @param steps of a whole video
 * @param repetitions that do not count, and that do
 */
public record BenchPlan(
        Set<Case> cases,
        List<Compute> computes,
        BenchSize size,
        VideoSize video,
        List<MemoryLevel> memory,
        TilingChoice tiling,
        int steps,
        Repetitions repetitions) {
    /** What can be measured, in order. */
    public enum Case {
        KERNELS,
        LOAD,
        STEP,
        DECODE,
        ENCODE,
        GENERATE,
        TRAIN;

        /** The command-line spelling. */
        public static Case parse(String text) {
            for (Case one : values()) {
                if (one.toString().equalsIgnoreCase(text)) {
                    return one;
                }
            }
            throw new InvalidInputException("case \"" + text + "\" is not known; use some of "
                    + Arrays.stream(values()).map(Case::toString).collect(Collectors.joining(",")));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * How often each case is repeated.
     *
     * @param warmUp that do not count
     * @param counted of which the median is taken
     */
    public record Repetitions(int warmUp, int counted) {
        public Repetitions {
            if (warmUp < 0 || counted < 1) {
                throw new InvalidInputException(
                        warmUp + " repetitions to warm up and " + counted + " that count; use at least 0 and 1");
            }
        }
    }

    public BenchPlan {
        cases = Set.copyOf(cases);
        computes = List.copyOf(computes);
        memory = List.copyOf(memory);
        if (steps < 1) {
            throw new InvalidInputException("`steps` " + steps + " is too few; use at least 1");
        }
    }

    int textTokens() {
        return size.textTokens();
    }

    int people() {
        return size.people();
    }

    /** The size of whole videos: as many frames as can be decoded, at most those of {@link #video}. */
    VideoSize made() {
        return video.with((video.frames() - 1) / 8 * 8 + 1, video.height(), video.width());
    }
}
