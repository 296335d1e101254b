package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What options take and what is said of them, whatever the command. */
class OptionsTest {
    @TempDir
    Path folder;

    private static Stream<CommandSpec> commands(CommandSpec spec) {
        return Stream.concat(
                Stream.of(spec), spec.subcommands().values().stream().flatMap(one -> commands(one.getCommandSpec())));
    }

    /** A terminal's width breaks lines, not whoever typed the text. */
    @Test
    void helpIsWrittenInWholeSentences() {
        commands(Main.commandLine().getCommandSpec()).filter(OptionsTest::ours).forEach(spec -> {
            whole(spec.qualifiedName(), spec.usageMessage().description());
            spec.args().forEach(arg -> whole(spec.qualifiedName() + " " + arg, arg.description()));
        });
    }

    private static boolean ours(CommandSpec spec) {
        return spec.userObject().getClass().getName().startsWith("ai.ingredients");
    }

    private static void whole(String where, String[] lines) {
        for (String line : lines) {
            assertThat(line.isEmpty() || line.matches(".*[.)\"]"))
                    .as(where + ": " + line)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        evaluate --output x --maker nobody              | model, text-only, autoencoder, truth, others
        train --stage nothing                           | vae, text, face-net, attributes, sam, base
        dataset import-consisid --source x --output y --videos nix | link, copy, reference
        """)
    void wordsThatAreUnknownAreListedOnce(String command, String listed) {
        Cli.Result result = Cli.run((Object[]) command.split(" "));
        result.refused(2, listed);
        for (String word : listed.split(", ")) {
            assertThat(result.err().toLowerCase(java.util.Locale.ROOT).split("[^a-z_-]+"))
                    .filteredOn(found -> found.replace('_', '-').equals(word))
                    .as(word)
                    .hasSize(1);
        }
    }

    /** What is refused is not the word, but something after it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        evaluate --maker Text-Only                                  | --output is missing
        evaluate --maker text_only                                  | --output is missing
        train --stage VAE --set training.steps=0                    | steps is 0
        train --stage Face-Net --set training.steps=0               | steps is 0
        dataset import-consisid --source no --output x --videos COPY | no
        dataset import-consisid --source no --output x --videos Link | no
        cast --split TEST --video PNG --count 0                     | --count 0
        """)
    void wordsAreTakenInAnyCase(String command, String refusal) {
        assertThat(Cli.run((Object[]) command.split(" ")).err())
                .contains(refusal)
                .doesNotContain("not known", "Invalid value");
    }

    @Test
    void soAreThoseOfGenerate() {
        Cli.generate(
                        Cli.MODEL,
                        folder.resolve("out.mp4"),
                        "--frames",
                        1,
                        "--steps",
                        1,
                        "--scheduler",
                        "DDIM",
                        "--routing",
                        "Per-Branch",
                        "--dynamic-guidance=Dynamic",
                        "--memory",
                        "MODEL",
                        "--vae-tiling",
                        "Off",
                        "--device",
                        "CPU",
                        "--dtype",
                        "FP32")
                .ok();
        assertThat(JsonFile.read(folder.resolve("out.json")).path("scheduler").asText())
                .isEqualTo("ddim");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "18446744073709551615", "9223372036854775808"})
    void seedsHaveSixtyFourBits(String seed) {
        Path video = folder.resolve("out.mp4");
        Cli.Result result = Cli.generate(Cli.MODEL, video, "--frames", 1, "--steps", 1, "--seed", seed)
                .ok();
        assertThat(result.err()).contains("1 frame of 48x32", "1 dpm step, seed " + seed + ",");
        assertThat(JsonFile.read(folder.resolve("out.json")).path("seed").bigIntegerValue())
                .isEqualTo(new BigInteger(seed));
    }

    @ParameterizedTest
    @ValueSource(strings = {"18446744073709551616", "1.5", "x", "", "-9223372036854775809"})
    void othersAreRefused(String seed) {
        Cli.generate(Cli.MODEL, folder.resolve("out.mp4"), "--seed", seed)
                .refused(2, "--seed", "is no seed", "0 to 18446744073709551615");
    }

