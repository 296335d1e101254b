package ai.ingredients.cli;

import ai.ingredients.Ingredients.Options;
import ai.ingredients.weights.WeightsDtype;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** In what the transformer's matrices are kept. */
final class WeightsOption {
    @Option(
            names = "--weights-dtype",
            paramLabel = "TYPE",
            description =
                    "`int8` keeps the matrices of the transformer's blocks in 8 bits with a scale per channel, in half"
                            + " the memory of bf16; everything is computed as before, and the video changes slightly"
                            + " (default: same, the type that is computed in).")
    private @Nullable String weightsDtype;

    /** {@code base} with what was typed. */
    Options over(Options base) {
        return weightsDtype == null ? base : base.withWeightsDtype(WeightsDtype.parse(weightsDtype));
    }
}
