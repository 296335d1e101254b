package ai.ingredients.studio.api;

import ai.ingredients.studio.guard.Limits;
import ai.ingredients.studio.jobs.Acceptance;
import ai.ingredients.studio.jobs.Acceptance.Answer;
import ai.ingredients.studio.jobs.Wanted;
import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.Page;
import ai.ingredients.studio.store.VideoRow;
import ai.ingredients.studio.store.VideoStatus;
import ai.ingredients.studio.store.Videos;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /v1/videos}: what a client of OpenAI's Videos API knows, and cancel and events besides. Thread-safe. */
final class VideoRoutes {
    private static final int POLL_MILLIS = 1000;
    private static final int LONGEST_KEY = 200;

    private final Videos videos;
    private final Blobs blobs;
    private final Acceptance acceptance;
    private final OrderReader reader;
    private final VideoJson json;
    private final Content content;
    private final Limits limits;

    VideoRoutes(Videos videos, Blobs blobs, Acceptance acceptance, OrderReader reader, VideoJson json, Limits limits) {
        this.videos = videos;
        this.blobs = blobs;
        this.acceptance = acceptance;
        this.reader = reader;
        this.json = json;
        this.limits = limits;
        content = new Content(blobs);
    }

    void addTo(Routes routes) {
        routes.add(HandlerType.POST, "/v1/videos", this::create)
                .add(HandlerType.GET, "/v1/videos", this::list)
                .add(HandlerType.GET, "/v1/videos/{id}", this::get)
                .add(HandlerType.DELETE, "/v1/videos/{id}", this::delete)
                .add(HandlerType.GET, "/v1/videos/{id}/content", this::content)
                .quietly(HandlerType.HEAD, "/v1/videos/{id}/content", this::content)
                .add(HandlerType.POST, "/v1/videos/{id}/remix", this::remix)
                .add(HandlerType.POST, "/v1/videos/{id}/cancel", this::cancel);
    }

    private void create(Context context) {
        accept(context, Body.read(context, limits.bytes()), null);
    }

    private void remix(Context context) {
        VideoRow base = find(context);
        accept(context, Body.read(context, limits.bytes()), base);
    }

    private void accept(Context context, Body body, @Nullable VideoRow base) {
        OrderReader.Read read = reader.read(body, base == null ? null : Wanted.of(base.wanted()));
        List<String> ids = new ArrayList<>();
        List<Wanted> wanted = new ArrayList<>();
        boolean answered = false;
        try {
            for (int i = 0; i < read.count(); i++) {
                String id = Ids.random(Ids.VIDEO);
                ids.add(id);
                wanted.add(kept(id, read.wanted().withSeed(read.wanted().seed() + i), read.photos()));
            }
            Answer answer = acceptance.accept(new Acceptance.Order(
                    Caller.client(context, body),
                    ids,
                    wanted,
                    base == null ? null : base.id(),
                    key(context),
                    fingerprint(context, body)));
            answered = true;
            answer(context, answer);
        } finally {
            if (!answered) {
                ids.forEach(id -> blobs.removeAll("videos/" + id));
            }
        }
    }

    /** Keeps the photos that came along in the video's folder. */
    private Wanted kept(String id, Wanted wanted, List<byte[]> photos) {
        String first = wanted.firstFrame();
        if (first != null) {
            blobs.put("videos/" + id + "/first-frame.png", photos.get(Integer.parseInt(first)));
            first = "videos/" + id + "/first-frame.png";
        }
        List<Wanted.Who> people = new ArrayList<>();
        for (Wanted.Who who : wanted.people()) {
            if (who.photo() == null) {
                people.add(who);
                continue;
            }
            String key = "videos/" + id + "/photo-" + who.photo() + ".png";
            blobs.put(key, photos.get(Integer.parseInt(who.photo())));
            people.add(new Wanted.Who(null, key, who.name(), who.role(), who.face(), who.landmarks()));
        }
        return wanted.withPhotos(people, first);
    }

