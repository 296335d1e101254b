package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import ai.ingredients.testing.ChatServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code generate --refine}: a language model rewrites the prompt. */
class RefineCommandTest {
    private final ChatServer server = new ChatServer();

    @TempDir
    Path folder;

    @AfterEach
    void stop() {
        server.close();
    }

    private JsonNode json(String name) {
        return JsonFile.read(folder.resolve(name));
    }

    @Test
    void thePromptIsShownAndBothAreInTheRecipe() {
        server.says("At dusk @anna\u001b[31m waves.");
        Cli.Result result = generate(
                        MODEL,
                        folder.resolve("out.mp4"),
                        "--prompt",
                        "@anna waves",
                        "--person",
                        "anna=" + ADA,
                        "--role",
                        "anna=a woman in red",
                        "--landmarks",
                        LANDMARKS,
                        "--refine",
                        "--refine-url",
                        server.url(),
                        "--refine-model",
                        "tiny",
                        "--no-metadata",
                        "--steps",
                        1,
                        "--count",
                        2)
                .ok();

        assertThat(server.asked()).as("asked once for all videos").hasSize(1);
        JsonNode asked = server.asked().getFirst();
        assertThat(asked.path("model").asText()).isEqualTo("tiny");
        assertThat(asked.at("/messages/1/content").asText())
                .isEqualTo("@anna waves\n\nPeople:\n@anna: a woman in red\n");
        assertThat(result.errLines())
                .anyMatch(line -> line.startsWith("refined prompt: At dusk @anna") && line.endsWith("waves."));
        assertThat(result.err()).as("a terminal acts on nothing of it").doesNotContain("\u001b");
        JsonNode recipe = json("out-2.json");
        assertThat(recipe.path("prompt").asText())
                .startsWith("At dusk a woman in red")
                .endsWith("waves.");
        assertThat(recipe.path("refined").toString()).isEqualTo("{\"from\":\"@anna waves\",\"model\":\"tiny\"}");
        assertThat(recipe.toString()).doesNotContain("127.0.0.1");

        Cli.run(
                        "generate",
                        "--recipe",
                        folder.resolve("out-2.json"),
                        "--no-metadata",
                        "--output",
                        folder.resolve("again.mp4"))
                .ok();
        assertThat(server.asked()).as("a recipe's prompt is made as it is").hasSize(1);
        assertThat(folder.resolve("again.mp4")).hasSameBinaryContentAs(folder.resolve("out-2.mp4"));
        assertThat(json("again.json").path("refined")).isEqualTo(recipe.path("refined"));
        assertThat(json("again.json").path("prompt_as_typed")).isEqualTo(recipe.path("prompt_as_typed"));
    }

    @Test
    void aBatchThatGoesOnAsksNothingTwice() throws IOException {
        server.says("It rains on a walk.");
        Path batch = Files.writeString(folder.resolve("lines.jsonl"), "{\"prompt\": \"A walk.\"}\n");
        Object[] options = {
            "--batch",
            batch,
            "--refine",
            "--refine-url",
            server.url(),
            "--guidance",
            1,
            "--steps",
            1,
            "--prompt",
            "Replaced by the line's."
        };
        generate(MODEL, folder.resolve("out.mp4"), options).ok();
        server.sends(500, "");

        Cli.Result again = generate(MODEL, folder.resolve("out.mp4"), options).ok();

        assertThat(server.asked()).hasSize(1);
        assertThat(again.out()).contains("is there already");
        assertThat(json("out-1.json").path("refined").path("from").asText()).isEqualTo("A walk.");
        Files.writeString(batch, "{\"prompt\": \"A run.\"}\n");
        assertThat(generate(MODEL, folder.resolve("out.mp4"), options).err())
                .contains("line 1: the language model answered 500");
    }

    @Test
    void anAnswerWithoutTheNamesIsRefused() {
        server.says("A woman waves.");
        generate(
                        MODEL,
                        folder.resolve("out.mp4"),
                        "--prompt",
                        "@anna waves",
                        "--person",
                        "anna=" + ADA,
                        "--refine",
                        "--refine-url",
                        server.url())
                .refused(1, "the language model's answer leaves out @anna");
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--refine|--refine needs an endpoint that rewrites the prompt; name one with --refine-url",
                "--refine-url http://localhost/v1|--refine-url is for --refine, which is missing",
                "--refine-model tiny|--refine-model is for --refine, which is missing",
                "--refine --refine-url nowhere|the address of the language model is no http(s) address"
            })
    void whatCannotBeMeantIsRefused(String options, String message) {
        generate(MODEL, folder.resolve("out.mp4"), (Object[]) options.split(" "))
                .refused(2, message);
    }
}
