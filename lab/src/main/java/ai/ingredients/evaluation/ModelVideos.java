package ai.ingredients.evaluation;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.face.People;
import ai.ingredients.face.Photo;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.Steering;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.Routing;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Videos of a model, from photos and caption as a user gives them (faces are looked for in the photos), or from the
 * caption alone.
 */
public final class ModelVideos implements VideoMaker {
    private final ModelBundle bundle;
    private final Compute compute;
    private final Options options;
    private final VideoGenerator generator;
    private final @Nullable FaceEncoder faces;

    /**
     * How videos are made.
     *
     * @param steps of denoising
     * @param guidanceScale 1 turns guidance off
     * @param imageGuidanceScale of the photos; 1 adds nothing
     * @param scheduler how one step follows from another
     * @param routing which half of the guidance batch decides who owns which token
     * @param seed of case 0; every case has the next one
     * @param faceScale factor of the identity features; none for the model's own
     * @param steering what is decided about the people
     */
    public record Options(
            int steps,
            double guidanceScale,
            double imageGuidanceScale,
            Scheduler.Kind scheduler,
            Routing routing,
            long seed,
            @Nullable Double faceScale,
            Steering steering) {
        /** With the model's own face scale, and nothing decided about the people. */
        public Options(
                int steps,
                double guidanceScale,
                double imageGuidanceScale,
                Scheduler.Kind scheduler,
                Routing routing,
                long seed) {
            this(steps, guidanceScale, imageGuidanceScale, scheduler, routing, seed, null, Steering.NONE);
        }
    }

    private ModelVideos(ModelBundle bundle, Compute compute, Options options, @Nullable FaceEncoder faces) {
        this.bundle = bundle;
        this.compute = compute;
        this.options = options;
        this.faces = faces;
        generator = new VideoGenerator(bundle, compute, MemoryLevel.NONE, TilingChoice.AUTO);
        generator.check(request("A check.", null, 0));
    }

    /**
     * Videos with the people of the photos.
     *
     * @throws ai.ingredients.InvalidInputException when the folder holds no model that knows people, or an option cannot
     *     be used
     */
    public static ModelVideos withPeople(Path modelFolder, Compute compute, Options options) {
        return withPeople(modelFolder, "", compute, options);
    }

    /** As {@link #withPeople(Path, Compute, Options)} with a variant of the weights, such as {@code fp16}. */
    public static ModelVideos withPeople(Path modelFolder, String variant, Compute compute, Options options) {
        FaceEncoder faces = new FaceEncoder(FaceModels.open(modelFolder, variant, compute));
        try {
            ModelVideos videos = new ModelVideos(ModelBundle.open(modelFolder, variant), compute, options, faces);
            videos.generator.checkPeople(1);
            return videos;
        } catch (RuntimeException e) {
            faces.close();
            throw e;
        }
    }

    /** Videos of the same model without photos: what the people's part of it must be better than. */
    public static ModelVideos textOnly(Path modelFolder, Compute compute, Options options) {
        return textOnly(modelFolder, "", compute, options);
    }

    /** As {@link #textOnly(Path, Compute, Options)} with a variant of the weights, such as {@code fp16}. */
    public static ModelVideos textOnly(Path modelFolder, String variant, Compute compute, Options options) {
        return new ModelVideos(ModelBundle.open(modelFolder, variant), compute, options, null);
    }

    @Override
    public ObjectNode recipe() {
        ObjectNode recipe = JsonNodeFactory.instance.objectNode();
        recipe.put("maker", faces == null ? "text-only" : "model");
        recipe.put("model", bundle.name());
        recipe.put("weights_fingerprint", bundle.fingerprint());
        recipe.put("steps", options.steps);
        recipe.put("guidance_scale", options.guidanceScale);
        recipe.put("image_guidance_scale", faces == null ? 1 : options.imageGuidanceScale);
        recipe.put("scheduler", options.scheduler.toString());
        recipe.put("routing", options.routing.toString());
        Recipe.putSeed(recipe, options.seed);
        if (faces != null) {
            if (options.faceScale != null) {
                recipe.put("face_scale", options.faceScale);
            }
            Recipe.describe(options.steering, recipe);
        }
        recipe.put("device", compute.device());
        recipe.put("dtype", compute.dtype().toString());
        return recipe;
    }

    /** The model. */
    public ModelBundle bundle() {
        return bundle;
    }

    @Override
    public List<Picture> make(EvaluationCase one) {
        return make(one, GenerationListener.NONE);
    }

    /** As {@link #make(EvaluationCase)}, watched by {@code listener}. */
    public List<Picture> make(EvaluationCase one, GenerationListener listener) {
        List<Picture> frames = new ArrayList<>();
        try (Scope scope = Scope.inference()) {
            People people = faces == null ? null : faces.encode(photos(one), notice -> {});
            GenerationRequest request = request(one.caption(), people, one.index());
            generator.generate(request, decoded -> frames.addAll(Picture.of(decoded)), listener);
        }
        return frames;
    }

    private static List<Photo> photos(EvaluationCase one) {
        return IntStream.range(0, one.photos().size())
                .mapToObj(n -> Photo.of("photo " + (n + 1), one.photos().get(n).picture()))
                .toList();
    }

    private GenerationRequest request(String caption, @Nullable People people, int index) {
        return new GenerationRequest(
                caption,
                "",
                people,
                null,
                bundle.defaultSize(),
                options.seed + index,
                options.steps,
                options.guidanceScale,
                options.imageGuidanceScale,
                Guidance.CONSTANT,
                options.scheduler,
                options.routing,
                options.faceScale,
                null,
                people == null ? Steering.NONE : options.steering);
    }

    @Override
    public void close() {
        generator.close();
        if (faces != null) {
            faces.close();
        }
    }
}
