package ai.ingredients.evaluation;

import ai.ingredients.data.Clip.PersonPhoto;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** What is evaluated: photos of people and what should happen in a video of them. */
public interface Cases {
    /** How many cases there are. */
    int count();

    /**
     * Case {@code index}, 0 … {@link #count} − 1; the same every time.
     *
     * @throws ai.ingredients.InvalidInputException when it cannot be used, for instance a photo without a face
     */
    EvaluationCase get(int index);

    /** What a report calls case {@code index}, also when it cannot be used. */
    String name(int index);

    /**
     * Photos of people to tell the people of a case from, by name; those of a case's own people may be among them, and at
     * most {@link MatchedFaces#CANDIDATES} count.
     */
    Map<String, PersonPhoto> candidates();

    /** Everything the cases follow from. */
    ObjectNode recipe();
}
