package ai.ingredients.pipeline;

import ai.ingredients.face.People;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Memory;
import ai.ingredients.tensor.Natives;
import ai.ingredients.transformer.IdentityConfig;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Everything needed to make a video again, and what making it cost; written into the video's metadata and beside it.
 *
 * @param json the recipe as one JSON object
 */
public record Recipe(ObjectNode json) {
    /**
     * The recipe of a finished generation.
     *
     * @param photos names of the photos or of the file the people came from
     * @param generator that made the video
     * @param version of this program
     * @param secondsPerStep of the denoising loop
     * @param seconds from start to finish
     */
    public static Recipe of(
            GenerationRequest request,
            List<String> photos,
            ModelBundle bundle,
            Compute compute,
            VideoGenerator generator,
            String version,
            double secondsPerStep,
            double seconds) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("prompt", request.prompt());
        json.put("negative_prompt", request.negativePrompt());
        People people = request.people();
        json.put("people", people == null ? 0 : people.size());
        photos.forEach(json.putArray("photos")::add);
        json.put("frames", request.size().frames());
        json.put("height", request.size().height());
        json.put("width", request.size().width());
        json.put("seed", request.seed());
        json.put("steps", request.steps());
        json.put("scheduler", request.scheduler().toString());
        json.put("guidance_scale", request.guidanceScale());
        json.put("guidance", request.guidance().toString());
        json.put("routing", request.routing().toString());
        IdentityConfig identity = bundle.transformer().identity();
        Double faceScale = request.faceScale();
        if (identity != null) {
            json.put("face_scale", faceScale == null ? identity.localFaceScale() : faceScale);
        }
        Integer textLength = request.maxSequenceLength();
        json.put(
                "max_sequence_length", textLength == null ? bundle.transformer().maxTextSeqLength() : textLength);
        json.put("vae_tiling", generator.tiled());
        ObjectNode model = json.putObject("model");
        model.put("name", bundle.name());
        model.put("weights_fingerprint", bundle.fingerprint());
        ObjectNode machine = json.putObject("computed");
        machine.put("ingredients", version);
        machine.put("libtorch", Natives.version());
        machine.put("blas", Natives.blas().toString());
        machine.put("java", Runtime.version().toString());
        machine.put("device", compute.device());
        machine.put("dtype", compute.dtype().toString());
        machine.put("memory", generator.memory().toString());
        machine.put("seconds_per_step", rounded(secondsPerStep));
        machine.put("seconds", rounded(seconds));
        long peak = Memory.peakOfProcess();
        if (peak > 0) {
            machine.put("peak_memory_mib", peak >> 20);
        }
        return new Recipe(json);
    }

    private static double rounded(double seconds) {
        return Math.round(seconds * 1000) / 1000.0;
    }
}
