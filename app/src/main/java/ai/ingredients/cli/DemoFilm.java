package ai.ingredients.cli;

import ai.ingredients.OperationFailedException;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.VideoWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Photos, a video, and who owns which part of it, side by side with the prompt below: one animation to show others. */
final class DemoFilm {
    private static final int HEIGHT = 288;
    private static final int GAP = 8;
    private static final int LINE = 22;

    private DemoFilm() {}

    /**
     * Writes it.
     *
     * @param target with the ending of a {@link ai.ingredients.media.VideoFormat}
     * @param frames of the video
     * @param overlays as many, see {@link ai.ingredients.pipeline.RoutingMaps#overlays}
     */
    static void write(Path target, List<Picture> photos, List<Picture> frames, List<Picture> overlays, String prompt) {
        List<Picture> all = new ArrayList<>();
        for (int i = 0; i < frames.size(); i++) {
            all.add(described(beside(photos, frames.get(i), overlays.get(i)), prompt));
        }
        Picture first = all.getFirst();
        try (VideoWriter writer =
                VideoWriter.create(target, first.width(), first.height(), VideoWriter.Settings.DEFAULT)) {
            all.forEach(writer::add);
            writer.finish();
        }
    }

    /** A machine without fonts gets it without the prompt. */
    private static Picture described(Picture picture, String prompt) {
        try {
            return ContactSheet.described(picture, GAP, LINE, prompt);
        } catch (OperationFailedException e) {
            return picture;
        }
    }

    private static Picture beside(List<Picture> photos, Picture frame, Picture overlay) {
        int width = frame.width() * HEIGHT / frame.height();
        int side = (HEIGHT - (photos.size() - 1) * GAP) / photos.size();
        Picture whole = Picture.filled(4 * GAP + side + 2 * width, HEIGHT + 2 * GAP, 255, 255, 255);
        for (int i = 0; i < photos.size(); i++) {
            paste(whole, ContactSheet.fitted(photos.get(i), side, side), GAP, GAP + i * (side + GAP));
        }
        paste(whole, enlarged(frame, width), 2 * GAP + side, GAP);
        paste(whole, enlarged(overlay, width), 3 * GAP + side + width, GAP);
        return whole;
    }

    private static Picture enlarged(Picture picture, int width) {
        return Resampling.pil(picture, width, HEIGHT, Resampling.PilFilter.LANCZOS);
    }

    private static void paste(Picture onto, Picture picture, int left, int top) {
        for (int row = 0; row < picture.height(); row++) {
            System.arraycopy(
                    picture.rgb(),
                    row * picture.width() * 3,
                    onto.rgb(),
                    ((top + row) * onto.width() + left) * 3,
                    picture.width() * 3);
        }
    }
}
