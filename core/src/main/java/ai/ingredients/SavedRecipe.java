package ai.ingredients;

import ai.ingredients.Ingredients.Options;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.PersonName;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.FrameRate;
import ai.ingredients.pipeline.Layout;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Placement;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.Shortcuts;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.refine.PromptRefiner.Refined;
import ai.ingredients.tensor.Attention;
import ai.ingredients.tensor.DType;
import ai.ingredients.transformer.LearnedPositions;
import ai.ingredients.transformer.Routing;
import ai.ingredients.weights.WeightsDtype;
import ai.ingredients.weights.lora.LoraMode;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The recipe beside a video, from which the same video is made again, bit for bit on the same machine:
 *
 * <pre>{@code
 * SavedRecipe recipe = SavedRecipe.read(Path.of("out.json"));
 * try (Ingredients ingredients = Ingredients.open(recipe.model().orElseThrow(), recipe.options(Options.DEFAULT))) {
 *   VideoBuilder video = recipe.video(ingredients);
 *   recipe.differences(video).forEach(System.err::println);   // nothing, or why it will be another video
 *   video.generate().write(Path.of("again.mp4"));
 * }
 * }</pre>
 *
 * <p>What is changed on the builder afterwards counts. Immutable and thread-safe.
 */
public final class SavedRecipe {
    private static final long MOST_BYTES = 4L << 20;

    /** Takes one value of a recipe over. */
    private interface Value {
        void apply(SavedRecipe recipe, VideoBuilder video, String key);
    }

    /** What is asked for, by key: what {@link Recipe#wanted} writes, but for people and places. */
    private static final Map<String, Value> VALUES = values();

    /** What is taken over elsewhere, or only tells something. */
    private static final Set<String> OTHERS = Set.of(
            "prompt",
            "prompt_as_typed",
            "negative_prompt_as_typed",
            "roles",
            "people",
            "names",
            "photos",
            "photos_sha256",
            "prepared",
            "face_index",
            "landmark_points",
            "more_photos",
            "landmarks",
            "landmarks_sha256",
            "places",
            "place_strength",
            "router_order",
            "canvas",
            "each_face",
            "embeddings",
            "loras",
            "lora_mode",
            "weights_dtype",
            "vae_tiling",
            "model",
            "computed",
            "files",
            "fps",
            "best_of",
            "refined");

    /** What a video is asked for without a word of it in its recipe where it is as usual. */
    private static final Set<String> ASKED_SOMETIMES = Set.of(
            "names",
            "face_index",
            "landmark_points",
            "more_photos",
            "landmarks_sha256",
            "places",
            "place_strength",
            "router_order",
            "canvas",
            "each_face",
            "embeddings",
            "prepared",
            "layout",
            "learned_positions",
            "guidance_interval",
            "magcache",
            "teacache",
            "loras",
            "lora_mode",
            "weights_dtype");

    private final Path file;
    private final JsonNode json;
    private final RecipePhotos photos;

    private SavedRecipe(Path file, JsonNode json) {
        this.file = file;
        this.json = json;
        photos = new RecipePhotos(file, json);
    }

