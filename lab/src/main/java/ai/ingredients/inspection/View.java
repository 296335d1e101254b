package ai.ingredients.inspection;

import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.PilFilter;
import java.util.List;
import java.util.Locale;

/**
 * What an inspection is shown on.
 *
 * @param label what it is called, for instance the name of its folder
 * @param inspection what the routers did
 * @param people names, as many as there are people
 * @param frame number of a video frame
 * @param picture that frame
 */
public record View(String label, Inspection inspection, List<String> people, int frame, Picture picture) {
    private static final int NARROWEST = 96;
    private static final int WIDEST = 144;

    public View {
        people = List.copyOf(people);
        if (people.size() != inspection.people()) {
            throw new IllegalArgumentException(people.size() + " names for " + inspection.people() + " people");
        }
    }

    /** A frame at the size of a table's cell. */
    static Picture cell(Picture frame) {
        int width = Math.clamp(frame.width(), NARROWEST, WIDEST);
        int height = Math.max(1, Math.round((float) width * frame.height() / frame.width()));
        return Resampling.pil(frame, width, height, PilFilter.BICUBIC);
    }

    /** Names of the rows. */
    List<String> blockNames() {
        return inspection.blocks().stream().map(block -> "block " + block).toList();
    }

    /** The figures of the whole generation in two lines. */
    List<String> notes() {
        Figures mean = inspection.mean();
        String accuracy = Double.isNaN(mean.accuracy()) ? "" : ", right person " + percent(mean.accuracy());
        return List.of(
                "mean entropy %s bits, identity residual %s of the hidden state%s"
                        .formatted(
                                String.format(Locale.ROOT, "%.3f", mean.entropy()), amount(mean.residual()), accuracy),
                "same owner as a step before %s, as a block before %s"
                        .formatted(percent(mean.sameAsStepBefore()), percent(mean.sameAsBlockBefore())));
    }

    /** Three digits, however small it is: {@code "0.0123 %"}. */
    static String amount(double ratio) {
        return String.format(Locale.ROOT, "%.3g %%", 100 * ratio);
    }

    /** {@code "12.3 %"}, or a dash for what there is not. */
    static String percent(double share) {
        return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
