package ai.ingredients.evaluation;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.faces.CopyPaste;
import ai.ingredients.evaluation.faces.Embedding;
import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.evaluation.faces.FaceSamples;
import ai.ingredients.evaluation.faces.FrameFace;
import ai.ingredients.evaluation.faces.MatchedFaces;
import ai.ingredients.evaluation.faces.OutPainting;
import ai.ingredients.evaluation.faces.PaperFaces;
import ai.ingredients.evaluation.report.CaseResult;
import ai.ingredients.evaluation.report.CaseTable;
import ai.ingredients.evaluation.report.HtmlReport;
import ai.ingredients.evaluation.report.Summary;
import ai.ingredients.evaluation.statistics.SetFigure;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.Png;
import ai.ingredients.metrics.ClipScore;
import ai.ingredients.metrics.PaperMetrics;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the videos of cases, measures them and writes a folder:
 *
 * <pre>
 * evaluation.json   what is evaluated and how
 * cases/            of each case that is done a JSON and what is kept of its faces ({@link FaceSamples}), a strip of
 *                   pictures of the first ones, and what is kept of the candidates' photos
 * cases.jsonl       all cases, one a line
 * summary.json      figures with intervals
 * summary.md        the same as a table
 * cases.csv         the figures of all cases as a table, for spreadsheets
 * report.html       all of it for reading, with pictures
 * contact-sheet.png the first cases: photos, then frames
 * </pre>
 *
 * <p>One case is in memory at a time, and what is done is not done again: an evaluation that was stopped, or is asked for
 * more cases, goes on in the same folder. A case that fails is reported and tried again the next time; the others are
 * unharmed.
 */
public final class Evaluation {
    private static final String RECIPE = "evaluation.json";
    static final String CASES = "cases";
    private static final String JSON = ".json";
    static final String FACES = ".safetensors";

    private final Cases cases;
    private final VideoMaker maker;
    private final Judges judges;
    private final Path folder;
    private final ObjectNode recipe;

    /** Told how an evaluation goes on. */
    public interface Listener {
        /** Ignores everything. */
        Listener NONE = new Listener() {};

        /** It begins; {@code done} of {@code total} cases were done before. */
        default void begins(int done, int total) {}

        /** A case was made and measured, or failed. */
        default void finished(CaseResult result) {}

        /** Something a reader of the figures should know. */
        default void warning(String text) {}
    }

    /**
     * @param maker of the videos; stays the caller's
     * @param folder of results; made when it is not there
     */
    public Evaluation(Cases cases, VideoMaker maker, Judges judges, Path folder) {
        this.cases = cases;
        this.maker = maker;
        this.judges = judges;
        this.folder = folder;
        recipe = maker.recipe();
        recipe.setAll(cases.recipe());
        judges.describe(recipe);
    }

    /**
     * Makes and measures what is not done yet and summarises all cases.
     *
     * @throws InvalidInputException when the folder belongs to another evaluation, naming the difference, or cannot be
     *     written; when every case failed, with the first reason
     */
    public Summary run(Listener listener) {
        prepare();
        int done = done();
        boolean complete = done == cases.count() && Files.exists(candidatesFile());
        Map<String, Embedding> candidates = complete ? Map.of() : candidates();
        listener.begins(done, cases.count());
        List<CaseResult> results = new ArrayList<>();
        for (int i = 0; i < cases.count(); i++) {
            if (isDone(i)) {
                results.add(CaseResult.read(file(i, JSON)));
                continue;
            }
            CaseResult result = measure(i, candidates, listener);
            if (result.ok()) {
                JsonFile.write(file(i, JSON), result.json());
            }
            results.add(result);
            listener.finished(result);
        }
        if (results.stream().noneMatch(CaseResult::ok)) {
            throw new InvalidInputException("none of " + results.size() + " cases could be evaluated; the first: "
                    + results.getFirst().error());
        }
        Summary summary = Summary.of(recipe, results, sets(results));
        write(summary);
        return summary;
    }

