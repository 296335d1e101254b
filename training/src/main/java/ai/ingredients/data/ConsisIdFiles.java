package ai.ingredients.data;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.ForeignTextFile;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Finds the clips of a data set in ConsisID's layout: through its list, or where its parts lie. What is wrong with a line
 * of the list, a captions file or a caption concerns that alone.
 *
 * <p>A list has lines {@code videos,captions,part}; empty lines, lines that begin with {@code #} and a line of column names
 * are passed over. The list is {@code total_train_data.txt}; any other {@code .txt} whose lines name three things that are
 * there counts as one too. A caption is {@code {"path", "cap"}}, or {@code {"video", "description"}} as the step before
 * writes it; the path may lack its ending, as that of the official steps 5 and 6 does.
 */
final class ConsisIdFiles {
    static final String BOXES = "refine_bbox_jsons";
    static final String MASKS = "track_masks_data";

    private static final String LIST = "total_train_data.txt";
    private static final List<String> ENDINGS =
            List.of(".mp4", ".avi", ".mkv", ".mov", ".webm", ".MP4", ".AVI", ".MKV");

    private final Path source;
    private final Map<String, ConsisIdLayout.Item> items = new LinkedHashMap<>();
    private final List<String> broken = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private ConsisIdFiles(Path source) {
        this.source = source;
    }

    /**
     * What was found.
     *
     * @param items clips
     * @param broken what is wrong with what was left out
     * @param notes what else somebody should know
     */
    record Found(List<ConsisIdLayout.Item> items, List<String> broken, List<String> notes) {
        Found {
            items = List.copyOf(items);
            broken = List.copyOf(broken);
            notes = List.copyOf(notes);
        }
    }

    /** A videos folder with its captions and what is known of its people. */
    private record Part(Path videos, Path captions, Path annotations) {}

    /**
     * All clips below {@code source}.
     *
     * @throws InvalidInputException when there is none, saying the first thing that is wrong
     */
    static Found in(Path source) {
        if (!Files.isDirectory(source)) {
            throw new InvalidInputException(source + ": there is no such folder");
        }
        ConsisIdFiles files = new ConsisIdFiles(source);
        List<Part> parts = files.listed();
        if (parts.isEmpty() && !files.broken.isEmpty()) {
            throw new InvalidInputException(files.broken.getFirst());
        }
        if (parts.isEmpty()) {
            parts = files.found();
        }
        for (Part part : parts) {
            files.add(part, parts.size() == 1 ? "" : part.annotations.getFileName() + "-");
        }
        if (files.items.isEmpty()) {
            throw new InvalidInputException(
                    files.broken.isEmpty()
                            ? source + ": nothing to import; expected ConsisID's layout with folders videos, " + BOXES
                                    + " and " + MASKS + " and a captions JSON"
                            : files.broken.getFirst());
        }
        return new Found(List.copyOf(files.items.values()), files.broken, files.notes);
    }

    private void add(Part part, String prefix) {
        List<JsonNode> captions = new ArrayList<>();
        try {
            captions(part.captions).forEach(captions::add);
        } catch (InvalidInputException e) {
            broken.add(e.getMessage());
        }
        for (int i = 0; i < captions.size(); i++) {
            JsonNode caption = captions.get(i);
            String where = part.captions + ": entry " + (i + 1);
            try {
                add(part, prefix, text(caption, "path", "video", where), text(caption, "cap", "description", where));
            } catch (InvalidInputException e) {
                broken.add(e.getMessage());
            }
        }
    }

    private static String text(JsonNode caption, String key, String early, String where) {
        JsonNode text = caption.path(caption.has(key) ? key : early);
        if (!text.isTextual() || text.textValue().isBlank()) {
            String of = caption.path("path").asText("");
            throw new InvalidInputException(
                    where + (of.isEmpty() ? "" : " (" + ForeignText.shown(of) + ")") + " has no \"" + key + "\"");
        }
        if (!ForeignText.isWhole(text.textValue())) {
            throw new InvalidInputException(where + ": \"" + key + "\" holds half a character and would change");
        }
        return text.textValue();
    }

    private void add(Part part, String prefix, String path, String caption) {
        String file = path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
        Path video = ForeignPath.in(part.videos, file, part.captions + ": a path");
        String base = ENDINGS.stream()
                .filter(file::endsWith)
                .map(ending -> file.substring(0, file.length() - ending.length()))
                .findFirst()
                .orElse(file);
        for (String ending : ENDINGS) {
            if (!Files.isRegularFile(video) && Files.isRegularFile(part.videos.resolve(file + ending))) {
                video = part.videos.resolve(file + ending);
                base = file;
            }
        }
        Path tracked = part.annotations.resolve(MASKS).resolve(base);
        ConsisIdLayout.Item item = new ConsisIdLayout.Item(
                id(prefix + base),
                video,
                caption,
                part.annotations.resolve(BOXES).resolve(base + ".json"),
                tracked.resolve("corresponding_data.json"),
                tracked.resolve("tracking_mask_results"));
        ConsisIdLayout.Item same = items.putIfAbsent(item.id(), item);
        if (same != null && !same.video().equals(video)) { // two names that differ in what an id cannot have
            ConsisIdLayout.Item other = item.called("clip-" + Integer.toHexString((prefix + base).hashCode()));
            items.putIfAbsent(other.id(), other);
        }
    }

    private static String id(String name) {
        String id = name.replaceAll("[^\\p{L}\\p{N}._@-]", "_").replaceFirst("^\\.", "_");
        return DatasetWriter.isId(id) ? id : "clip-" + Integer.toHexString(name.hashCode());
    }

    /** What the list files directly in {@code source} name. */
    private List<Part> listed() {
        List<Part> parts = new ArrayList<>();
        for (Path file : children(source, ".txt")) {
            boolean list = String.valueOf(file.getFileName()).equals(LIST);
            ForeignTextFile text;
            try {
                text = ForeignTextFile.read(file);
            } catch (IOException e) {
                if (list) {
                    broken.add(file + ": cannot be read (" + IoReason.of(e) + ")");
                }
                continue;
            }
            List<Part> good = new ArrayList<>();
            List<String> bad = new ArrayList<>();
            List<String> lines = text.text().lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i).strip();
                if (!line.isEmpty() && !line.startsWith("#")) {
                    try {
                        good.add(part(line, file + ":" + (i + 1)));
                    } catch (InvalidInputException e) {
                        boolean names = line.matches("[\\w ]+,[\\w ]+,[\\w ]+") && bad.isEmpty() && good.isEmpty();
                        if (!names
                                || lines.stream().filter(one -> !one.isBlank()).count() == 1) {
                            bad.add(e.getMessage());
                        }
                    }
                }
            }
            parts.addAll(good);
            if (list || !good.isEmpty()) {
                broken.addAll(bad);
                if (text.guessed()) {
                    notes.add(file + ": is not UTF-8 and was read as what Windows writes; check names with accents");
                }
            }
        }
        return parts;
    }

    private Part part(String line, String where) {
        String[] fields = line.split(",", -1);
        if (fields.length != 3) {
            throw new InvalidInputException(where + ": is \"" + ForeignText.shown(line)
                    + "\", expected videos folder, captions file, part folder");
        }
        return new Part(below(fields[0], where), below(fields[1], where), below(fields[2], where));
    }

    /**
     * The path as it stands, or its longest end that lies in {@code source}: lists name paths from where training was
     * started, and data sets move.
     */
    private Path below(String written, String where) {
        String text = written.strip();
        for (String way : new String[] {text, text.replace('\\', '/')}) {
            Path path = ForeignPath.of(way, where + ": a path");
            for (int from = 0; from < path.getNameCount() && !way.isEmpty(); from++) {
                Path inside = source.resolve(path.subpath(from, path.getNameCount()));
                if (Files.exists(inside)) {
                    return inside;
                }
            }
            if (path.isAbsolute() && Files.exists(path)) {
                return path;
            }
        }
        throw new InvalidInputException(where + ": there is no " + ForeignText.shown(text) + " in " + source);
    }

    private List<Part> found() {
        List<Part> parts = new ArrayList<>();
        List<Path> folders = new ArrayList<>(List.of(source));
        folders.addAll(children(source, ""));
        for (Path folder : folders) {
            if (!Files.isDirectory(folder.resolve("videos")) || !Files.isDirectory(folder.resolve(BOXES))) {
                continue;
            }
            List<Path> captions = new ArrayList<>(children(folder.resolve("captions"), ".json"));
            Path outside = source.resolve("captions").resolve(folder.getFileName() + ".json");
            if (Files.exists(outside)) {
                captions.add(outside);
            }
            if (captions.isEmpty()) {
                broken.add(folder + ": there are no captions; expected "
                        + folder.resolve("captions").resolve("NAME.json"));
            }
            captions.forEach(file -> parts.add(new Part(folder.resolve("videos"), file, folder)));
        }
        return parts;
    }

    private static List<Path> children(Path folder, String ending) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private JsonNode captions(Path file) {
        try {
            ForeignTextFile text = ForeignTextFile.read(file);
            JsonNode list = JsonFile.parse(new ByteArrayInputStream(text.text().getBytes(StandardCharsets.UTF_8)));
            if (!list.isArray()) {
                throw new InvalidInputException(file + ": is no list of captions");
            }
            if (text.guessed()) {
                notes.add(file + ": is not UTF-8 and was read as what Windows writes; check captions with accents");
            }
            return list;
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read as JSON (" + IoReason.of(e) + ")", e);
        }
    }
}
