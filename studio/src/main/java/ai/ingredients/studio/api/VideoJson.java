package ai.ingredients.studio.api;

import ai.ingredients.media.FrameRate;
import ai.ingredients.studio.jobs.Made;
import ai.ingredients.studio.jobs.Wanted;
import ai.ingredients.studio.jobs.Watchers;
import ai.ingredients.studio.models.ModelShelf;
import ai.ingredients.studio.store.VideoRow;
import ai.ingredients.studio.store.VideoStatus;
import ai.ingredients.studio.store.Videos;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A video as the API shows it: the fields of the OpenAI API first, then ours. */
final class VideoJson {
    /** Beyond it JavaScript would round a number. */
    private static final long EXACT = 1L << 53;

    private final Watchers watchers;
    private final ModelShelf models;

    VideoJson(Watchers watchers, ModelShelf models) {
        this.watchers = watchers;
        this.models = models;
    }

    /** Of a model that is no longer here, the usual one. */
    private FrameRate rate(String model) {
        return models.entries().stream()
                .filter(entry -> entry.id().equals(model))
                .map(entry -> entry.bundle().frameRate())
                .findFirst()
                .orElse(FrameRate.DEFAULT);
    }

    ObjectNode of(VideoRow video, Map<String, Integer> positions) {
        Wanted wanted = Wanted.of(video.wanted());
        FrameRate rate = rate(video.model());
        Videos.Progress live = video.status() == VideoStatus.IN_PROGRESS ? watchers.progress(video.id()) : null;
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("id", video.id());
        json.put("object", "video");
        json.put("model", video.model());
        json.put("prompt", video.prompt());
        json.put("status", video.status().text());
        json.put("progress", live == null ? video.progress() : live.progress());
        json.put("seconds", String.format(Locale.ROOT, "%.1f", wanted.numFrames() / rate.perSecond()));
        json.put("size", wanted.width() + "x" + wanted.height());
        json.put("created_at", video.createdAt() / 1000);
        json.put("completed_at", seconds(video.completedAt()));
        json.put("expires_at", seconds(video.expiresAt()));
        if (video.errorCode() == null) {
            json.putNull("error");
        } else {
            json.putObject("error").put("code", video.errorCode()).put("message", video.errorMessage());
        }
        json.put("remixed_from_video_id", video.remixedFrom());
        wanted(json, wanted, rate);
        json.put("started_at", seconds(video.startedAt()));
        json.put("queue_position", positions.get(video.id()));
        json.put("stage", live == null ? video.stage() : live.stage());
        json.put("step", live == null ? video.step() : live.step());
        json.put("seconds_left", rounded(live == null ? video.secondsLeft() : live.secondsLeft()));
        Made made = video.made() == null ? null : Made.of(video.made());
        made(json, made);
        ArrayNode variants = json.putArray("variants");
        Content.variants(wanted, made).forEach(variants::add);
        return json;
    }

    /** How it comes along: what of {@link #of} changes while it is made. */
    ObjectNode progress(VideoRow video, Map<String, Integer> positions, int steps) {
        Videos.Progress live = video.status() == VideoStatus.IN_PROGRESS ? watchers.progress(video.id()) : null;
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("status", video.status().text());
        json.put("progress", live == null ? video.progress() : live.progress());
        json.put("step", live == null ? video.step() : live.step());
        json.put("stage", live == null ? video.stage() : live.stage());
        json.put("seconds_left", rounded(live == null ? video.secondsLeft() : live.secondsLeft()));
        json.put("queue_position", positions.get(video.id()));
        return json.put("steps", steps);
    }

    private static void wanted(ObjectNode json, Wanted wanted, FrameRate rate) {
        ArrayNode people = json.putArray("people");
        for (Wanted.Who who : wanted.people()) {
            people.addObject().put("id", who.person()).put("name", who.name()).put("role", who.role());
        }
        json.put("negative_prompt", wanted.negativePrompt());
        json.put("num_frames", wanted.numFrames());
        json.put("fps", rate.numerator()); // of a model it is a whole number
        json.put("num_inference_steps", wanted.numInferenceSteps());
        json.put("guidance_scale", wanted.guidanceScale());
        json.put("image_guidance_scale", wanted.imageGuidanceScale());
        if (wanted.seed() >= 0 && wanted.seed() <= EXACT) {
            json.put("seed", wanted.seed());
        } else {
            json.put("seed", Long.toUnsignedString(wanted.seed()));
        }
        json.put("priority", wanted.priority());
        ArrayNode places = json.putArray("place");
        for (Wanted.Where where : wanted.place()) {
            ObjectNode place = places.addObject().put("person", where.person());
            ArrayNode region = place.putArray("region");
            where.region().forEach(region::add);
            place.put("from", where.from()).put("to", where.to());
        }
        ObjectNode extra = json.putObject("extra_params");
        extra.put("scheduler", wanted.scheduler());
        extra.put("guidance", wanted.guidance());
        extra.put("routing", wanted.routing());
        extra.put("face_scale", wanted.faceScale());
        extra.put("layout", wanted.layout());
        Wanted.Skipped shortcuts = wanted.shortcuts();
        extra.put("guidance_interval", shortcuts == null ? null : shortcuts.guidanceInterval());
        extra.put("magcache", shortcuts == null ? null : shortcuts.magcache());
        extra.put("teacache", shortcuts == null ? null : shortcuts.teacache());
        extra.put("routing_overlay", wanted.overlay());
    }

    private static void made(ObjectNode json, @Nullable Made made) {
        if (made == null) {
            json.putNull("inference_time_s");
            json.putNull("stage_durations");
            json.putNull("peak_memory_mb");
            json.putNull("recipe");
            return;
        }
        json.put("inference_time_s", rounded(made.inferenceSeconds()));
        ObjectNode stages = json.putObject("stage_durations");
        made.stageSeconds().forEach((stage, seconds) -> stages.put(stage, rounded(seconds)));
        json.put("peak_memory_mb", made.peakMemoryMb());
        json.set("recipe", made.recipe());
    }

    private static @Nullable Long seconds(@Nullable Long millis) {
        return millis == null ? null : millis / 1000;
    }

    private static @Nullable Double rounded(@Nullable Double number) {
        return number == null ? null : Math.round(number * 1000) / 1000.0;
    }
}
