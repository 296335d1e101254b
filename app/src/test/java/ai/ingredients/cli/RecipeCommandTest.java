package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.ALAN;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static ai.ingredients.cli.Cli.relativeError;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.Ingredients;
import ai.ingredients.SavedRecipe;
import ai.ingredients.io.JsonFile;
import ai.ingredients.pipeline.MagnitudeRatios;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code generate --recipe}: the same video again, or what differs. */
class RecipeCommandTest {
    @TempDir
    Path folder;

    private Path path(String name) {
        return folder.resolve(name);
    }

    private JsonNode json(String name) {
        return JsonFile.read(path(name));
    }

    /** What both say, but for when and how fast. */
    private static ObjectNode lasting(JsonNode recipe) {
        ObjectNode copy = recipe.deepCopy();
        ObjectNode computed = (ObjectNode) copy.path("computed");
        List.of("seconds", "seconds_per_step", "peak_memory_mib").forEach(computed::remove);
        return copy;
    }

    private Cli.Result again(Object... more) {
        List<Object> all = new ArrayList<>(List.of("generate", "--recipe", path("out.json")));
        all.addAll(List.of("--output", path("again.mp4"), "--save-latents", path("again.safetensors")));
        all.add("--no-metadata"); // which tells how long it took
        all.addAll(List.of(more));
        return Cli.run(all.toArray());
    }

    /** Every way of saying what is wanted reaches the recipe and comes back from it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--seed 18446744073709551615 --guidance 1 --negative-prompt ugly@@home",
                "--scheduler ddim --routing per-branch --image-guidance 2 --dynamic-guidance --fps 12",
                "--face-scale 0.3 --no-canvas --max-sequence-length 16 --vae-tiling on",
                "--dtype bf16 --place 1=left@0-0.5 --place 2=0.5,0,1,1 --place-strength 7",
                "--layout 0..1,4 --place 1=left"
            })
    void theSameVideoIsMadeAgain(String options) throws IOException {
        List<Object> args = new ArrayList<>(List.of("--image", ADA, "--person", "anna=" + ALAN));
        args.addAll(List.of("--role", "anna=a woman in red", "--landmarks", LANDMARKS, "--prompt", "A man and @anna."));
        args.addAll(List.of("--no-metadata", "--save-latents", path("first.safetensors")));
        Arrays.stream(options.split(" ")).filter(word -> !word.isEmpty()).forEach(args::add);
        generate(MODEL, path("out.mp4"), args.toArray()).ok();

        Cli.Result result = again().ok();

        assertThat(relativeError(path("again.safetensors"), "final", path("first.safetensors"), "final"))
                .isZero();
        assertThat(path("again.mp4")).hasSameBinaryContentAs(path("out.mp4"));
        assertThat(lasting(json("again.json"))).isEqualTo(lasting(json("out.json")));
        assertThat(result.err()).doesNotContain("note:");
    }

    /** What was made while the model had no layout is made without one, whatever the model says since. */
    @Test
    void aRecipeWithoutALayoutHasNone() throws IOException {
        Path model = Cli.copy(MODEL, Files.createDirectory(path("model")));
        List<Object> args = List.of("--no-metadata", "--image", ADA, "--image", ALAN, "--landmarks", LANDMARKS);
        List<Object> first = new ArrayList<>(args);
        first.addAll(List.of("--save-latents", path("first.safetensors")));
        generate(model, path("out.mp4"), first.toArray()).ok();
        Files.writeString(model.resolve("generation_config.json"), "{\"layout\": \"0..1\"}");

        again().ok();

        assertThat(relativeError(path("again.safetensors"), "final", path("first.safetensors"), "final"))
                .isZero();
        assertThat(json("again.json").has("layout")).isFalse();
        List<Object> since = new ArrayList<>(args);
        since.addAll(List.of("--save-latents", path("since.safetensors")));
        generate(model, path("since.mp4"), since.toArray()).ok();
        assertThat(json("since.json").path("layout").textValue()).isEqualTo("0.0..1.0");
        assertThat(relativeError(path("since.safetensors"), "final", path("first.safetensors"), "final"))
                .isPositive();
    }

