package ai.ingredients.evaluation;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.faces.MatchedFaces;
import ai.ingredients.face.Face;
import ai.ingredients.face.Photo;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import ai.ingredients.weights.Fingerprint;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Videos that exist, with the photos and prompts they were made from: any model's, from a list or a folder.
 *
 * <p>A list is a CSV file with the columns {@code video,prompt,photos} (photos separated by {@code ;}), or a JSON array
 * of objects with {@code video}, {@code prompt}, {@code photos} (an array) and, if wanted, {@code ordered: true} when the
 * people should stand from left to right in the order of their photos. Paths are relative to the list. A folder is one
 * that {@code generate} wrote to: videos with their recipes beside them; photos are looked up by the name in the recipe.
 *
 * <p>Photos are read and their faces looked for when a case is asked for, so one bad photo harms one case; so does a name
 * that cannot be a path.
 */
public final class ListedCases implements Cases {
    private static final String VIDEO = "video";
    private static final String PROMPT = "prompt";
    private static final String PHOTOS = "photos";
    private static final String ORDERED = "ordered";

    private final String origin;
    private final String fingerprint;
    private final List<Line> lines;
    private final Function<Photo, List<Face.Point>> landmarks;

    /**
     * One line of a list.
     *
     * @param video file
     * @param prompt it was made from
     * @param photos one of each person
     * @param ordered whether they should stand from left to right in this order
     */
    public record Entry(Path video, String prompt, List<Path> photos, boolean ordered) {
        public Entry {
            photos = List.copyOf(photos);
        }
    }

    /**
     * An entry, or why there is none.
     *
     * @param name of the video's file
     */
    private record Line(String name, @Nullable Entry entry, String problem) {
        static Line of(Entry entry) {
            return new Line(String.valueOf(entry.video().getFileName()), entry, "");
        }
    }

    private ListedCases(
            String origin, String fingerprint, List<Line> lines, Function<Photo, List<Face.Point>> landmarks) {
        this.origin = origin;
        this.fingerprint = fingerprint;
        this.lines = lines;
        this.landmarks = landmarks;
    }

    /**
     * Opens a list or a folder.
     *
     * @param photoFolder where photos named in recipes lie; none for the folder of the videos
     * @param landmarks five points of the face to take in a photo
     * @throws InvalidInputException when it cannot be read, a line lacks something, or it names no video
     */
    public static ListedCases open(Path path, @Nullable Path photoFolder, Function<Photo, List<Face.Point>> landmarks) {
        if (!Files.exists(path)) {
            throw new InvalidInputException(path + ": there is no such file or folder of videos");
        }
        List<Line> lines;
        if (Files.isDirectory(path)) {
            lines = folder(path, photoFolder == null ? path : photoFolder);
        } else if (path.toString().toLowerCase(Locale.ROOT).endsWith(".csv")) {
            lines = csv(path);
        } else {
            lines = json(path);
        }
        if (lines.isEmpty()) {
            throw new InvalidInputException(path + ": names no video; "
                    + (Files.isDirectory(path)
                            ? "expected videos with the recipes (.json) that generate writes beside them"
                            : "expected a line for each, with video, prompt and photos"));
        }
        StringBuilder all = new StringBuilder();
        lines.forEach(line ->
                all.append(line.entry() == null ? line.problem() : line.entry()).append('\n'));
        return new ListedCases(path.toString(), Fingerprint.combined(List.of(all.toString())), lines, landmarks);
    }

