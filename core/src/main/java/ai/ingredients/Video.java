package ai.ingredients;

import ai.ingredients.io.FileGroup;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.GenerationResult;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.RoutingMaps;
import ai.ingredients.pipeline.Timings;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A video that was made, on the Java heap: frames, recipe, and what making it took. Owns nothing native and does not end
 * with the model. Immutable and thread-safe.
 */
public final class Video {
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

    /** The frames in order, 8 a second. */
    public List<Picture> frames() {
        return frames;
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
     * Writes the video with its recipe in the metadata where the format has any, and the recipe beside it as {@code .json}:
     * both or none.
     *
     * @param file ends in {@code .mp4} (H.264), {@code .webm}, {@code .gif} or {@code .webp}
     * @throws InvalidInputException when there can be no such file
     * @throws OperationFailedException when the disk is full or fails
     */
    public void write(Path file) {
        try (FileGroup files = new FileGroup()) {
            addTo(files, file, true);
            files.commit(file);
        }
    }

    /**
     * As {@link #write}, together with other files of the caller's, who commits them.
     *
     * @param metadata whether the video itself carries its recipe
     */
    public void addTo(FileGroup files, Path file, boolean metadata) {
        Picture first = frames.getFirst();
        try (VideoWriter writer =
                VideoWriter.create(file, first.width(), first.height(), VideoWriter.Settings.DEFAULT)) {
            frames.forEach(writer::add);
            if (metadata) {
                writer.metadata("comment", recipe.json().toString());
            }
            files.write(recipeFile(file), beside -> JsonFile.write(beside, recipe.json()));
            files.add(writer.complete());
        }
    }

    /** Where the recipe of {@code video} is written: {@code out.json} beside {@code out.mp4}. */
    public static Path recipeFile(Path video) {
        String name = String.valueOf(video.getFileName());
        int dot = name.lastIndexOf('.');
        return video.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".json");
    }
}