    private static @Nullable String key(Context context) {
        String key = context.header("Idempotency-Key");
        if (key != null && (key.isBlank() || key.length() > LONGEST_KEY)) {
            throw new ApiError(
                    400, "invalid_header", "Idempotency-Key must have 1 to " + LONGEST_KEY + " letters.", null);
        }
        return key;
    }

    /** The same for a request that is sent again; the boundary of a form may be another one then. */
    private static String fingerprint(Context context, Body body) {
        try {
            MessageDigest sum = MessageDigest.getInstance("SHA-256");
            sum.update(context.path().getBytes(StandardCharsets.UTF_8));
            sum.update(body.fields().toString().getBytes(StandardCharsets.UTF_8));
            body.files().values().forEach(files -> files.forEach(sum::update));
            return HexFormat.of().formatHex(sum.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private void answer(Context context, Answer answer) {
        switch (answer) {
            case Answer.TooMany(long unfinished, int most) -> {
                context.header("Retry-After", "10");
                throw new ApiError(
                        429,
                        "rate_limit_exceeded",
                        "You have " + unfinished + " videos that have not ended; at most " + most + " are taken.",
                        null);
            }
            case Answer.OtherRequest() ->
                throw new ApiError(
                        409, "idempotency_key_reused", "This Idempotency-Key came with another request before.", null);
            case Answer.Accepted accepted -> {
                ObjectNode video = json.of(accepted.first(), acceptance.positions());
                if (accepted.ids().size() > 1) {
                    ArrayNode siblings = video.putArray("siblings");
                    accepted.ids().forEach(siblings::add);
                }
                if (accepted.again()) {
                    context.header("Idempotency-Replayed", "true");
                }
                send(context, accepted.first(), video);
            }
        }
    }

    private static void send(Context context, VideoRow video, ObjectNode json) {
        if (!video.ended()) {
            context.header("openai-poll-after-ms", String.valueOf(POLL_MILLIS));
        }
        Answers.json(context, json);
    }

    private VideoRow find(Context context) {
        String id = context.pathParam("id");
        VideoRow video = Ids.valid(Ids.VIDEO, id) ? videos.find(id) : null;
        if (video == null) {
            throw ApiError.notFound("This video");
        }
        return video;
    }

    private Map<String, Integer> positions(VideoRow video) {
        return video.status() == VideoStatus.QUEUED ? acceptance.positions() : Map.of();
    }

    private void get(Context context) {
        VideoRow video = find(context);
        send(context, video, json.of(video, positions(video)));
    }

    private void list(Context context) {
        Page<VideoRow> page = videos.list(Paging.query(context, Ids.VIDEO));
        if (page == null) {
            throw ApiError.value("after", "There is no video of that id.");
        }
        Map<String, Integer> positions = page.rows().stream().anyMatch(video -> video.status() == VideoStatus.QUEUED)
                ? acceptance.positions()
                : Map.of();
        ArrayNode data = JsonNodeFactory.instance.arrayNode();
        page.rows().forEach(video -> data.add(json.of(video, positions)));
        Answers.json(context, Paging.list(data, page.more()));
    }

    private void delete(Context context) {
        VideoRow video = find(context);
        if (!acceptance.remove(video.id())) {
            throw ApiError.notFound("This video");
        }
        Answers.json(
                context,
                JsonNodeFactory.instance
                        .objectNode()
                        .put("id", video.id())
                        .put("object", "video.deleted")
                        .put("deleted", true));
    }

    private void content(Context context) throws IOException {
        content.serve(context, find(context), context.queryParam("variant"));
    }

    private void cancel(Context context) {
        String id = context.pathParam("id");
        boolean valid = Ids.valid(Ids.VIDEO, id);
        if (valid && videos.removed(id)) {
            throw new ApiError(410, "deleted", "The video was deleted.", null);
        }
        VideoRow video = find(context);
        if (!acceptance.cancel(video.id())) {
            VideoRow now = find(context);
            throw new ApiError(409, "finished", "The video is " + now.status().text() + " already.", null);
        }
        VideoRow now = find(context);
        send(context, now, json.of(now, Map.of()));
    }
}