    private static Map<String, Value> values() {
        Map<String, Value> values = new LinkedHashMap<>();
        values.put(
                "negative_prompt", (recipe, video, key) -> video.negativePrompt(PersonWords.plain(recipe.text(key))));
        values.put(
                "frames",
                (recipe, video, key) -> video.frames(recipe.number(key).intValue()));
        values.put(
                "height",
                (recipe, video, key) -> video.height(recipe.number(key).intValue()));
        values.put(
                "width", (recipe, video, key) -> video.width(recipe.number(key).intValue()));
        values.put(
                "seed",
                (recipe, video, key) ->
                        video.seed(recipe.number(key).bigIntegerValue().longValue()));
        values.put(
                "steps", (recipe, video, key) -> video.steps(recipe.number(key).intValue()));
        values.put("scheduler", (recipe, video, key) -> video.scheduler(Scheduler.Kind.parse(recipe.text(key))));
        values.put(
                "guidance_scale",
                (recipe, video, key) -> video.guidanceScale(recipe.number(key).doubleValue()));
        values.put(
                "image_guidance_scale",
                (recipe, video, key) ->
                        video.imageGuidanceScale(recipe.number(key).doubleValue()));
        values.put("guidance", (recipe, video, key) -> video.guidance(Guidance.parse(recipe.text(key))));
        values.put("routing", (recipe, video, key) -> video.routing(Routing.parse(recipe.text(key))));
        values.put(
                "face_scale",
                (recipe, video, key) -> video.faceScale(recipe.number(key).doubleValue()));
        values.put(
                "max_sequence_length",
                (recipe, video, key) ->
                        video.maxSequenceLength(recipe.number(key).intValue()));
        values.put("layout", (recipe, video, key) -> video.layout(Layout.parse(recipe.text(key))));
        values.put(
                "learned_positions",
                (recipe, video, key) -> video.learnedPositions(LearnedPositions.parse(recipe.text(key))));
        values.put(
                "guidance_interval",
                (recipe, video, key) ->
                        video.guidanceInterval(Shortcuts.of(recipe.json).guidanceInterval()));
        values.put(
                "magcache",
                (recipe, video, key) -> video.magCache(Shortcuts.of(recipe.json).magCache()));
        values.put(
                "teacache",
                (recipe, video, key) -> video.teaCache(Shortcuts.of(recipe.json).teaCache()));
        return values;
    }

    /**
     * Reads it.
     *
     * @throws InvalidInputException when it is no recipe
     */
    public static SavedRecipe read(Path file) {
        JsonNode json = JsonFile.read(file, MOST_BYTES);
        if (!json.path("prompt").isTextual() || !json.path("computed").isObject()) {
            throw new InvalidInputException(
                    file + ": is no recipe of a video; expected the .json that is written beside one, with its prompt");
        }
        return new SavedRecipe(file, json);
    }

    /** The folder of the model, when it is still where the recipe says. */
    public Optional<Path> model() {
        String folder = json.at("/files/model").textValue();
        return folder == null
                ? Optional.empty()
                : Optional.of(photos.place(folder)).filter(Files::isDirectory);
    }

    /** What the model is called that made the video. */
    public String modelName() {
        return json.at("/model/name").asText("(unknown)");
    }

    /** {@code base} on the device, in the dtype, with or without tiles and with the adapters that the video was made with. */
    public Options options(Options base) {
        Options options = base;
        String device = json.at("/computed/device").textValue();
        String dtype = json.at("/computed/dtype").textValue();
        if (device != null) {
            options = options.withDevice(device);
        }
        if (dtype != null) {
            options = options.withDtype(DType.parse(dtype));
        }
        String attention = json.at("/computed/attention").textValue();
        if (attention != null) {
            options = options.withAttention(Attention.parse(attention));
        }
        JsonNode loras = json.path("loras");
        for (int i = 0; i < loras.size(); i++) {
            Path adapter = photos.adapter(i, loras.path(i).path("file").asText());
            options = options.withLora(adapter, loras.path(i).path("scale").asDouble());
        }
        if (json.has("lora_mode")) {
            options = options.withLoraMode(LoraMode.parse(text("lora_mode")));
        }
        if (json.has("weights_dtype")) {
            options = options.withWeightsDtype(WeightsDtype.parse(text("weights_dtype")));
        }
        JsonNode tiled = json.path("vae_tiling");
        return tiled.isBoolean()
                ? options.withTiling(tiled.booleanValue() ? TilingChoice.ON : TilingChoice.OFF)
                : options;
    }

    /** Of all noise. */
    public long seed() {
        return number("seed").bigIntegerValue().longValue();
    }

    /** The seeds of which this one was the best, in order; none where it was the only one. */
    public List<Long> seedsTried() {
        List<Long> seeds = new ArrayList<>();
        json.path("best_of")
                .forEach(tried -> seeds.add(tried.path("seed").bigIntegerValue().longValue()));
        return seeds;
    }

