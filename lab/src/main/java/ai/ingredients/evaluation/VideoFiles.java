package ai.ingredients.evaluation;

import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The videos of a list, read from their files. */
public final class VideoFiles implements VideoMaker {
    private final ListedCases cases;

    public VideoFiles(ListedCases cases) {
        this.cases = cases;
    }

    @Override
    public ObjectNode recipe() {
        return JsonNodeFactory.instance.objectNode().put("maker", "files");
    }

    @Override
    public List<Picture> make(EvaluationCase one) {
        return VideoReader.readAll(cases.entry(one.index()).video());
    }
}
