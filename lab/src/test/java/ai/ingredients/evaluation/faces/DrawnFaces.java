package ai.ingredients.evaluation.faces;

import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds drawn faces by the truth and knows them by their colours: what tests need in place of trained networks. */
public final class DrawnFaces {
    private static final int SIDE = 12;

    private final Map<Picture, List<Face>> known = new HashMap<>();

    /** From now on finds the faces of {@code clip}. */
    public void add(Clip clip) {
        for (int f = 0; f < clip.frames().size(); f++) {
            List<Face> faces = new ArrayList<>();
            for (Person person : clip.people()) {
                Seen seen = person.track().get(f);
                if (seen.faceBox() != null && seen.landmarks() != null) {
                    faces.add(new Face(seen.faceBox(), 1, seen.landmarks()));
                }
            }
            known.put(clip.frames().get(f), faces);
        }
    }

    public FaceReader reader() {
        return new FaceReader("drawn faces", picture -> known.getOrDefault(picture, List.of()), this::embed, 1);
    }

    private List<float[]> embed(List<Picture> faces) {
        return faces.stream().map(DrawnFaces::colours).toList();
    }

    private static float[] colours(Picture face) {
        Picture small = Resampling.openCv(face, SIDE, SIDE, Resampling.OpenCvFilter.AREA);
        float[] values = new float[small.rgb().length];
        for (int i = 0; i < values.length; i++) {
            int x = i / 3 % SIDE;
            int y = i / 3 / SIDE;
            boolean inner = x > 2 && x < SIDE - 3 && y > 2; // without the background
            values[i] = inner ? (small.rgb()[i] & 0xFF) - 128f : 0;
        }
        return values;
    }
}
