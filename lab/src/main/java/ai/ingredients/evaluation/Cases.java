package ai.ingredients.evaluation;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.faces.MatchedFaces;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
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

    /**
     * Photos of each person of case {@code index} at other moments, which no model is given: they tell a copied photo from
     * a person who is met.
     *
     * @return by person, in the order of the case; empty where there are none
     */
    default List<List<PersonPhoto>> otherPhotos(int index) {
        return List.of();
    }

    /** Everything the cases follow from. */
    ObjectNode recipe();
}
