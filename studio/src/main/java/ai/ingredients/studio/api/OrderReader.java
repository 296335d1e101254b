package ai.ingredients.studio.api;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.PersonName;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.Layout;
import ai.ingredients.pipeline.MagCache;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.SamplingDefaults;
import ai.ingredients.pipeline.Shortcuts;
import ai.ingredients.pipeline.Steering;
import ai.ingredients.pipeline.TeaCache;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.studio.guard.Limits;
import ai.ingredients.studio.jobs.FieldNames;
import ai.ingredients.studio.jobs.VideoRunner;
import ai.ingredients.studio.jobs.Wanted;
import ai.ingredients.studio.jobs.Webhooks;
import ai.ingredients.studio.models.ModelEntry;
import ai.ingredients.studio.models.ModelShelf;
import ai.ingredients.transformer.Routing;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * From what a request says to what is wanted, with every value decided and everything checked that can be checked without making
 * the video. Thread-safe.
 */
final class OrderReader {
    /** Frames in a second, of every model. */
    private static final int FRAME_STEP = 8;

    private static final int LONGEST_URL = 2000;
    private static final double MOST_SCALE = 100;
    private static final int LONGEST_SWITCH = 100;
    private static final double MOST_THRESHOLD = 100;
    private static final String USUAL_CACHE =
            MagCache.DEFAULT.threshold() + "," + MagCache.DEFAULT.mostRepeats() + "," + MagCache.DEFAULT.retention();
    private static final Pattern SIZE = Pattern.compile("(\\d{1,5})x(\\d{1,5})");

    private final ModelShelf models;
    private final PeopleReader people;
    private final Webhooks webhooks;
    private final Limits limits;

    OrderReader(ModelShelf models, PeopleReader people, Webhooks webhooks, Limits limits) {
        this.models = models;
        this.people = people;
        this.webhooks = webhooks;
        this.limits = limits;
    }

    /**
     * What a request asks for.
     *
     * @param wanted the first video; its photos are not kept anywhere yet
     * @param photos that came with the request, as they will be kept: {@code wanted.people()} with {@code photo} "0" has the first
     * @param count of videos with one seed after another
     */
    record Read(Wanted wanted, List<byte[]> photos, int count) {}

    /**
     * Reads a request.
     *
     * @param base what is taken for values that are not given, of the video that is varied; none for a new one
     * @throws ApiError with 422, naming the field
     */
    Read read(Body body, @Nullable Wanted base) {
        Fields fields = new Fields(body.fields());
        ModelEntry model = model(fields, base);
        ModelBundle bundle = model.bundle();
        String prompt = fields.text("prompt", limits.prompt());
        if (prompt == null && base != null) {
            prompt = base.prompt();
        }
        if (prompt == null || prompt.isBlank()) {
            throw ApiError.value("prompt", "`prompt` is missing; describe the video.");
        }
        VideoSize size = size(fields, bundle, base);
        SamplingDefaults sampling = bundle.sampling();
        PeopleReader.Found found = model.continuesAPicture()
                ? people.firstFrame(fields, body.files(), base)
                : people.read(fields, body.files(), base);
        Fields extra = fields.object("extra_params");
        int count = or(fields.whole("n", 1, limits.videos()), 1);
        String url = fields.text("webhook_url", LONGEST_URL);
        if (url != null) {
            check("webhook_url", () -> webhooks.check(url));
        }
        Wanted wanted = new Wanted(
                model.id(),
                prompt,
                or(fields.text("negative_prompt", limits.prompt()), base == null ? "" : base.negativePrompt()),
                size.width(),
                size.height(),
                size.frames(),
                or(
                        fields.whole("num_inference_steps", 1, limits.steps()),
                        base == null ? Math.min(sampling.steps(), limits.steps()) : base.numInferenceSteps()),
                or(
                        fields.number("guidance_scale", 0, MOST_SCALE),
                        base == null ? sampling.guidanceScale() : base.guidanceScale()),
                or(
                        fields.number("image_guidance_scale", 0, MOST_SCALE),
                        base == null ? sampling.imageGuidanceScale() : base.imageGuidanceScale()),
                or(fields.seed("seed"), base == null ? GenerationRequest.DEFAULT_SEED : base.seed()),
                found.people(),
                places(fields, found.people(), base),
                or(
                        extra.choice("scheduler", List.of("dpm", "ddim", "dpmpp", "unipc")),
                        base == null ? sampling.scheduler().toString() : base.scheduler()),
                or(
                        extra.choice("guidance", List.of("constant", "dynamic")),
                        base == null ? "constant" : base.guidance()),
                or(
                        extra.choice("routing", List.of("reference", "per-branch")),
                        base == null ? Routing.REFERENCE.toString() : base.routing()),
                faceScale(extra, base),
                layout(extra, sampling, base),
                shortcuts(model, extra, base),
                found.firstFrame(),
                or(extra.flag("routing_overlay"), base == null || base.overlay()),
                or(fields.whole("priority", -10, 10), 0),
                url);
        check("prompt", () -> checkAll(wanted, bundle));
        return new Read(wanted, found.photos(), count);
    }

