package ai.ingredients.evaluation;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.face.Face;
import ai.ingredients.face.Photo;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import ai.ingredients.weights.Fingerprint;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
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
 * <p>Photos are read and their faces looked for when a case is asked for, so one bad photo harms one case.
 */
public final class ListedCases implements Cases {
    private static final String VIDEO = "video";
    private static final String PROMPT = "prompt";
    private static final String PHOTOS = "photos";
    private static final String ORDERED = "ordered";

    private final String origin;
    private final String fingerprint;
    private final List<Entry> entries;
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

    private ListedCases(
            String origin, String fingerprint, List<Entry> entries, Function<Photo, List<Face.Point>> landmarks) {
        this.origin = origin;
        this.fingerprint = fingerprint;
        this.entries = entries;
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
        List<Entry> entries;
        if (Files.isDirectory(path)) {
            entries = folder(path, photoFolder == null ? path : photoFolder);
        } else if (path.toString().toLowerCase(Locale.ROOT).endsWith(".csv")) {
            entries = csv(path);
        } else {
            entries = json(path);
        }
        if (entries.isEmpty()) {
            throw new InvalidInputException(path + ": names no video; "
                    + (Files.isDirectory(path)
                            ? "expected videos with the recipes (.json) that generate writes beside them"
                            : "expected a line for each, with video, prompt and photos"));
        }
        StringBuilder all = new StringBuilder();
        entries.forEach(entry -> all.append(entry).append('\n'));
        return new ListedCases(path.toString(), Fingerprint.combined(List.of(all.toString())), entries, landmarks);
    }

    private static List<Entry> csv(Path file) {
        ObjectReader reader = CsvMapper.builder()
                .build()
                .readerFor(Map.class)
                .with(CsvSchema.emptySchema().withHeader());
        List<Entry> entries = new ArrayList<>();
        try (MappingIterator<Map<String, String>> rows = reader.readValues(file.toFile())) {
            while (rows.hasNextValue()) {
                Map<String, String> row = rows.nextValue();
                String at = file + ", line " + (entries.size() + 2);
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
                entries.add(entry(at, file, row.get(VIDEO), row.get(PROMPT), photos, ordered));
            }
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": is no readable CSV file (" + IoReason.of(e) + "); expected the columns " + VIDEO + ", "
                            + PROMPT + ", " + PHOTOS,
                    e);
        }
        return entries;
    }

    private static List<Entry> json(Path file) {
        JsonNode json = array(file);
        List<Entry> entries = new ArrayList<>();
        for (JsonNode one : json) {
            List<String> photos = new ArrayList<>();
            one.path(PHOTOS).forEach(photo -> photos.add(photo.asText()));
            entries.add(entry(
                    file + ", entry " + (entries.size() + 1),
                    file,
                    one.path(VIDEO).asText(null),
                    one.path(PROMPT).asText(null),
                    photos,
                    one.path(ORDERED).asBoolean()));
        }
        return entries;
    }

    private static JsonNode array(Path file) {
        try {
            JsonNode json = JsonMapper.builder().build().readTree(file.toFile());
            if (json != null && json.isArray()) {
                return json;
            }
        } catch (IOException e) {
            throw new InvalidInputException(file + ": is no readable JSON file (" + IoReason.of(e) + ")", e);
        }
        throw new InvalidInputException(
                file + ": expected a JSON array of objects with " + VIDEO + ", " + PROMPT + " and " + PHOTOS);
    }

    private static Entry entry(
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
        return new Entry(
                list.resolveSibling(video.strip()),
                prompt,
                photos.stream().map(list::resolveSibling).toList(),
                ordered);
    }

    private static List<Entry> folder(Path folder, Path photoFolder) {
        List<Entry> entries = new ArrayList<>();
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
                List<Path> photos = new ArrayList<>();
                json.path(PHOTOS).forEach(photo -> photos.add(photoFolder.resolve(photo.asText())));
                if (photos.isEmpty()) {
                    throw new InvalidInputException(
                            recipe + ": names no photos; a video without people cannot be scored by faces");
                }
                entries.add(new Entry(video, json.path(PROMPT).asText(), photos, false));
            }
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": cannot be listed (" + IoReason.of(e) + ")", e);
        }
        return entries;
    }

    @Override
    public int count() {
        return entries.size();
    }

    /** Line {@code index}. */
    public Entry entry(int index) {
        return entries.get(index);
    }

    @Override
    public String name(int index) {
        return String.valueOf(entries.get(index).video().getFileName());
    }

    @Override
    public EvaluationCase get(int index) {
        Entry entry = entries.get(index);
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
                entry.ordered(),
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
        for (Entry entry : entries) {
            for (Path file : entry.photos()) {
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
