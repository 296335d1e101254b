package ai.ingredients.evaluation;

import ai.ingredients.data.Clip;
import ai.ingredients.evaluation.faces.FrameFace;
import ai.ingredients.media.Picture;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What whoever made a case knows of it beyond its photos and words. Thread-safe. */
public interface CaseKnowledge {
    /**
     * What one person of a video wears.
     *
     * @param right 1 when it is the colour that the prompt gives this person, else 0; NaN where nothing is said
     * @param swapped 1 when it is another person's colour and not theirs, else 0; NaN where nothing is said
     */
    record Clothes(double right, double swapped) {
        /** Nothing is known. */
        public static final Clothes UNKNOWN = new Clothes(Double.NaN, Double.NaN);
    }

    /**
     * A video in which the case happens, with the photos; models may show it otherwise where the caption does not say, so
     * it is measured by only where the video shows this very clip.
     */
    Clip truth();

    /**
     * What each person wears, in the order of the photos.
     *
     * @param frames of the video
     * @param faces of each frame
     * @param assigned for each frame, the face of each person or {@link ai.ingredients.evaluation.faces.Assignment#NONE}
     */
    List<Clothes> clothes(List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned);

    /** The clothes of {@code people} people of whose case nothing is known. */
    static List<Clothes> clothesOf(
            @Nullable CaseKnowledge known,
            int people,
            List<Picture> frames,
            List<List<FrameFace>> faces,
            List<int[]> assigned) {
        return known == null ? Collections.nCopies(people, Clothes.UNKNOWN) : known.clothes(frames, faces, assigned);
    }
}
