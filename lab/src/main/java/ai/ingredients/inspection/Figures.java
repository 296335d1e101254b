package ai.ingredients.inspection;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One routed block at one step in numbers, or means over several. NaN where there is nothing to tell.
 *
 * @param owned by person, the share of tokens that are more this person's than anybody else's; 1 in sum
 * @param weight by person, the mean share of a token; 1 in sum
 * @param entropy mean over the tokens, bits: 0 when every token is wholly somebody's, log2 N when everyone has the same
 * @param residual ‖identity residual‖ / ‖hidden state‖, mean over the tokens
 * @param sameAsStepBefore share of tokens with the owner they had in this block one step earlier; NaN in the first step
 * @param sameAsBlockBefore share of tokens with the owner they had in the routed block before; NaN in the first block
 * @param accuracy share of the tokens whose true owner is known that have this owner; NaN without truth
 */
public record Figures(
        List<Double> owned,
        List<Double> weight,
        double entropy,
        double residual,
        double sameAsStepBefore,
        double sameAsBlockBefore,
        double accuracy) {
    public Figures {
        owned = List.copyOf(owned);
        weight = List.copyOf(weight);
    }

    /** Means of every figure, each over those that tell it. */
    static Figures mean(List<Figures> all) {
        List<Double> owned = new ArrayList<>();
        List<Double> weight = new ArrayList<>();
        for (int n = 0; n < all.getFirst().owned.size(); n++) {
            int person = n;
            owned.add(mean(all, figures -> figures.owned.get(person)));
            weight.add(mean(all, figures -> figures.weight.get(person)));
        }
        return new Figures(
                owned,
                weight,
                mean(all, Figures::entropy),
                mean(all, Figures::residual),
                mean(all, Figures::sameAsStepBefore),
                mean(all, Figures::sameAsBlockBefore),
                mean(all, Figures::accuracy));
    }

    private static double mean(List<Figures> all, ToDoubleFunction<Figures> figure) {
        return all.stream()
                .mapToDouble(figure)
                .filter(value -> !Double.isNaN(value))
                .average()
                .orElse(Double.NaN);
    }
}
