package ai.ingredients.training.diffusion;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.People;
import ai.ingredients.Portrait;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.ReferenceCanvas;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.tensor.Compute;
import ai.ingredients.training.loop.BundleWriter;
import ai.ingredients.transformer.Routing;
import ai.ingredients.weights.ModelFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the videos of a validation: for some clips the model has not seen, from their photos and caption with a fixed
 * seed, as mp4, and all of them on one sheet beside the photos and the true clip. Videos have the size and the number of
 * frames of the clips: what is learned is what is looked at, whatever the model's config calls its sample size.
 *
 * <p>With a judge, FaceSim of these videos is measured, and of the same videos without what should make it:
 * {@code validation-face-sim}, {@code -face-sim-face-scale-0} (without the identity features) and
 * {@code -face-sim-no-canvas}. Where one of them is as good as the first, what it leaves out does nothing.
 *
 * @param bundle everything but the transformer
 * @param clips whose photos and captions are used
 * @param people whether photos are used
 * @param count how many videos
 * @param steps denoising steps
 * @param judge recogniser that the model is not conditioned on, absent to measure nothing
 */
record SampleVideos(
        Path bundle,
        ClipSource clips,
        boolean people,
        int count,
        int steps,
        Compute compute,
        @Nullable Path judge) implements DiffusionStage.Validation {
    private static final long SEED = 42;
    private static final double GUIDANCE = 3;
    /** Frames of each video on the sheet, beside the photos and the truth. */
    private static final int SHOWN = 3;

    @Override
    public Map<String, Double> look(Path folder, Path transformer, long step) {
        if (count == 0) {
            return Map.of();
        }
        Path whole = folder.resolve("bundle");
        Map<String, Path> components = new LinkedHashMap<>();
        for (String component : List.of("vae", "text_encoder", "tokenizer")) {
            components.put(component, bundle.resolve(component));
        }
        if (people) {
            components.put("face_encoder", bundle.resolve("face_encoder"));
        }
        components.put(ModelFolder.TRANSFORMER, transformer);
        BundleWriter.write(whole, components, bundle.resolve("scheduler/scheduler_config.json"), null, null);
        Options options =
                Options.DEFAULT.on(compute).withMemory(MemoryLevel.NONE).withTiling(TilingChoice.OFF);
        try (Ingredients ingredients = Ingredients.open(whole, options);
                SampleJudge reader = people && judge != null ? SampleJudge.open(bundle, judge, compute) : null) {
            List<Picture> sheet = new ArrayList<>();
            Map<String, Double> sums = new LinkedHashMap<>();
            long videos = Math.min(count, clips.size());
            for (long i = 0; i < videos; i++) {
                Clip clip = clips.clip(i);
                boolean shown = people && !clip.people().isEmpty();
                try (People known = shown ? ingredients.people(portraits(clip)) : null) {
                    List<Picture> frames =
                            video(ingredients, clip, known).generate().frames();
                    sheet.addAll(row(clip, people, frames, folder));
                    if (reader != null && known != null) {
                        judged(ingredients, clip, known, reader, frames)
                                .forEach((name, value) -> sums.merge(name, value / videos, Double::sum));
                    }
                }
            }
            Png.write(folder.resolve("samples.png"), ContactSheet.of(sheet, 2 + SHOWN, 2));
            return sums;
        } finally {
            AtomicFolder.remove(whole);
        }
    }

    private static List<Portrait> portraits(Clip clip) {
        return clip.people().stream()
                .map(person -> person.photos().getFirst())
                .map(photo -> Portrait.of(photo.picture()).landmarks(photo.landmarks()))
                .toList();
    }

    private static List<Picture> crops(Clip clip) {
        return clip.people().stream()
                .map(person -> person.photos().getFirst())
                .map(photo -> FaceAligner.crop(photo.picture(), photo.landmarks()))
                .toList();
    }

    private Map<String, Double> judged(
            Ingredients ingredients, Clip clip, People known, SampleJudge reader, List<Picture> frames) {
        List<Clip.PersonPhoto> photos =
                clip.people().stream().map(person -> person.photos().getFirst()).toList();
        Video unscaled = video(ingredients, clip, known).faceScale(0).generate();
        Video alone = video(ingredients, clip, known).withoutCanvas().generate();
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("validation-face-sim", reader.faceSim(photos, frames));
        figures.put("validation-face-sim-face-scale-0", reader.faceSim(photos, unscaled.frames()));
        figures.put("validation-face-sim-no-canvas", reader.faceSim(photos, alone.frames()));
        return figures;
    }

    private VideoBuilder video(Ingredients ingredients, Clip clip, @Nullable People known) {
        Picture like = clip.frames().getFirst();
        VideoBuilder video = ingredients
                .video(PersonWords.plain(clip.caption()))
                .frames(clip.frames().size())
                .size(like.width(), like.height())
                .seed(SEED)
                .steps(steps)
                .guidanceScale(GUIDANCE)
                .routing(Routing.PER_BRANCH);
        return known == null ? video : video.people(known);
    }

    /** Canvas, true middle frame, and frames of the video, which is written too. */
    private static List<Picture> row(Clip clip, boolean photos, List<Picture> frames, Path folder) {
        Picture like = clip.frames().getFirst();
        List<Picture> crops = photos ? crops(clip) : List.of();
        Path file = folder.resolve(clip.id().replaceAll("[^A-Za-z0-9._-]+", "_") + ".mp4");
        try (VideoWriter writer = VideoWriter.create(file, like.width(), like.height(), VideoWriter.Settings.DEFAULT)) {
            frames.forEach(writer::add);
            writer.finish();
        }
        List<Picture> row = new ArrayList<>();
        row.add(
                crops.isEmpty()
                        ? blank(like)
                        : Resampling.pil(
                                ReferenceCanvas.of(crops), like.width(), like.height(), Resampling.PilFilter.LANCZOS));
        row.add(clip.frames().get(clip.frames().size() / 2));
        row.addAll(ContactSheet.sample(frames, SHOWN));
        while (row.size() < 2 + SHOWN) {
            row.add(blank(like)); // stills
        }
        return row;
    }

    private static Picture blank(Picture like) {
        return Picture.filled(like.width(), like.height(), 255, 255, 255);
    }
}
