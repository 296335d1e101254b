package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.bench.Bench;
import ai.ingredients.bench.BenchPlan;
import ai.ingredients.bench.BenchPlan.Case;
import ai.ingredients.bench.BenchPlan.Repetitions;
import ai.ingredients.bench.BenchReport;
import ai.ingredients.bench.BenchSize;
import ai.ingredients.bench.Measured;
import ai.ingredients.bench.RandomWeights;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Attention;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients bench}: how fast this machine is, and how much memory it takes. */
@Command(
        name = "bench",
        sortOptions = false,
        usageHelpAutoWidth = true,
        subcommands = BenchMakeWeightsCommand.class,
        description = {
            "Measures kernels against this machine's peak, single parts of a model and whole videos, with random "
                    + "weights where none are given; docs/performance.md explains the table.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  ingredients bench --size mid --cases kernels,step,decode --dtype fp32,bf16 --json mid.json"
        })
final class BenchCommand implements Callable<Integer> {
    private static final long SHARD = 5_000_000_000L;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            defaultValue = "tiny",
            description = "Sizes of the models and inputs: tiny, mid (136 million parameters) or published "
                    + "(default: ${DEFAULT-VALUE}).")
    private String size;

    @Option(
            names = "--cases",
            paramLabel = "LIST",
            split = ",",
            description = "Which of kernels, load, step, decode, encode, generate, train (default: all).")
    private List<String> cases = List.of();

    @Option(
            names = "--dtype",
            paramLabel = "LIST",
            split = ",",
            defaultValue = "fp32",
            description = "fp32, bf16, fp16, or several (default: ${DEFAULT-VALUE}).")
    private List<String> dtypes = List.of();

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description = "cpu, cuda or cuda:i (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(
            names = "--attention",
            paramLabel = "KERNEL",
            defaultValue = "auto",
            description = "What CUDA tries first for attention in models: auto, cudnn, flash, efficient or math "
                    + "(default: ${DEFAULT-VALUE}).")
    private String attention;

    @Option(
            names = "--weights",
            paramLabel = "DIR",
            description =
                    "A model's folder, for instance of `bench make-weights` (default: one of random weights is made "
                            + "and removed again).")
    private @Nullable Path weights;

    @Option(names = "--frames", paramLabel = "N", description = "Frames of the cases (default: the size's).")
    private @Nullable Integer frames;

    @Option(names = "--height", paramLabel = "N", description = "Pixels (default: the size's).")
    private @Nullable Integer height;

    @Option(names = "--width", paramLabel = "N", description = "Pixels (default: the size's).")
    private @Nullable Integer width;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "2",
            description = "Denoising steps of a whole video (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--memory",
            paramLabel = "LIST",
            split = ",",
            defaultValue = "auto",
            description = "Memory levels at which whole videos are made (default: ${DEFAULT-VALUE}).")
    private List<String> memory = List.of();

    @Option(
            names = "--vae-tiling",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "Tiles of the autoencoder: auto, on or off (default: ${DEFAULT-VALUE}).")
    private String vaeTiling;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "1",
            description = "Repetitions of each case that do not count (default: ${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "5",
            description = "Repetitions that count; the median is taken (default: ${DEFAULT-VALUE}).")
    private int repeat;

    @Option(names = "--threads", paramLabel = "N", description = "Threads (default: one for each core).")
    private @Nullable Integer threads;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the measurements as JSON, too.")
    private @Nullable Path json;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        BenchPlan plan = plan();
        try (Outputs outputs = new Outputs()) {
            outputs.claim("--json", json, ".json");
        }
        PrintWriter err = spec.commandLine().getErr();
        if (threads != null) {
            if (threads < 1) {
                throw new InvalidInputException("--threads " + threads + " is too few; use at least 1");
            }
            ai.ingredients.tensor.Natives.load();
            torch.set_num_threads(threads);
        }
        List<Measured> measured = measured(plan, err);
        BenchReport report = new BenchReport(measured, Main.Version.text());
        if (json != null) {
            JsonFile.write(json, report.json());
        }
        spec.commandLine().getOut().print(report.table());
        spec.commandLine().getOut().flush();
        return 0;
    }

    private BenchPlan plan() {
        BenchSize models = BenchSize.parse(size);
        VideoSize usual = models.video();
        VideoSize video = usual.with(
                frames == null ? usual.frames() : frames,
                height == null ? usual.height() : height,
                width == null ? usual.width() : width);
        if (frames != null || height != null || width != null) {
            video.checked(2);
        }
        Set<Case> chosen = cases.isEmpty()
                ? EnumSet.allOf(Case.class)
                : cases.stream().map(Case::parse).collect(Collectors.toCollection(() -> EnumSet.noneOf(Case.class)));
        return new BenchPlan(
                chosen,
                dtypes.stream()
                        .map(dtype -> new Compute(device, DType.parse(dtype), Attention.parse(attention)).checked())
                        .toList(),
                models,
                video,
                memory.stream().map(MemoryLevel::parse).toList(),
                TilingChoice.parse(vaeTiling),
                steps,
                new Repetitions(warmUp, repeat));
    }

    private List<Measured> measured(BenchPlan plan, PrintWriter err) {
        if (weights != null) {
            return Bench.run(plan, weights, one -> tell(err, one));
        }
        if (plan.cases().equals(EnumSet.of(Case.KERNELS))) {
            return Bench.run(plan, null, one -> tell(err, one));
        }
        Path temporary = temporary();
        try {
            Path made = temporary.resolve("model");
            DType stored = plan.computes().getFirst().dtype();
            new RandomWeights(stored, 0, SHARD).write(made, plan.size(), line -> {
                err.println("making " + line);
                err.flush();
            });
            return Bench.run(plan, made, one -> tell(err, one));
        } finally {
            remove(temporary);
        }
    }

    private static void tell(PrintWriter err, Measured one) {
        err.println(one.name() + ", " + one.dtype() + ": "
                + (one.ran() ? String.format(Locale.ROOT, "%.4f s", one.median()) : one.note()));
        err.flush();
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("ingredients-bench");
        } catch (IOException e) {
            throw new OperationFailedException(
                    "a temporary folder for weights cannot be made (" + IoReason.of(e) + "); give --weights", e);
        }
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new OperationFailedException(
                    folder + ": cannot be removed (" + e.getMessage() + "); remove it by hand", e);
        }
    }
}
