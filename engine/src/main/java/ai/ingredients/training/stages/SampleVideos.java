package ai.ingredients.training.stages;

import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.face.People;
import ai.ingredients.face.ReferenceCanvas;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.diffusion.DiffusionStage;
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
 * @param bundle everything but the transformer
 * @param clips whose photos and captions are used
 * @param people whether photos are used
 * @param count how many videos
 * @param steps denoising steps
 */
record SampleVideos(Path bundle, ClipSource clips, boolean people, int count, int steps, Compute compute)
        implements DiffusionStage.Validation {
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
        components.put(ModelFolder.TRANSFORMER, transformer);
        BundleWriter.write(whole, components, bundle.resolve("scheduler/scheduler_config.json"), null, null);
        try (Scope scope = Scope.inference();
                VideoGenerator generator =
                        new VideoGenerator(ModelBundle.open(whole), compute, MemoryLevel.NONE, TilingChoice.OFF);
                FaceEncoder encoder = people ? new FaceEncoder(FaceModels.open(bundle, compute)) : null) {
            List<Picture> sheet = new ArrayList<>();
            for (long i = 0; i < Math.min(count, clips.size()); i++) {
                try (Scope one = Scope.open()) {
                    sheet.addAll(row(clips.clip(i), generator, encoder, folder));
                }
            }
            Png.write(folder.resolve("samples.png"), ContactSheet.of(sheet, 2 + SHOWN, 2));
        }
        AtomicFolder.remove(whole);
        return Map.of();
    }

    /** Canvas, true middle frame, and frames of the video. */
    private List<Picture> row(Clip clip, VideoGenerator generator, @Nullable FaceEncoder encoder, Path folder) {
        Picture like = clip.frames().getFirst();
        List<Picture> crops = encoder == null
                ? List.of()
                : clip.people().stream()
                        .map(person -> person.photos().getFirst())
                        .map(photo -> FaceAligner.crop(photo.picture(), photo.landmarks()))
                        .toList();
        People known = encoder == null || crops.isEmpty() ? null : encoder.encodeCrops(crops);
        GenerationRequest request = new GenerationRequest(
                clip.caption(),
                "",
                known,
                null,
                generator.size(clip.frames().size(), like.height(), like.width()),
                SEED,
                steps,
                GUIDANCE,
                1,
                Guidance.CONSTANT,
                Scheduler.Kind.DPM,
                Routing.PER_BRANCH,
                null,
                null);
        List<Picture> frames = new ArrayList<>();
        generator.generate(request, made -> frames.addAll(Picture.of(made)), GenerationListener.NONE);
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
