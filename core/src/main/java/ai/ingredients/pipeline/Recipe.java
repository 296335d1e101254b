package ai.ingredients.pipeline;

import ai.ingredients.face.PersonName;
import ai.ingredients.tensor.Attention;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Natives;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.weights.WeightsDtype;
import ai.ingredients.weights.lora.Lora;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Everything needed to make a video again, and what making it cost; written into the video's metadata and beside it.
 *
 * @param json the recipe as one JSON object, without a path
 * @param sources what the video was made from
 * @param words files of learned words
 * @param adapters files of low-rank adapters, or folders of them
 */
public record Recipe(ObjectNode json, RecipeSources sources, List<Path> words, List<Path> adapters) {
    /**
     * The recipe of a finished generation.
     *
     * @param names of the people, {@link PersonName#NONE} for those without one
     * @param sources what it was made from, read before
     * @param version of this library
     */
    public static Recipe of(GenerationResult result, List<String> names, RecipeSources sources, String version) {
        ObjectNode json = wanted(result.request(), names, sources);
        json.put("vae_tiling", result.tiled());
        ObjectNode model = json.putObject("model");
        model.put("name", result.request().bundle().name());
        model.put("weights_fingerprint", sources.weights());
        ObjectNode machine = machine(result.compute(), version);
        json.set("computed", machine);
        machine.put("memory", result.memory().toString());
        machine.put("seconds_per_step", rounded(result.timings().secondsPerStep()));
        machine.put("seconds", rounded(result.timings().total()));
        if (result.peakMemory() > 0) {
            machine.put("peak_memory_mib", result.peakMemory() >> 20);
        }
        return new Recipe(
                json,
                sources,
                result.request().embeddings().stream().map(LearnedWord::file).toList(),
                result.request().bundle().loras().added().loras().stream()
                        .map(Lora::path)
                        .toList());
    }

    /** The recipe as it is written into {@code folder}: it also says where the files lie, seen from there. */
    public ObjectNode beside(Path folder) {
        return json.deepCopy().set("files", sources.files(folder, words, adapters));
    }

    /** What bits may depend on beside what is asked for: versions, device, dtype, kernels and threads. */
    public static ObjectNode machine(Compute compute, String version) {
        ObjectNode machine = JsonNodeFactory.instance.objectNode();
        machine.put("ingredients", version);
        machine.put("libtorch", Natives.version());
        machine.put("blas", Natives.blas().toString());
        machine.put("java", Runtime.version().toString());
        machine.put("device", compute.device());
        machine.put("dtype", compute.dtype().toString());
        machine.put("kernels", torch.get_cpu_capability().getString());
        machine.put("threads", torch.get_num_threads());
        if (compute.attention() != Attention.AUTO) {
            machine.put("attention", compute.attention().toString());
        }
        return machine;
    }

    /**
     * Tells the latents of a generation from those of all others: everything that a bit of them depends on, as text.
     *
     * @param sources what it is made from
     * @param compute where and in what it is computed
     */
    public static String identity(GenerationRequest request, RecipeSources sources, Compute compute) {
        ObjectNode all = wanted(request, List.of(), sources)
                .put("weights_fingerprint", sources.weights())
                .put("libtorch", Natives.version())
                .put("blas", Natives.blas().toString())
                .put("device", compute.device())
                .put("dtype", compute.dtype().toString());
        if (compute.attention() != Attention.AUTO) {
            all.put("attention", compute.attention().toString());
        }
        return all.toString();
    }

    /** What is asked for, without what making it took. */
    public static ObjectNode wanted(GenerationRequest request, List<String> names, RecipeSources sources) {
        ModelBundle bundle = request.bundle();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("prompt", request.prompt());
        json.put("negative_prompt", request.negativePrompt());
        json.put("people", request.people());
        if (names.stream().anyMatch(name -> !name.equals(PersonName.NONE))) {
            ArrayNode list = json.putArray("names");
            names.forEach(list::add);
        }
        sources.describe(json);
        json.put("frames", request.size().frames());
        json.put("height", request.size().height());
        json.put("width", request.size().width());
        putSeed(json, request.seed());
        json.put("steps", request.steps());
        json.put("scheduler", request.scheduler().toString());
        json.put("guidance_scale", request.guidanceScale());
        json.put("image_guidance_scale", request.imageGuidanceScale());
        json.put("guidance", request.guidance().toString());
        json.put("routing", request.routing().toString());
        if (bundle.transformer().identity() != null) {
            json.put("face_scale", request.faceScale());
        }
        json.put("max_sequence_length", request.maxSequenceLength());
        if (request.leavesLearnedPositions()) {
            json.put("learned_positions", request.learnedPositions().toString());
        }
        request.shortcuts().describe(json);
        describe(request.steering(), json);
        describe(request.layout(), request.people(), json);
        describe(request.embeddings(), json);
        describe(bundle.loras(), json);
        describe(bundle.kept(), json);
        return json;
    }

