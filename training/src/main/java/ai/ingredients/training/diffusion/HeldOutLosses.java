package ai.ingredients.training.diffusion;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * The losses on clips that are not learned from, each at {@value #NOISES} noise levels that are always the same, with
 * nothing dropped but what the run always drops: {@code validation-plain-loss}, {@code validation-routing-loss}, and so on.
 *
 * <p>Of clips with people also what the identity path does alone, by the squared error on faces without the canvas:
 *
 * <ul>
 *   <li>{@code validation-identity-loss}: with the people of the clip;
 *   <li>{@code validation-others-loss}: with those of another clip. Where it is not above the first, identities are not
 *       used;
 *   <li>{@code validation-misrouted-loss}: with the right people whom the router takes for each other
 *       ({@link ai.ingredients.transformer.IdentityContext#routedAs}), where there are several. Where it is not above the
 *       first, the router decides nothing.
 * </ul>
 *
 * @param clips all with people, or none
 * @param people in a clip
 */
record HeldOutLosses(TransformerConfig config, Compute compute, List<Long> clips, ToIntFunction<Long> people) {
    /** Noise levels of each clip. */
    static final int NOISES = 4;

    /**
     * What is shown of a clip.
     *
     * @param clip whose video it is
     * @param shown the clip whose people are shown
     * @param canvas whether their reference canvas is
     * @param misrouted whether the router takes them for each other
     */
    record View(long clip, long shown, boolean canvas, boolean misrouted) {}

    /** A pass over a clip. */
    interface Passes {
        /** The parts of the loss by name; those on faces as {@link DiffusionLoss#FACES}. */
        Map<String, Tensor> of(VideoTransformer model, View view, Noise noise);
    }

    /** @param transformer folder of the model to look at, in official layout */
    Map<String, Double> measure(Path transformer, Passes passes) {
        Map<String, Double> sums = new LinkedHashMap<>();
        Map<String, Integer> counts = new LinkedHashMap<>();
        try (Scope scope = Scope.inference();
                TensorStore store = Checkpoint.open(transformer);
                Weights own = Weights.of(store, compute);
                VideoTransformer trained = VideoTransformer.load(own, config, Residency.RESIDENT)) {
            for (long clip : clips) {
                views(clip).forEach((name, view) -> {
                    try (Scope one = Scope.open();
                            Noise noise = new Noise(clip)) {
                        Map<String, Tensor> parts = passes.of(trained, view, noise);
                        parts.forEach((part, value) -> {
                            String figure = name.isEmpty() ? part : part.equals(DiffusionLoss.FACES) ? name : "";
                            double found = value.item().toDouble();
                            if (!figure.isEmpty() && !figure.equals("diffusion-loss") && Double.isFinite(found)) {
                                sums.merge("validation-" + figure, found, Double::sum);
                                counts.merge("validation-" + figure, 1, Integer::sum);
                            }
                        });
                    }
                });
            }
        }
        sums.replaceAll((part, sum) -> sum / counts.getOrDefault(part, 1));
        return sums;
    }

    /** By the name of the one figure that is taken of it; the empty name takes all. */
    private Map<String, View> views(long clip) {
        Map<String, View> views = new LinkedHashMap<>();
        views.put("", new View(clip, clip, true, false));
        int count = people.applyAsInt(clip);
        if (count > 0) {
            views.put("identity-loss", new View(clip, clip, false, false));
            next(clip).ifPresent(other -> views.put("others-loss", new View(clip, other, false, false)));
        }
        if (count > 1) {
            views.put("misrouted-loss", new View(clip, clip, false, true));
        }
        return views;
    }

    /** Another clip with as many people. */
    private OptionalLong next(long clip) {
        int at = clips.indexOf(clip);
        for (int i = 1; i < clips.size(); i++) {
            long other = clips.get((at + i) % clips.size());
            if (people.applyAsInt(other) == people.applyAsInt(clip)) {
                return OptionalLong.of(other);
            }
        }
        return OptionalLong.empty();
    }
}
