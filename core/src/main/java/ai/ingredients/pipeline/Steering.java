package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the caller decides about the people beyond their photos and the prompt. {@link #NONE} decides nothing, and the
 * bits are then those of the official pipeline.
 *
 * @param places where people belong: a bias on the router's logits, see {@link PlacementBias}; any number for each
 * @param placeStrength b of that bias: in a person's place their odds against somebody without a place are e^b times what
 *     the router says, outside of it e^-b times; 0 or more
 * @param routerOrder who is routed as whom: person n gets the tokens that the router would give to person
 *     {@code routerOrder[n]}, with their own features; empty for everybody as themselves
 * @param canvas whether the reference canvas is shown to the model; otherwise zeros are, as in training where it is
 *     dropped, and all other noise stays the same
 * @param eachFace whether each face of the canvas becomes latents by itself, for models that have learned so: the paper's
 *     ablation "VAE features after", see {@link ai.ingredients.face.ReferenceCanvas#eachByItself}
 */
public record Steering(
        List<Placement> places, double placeStrength, List<Integer> routerOrder, boolean canvas, boolean eachFace) {
    /**
     * Half of the largest difference that trained routers were seen to make between two people: two people in places of
     * their own are told apart by twice as much. See docs/inspect.md.
     */
    public static final double DEFAULT_PLACE_STRENGTH = 30;

    public static final Steering NONE = new Steering(List.of(), DEFAULT_PLACE_STRENGTH, List.of(), true, false);

    /** With the canvas as the paper's best setting has it, or none. */
    public Steering(List<Placement> places, double placeStrength, List<Integer> routerOrder, boolean canvas) {
        this(places, placeStrength, routerOrder, canvas, false);
    }

    public Steering {
        places = List.copyOf(places);
        routerOrder = List.copyOf(routerOrder);
        if (!(placeStrength >= 0) || Double.isInfinite(placeStrength)) {
            throw new InvalidInputException("the strength of places is " + placeStrength
                    + "; it must be a number of 0 or more, " + Placement.number(DEFAULT_PLACE_STRENGTH) + " is usual");
        }
        if (!routerOrder.stream()
                .sorted()
                .toList()
                .equals(IntStream.range(0, routerOrder.size()).boxed().toList())) {
            throw new InvalidInputException(
                    "the router's order " + routerOrder + " must hold each person's index, from 0, once");
        }
    }

    /** The same with {@code others} for places. */
    public Steering withPlaces(List<Placement> others) {
        return new Steering(others, placeStrength, routerOrder, canvas, eachFace);
    }

    /** The same with another {@code strength} of places. */
    public Steering withPlaceStrength(double strength) {
        return new Steering(places, strength, routerOrder, canvas, eachFace);
    }

    /** The same with another {@code order}. */
    public Steering withRouterOrder(List<Integer> order) {
        return new Steering(places, placeStrength, order, canvas, eachFace);
    }

    /** The same with zeros in place of the canvas. */
    public Steering withoutCanvas() {
        return new Steering(places, placeStrength, routerOrder, false, eachFace);
    }

    /** The same with each face of the canvas encoded by itself. */
    public Steering withEachFace() {
        return new Steering(places, placeStrength, routerOrder, canvas, true);
    }

    /** The order in which, of {@code people}, the two with indices {@code a} and {@code b} are exchanged. */
    public static List<Integer> exchanged(int people, int a, int b) {
        return IntStream.range(0, people)
                .map(n -> n == a ? b : n == b ? a : n)
                .boxed()
                .toList();
    }

    /**
     * Refuses what cannot be in a video of {@code size} with {@code people}.
     *
     * @param patchSize side of the transformer's patches, in latents
     */
    void check(VideoSize size, int patchSize, int people) {
        for (Placement one : places) {
            if (one.person() < 0 || one.person() >= people) {
                throw new InvalidInputException("the place " + one.place() + " is meant for person "
                        + (one.person() + 1) + ", but " + (people == 0 ? "nobody was given" : given(people)));
            }
            PlacementBias.check(one, size, patchSize);
        }
        if (!routerOrder.isEmpty() && routerOrder.size() != people) {
            throw new InvalidInputException("the router's order names " + routerOrder.size() + " people, but "
                    + (people == 0 ? "nobody was given" : given(people)));
        }
    }

    private static String given(int people) {
        return people == 1 ? "there is only person 1" : "people are numbered 1 to " + people;
    }
}
