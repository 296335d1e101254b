package ai.ingredients.cli;

import static ai.ingredients.training.config.Records.change;
import static ai.ingredients.training.config.Records.with;

import ai.ingredients.InvalidInputException;
import ai.ingredients.attributes.AttributeStage;
import ai.ingredients.attributes.AttributeTraining;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.pipeline.SamplingDefaults;
import ai.ingredients.tensor.DType;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.decoder.DecoderTraining;
import ai.ingredients.training.diffusion.DiffusionSettings;
import ai.ingredients.training.diffusion.DiffusionTraining;
import ai.ingredients.training.diffusion.Stills;
import ai.ingredients.training.face.FaceNetTraining;
import ai.ingredients.training.face.RecogniserStage;
import ai.ingredients.training.face.TowerStage;
import ai.ingredients.training.features.DecodedConfig;
import ai.ingredients.training.loop.BundleWriter;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingPlan;
import ai.ingredients.training.loop.TrainingRun;
import ai.ingredients.training.text.TextStage;
import ai.ingredients.training.text.TextTraining;
import ai.ingredients.training.vae.VaeTraining;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
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
        VAE("vae", "vae"),
        TEXT("text", "text_encoder"),
        DETECTOR("detector", "face_encoder/detection"),
        RECOGNISER("recogniser", "face_encoder/recognition"),
        TOWER("tower", "face_encoder/clip_vision"),
        JUDGE("recogniser-evaluation", "evaluation/recognition"),
        BASE("base", null),
        FACES("faces", null),
        ROUTER("router", "transformer"),
        DECODER("decoder", "vae"),
        DETECTOR_DECODED("detector-decoded", "face_encoder/detection"),
        ATTRIBUTES("attributes", "evaluation/attributes");

        private final String name;
        /** Where its model lies in the bundle; none for those that only lead to another. */
        private final @Nullable String place;

        Step(String name, @Nullable String place) {
            this.name = name;
            this.place = place;
        }

        /** Whether it learns with the parts made before it, gathered in one folder. */
        boolean onParts() {
            return this == BASE || this == FACES || this == ROUTER || this == DECODER;
        }

        /** Whether the transformer learns with what it makes. */
        boolean isPart() {
            return place != null && ordinal() < BASE.ordinal() && this != JUDGE;
        }

        /** Whether it looks at what the whole model makes. */
        boolean onVideos() {
            return this == DETECTOR_DECODED || this == ATTRIBUTES;
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
        Path folder = configs == null ? ModelOption.home().resolve(DemoPaths.CONFIGS) : configs;
        checkNames();
        if (trial) {
            runs = runs.resolve("try");
            output = runs.resolve("bundle");
            if (Files.exists(runs)) {
                AtomicFolder.remove(runs);
            }
        }
        Path scheduler = folder.resolve("scheduler.json");
        TrainingPlan plan = new TrainingPlan((config, run, resume) -> TrainCommand.run(config, run, resume, out), null);
        try {
            for (Step step : Step.values()) {
                if (!only.isEmpty() && !only.contains(step.name)) {
                    continue;
                }
                if (step.onParts()) {
                    TrainingPlan.bundle(parts(), components(Step::isPart), scheduler);
                } else if (step.onVideos()) {
                    TrainingPlan.bundle(whole(), components(part -> !part.onVideos()), scheduler);
                }
                TrainingPlan.Step training = training(step, folder);
                if (training.done()) {
                    out.println(step.name + ": done before");
                } else {
                    plan.train(training);
                }
            }
        } catch (TrainingPlan.Stopped e) {
            out.println("Stopped; the same command " + (trial ? "begins anew." : "goes on from here."));
            return 130;
        }
        if (only.isEmpty()) {
            Path sampling = folder.resolve(SamplingDefaults.FILE);
            BundleWriter.write(
                    output, components(step -> true), scheduler, Files.exists(sampling) ? sampling : null, DType.FP16);
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

    private Path run(Step step) {
        return runs.resolve(step.name);
    }

    private Path model(Step step) {
        return run(step).resolve(TrainingRun.MODEL);
    }

    /** The stage's config file, with the paths that depend on where we are, then the caller's values. */
    private TrainingPlan.Step training(Step step, Path folder) {
        return new TrainingPlan.Step(run(step), List.of(), () -> config(step, folder));
    }

    private StageConfig config(Step step, Path folder) {
        return switch (step) {
            case VAE -> vae(folder);
            case TEXT -> text(folder);
            case DETECTOR, DETECTOR_DECODED -> detector(step, folder);
            case RECOGNISER, JUDGE -> recogniser(step, folder);
            case TOWER -> tower(folder);
            case BASE -> diffusion(step, DiffusionSettings.BASE, null, folder);
            case FACES -> diffusion(step, DiffusionSettings.FACES, Step.BASE, folder);
            case ROUTER -> diffusion(step, DiffusionSettings.ROUTER, Step.FACES, folder);
            case DECODER -> decoder(folder);
            case ATTRIBUTES -> attributes(folder);
        };
    }

    private <T extends Record & StageConfig> T read(Step step, Path folder, T defaults, UnaryOperator<T> change) {
        String prefix = step.name + ":";
        List<String> own = overrides.stream()
                .filter(override -> override.startsWith(prefix))
                .map(override -> override.substring(prefix.length()))
                .toList();
        return TrainingConfig.read(folder.resolve(step.name + ".yaml"), own, defaults, change);
    }

    private VaeTraining vae(Path folder) {
        Path model = folder.resolve("vae.json");
        return read(Step.VAE, folder, VaeTraining.defaults(model), file -> {
            VaeTraining config = with(file, VaeTraining::model, model);
            if (trial) {
                config = change(config, VaeTraining::training, TrainDemoCommand::brief);
                config = change(config, VaeTraining::data, data -> with(data, DataConfig::clips, 8L));
                config = change(config, VaeTraining::validation, data -> with(data, DataConfig::clips, 1L));
            }
            return config;
        });
    }

    private TextTraining text(Path folder) {
        Path model = folder.resolve("text_encoder.json");
        return read(Step.TEXT, folder, TextTraining.defaults(model), file -> {
            TextTraining config = with(file, TextTraining::model, model);
            if (trial) {
                config = change(config, TextTraining::training, TrainDemoCommand::brief);
                config = change(config, TextTraining::data, data -> with(data, DataConfig::clips, 40L));
                config = change(config, TextTraining::validation, data -> with(data, DataConfig::clips, 2L));
                config = with(config, TextTraining::vocabulary, 300);
                config = change(config, TextTraining::text, text -> with(text, TextStage.Settings::batch, 2));
            }
            return config;
        });
    }

    /** Once on drawings, once more on what the whole model makes of them. */
    private FaceNetTraining detector(Step step, Path folder) {
        return faceNet(step, folder.resolve("detector.json"), folder, file -> {
            FaceNetTraining config = file;
            if (step == Step.DETECTOR_DECODED) {
                config = with(config, FaceNetTraining::start, model(Step.DETECTOR));
                config = change(config, FaceNetTraining::decoded, this::onWhole);
            }
            if (trial) {
                config = change(config, FaceNetTraining::data, data -> with(data, DataConfig::clips, 64L));
                config = change(config, FaceNetTraining::validation, data -> with(data, DataConfig::clips, 8L));
            }
            return config;
        });
    }

    private FaceNetTraining recogniser(Step step, Path folder) {
        return faceNet(step, folder.resolve(step.name + ".json"), folder, file -> {
            if (!trial) {
                return file;
            }
            FaceNetTraining few = with(file, FaceNetTraining::people, 32);
            return change(few, FaceNetTraining::recogniser, own -> with(own, RecogniserStage.Settings::batch, 4));
        });
    }

    private FaceNetTraining tower(Path folder) {
        return faceNet(Step.TOWER, folder.resolve("tower.json"), folder, file -> {
            if (!trial) {
                return file;
            }
            FaceNetTraining few = with(file, FaceNetTraining::people, 32);
            return change(few, FaceNetTraining::tower, own -> with(own, TowerStage.Settings::batch, 4));
        });
    }

    private FaceNetTraining faceNet(Step step, Path model, Path folder, UnaryOperator<FaceNetTraining> more) {
        return read(step, folder, FaceNetTraining.defaults(model, DemoPaths.BUNDLE), file -> {
            FaceNetTraining config = with(file, FaceNetTraining::model, model);
            return more.apply(trial ? change(config, FaceNetTraining::training, TrainDemoCommand::brief) : config);
        });
    }

    private DiffusionTraining diffusion(Step step, DiffusionSettings settings, @Nullable Step before, Path folder) {
        Path model = folder.resolve("transformer.json");
        return read(step, folder, DiffusionTraining.defaults(settings, parts(), model), file -> {
            DiffusionTraining config = with(file, DiffusionTraining::model, model);
            config = with(config, DiffusionTraining::bundle, parts());
            config = with(config, DiffusionTraining::cache, runs.resolve("cache"));
            if (before != null) {
                config = with(config, DiffusionTraining::start, model(before));
            }
            if (trial) {
                config = change(config, DiffusionTraining::training, TrainDemoCommand::brief);
                config = change(config, DiffusionTraining::training, one -> with(one, TrainerConfig::accumulation, 1));
                config = change(config, DiffusionTraining::data, data -> with(data, DataConfig::clips, 32L));
                config = change(config, DiffusionTraining::validation, data -> with(data, DataConfig::clips, 1L));
                config = with(config, DiffusionTraining::heldOut, 1);
                config = with(config, DiffusionTraining::samples, 1);
                config = with(config, DiffusionTraining::sampleSteps, 1);
                config = change(config, DiffusionTraining::diffusion, own -> with(own, DiffusionSettings::batch, 2));
                if (config.stills() != null) {
                    config = change(config, DiffusionTraining::stills, own -> with(own, Stills::batch, 2));
                    config = change(
                            config,
                            DiffusionTraining::stills,
                            own -> change(own, Stills::data, data -> with(data, DataConfig::clips, 32L)));
                }
            }
            return config;
        });
    }

    /** Has the shape it finds. */
    private DecoderTraining decoder(Path folder) {
        return read(Step.DECODER, folder, DecoderTraining.defaults(parts()), file -> {
            DecoderTraining config = with(file, DecoderTraining::bundle, parts());
            config = with(config, DecoderTraining::cache, runs.resolve("cache"));
            config = with(config, DecoderTraining::transformer, model(Step.ROUTER));
            if (trial) {
                config = change(config, DecoderTraining::training, TrainDemoCommand::brief);
                config = change(config, DecoderTraining::training, one -> with(one, TrainerConfig::accumulation, 1));
                config = change(config, DecoderTraining::data, data -> with(data, DataConfig::clips, 8L));
                config = change(config, DecoderTraining::validation, data -> with(data, DataConfig::clips, 1L));
            }
            return config;
        });
    }

    private AttributeTraining attributes(Path folder) {
        Path model = folder.resolve("attributes.json");
        return read(Step.ATTRIBUTES, folder, AttributeTraining.defaults(model, DemoPaths.BUNDLE), file -> {
            AttributeTraining config = with(file, AttributeTraining::model, model);
            config = change(config, AttributeTraining::decoded, this::onWhole);
            if (trial) {
                config = change(config, AttributeTraining::training, TrainDemoCommand::brief);
                config = change(config, AttributeTraining::data, data -> with(data, DataConfig::clips, 64L));
                config = change(config, AttributeTraining::validation, data -> with(data, DataConfig::clips, 8L));
                config = change(
                        config, AttributeTraining::attributes, own -> with(own, AttributeStage.Settings::batch, 4));
            }
            return config;
        });
    }

    private DecodedConfig onWhole(DecodedConfig file) {
        DecodedConfig config = with(file, DecodedConfig::bundle, whole());
        config = with(config, DecodedConfig::cache, runs.resolve("cache"));
        return trial ? with(with(config, DecodedConfig::clips, 4L), DecodedConfig::unseen, 2L) : config;
    }

    /** Two steps, to see whether it works. */
    private static TrainerConfig brief(TrainerConfig config) {
        return with(with(config, TrainerConfig::steps, 2L), TrainerConfig::validateEvery, 0);
    }

    /** Where the models of the steps {@code wanted} lie, by their place in a bundle; of two for one place the later. */
    private Map<String, Path> components(Predicate<Step> wanted) {
        Map<String, Path> components = new LinkedHashMap<>();
        for (Step step : Step.values()) {
            if (step.place != null && wanted.test(step)) {
                components.put(step.place, model(step));
            }
        }
        components.put("tokenizer", run(Step.TEXT).resolve(TextTraining.TOKENIZER));
        return components;
    }
}
