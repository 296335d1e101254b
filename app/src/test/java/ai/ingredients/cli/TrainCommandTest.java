package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code ingredients train} as a user types it. */
@Timeout(600)
class TrainCommandTest {
    private static final String HOME = "ingredients.home";
    private static final String WEIGHTS = "model/diffusion_pytorch_model.safetensors";

    @TempDir
    Path folder;

    @AfterEach
    void moveOut() {
        System.clearProperty(HOME);
    }

    /** The paper's second stage on the tiny model, four clips of nine frames; {@code more} is appended. */
    private Cli.Result train(Path run, Object... more) {
        List<Object> all = new ArrayList<>(List.of("train", "--stage", "router", "--output", run));
        for (String value : List.of(
                "bundle=" + MODEL,
                "model=" + MODEL.resolve("transformer/config.json"),
                "start=" + MODEL.resolve("transformer"),
                "cache=" + folder.resolve("cache"),
                "data={clips: 4, people: [2], photos: 1, window: {frames: 9}}",
                "validation={split: validation, clips: 1, people: [2], photos: 1, window: {frames: 9}}",
                "diffusion.batch=2",
                "samples=1",
                "held-out=1",
                "sample-steps=1",
                "training.steps=4",
                "training.ema-decay=0.9",
                "training.checkpoint-every=1",
                "training.keep-checkpoints=2")) {
            all.add("--set");
            all.add(value);
        }
        all.addAll(List.of(more));
        return Cli.run(all.toArray());
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void aRunLeavesAllOfItsFilesAndGoesOnFromACheckpoint() throws IOException {
        Path whole = folder.resolve("whole");
        Cli.Result result = train(whole).ok();
        assertThat(result.out())
                .contains("router: step 0 of 4 in ", "step 4 of 4, ", "samples/s, loss ", " s left", "Wrote ");
        assertThat(names(whole))
                .contains("checkpoints", "config.yaml", "curves", "metrics.jsonl", "model", "tensorboard", "validation")
                .doesNotContain("broken.txt");
        assertThat(names(whole.resolve("checkpoints"))).containsExactly("step-00000003", "step-00000004");
        assertThat(names(whole.resolve("checkpoints/step-00000004")))
                .containsExactly("ema.safetensors", "model.safetensors", "optimizer.safetensors", "state.json");
        assertThat(names(whole.resolve("validation/step-00000004"))).contains("samples.png");
        assertThat(names(whole.resolve("curves"))).contains("losses.png", "losses.svg", "loss.png");
        assertThat(names(whole.resolve("tensorboard")).getFirst()).startsWith("events.out.tfevents.");
        List<String> metrics = Files.readAllLines(whole.resolve("metrics.jsonl"));
        assertThat(metrics).hasSize(5);
        assertThat(metrics.subList(0, 4))
                .allMatch(line -> line.contains("\"loss\":") && line.contains("\"routing-accuracy\":"));
        assertThat(metrics.getLast()).contains("\"validation-plain-loss\":", "\"validation-routing-accuracy\":");

        Path parts = folder.resolve("parts");
        train(parts, "--set", "training.steps=4").ok();
        train(parts, "--resume", "3").ok();
        assertThat(parts.resolve(WEIGHTS)).hasSameBinaryContentAs(whole.resolve(WEIGHTS));
        train(parts, "--resume", "latest", "--set", "diffusion.batch=1")
                .refused(2, "diffusion.batch was 2 and is 1", "change that back");
        train(parts).refused(2, "holds a run already", "--resume latest");
        // What the run was started with counts, not what the stage would begin with.
        Cli.Result same = Cli.run("train", "--stage", "router", "--output", parts, "--resume", "latest")
                .ok();
        assertThat(same.out()).contains("router: step 4 of 4").doesNotContain("warning: this run was started with");
        Cli.Result longer =
                train(parts, "--resume", "latest", "--set", "training.steps=5").ok();
        assertThat(longer.out()).contains("warning: this run was started with training.steps 4 and now goes on to 5;");
    }

    @Test
    void aStageThatSeesNoRoutingLabelSaysSo() {
        String alone = "data={clips: 4, people: [1], photos: 1, window: {frames: 9}}";
        assertThat(train(folder.resolve("alone"), "--set", alone, "--set", "samples=0")
                        .ok()
                        .out())
                .contains("warning: in 4 steps not one routing label was seen");
        assertThat(train(folder.resolve("two"), "--set", "samples=0").ok().out())
                .doesNotContain("not one routing label");
    }

    /** Configs name files of the program as they lie beside its launcher; that need not be the current folder. */
    @Test
    void whatTheProgramBringsIsFoundFromAnywhere() throws IOException {
        Path run = folder.resolve("run");
        Object[] text = {
            "train",
            "--stage",
            "text",
            "--config",
            "../configs/demo/text.yaml",
            "--output",
            run,
            "--set",
            "training={steps: 1, precision: fp32}",
            "--set",
            "data.clips=40",
            "--set",
            "validation.clips=2",
            "--set",
            "vocabulary=300",
            "--set",
            "text.batch=2"
        };
        Cli.run(text).refused(2, "configs/demo/text_encoder.json: there is no such file");
        System.setProperty(HOME, "..");
        Cli.run(text).ok();
        assertThat(run.resolve("config.yaml")).content().contains("model: configs/demo/text_encoder.json");
        assertThat(run.resolve("model/config.json")).exists();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        training.step=4                | training.step there is no such key; did you mean training.steps?
        diffusion.routing-los=mse      | did you mean diffusion.routing-loss?
        diffusion.routing-loss=l2      | none, mse, cross-entropy
        training.steps=many            | a whole number
        bundle=nowhere                 | nowhere
        start=nowhere                  | there are no weights to start from
        data.kind=folder               | folder is missing
        """)
    void mistakes(String override, String fragment) {
        train(folder.resolve("run"), "--set", override).refused(2, fragment);
    }

    @Test
    void aModelOfAnotherShapeIsRefusedWithEveryDifference() throws IOException {
        String wider = Files.readString(MODEL.resolve("transformer/config.json"))
                .replaceFirst("\"router_dim\": *\\d+", "\"router_dim\": 10");
        Path model = Files.writeString(folder.resolve("wider.json"), wider);
        Cli.Result result = train(folder.resolve("run"), "--set", "model=" + model);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.errLines()).hasSize(1);
        assertThat(result.err()).contains("router.0.to_q.weight", "router.0.to_kv.weight");
    }
}
