package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.VideoBuilder;
import ai.ingredients.pipeline.GuidanceInterval;
import ai.ingredients.pipeline.MagCache;
import ai.ingredients.pipeline.MagnitudeRatios;
import ai.ingredients.pipeline.Shortcuts;
import ai.ingredients.pipeline.TeaCache;
import ai.ingredients.pipeline.TeaPolynomial;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is not computed, to be faster. */
final class ShortcutOptions {
    @Option(
            names = "--guidance-interval",
            paramLabel = "FROM..TO",
            description = "Guide in this part of the steps only, such as 0.2..0.8; the others compute one row"
                    + " (default: all steps).")
    private @Nullable String guidanceInterval;

    @Option(
            names = "--magcache",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "THRESHOLD[,MOST[,RETENTION]]",
            description =
                    "Repeat what the transformer's blocks added in steps that would hardly change it: up to an error"
                            + " of THRESHOLD, at most MOST steps in a row, never in the first RETENTION of all steps"
                            + " (--magcache alone: 0.12,4,0.2; default: compute every step).")
    private @Nullable String magCache;

    @Option(
            names = "--magcache-ratios",
            paramLabel = "FILE",
            description = "What --magcache is to know of the model (default: magcache.json in its folder).")
    private @Nullable Path ratios;

    @Option(
            names = "--teacache",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "THRESHOLD",
            description =
                    "As --magcache, decided by how far the timestep embedding moves: repeat while the prediction is"
                        + " expected to have moved by less than THRESHOLD of itself (--teacache alone: 0.2; default:"
                        + " compute every step).")
    private @Nullable String teaCache;

    @Option(
            names = "--teacache-polynomial",
            paramLabel = "FILE",
            description = "What --teacache is to know of the model (default: teacache.json in its folder, else what was"
                    + " published for CogVideoX of its size).")
    private @Nullable Path polynomial;

    /** Refuses what cannot be meant. */
    void check() {
        together("--magcache-ratios", ratios, "--magcache", magCache);
        together("--teacache-polynomial", polynomial, "--teacache", teaCache);
        interval();
        var unused = new Shortcuts(GuidanceInterval.WHOLE, cache(), tea());
    }

    private static void together(String option, @Nullable Path file, String wanted, @Nullable String switched) {
        if (file != null && switched == null) {
            throw new InvalidInputException(option + " is for " + wanted + ", which is missing");
        }
    }

    /** Whether anything is left out. */
    boolean any() {
        return guidanceInterval != null || magCache != null || teaCache != null;
    }

    /** Tells {@code video} what was typed; what was not stays as it is. */
    void apply(VideoBuilder video) {
        GuidanceInterval interval = interval();
        if (interval != null) {
            video.guidanceInterval(interval);
        }
        MagCache cache = cache();
        if (cache != null) {
            video.magCache(cache);
        }
        TeaCache tea = tea();
        if (tea != null) {
            video.teaCache(tea);
        }
    }

    private @Nullable GuidanceInterval interval() {
        return guidanceInterval == null ? null : GuidanceInterval.parse(guidanceInterval);
    }

    private @Nullable MagCache cache() {
        if (magCache == null) {
            return null;
        }
        MagCache cache = MagCache.parse(magCache);
        return ratios == null ? cache : cache.with(MagnitudeRatios.read(ratios));
    }

    private @Nullable TeaCache tea() {
        if (teaCache == null) {
            return null;
        }
        TeaCache cache = TeaCache.parse(teaCache);
        return polynomial == null ? cache : cache.with(TeaPolynomial.read(polynomial));
    }
}