    /** Nothing where there are none. */
    private static void describe(ModelBundle.Adapted loras, ObjectNode json) {
        if (loras.added().loras().isEmpty()) {
            return;
        }
        ArrayNode list = json.putArray("loras");
        for (int i = 0; i < loras.fingerprints().size(); i++) {
            Lora lora = loras.added().loras().get(i);
            list.addObject()
                    .put("file", String.valueOf(lora.path().getFileName()))
                    .put("scale", lora.scale())
                    .put("fingerprint", loras.fingerprints().get(i));
        }
        json.put("lora_mode", loras.added().mode().toString());
    }

    /** Adds in what the transformer's matrices are kept, and nothing where they are as they are. */
    public static void describe(WeightsDtype kept, ObjectNode json) {
        if (kept != WeightsDtype.SAME) {
            json.put("weights_dtype", kept.toString());
        }
    }

    /** Also says how prompts were typed that had names of people in them, or escapes, and what the names stood for. */
    public Recipe asTyped(String prompt, String negativePrompt, Map<String, String> roles) {
        if (!prompt.equals(json.path("prompt").textValue())) {
            json.put("prompt_as_typed", prompt);
        }
        if (!negativePrompt.equals(json.path("negative_prompt").textValue())) {
            json.put("negative_prompt_as_typed", negativePrompt);
        }
        if (!roles.isEmpty()) {
            ObjectNode words = json.putObject("roles");
            roles.forEach(words::put);
        }
        return this;
    }

    /** Also says what the prompt was before {@code model} rewrote it. */
    public Recipe refined(String from, String model) {
        json.putObject("refined").put("from", from).put("model", model);
        return this;
    }

    /** Adds how it was settled who stands where, and nothing where there are too few people for that. */
    public static void describe(@Nullable Layout layout, int people, ObjectNode json) {
        if (layout != null && people > 1) {
            json.put("layout", layout.toString());
        }
    }

    /** Adds what was decided about the people, and nothing where nothing was; people are numbered from 1. */
    public static void describe(Steering steering, ObjectNode json) {
        if (!steering.places().isEmpty()) {
            ArrayNode places = json.putArray("places");
            for (Placement place : steering.places()) {
                ObjectNode one = places.addObject().put("person", place.person() + 1);
                Placement.Region region = place.region();
                ArrayNode corners = one.putArray("region");
                corners.add(region.left()).add(region.top()).add(region.right()).add(region.bottom());
                Placement.Span span = place.span();
                if (span != null) {
                    one.putArray("seconds").add(span.from()).add(span.to());
                }
            }
            json.put("place_strength", steering.placeStrength());
        }
        if (!steering.routerOrder().isEmpty()) {
            ArrayNode order = json.putArray("router_order");
            steering.routerOrder().forEach(person -> order.add(person + 1));
        }
        if (!steering.canvas()) {
            json.put("canvas", false);
        }
        if (steering.eachFace()) {
            json.put("each_face", true);
        }
    }

    /** Nothing where there are none. */
    private static void describe(List<LearnedWord> words, ObjectNode json) {
        if (words.isEmpty()) {
            return;
        }
        ArrayNode list = json.putArray("embeddings");
        for (LearnedWord word : words) {
            ObjectNode one = list.addObject();
            one.put("name", word.name());
            one.put("vectors", word.vectors());
            one.put("file", String.valueOf(word.file().getFileName()));
            one.put("sha256", word.sha256());
        }
    }

    private static double rounded(double seconds) {
        return Math.round(seconds * 1000) / 1000.0;
    }

    /** The object in lines, as it is written beside a video. */
    @Override
    public String toString() {
        return json.toPrettyString();
    }

    /** {@code seed} as it is typed: the upper half of the 64 bits is no negative number. */
    public static void putSeed(ObjectNode json, long seed) {
        if (seed < 0) {
            json.put("seed", new BigInteger(Long.toUnsignedString(seed)));
        } else {
            json.put("seed", seed);
        }
    }
}
