package ai.ingredients.evaluation;

import ai.ingredients.Ingredients;
import ai.ingredients.Portrait;
import ai.ingredients.VideoBuilder;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.VideoListener;
import ai.ingredients.transformer.IdentityConfig;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Videos of a model, from photos and caption as a user gives them (faces are looked for in the photos), or from the
 * caption alone.
 */
public final class ModelVideos implements VideoMaker {
    private final Ingredients ingredients;
    private final Consumer<VideoBuilder> settings;
    private final GenerationRequest usual;
    private final Given given;

    /** Other photos of the people of a case. */
    @FunctionalInterface
    public interface MorePhotos {
        /** {@code each} more of everyone in case {@code index}, in their order. */
        List<List<PersonPhoto>> of(int index, int each);
    }

    /**
     * What a model is given beside the caption and a photo of everyone.
     *
     * @param more where other photos are from; none where there is one of each
     * @param each photos of a person, at least 1; their features are averaged
     * @param places whether it is told where the case wants people, as with {@code --place}
     * @param names whether it is told whose which words of the prompt are, as with {@code --person} and
     *     {@code --role}, and where the prompt wants them
     */
    public record Given(@Nullable MorePhotos more, int each, boolean places, boolean names) {
        /** Nothing else. */
        public static final Given NOTHING = new Given(null, 1, false, false);
    }

    private ModelVideos(Ingredients ingredients, Consumer<VideoBuilder> settings, int people, Given given) {
        this.ingredients = ingredients;
        this.settings = settings;
        this.given = given;
        VideoBuilder video = ingredients.video("A check.");
        for (int n = 0; n < people; n++) {
            video.person(Portrait.of(Picture.filled(1, 1, 0, 0, 0)));
        }
        settings.accept(video);
        usual = video.request();
    }

    /**
     * Videos with the people of the photos.
     *
     * @param ingredients the model, which is closed with these videos, or now when they cannot be made
     * @param settings how they are made; case 0 gets the seed, every case the next one
     * @param people in each case
     * @throws ai.ingredients.InvalidInputException when the model knows no people, or a setting cannot be used
     */
    public static ModelVideos withPeople(Ingredients ingredients, Consumer<VideoBuilder> settings, int people) {
        return opened(ingredients, settings, people, Given.NOTHING);
    }

    /** As above, with more than a photo of everyone. */
    public static ModelVideos withPeople(
            Ingredients ingredients, Consumer<VideoBuilder> settings, int people, Given given) {
        return opened(ingredients, settings, people, given);
    }

    /** As {@link #withPeople}, of the same model without photos: what the people's part of it must be better than. */
    public static ModelVideos textOnly(Ingredients ingredients, Consumer<VideoBuilder> settings) {
        return opened(ingredients, settings, 0, Given.NOTHING);
    }

    private static ModelVideos opened(
            Ingredients ingredients, Consumer<VideoBuilder> settings, int people, Given given) {
        try {
            return new ModelVideos(ingredients, settings, people, given);
        } catch (RuntimeException e) {
            ingredients.close();
            throw e;
        }
    }

    private boolean photos() {
        return usual.people() > 0;
    }

    @Override
    public ObjectNode recipe() {
        ObjectNode recipe = JsonNodeFactory.instance.objectNode();
        recipe.put("maker", photos() ? "model" : "text-only");
        recipe.put("model", bundle().name());
        recipe.put("weights_fingerprint", bundle().fingerprint());
        recipe.put("steps", usual.steps());
        recipe.put("guidance_scale", usual.guidanceScale());
        recipe.put("image_guidance_scale", photos() ? usual.imageGuidanceScale() : 1);
        recipe.put("scheduler", usual.scheduler().toString());
        recipe.put("routing", usual.routing().toString());
        Recipe.putSeed(recipe, usual.seed());
        usual.shortcuts().describe(recipe);
        Recipe.describe(bundle().kept(), recipe);
        IdentityConfig identity = bundle().transformer().identity();
        if (photos() && identity != null) {
            if (usual.faceScale() != identity.localFaceScale()) {
                recipe.put("face_scale", usual.faceScale());
            }
            Recipe.describe(usual.steering(), recipe);
            Recipe.describe(usual.layout(), usual.people(), recipe);
        }
        if (photos() && given.each > 1) {
            recipe.put("photos_per_person", given.each);
        }
        recipe.put("device", ingredients.compute().device());
        recipe.put("dtype", ingredients.compute().dtype().toString());
        return recipe;
    }

    /** The model. */
    public ModelBundle bundle() {
        return ingredients.model();
    }

    @Override
    public List<Picture> make(EvaluationCase one) {
        return make(one, new VideoListener() {});
    }

    /** As {@link #make(EvaluationCase)}, watched by {@code listener}. */
    public List<Picture> make(EvaluationCase one, VideoListener listener) {
        EvaluationCase.Naming naming = given.names && photos() ? one.naming() : null;
        VideoBuilder video = ingredients
                .video(naming == null ? PersonWords.plain(one.caption()) : naming.prompt())
                .listener(listener);
        settings.accept(video);
        if (photos()) {
            List<Portrait> portraits = portraits(one);
            for (int n = 0; n < portraits.size(); n++) {
                Portrait portrait = portraits.get(n);
                video.person(
                        naming == null
                                ? portrait
                                : portrait.named(naming.names().get(n)));
            }
        }
        if (naming != null) {
            naming.roles().forEach(video::role);
        }
        if (given.places || naming != null) {
            one.places().forEach(video::place);
        }
        return video.seed(usual.seed() + one.index()).generate().frames();
    }

    private List<Portrait> portraits(EvaluationCase one) {
        MorePhotos more = given.more;
        List<List<PersonPhoto>> others =
                more == null || given.each == 1 ? List.of() : more.of(one.index(), given.each - 1);
        List<Portrait> portraits = new ArrayList<>();
        for (int n = 0; n < one.photos().size(); n++) {
            Portrait portrait = Portrait.of(one.photos().get(n).picture());
            for (PersonPhoto other : others.isEmpty() ? List.<PersonPhoto>of() : others.get(n)) {
                portrait = portrait.also(Portrait.of(other.picture()));
            }
            portraits.add(portrait);
        }
        return portraits;
    }

    @Override
    public void close() {
        ingredients.close();
    }
}
