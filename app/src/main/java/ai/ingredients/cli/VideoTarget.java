package ai.ingredients.cli;

import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.VideoFormat;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.LatentsRecorder;
import ai.ingredients.pipeline.MagnitudeRecorder;
import ai.ingredients.pipeline.RoutingRecorder;
import ai.ingredients.pipeline.TeaCacheRecorder;
import ai.ingredients.pipeline.VideoSize;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The files of one video.
 *
 * @param output the video, or the folder of its frames
 * @param folder whether it is a folder
 * @param latents where the latents go
 * @param frames folder for all frames beside the video
 * @param routing where the routing goes
 * @param magnitudes where the model's magnitude ratios go
 * @param polynomial where it goes how far the model's predictions move
 * @param writing how the video is written
 */
record VideoTarget(
        Path output,
        boolean folder,
        @Nullable Path latents,
        @Nullable Path frames,
        @Nullable Path routing,
        @Nullable Path magnitudes,
        @Nullable Path polynomial,
        Video.Writing writing) {
    /** Where the recipe goes. */
    Path recipe() {
        return folder ? output.resolve("recipe.json") : Video.recipeFile(output);
    }

    /** Every file that will be written is tried before any long work; {@code files} knows what else is. */
    void claim(Outputs files) {
        if (folder) {
            FrameFolder.checkWritable(output);
            files.name("--output", output);
        } else {
            VideoWriter.checkWritable(output);
            files.claim("--output", output);
            files.claim("the recipe beside --output", recipe());
        }
        files.claim("--save-latents", latents, ".safetensors");
        files.claim("--save-routing", routing, ".safetensors");
        files.claim("--magcache-calibrate", magnitudes, ".json");
        files.claim("--teacache-calibrate", polynomial, ".json");
        if (frames != null) {
            FrameFolder.checkWritable(frames);
            files.name("--save-frames", frames);
        }
    }

    /** Refuses sizes that the format cannot have. */
    void check(VideoSize size) {
        if (!folder) {
            VideoFormat.of(output).checkSize(size.width(), size.height());
        }
    }

    /**
     * Makes the video and what was asked for beside it.
     *
     * @param video whose making is recorded where that was asked for
     * @param maker makes it
     * @return what went wrong beside the video, by option
     */
    Map<String, String> make(
            VideoBuilder video, Supplier<Video> maker, GenerationRequest request, TerminalProgress progress) {
        try (Outputs outputs = new Outputs();
                LatentsRecorder latentsOf = new LatentsRecorder();
                RoutingRecorder routes = new RoutingRecorder(request.bundle());
                MagnitudeRecorder ratios = new MagnitudeRecorder();
                TeaCacheRecorder moved = polynomial == null ? null : new TeaCacheRecorder(request);
                FrameFolder pictures = folder ? FrameFolder.create(output) : null;
                FrameFolder pngs = frames == null ? null : FrameFolder.create(frames)) {
            if (latents != null) {
                video.listener(latentsOf);
            }
            if (routing != null) {
                video.listener(routes);
            }
            if (magnitudes != null) {
                video.listener(ratios);
            }
            if (moved != null) {
                video.listener(moved);
            }
            Video made = maker.get();
            if (pictures == null) {
                outputs.add(made, output, writing);
            } else {
                outputs.add(made, pictures, writing);
            }
            outputs.aside("--save-latents", () -> outputs.write(latents, latentsOf::write));
            if (magnitudes != null) {
                outputs.aside(
                        "--magcache-calibrate",
                        () -> outputs.write(magnitudes, file -> ratios.ratios().write(file)));
            }
            if (moved != null) {
                outputs.aside(
                        "--teacache-calibrate",
                        () -> outputs.write(
                                polynomial, file -> moved.polynomial().write(file)));
            }
            if (!routes.isEmpty()) {
                outputs.aside(
                        "--save-routing", () -> outputs.write(routing, file -> routes.write(file, request.size())));
            }
            if (pngs != null) {
                outputs.aside("--save-frames", () -> made.frames().forEach(frame -> pngs.add(frame, Video.MARK)));
            }
            if (pngs != null && outputs.well("--save-frames")) {
                pngs.files().forEach(outputs::add);
            }
            outputs.commit(folder ? recipe() : output);
            if (pictures != null) {
                finish(pictures, progress);
            }
            if (pngs != null && outputs.well("--save-frames")) {
                finish(pngs, progress);
            }
            return outputs.failures();
        }
    }

    private static void finish(FrameFolder pngs, TerminalProgress progress) {
        pngs.finish();
        int older = pngs.stale().size();
        if (older > 0) {
            progress.warning(pngs.path() + ": " + older + (older == 1 ? " frame" : " frames")
                    + " of a longer video " + (older == 1 ? "is" : "are") + " there, too, from number "
                    + pngs.count() + " on");
        }
    }

    /** What was written, for a person. */
    String written() {
        return "Wrote " + output + " and " + recipe();
    }
}