    private static <T> T or(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    private static @Nullable Double faceScale(Fields extra, @Nullable Wanted base) {
        Double given = extra.number("face_scale", 0, 10);
        return given != null ? given : base == null ? null : base.faceScale();
    }

    /** None for off. */
    private static @Nullable String layout(Fields extra, SamplingDefaults sampling, @Nullable Wanted base) {
        if (!extra.has("layout")) {
            return base != null
                    ? base.layout()
                    : sampling.layout() == null ? null : sampling.layout().toString();
        }
        JsonNode value = extra.json().path("layout");
        if (value.isBoolean() && !value.booleanValue()) {
            return null;
        }
        String text = String.valueOf(extra.text("layout", LONGEST_SWITCH));
        check("extra_params.layout", () -> Layout.parse(text));
        Layout layout = Layout.parse(text);
        return layout == null ? null : layout.toString();
    }

    private static Wanted.@Nullable Skipped shortcuts(ModelEntry model, Fields extra, @Nullable Wanted base) {
        Wanted.Skipped before = base == null ? null : base.shortcuts();
        String interval = before == null ? null : before.guidanceInterval();
        String cache = before == null ? null : before.magcache();
        Double tea = before == null ? null : before.teacache();
        if (extra.has("guidance_interval")) {
            interval = extra.text("guidance_interval", LONGEST_SWITCH);
        }
        if (extra.has("magcache")) {
            JsonNode value = extra.json().path("magcache");
            boolean on = value.isBoolean() ? value.booleanValue() : !value.isNull();
            cache = !on ? null : value.isBoolean() ? USUAL_CACHE : extra.text("magcache", LONGEST_SWITCH);
            tea = cache == null ? tea : null; // of the video that is varied
        }
        if (extra.has("teacache")) {
            tea = threshold(extra);
            cache = tea == null || extra.has("magcache") ? cache : null;
        }
        calibrated("extra_params.magcache", cache == null || model.calibrated());
        calibrated("extra_params.teacache", tea == null || model.calibratedForTea());
        if (interval == null && cache == null && tea == null) {
            return null;
        }
        Wanted.Skipped skipped = new Wanted.Skipped(interval, cache, tea);
        check("extra_params", skipped::forLibrary);
        return skipped;
    }

    private static @Nullable Double threshold(Fields extra) {
        JsonNode value = extra.json().path("teacache");
        return value.isBoolean()
                ? value.booleanValue() ? TeaCache.DEFAULT.threshold() : null
                : extra.number("teacache", 0, MOST_THRESHOLD);
    }

    private static void calibrated(String param, boolean usable) {
        if (!usable) {
            throw ApiError.value(
                    param, "`" + param + "` needs a model that was calibrated for it, and this one was not.");
        }
    }

    private ModelEntry model(Fields fields, @Nullable Wanted base) {
        String id = fields.text("model", 200);
        if (id == null && base != null) {
            id = base.model();
        }
        if (id == null || id.isBlank()) {
            return models.usual();
        }
        ModelEntry model = models.find(id);
        if (model == null) {
            throw ApiError.value(
                    "model",
                    "There is no model of that name; there are "
                            + String.join(
                                    ", ",
                                    models.entries().stream()
                                            .map(ModelEntry::id)
                                            .toList()) + ".");
        }
        return model;
    }

    private VideoSize size(Fields fields, ModelBundle bundle, @Nullable Wanted base) {
        VideoSize own = bundle.defaultSize();
        VideoSize size = base == null ? own : own.with(base.numFrames(), base.height(), base.width());
        String text = fields.text("size", 20);
        if (text != null && !text.equals("auto")) {
            Matcher sides = SIZE.matcher(text);
            if (!sides.matches()) {
                throw ApiError.value(
                        "size",
                        "`size` cannot be used; expected WIDTHxHEIGHT in pixels, such as " + own.width() + "x"
                                + own.height() + ".");
            }
            size = size.with(size.frames(), Integer.parseInt(sides.group(2)), Integer.parseInt(sides.group(1)));
        }
        Double seconds = fields.number("seconds", 0, 3600);
        if (seconds != null) {
            int steps =
                    (int) Math.max(0, Math.round((seconds * bundle.frameRate().perSecond() - 1) / FRAME_STEP));
            size = size.with(steps * FRAME_STEP + 1, size.height(), size.width());
        }
        Integer frames = fields.whole("num_frames", 1, 100_000);
        if (frames != null) {
            size = size.with(frames, size.height(), size.width());
        }
        VideoSize checked = size;
        check("size", () -> checked.checked(bundle.transformer().patchSize()));
        long most = (long) own.frames() * own.width() * own.height() * limits.volume();
        long asked = (long) size.frames() * size.width() * size.height();
        if (asked > most) {
            throw ApiError.value(
                    frames == null && seconds == null ? "size" : "num_frames",
                    size + " are more than this studio makes with this model: at most " + limits.volume()
                            + " times the pixels of " + own + ".");
        }
        return size;
    }

    private List<Wanted.Where> places(Fields fields, List<Wanted.Who> people, @Nullable Wanted base) {
        if (!fields.has("place")) {
            return base == null || base.people().size() != people.size() ? List.of() : base.place();
        }
        List<Wanted.Where> places = new ArrayList<>();
        for (JsonNode entry : fields.list("place", 64)) {
            if (!(entry instanceof ObjectNode object)) {
                throw fields.wrong("place", "a list of {person, region}");
            }
            Fields place = new Fields(object, "place.");
            places.add(new Wanted.Where(
                    person(place, people), region(place), place.number("from", 0, 3600), place.number("to", 0, 3600)));
        }
        return places;
    }

    private static int person(Fields place, List<Wanted.Who> people) {
        JsonNode value = place.json().path("person");
        if (value.isTextual() && !value.textValue().matches("\\d+")) {
            String wanted = PersonName.key(value.textValue());
            for (int i = 0; i < people.size(); i++) {
                String name = people.get(i).name();
                if (!name.isEmpty() && PersonName.key(name).equals(wanted)) {
                    return i;
                }
            }
            throw place.wrong("person", "the name of one of the people, or their number from 0");
        }
        Integer index = place.whole("person", 0, Math.max(0, people.size() - 1));
        if (index == null || people.isEmpty()) {
            throw place.wrong("person", "one of the people of this video");
        }
        return index;
    }

    private static List<Double> region(Fields place) {
        JsonNode value = place.json().path("region");
        if (value.isTextual()) {
            return switch (value.textValue()) {
                case "left" -> List.of(0.0, 0.0, 0.4, 1.0);
                case "middle" -> List.of(0.3, 0.0, 0.7, 1.0);
                case "right" -> List.of(0.6, 0.0, 1.0, 1.0);
                default ->
                    throw place.wrong("region", "left, middle, right or [x0,y0,x1,y1] in fractions of the frame");
            };
        }
        List<Double> box = new ArrayList<>();
        value.forEach(side -> box.add(side.isNumber() ? side.doubleValue() : Double.NaN));
        if (!value.isArray() || box.size() != 4 || box.stream().anyMatch(side -> !Double.isFinite(side))) {
            throw place.wrong("region", "left, middle, right or [x0,y0,x1,y1] in fractions of the frame");
        }
        return box;
    }

    /** What the library itself would refuse. */
    private static void checkAll(Wanted wanted, ModelBundle bundle) {
        List<String> names = wanted.people().stream().map(Wanted.Who::name).toList();
        Map<String, String> roles = new HashMap<>();
        for (Wanted.Who who : wanted.people()) {
            if (!who.name().isEmpty() && !who.role().isEmpty()) {
                roles.put(who.name(), who.role());
            }
        }
        PersonWords words = new PersonWords(names, roles);
        bundle.request(words.expand("prompt", wanted.prompt()))
                .negativePrompt(words.expand("negative prompt", wanted.negativePrompt()))
                .people(wanted.people().size())
                .size(wanted.numFrames(), wanted.height(), wanted.width())
                .steps(wanted.numInferenceSteps())
                .guidanceScale(wanted.guidanceScale())
                .imageGuidanceScale(wanted.imageGuidanceScale())
                .guidance(Guidance.parse(wanted.guidance()))
                .scheduler(Scheduler.Kind.parse(wanted.scheduler()))
                .shortcuts(
                        wanted.shortcuts() == null
                                ? Shortcuts.NONE
                                : wanted.shortcuts().forLibrary())
                .firstFrame(wanted.firstFrame() == null ? null : Picture.filled(1, 1, 0, 0, 0))
                .steering(Steering.NONE.withPlaces(
                        wanted.place().stream().map(VideoRunner::placement).toList()))
                .build();
    }

    /** Turns the library's refusal into ours. */
    static void check(String param, Runnable work) {
        try {
            work.run();
        } catch (InvalidInputException e) {
            String message = FieldNames.translated(e.getMessage());
            String field = FieldNames.first(message);
            throw ApiError.value(field == null ? param : field, message);
        }
    }
}
