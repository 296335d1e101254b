package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ingredients reproduce} as a user types it: the demo's frozen models, a step or two of each training. */
class ReproduceCommandTest {
    private static final List<String> SMALL = List.of(
            "base.training.steps=1",
            "faces.training.steps=1",
            "router.training.steps=2",
            "base.data.clips=16",
            "faces.data.clips=16",
            "router.data.clips=16",
            "base.start=../models/demo/transformer",
            "base.stills.data.clips=16",
            "faces.stills.data.clips=16",
            "router.stills.data.clips=16",
            "base.stills.batch=2",
            "faces.stills.batch=2",
            "router.stills.batch=2",
            "router.held-out=2",
            "base.diffusion.batch=2",
            "faces.diffusion.batch=2",
            "router.diffusion.batch=2",
            "router.training.log-every=1",
            "segmenter.training.steps=2",
            "segmenter.model=../configs/demo/sam.json",
            "segmenter.validation.clips=1",
            "count=2",
            "inversion-cases=1",
            "sampling.steps=2",
            "bundle=../models/demo",
            "model=../configs/reproduction/transformer.json",
            "text-model=../configs/reproduction/transformer-t2v.json",
            "cases=../configs/evaluation/cases.json");

    @TempDir
    Path folder;

    private Cli.Result reproduce(List<String> more, Object... args) {
        return reproduce(1, more, args);
    }

    private Cli.Result reproduce(int trainingSeeds, List<String> more, Object... args) {
        List<Object> all = new ArrayList<>(List.of(args));
        all.addAll(
                0,
                List.of(
                        "reproduce",
                        "--output",
                        folder.resolve("out"),
                        "--seeds",
                        1,
                        "--training-seeds",
                        trainingSeeds));
        all.addAll(List.of("--config", "../configs/reproduction/reproduction.yaml"));
        for (String one : SMALL) {
            all.addAll(List.of("--set", one));
        }
        for (String one : more) {
            all.addAll(List.of("--set", one));
        }
        return Cli.run(all.toArray());
    }

    @Test
    void aTableIsTrainedJudgedAndFoundAgain() {
        Path out = folder.resolve("out");

        Cli.Result first =
                reproduce(List.of(), "--table", "3", "--figure", "1,4,5,6,7").ok();

        assertThat(first.out()).contains("Wrote " + out.resolve("report.md"));
        assertThat(out.resolve("report.md"))
                .content()
                .contains(
                        "## Table 3",
                        "| no routing loss |",
                        "Ingredients better than routing loss MSE",
                        "## Are the tables about people?",
                        "3.0 by the prompt and, where there are photos, 3.0 by these",
                        "the text-only base model begins with the transformer of demo",
                        "16 clips of 9 frames and 16 stills",
                        "figure-6.png");
        assertThat(out.resolve("figure-1.png")).isNotEmptyFile();
        assertThat(out.resolve("figure-5.png")).isNotEmptyFile();
        assertThat(out.resolve("figure-6.png")).isNotEmptyFile();
        assertThat(out.resolve("figure-7.png")).isNotEmptyFile();
        JsonNode report = JsonFile.read(out.resolve("report.json"));
        assertThat(report.path("orderings")).hasSize(6);
        assertThat(report.at("/rows/mse/cases").intValue()).isEqualTo(2);
        assertThat(report.at("/people/lost_by_face_scale_0/count").intValue()).isLessThanOrEqualTo(2);
        assertThat(report.at("/people/about_people").isBoolean()).isTrue();
        JsonNode bare = JsonFile.read(out.resolve("evaluation/face-scale-0/seed-1/evaluation.json"));
        assertThat(bare.path("face_scale").doubleValue()).isZero();
        assertThat(bare.path("image_guidance_scale").doubleValue()).isEqualTo(3);

        Cli.Result again = reproduce(List.of(), "--table", "3").ok();

        assertThat(again.out()).doesNotContain("step 1 of 2");
        assertThat(JsonFile.read(out.resolve("report.json")).path("rows")).isEqualTo(report.path("rows"));
        Cli.Result twice = reproduce(2, List.of(), "--table", "3").ok();

        assertThat(twice.out()).contains("== training mse-seed-2");
        assertThat(out.resolve("evaluation/mse/training-2/seed-1/cases.csv")).isNotEmptyFile();
        assertThat(out.resolve("report.md")).content().contains("training seeds: 2 of stages 1 and 2");
        assertThat(out.resolve("training/mse-seed-2/config.yaml")).content().contains("seed: 2");
        assertThat(out.resolve("training/base-i2v-seed-2")).doesNotExist();

        Cli.Result changed = reproduce(List.of("router.training.steps=3"), "--table", "3");
        assertThat(changed.code()).isEqualTo(2);
        assertThat(changed.err()).contains("was trained with another config", "training.steps was 2 and is 3");
    }

    /** The quick config lies over the other one, and what is set by hand over both. */
    @Test
    void quickIsATenthUnlessSomebodySaysOtherwise() {
        String full;
        String quick;
        System.setProperty("ingredients.home", "..");
        try {
            full = Cli.run("reproduce", "--print-config").ok().out();
            quick = Cli.run("reproduce", "--quick", "--print-config", "--set", "router.training.steps=7")
                    .ok()
                    .out();
        } finally {
            System.clearProperty("ingredients.home");
        }
        assertThat(full).contains("count: 100");
        assertThat(quick).contains("count: 8", "steps: 70", "steps: 7", "drop-image: 0.6");
        assertThat(Cli.run("reproduce", "--help").ok().out()).contains("--quick", "runs/reproduction-quick");
    }

    @Test
    void whatIsNotThereIsRefused() {
        Cli.run("reproduce", "--output", folder.resolve("none")).refused(2, "nothing to reproduce was named", "--all");
        Cli.run("reproduce", "--output", folder.resolve("none"), "--table", "4")
                .refused(2, "there are tables [1, 2, 3]");
        Cli.run("reproduce", "--output", folder.resolve("none"), "--all", "--seeds", "0")
                .refused(2, "--seeds 0");
        Cli.run("reproduce", "--output", folder.resolve("none"), "--all", "--training-seeds", "0")
                .refused(2, "--training-seeds 0");
        assertThat(folder.resolve("none")).doesNotExist();
        reproduce(List.of("count=1000"), "--figure", "8").refused(2, "--count 1000", "100");
    }
}
