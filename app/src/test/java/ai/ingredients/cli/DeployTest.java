package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What the files in {@code deploy/} start exists: commands, options, folders, the port. Containers do not run in a build. */
class DeployTest {
    private static final Path DEPLOY = Path.of("../deploy");

    private static String read(String name) throws IOException {
        return Files.readString(DEPLOY.resolve(name));
    }

    private static JsonNode compose() throws IOException {
        return new YAMLMapper().readTree(read("compose.yaml"));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    /** Reads it as the command line would, and starts nothing. */
    private static CommandLine.ParseResult parse(List<String> arguments) {
        CommandLine.ParseResult read = Main.commandLine().parseArgs(arguments.toArray(String[]::new));
        assertThat(read.subcommand()).as(arguments.toString()).isNotNull();
        return read.subcommand();
    }

    @Test
    void theServicesOfTheComposeFileAreCommandsOfOurs() throws IOException {
        JsonNode services = compose().path("services");
        CommandLine.ParseResult studio = parse(texts(services.at("/studio/command")));
        CommandLine.ParseResult worker = parse(texts(services.at("/worker/command")));
        assertThat(studio.commandSpec().name()).isEqualTo("studio");
        assertThat(worker.commandSpec().name()).isEqualTo("worker");
        assertThat(services.at("/worker/deploy/replicas").asInt()).isEqualTo(2);
        for (String shared : List.of("--data", "--database")) {
            assertThat(worker.matchedOptionValue(shared, (Object) null))
                    .as(shared)
                    .isNotNull()
                    .isEqualTo(studio.matchedOptionValue(shared, (Object) null));
        }
        assertThat(studio.hasMatchedOption("--no-worker")).isTrue();
    }

    @Test
    void databaseAndFolderOfTheComposeFileAreItsOwn() throws IOException {
        JsonNode compose = compose();
        JsonNode database = compose.at("/services/database");
        CommandLine.ParseResult studio = parse(texts(compose.at("/services/studio/command")));
        assertThat((Object) studio.matchedOptionValue("--database", ""))
                .isEqualTo("jdbc:postgresql://database/"
                        + database.at("/environment/POSTGRES_DB").asText());
        JsonNode common = compose.path("x-ingredients");
        assertThat(common.at("/environment/PGUSER").asText())
                .isEqualTo(database.at("/environment/POSTGRES_USER").asText());
        assertThat(common.at("/environment/PGPASSWORD").asText())
                .isEqualTo(database.at("/environment/POSTGRES_PASSWORD").asText());
        Path data = studio.matchedOptionValue("--data", Path.of(""));
        assertThat(texts(common.path("volumes"))).containsExactly("data:" + data);
        assertThat(compose.path("volumes").has("data")).isTrue();
        assertThat(read("Containerfile")).contains("VOLUME " + data);
    }

    @Test
    void theImageStartsTheStudioFromTheArchive() throws IOException {
        String file = read("Containerfile");
        assertThat(parse(texts(new YAMLMapper().readTree(found(file, "(?m)^CMD (.*)$"))))
                        .commandSpec()
                        .name())
                .isEqualTo("studio");
        assertThat(file).contains("ENTRYPOINT [\"/opt/ingredients/bin/ingredients\"]", "EXPOSE 7860");
        List<String> first = List.of(found(file, "(?s)bin/ingredients (generate .*?)\\\\\\n *&& rm")
                .replace("\\\n", " ")
                .replace("\"A walk.\"", "A_walk.")
                .strip()
                .split(" +"));
        assertThat(parse(first).commandSpec().name()).isEqualTo("generate");
        for (String path : first.stream()
                .filter(word -> word.startsWith("/opt/ingredients/"))
                .toList()) {
            assertThat(Path.of("..").resolve(path.substring("/opt/ingredients/".length())))
                    .exists();
        }
    }

    @Test
    void theUnitStartsTheStudioInItsOwnFolders() throws IOException {
        String unit = read("ingredients-studio.service");
        String start = found(unit, "(?m)^ExecStart=/opt/ingredients/bin/ingredients (.*)$");
        CommandLine.ParseResult studio = parse(List.of(start.split(" ")));
        assertThat(studio.commandSpec().name()).isEqualTo("studio");
        assertThat(String.valueOf(studio.matchedOptionValue("--data", Path.of(""))))
                .startsWith("%S/ingredients/");
        assertThat(unit)
                .contains(
                        "StateDirectory=ingredients\n",
                        "CacheDirectory=ingredients\n",
                        "INGREDIENTS_CACHE=%C/ingredients/");
    }

    private static String found(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }
}
