package ai.ingredients.reproduction;

import java.util.Locale;

/**
 * What one threshold does to masks and to the router's labels; means over faces, and over scenes. NaN for what does not
 * exist: without true masks, or without a labelled token.
 *
 * @param threshold SAM logit that a person's cells exceed
 * @param area pixels of a mask as a share of those of its face's box
 * @param overlap of mask and true mask, intersection over union
 * @param labelled share of all tokens with a label
 * @param right share of the labelled tokens that show this person's face in truth
 * @param found share of the tokens labelled in truth that have the same label
 */
record MaskThresholdScore(double threshold, double area, double overlap, double labelled, double right, double found) {
    /** One line for a report. */
    String line() {
        String truth = Double.isNaN(overlap)
                ? ""
                : ", overlap with the true mask %s, %s of the labels right, %s of the true labels found"
                        .formatted(number(overlap), percent(right), percent(found));
        return "threshold %s: masks cover %s of the face box, %s of the tokens are labelled%s"
                .formatted(name(), percent(area), percent(labelled), truth);
    }

    /** {@code −2}, with a true minus. */
    String name() {
        return (threshold == Math.rint(threshold) ? String.valueOf((long) threshold) : String.valueOf(threshold))
                .replace('-', '−');
    }

    static String number(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.2f", value);
    }

    static String percent(double share) {
        return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }
}
