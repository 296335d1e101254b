package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.attributes.AttributeTraining;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.decoder.DecoderTraining;
import ai.ingredients.training.diffusion.DiffusionSettings;
import ai.ingredients.training.face.FaceNetTraining;
import ai.ingredients.training.inversion.InversionTraining;
import ai.ingredients.training.loop.RunFolder;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainingRun;
import ai.ingredients.training.sam.SamTraining;
import ai.ingredients.training.text.TextTraining;
import ai.ingredients.training.vae.VaeTraining;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients train}: a config and clips become weights. */
@Command(
        name = "train",
        sortOptions = false,
        usageHelpAutoWidth = true,
        subcommands = TrainDemoCommand.class,
        description = {
            "Trains one stage in a run folder: config.yaml, metrics.jsonl, curves/, tensorboard/, "
                    + "validation/, checkpoints/ and, at the end, model/. `ingredients train demo` trains "
                    + "everything the demo model needs. Ctrl-C finishes the step, writes a checkpoint and ends; "
                    + "--resume latest goes on from there.",
            ""
        })
final class TrainCommand implements Callable<Integer> {
    /** What can be trained. */
    enum StageName {
        VAE(VaeTraining.defaults(DemoPaths.model("vae"))),
        TEXT(TextTraining.defaults(DemoPaths.model("text_encoder"))),
        FACE_NET(FaceNetTraining.defaults(DemoPaths.model("recogniser"), DemoPaths.BUNDLE)),
        ATTRIBUTES(AttributeTraining.defaults(DemoPaths.model("attributes"), DemoPaths.BUNDLE)),
        SAM(SamTraining.defaults(DemoPaths.model("sam"))),
        BASE(DemoPaths.diffusion(DiffusionSettings.BASE)),
        FACES(DemoPaths.diffusion(DiffusionSettings.FACES)),
        ROUTER(DemoPaths.diffusion(DiffusionSettings.ROUTER)),
        DECODER(DecoderTraining.defaults(DemoPaths.BUNDLE)),
        INVERSION(InversionTraining.defaults(DemoPaths.BUNDLE));

        private final StageConfig defaults;

        StageName(StageConfig defaults) {
            this.defaults = defaults;
        }

        StageConfig defaults() {
            return defaults;
        }

        @Override
        public String toString() {
            return Choice.word(this);
        }
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--stage", paramLabel = "STAGE", description = "What to train: ${COMPLETION-CANDIDATES}.")
    private @Nullable StageName stage;

    @Option(
            names = "--config",
            paramLabel = "FILE.yaml",
            description = "The config; what it leaves out has the stage's defaults (see --print-config).")
    private @Nullable Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Overrides one value of the config, for instance --set training.steps=500; repeatable.")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--output", paramLabel = "DIR", description = "The run's folder (default: runs/STAGE).")
    private @Nullable Path output;

    @Option(
            names = "--resume",
            paramLabel = "latest|STEP",
            description = "Go on with the run in the folder, from its latest or another checkpoint.")
    private @Nullable String resume;

    @Option(names = "--print-config", description = "Print the complete config and do nothing.")
    private boolean printConfig;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (stage == null) {
            throw new InvalidInputException("--stage is missing: say what to train ("
                    + Arrays.stream(StageName.values()).map(StageName::toString).collect(Collectors.joining(", "))
                    + "), or use `ingredients train demo`");
        }
        Path folder = output == null ? Path.of("runs", stage.toString()) : output;
        StageConfig read = config(stage.defaults(), file(folder), overrides);
        if (printConfig) {
            out.print(TrainingConfig.toYaml((Record) read));
            out.flush();
            return 0;
        }
        boolean done = run(read, folder, resume, out);
        out.println(
                done
                        ? "Wrote " + folder.resolve(TrainingRun.MODEL)
                        : "Stopped; go on with " + Shell.command(again(stage, folder)));
        return done ? 0 : 130;
    }

    /** What this run's values are read from: a run that goes on keeps its own unless another file is named. */
    private @Nullable Path file(Path folder) {
        return config == null && resume != null && RunFolder.holdsRun(folder)
                ? folder.resolve(RunFolder.CONFIG)
                : config;
    }

    /** The arguments that go on with this run. */
    private List<String> again(StageName what, Path folder) {
        List<String> arguments = new ArrayList<>(List.of("train", "--stage", what.toString()));
        if (config != null) {
            arguments.addAll(List.of("--config", config.toString()));
        }
        overrides.forEach(override -> arguments.addAll(List.of("--set", override)));
        arguments.addAll(List.of("--output", folder.toString(), "--resume", "latest"));
        return arguments;
    }

    private static StageConfig config(StageConfig defaults, @Nullable Path file, List<String> overrides) {
        Record record = (Record) defaults;
        Record read =
                file == null ? TrainingConfig.of(overrides, record) : TrainingConfig.read(file, overrides, record);
        return (StageConfig) read;
    }

    /**
     * Trains in {@code folder} and shows how it goes.
     *
     * @param resume {@code latest} or a step; null to begin anew
     * @return false when it was interrupted; a checkpoint is written then
     */
    static boolean run(StageConfig config, Path folder, @Nullable String resume, PrintWriter out) {
        try (TrainingProgress progress = TrainingProgress.to(out)) {
            return TrainingRun.of(config, folder, resume, ModelOption::shipped, progress, () -> stop(progress)) != null;
        }
    }

    private static TrainingRun.Stop stop(TrainingProgress progress) {
        Interrupts interrupts = new Interrupts(() -> progress.warning(
                "stopping after this step with a checkpoint; once more stops at once and loses the steps since the last"
                        + " one"));
        return new TrainingRun.Stop() {
            @Override
            public boolean getAsBoolean() {
                return interrupts.happened();
            }

            @Override
            public void close() {
                interrupts.close();
            }
        };
    }
}
