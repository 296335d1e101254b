package ai.ingredients.training.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.Spelling;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configs: what is read, what is kept, and what a typo is told. */
class TrainingConfigTest {
    enum RoutingLoss {
        NONE,
        MSE,
        CROSS_ENTROPY
    }

    record Rate(double learningRate, int warmUpSteps) {
        Rate {
            if (learningRate <= 0) {
                throw new InvalidInputException("learning rate " + learningRate + " is not above 0; use 1e-4");
            }
        }
    }

    record Layer(String name, int width) {}

    record Config(
            Path data,
            long steps,
            boolean bf16,
            RoutingLoss routingLoss,
            List<String> train,
            List<Integer> sizes,
            Rate rate,
            @Nullable String init,
            @Nullable Rate faceRate,
            @Nullable Integer workers,
            List<Layer> layers) {
        static final Config DEFAULT = new Config(
                Path.of("data/clips"),
                1000,
                true,
                RoutingLoss.MSE,
                List.of("router"),
                List.of(1, 2),
                new Rate(1e-4, 100),
                null,
                null,
                4,
                List.of());
    }

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("train.yaml");
    }

    private Config read(String yaml, String... overrides) throws IOException {
        Files.writeString(file, yaml);
        return TrainingConfig.read(file, List.of(overrides), Config.class);
    }

    @Test
    void everyKindOfValueIsRead() throws IOException {
        Config config = read("""
            # how it starts
            data: some/where
            steps: 2_000_000
            bf16: false
            routing-loss: cross-entropy
            train: [router, "face.*"]
            sizes:
              - 3
              - 4
            rate: {learning-rate: 3e-5, warm-up-steps: 0}
            init: 007
            face-rate:
              learning-rate: 1
              warm-up-steps: 5
            workers: ~
            layers: [{name: a, width: 1}, {name: "true", width: 2}]
            """);
        Config expected = new Config(
                Path.of("some/where"),
                2_000_000,
                false,
                RoutingLoss.CROSS_ENTROPY,
                List.of("router", "face.*"),
                List.of(3, 4),
                new Rate(3e-5, 0),
                "007",
                new Rate(1, 5),
                null,
                List.of(new Layer("a", 1), new Layer("true", 2)));
        assertEquals(expected, config);
    }

    @Test
    void whatIsAbsentKeepsItsDefault() throws IOException {
        assertEquals(Config.DEFAULT, read(""));
        assertEquals(Config.DEFAULT, read("# nothing yet\nrate:\n#  learning-rate: 3\n"));
        Config config = read("rate:\n  warm-up-steps: 7\n");
        assertEquals(new Rate(1e-4, 7), config.rate());
        Rate other = TrainingConfig.bind(
                new Rate(5, 6), JsonNodeFactory.instance.objectNode().put("warm-up-steps", 8));
        assertEquals(new Rate(5, 8), other);
    }

    @Test
    void aRecordWithoutDefaultsNeedsAllItsKeys() throws IOException {
        Files.writeString(file, "learning-rate: 0.5");
        assertThatThrownBy(() -> TrainingConfig.read(file, List.of(), Rate.class))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(file + ": warm-up-steps is missing; it has no default");
        assertThatThrownBy(() -> read("face-rate: {learning-rate: 1}"))
                .hasMessage(file + ": face-rate.warm-up-steps is missing; it has no default");
    }

    @Test
    void overridesReplaceValuesOfAnyDepth() throws IOException {
        Config config = read(
                "steps: 5\nrate: {warm-up-steps: 3}",
                "steps=7",
                "rate.learning-rate=2e-3",
                "train=[a, b]",
                "init=x=y",
                "face-rate={learning-rate: 1, warm-up-steps: 2}",
                "steps=8");
        assertEquals(8, config.steps());
        assertEquals(new Rate(2e-3, 3), config.rate());
        assertEquals(List.of("a", "b"), config.train());
        assertEquals("x=y", config.init());
        assertEquals(new Rate(1, 2), config.faceRate());
        assertNull(read("init: a", "init=null").init());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        stpes: 5                       | stpes there is no such key; did you mean steps?
        routing_loss: mse              | routing_loss there is no such key; did you mean routing-loss?
        rate: {learnin-rate: 5}        | rate.learnin-rate there is no such key; did you mean rate.learning-rate?
        rate: {momentum: 5}            | rate.momentum there is no such key; the keys here are learning-rate, warm-up-steps
        steps: many                    | steps is "many", expected a whole number
        steps: 1.5                     | steps is "1.5", expected a whole number
        sizes: [1, 3000000000]         | sizes[1] is "3000000000", expected a whole number from -2147483648 to 2147483647
        bf16: 1                        | bf16 is "1", expected true or false
        routing-loss: CE               | routing-loss is "CE", expected one of none, mse, cross-entropy
        train: router                  | train is "router", expected a list such as [a, b]
        rate: 5                        | rate is "5", expected keys and values
        rate: {learning-rate: fast}    | rate.learning-rate is "fast", expected a number
        rate: {learning-rate: .nan}    | rate.learning-rate is ".nan", expected a number
        steps: [1, {a: b}]             | steps is ["1", {a: "b"}], expected a whole number
        data:                          | data is empty, expected a path
        layers: [{name: a, wdith: 3}]  | layers[0].wdith there is no such key; did you mean layers[0].width?
        rate: {learning-rate: -1}      | rate: learning rate -1.0 is not above 0; use 1e-4
        """)
    void aMistakeIsToldWithItsKey(String yaml, String message) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void aMistakeInAnOverrideNamesTheOverride() {
        assertThatThrownBy(() -> read("", "rate.lerning-rate=1"))
                .hasMessage("override rate.lerning-rate=1: rate.lerning-rate there is no such key;"
                        + " did you mean rate.learning-rate?");
        assertThatThrownBy(() -> read("steps: 3", "steps=x"))
                .hasMessage("override steps=x: steps is \"x\", expected a whole number");
        assertThatThrownBy(() -> read("steps: x", "bf16=true")).hasMessageStartingWith(file + ": steps is");
        assertThatThrownBy(() -> read("", "rate.learning-rate=0"))
                .hasMessageStartingWith(file + " with override rate.learning-rate=0: rate: learning rate 0.0");
        assertThatThrownBy(() -> read("", "steps")).hasMessageContaining("override \"steps\": expected key=value");
        assertThatThrownBy(() -> read("", "rate..x=1")).hasMessageContaining("expected key=value");
        assertThatThrownBy(() -> read("", "train=[a")).hasMessageStartingWith("override train=[a: is not valid YAML");
    }

    @ParameterizedTest
    @ValueSource(strings = {"steps: 1\nsteps: 2", "steps: [1", "a\tb: - c: d: e", "steps: &a 1\nsizes: [*a]"})
    void whatIsNoYamlIsToldInOneLine(String yaml) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": is not valid YAML in line ")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @Test
    void whatIsNoConfigIsRefused() {
        assertThatThrownBy(() -> read("just words")).hasMessage(file + ": is \"just words\", expected keys and values");
        assertThatThrownBy(() -> read("steps: 1\n---\nsteps: 2")).hasMessageContaining("more than one YAML document");
        Path missing = folder.resolve("none.yaml");
        assertThatThrownBy(() -> TrainingConfig.read(missing, List.of(), Config.class))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(missing + ": there is no such file");
        assertThatThrownBy(() -> TrainingConfig.read(folder, List.of(), Config.class))
                .hasMessageContaining("is a folder");
    }

    @Test
    void whatIsWrittenIsReadBackEqual() throws IOException {
        Config config = new Config(
                Path.of("a b/c:d"),
                Long.MAX_VALUE,
                false,
                RoutingLoss.CROSS_ENTROPY,
                List.of("true", "1e5", "null", "", "ü\n# no comment", " x ", "- a", "{b}", "*"),
                List.of(),
                new Rate(0.1 + 0.2, -3),
                "~",
                new Rate(Double.POSITIVE_INFINITY, 0),
                null,
                List.of(new Layer("no", 5)));
        assertEquals(config, read(TrainingConfig.toYaml(config)));
        assertEquals(Config.DEFAULT, read(TrainingConfig.toYaml(Config.DEFAULT)));
        assertThat(TrainingConfig.toYaml(Config.DEFAULT))
                .contains("routing-loss: mse\n", "  learning-rate: 0.0001\n", "init: null\n", "data: data/clips\n");
    }

    record Seeds(long seed, int steps, long faceSeed) {}

    @ParameterizedTest
    @CsvSource({"18446744073709551615, -1", "9223372036854775808, -9223372036854775808", "-1, -1", "7, 7"})
    void seedsAre64BitsWithoutASign(String written, long seed) {
        Seeds defaults = new Seeds(0, 1, 0);

        Seeds read = TrainingConfig.of(List.of("seed=" + written, "face-seed=" + written), defaults);

        assertEquals(new Seeds(seed, 1, seed), read);
        assertEquals(read, TrainingConfig.bind(defaults, TrainingConfig.tree(read)));
        assertThat(TrainingConfig.toYaml(read)).contains("seed: " + Long.toUnsignedString(seed) + "\n");
    }

    @Test
    void aSeedThatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> TrainingConfig.of(List.of("seed=18446744073709551616"), new Seeds(0, 1, 0)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll("seed", "from 0 to 18446744073709551615");
    }

    @Test
    void differencesAndFingerprintsAreOfTheValues() throws IOException {
        Config before = Config.DEFAULT;
        Config after = read("steps: 2000\nrate: {warm-up-steps: 0}\ninit: t2v\ntrain: [all]");
        assertThat(TrainingConfig.differences(before, after))
                .extracting(Object::toString)
                .containsExactly(
                        "steps was 1000 and is 2000",
                        "train was [\"router\"] and is [\"all\"]",
                        "rate.warm-up-steps was 100 and is 0",
                        "init was empty and is \"t2v\"");
        assertThat(TrainingConfig.differences(before, read(""))).isEmpty();
        assertEquals(TrainingConfig.fingerprint(before), TrainingConfig.fingerprint(read("")));
        assertThat(TrainingConfig.fingerprint(after)).isNotEqualTo(TrainingConfig.fingerprint(before));
    }

    @Test
    void nearMeansFewEdits() {
        assertEquals(0, Spelling.distance("same", "same"));
        assertEquals(1, Spelling.distance("steps", "stpes"));
        assertEquals(3, Spelling.distance("kitten", "sitting"));
        assertEquals(4, Spelling.distance("", "four"));
        assertEquals("lambda", Spelling.nearest("lamda", List.of("labels", "lambda")));
        assertNull(Spelling.nearest("colour", List.of("labels", "lambda")));
    }

    record Places(Path here, Nested nested, @Nullable Path none) {}

    record Nested(Path there, int size) {}

    @Test
    void pathsAreReplacedWhereverTheyAre() {
        Places places = new Places(Path.of("a"), new Nested(Path.of("b"), 3), null);
        assertEquals(
                new Places(Path.of("root/a"), new Nested(Path.of("root/b"), 3), null),
                TrainingConfig.withPaths(places, path -> Path.of("root").resolve(path)));
    }
}
