package ai.ingredients.evaluation.drawn;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.Place;
import ai.ingredients.evaluation.Cases;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.pipeline.Placement;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Cases in which everyone is asked for a place of their own beside the prompt: halves of the frame for
 * two people, thirds otherwise. Where the prompt says it of everybody the places are the prompt's, otherwise by lot.
 *
 * @param drawn what the cases are made of
 * @param cases they, as they are without places
 */
public record PlacedCases(CastCases drawn, Cases cases) implements AskedCases {
    private static final long LOTS = 0x4c4f5453;

    /** @throws InvalidInputException with one person, who owns every token wherever they are asked to be */
    public PlacedCases {
        if (drawn.people() < 2) {
            throw new InvalidInputException("--ask-places needs two or more people: one person is routed everywhere");
        }
    }

    @Override
    public EvaluationCase get(int index) {
        EvaluationCase one = cases.get(index);
        int people = one.people().size();
        List<Integer> order = one.order().isEmpty() ? lots(index, people) : one.order();
        List<Placement> places = new ArrayList<>();
        for (int i = 0; i < people; i++) {
            places.add(
                    new Placement(order.get(i), WhoIsWho.region(Place.of(people).get(i), people)));
        }
        return new EvaluationCase(
                one.index(),
                one.name(),
                one.caption(),
                one.people(),
                one.photos(),
                order,
                places,
                one.naming(),
                one.known());
    }

    private List<Integer> lots(int index, int people) {
        List<Integer> order = new ArrayList<>(EvaluationCase.inOrder(people));
        SplittableRandom random = new SplittableRandom(drawn.seed() ^ LOTS ^ (index + 1) * 0x9E3779B97F4A7C15L);
        for (int i = people - 1; i > 0; i--) {
            Collections.swap(order, i, random.nextInt(i + 1));
        }
        return order;
    }

    @Override
    public ObjectNode recipe() {
        return cases.recipe().put("places", "asked");
    }
}
