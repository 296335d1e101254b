package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.attributes.AttributeTraining;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.IoReason;
import ai.ingredients.pipeline.SamplingDefaults;
import ai.ingredients.tensor.DType;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.decoder.DecoderTraining;
import ai.ingredients.training.diffusion.DiffusionSettings;
import ai.ingredients.training.diffusion.DiffusionTraining;
import ai.ingredients.training.face.FaceNetTraining;
import ai.ingredients.training.loop.BundleWriter;
import ai.ingredients.training.loop.RunFolder;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainingRun;
import ai.ingredients.training.text.TextTraining;
import ai.ingredients.training.vae.VaeTraining;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients train demo}: from nothing to the bundle in {@code models/demo}. */
@Command(
        name = "demo",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Trains everything the demo model needs, stage by stage, from the configs in "
                    + "configs/demo: vae, text, detector, recogniser, tower, recogniser-evaluation, base, "
                    + "faces, router, decoder, detector-decoded, attributes; then writes the bundle. Stages "
                    + "that are done are not repeated; one that was interrupted goes on from its latest "
                    + "checkpoint.",
            ""
        })
final class TrainDemoCommand implements Callable<Integer> {
    /** The stages in order. Each learns with what the ones before it made. */
    private enum Step {
        VAE("vae", VaeTraining.DEFAULT, "vae"),
        TEXT("text", TextTraining.DEFAULT, "text_encoder"),
        DETECTOR("detector", FaceNetTraining.DEFAULT, "face_encoder/detection"),
        RECOGNISER("recogniser", FaceNetTraining.DEFAULT, "face_encoder/recognition"),
        TOWER("tower", FaceNetTraining.DEFAULT, "face_encoder/clip_vision"),
        JUDGE("recogniser-evaluation", FaceNetTraining.DEFAULT, "evaluation/recognition"),
        BASE("base", DiffusionTraining.defaults(DiffusionSettings.BASE), null),
        FACES("faces", DiffusionTraining.defaults(DiffusionSettings.FACES), null),
        ROUTER("router", DiffusionTraining.defaults(DiffusionSettings.ROUTER), "transformer"),
        DECODER("decoder", DecoderTraining.DEFAULT, "vae"),
        DETECTOR_DECODED("detector-decoded", FaceNetTraining.DEFAULT, "face_encoder/detection"),
        ATTRIBUTES("attributes", AttributeTraining.DEFAULT, "evaluation/attributes");

        private final String name;
        private final StageConfig defaults;
        /** Where its model lies in the bundle; none for those that only lead to another. */
        private final @Nullable String place;

        Step(String name, StageConfig defaults, @Nullable String place) {
            this.name = name;
            this.defaults = defaults;
            this.place = place;
        }

        /** Whether it learns with the parts made before it, gathered in one folder. */
        boolean onParts() {
            return defaults instanceof DiffusionTraining || this == DECODER;
        }

        /** Whether the transformer learns with what it makes. */
        boolean isPart() {
            return place != null && ordinal() < BASE.ordinal() && this != JUDGE;
        }

        /** Whether it looks at what the whole model makes. */
        boolean onVideos() {
            return this == DETECTOR_DECODED || this == ATTRIBUTES;
        }

