package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.ALAN;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import ai.ingredients.pipeline.RoutingMaps;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is who and who is where, as a user types it. */
class WhoAndWhereTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path people;

    @BeforeAll
    static void preparePeople() {
        people = Cli.randomPeople(2, shared.resolve("people.safetensors"));
    }

    private Path video() {
        return folder.resolve("out.mp4");
    }

    private JsonNode recipe() {
        return JsonFile.read(folder.resolve("out.json"));
    }

    /** A model that cannot tell people apart moves nobody: it says so, and only where a place was asked for. */
    @Test
    void placesWithoutEffectAreToldOf() {
        Path collapsed = Cli.collapsed(folder.resolve("collapsed"));
        String warning = "places change next to nothing with this model";

        assertThat(generate(collapsed, video(), "--faces", people, "--place", "1=left")
                        .ok()
                        .err())
                .contains("warning: " + warning);
        assertThat(generate(collapsed, video(), "--faces", people).ok().err()).doesNotContain(warning);
        assertThat(generate(MODEL, video(), "--faces", people, "--place", "1=left")
                        .ok()
                        .err())
                .doesNotContain(warning);
    }

    @Test
    void namesRolesAndPlacesReachTheVideoAndItsRecipe() {
        Path routing = folder.resolve("routing.safetensors");
        String typed = "@anna waves at a man, a@b.org. @Anna laughs @@home.";

        Cli.Result result = generate(
                MODEL,
                video(),
                "--image",
                ALAN,
                "--person",
                "anna=" + ADA,
                "--landmarks",
                LANDMARKS,
                "--prompt",
                typed,
                "--negative-prompt",
                "@anna frowns",
                "--role",
                "anna=a woman in red",
                "--place",
                "1=right",
                "--place",
                "anna=0,0,0.5,1@0-0.625",
                "--place",
                "ANNA=left@0.625-1.125",
                "--place-strength",
                "40",
                "--save-routing",
                routing);

        result.ok();
        JsonNode recipe = recipe();
        assertThat(recipe.path("names").toString()).isEqualTo("[\"\",\"anna\"]");
        assertThat(recipe.path("photos").toString()).isEqualTo("[\"alan.png\",\"ada.png\"]");
        assertThat(recipe.path("prompt").textValue())
                .isEqualTo("A woman in red waves at a man, a@b.org. The woman in red laughs @home.");
        assertThat(recipe.path("prompt_as_typed").textValue()).isEqualTo(typed);
        assertThat(recipe.path("negative_prompt").textValue()).isEqualTo("A woman in red frowns");
        assertThat(recipe.path("negative_prompt_as_typed").textValue()).isEqualTo("@anna frowns");
        assertThat(recipe.path("places").toString())
                .isEqualTo("[{\"person\":1,\"region\":[0.6,0.0,1.0,1.0]},"
                        + "{\"person\":2,\"region\":[0.0,0.0,0.5,1.0],\"seconds\":[0.0,0.625]},"
                        + "{\"person\":2,\"region\":[0.0,0.0,0.4,1.0],\"seconds\":[0.625,1.125]}]");
        assertThat(recipe.path("place_strength").doubleValue()).isEqualTo(40);
        RoutingMaps maps = RoutingMaps.read(routing); // 3x2x3 tokens
        assertThat(maps.columns()).isEqualTo(3);
        for (int frame = 0; frame < maps.frames(); frame++) {
            for (int row = 0; row < maps.rows(); row++) {
                assertThat(maps.share(frame, row, 0, 1)).isGreaterThan(0.99f);
                assertThat(maps.share(frame, row, 2, 0)).isGreaterThan(0.99f);
            }
        }
    }

    @Test
    void withoutAnyOfItRecipeAndBitsAreAsBefore() {
        Path plain = folder.resolve("plain.safetensors");
        Path none = folder.resolve("none.safetensors");

        generate(MODEL, video(), "--faces", people, "--save-latents", plain).ok();
        JsonNode recipe = recipe();
        generate(MODEL, video(), "--faces", people, "--save-latents", none, "--place", "2=left", "--place-strength", 0)
                .ok();

        for (String key : List.of("names", "prompt_as_typed", "places", "place_strength", "router_order", "canvas")) {
            assertThat(recipe.has(key)).as(key).isFalse();
        }
        assertThat(Cli.relativeError(none, "final", plain, "final")).isZero();
        assertThat(recipe().path("place_strength").doubleValue()).isZero();
    }

    @Test
    void theDefaultStrengthIsInTheRecipe() {
        generate(MODEL, video(), "--faces", people, "--place", "2=left").ok();
        assertThat(recipe().path("place_strength").doubleValue()).isEqualTo(30);
    }

    @Test
    void theCanvasCanBeLeftOut() {
        Path with = folder.resolve("with.safetensors");
        Path without = folder.resolve("without.safetensors");

        generate(MODEL, video(), "--faces", people, "--save-latents", with).ok();
        generate(MODEL, video(), "--faces", people, "--save-latents", without, "--no-canvas")
                .ok();

        assertThat(recipe().path("canvas").booleanValue()).isFalse();
        assertThat(recipe().has("canvas")).isTrue();
        assertThat(Cli.relativeError(without, "initial", with, "initial")).isZero();
        assertThat(Cli.relativeError(without, "final", with, "final")).isGreaterThan(0);
        try (Scope scope = Scope.inference();
                SafetensorsFile latents = SafetensorsFile.open(without)) {
            assertThat(latents.get("image").abs().max().item().toDouble()).isZero();
        }
    }

    @Test
    void aFileOfPeopleKeepsTheirNames() {
        Path named = folder.resolve("named.safetensors");
        Cli.run("faces", "--model", MODEL, "--landmarks", LANDMARKS, "--output", named, "--person", "anna=" + ADA, ALAN)
                .ok();

        generate(MODEL, video(), "--faces", named, "--prompt", "A man and @anna.", "--place", "anna=left")
                .ok();

        assertThat(recipe().path("names").toString()).isEqualTo("[\"\",\"anna\"]");
        assertThat(recipe().path("prompt").textValue()).isEqualTo("A man and a person.");
        assertThat(recipe().at("/places/0/person").intValue()).isEqualTo(2);
        generate(MODEL, video(), "--faces", named, "--prompt", "Two people.").ok();
        generate(MODEL, video(), "--faces", named, "--prompt", "@bob").refused(2, "@bob", "names are anna");
        generate(MODEL, video(), "--faces", named, "--role", "bob=a man").refused(2, "role of bob", "names are anna");
        generate(MODEL, video(), "--faces", named, "--place", "bob=left").refused(2, "nobody is called bob", "anna");
        generate(MODEL, video(), "--faces", named, "--place", "3=left").refused(2, "no person 3", "1 to 2");
    }

    /** Files of people are foreign: what stands for names in them is checked. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[\"a\"]             | are 1, but the people are 2",
                "[\"a\", \"A\"]      | two people are called",
                "[\"a\", 7]          | no name",
                "[\"a\", \"b c\"]    | no name",
                "{                   | no JSON",
                "7                   | are 0"
            })
    void namesInAFileOfPeopleAreChecked(String names, String fragment) {
        Path named = folder.resolve("named.safetensors");
        try (Scope scope = Scope.inference();
                SafetensorsFile from = SafetensorsFile.open(people)) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            from.names().forEach(name -> tensors.put(name, from.get(name)));
            SafetensorsWriter.write(named, tensors, Map.of("names", names));
        }
        generate(MODEL, video(), "--faces", named).refused(2, named.toString(), fragment);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--person anna             | --person anna ;NAME=FILE",
                "--person anna=            | --person anna= ;NAME=FILE",
                "--person =x.png           | --person =x.png ;no name",
                "--person 1=x.png          | no name ;begins with a letter",
                "--person a=x.png --person A=y.png | no prompt mentions @a;",
                "--person a=x.png          | no prompt mentions @a ;--image",
                "--person a=x.png --image y.png --prompt @b | the prompt mentions @b ;names are a ;--person b=FILE"
                        + " ;@@b",
                "--prompt @b               | the prompt mentions @b ;no person has a name",
                "--image x.png --negative-prompt @b | the negative prompt mentions @b",
                "--person a=x.png --prompt @a --role b=x | the role of b ;names are a",
                "--person a=x.png --prompt @a --role a | --role a ;NAME=WORDS",
                "--person a=x.png --prompt @a --role a= | the role of a is empty",
                "--person a=x.png --prompt @a --role a=x --role A=y | --role was given twice",
                "--role a=x                | --role needs people",
                "--place 1=left            | --place needs people",
                "--no-canvas               | --no-canvas needs people",
                "--image x.png --place-strength 3 | --place-strength is without effect ;--place",
                "--image x.png --place 1=left --place-strength -1 | strength",
                "--image x.png --place left | --place left cannot be read ;N=left",
                "--image x.png --place =left | cannot be read",
                "--image x.png --place 1=top | --place 1=top cannot be read",
                "--image x.png --place 1=0,0,1 | cannot be read",
                "--image x.png --place 1=0,0,1,1e0 | cannot be read",
                "--image x.png --place 1=0,0,1,2 | --place 1=0,0,1,2: ;0 <= y0 < y1 <= 1",
                "--image x.png --place 1=0.5,0,0.5,1 | 0 <= x0 < x1 <= 1",
                "--image x.png --place 1=left@ | cannot be read",
                "--image x.png --place 1=left@1 | cannot be read",
                "--image x.png --place 1=left@1-1 | --place 1=left@1-1: ;0 <= from < to",
                "--image x.png --place 1=left@0-9 | the place left@0-9 ends at 9 s ;the video at 1.125 s",
                "--image x.png --place 1=left@0.3-0.31 | no frame begins",
                "--image x.png --place 1=0,0,0.1,0.1 | 16x16 pixels",
                "--image x.png --place 0=left | no person 0 ;only person 1",
                "--image x.png --place 2=left | no person 2 ;only person 1",
                "--image x.png --image y.png --place 3=left | people are numbered 1 to 2",
                "--image x.png --place anna=left | nobody is called anna"
            })
    void whatCannotBeIsRefusedInOneLineBeforePhotosAreRead(String typed, String fragments) {
        generate(MODEL, video(), (Object[]) typed.split(" ")).refused(2, fragments.split(" ?;"));
        assertThat(Cli.listing(folder).keySet()).containsExactly("");
    }

    @Test
    void namesMayStandForPlacesOnlyAndPathsMayHoldAnything() {
        generate(MODEL, video(), "--person", "a=no=such:file.png", "--place", "a=left")
                .refused(2, "no=such:file.png");
    }

    @Test
    void oneOrManyPeopleAreToldWhatPlacesDo() {
        Path one = Cli.randomPeople(1, folder.resolve("one.safetensors"));
        assertThat(generate(MODEL, video(), "--faces", one, "--place", "1=left")
                        .ok()
                        .err())
                .contains("with one person", "changes nothing");
        Path three = Cli.randomPeople(3, folder.resolve("three.safetensors"));
        generate(MODEL, video(), "--faces", three, "--place", "1=left", "--place", "2=middle", "--place", "3=right")
                .ok();
    }

    private Cli.Result inspect(String output, Object... args) {
        List<Object> all = new ArrayList<>(List.of("inspect", "run", "--model", MODEL, "--prompt", "A walk."));
        all.addAll(List.of("--frames", 9, "--height", 32, "--width", 48, "--steps", 2));
        all.addAll(List.of("--output", folder.resolve(output)));
        all.addAll(List.of(args));
        return Cli.run(all.toArray());
    }

    @Test
    void anInspectionCanExchangePeopleInTheRouterOnly() {
        inspect("plain", "--faces", people, "--steps-shown", 2).ok();
        inspect("swapped", "--faces", people, "--steps-shown", 2, "--swap-router", "2,1", "--no-canvas")
                .ok();
        inspect("canvas", "--faces", people, "--steps-shown", 2, "--no-canvas").ok();

        JsonNode json = JsonFile.read(folder.resolve("swapped/inspection.json"));
        assertThat(json.at("/recipe/router_order").toString()).isEqualTo("[2,1]");
        assertThat(json.at("/recipe/canvas").isBoolean()).isTrue();
        float[] straight = firstShares("canvas");
        float[] exchanged = firstShares("swapped");
        for (int i = 0; i < straight.length; i += 2) {
            assertThat(exchanged[i]).isEqualTo(straight[i + 1]);
            assertThat(exchanged[i + 1]).isEqualTo(straight[i]);
        }
        assertThat(exchanged).isNotEqualTo(straight);

        inspect("x", "--faces", people, "--swap-router", "1").refused(2, "--swap-router 1", "such as 1,2");
        inspect("x", "--faces", people, "--swap-router", "1,1").refused(2, "one person twice");
        inspect("x", "--faces", people, "--swap-router", "1,3").refused(2, "no person 3");
        inspect("x", "--faces", people, "--swap-router", "1,anna").refused(2, "nobody is called anna");
    }

    /** Of the first step and block, before anything else differs. */
    private float[] firstShares(String inspection) {
        try (Scope scope = Scope.inference();
                SafetensorsFile file =
                        SafetensorsFile.open(folder.resolve(inspection).resolve("routing.safetensors"))) {
            String first = file.names().stream().sorted().findFirst().orElseThrow();
            return Ops.floats(file.get(first).to(org.bytedeco.pytorch.global.torch.ScalarType.Float));
        }
    }

    @Test
    void anInspectionCallsPeopleByTheirNames() {
        Cli.Result result = inspect(
                "named",
                "--image",
                ALAN,
                "--person",
                "anna=" + ADA,
                "--landmarks",
                LANDMARKS,
                "--place",
                "anna=left",
                "--swap-router",
                "1,anna");
        assertThat(result.ok().out()).contains("tokens of alan / anna");
        assertThat(JsonFile.read(folder.resolve("named/inspection.json"))
                        .at("/recipe/names")
                        .toString())
                .isEqualTo("[\"\",\"anna\"]");
    }
}
