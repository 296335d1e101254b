package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Steering;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Two people who change places in the router, and only there. */
final class RouterSwap {
    private static final String NAME = "--swap-router";

    @Option(
            names = NAME,
            paramLabel = "A,B",
            description =
                    "Exchange two people in the router only: each keeps their own features and gets the tokens that"
                            + " the router gives to the other. Numbers from 1, or names.")
    private @Nullable String pair;

    boolean given() {
        return pair != null;
    }

    /** Who is routed as whom of {@code people}; empty without the option. */
    List<Integer> order(PersonWords names, int people) {
        if (pair == null) {
            return List.of();
        }
        String option = NAME + " " + pair;
        String[] two = pair.split(",", -1);
        if (two.length != 2) {
            throw new InvalidInputException(option + " cannot be read; use two people, such as 1,2");
        }
        int a = PlaceOption.person(option, two[0].strip(), names, people);
        int b = PlaceOption.person(option, two[1].strip(), names, people);
        if (a == b) {
            throw new InvalidInputException(option + " names one person twice; use two people, such as 1,2");
        }
        return Steering.exchanged(people, a, b);
    }
}
