package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.bench.BenchSize;
import ai.ingredients.bench.RandomWeights;
import ai.ingredients.tensor.DType;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ingredients bench make-weights}: a model of random weights. */
@Command(
        name = "make-weights",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Writes a model of random weights, which makes noise but takes the time and memory of a trained one. The "
                    + "published sizes take 23 GB in bf16; values are drawn while they are written.",
            ""
        })
final class BenchMakeWeightsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "The model's folder, which is not there yet.")
    private Path folder;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            description = "tiny, mid or published (default: published, unless --like is given).")
    private @Nullable String size;

    @Option(
            names = "--like",
            paramLabel = "DIR",
            description = "Take the configs of the model in this folder; its weights are not looked at.")
    private @Nullable Path like;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "bf16",
            description = "In which weights are stored: fp32, bf16 or fp16 (default: ${DEFAULT-VALUE}).")
    private String dtype;

    @Option(
            names = "--shard-gb",
            paramLabel = "N",
            defaultValue = "5",
            description = "Most gigabytes in one file (default: ${DEFAULT-VALUE}).")
    private double shardGb;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            converter = Seed.class,
            description = "The same seed draws the same weights (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        if (size != null && like != null) {
            throw new InvalidInputException("--size and --like were both given; use one of them");
        }
        if (!(shardGb > 0) || Double.isInfinite(shardGb)) {
            throw new InvalidInputException("--shard-gb " + shardGb + " is no size; use for instance 5");
        }
        PrintWriter err = spec.commandLine().getErr();
        Consumer<String> progress = line -> {
            err.println("making " + line);
            err.flush();
        };
        RandomWeights weights = new RandomWeights(DType.parse(dtype), seed, Math.max(1, (long) (shardGb * 1e9)));
        if (like != null) {
            weights.writeLike(folder, like, progress);
        } else {
            weights.write(folder, BenchSize.parse(size == null ? "published" : size), progress);
        }
        spec.commandLine().getOut().println("Wrote " + folder);
        return 0;
    }
}
