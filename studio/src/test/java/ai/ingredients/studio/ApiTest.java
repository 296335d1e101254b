package ai.ingredients.studio;

import static ai.ingredients.studio.TestStudio.SMALL;
import static ai.ingredients.studio.TestStudio.json;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.Video;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipInputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API does beyond what a client of the OpenAI API asks of it. */
class ApiTest {
    @TempDir
    static Path folder;

    private static TestStudio studio;

    @BeforeAll
    static void open() {
        studio = TestStudio.in(folder, options -> options.with(it -> it.limits = it.limits.withJobsPerClient(6)));
    }

    @AfterAll
    static void close() {
        studio.close();
    }

    private static String photo(int number) throws IOException {
        return "data:image/png;base64,"
                + Base64.getEncoder().encodeToString(Files.readAllBytes(TinyModel.photo(number)));
    }

    private static JsonNode openapi() throws IOException {
        HttpResponse<byte[]> response = studio.get("/openapi.yaml");
        assertThat(response.statusCode()).isEqualTo(200);
        return new YAMLMapper().readTree(response.body());
    }

    private static List<String> names(JsonNode array) {
        List<String> names = new ArrayList<>();
        array.forEach(name -> names.add(name.asText()));
        return names;
    }

    @Test
    void theDescriptionHoldsEveryRouteAndNoOther() throws IOException {
        List<String> described = new ArrayList<>();
        openapi()
                .path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    if (!method.getKey().equals("parameters")) {
                        described.add(method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));
        assertThat(described)
                .containsExactlyInAnyOrderElementsOf(studio.studio().routes());
    }

    @Test
    void everyDescribedFieldIsThereAndNoOther() throws IOException {
        JsonNode schema = openapi().at("/components/schemas/Video");
        JsonNode video = studio.ended(studio.create(""));
        List<String> found = new ArrayList<>();
        video.fieldNames().forEachRemaining(found::add);
        assertThat(found).containsExactlyInAnyOrderElementsOf(names(schema.path("required")));
        List<String> described = new ArrayList<>();
        schema.path("properties").fieldNames().forEachRemaining(described::add);
        assertThat(described).containsAll(found);
        assertThat(video.path("recipe").path("steps").asInt()).isEqualTo(2);
        assertThat(video.path("stage_durations").size()).isEqualTo(5);
        assertThat(video.path("inference_time_s").asDouble()).isPositive();
    }

