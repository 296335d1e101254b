package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The engine speaks Java: no sentence of core or training names an option or a command of this program. {@link Wording}
 * turns its fields into options.
 */
class EngineMessagesTest {
    /** Comments, which may say what they like, texts in quotes, and characters. */
    private static final Pattern TOKEN = Pattern.compile(
            "(?s)//[^\\n]*|/\\*.*?\\*/|\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])+'");

    /** An option, a command by its full name, or one that is quoted. */
    private static final Pattern OURS = Pattern.compile(
            "(?<![\\w-])--[a-z][a-z-]+|\\bingredients (?:" + commands() + ")\\b|`(?:" + commands() + ")[` ]");

    private static String commands() {
        return String.join("|", Main.commandLine().getSubcommands().keySet());
    }

    /** Texts in {@code source} that name something of the command line. */
    private static List<String> speaking(String source) {
        List<String> found = new ArrayList<>();
        Matcher token = TOKEN.matcher(source);
        while (token.find()) {
            if (token.group().startsWith("\"") && OURS.matcher(token.group()).find()) {
                found.add(token.group());
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"core", "training"})
    void noTextNamesAnOptionOrACommand(String module) throws IOException {
        List<String> found = new ArrayList<>();
        int files = 0;
        try (Stream<Path> sources = Files.walk(Path.of("..", module, "src/main/java"))) {
            for (Path file :
                    sources.filter(path -> path.toString().endsWith(".java")).toList()) {
                files++;
                speaking(Files.readString(file)).forEach(text -> found.add(file + ": " + text));
            }
        }
        assertThat(files).isGreaterThan(20);
        assertThat(found)
                .as("say it in the engine's words, and give Wording the option")
                .isEmpty();
    }

    @Test
    void optionsAndCommandsAreNoticed() {
        assertThat(speaking(
                        "x(\"--frames \" + n); // \"--frames\"\n/** \"--steps\" */ y(\"use `ingredients doctor`\");"))
                .containsExactly("\"--frames \"", "\"use `ingredients doctor`\"");
        assertThat(speaking("x(\"see `generate --help`\", \"make it with ingredients faces\")"))
                .hasSize(2);
        assertThat(speaking("x(\"models--org--name\", \"a - b -- c\", \"run `git lfs pull`\", 'x', \"ingredients\")"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "`frames` 12 cannot be made; use 9 or 17 | --frames 12 cannot be made; use 9 or 17",
                "`guidanceScale` or `faceScale` is far too large | --guidance or --face-scale is far too large",
                "the prompt mentions @bob (names are ada); name a `person` bob, or write @@bob for an @ "
                        + "| the prompt mentions @bob (names are ada); give --person bob=FILE, or write @@bob for an @",
                "libtorch sees 0 CUDA device(s); use `device` cpu "
                        + "| libtorch sees 0 CUDA device(s); use --device cpu, or see `ingredients doctor`",
                "add `kind: folder`, run `git lfs pull`, leave `start` out "
                        + "| add `kind: folder`, run `git lfs pull`, leave `start` out",
            })
    void fieldsBecomeOptions(String engine, String here) {
        assertThat(Wording.of(engine)).isEqualTo(here);
    }

    @Test
    void everyOptionOfTheWordingExists() {
        String known = Main.commandLine().getSubcommands().values().stream()
                .flatMap(command -> Stream.concat(Stream.of(command), command.getSubcommands().values().stream()))
                .flatMap(command -> command.getCommandSpec().optionsMap().keySet().stream())
                .collect(Collectors.joining(" ", " ", " "));
        assertThat(Wording.options()).allSatisfy(option -> assertThat(known).contains(" " + option + " "));
    }
}