    /** What was left out of the computation, and adapters, which lie beside the recipe. */
    @Test
    void shortcutsAndAdaptersAreTakenOver() {
        Path ratios = path("ratios.json");
        new MagnitudeRatios(List.of(1.0, 0.99, 0.98, 0.97)).write(ratios);
        Path adapters = path("style.safetensors");
        String layer = "lora_unet_transformer_blocks_0_attn1_to_v.";
        try (Scope scope = Scope.inference()) {
            SafetensorsWriter.write(
                    adapters,
                    Map.of(
                            layer + "lora_down.weight", Ops.tensor(numbers(2 * 96), 2, 96),
                            layer + "lora_up.weight", Ops.tensor(numbers(96 * 2), 96, 2)),
                    Map.of());
        }
        List<Object> common = List.of("--no-metadata", "--steps", 4, "--image", ADA, "--landmarks", LANDMARKS);
        List<Object> first = new ArrayList<>(common);
        first.addAll(List.of("--save-latents", path("first.safetensors"), "--lora", adapters + ":0.5"));
        first.addAll(List.of("--weights-dtype", "int8"));
        first.addAll(List.of("--guidance-interval", "0..0.8", "--magcache=0.5,2,0.2", "--magcache-ratios", ratios));
        generate(MODEL, path("out.mp4"), first.toArray()).ok();
        List<Object> plain = new ArrayList<>(common);
        plain.addAll(List.of("--save-latents", path("plain.safetensors")));
        generate(MODEL, path("plain.mp4"), plain.toArray()).ok();

        Cli.Result result = again().ok();

        assertThat(relativeError(path("again.safetensors"), "final", path("first.safetensors"), "final"))
                .isZero();
        assertThat(relativeError(path("plain.safetensors"), "final", path("first.safetensors"), "final"))
                .as("they change the video")
                .isGreaterThan(1e-3);
        assertThat(lasting(json("again.json"))).isEqualTo(lasting(json("out.json")));
        assertThat(json("again.json").path("weights_dtype").asText()).isEqualTo("int8");
        assertThat(json("again.json").path("lora_mode").asText()).isEqualTo("side-by-side");
        assertThat(json("plain.json").has("weights_dtype")).isFalse();
        assertThat(result.err()).doesNotContain("note:");
        SavedRecipe plainOne = SavedRecipe.read(path("plain.json"));
        SavedRecipe other = SavedRecipe.read(path("out.json"));
        try (Ingredients ingredients = Ingredients.open(MODEL)) {
            assertThat(plainOne.asksFor(plainOne.video(ingredients))).isTrue();
            assertThat(other.asksFor(plainOne.video(ingredients)))
                    .as("what is not asked for any more is a difference")
                    .isFalse();
            assertThat(other.differences(plainOne.video(ingredients)))
                    .contains("weights_dtype: none in place of the recipe's \"int8\"")
                    .anyMatch(line -> line.startsWith("magcache: none"));
        }
    }

    /** Each of them is a value by itself: what was not typed stays the recipe's. */
    @Test
    void oneShortcutThatIsTypedLeavesTheOther() {
        Path ratios = path("ratios.json");
        new MagnitudeRatios(List.of(1.0, 0.99, 0.98, 0.97)).write(ratios);
        generate(
                        MODEL,
                        path("out.mp4"),
                        "--steps",
                        4,
                        "--guidance-interval",
                        "0..0.8",
                        "--magcache=0.5,2,0.2",
                        "--magcache-ratios",
                        ratios)
                .ok();

        Cli.Result interval = again("--guidance-interval", "0.5..1").ok();
        assertThat(json("again.json").path("guidance_interval").toString()).isEqualTo("[0.5,1.0]");
        assertThat(json("again.json").path("magcache"))
                .isEqualTo(json("out.json").path("magcache"));
        assertThat(interval.err())
                .contains("note: guidance_interval: [0.5,1.0] in place of the recipe's [0.0,0.8]")
                .doesNotContain("note: magcache");

        Cli.Result cache = again("--magcache=0.4", "--magcache-ratios", ratios).ok();
        assertThat(json("again.json").path("guidance_interval").toString()).isEqualTo("[0.0,0.8]");
        assertThat(json("again.json").at("/magcache/threshold").asDouble()).isEqualTo(0.4);
        assertThat(cache.err()).contains("note: magcache: ").doesNotContain("note: guidance_interval");
    }