    @Test
    void peopleAreKeptChangedUsedAndDeleted() throws IOException {
        HttpResponse<byte[]> added = studio.post(
                "/v1/people",
                "{\"photos\":[\"" + photo(1) + "\",\"" + photo(2)
                        + "\"],\"name\":\"ada\",\"role\":\"a woman in a coat\"}");
        assertThat(added.statusCode())
                .as(new String(added.body(), StandardCharsets.UTF_8))
                .isEqualTo(200);
        JsonNode person = json(added);
        String id = person.path("id").asText();
        assertThat(id).startsWith("person_");
        assertThat(person.path("photos").size()).isEqualTo(2);
        JsonNode first = person.at("/photos/0");
        assertThat(first.path("faces").size()).isPositive();
        assertThat(first.path("chosen").asInt()).isNotNegative();
        JsonNode box = first.at("/faces/0/box");
        assertThat(box.get(0).asDouble()).isLessThan(box.get(2).asDouble());
        assertThat(box.get(2).asDouble())
                .isLessThanOrEqualTo(first.path("width").asDouble());

        HttpResponse<byte[]> picture = studio.get("/v1/people/" + id + "/photos/1?size=64");
        assertThat(picture.headers().firstValue("Content-Type")).contains("image/jpeg");
        assertThat(ImageIO.read(new ByteArrayInputStream(picture.body())).getWidth())
                .isLessThanOrEqualTo(64);

        HttpResponse<byte[]> changed = studio.send(HttpRequest.newBuilder(studio.uri("/v1/people/" + id))
                .header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"name\":\"grace\",\"photo\":1}")));
        assertThat(json(changed).path("name").asText()).isEqualTo("grace");
        assertThat(json(changed).path("photo").asInt()).isEqualTo(1);
        JsonNode listed = json(studio.get("/v1/people?q=GRACE"));
        assertThat(listed.path("data").size()).isEqualTo(1);
        assertThat(listed.at("/data/0/id").asText()).isEqualTo(id);

        String video = studio.create(",\"prompt\":\"@grace and a dog.\",\"people\":[\"" + id + "\"],"
                + "\"place\":[{\"person\":\"grace\",\"region\":\"left\"}]");
        JsonNode done = studio.ended(video);
        assertThat(done.path("status").asText()).as(done.toString()).isEqualTo("completed");
        assertThat(done.at("/recipe/prompt").asText()).isEqualTo("A woman in a coat and a dog.");
        assertThat(done.at("/people/0/id").asText()).isEqualTo(id);
        assertThat(done.at("/place/0/region/2").asDouble()).isEqualTo(0.4);
        assertThat(names(done.path("variants"))).contains("overlay");
        assertThat(studio.get("/v1/videos/" + video + "/content?variant=overlay")
                        .statusCode())
                .isEqualTo(200);

        Path files = folder.resolve("data/files/people").resolve(id);
        assertThat(files).exists();
        assertThat(json(studio.delete("/v1/people/" + id)).path("object").asText())
                .isEqualTo("person.deleted");
        assertThat(files).doesNotExist();
        assertThat(studio.get("/v1/people/" + id).statusCode()).isEqualTo(404);
        assertThat(studio.get("/v1/people/" + id + "/photos/0").statusCode()).isEqualTo(404);
        HttpResponse<byte[]> again = studio.post("/v1/videos/" + video + "/remix", "{\"prompt\":\"Again.\"}");
        assertThat(again.statusCode()).isEqualTo(422);
        assertThat(json(again).at("/error/param").asText()).isEqualTo("people");
    }

    @Test
    void photosWithinTheRequestAreUsedAndGoWithTheVideo() throws IOException {
        String id = studio.create(",\"prompt\":\"@ada waves at @bob.\",\"people\":[" + "{\"name\":\"ada\",\"photo\":\""
                + photo(1) + "\"},{\"name\":\"bob\",\"photo\":\"" + photo(2) + "\"}]");
        assertThat(studio.ended(id).path("status").asText()).isEqualTo("completed");
        HttpResponse<byte[]> remixed =
                studio.post("/v1/videos/" + id + "/remix", "{\"seed\":\"18446744073709551615\"}");
        JsonNode other = json(remixed);
        assertThat(other.path("seed").asText()).isEqualTo("18446744073709551615");
        assertThat(other.path("people").size()).isEqualTo(2);
        assertThat(studio.ended(other.path("id").asText()).path("status").asText())
                .isEqualTo("completed");
        Path files = folder.resolve("data/files/videos").resolve(id);
        assertThat(files.resolve("photo-0.png")).exists();
        studio.delete("/v1/videos/" + id);
        assertThat(files).doesNotExist();
    }

    @Test
    void contentComesInPartsAndForms() throws IOException {
        String id = studio.create("");
        studio.ended(id);
        String path = "/v1/videos/" + id + "/content";
        HttpResponse<byte[]> whole = studio.get(path);
        String etag = whole.headers().firstValue("ETag").orElseThrow();
        HttpResponse<byte[]> part =
                studio.send(HttpRequest.newBuilder(studio.uri(path)).header("Range", "bytes=4-7"));
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.headers().firstValue("Content-Range")).contains("bytes 4-7/" + whole.body().length);
        assertThat(new String(part.body(), StandardCharsets.ISO_8859_1)).isEqualTo("ftyp");
        HttpResponse<byte[]> end =
                studio.send(HttpRequest.newBuilder(studio.uri(path)).header("Range", "bytes=-10"));
        assertThat(end.body()).hasSize(10);
        assertThat(studio.send(HttpRequest.newBuilder(studio.uri(path))
                                .header("Range", "bytes=4-7")
                                .header("If-Range", "\"another\""))
                        .body())
                .hasSize(whole.body().length);
        assertThat(studio.send(HttpRequest.newBuilder(studio.uri(path)).header("Range", "bytes=99999999-"))
                        .statusCode())
                .isEqualTo(416);
        assertThat(studio.send(HttpRequest.newBuilder(studio.uri(path)).header("If-None-Match", etag))
                        .statusCode())
                .isEqualTo(304);
        HttpResponse<byte[]> head = studio.send(
                HttpRequest.newBuilder(studio.uri(path)).method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(whole.body().length);

        byte[] gif = studio.get(path + "?variant=gif").body();
        var reader = ImageIO.getImageReadersByFormatName("gif").next();
        reader.setInput(ImageIO.createImageInputStream(new ByteArrayInputStream(gif)));
        assertThat(reader.getNumImages(true)).isEqualTo(9);
        try (ZipInputStream zip = new ZipInputStream(
                new ByteArrayInputStream(studio.get(path + "?variant=frames").body()))) {
            int frames = 0;
            while (zip.getNextEntry() != null) {
                byte[] png = zip.readAllBytes();
                assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth())
                        .isEqualTo(48);
                assertThat(new String(png, StandardCharsets.ISO_8859_1)).contains(Video.MADE_BY_MODEL);
                frames++;
            }
            assertThat(frames).isEqualTo(9);
        }
        assertThat(new String(studio.get(path + "?variant=webm").body(), StandardCharsets.ISO_8859_1))
                .contains(Video.MADE_BY_MODEL);
        assertThat(json(studio.get(path + "?variant=recipe")).path("steps").asInt())
                .isEqualTo(2);
        assertThat(studio.get(path + "?variant=../../secret").statusCode()).isEqualTo(422);
    }

    @Test
    void aVideoIsWatchedToItsEnd() throws Exception {
        String id = studio.create(",\"num_inference_steps\":30");
        long began = System.nanoTime();
        List<String> events = new ArrayList<>();
        JsonNode last = TestStudio.JSON.nullNode();
        boolean moved = false;
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> stream = http.send(
                    HttpRequest.newBuilder(studio.uri("/v1/videos/" + id + "/events"))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(stream.headers().firstValue("Content-Type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("event: ")) {
                        events.add(line.substring(7));
                    } else if (line.startsWith("data: ")) {
                        last = TestStudio.JSON.readTree(line.substring(6));
                        moved |= last.path("steps").asInt() == 30
                                && last.path("step").asInt() > 0
                                && last.path("step").asInt() < 30;
                    }
                }
            }
        }
        assertThat(events).startsWith("status").endsWith("status").contains("progress");
        long tenths = (System.nanoTime() - began) / 100_000_000;
        assertThat(events.stream().filter("progress"::equals).count())
                .as("told ten times a second at most, and at each change of the row")
                .isLessThanOrEqualTo(5 + tenths);
        assertThat(moved).as("steps were seen").isTrue();
        assertThat(last.path("status").asText()).isEqualTo("completed");
        assertThat(last.path("id").asText()).isEqualTo(id);
    }

    @Test
    void aVideoIsCancelledWhileItIsMadeAndWhileItWaits() {
        String made = studio.create(",\"num_inference_steps\":200,\"size\":\"96x96\"");
        String waiting = studio.create("");
        while (!studio.video(made).path("status").asText().equals("in_progress")) {
            StudioProcess.sleep(20);
        }
        assertThat(studio.video(waiting).path("queue_position").asInt()).isEqualTo(1);
        assertThat(studio.get("/v1/videos/" + waiting + "/content").statusCode())
                .isEqualTo(409);
        for (String id : List.of(waiting, made)) {
            HttpResponse<byte[]> cancelled = studio.post("/v1/videos/" + id + "/cancel", "{}");
            assertThat(cancelled.statusCode()).isEqualTo(200);
            assertThat(json(cancelled).at("/error/code").asText()).isEqualTo("cancelled");
            assertThat(studio.post("/v1/videos/" + id + "/cancel", "{}").statusCode())
                    .isEqualTo(409);
            studio.delete("/v1/videos/" + id);
            assertThat(studio.post("/v1/videos/" + id + "/cancel", "{}").statusCode())
                    .isEqualTo(410);
        }
        assertThat(studio.ended(studio.create("")).path("status").asText())
                .as("the device is free again")
                .isEqualTo("completed");
    }

    private static HttpResponse<byte[]> keyed(String key, String prompt) {
        return studio.send(HttpRequest.newBuilder(studio.uri("/v1/videos"))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .header("X-Client-Id", "keyed")
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"" + prompt + "\"," + SMALL + "}")));
    }

    @Test
    void aRequestThatIsSentAgainIsOneVideo() {
        HttpResponse<byte[]> first = keyed("k1", "One.");
        HttpResponse<byte[]> again = keyed("k1", "One.");
        assertThat(json(again).path("id")).isEqualTo(json(first).path("id"));
        assertThat(again.headers().firstValue("Idempotency-Replayed")).contains("true");
        assertThat(keyed("k1", "Another.").statusCode()).isEqualTo(409);
        assertThat(json(keyed("k2", "One.")).path("id"))
                .isNotEqualTo(json(first).path("id"));
    }

    @Test
    void aClientHasSoManyVideosAndNoMore() {
        List<String> ids = new ArrayList<>();
        HttpRequest.Builder request = HttpRequest.newBuilder(studio.uri("/v1/videos"))
                .header("Content-Type", "application/json")
                .header("X-Client-Id", "greedy")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"prompt\":\"Many.\",\"n\":4,\"num_inference_steps\":60," + SMALL + "}"));
        HttpResponse<byte[]> four = studio.send(request);
        ids.addAll(names(json(four).path("siblings")));
        assertThat(ids).hasSize(4).contains(json(four).path("id").asText());
        assertThat(ids.stream().map(id -> studio.video(id).path("seed").asInt()))
                .containsExactly(42, 43, 44, 45);
        HttpResponse<byte[]> refused = studio.send(request);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        ids.forEach(id -> studio.delete("/v1/videos/" + id));
    }

    @Test
    void turnsAreTakenBetweenClients() {
        json(studio.get("/v1/videos?limit=100"))
                .path("data")
                .forEach(video -> studio.ended(video.path("id").asText()));
        String blocker = studio.create(",\"num_inference_steps\":200,\"size\":\"96x96\"");
        while (!studio.video(blocker).path("status").asText().equals("in_progress")) {
            StudioProcess.sleep(20);
        }
        List<String> all = new ArrayList<>();
        for (String who : new String[] {"a", "a", "a", "b", "b", "a"}) {
            boolean urgent = all.size() == 5;
            all.add(json(studio.post(
                            "/v1/videos",
                            "{\"prompt\":\"Turn.\",\"user\":\"turn-" + who + "\",\"priority\":" + (urgent ? 5 : 0) + ","
                                    + SMALL + "}"))
                    .path("id")
                    .asText());
        }
        List<Integer> positions = all.stream()
                .map(id -> studio.video(id).path("queue_position").asInt())
                .toList();
        // a's urgent one first of a's own; then one of each in turn
        assertThat(positions).containsExactly(3, 5, 6, 2, 4, 1);
        studio.post("/v1/videos/" + blocker + "/cancel", "{}");
        all.forEach(studio::ended);
        List<Long> completed = all.stream()
                .map(id -> studio.video(id).path("completed_at").asLong())
                .toList();
        assertThat(completed).as("in seconds, nobody before the urgent one").allMatch(at -> at >= completed.get(5));
    }

    @Test
    void capabilitiesSayWhatCanBeAskedFor() {
        JsonNode all = json(studio.get("/v1/capabilities"));
        JsonNode model = all.at("/models/0");
        assertThat(model.path("id").asText()).isEqualTo("tiny");
        assertThat(model.at("/frames/rule").asText()).isEqualTo("8k+1");
        assertThat(model.at("/defaults/num_inference_steps").asInt()).isEqualTo(2);
        assertThat(model.path("findings").size()).as(model.toString()).isZero();
        assertThat(all.at("/limits/jobs_per_client").asInt()).isEqualTo(6);
        assertThat(all.path("rewrite").asBoolean()).isFalse();
        assertThat(studio.post("/v1/prompts/rewrite", "{\"prompt\":\"x\"}").statusCode())
                .isEqualTo(404);
    }

    @Test
    void whoeverLooksAfterItSeesHowItIs() {
        assertThat(studio.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(studio.get("/health/ready").statusCode()).isEqualTo(200);
        String metrics = new String(studio.get("/metrics").body(), StandardCharsets.UTF_8);
        assertThat(metrics)
                .contains("studio_videos{status=\"completed\"}", "jvm_memory_used_bytes", "process_files_open_files");
    }
}