    @Test
    void aPromptComesFromAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("prompt.txt"), "\uFEFFTwo women dance\r\n  in a park.\n\n");
        assertThat(prompt(List.of("--prompt-file", file))).isEqualTo("Two women dance in a park.");
    }

    @Test
    void aPromptComesFromAnotherProgram() {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream("Zwei Männer\nreden.\n".getBytes(StandardCharsets.UTF_8)));
        try {
            assertThat(prompt(List.of("--prompt", "-"))).isEqualTo("Zwei Männer reden.");
        } finally {
            System.setIn(before);
        }
    }

    private String prompt(List<Object> options) {
        List<Object> all = new ArrayList<>(List.of("generate", "--model", Cli.MODEL, "--frames", 1, "--steps", 1));
        all.addAll(List.of("--height", 32, "--width", 48, "--output", folder.resolve("out.mp4")));
        all.addAll(options);
        Cli.run(all.toArray()).ok();
        return JsonFile.read(folder.resolve("out.json")).path("prompt").asText();
    }

    @Test
    void promptsThatCannotBeReadAreRefused() throws IOException {
        Path latin = Files.write(folder.resolve("latin"), new byte[] {'M', (byte) 0xe4, 'n'});
        Path empty = Files.writeString(folder.resolve("empty"), " \n");
        Path large = Files.write(folder.resolve("large"), new byte[2 << 20]);
        String model = Cli.MODEL.toString();
        Cli.run("generate", "--model", model).refused(2, "--prompt is missing", "--prompt-file");
        Cli.run("generate", "--model", model, "--prompt", "x", "--prompt-file", empty)
                .refused(2, "both given");
        Cli.run("generate", "--model", model, "--prompt-file", folder.resolve("none"))
                .refused(2, "--prompt-file", "none");
        Cli.run("generate", "--model", model, "--prompt-file", folder).refused(2, "--prompt-file");
        Cli.run("generate", "--model", model, "--prompt-file", latin).refused(2, "no text in UTF-8");
        Cli.run("generate", "--model", model, "--prompt-file", empty).refused(2, "is empty");
        Cli.run("generate", "--model", model, "--prompt-file", large).refused(2, "longer than 1 MiB");
    }

    @Test
    void warningsAreShortWhateverThePrompt() {
        String prompt = "A woman walks in a park. ".repeat(400) + "<nobody>".repeat(200);
        Cli.Result result = Cli.generate(
                        Cli.MODEL, folder.resolve("out.mp4"), "--prompt", prompt, "--frames", 1, "--steps", 1)
                .ok();
        assertThat(result.errLines())
                .allSatisfy(line -> assertThat(line).hasSizeLessThan(250))
                .anySatisfy(line -> assertThat(line).contains("is longer than", "not used: \"", "…\""));
    }

    @Test
    void theDemoNeedsAFolderItCanMake() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        System.setProperty("ingredients.home", "..");
        try {
            Cli.run("demo", "--model", Cli.MODEL, "--output", file.resolve("below"))
                    .refused(2, "file/below", "cannot be made");
        } finally {
            System.clearProperty("ingredients.home");
        }
    }

    /** What is written where nothing else was said does not end up in somebody's commit. */
    @Test
    void defaultOutputsAreIgnoredByGit() throws IOException {
        List<String> ignored = Files.readAllLines(Path.of("../.gitignore"));
        commands(Main.commandLine().getCommandSpec()).forEach(spec -> {
            for (String name : List.of("--output", "--runs")) {
                OptionSpec option = spec.findOption(name);
                String written = option == null ? null : option.defaultValue();
                if (written != null) {
                    String first = written.replaceAll("/.*", "");
                    assertThat(ignored)
                            .as(spec.qualifiedName() + " " + name)
                            .containsAnyOf("/" + first, "/" + first + "/", "/" + first + "/*");
                }
            }
        });
        assertThat(ignored).contains("/out.json", "/runs/");
    }

    @Test
    void commandsArePrintedAsAShellReadsThem() throws Exception {
        List<String> arguments = List.of("--set", "data={clips: 4}", "it's", "", "a$b`c", "plain/path.mp4", "ä\"");
        Process echo = new ProcessBuilder(
                        "bash",
                        "-c",
                        "printf '%s\\n' "
                                + String.join(
                                        " ",
                                        arguments.stream().map(Shell::quoted).toList()))
                .redirectErrorStream(true)
                .start();
        assertThat(new String(echo.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines())
                .containsExactlyElementsOf(arguments);
        assertThat(Shell.quoted("plain/path.mp4")).isEqualTo("plain/path.mp4");
    }
}
