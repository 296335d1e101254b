package ai.ingredients.reproduction;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.ModelVideos;
import ai.ingredients.evaluation.VideoMaker;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.LearnedWord;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Videos of the Inversion baseline: no photos, but a learned word for every person in the place of "a woman" or "a man".
 */
final class InversionVideos implements VideoMaker {
    private final ModelBundle bundle;
    private final EvaluationSet cases;
    private final IntFunction<List<Path>> words;
    private final Compute compute;
    private final ModelVideos.Options options;
    private final ObjectNode about;

    /**
     * @param bundle with the text-only model the words were learned on
     * @param words files of the words of a case, in the order of its people
     * @param about how the words were learned, for the recipe
     */
    InversionVideos(
            Path bundle,
            EvaluationSet cases,
            IntFunction<List<Path>> words,
            Compute compute,
            ModelVideos.Options options,
            ObjectNode about) {
        this.bundle = ModelBundle.open(bundle);
        this.cases = cases;
        this.words = words;
        this.compute = compute;
        this.options = options;
        this.about = about;
    }

    @Override
    public ObjectNode recipe() {
        ObjectNode recipe = JsonNodeFactory.instance.objectNode();
        recipe.put("maker", "inversion");
        recipe.put("weights_fingerprint", bundle.fingerprint());
        recipe.setAll(about);
        recipe.put("seed", options.seed());
        return recipe;
    }

    @Override
    public List<Picture> make(EvaluationCase one) {
        List<LearnedWord> learned = new ArrayList<>();
        for (Path file : words.apply(one.index())) {
            learned.addAll(LearnedWord.read(file));
        }
        String prompt = cases.naming(
                one.index(), learned.stream().map(LearnedWord::name).toList());
        GenerationRequest request = new GenerationRequest(
                prompt,
                "",
                null,
                null,
                bundle.defaultSize(),
                options.seed() + one.index(),
                options.steps(),
                options.guidanceScale(),
                1,
                Guidance.CONSTANT,
                options.scheduler(),
                options.routing(),
                null,
                null);
        List<Picture> frames = new ArrayList<>();
        try (Scope scope = Scope.inference();
                VideoGenerator generator =
                        new VideoGenerator(bundle, compute, MemoryLevel.NONE, TilingChoice.AUTO, learned)) {
            generator.generate(request, decoded -> frames.addAll(Picture.of(decoded)), GenerationListener.NONE);
        }
        return frames;
    }
}
