package ai.ingredients.pipeline;

import ai.ingredients.OperationFailedException;
import ai.ingredients.face.PersonName;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Natives;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.weights.lora.Lora;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything needed to make a video again, and what making it cost; written into the video's metadata and beside it.
 *
 * @param json the recipe as one JSON object
 */
public record Recipe(ObjectNode json) {
    /**
     * The recipe of a finished generation.
     *
     * @param names of the people, {@link PersonName#NONE} for those without one
     * @param sources what it was made from, read before
     * @param version of this library
     */
    public static Recipe of(GenerationResult result, List<String> names, Sources sources, String version) {
        ObjectNode json = wanted(result.request(), names, sources);
        json.put("vae_tiling", result.tiled());
        ObjectNode model = json.putObject("model");
        model.put("name", result.request().bundle().name());
        model.put("weights_fingerprint", sources.weights());
        ObjectNode machine = json.putObject("computed");
        machine.put("ingredients", version);
        machine.put("libtorch", Natives.version());
        machine.put("blas", Natives.blas().toString());
        machine.put("java", Runtime.version().toString());
        machine.put("device", result.compute().device());
        machine.put("dtype", result.compute().dtype().toString());
        machine.put("memory", result.memory().toString());
        machine.put("seconds_per_step", rounded(result.timings().secondsPerStep()));
        machine.put("seconds", rounded(result.timings().total()));
        if (result.peakMemory() > 0) {
            machine.put("peak_memory_mib", result.peakMemory() >> 20);
        }
        return new Recipe(json);
    }

    /**
     * Tells the latents of a generation from those of all others: everything that a bit of them depends on, as text.
     *
     * @param sources what it is made from
     * @param compute where and in what it is computed
     */
    public static String identity(GenerationRequest request, Sources sources, Compute compute) {
        return wanted(request, List.of(), sources)
                .put("weights_fingerprint", sources.weights())
                .put("libtorch", Natives.version())
                .put("blas", Natives.blas().toString())
                .put("device", compute.device())
                .put("dtype", compute.dtype().toString())
                .toString();
    }

    /** What is asked for, without what making it took. */
    private static ObjectNode wanted(GenerationRequest request, List<String> names, Sources sources) {
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
        describe(request.embeddings(), json);
        describe(bundle.loras(), json);
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

    /** Also says how prompts were typed that had names of people in them, or escapes. */
    public Recipe asTyped(String prompt, String negativePrompt) {
        if (!prompt.equals(json.path("prompt").textValue())) {
            json.put("prompt_as_typed", prompt);
        }
        if (!negativePrompt.equals(json.path("negative_prompt").textValue())) {
            json.put("negative_prompt_as_typed", negativePrompt);
        }
        return this;
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

    /**
     * What a video is made from, as it was when it was read: the files may change, or go, while the video is made.
     *
     * @param weights identifies the model's weights
     * @param photos names and SHA-256 of the photos, or of one file of prepared people; empty without people
     * @param faceIndexes which face was asked for, of all photos or of each; none for the largest
     * @param landmarks the file of given landmarks, if any
     */
    public record Sources(
            String weights,
            List<Source> photos,
            List<Integer> faceIndexes,
            @Nullable Source landmarks) {
        /** A file, or a picture in memory. */
        public record Source(String name, String sha256) {
            /**
             * A file.
             *
             * @throws OperationFailedException when it cannot be read (any more)
             */
            public static Source of(Path file) {
                try {
                    return of(String.valueOf(file.getFileName()), Files.readAllBytes(file));
                } catch (IOException e) {
                    throw new OperationFailedException(file + ": was readable before and is not now", e);
                }
            }

            /** What is in memory and called {@code name}. */
            public static Source of(String name, byte[] bytes) {
                try {
                    return new Source(
                            name,
                            HexFormat.of()
                                    .formatHex(
                                            MessageDigest.getInstance("SHA-256").digest(bytes)));
                } catch (NoSuchAlgorithmException e) {
                    throw new IllegalStateException("every Java has SHA-256", e);
                }
            }
        }

        private void describe(ObjectNode json) {
            ArrayNode names = json.putArray("photos");
            ArrayNode sums = json.putArray("photos_sha256");
            for (Source photo : photos) {
                names.add(photo.name());
                sums.add(photo.sha256());
            }
            if (faceIndexes.size() == 1) {
                json.put("face_index", faceIndexes.getFirst());
            } else if (!faceIndexes.isEmpty()) {
                ArrayNode indexes = json.putArray("face_index");
                faceIndexes.forEach(indexes::add);
            }
            if (landmarks != null) {
                json.put("landmarks", landmarks.name());
                json.put("landmarks_sha256", landmarks.sha256());
            }
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
