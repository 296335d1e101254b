package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What of a generation is not computed, to be faster: none of it by default, and each changes the video.
 *
 * @param guidanceInterval the steps in which guidance acts
 * @param magCache which steps take over what the last computed one added; none where every step is computed
 * @param teaCache the same, decided otherwise; not together with the other
 */
public record Shortcuts(
        GuidanceInterval guidanceInterval,
        @Nullable MagCache magCache,
        @Nullable TeaCache teaCache) {
    /** Everything is computed. */
    public static final Shortcuts NONE = new Shortcuts(GuidanceInterval.WHOLE, null, null);

    public Shortcuts {
        if (magCache != null && teaCache != null) {
            throw new InvalidInputException(
                    "`magCache` and `teaCache` both say which steps to repeat; use one of them");
        }
    }

    /** Without the second cache. */
    public Shortcuts(GuidanceInterval guidanceInterval, @Nullable MagCache magCache) {
        this(guidanceInterval, magCache, null);
    }

    /** The same with guidance in other steps. */
    public Shortcuts with(GuidanceInterval interval) {
        return new Shortcuts(interval, magCache, teaCache);
    }

    /** The same with steps taken over. */
    public Shortcuts with(@Nullable MagCache cache) {
        return new Shortcuts(guidanceInterval, cache, teaCache);
    }

    /** The same with steps taken over. */
    public Shortcuts with(@Nullable TeaCache cache) {
        return new Shortcuts(guidanceInterval, magCache, cache);
    }

    /**
     * The same, with what the model's folder says, or was published, where it is needed and was not given.
     *
     * @throws InvalidInputException when nothing is known of the model
     */
    Shortcuts settled(ModelBundle bundle) {
        if (teaCache != null && teaCache.polynomial() == null) {
            return with(teaCache.with(polynomial(bundle)));
        }
        if (magCache == null || magCache.ratios() != null) {
            return this;
        }
        Path file = bundle.folder().root().resolve(MagnitudeRatios.FILE);
        if (!Files.exists(file)) {
            throw new InvalidInputException("`magCache` needs to know this model's magnitude ratios, but there is no "
                    + file + "; calibrate the model once, by a video that is made with a MagnitudeRecorder listening");
        }
        return with(magCache.with(MagnitudeRatios.read(file)));
    }

    private static TeaPolynomial polynomial(ModelBundle bundle) {
        Path file = bundle.folder().root().resolve(TeaPolynomial.FILE);
        if (Files.exists(file)) {
            return TeaPolynomial.read(file);
        }
        return TeaPolynomial.published(bundle.transformer())
                .orElseThrow(() ->
                        new InvalidInputException("`teaCache` needs to know how far this model's prediction moves,"
                                + " which is published for CogVideoX only, and there is no " + file
                                + "; calibrate the model once, by a video that is made with a TeaCacheRecorder"
                                + " listening"));
    }

    /** What each step of a run of {@code steps} does, where only magnitudes decide. */
    StepPlan plan(int steps) {
        return plan(steps, () -> {
            throw new IllegalStateException("the timesteps are needed");
        });
    }

    /**
     * What each step of a run of {@code steps} does.
     *
     * @param changes of the timestep embedding in each step; asked for where they decide
     */
    StepPlan plan(int steps, Supplier<double[]> changes) {
        boolean[] guided = new boolean[steps];
        boolean[] begins = new boolean[steps];
        for (int i = 0; i < steps; i++) {
            guided[i] = guidanceInterval.holds(i, steps);
            begins[i] = i > 0 && guided[i] && !guided[i - 1]; // the step before knows nothing of the negative prompt
        }
        boolean[] repeated = magCache != null
                ? magCache.repeated(steps, begins)
                : teaCache != null ? teaCache.repeated(changes.get(), begins) : new boolean[steps];
        return new StepPlan(guided, repeated);
    }

    /**
     * What {@link #describe} wrote into a recipe.
     *
     * @throws InvalidInputException when it cannot be read
     */
    public static Shortcuts of(JsonNode recipe) {
        Shortcuts shortcuts = NONE;
        JsonNode interval = recipe.path("guidance_interval");
        if (interval.isArray()) {
            shortcuts = shortcuts.with(new GuidanceInterval(
                    interval.path(0).asDouble(), interval.path(1).asDouble()));
        }
        JsonNode cache = recipe.path("magcache");
        if (cache.isObject()) {
            List<Double> ratios = new ArrayList<>();
            cache.path("mag_ratios").forEach(ratio -> ratios.add(ratio.asDouble()));
            shortcuts = shortcuts.with(new MagCache(
                    cache.path("threshold").asDouble(),
                    cache.path("most_repeats").asInt(),
                    cache.path("retention").asDouble(),
                    new MagnitudeRatios(ratios)));
        }
        JsonNode tea = recipe.path("teacache");
        if (tea.isObject()) {
            shortcuts = shortcuts.with(new TeaCache(tea.path("threshold").asDouble(), TeaPolynomial.of(tea)));
        }
        return shortcuts;
    }

    /** Adds what is left out to a recipe, and nothing where nothing is. */
    public void describe(ObjectNode json) {
        if (!guidanceInterval.equals(GuidanceInterval.WHOLE)) {
            json.putArray("guidance_interval").add(guidanceInterval.from()).add(guidanceInterval.to());
        }
        if (magCache != null) {
            ObjectNode cache = json.putObject("magcache")
                    .put("threshold", magCache.threshold())
                    .put("most_repeats", magCache.mostRepeats())
                    .put("retention", magCache.retention());
            MagnitudeRatios ratios = magCache.ratios();
            if (ratios != null) {
                ratios.ratios().forEach(cache.putArray("mag_ratios")::add);
            }
        }
        if (teaCache != null) {
            ObjectNode cache = json.putObject("teacache").put("threshold", teaCache.threshold());
            TeaPolynomial polynomial = teaCache.polynomial();
            if (polynomial != null) {
                polynomial.describe(cache);
            }
        }
    }
}
