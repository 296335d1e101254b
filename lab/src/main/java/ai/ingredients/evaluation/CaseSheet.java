package ai.ingredients.evaluation;

import ai.ingredients.OperationFailedException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.faces.MatchedFaces;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.PilFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What cases look like: a row for each, the photos and what is said of each, then frames of the video; the prompt below. */
public final class CaseSheet {
    /** So many of the first cases are shown. */
    static final int CASES = 12;

    private static final int FRAMES = 6;
    /** Of all cells: small videos are enlarged. */
    private static final int CELL_HEIGHT = 192;

    private static final int GAP = 4;

    private CaseSheet() {}

    /** The row of one case, with each person's FaceSim. */
    static Picture strip(EvaluationCase one, List<Picture> frames, MatchedFaces matched) {
        return strip(
                one,
                frames,
                matched.people().stream()
                        .map(person -> person.present() == 0
                                ? "missing"
                                : String.format(
                                        Locale.ROOT, "FaceSim %.2f, rank %.0f", person.faceSim(), person.rank()))
                        .toList());
    }

    /**
     * The row of one case.
     *
     * @param below what is written below each photo; nothing below those that are more
     */
    public static Picture strip(EvaluationCase one, List<Picture> frames, List<String> below) {
        Picture first = frames.getFirst();
        int width = Math.max(1, Math.round((float) CELL_HEIGHT * first.width() / first.height()));
        List<Picture> cells = new ArrayList<>();
        List<String> captions = new ArrayList<>();
        for (PersonPhoto photo : one.photos()) {
            captions.add(cells.size() < below.size() ? below.get(cells.size()) : "");
            cells.add(ContactSheet.fitted(photo.picture(), width, CELL_HEIGHT));
        }
        for (Picture frame : ContactSheet.sample(frames, FRAMES)) {
            captions.add("");
            cells.add(Resampling.pil(frame, width, CELL_HEIGHT, PilFilter.BICUBIC));
        }
        try {
            Picture row = ContactSheet.captioned(cells, cells.size(), GAP, captions);
            return ContactSheet.described(row, GAP, CELL_HEIGHT / 8, one.caption());
        } catch (OperationFailedException e) {
            return ContactSheet.of(cells, cells.size(), GAP); // no fonts: the pictures are what counts
        }
    }

    /** All rows, as wide as the widest. */
    public static Picture of(List<Picture> strips) {
        int width = strips.stream().mapToInt(Picture::width).max().orElse(1);
        int height = strips.stream().mapToInt(Picture::height).max().orElse(1);
        List<Picture> rows = new ArrayList<>();
        for (Picture strip : strips) {
            Picture row = Picture.filled(width, height, 255, 255, 255);
            paste(strip, row, 0, 0);
            rows.add(row);
        }
        return ContactSheet.of(rows, 1, 0);
    }

    private static void paste(Picture small, Picture onto, int left, int top) {
        for (int y = 0; y < small.height(); y++) {
            System.arraycopy(
                    small.rgb(),
                    y * small.width() * 3,
                    onto.rgb(),
                    ((top + y) * onto.width() + left) * 3,
                    small.width() * 3);
        }
    }
}