    private static float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) Math.sin(i);
        }
        return numbers;
    }

    @Test
    void whatIsTypedCountsAndIsTold() {
        generate(MODEL, path("out.mp4"), "--image", ADA, "--landmarks", LANDMARKS)
                .ok();

        Cli.Result result = again("--seed", 7, "--steps", 1).ok();

        assertThat(result.errLines())
                .contains("note: seed: 7 in place of the recipe's 42", "note: steps: 1 in place of the recipe's 2");
        assertThat(result.err().split("note:", -1)).hasSize(3);
        assertThat(json("again.json").path("seed").asInt()).isEqualTo(7);
    }

    @Test
    void otherPeopleTakeThePlaceOfItsOwn() {
        generate(MODEL, path("out.mp4"), "--image", ADA, "--landmarks", LANDMARKS)
                .ok();

        Cli.Result result = again("--image", ALAN, "--landmarks", LANDMARKS).ok();

        assertThat(result.err()).contains("note: photos: [\"alan.png\"] in place of the recipe's [\"ada.png\"]");
    }

    @Test
    void otherWeightsVersionsAndThreadsAreTold() {
        generate(MODEL, path("out.mp4")).ok();
        ObjectNode recipe = json("out.json").deepCopy();
        ((ObjectNode) recipe.path("computed")).put("libtorch", "1.0").put("threads", 77);
        ((ObjectNode) recipe.path("model")).put("weights_fingerprint", "others");
        recipe.put("novelty", 3);
        JsonFile.write(path("out.json"), recipe);

        Cli.Result result = again().ok();

        assertThat(result.errLines())
                .filteredOn(line -> line.startsWith("note: "))
                .hasSize(4)
                .anyMatch(line -> line.contains("libtorch: computed with") && line.contains("with \"1.0\""))
                .anyMatch(line -> line.contains("threads: computed with") && line.endsWith("with 77"))
                .anyMatch(line -> line.contains("other weights: ") && line.contains("others of tiny-random"))
                .anyMatch(line -> line.contains("novelty, which this version does not know"));
    }

    /** The folder moved with everything in it: the recipe names files as seen from itself. */
    @Test
    void photosAreFoundBesideIt() throws IOException {
        Path before = Files.createDirectory(path("before"));
        Path photo = Files.copy(Path.of(ADA), before.resolve("ada.png"));
        generate(MODEL, before.resolve("out.mp4"), "--no-metadata", "--image", photo, "--landmarks", LANDMARKS)
                .ok();
        assertThat(JsonFile.read(before.resolve("out.json"))
                        .at("/files/photos/0")
                        .asText())
                .isEqualTo("ada.png");
        Path after = Files.createDirectory(path("deeper")).resolve("after");
        Files.move(before, after);
        List<Object> args =
                new ArrayList<>(List.of("generate", "--model", MODEL, "--recipe", after.resolve("out.json")));
        args.addAll(List.of("--no-metadata", "--output", path("again.mp4")));

        Cli.run(args.toArray()).refused(2, "landmarks.json is neither where the recipe says nor beside it");
        Files.copy(Path.of(LANDMARKS), after.resolve("landmarks.json"));
        Cli.run(args.toArray()).ok();

        assertThat(path("again.mp4")).hasSameBinaryContentAs(after.resolve("out.mp4"));
    }

    @Test
    void anotherPhotoOfThatNameIsRefused() throws IOException {
        Path photo = Files.copy(Path.of(ADA), path("ada.png"));
        generate(MODEL, path("out.mp4"), "--image", photo, "--landmarks", LANDMARKS)
                .ok();
        Files.delete(photo);
        Files.copy(Path.of(ALAN), photo);

        again().refused(2, photo + ": is another file than the recipe's ada.png", "or give --image");
    }

    @Test
    void preparedPeopleComeFromTheirFile() {
        Path people = Cli.randomPeople(2, path("people.safetensors"));
        generate(MODEL, path("out.mp4"), "--faces", people, "--save-latents", path("first.safetensors"))
                .ok();

        again().ok();

        assertThat(relativeError(path("again.safetensors"), "final", path("first.safetensors"), "final"))
                .isZero();
    }

    @Test
    void aFirstFrameIsOneAgain() throws IOException {
        Path model = Cli.copy(MODEL, path("i2v"));
        Path transformer = model.resolve("transformer");
        try (var old = Files.list(transformer)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        Cli.copy(Cli.FIXTURES.resolve("cogvideox_tiny_5b_i2v/transformer"), transformer);
        List<Object> args = new ArrayList<>(List.of("--image", ADA, "--height", 64, "--width", 96));
        args.addAll(List.of("--save-latents", path("first.safetensors")));
        generate(model, path("out.mp4"), args.toArray()).ok();

        Cli.Result result = again().ok();

        assertThat(relativeError(path("again.safetensors"), "image", path("first.safetensors"), "image"))
                .isZero();
        assertThat(relativeError(path("again.safetensors"), "final", path("first.safetensors"), "final"))
                .isZero();
        assertThat(result.err()).doesNotContain("note:", "begins from nothing");
    }

    /** Equal indexes of several photos were written as one number. */
    @Test
    void eachPhotoHasItsFaceIndex() {
        List<Object> args = new ArrayList<>(List.of("--image", ADA, "--image", ALAN, "--landmarks", LANDMARKS));
        args.addAll(List.of("--face-index", "0,0"));
        generate(MODEL, path("out.mp4"), args.toArray()).ok();

        assertThat(json("out.json").path("face_index").toString()).isEqualTo("[0,0]");
        again().ok();
        assertThat(json("again.json").path("face_index").toString()).isEqualTo("[0,0]");
    }

    @Test
    void severalPhotosOfAPersonAreOnePerson() {
        List<Object> args = new ArrayList<>(List.of("--person", "anna=" + ADA, "--image", ALAN));
        args.addAll(List.of("--person", "Anna=" + ALAN, "--landmarks", LANDMARKS, "--prompt", "@anna walks."));
        args.addAll(List.of("--save-latents", path("first.safetensors")));
        generate(MODEL, path("out.mp4"), args.toArray()).ok();

        JsonNode recipe = json("out.json");
        assertThat(recipe.path("people").asInt()).isEqualTo(2);
        assertThat(recipe.path("photos").toString()).isEqualTo("[\"ada.png\",\"alan.png\"]");
        assertThat(recipe.at("/more_photos/0/0/name").asText()).isEqualTo("alan.png");
        assertThat(recipe.at("/more_photos/1")).isEmpty();
        again().ok();
        assertThat(relativeError(path("again.safetensors"), "final", path("first.safetensors"), "final"))
                .isZero();
        generate(
                        MODEL,
                        path("one.mp4"),
                        "--person",
                        "anna=" + ADA,
                        "--image",
                        ALAN,
                        "--landmarks",
                        LANDMARKS,
                        "--prompt",
                        "@anna walks.",
                        "--save-latents",
                        path("one.safetensors"))
                .ok();
        assertThat(relativeError(path("one.safetensors"), "final", path("first.safetensors"), "final"))
                .isGreaterThan(0);
    }

    @Test
    void otherFilesAreNoRecipes() throws IOException {
        Files.writeString(path("out.json"), "{\"prompt\": 3}");

        again().refused(2, "out.json: is no recipe of a video");
        Files.writeString(path("out.json"), "{\"prompt\": \"x\", \"computed\": {}, \"steps\": \"many\"}");
        Cli.run("generate", "--model", MODEL, "--recipe", path("out.json"), "--output", path("again.mp4"))
                .refused(2, "steps is \"many\"; expected a number");
    }

    @Test
    void theVideoItselfTellsNoPath() throws IOException {
        generate(MODEL, path("out.mp4"), "--image", ADA, "--landmarks", LANDMARKS)
                .ok();
        try (var video = ai.ingredients.media.VideoReader.open(path("out.mp4"))) {
            assertThat(video.metadata().get("comment")).contains("ada.png").doesNotContain("examples", "files");
        }
        assertThat(json("out.json").at("/files/photos/0").asText()).contains("examples/photos/ada.png");
    }
}
