package ai.ingredients.training.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ClipSource;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.features.ClipEncoder;
import ai.ingredients.training.features.ClipModels;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.FirstClips;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.ModelFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * {@code --stage base}, {@code faces} and {@code router}.
 *
 * @param training how the run goes
 * @param bundle folder in official layout with everything but the transformer: {@code vae}, {@code text_encoder},
 *     {@code tokenizer}, {@code scheduler} and, for people, {@code face_encoder}
 * @param model official {@code transformer/config.json}
 * @param start transformer to begin with, also one for text only, or for images where {@code model} is for text only; absent
 *     to begin from nothing
 * @param beginAnew regular expressions of names that begin from nothing, or are left out where {@code model} has no such
 *     modules, though {@code start} has them
 * @param data clips to learn from
 * @param stills to learn from beside them; absent for clips alone
 * @param cache folder for what the frozen models make of clips
 * @param cachePhotos photos of each person in the cache; every use of a clip draws one
 * @param diffusion what is learned and how
 * @param heldOut clips of {@code validation} to measure the losses on at every validation; 0 for none
 * @param samples videos to make at every validation
 * @param sampleSteps denoising steps of such a video
 * @param judge recogniser by which such videos are measured, with and without the identity features and the canvas; one
 *     that the model is not conditioned on. Absent to measure nothing
 */
public record DiffusionTraining(
        TrainerConfig training,
        Path bundle,
        Path model,
        @Nullable Path start,
        List<String> beginAnew,
        DataConfig data,
        @Nullable Stills stills,
        DataConfig validation,
        Path cache,
        int cachePhotos,
        DiffusionSettings diffusion,
        int heldOut,
        int samples,
        int sampleSteps,
        @Nullable Path judge)
        implements StageConfig {
    /**
     * The defaults of a stage.
     *
     * @param bundle folder in official layout, with all but the transformer
     * @param model official config of the transformer
     */
    public static DiffusionTraining defaults(DiffusionSettings diffusion, Path bundle, Path model) {
        return new DiffusionTraining(
                TrainerConfig.DEFAULT,
                bundle,
                model,
                null,
                List.of(),
                DataConfig.TRAIN,
                null,
                DataConfig.VALIDATION,
                Path.of("runs/cache"),
                1,
                diffusion,
                0,
                4,
                25,
                null);
    }

    public DiffusionTraining {
        beginAnew = List.copyOf(beginAnew);
        if (cachePhotos < 1 || heldOut < 0 || samples < 0 || sampleSteps < 1) {
            throw new InvalidInputException("cache-photos is " + cachePhotos + ", held-out " + heldOut + ", samples "
                    + samples + " and sample-steps " + sampleSteps + "; expected at least 1, 0, 0 and 1");
        }
    }

    @Override
    public String component() {
        return ModelFolder.TRANSFORMER;
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        ModelFolder folder = ModelFolder.open(bundle);
        TransformerConfig config = TransformerConfig.of(new ConfigReader(StageConfig.model(model), model.toString()))
                .version1("training");
        VaeConfig vaeConfig = VaeConfig.of(folder.config("vae"));
        // Without photos there is nothing to see; with them one cache serves the stages with and without people.
        boolean photos = diffusion.people() || config.identity() != null && data.photos() > 0;
        // What may be missing is looked for before features are computed, which takes long.
        Beginning begun = Beginning.of(start, beginAnew, training);
        ClipSource looked = validation.open();
        List<FeatureCache> opened = new ArrayList<>();
        try (Scope scope = Scope.inference();
                ClipModels models = ClipModels.open(folder, photos, training.compute())) {
            boolean eachFace = diffusion.vaeFeatures() == DiffusionSettings.VaeFeatures.AFTER;
            boolean persons = diffusion.labels() == DiffusionSettings.Labels.PERSON;
            boolean words = diffusion.asksWords();
            ClipEncoder encoder = models.encoder(
                    new ClipEncoder.Wanted(config.maxTextSeqLength(), cachePhotos, eachFace, persons, words));
            // No canvas is shown with stills, so one cache of them serves all kinds of canvas.
            ClipEncoder ofStills = models.encoder(
                    new ClipEncoder.Wanted(config.maxTextSeqLength(), cachePhotos, false, persons, words));
            ClipSource clips = FirstClips.needed(data.open(), training, diffusion.batch(), diffusion.people());
            FeatureCache filled = fill(clips, encoder, listener);
            opened.add(filled);
            DiffusionStage.Pictures pictures = stills == null
                    ? null
                    : new DiffusionStage.Pictures(
                            fill(
                                    FirstClips.needed(
                                            stills.data().open(), training, stills.batch(), diffusion.people()),
                                    ofStills,
                                    listener),
                            stills.batch());
            if (pictures != null) {
                opened.add(pictures.learned());
            }
            FeatureCache measured = heldOut == 0 ? null : fill(new FirstClips(looked, heldOut), encoder, listener);
            if (measured != null) {
                opened.add(measured);
            }
            Tensor empty = encoder.text("");
            return new DiffusionStage(
                    stageName(),
                    StageConfig.model(model),
                    diffusion,
                    new LatentSpace(
                            new NoiseSchedule(SchedulerConfig.of(folder.config("scheduler"))),
                            vaeConfig.scalingFactor()),
                    new DiffusionStage.Data(filled, pictures, measured, empty),
                    begun,
                    new SampleVideos(
                            bundle, looked, diffusion.people(), samples, sampleSteps, training.compute(), judge));
        } catch (RuntimeException e) {
            opened.forEach(FeatureCache::close);
            throw e;
        }
    }

    private FeatureCache fill(ClipSource clips, ClipEncoder encoder, TrainingListener listener) {
        return FeatureCache.fill(cache, clips, encoder, training, "features of clips", listener);
    }

    private String stageName() {
        return !diffusion.people()
                ? "base"
                : diffusion.routingLoss() == DiffusionSettings.RoutingLossKind.NONE ? "faces" : "router";
    }
}
