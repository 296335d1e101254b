package ai.ingredients.studio.api;

import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.studio.guard.Limits;
import ai.ingredients.studio.models.ModelEntry;
import ai.ingredients.studio.models.ModelShelf;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /v1/models} and {@code /v1/capabilities}: what can be asked for, and how much of it. Thread-safe. */
final class ModelRoutes {
    /** Words that the prompts of the paper's data use for people. */
    private static final List<String> ROLE_WORDS = List.of(
            "a woman",
            "a man",
            "a girl",
            "a boy",
            "an old woman",
            "an old man",
            "a bearded man",
            "a woman in a red coat",
            "a man in a blue suit",
            "a person");

    private final ModelShelf models;
    private final Limits limits;
    private final @Nullable Duration retention;
    private final boolean rewrites;

    ModelRoutes(ModelShelf models, Limits limits, @Nullable Duration retention, boolean rewrites) {
        this.models = models;
        this.limits = limits;
        this.retention = retention;
        this.rewrites = rewrites;
    }

    void addTo(Routes routes) {
        routes.add(HandlerType.GET, "/v1/models", this::list)
                .add(HandlerType.GET, "/v1/models/{id}", this::get)
                .add(HandlerType.GET, "/v1/capabilities", this::capabilities);
    }

    private static ObjectNode json(ModelEntry model) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", model.id())
                .put("object", "model")
                .put("created", model.created())
                .put("owned_by", "ingredients");
    }

    private void list(Context context) {
        ObjectNode list = JsonNodeFactory.instance.objectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        models.entries().forEach(model -> data.add(json(model)));
        Answers.json(context, list);
    }

    private void get(Context context) {
        ModelEntry model = models.find(context.pathParam("id"));
        if (model == null) {
            throw ApiError.notFound("This model");
        }
        Answers.json(context, json(model));
    }

    private void capabilities(Context context) {
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        ArrayNode list = all.putArray("models");
        for (ModelEntry model : models.entries()) {
            list.add(capabilities(model));
        }
        all.putObject("limits")
                .put("bytes", limits.bytes())
                .put("pixels", limits.pixels())
                .put("photos", limits.photos())
                .put("jobs_per_client", limits.jobsPerClient())
                .put("n", limits.videos())
                .put("prompt", limits.prompt())
                .put("num_inference_steps", limits.steps());
        all.put("rewrite", rewrites);
        all.put("retention_s", retention == null ? null : retention.toSeconds());
        all.put("devices", models.deviceCount());
        all.put("loaded_mb", models.loadedBytes() >> 20);
        Answers.json(context, all);
    }

    private ObjectNode capabilities(ModelEntry model) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        VideoSize own = model.bundle().defaultSize();
        json.put("id", model.id());
        ArrayNode sizes = json.putArray("sizes").add(own.width() + "x" + own.height());
        int multiple = own.pixelsPerLatent() * model.bundle().transformer().patchSize();
        int width = own.width() / 2 / multiple * multiple;
        int height = own.height() / 2 / multiple * multiple;
        if (width > 0 && height > 0) {
            sizes.add(width + "x" + height);
        }
        json.put("size_multiple", multiple);
        int most = (own.frames() * limits.volume() - 1) / 8 * 8 + 1;
        json.putObject("frames")
                .put("rule", "8k+1")
                .put("default", own.frames())
                .put("max", most);
        json.put("fps", model.bundle().frameRate().numerator());
        json.putObject("people").put("max", model.takesPeople() ? limits.people() : 0);
        var sampling = model.bundle().sampling();
        json.putObject("defaults")
                .put("num_inference_steps", sampling.steps())
                .put("guidance_scale", sampling.guidanceScale())
                .put("image_guidance_scale", sampling.imageGuidanceScale())
                .put("seed", GenerationRequest.DEFAULT_SEED)
                .put("scheduler", sampling.scheduler().toString());
        json.put(
                "input_reference", model.continuesAPicture() ? "first_frame" : model.takesPeople() ? "people" : "none");
        json.put("magcache", model.calibrated());
        json.put("teacache", model.calibratedForTea());
        ArrayNode words = json.putArray("role_words");
        ROLE_WORDS.forEach(words::add);
        json.put("loaded", models.loaded(model.id()));
        json.put("memory_mb", model.weightBytes() >> 20);
        ArrayNode findings = json.putArray("findings");
        model.findings().forEach(findings::add);
        return json;
    }
}
