package ai.ingredients;

import ai.ingredients.io.FileGroup;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.FrameRate;
import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.GenerationResult;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.RoutingMaps;
import ai.ingredients.pipeline.Timings;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A video that was made, on the Java heap: frames, recipe, and what making it took. Owns nothing native and does not end
 * with the model. Immutable and thread-safe.
 */
public final class Video {
    /** The name under which every file says how it came to be. */
    public static final String SOURCE_TYPE = "digital_source_type";
    /** IPTC's word for media that a trained model made. */
    public static final String MADE_BY_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

    /** What every file that holds frames of a made video says of itself; it tells nobody's name. */
    public static final Map<String, String> MARK = Map.of(SOURCE_TYPE, MADE_BY_MODEL);

    private final List<Picture> frames;
    private final Recipe recipe;
    private final GenerationResult result;
    private final @Nullable RoutingMaps routing;

    Video(List<Picture> frames, Recipe recipe, GenerationResult result, @Nullable RoutingMaps routing) {
        this.frames = List.copyOf(frames);
        this.recipe = recipe;
        this.result = result;
        this.routing = routing;
    }

    /** The frames in order, {@link #rate} a second. */
    public List<Picture> frames() {
        return frames;
    }

    /** At which rate the model means its frames. */
    public FrameRate rate() {
        return result.request().bundle().frameRate();
    }

    /** A copy of each frame as an image of {@link BufferedImage#TYPE_INT_RGB}. */
    public List<BufferedImage> images() {
        return frames.stream().map(Picture::image).toList();
    }

    /** All that is needed to make it again, and what making it cost. */
    public Recipe recipe() {
        return recipe;
    }

    /** Where the time went. */
    public Timings timings() {
        return result.timings();
    }

    /** Seconds for one denoising step. */
    public double secondsPerStep() {
        return result.timings().secondsPerStep();
    }

    /** The most bytes that this process ever had in memory until the video was done; 0 where the system does not tell. */
    public long peakMemory() {
        return result.peakMemory();
    }

    /** Whether it was decoded in tiles, which changes it slightly. */
    public boolean tiled() {
        return result.tiled();
    }

    /** Who owned which part of the picture; empty without people. */
    public Optional<RoutingMaps> routing() {
        return Optional.ofNullable(routing);
    }

    /**
     * How a video is written.
     *
     * @param rate at which it plays; none for the model's own, any other is slow motion or its opposite
     * @param metadata whether the video itself carries its recipe
     * @param paths whether the recipe beside it says where the files lie that it was made from, seen from its folder, so
     *     that {@link SavedRecipe} finds them
     */
    public record Writing(@Nullable FrameRate rate, boolean metadata, boolean paths) {
        /** At the model's own rate, with all there is. */
        public static final Writing DEFAULT = new Writing(null, true, true);

        /** The same at another rate. */
        public Writing withRate(FrameRate other) {
            return new Writing(other, metadata, paths);
        }

        /** The same without the recipe in the video itself. */
        public Writing withoutMetadata() {
            return new Writing(rate, false, paths);
        }
    }

    /**
     * Writes the video with its recipe in the metadata where the format has any, and the recipe beside it as {@code .json}:
     * both or none.
     *
     * @param file ends in {@code .mp4} (H.264), {@code .webm}, {@code .gif} or {@code .webp}
     * @throws InvalidInputException when there can be no such file
     * @throws OperationFailedException when the disk is full or fails
     */
    public void write(Path file) {
        write(file, Writing.DEFAULT);
    }

    /** As {@link #write(Path)}, in a way of the caller's. */
    public void write(Path file, Writing how) {
        try (FileGroup files = new FileGroup()) {
            addTo(files, file, how);
            files.commit(file);
        }
    }

    /** As {@link #write(Path, Writing)}, together with other files of the caller's, who commits them. */
    public void addTo(FileGroup files, Path file, Writing how) {
        Picture first = frames.getFirst();
        try (VideoWriter writer =
                VideoWriter.create(file, first.width(), first.height(), VideoWriter.Settings.at(rate(how)))) {
            marks(how, true).forEach(writer::metadata);
            frames.forEach(writer::add);
            addRecipe(files, recipeFile(file), how);
            files.add(writer.complete());
        }
    }

    /**
     * Adds the frames as PNG files of {@code folder} and the recipe as its {@code recipe.json}; with metadata the first
     * frame carries the recipe, too.
     *
     * @param folder of the frames; the caller finishes it after {@code files} are committed
     */
    public void addTo(FileGroup files, FrameFolder folder, Writing how) {
        for (int i = 0; i < frames.size(); i++) {
            folder.add(frames.get(i), marks(how, i == 0));
        }
        folder.files().forEach(files::add);
        addRecipe(files, recipeFile(folder), how);
    }

    /** What a file says of itself: always that a model made it, which tells nobody's name, and the recipe where it is wanted. */
    private Map<String, String> marks(Writing how, boolean whole) {
        Map<String, String> marks = new LinkedHashMap<>(MARK);
        if (whole && how.metadata) {
            marks.put("comment", described(how).toString());
        }
        return marks;
    }

    private void addRecipe(FileGroup files, Path target, Writing how) {
        ObjectNode json = described(how);
        if (how.paths) {
            Path folder = target.toAbsolutePath().getParent();
            json = recipe.beside(folder == null ? target.toAbsolutePath() : folder);
            rate(json, how);
        }
        ObjectNode written = json;
        files.write(target, beside -> JsonFile.write(beside, written));
    }

    private ObjectNode described(Writing how) {
        ObjectNode json = recipe.json().deepCopy();
        rate(json, how);
        return json;
    }

    private FrameRate rate(Writing how) {
        return how.rate == null ? rate() : how.rate;
    }

    /** A recipe without a rate is that of a video at 8 frames a second, whatever the model. */
    private void rate(ObjectNode json, Writing how) {
        if (!rate(how).equals(FrameRate.DEFAULT)) {
            json.put("fps", rate(how).toString());
        }
    }

    /** Where the recipe of the frames in {@code folder} is written. */
    public static Path recipeFile(FrameFolder folder) {
        return folder.path().resolve("recipe.json");
    }

    /** Where the recipe of {@code video} is written: {@code out.json} beside {@code out.mp4}. */
    public static Path recipeFile(Path video) {
        String name = String.valueOf(video.getFileName());
        int dot = name.lastIndexOf('.');
        return video.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".json");
    }
}
