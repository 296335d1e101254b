package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static ai.ingredients.cli.Cli.relativeError;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.tensor.Scope;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A word is learned with {@code train} and used by {@code generate}. */
class InversionCommandTest {
    @TempDir
    Path folder;

    /** Random vectors of the tiny model's width. */
    private Path word(String file, String name, int vectors, int width) {
        Path path = folder.resolve(file);
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(vectors);
            SafetensorsWriter.write(path, Map.of(name, torch.randn(vectors, width)), Map.of());
        }
        return path;
    }

    private Path video() {
        return folder.resolve("out.mp4");
    }

    @Test
    void aWordIsLearnedAndUsed() throws IOException {
        Path run = folder.resolve("run");
        Path config = Files.writeString(folder.resolve("anna.yaml"), """
            name: <anna>
            vectors: 2
            training: {steps: 2, checkpoint-every: 2, validate-every: 0}
            data: {photos: 2, clips: 1, window: {width: 48, height: 32, frames: 9}}
            inversion: {batch: 2}
            """);

        Cli.run("train", "--stage", "inversion", "--config", config, "--set", "bundle=" + MODEL, "--output", run)
                .ok();

        Path learned = run.resolve("model").resolve(LearnedWord.FILE);
        assertThat(learned).isRegularFile();
        Path with = folder.resolve("with.safetensors");
        Cli.Result result = generate(
                        MODEL,
                        video(),
                        "--prompt",
                        "<anna> walks.",
                        "--embedding",
                        run.resolve("model"),
                        "--save-latents",
                        with)
                .ok();
        assertThat(result.err()).doesNotContain("warning");
        JsonNode recipe = new ObjectMapper().readTree(folder.resolve("out.json").toFile());
        assertThat(recipe.path("prompt").asText()).isEqualTo("<anna> walks.");
        assertThat(recipe.at("/embeddings/0/name").asText()).isEqualTo("<anna>");
        assertThat(recipe.at("/embeddings/0/vectors").asInt()).isEqualTo(2);
        assertThat(recipe.at("/embeddings/0/file").asText()).isEqualTo(LearnedWord.FILE);
        assertThat(recipe.at("/embeddings/0/sha256").asText())
                .isEqualTo(LearnedWord.read(learned).getFirst().sha256());

        Path without = folder.resolve("without.safetensors");
        Cli.Result plain = generate(MODEL, video(), "--prompt", "<anna> walks.", "--save-latents", without)
                .ok();
        assertThat(plain.err()).contains("warning: <anna> in the prompt is read as plain text", "--embedding");
        assertThat(relativeError(with, "final", without, "final")).isGreaterThan(0);
    }

    @Test
    void severalWordsAlsoInTheNegativePrompt() throws IOException {
        Path anna = word("anna.safetensors", "<anna>", 3, 32);
        Path bob = word("bob.safetensors", "emb_params", 1, 32);
        Path base = folder.resolve("base.safetensors");
        generate(MODEL, video(), "--prompt", "A walk.", "--save-latents", base).ok();
        Path latents = folder.resolve("latents.safetensors");
        Cli.Result used = generate(
                        MODEL,
                        video(),
                        "--negative-prompt",
                        "<bob>",
                        "--embedding",
                        anna,
                        "--embedding",
                        bob,
                        "--save-latents",
                        latents)
                .ok();
        assertThat(used.err())
                .contains("warning: no prompt names <anna> of " + anna)
                .doesNotContain("<bob>");
        assertThat(relativeError(latents, "final", base, "final")).isGreaterThan(0);

        Cli.Result cut = generate(
                        MODEL,
                        video(),
                        "--prompt",
                        "A walk with <anna>",
                        "--embedding",
                        anna,
                        "--max-sequence-length",
                        6)
                .ok();
        assertThat(cut.err()).contains("warning: the prompt is longer than 6 tokens; not used: \"");
    }

    @Test
    void whatCannotBeUsedIsSaid() throws IOException {
        Path anna = word("anna.safetensors", "<anna>", 1, 32);
        Path wide = word("wide.safetensors", "<wide>", 1, 768);
        Path twice = word("twice.safetensors", "anna", 1, 32);
        Map<String, String> before = Cli.listing(folder);
        generate(MODEL, video(), "--prompt", "<ana> walks.", "--embedding", anna)
                .refused(2, "the prompt names <ana>, which is in no file of --embedding; known: <anna>");
        generate(MODEL, video(), "--negative-prompt", "<x>", "--embedding", anna)
                .refused(2, "the negative prompt names <x>");
        generate(MODEL, video(), "--embedding", wide)
                .refused(2, "<wide> has vectors of 768 numbers, this model's text encoder has 32");
        generate(MODEL, video(), "--embedding", anna, "--embedding", twice)
                .refused(2, twice + ": names the word <anna>, and so does " + anna);
        generate(MODEL, video(), "--embedding", folder.resolve("nowhere.safetensors"))
                .refused(2, "nowhere.safetensors", "no such file");
        generate(MODEL, video(), "--embedding", MODEL.resolve("vae/diffusion_pytorch_model.safetensors"))
                .refused(2, "a file of learned words has");
        generate(MODEL, video(), "--embedding", folder).refused(2, LearnedWord.FILE, "no such file");
        generate(MODEL, folder.resolve("anna.safetensors"), "--embedding", anna).refused(2, "anna.safetensors");
        assertThat(Cli.listing(folder)).isEqualTo(before);
    }

    @Test
    void theStageIsListed() {
        Cli.run("train").refused(2, "inversion");
        assertThat(Cli.run("train", "--stage", "inversion", "--print-config")
                        .ok()
                        .out())
                .contains("name: <person>", "kind: cast", "photo-share: 0.5");
    }
}
