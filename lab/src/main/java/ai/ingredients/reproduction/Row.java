package ai.ingredients.reproduction;

import java.util.Locale;

/**
 * A row of the paper's tables 1 to 3; a setting that stands in several tables is one row.
 *
 * <p>Numbers are the paper's: FaceSim and CLIPScore in per cent, FID; NaN where it gives none.
 */
enum Row {
    TEXT_ONLY("CogVideoX, text only", TrainedModel.BASE_T2V, 2.8, 28.3, Double.NaN),
    INVERSION("Inversion", TrainedModel.BASE_T2V, 35.6, 24.3, 154.2),
    INGREDIENTS("Ingredients", TrainedModel.BEST, 77.1, 26.7, 106.3),
    T2V("initialised by T2V", TrainedModel.T2V, 58.1, 26.5, 122.5),
    AFTER("VAE features after", TrainedModel.AFTER, 65.5, 25.9, 119.2),
    BOX("labels from boxes", TrainedModel.BOX, 74.3, 26.7, 110.4),
    NO_ROUTING_LOSS("no routing loss", TrainedModel.NO_ROUTING_LOSS, 62.2, 26.9, 112.3),
    MSE("routing loss MSE", TrainedModel.MSE, 72.5, 26.1, 109.5),
    /** In no table of the paper: Ingredients without what identities add, which says what the others can be about. */
    FACE_SCALE_0("Ingredients, face scale 0", TrainedModel.BEST, Double.NaN, Double.NaN, Double.NaN);

    private final String title;
    private final TrainedModel model;
    private final double faceSim;
    private final double clipScore;
    private final double fid;

    Row(String title, TrainedModel model, double faceSim, double clipScore, double fid) {
        this.title = title;
        this.model = model;
        this.faceSim = faceSim;
        this.clipScore = clipScore;
        this.fid = fid;
    }

    /** As the paper names it. */
    String title() {
        return title;
    }

    /** What makes its videos. */
    TrainedModel model() {
        return model;
    }

    /** Whether its videos are made from photos. */
    boolean photos() {
        return !model.plain();
    }

    double paperFaceSim() {
        return faceSim;
    }

    double paperClipScore() {
        return clipScore;
    }

    double paperFid() {
        return fid;
    }

    /** Its folder's name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