    /** At which rate the video plays. */
    public FrameRate rate() {
        return json.has("fps") ? FrameRate.parse(text("fps")) : FrameRate.DEFAULT;
    }

    /** Prompt, seed and all other values that are not about who appears. */
    public VideoBuilder values(Ingredients ingredients) {
        VideoBuilder video = ingredients.video(PersonWords.plain(text("prompt")));
        video.layout(null); // the model may have one that this video was made without
        VALUES.forEach((key, value) -> {
            if (json.has(key)) {
                value.apply(this, video, key);
            }
        });
        if (json.path("canvas").isBoolean() && !json.path("canvas").booleanValue()) {
            video.withoutCanvas();
        }
        if (json.path("each_face").asBoolean()) {
            video.eachFace();
        }
        photos.words().forEach(video::embeddings);
        refined(PersonWords.plain(text("prompt"))).ifPresent(video::prompt);
        return video;
    }

    /**
     * Says where people belong in {@code video}: {@link #values} leaves that out, too, since it is said by their numbers.
     */
    public VideoBuilder places(VideoBuilder video) {
        for (JsonNode place : json.path("places")) {
            JsonNode box = place.path("region");
            JsonNode span = place.path("seconds");
            video.place(new Placement(
                    place.path("person").asInt() - 1,
                    new Placement.Region(
                            box.path(0).asDouble(),
                            box.path(1).asDouble(),
                            box.path(2).asDouble(),
                            box.path(3).asDouble()),
                    span.isArray()
                            ? new Placement.Span(
                                    span.path(0).asDouble(), span.path(1).asDouble())
                            : null));
        }
        if (json.has("place_strength")) {
            video.placeStrength(number("place_strength").doubleValue());
        }
        List<Integer> order = new ArrayList<>();
        json.path("router_order").forEach(person -> order.add(person.asInt() - 1));
        return order.isEmpty() ? video : video.routerOrder(order);
    }

    /** Whether the people were prepared before and lie in a file: see {@link #preparedPeople}. */
    public boolean prepared() {
        return photos.prepared();
    }

    /**
     * The file of prepared people.
     *
     * @throws InvalidInputException when it is gone or holds others
     */
    public Path preparedPeople() {
        return photos.preparedPeople();
    }

    /**
     * Says who appears in {@code video}, by their photos, with names and roles.
     *
     * @param people prepared from the file that {@link #preparedPeople} names, where the recipe has one
     * @throws InvalidInputException when a photo is gone or is another one
     */
    public VideoBuilder people(VideoBuilder video, @Nullable People people) {
        if (people != null) {
            video.people(people);
        } else if (json.path("people").asInt() == 0) {
            photos.firstFrame().ifPresent(video::firstFrame);
        } else {
            photos.portraits(names()).forEach(video::person);
        }
        if (names().stream().anyMatch(name -> !name.equals(PersonName.NONE))) {
            json.path("roles")
                    .properties()
                    .forEach(role -> video.role(role.getKey(), role.getValue().asText()));
            typed("prompt_as_typed")
                    .ifPresent(prompt -> refined(prompt).ifPresentOrElse(video::prompt, () -> video.prompt(prompt)));
            typed("negative_prompt_as_typed").ifPresent(video::negativePrompt);
        }
        return video;
    }

    /** The prompt as a language model made it, with names of people as they were typed; none where none did. */
    public Optional<Refined> refined() {
        return refined(typed("prompt_as_typed").orElseGet(() -> PersonWords.plain(text("prompt"))));
    }

    private Optional<Refined> refined(String prompt) {
        JsonNode refined = json.path("refined");
        return refined.isObject()
                ? Optional.of(new Refined(
                        prompt,
                        refined.path("from").asText(),
                        refined.path("model").asText()))
                : Optional.empty();
    }

    private Optional<String> typed(String key) {
        return Optional.ofNullable(json.path(key).textValue());
    }

