package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.FIXTURES;
import static ai.ingredients.cli.Cli.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.face.DetectorConfig;
import ai.ingredients.face.IResNet;
import ai.ingredients.face.IResNetConfig;
import ai.ingredients.face.RetinaFace;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.Compute;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ingredients evaluate} as a user types it, with untrained networks, which find no face. */
class EvaluateCommandTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;

    @BeforeAll
    static void prepareModel() throws IOException {
        model = Cli.copy(MODEL, shared.resolve("model"));
        Path detection = Files.createDirectories(model.resolve("face_encoder/detection"));
        JsonFile.write(
                detection.resolve("config.json"),
                JsonNodeFactory.instance.objectNode().put("network_name", "mobile0.25"));
        write(
                detection,
                weights -> new RetinaFace(
                        weights,
                        DetectorConfig.read(detection.resolve("config.json")).backbone()));
        Path recognition = Files.createDirectories(model.resolve("evaluation/recognition"));
        IResNetConfig config = new IResNetConfig(List.of(1, 1, 1, 1), List.of(4, 4, 8, 8), 16, 32, 0);
        JsonFile.write(recognition.resolve("config.json"), config.json());
        write(recognition, weights -> new IResNet(weights, config));
    }

    private static void write(Path target, Consumer<Weights> build) {
        TensorStore nothing = TensorStore.of(Map.of(), "nothing");
        Initialiser initial = new Initialiser(1, 1).constant(".*running_var", 1);
        try (Weights weights = Weights.trainable(nothing, Compute.CPU_FP32, initial)) {
            build.accept(weights);
            SafetensorsWriter.write(target.resolve("model.safetensors"), weights.parameters(), Map.of());
        }
    }

    @Test
    void measuresWritesAndGoesOn() {
        Path output = folder.resolve("truth");

        Cli.Result first = evaluate(output, "--maker", "truth", "--count", 1).ok();
        Cli.Result second = evaluate(output, "--maker", "truth", "--count", 2).ok();

        assertThat(first.out()).contains("- cases: 1", "| FaceSim", "Wrote " + output.resolve("report.html"));
        assertThat(second.out()).contains("1 of 2 cases were done before", "- cases: 2");
        JsonNode summary = JsonFile.read(output.resolve("summary.json"));
        assertThat(summary.at("/figures/face_sim/videos").intValue()).isEqualTo(2);
        assertThat(summary.at("/figures/everyone_present/mean").doubleValue()).isZero();
        assertThat(output.resolve("contact-sheet.png")).isNotEmptyFile();
        assertThat(output.resolve("cases.jsonl")).content().hasLineCount(2);
        evaluate(output, "--maker", "others", "--count", 2)
                .refused(2, "holds an evaluation with maker truth, this one has others");
    }

    @Test
    void otherNetworksJudgeAsWell() {
        Path output = folder.resolve("judged");

        Cli.Result judged = evaluate(
                        output,
                        "--maker",
                        "truth",
                        "--count",
                        1,
                        "--clip",
                        FIXTURES.resolve("clip_score_model"),
                        "--recogniser",
                        FIXTURES.resolve("curricular_face.bin"))
                .ok();

        assertThat(judged.out()).contains("- prompts by: CLIP sampled-sha256:", "| CLIPScore, 0 to 100 | ");
        JsonNode summary = JsonFile.read(output.resolve("summary.json"));
        assertThat(summary.at("/figures/clip_score/videos").intValue()).isEqualTo(1);
        assertThat(summary.at("/figures/paper_clip_score/videos").intValue()).isEqualTo(1);
        assertThat(summary.at("/sets/face_fd/photos").intValue()).isEqualTo(105);
        assertThat(summary.at("/sets/face_fd/faces").intValue()).isZero();
        evaluate(output, "--maker", "truth", "--count", 1, "--recogniser", FIXTURES.resolve("curricular_face.bin"))
                .refused(2, "holds an evaluation with prompts by CLIP");
    }

    @Test
    void theModelAloneMakesVideosAndPhotosWithoutFacesAreNamed() {
        Cli.Result text = evaluate(
                        folder.resolve("text"),
                        "--maker",
                        "text-only",
                        "--count",
                        1,
                        "--steps",
                        1,
                        "--guidance",
                        1,
                        "--enlarge",
                        1)
                .ok();

        assertThat(text.out()).contains("- maker: text-only", "- steps: 1");
        Cli.Result photos = evaluate(folder.resolve("model"), "--count", 1, "--steps", 1, "--guidance", 1);
        assertThat(photos.code()).isEqualTo(2);
        assertThat(photos.err()).contains("none of 1 cases could be evaluated; the first: photo 1: no face found");
    }

    /** What a model's people contribute: by ablation, in folders of their own. */
    @Test
    void peopleCanBeLeftOutInParts() {
        Path output = folder.resolve("parts");
        List<Object> args = List.of("--maker", "model", "--count", 1, "--steps", 1, "--guidance", 1);
        List<Object> parts = List.of(
                "--face-scale",
                0,
                "--no-canvas",
                "--swap-router",
                "1,2",
                "--photos-per-person",
                2,
                "--ask-places",
                "--ask-names",
                "--layout",
                "0..0.5");
        List<Object> all = new ArrayList<>(args);
        all.addAll(parts);

        evaluate(output, all.toArray());
        assertThat(JsonFile.read(output.resolve("evaluation.json")).toString())
                .contains(
                        "\"face_scale\":0.0",
                        "\"canvas\":false",
                        "\"router_order\":[2,1]",
                        "\"photos_per_person\":2",
                        "\"places\":\"asked\"",
                        "\"names\":\"told\"",
                        "\"layout\":\"0.0..0.5\"");
        evaluate(output, args.toArray()).refused(2, output.toString());

        for (String part : List.of(
                "--face-scale=0",
                "--no-canvas",
                "--swap-router=1,2",
                "--photos-per-person=2",
                "--ask-places",
                "--ask-names",
                "--layout=off")) {
            evaluate(folder.resolve("x"), "--maker", "truth", part)
                    .refused(2, part.replaceAll("=.*", ""), "--maker model");
        }
        evaluate(folder.resolve("x"), "--people", 1, "--swap-router", "1,2").refused(2, "no person 2", "only person 1");
        evaluate(folder.resolve("x"), "--face-scale", "NaN").refused(2, "--face-scale");
        evaluate(folder.resolve("x"), "--photos-per-person", 0).refused(2, "--photos-per-person 0", "1 to 16");
    }

    @Test
    void theCasesAreAFileThatIsWrittenReadAndHeldAgainstWhatIsDrawn() throws IOException {
        Path cases = folder.resolve("cases.json");
        Cli.Result written = Cli.run("evaluate", "--write-cases", cases, "--people", 1, "--count", 3, "--case-seed", 5)
                .ok();
        assertThat(written.out()).contains("Wrote 3 cases with 1 person each to " + cases);

        Cli.Result some = evaluate(folder.resolve("some"), "--maker", "truth", "--cases", cases, "--count", 1)
                .ok();

        assertThat(some.out()).contains("- people: 1", "- case seed: 5", "- cases: 1");
        Path output = folder.resolve("no");
        evaluate(output, "--cases", cases, "--count", 4).refused(2, "--count 4: ", "has 3 cases; use 1 to 3");
        evaluate(output, "--cases", cases, "--people", 1).refused(2, "leave out --people and --case-seed");
        evaluate(output, "--cases", cases, "--videos", folder).refused(2, "leave out one of them");
        evaluate(output, "--write-cases", cases).refused(2, "--write-cases evaluates nothing");
        Cli.run("evaluate", "--maker", "truth").refused(2, "--output is missing");
        Files.writeString(cases, Files.readString(cases).replace("\"seed\":5", "\"seed\":6"));
        evaluate(output, "--cases", cases).refused(2, cases + ": case 0 has the caption", "this version draws");
        assertThat(output).doesNotExist();
    }

    @Test
    void refusesWhatCannotBe() {
        Path output = folder.resolve("no");
        evaluate(output, "--people", 4).refused(2, "--people 4 cannot be drawn; use 1 to 3");
        evaluate(output, "--count", 0).refused(2, "--count 0 is too few");
        evaluate(output, "--videos", folder.resolve("mine.csv"))
                .refused(2, "there is no such file or folder of videos");
        evaluate(output, "--photos", folder).refused(2, "--photos belongs to --videos, which is missing");
        evaluate(output, "--maker", "magic").refused(2, "--maker", "magic");
        evaluate(output, "--enlarge", 0).refused(2, "enlarged by 0");
        evaluate(output, "--recogniser", folder.resolve("none")).refused(2, "there is no such folder");
        evaluate(output, "--attributes", folder.resolve("none")).refused(2, "there is no such file");
        evaluate(output, "--clip", folder.resolve("none")).refused(2, "none/config.json: there is no such file");
        evaluate(output, "--inception", FIXTURES.resolve("curricular_face.bin"))
                .refused(2, "curricular_face.bin", "Conv2d_1a_3x3.conv.weight");
        evaluate(output, "--recogniser", Cli.ADA).refused(2, "ada.png");
        assertThat(output).doesNotExist();
        Cli.run("evaluate", "--model", MODEL, "--output", output)
                .refused(2, "evaluation/recognition: there is no network to judge faces by");
    }

    private static Cli.Result evaluate(Path output, Object... args) {
        Object[] all = new Object[args.length + 5];
        all[0] = "evaluate";
        all[1] = "--model";
        all[2] = model;
        all[3] = "--output";
        all[4] = output;
        System.arraycopy(args, 0, all, 5, args.length);
        return Cli.run(all);
    }
}