        /** Whose model it begins with or learns from; none for those that begin from nothing. */
        @Nullable
        Step before() {
            return switch (this) {
                case FACES -> BASE;
                case ROUTER -> FACES;
                case DECODER -> ROUTER;
                case DETECTOR_DECODED -> DETECTOR;
                default -> null;
            };
        }
    }

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--runs",
            paramLabel = "DIR",
            defaultValue = "runs/demo",
            description = "Folder for the stages' runs (default: ${DEFAULT-VALUE}).")
    private Path runs;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            defaultValue = "models/demo",
            description = "The bundle (default: ${DEFAULT-VALUE}).")
    private Path output;

    @Option(
            names = "--configs",
            paramLabel = "DIR",
            description = "The stages' configs (default: configs/demo beside the launcher).")
    private @Nullable Path configs;

    @Option(
            names = "--only",
            paramLabel = "STAGE",
            split = ",",
            description = "Only these stages, for instance --only vae,text; no bundle is written.")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--set",
            paramLabel = "STAGE:KEY=VALUE",
            description = "Overrides one value of a stage's config, for instance --set faces:training.steps=100.")
    private List<String> overrides = new ArrayList<>();

    @Option(
            names = "--try",
            description = "Two steps of every stage on a few clips, in minutes, to see whether all of it works on this"
                    + " machine. Runs and bundle go to a folder `try` in --runs, which is made anew each time.")
    private boolean trial;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Path folder = configs == null ? ModelOption.home().resolve("configs/demo") : configs;
        checkNames();
        if (trial) {
            runs = runs.resolve("try");
            output = runs.resolve("bundle");
            if (Files.exists(runs)) {
                AtomicFolder.remove(runs);
            }
        }
        for (Step step : Step.values()) {
            if (!only.isEmpty() && !only.contains(step.name)) {
                continue;
            }
            if (step.onParts()) {
                gather(parts(), components(Step::isPart), folder);
            } else if (step.onVideos()) {
                gather(whole(), components(part -> !part.onVideos()), folder);
            }
            if (!train(step, folder, out)) {
                out.println("Stopped; the same command " + (trial ? "begins anew." : "goes on from here."));
                return 130;
            }
        }
        if (only.isEmpty()) {
            Path sampling = folder.resolve(SamplingDefaults.FILE);
            BundleWriter.write(
                    output,
                    components(step -> true),
                    folder.resolve("scheduler.json"),
                    Files.exists(sampling) ? sampling : null,
                    DType.FP16);
            out.println("Wrote " + output);
        }
        return 0;
    }

    /** The models that the transformer learns with. */
    private Path parts() {
        return runs.resolve("parts");
    }

    /** The model that makes videos. */
    private Path whole() {
        return runs.resolve("whole");
    }

    /** Puts parts in one folder, again where one was trained since. */
    private static void gather(Path target, Map<String, Path> parts, Path folder) {
        Path index = target.resolve("model_index.json");
        if (Files.exists(index)
                && parts.values().stream().allMatch(part -> !Files.exists(part) || changed(part) <= changed(index))) {
            return;
        }
        BundleWriter.write(target, parts, folder.resolve("scheduler.json"), null, null);
    }

    private static long changed(Path path) {
        try {
            return Files.getLastModifiedTime(path).toMillis();
        } catch (IOException e) {
            throw new OperationFailedException(path + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private void checkNames() {
        List<String> known = new ArrayList<>();
        for (Step step : Step.values()) {
            known.add(step.name);
        }
        for (String name : only) {
            if (!known.contains(name)) {
                throw new InvalidInputException("--only " + name + ": there is no such stage; use " + known);
            }
        }
        for (String override : overrides) {
            int colon = override.indexOf(':');
            if (colon < 0 || !known.contains(override.substring(0, colon))) {
                throw new InvalidInputException(
                        "--set " + override + ": expected STAGE:KEY=VALUE with a stage of " + known);
            }
        }
    }

    private boolean train(Step step, Path folder, PrintWriter out) {
        Path run = runs.resolve(step.name);
        if (Files.isDirectory(run.resolve(TrainingRun.MODEL))) {
            out.println(step.name + ": done before");
            return true;
        }
        Path file = folder.resolve(step.name + ".yaml");
        StageConfig config = (StageConfig) TrainingConfig.read(file, settings(step, folder), (Record) step.defaults);
        return TrainCommand.run(config, run, RunFolder.holdsRun(run) ? "latest" : null, out);
    }

    /** Paths that depend on where we are, then the caller's values. */
    private List<String> settings(Step step, Path folder) {
        List<String> settings = new ArrayList<>();
        if (step != Step.DECODER) { // which has the shape it finds
            settings.add("model=" + quoted(folder.resolve(modelFile(step))));
        }
        String cache = quoted(runs.resolve("cache"));
        if (step.onParts()) {
            settings.add("bundle=" + quoted(parts()));
            settings.add("cache=" + cache);
        } else if (step.onVideos()) {
            settings.add("decoded.bundle=" + quoted(whole()));
            settings.add("decoded.cache=" + cache);
        }
        Step before = step.before();
        if (before != null) {
            String key = step == Step.DECODER ? "transformer=" : "start=";
            settings.add(key + quoted(runs.resolve(before.name).resolve(TrainingRun.MODEL)));
        }
        if (trial) {
            settings.addAll(small(step));
        }
        for (String override : overrides) {
            if (override.startsWith(step.name + ":")) {
                settings.add(override.substring(step.name.length() + 1));
            }
        }
        return settings;
    }

    /** What makes a stage short. */
    private static List<String> small(Step step) {
        List<String> settings = new ArrayList<>(List.of("training.steps=2", "training.validate-every=0"));
        switch (step) {
            case VAE -> settings.addAll(List.of("data.clips=8", "validation.clips=1"));
            case TEXT ->
                settings.addAll(List.of("data.clips=40", "validation.clips=2", "vocabulary=300", "text.batch=2"));
            case DETECTOR -> settings.addAll(List.of("data.clips=64", "validation.clips=8"));
            case RECOGNISER, JUDGE -> settings.addAll(List.of("people=32", "recogniser.batch=4"));
            case TOWER -> settings.addAll(List.of("people=32", "tower.batch=4"));
            case BASE, FACES, ROUTER ->
                settings.addAll(List.of(
                        "data.clips=32",
                        "validation.clips=1",
                        "held-out=1",
                        "samples=1",
                        "sample-steps=1",
                        "diffusion.batch=2",
                        "training.accumulation=1"));
            case DECODER -> settings.addAll(List.of("data.clips=8", "validation.clips=1", "training.accumulation=1"));
            case DETECTOR_DECODED ->
                settings.addAll(List.of("data.clips=64", "validation.clips=8", "decoded.clips=4", "decoded.unseen=2"));
            case ATTRIBUTES ->
                settings.addAll(List.of(
                        "data.clips=64",
                        "validation.clips=8",
                        "decoded.clips=4",
                        "decoded.unseen=2",
                        "attributes.batch=4"));
        }
        return settings;
    }

    /** As YAML: a folder's name may hold anything. */
    private static String quoted(Path path) {
        return "'" + path.toString().replace("'", "''") + "'";
    }

    private static String modelFile(Step step) {
        return switch (step) {
            case VAE, DECODER -> "vae.json";
            case TEXT -> "text_encoder.json";
            case DETECTOR, DETECTOR_DECODED -> "detector.json";
            case RECOGNISER -> "recogniser.json";
            case TOWER -> "tower.json";
            case JUDGE -> "recogniser-evaluation.json";
            case ATTRIBUTES -> "attributes.json";
            case BASE, FACES, ROUTER -> "transformer.json";
        };
    }

    /** Where the models of the steps {@code wanted} lie, by their place in a bundle; of two for one place the later. */
    private Map<String, Path> components(Predicate<Step> wanted) {
        Map<String, Path> components = new LinkedHashMap<>();
        for (Step step : Step.values()) {
            if (step.place != null && wanted.test(step)) {
                components.put(step.place, runs.resolve(step.name).resolve(TrainingRun.MODEL));
            }
        }
        components.put("tokenizer", runs.resolve(Step.TEXT.name).resolve(TextTraining.TOKENIZER));
        return components;
    }
}
