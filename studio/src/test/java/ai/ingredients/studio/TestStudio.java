package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A studio with the tiny model at a port of its own, and an HTTP client that is no client of any API. */
public final class TestStudio implements AutoCloseable {
    public static final ObjectMapper JSON = new ObjectMapper();
    /** 9 frames of 48x32 in 2 steps: about the least there is. */
    public static final String SMALL = "\"size\":\"48x32\",\"num_frames\":9";

    private final Studio studio;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    private TestStudio(Studio studio) {
        this.studio = studio;
    }

    public static StudioOptions options(Path folder) {
        return StudioOptions.local(folder.resolve("data"), Map.of("tiny", TinyModel.in(folder)))
                .with(it -> it.door = new StudioOptions.Door("127.0.0.1", 0, List.of(), false, null));
    }

    public static TestStudio in(Path folder) {
        return in(folder, options -> options);
    }

    public static TestStudio in(Path folder, UnaryOperator<StudioOptions> change) {
        return new TestStudio(Studio.open(change.apply(options(folder))));
    }

    public Studio studio() {
        return studio;
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + studio.port() + path);
    }

    public HttpResponse<byte[]> send(HttpRequest.Builder request) {
        try {
            return http.send(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public HttpResponse<byte[]> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    public HttpResponse<byte[]> post(String path, String json) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    public HttpResponse<byte[]> delete(String path) {
        return send(HttpRequest.newBuilder(uri(path)).DELETE());
    }

    public static JsonNode json(HttpResponse<byte[]> response) {
        try {
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks for a small video; its id. What {@code more} says, after a comma, counts before what is usual. */
    public String create(String more) {
        ObjectNode body;
        try {
            body = (ObjectNode) JSON.readTree("{\"prompt\":\"A walk.\"," + SMALL + "}");
            body.setAll((ObjectNode) JSON.readTree("{" + (more.isEmpty() ? more : more.substring(1)) + "}"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        HttpResponse<byte[]> response = post("/v1/videos", body.toString());
        assertThat(response.statusCode())
                .as(new String(response.body(), StandardCharsets.UTF_8))
                .isEqualTo(200);
        return json(response).path("id").asText();
    }

    public JsonNode video(String id) {
        return json(get("/v1/videos/" + id));
    }

    /** The video when it has ended. */
    public JsonNode ended(String id) {
        long deadline = System.nanoTime() + Duration.ofMinutes(5).toNanos();
        while (System.nanoTime() < deadline) {
            JsonNode video = video(id);
            String status = video.path("status").asText();
            if (status.equals("completed") || status.equals("failed")) {
                return video;
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new AssertionError("not ended: " + video(id));
    }

    @Override
    public void close() {
        http.close();
        studio.close();
    }
}
