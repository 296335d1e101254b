package ai.ingredients.reproduction;

import ai.ingredients.Ingredients;
import ai.ingredients.VideoBuilder;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.VideoMaker;
import ai.ingredients.media.Picture;
import ai.ingredients.text.LearnedWord;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Videos of the Inversion baseline: no photos, but a learned word for every person in the place of "a woman" or "a man".
 */
final class InversionVideos implements VideoMaker {
    private final Ingredients ingredients;
    private final EvaluationSet cases;
    private final IntFunction<List<Path>> words;
    private final Consumer<VideoBuilder> settings;
    private final ObjectNode about;

    /**
     * @param ingredients the text-only model the words were learned on, which is closed with these videos
     * @param words files of the words of a case, in the order of its people
     * @param settings how videos are made; case 0 gets the seed, every case the next one
     * @param about how the words were learned, for the recipe
     */
    InversionVideos(
            Ingredients ingredients,
            EvaluationSet cases,
            IntFunction<List<Path>> words,
            Consumer<VideoBuilder> settings,
            ObjectNode about) {
        this.ingredients = ingredients;
        this.cases = cases;
        this.words = words;
        this.settings = settings;
        this.about = about;
    }

    @Override
    public ObjectNode recipe() {
        ObjectNode recipe = JsonNodeFactory.instance.objectNode();
        recipe.put("maker", "inversion");
        recipe.put("weights_fingerprint", ingredients.model().fingerprint());
        recipe.setAll(about);
        recipe.put("seed", seed());
        return recipe;
    }

    private long seed() {
        VideoBuilder video = ingredients.video("A check.");
        settings.accept(video);
        return video.request().seed();
    }

    @Override
    public List<Picture> make(EvaluationCase one) {
        List<Path> files = words.apply(one.index());
        List<String> names = files.stream()
                .flatMap(file -> LearnedWord.read(file).stream())
                .map(LearnedWord::name)
                .toList();
        VideoBuilder video = ingredients.video(cases.naming(one.index(), names));
        settings.accept(video);
        files.forEach(video::embeddings);
        return video.seed(seed() + one.index()).generate().frames();
    }

    @Override
    public void close() {
        ingredients.close();
    }
}