    /** What the people are called; empty texts for those without a name. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        json.path("names").forEach(name -> names.add(name.asText()));
        while (names.size() < json.path("people").asInt()) {
            names.add(PersonName.NONE);
        }
        return names;
    }

    /**
     * The same video, as it was asked for.
     *
     * @throws InvalidInputException when a photo is gone or is another one, or people were prepared in a file, which
     *     {@link #people} takes
     */
    public VideoBuilder video(Ingredients ingredients) {
        if (prepared()) {
            throw new InvalidInputException(file + ": its people were prepared before; give them with `people`");
        }
        return places(people(values(ingredients), null));
    }

    /**
     * Why {@code video} will be another one than the recipe's: what is asked for otherwise, weights, versions and threads
     * that are not the same. One line each; none when all is equal. Reads photos and weights for their sums.
     */
    public List<String> differences(VideoBuilder video) {
        List<String> lines = new ArrayList<>();
        json.fieldNames().forEachRemaining(key -> {
            if (!VALUES.containsKey(key) && !OTHERS.contains(key)) {
                lines.add("the recipe says " + key + ", which this version does not know");
            }
        });
        ObjectNode asked = video.wanted();
        Set<String> keys = new LinkedHashSet<>();
        asked.fieldNames().forEachRemaining(keys::add);
        json.fieldNames().forEachRemaining(keys::add);
        for (String key : keys) {
            boolean told = asked.has(key) || VALUES.containsKey(key) || ASKED_SOMETIMES.contains(key);
            if (told && !same(asked.path(key), json.path(key))) {
                lines.add(key + ": " + shown(asked.path(key)) + " in place of the recipe's " + shown(json.path(key)));
            }
        }
        String weights = video.ingredients().fingerprint();
        String before = json.at("/model/weights_fingerprint").asText();
        if (!weights.equals(before)) {
            lines.add("other weights: " + weights + " in place of the recipe's " + before + " of " + modelName());
        }
        Recipe.machine(video.ingredients().compute(), VideoBuilder.VERSION)
                .properties()
                .forEach(part -> {
                    JsonNode then = json.path("computed").path(part.getKey());
                    if (!then.isMissingNode() && !same(part.getValue(), then)) {
                        lines.add(part.getKey() + ": computed with " + shown(part.getValue())
                                + ", the recipe's video with " + shown(then));
                    }
                });
        return lines;
    }

    /** Whether {@code video} asks for exactly what this recipe made, of the same weights. Reads photos and weights. */
    public boolean asksFor(VideoBuilder video) {
        ObjectNode asked = video.wanted();
        boolean all = asked.properties().stream().allMatch(part -> same(part.getValue(), json.path(part.getKey())));
        boolean more = ASKED_SOMETIMES.stream().anyMatch(key -> json.has(key) && !asked.has(key));
        return all
                && !more
                && video.ingredients()
                        .fingerprint()
                        .equals(json.at("/model/weights_fingerprint").asText())
                && video.ingredients()
                        .compute()
                        .dtype()
                        .toString()
                        .equals(json.at("/computed/dtype").asText());
    }

    /** Numbers are equal as numbers: 2 and 2.0 are. */
    private static boolean same(JsonNode a, JsonNode b) {
        return a.equals(
                (x, y) -> x.isNumber() && y.isNumber()
                        ? x.decimalValue().compareTo(y.decimalValue())
                        : x.equals(y) ? 0 : 1,
                b);
    }

    private static String shown(JsonNode value) {
        if (value.isMissingNode()) {
            return "none";
        }
        String text = value.isTextual() ? "\"" + value.textValue() + "\"" : value.toString();
        return ForeignText.oneLine(text.length() <= 80 ? text : text.substring(0, 79) + "…");
    }

    private String text(String key) {
        if (!json.path(key).isTextual()) {
            throw wrong(key, "a text");
        }
        return json.path(key).textValue();
    }

    private JsonNode number(String key) {
        if (!json.path(key).isNumber()) {
            throw wrong(key, "a number");
        }
        return json.path(key);
    }

    private InvalidInputException wrong(String key, String expected) {
        return new InvalidInputException(file + ": " + key + " is " + shown(json.path(key)) + "; expected " + expected);
    }
}
