package ai.ingredients.evaluation.faces;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.statistics.SetFigure;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.metrics.FidFeatures.Normalisation;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of the photos and faces of a case, or of the photos of candidates, for figures of the whole evaluation.
 *
 * <p>Of a video, at most {@value #FACES} faces of each person are kept, evenly spaced over the frames with a face assigned
 * to it: neighbouring faces say almost the same. As a file, a safetensors with the fp32 tensors {@code photos.judge},
 * {@code faces.judge}, {@code photos.inception} and {@code faces.inception}, [n, features], those that there are, and the
 * people's names as a JSON array in the metadata.
 *
 * @param people names, in the order of the photos
 * @param photos features of each photo's face
 * @param faces features of the video's faces
 */
public record FaceSamples(List<String> people, Map<Space, List<float[]>> photos, Map<Space, List<float[]>> faces) {
    /** Kept of each person in a video. */
    public static final int FACES = 4;

    private static final String PEOPLE = "people";
    private static final String PHOTOS = "photos.";
    private static final String GENERATED = "faces.";

    /** What faces are compared by. */
    public enum Space {
        /** Embeddings of the recogniser that judges, at length 1. */
        JUDGE,
        /** Features of Inception-v3, of faces aligned as the model's own face encoder aligns them. */
        INCEPTION;

        private String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public FaceSamples {
        people = List.copyOf(people);
        photos = Map.copyOf(photos);
        faces = Map.copyOf(faces);
    }

    /** A face of a video: number of the frame, and of the face in it. */
    private record Spot(int frame, int face) {}

    /**
     * Of photos alone.
     *
     * @param known what the judge made of them
     */
    public static FaceSamples of(
            List<String> people, List<PersonPhoto> photos, List<Embedding> known, @Nullable Inception inception) {
        Map<Space, List<float[]>> samples = new LinkedHashMap<>();
        samples.put(Space.JUDGE, known.stream().map(Embedding::values).toList());
        if (inception != null) {
            samples.put(
                    Space.INCEPTION,
                    features(
                            inception,
                            photos.stream()
                                    .map(photo -> FaceReader.Aligner.MODEL.align(photo.picture(), photo.landmarks()))
                                    .toList()));
        }
        return new FaceSamples(people, samples, Map.of());
    }

    /**
     * With the faces of a video.
     *
     * @param found of each of {@code frames}, by {@code reader}
     * @param assigned the face of each person in each frame, see {@link MatchedFaces#assign}
     */
    public FaceSamples with(
            List<Picture> frames,
            List<List<FrameFace>> found,
            List<int[]> assigned,
            FaceReader reader,
            @Nullable Inception inception) {
        List<Spot> spots = spots(assigned, people.size());
        Map<Space, List<float[]>> samples = new LinkedHashMap<>();
        samples.put(
                Space.JUDGE,
                spots.stream()
                        .map(spot ->
                                found.get(spot.frame).get(spot.face).embedding().values())
                        .toList());
        if (inception != null) {
            samples.put(
                    Space.INCEPTION,
                    features(
                            inception,
                            spots.stream()
                                    .map(spot -> reader.crop(
                                            frames.get(spot.frame),
                                            found.get(spot.frame).get(spot.face),
                                            FaceReader.Aligner.MODEL))
                                    .toList()));
        }
        return new FaceSamples(people, photos, samples);
    }

    private static List<Spot> spots(List<int[]> assigned, int people) {
        List<Spot> spots = new ArrayList<>();
        for (int n = 0; n < people; n++) {
            List<Spot> all = new ArrayList<>();
            for (int f = 0; f < assigned.size(); f++) {
                if (assigned.get(f)[n] != Assignment.NONE) {
                    all.add(new Spot(f, assigned.get(f)[n]));
                }
            }
            int kept = Math.min(FACES, all.size());
            for (int i = 0; i < kept; i++) {
                spots.add(all.get(kept == 1 ? 0 : i * (all.size() - 1) / (kept - 1)));
            }
        }
        return spots;
    }

    private static List<float[]> features(Inception inception, List<Picture> crops) {
        List<float[]> features =
                crops.isEmpty() ? List.of() : inception.features().of(crops, Normalisation.IMAGENET);
        for (float[] row : features) {
            for (float number : row) {
                if (!Float.isFinite(number)) {
                    throw new InvalidInputException(
                            "Inception's features hold " + number + "; the weights are damaged, download them again");
                }
            }
        }
        return features;
    }

    /** Writes {@code file}, which {@link #read} reads. */
    public void write(Path file) {
        ArrayNode names = JsonNodeFactory.instance.arrayNode();
        people.forEach(names::add);
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Space space : Space.values()) {
                put(tensors, PHOTOS + space.key(), photos.getOrDefault(space, List.of()));
                put(tensors, GENERATED + space.key(), faces.getOrDefault(space, List.of()));
            }
            SafetensorsWriter.write(file, tensors, Map.of(PEOPLE, names.toString()));
        }
    }

    private static void put(Map<String, Tensor> tensors, String name, List<float[]> rows) {
        if (!rows.isEmpty()) {
            int width = rows.getFirst().length;
            float[] all = new float[rows.size() * width];
            for (int i = 0; i < rows.size(); i++) {
                System.arraycopy(rows.get(i), 0, all, i * width, width);
            }
            tensors.put(name, Ops.tensor(all, rows.size(), width));
        }
    }

    /**
     * Reads {@code file}.
     *
     * @throws InvalidInputException when it is missing or damaged
     */
    public static FaceSamples read(Path file) {
        try (Scope scope = Scope.inference();
                SafetensorsFile stored = SafetensorsFile.open(file)) {
            List<String> people = new ArrayList<>();
            String names = stored.metadata().getOrDefault(PEOPLE, "[]");
            JsonFile.parse(new ByteArrayInputStream(names.getBytes(StandardCharsets.UTF_8)))
                    .forEach(name -> people.add(name.asText()));
            Map<Space, List<float[]>> photos = new LinkedHashMap<>();
            Map<Space, List<float[]>> faces = new LinkedHashMap<>();
            for (Space space : Space.values()) {
                photos.put(space, rows(stored, PHOTOS + space.key()));
                faces.put(space, rows(stored, GENERATED + space.key()));
            }
            if (photos.values().stream().anyMatch(rows -> !rows.isEmpty() && rows.size() != people.size())) {
                throw new InvalidInputException(file + ": has photos of other people than it names; remove it");
            }
            return new FaceSamples(people, photos, faces);
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": its people's names are no JSON; remove it to have it made again", e);
        }
    }

    private static List<float[]> rows(SafetensorsFile stored, String name) {
        if (!stored.names().contains(name)) {
            return List.of();
        }
        Tensor tensor = stored.get(name);
        float[] all = Ops.floats(tensor);
        int width = Math.toIntExact(tensor.size(1));
        List<float[]> rows = new ArrayList<>();
        for (int at = 0; at < all.length; at += width) {
            rows.add(Arrays.copyOfRange(all, at, at + width));
        }
        return rows;
    }

    /**
     * The distance of the faces of {@code videos} to the photos of their people and of {@code others}, each person's once.
     *
     * @param seed of the interval
     */
    public static SetFigure distance(Space space, List<FaceSamples> videos, FaceSamples others, long seed) {
        Map<String, float[]> photos = new LinkedHashMap<>();
        for (FaceSamples samples :
                Stream.concat(videos.stream(), Stream.of(others)).toList()) {
            List<float[]> rows = samples.photos.getOrDefault(space, List.of());
            for (int n = 0; n < rows.size(); n++) {
                photos.putIfAbsent(samples.people.get(n), rows.get(n));
            }
        }
        return SetFigure.of(
                videos.stream()
                        .map(samples -> samples.faces.getOrDefault(space, List.of()))
                        .toList(),
                List.copyOf(photos.values()),
                seed);
    }
}
