package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoReader;
import ai.ingredients.studio.StudioOptions.WebhookOptions;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A video's life beyond its making: told of, expired, taken up again by another process. */
class LifeTest {
    private static final String KEY = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";

    @TempDir
    Path folder;

    private record Told(Map<String, List<String>> headers, String body) {}

    @Test
    void webhooksAreSignedAndRetried() throws Exception {
        BlockingQueue<Told> told = new LinkedBlockingQueue<>();
        AtomicInteger failures = new AtomicInteger(1);
        HttpServer hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hook.createContext("/", exchange -> {
            told.add(new Told(
                    Map.copyOf(exchange.getRequestHeaders()),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            exchange.sendResponseHeaders(failures.getAndDecrement() > 0 ? 500 : 204, -1);
            exchange.close();
        });
        hook.start();
        try (TestStudio studio = TestStudio.in(
                folder, options -> options.with(it -> it.webhooks = new WebhookOptions("whsec_" + KEY, true)))) {
            String id = studio.create(
                    ",\"webhook_url\":\"http://127.0.0.1:" + hook.getAddress().getPort() + "/hook\"");
            studio.ended(id);
            Told first = Objects.requireNonNull(told.poll(90, TimeUnit.SECONDS));
            Told second = Objects.requireNonNull(told.poll(90, TimeUnit.SECONDS), "told again after a failure");
            assertThat(second.body).isEqualTo(first.body).doesNotContain("A walk");
            JsonNode event = TestStudio.JSON.readTree(second.body);
            assertThat(event.path("type").asText()).isEqualTo("video.completed");
            assertThat(event.at("/data/id").asText()).isEqualTo(id);
            assertThat(header(second, "Webhook-id")).isEqualTo(header(first, "Webhook-id"));
            assertThat(header(second, "Webhook-signature")).isEqualTo("v1," + signature(second));
            assertThat(told.poll(3, TimeUnit.SECONDS))
                    .as("once it was taken there is silence")
                    .isNull();
        } finally {
            hook.stop(0);
        }
    }

    private static String header(Told told, String name) {
        return told.headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow()
                .getValue()
                .getFirst();
    }

    private static String signature(Told told) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(KEY), "HmacSHA256"));
        return Base64.getEncoder()
                .encodeToString(mac.doFinal(
                        (header(told, "Webhook-id") + "." + header(told, "Webhook-timestamp") + "." + told.body)
                                .getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aVideoWhoseTimeIsOverGoesWithItsFiles() {
        String id;
        Path files;
        try (TestStudio studio =
                TestStudio.in(folder, options -> options.with(it -> it.retention = Duration.ofSeconds(1)))) {
            id = studio.create("");
            JsonNode video = studio.ended(id);
            files = folder.resolve("data/files/videos").resolve(id);
            assertThat(files).exists();
            assertThat(video.path("expires_at").asLong()
                            - video.path("completed_at").asLong())
                    .isBetween(1L, 2L);
            StudioProcess.sleep(1100);
            studio.studio().sweep();
            assertThat(studio.get("/v1/videos/" + id).statusCode()).isEqualTo(404);
            assertThat(studio.post("/v1/videos/" + id + "/cancel", "{}").statusCode())
                    .isEqualTo(410);
        }
        assertThat(files).doesNotExist();
    }

    /** Killed in the middle of a long video: the next process goes on from its saved steps, to the same bits. */
    @Test
    void aKilledVideoGoesOnFromItsSavedSteps() throws IOException {
        TinyModel.in(folder);
        String body = "{\"prompt\":\"A long"
                + " walk.\",\"size\":\"96x96\",\"num_frames\":9,\"num_inference_steps\":200,\"seed\":3}";
        StudioProcess process = new StudioProcess(folder, StudioProcess.freePort(), null);
        String id;
        Path saved;
        try {
            process.start();
            process.await();
            id = process.post("/v1/videos", body).path("id").asText();
            saved = folder.resolve("data/files/videos").resolve(id).resolve("steps.safetensors");
            long deadline = System.nanoTime() + Duration.ofMinutes(5).toNanos();
            while (!Files.exists(saved)) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                StudioProcess.sleep(20);
            }
        } finally {
            process.kill();
        }
        int before = process.savedSteps(saved);
        assertThat(before).isBetween(1, 199);
        List<Picture> resumed;
        List<Picture> whole;
        try (TestStudio studio = TestStudio.in(folder)) {
            int told = studio.video(id).path("step").asInt(); // perhaps what the dead process had told last
            int next = told;
            for (int i = 0; i < 2000 && (next == told || next == 0); i++) {
                StudioProcess.sleep(10);
                next = studio.video(id).path("step").asInt();
            }
            assertThat(next).as("goes on, and does not begin again").isGreaterThanOrEqualTo(before);
            assertThat(studio.ended(id).path("status").asText()).isEqualTo("completed");
            assertThat(saved).doesNotExist();
            resumed = frames(studio, id);
            String other =
                    TestStudio.json(studio.post("/v1/videos", body)).path("id").asText();
            assertThat(studio.ended(other).path("status").asText()).isEqualTo("completed");
            whole = frames(studio, other);
        }
        assertThat(resumed).isEqualTo(whole);
        assertThat(Set.copyOf(resumed)).hasSizeGreaterThan(1);
    }

    private List<Picture> frames(TestStudio studio, String id) throws IOException {
        Path file = folder.resolve(id + ".mp4");
        Files.write(file, studio.get("/v1/videos/" + id + "/content").body());
        return VideoReader.readAll(file);
    }
}
