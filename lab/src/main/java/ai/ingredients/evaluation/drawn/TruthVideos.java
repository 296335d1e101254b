package ai.ingredients.evaluation.drawn;

import ai.ingredients.data.Clip;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.VideoMaker;
import ai.ingredients.media.Picture;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Function;

/** Drawn videos: what a perfect model, or one that ignores the photos, would score. */
public final class TruthVideos implements VideoMaker {
    private final String name;
    private final Function<EvaluationCase, Clip> clip;

    private TruthVideos(String name, Function<EvaluationCase, Clip> clip) {
        this.name = name;
        this.clip = clip;
    }

    /** The right video: the upper bound. */
    public static TruthVideos right() {
        return new TruthVideos("truth", EvaluationCase::truth);
    }

    /** Videos of other people doing other things: the lower bound. */
    public static TruthVideos ofOthers(CastCases cases) {
        return new TruthVideos("others", one -> cases.ofOthers(one.index()));
    }

    @Override
    public ObjectNode recipe() {
        return JsonNodeFactory.instance.objectNode().put("maker", name);
    }

    @Override
    public List<Picture> make(EvaluationCase one) {
        return shown(one).frames();
    }

    @Override
    public Clip shown(EvaluationCase one) {
        return clip.apply(one);
    }
}