    private void prepare() {
        try {
            Files.createDirectories(folder.resolve(CASES));
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": cannot be made (" + IoReason.of(e) + "); choose a folder you may write to", e);
        }
        Path file = folder.resolve(RECIPE);
        if (!Files.exists(file)) {
            JsonFile.write(file, recipe);
            return;
        }
        JsonNode earlier = JsonFile.read(file);
        Set<String> keys = new LinkedHashSet<>();
        recipe.fieldNames().forEachRemaining(keys::add);
        earlier.fieldNames().forEachRemaining(keys::add);
        for (String key : keys) {
            String before = text(earlier.path(key));
            String now = text(recipe.path(key));
            if (!before.equals(now)) {
                throw new InvalidInputException(folder + ": holds an evaluation with " + key.replace('_', ' ') + " "
                        + before + ", this one has " + now + "; choose another folder");
            }
        }
    }

    private static String text(JsonNode value) {
        return value.isContainerNode() ? value.toString() : value.asText("nothing");
    }

    private Path file(int index, String extension) {
        return file(folder, index, extension);
    }

    /** What is written of case {@code index} of the evaluation in {@code folder}. */
    static Path file(Path folder, int index, String extension) {
        return folder.resolve(CASES).resolve(String.format(Locale.ROOT, "%05d", index) + extension);
    }

    private int done() {
        int done = 0;
        for (int i = 0; i < cases.count(); i++) {
            done += isDone(i) ? 1 : 0;
        }
        return done;
    }

    /** Its faces are written before its JSON; folders of earlier versions have no faces, and are made again. */
    private boolean isDone(int index) {
        return Files.exists(file(index, JSON)) && Files.exists(file(index, FACES));
    }

    private Path candidatesFile() {
        return candidatesFile(folder);
    }

    static Path candidatesFile(Path folder) {
        return folder.resolve(CASES).resolve("candidates" + FACES);
    }

    private Map<String, Embedding> candidates() {
        Map<String, Embedding> faces = new LinkedHashMap<>();
        Map<String, PersonPhoto> photos = cases.candidates();
        List<Embedding> read = judges.faces().readPhotos(List.copyOf(photos.values()));
        int index = 0;
        for (String name : photos.keySet()) {
            faces.put(name, read.get(index++));
        }
        if (!Files.exists(candidatesFile())) {
            FaceSamples.of(List.copyOf(photos.keySet()), List.copyOf(photos.values()), read, judges.inception())
                    .write(candidatesFile());
        }
        return faces;
    }

    private CaseResult measure(int index, Map<String, Embedding> candidates, Listener listener) {
        try {
            EvaluationCase one = cases.get(index);
            long started = System.nanoTime();
            List<Picture> frames = maker.make(one);
            double seconds = (System.nanoTime() - started) / 1e9;
            List<Embedding> others = candidates.entrySet().stream()
                    .filter(entry -> !one.people().contains(entry.getKey()))
                    .map(Map.Entry::getValue)
                    .toList();
            FaceReader reader = judges.faces();
            List<Embedding> photos = reader.readPhotos(one.photos());
            List<List<FrameFace>> faces = reader.read(frames);
            MatchedFaces.Hidden hidden = MatchedFaces.Hidden.of(maker.shown(one));
            if (faces.stream().allMatch(List::isEmpty)) {
                listener.warning(cases.name(index) + ": no face in any frame; everyone counts as missing");
            }
            List<int[]> assigned = MatchedFaces.assign(photos, faces, hidden);
            List<Map<String, Double>> asked = AskedOfPeople.figures(one, frames, faces, assigned);
            MatchedFaces matched = MatchedFaces.of(photos, faces, others, one.order(), hidden)
                    .wearing(asked.stream()
                            .map(person -> person.getOrDefault(AskedOfPeople.CLOTHES_SWAPPED, Double.NaN))
                            .toList());
            Map<String, Double> figures = new LinkedHashMap<>(matched.figures());
            figures.putAll(means(asked));
            figures.put("paper_face_sim", PaperFaces.faceSim(photos, faces));
            figures.put("copy_paste", CopyPaste.index(one.photos(), cases.otherPhotos(index), frames, faces, assigned));
            figures.put("out_painting", OutPainting.index(one.photos(), frames));
            if (judges.inception() != null) {
                figures.put("paper_fid", PaperFaces.fid(one.photos(), frames, faces, reader, judges.inception()));
            }
            figures.putAll(promptFigures(one, frames, listener));
            figures.put("seconds", seconds);
            FaceSamples.of(one.people(), one.photos(), photos, judges.inception())
                    .with(frames, faces, assigned, reader, judges.inception())
                    .write(file(index, FACES));
            if (index < CaseSheet.CASES) {
                Png.write(file(index, ".png"), CaseSheet.strip(one, frames, matched));
            }
            return new CaseResult(
                    index, one.name(), one.caption(), one.people(), figures, together(matched, asked), "");
        } catch (InvalidInputException | OperationFailedException e) {
            return CaseResult.failed(index, cases.name(index), String.valueOf(e.getMessage()));
        }
    }

    /** Of each figure, over the people who have it. */
    private static Map<String, Double> means(List<Map<String, Double>> people) {
        Map<String, Double> means = new LinkedHashMap<>();
        for (String name : people.getFirst().keySet()) {
            means.put(
                    name,
                    people.stream()
                            .mapToDouble(person -> person.getOrDefault(name, Double.NaN))
                            .filter(value -> !Double.isNaN(value))
                            .average()
                            .orElse(Double.NaN));
        }
        return means;
    }

    private static List<Map<String, Double>> together(MatchedFaces matched, List<Map<String, Double>> asked) {
        List<Map<String, Double>> people = new ArrayList<>();
        for (MatchedFaces.Person person : matched.people()) {
            Map<String, Double> figures = new LinkedHashMap<>(person.figures());
            figures.putAll(asked.get(people.size()));
            people.add(figures);
        }
        return people;
    }

    /** How well a video fits its prompt. */
    private Map<String, Double> promptFigures(EvaluationCase one, List<Picture> frames, Listener listener) {
        Map<String, Double> figures = new LinkedHashMap<>();
        ClipScore clip = judges.clip();
        if (clip != null) {
            figures.put("clip_score", clip.of(frames, one.caption()));
            List<Picture> sampled = new ArrayList<>();
            for (int frame : PaperMetrics.clipFrames(frames.size(), PaperMetrics.FRAMES)) {
                sampled.add(frames.get(frame));
            }
            figures.put("paper_clip_score", PaperMetrics.clipScore(clip, sampled, one.caption()));
            int dropped = clip.dropped(one.caption());
            if (dropped > 0) {
                listener.warning(one.name() + ": CLIP does not read the last " + dropped + " tokens of its prompt");
            }
        }
        PromptJudge attributes = judges.attributes();
        if (attributes != null) {
            figures.putAll(attributes.figures(one, frames));
        }
        return figures;
    }

    /** Figures of all videos together. */
    private Map<String, SetFigure> sets(List<CaseResult> results) {
        List<FaceSamples> videos = results.stream()
                .filter(CaseResult::ok)
                .map(result -> FaceSamples.read(file(result.index(), FACES)))
                .toList();
        FaceSamples candidates = FaceSamples.read(candidatesFile());
        Map<String, SetFigure> sets = new LinkedHashMap<>();
        sets.put("face_fd", FaceSamples.distance(FaceSamples.Space.JUDGE, videos, candidates, Summary.SEED));
        if (judges.inception() != null) {
            sets.put("fid", FaceSamples.distance(FaceSamples.Space.INCEPTION, videos, candidates, Summary.SEED));
        }
        return sets;
    }

    private void write(Summary summary) {
        StringBuilder lines = new StringBuilder();
        summary.results()
                .forEach(result -> lines.append(result.json().toString()).append('\n'));
        write("cases.jsonl", lines.toString());
        JsonFile.write(folder.resolve("summary.json"), summary.json());
        write("summary.md", summary.markdown());
        write("cases.csv", CaseTable.csv(summary.results()));
        write("report.html", HtmlReport.of(summary, this::picture));
        List<Picture> strips = new ArrayList<>();
        for (int i = 0; i < Math.min(cases.count(), CaseSheet.CASES); i++) {
            if (Files.exists(file(i, ".png"))) {
                strips.add(PictureReader.read(file(i, ".png")));
            }
        }
        if (!strips.isEmpty()) {
            Png.write(folder.resolve("contact-sheet.png"), CaseSheet.of(strips));
        }
    }

    /** The picture of case {@code index} relative to the folder; none for later cases. */
    private @Nullable String picture(int index) {
        Path file = file(index, ".png");
        return Files.exists(file) ? CASES + "/" + file.getFileName() : null;
    }

    private void write(String name, String text) {
        AtomicFile.replace(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }
}
