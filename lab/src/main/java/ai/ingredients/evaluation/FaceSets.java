package ai.ingredients.evaluation;

import ai.ingredients.evaluation.faces.FaceSamples;
import ai.ingredients.evaluation.faces.FaceSamples.Space;
import ai.ingredients.evaluation.report.Summary;
import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SetFigure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The faces of several evaluations of the same cases taken together, for instance of all sampling seeds: their Fréchet
 * distance to the photos, and how it compares with others'.
 *
 * <p>Faces are compared by the judge's embeddings, as figure {@code face_fd} of a {@link Summary}.
 */
public final class FaceSets {
    private final List<List<float[]>> cases;
    private final List<float[]> photos;

    private FaceSets(List<List<float[]>> cases, List<float[]> photos) {
        this.cases = cases;
        this.photos = photos;
    }

    /**
     * Reads what {@link Evaluation}s left in their folders.
     *
     * @param folders of evaluations of the same cases
     * @param count cases that are used, from the first; of those that failed there are no faces
     * @throws ai.ingredients.InvalidInputException when a file is missing or damaged
     */
    public static FaceSets read(List<Path> folders, int count) {
        Map<String, float[]> photos = new LinkedHashMap<>();
        List<List<float[]>> cases = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<float[]> faces = new ArrayList<>();
            for (Path folder : folders) {
                Path file = Evaluation.file(folder, i, Evaluation.FACES);
                if (Files.exists(file)) {
                    FaceSamples samples = FaceSamples.read(file);
                    add(samples, photos);
                    faces.addAll(samples.faces().getOrDefault(Space.JUDGE, List.of()));
                }
            }
            cases.add(faces);
        }
        add(FaceSamples.read(Evaluation.candidatesFile(folders.getFirst())), photos);
        return new FaceSets(cases, List.copyOf(photos.values()));
    }

    private static void add(FaceSamples samples, Map<String, float[]> photos) {
        List<float[]> rows = samples.photos().getOrDefault(Space.JUDGE, List.of());
        for (int n = 0; n < rows.size(); n++) {
            photos.putIfAbsent(samples.people().get(n), rows.get(n));
        }
    }

    /** The distance of all faces to the photos. */
    public SetFigure distance() {
        return SetFigure.of(cases, photos, Summary.SEED);
    }

    /** How much smaller the distance is than that of {@code other}, paired over cases; smaller is better. */
    public Interval smallerThan(FaceSets other) {
        return SetFigure.smaller(cases, other.cases, photos, Summary.SEED);
    }
}
