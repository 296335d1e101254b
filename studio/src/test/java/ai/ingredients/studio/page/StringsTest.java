package ai.ingredients.studio.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every string in one place: both languages say the same things, and the page asks for no string that is not there. */
class StringsTest {
    private static final Path PAGE = Path.of("src/main/resources/ai/ingredients/studio/page");
    private static final Pattern ASKED = Pattern.compile("\\bt\\(\\s*\"([\\w.-]+)\"");
    private static final Pattern FILLED = Pattern.compile("\\{\\w+}");

    @Test
    void bothLanguagesHaveTheSameKeysAndPlaces() throws IOException {
        JsonNode english = strings("en");
        JsonNode german = strings("de");
        assertThat(keys(german)).isEqualTo(keys(english));
        for (String key : keys(english)) {
            assertThat(filled(german.path(key).asText()))
                    .as(key)
                    .isEqualTo(filled(english.path(key).asText()));
        }
    }

    @Test
    void everyStringThatIsAskedForIsThere() throws IOException {
        Set<String> there = keys(strings("en"));
        Set<String> asked = new TreeSet<>();
        for (Path module : modules()) {
            ASKED.matcher(Files.readString(module))
                    .results()
                    .map(found -> found.group(1))
                    .forEach(asked::add);
        }
        assertThat(asked).hasSizeGreaterThan(100);
        assertThat(asked.stream().filter(key -> !there.contains(key) && !there.contains(key + ".other")))
                .isEmpty();
    }

    @Test
    void nothingOnThePageIsFetchedFromElsewhereOrWrittenInline() throws IOException {
        try (Stream<Path> files = Files.walk(PAGE)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = Files.readString(file).replace("http://www.w3.org/2000/svg", "");
                assertThat(text).as(file.toString()).doesNotContain("http://", "https://", "@import");
                if (file.toString().endsWith(".html")) {
                    assertThat(text)
                            .as(file.toString())
                            .doesNotContain("<style", "style=", "onclick=")
                            .doesNotContainPattern("<script(?![^>]*src=)");
                }
            }
        }
    }

    private static List<Path> modules() throws IOException {
        try (Stream<Path> files = Files.walk(PAGE)) {
            return files.filter(file -> file.toString().endsWith(".js")).toList();
        }
    }

    private static JsonNode strings(String language) throws IOException {
        return new ObjectMapper().readTree(Files.readString(PAGE.resolve("strings/" + language + ".json")));
    }

    private static Set<String> keys(JsonNode strings) {
        Set<String> keys = new TreeSet<>();
        strings.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    private static Set<String> filled(String text) {
        return FILLED.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }
}