    private static List<Line> csv(Path file) {
        ObjectReader reader = CsvMapper.builder()
                .build()
                .readerFor(Map.class)
                .with(CsvSchema.emptySchema().withHeader());
        List<Line> lines = new ArrayList<>();
        // The stream is opened here: Jackson leaves open what it opened itself when the first line is bad.
        try (InputStream in = Files.newInputStream(file);
                MappingIterator<Map<String, String>> rows = reader.readValues(in)) {
            while (rows.hasNextValue()) {
                Map<String, String> row = rows.nextValue();
                String at = file + ", line " + (lines.size() + 2);
                if (row.containsKey("")) {
                    throw new InvalidInputException(at + ": has more values than there are columns; put texts with "
                            + "commas in double quotes");
                }
                List<String> photos = Arrays.stream(row.getOrDefault(PHOTOS, "").split(";"))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .toList();
                boolean ordered =
                        Boolean.parseBoolean(row.getOrDefault(ORDERED, "false").strip());
                lines.add(line(at, file, row.get(VIDEO), row.get(PROMPT), photos, ordered));
            }
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": is no readable CSV file (" + IoReason.of(e) + "); expected the columns " + VIDEO + ", "
                            + PROMPT + ", " + PHOTOS,
                    e);
        }
        return lines;
    }

    private static List<Line> json(Path file) {
        JsonNode json = array(file);
        List<Line> lines = new ArrayList<>();
        for (JsonNode one : json) {
            List<String> photos = new ArrayList<>();
            one.path(PHOTOS).forEach(photo -> photos.add(photo.asText()));
            lines.add(line(
                    file + ", entry " + (lines.size() + 1),
                    file,
                    one.path(VIDEO).asText(null),
                    one.path(PROMPT).asText(null),
                    photos,
                    one.path(ORDERED).asBoolean()));
        }
        return lines;
    }

    private static JsonNode array(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            JsonNode json = JsonFile.parse(in);
            if (json.isArray()) {
                return json;
            }
        } catch (IOException e) {
            throw new InvalidInputException(file + ": is no readable JSON file (" + IoReason.of(e) + ")", e);
        }
        throw new InvalidInputException(
                file + ": expected a JSON array of objects with " + VIDEO + ", " + PROMPT + " and " + PHOTOS);
    }

    private static Line line(
            String at,
            Path list,
            @Nullable String video,
            @Nullable String prompt,
            List<String> photos,
            boolean ordered) {
        if (video == null || video.isBlank() || prompt == null || photos.isEmpty()) {
            String missing = video == null || video.isBlank() ? VIDEO : prompt == null ? PROMPT : PHOTOS;
            throw new InvalidInputException(at + ": has no " + missing + "; every line needs " + VIDEO + ", " + PROMPT
                    + " and one or more " + PHOTOS);
        }
        String name = video.strip();
        try {
            return Line.of(new Entry(
                    ForeignPath.beside(list, name, at + ": " + VIDEO),
                    prompt,
                    photos.stream()
                            .map(photo -> ForeignPath.beside(list, photo, at + ": one of " + PHOTOS))
                            .toList(),
                    ordered));
        } catch (InvalidInputException e) {
            return new Line(ForeignText.shown(name), null, e.getMessage());
        }
    }

    private static List<Line> folder(Path folder, Path photoFolder) {
        List<Line> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path video : files.filter(file -> file.toString().endsWith(".mp4"))
                    .sorted()
                    .toList()) {
                String name = String.valueOf(video.getFileName());
                Path recipe = video.resolveSibling(name.substring(0, name.length() - ".mp4".length()) + ".json");
                if (!Files.exists(recipe)) {
                    throw new InvalidInputException(video + ": has no recipe " + recipe.getFileName()
                            + " beside it; give a list (CSV or JSON) of videos, prompts and photos instead");
                }
                JsonNode json = JsonFile.read(recipe);
                if (json.path(PHOTOS).isEmpty()) {
                    throw new InvalidInputException(
                            recipe + ": names no photos; a video without people cannot be scored by faces");
                }
                try {
                    List<Path> photos = new ArrayList<>();
                    json.path(PHOTOS)
                            .forEach(photo -> photos.add(
                                    ForeignPath.in(photoFolder, photo.asText(), recipe + ": one of " + PHOTOS)));
                    lines.add(Line.of(new Entry(video, json.path(PROMPT).asText(), photos, false)));
                } catch (InvalidInputException e) {
                    lines.add(new Line(name, null, e.getMessage()));
                }
            }
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": cannot be listed (" + IoReason.of(e) + ")", e);
        }
        return lines;
    }

    @Override
    public int count() {
        return lines.size();
    }

    /**
     * Line {@code index}.
     *
     * @throws InvalidInputException when it names what cannot be a path
     */
    public Entry entry(int index) {
        Line line = lines.get(index);
        if (line.entry == null) {
            throw new InvalidInputException(line.problem);
        }
        return line.entry;
    }

    @Override
    public String name(int index) {
        return lines.get(index).name;
    }

    @Override
    public EvaluationCase get(int index) {
        Entry entry = entry(index);
        Set<Path> different = new TreeSet<>(entry.photos());
        if (different.size() < entry.photos().size()) {
            throw new InvalidInputException(
                    entry.video() + ": the same photo stands for two people; every person needs a photo of their own");
        }
        return new EvaluationCase(
                index,
                name(index),
                entry.prompt(),
                IntStream.range(0, entry.photos().size())
                        .mapToObj(n -> entry.photos().get(n).toString())
                        .toList(),
                entry.photos().stream().map(this::photo).toList(),
                entry.ordered() ? EvaluationCase.inOrder(entry.photos().size()) : List.of(),
                List.of(),
                null,
                null);
    }

    private PersonPhoto photo(Path file) {
        Photo photo = Photo.read(file, null, null);
        return new PersonPhoto(photo.picture(), landmarks.apply(photo));
    }

    /** The photos of all cases; those without a face are left out. */
    @Override
    public Map<String, PersonPhoto> candidates() {
        Map<String, PersonPhoto> photos = new LinkedHashMap<>();
        for (Line line : lines) {
            for (Path file : line.entry == null ? List.<Path>of() : line.entry.photos()) {
                if (photos.size() < 2 * MatchedFaces.CANDIDATES && !photos.containsKey(file.toString())) {
                    try {
                        photos.put(file.toString(), photo(file));
                    } catch (InvalidInputException e) {
                        // its own case reports it
                    }
                }
            }
        }
        return photos;
    }

    @Override
    public ObjectNode recipe() {
        return JsonNodeFactory.instance.objectNode().put("cases", origin).put("list_fingerprint", fingerprint);
    }
}
