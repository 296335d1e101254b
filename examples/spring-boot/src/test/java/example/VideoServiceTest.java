package example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The service as somebody starts it, with a model that finds drawn faces and knows nothing else. */
class VideoServiceTest {
    private static final Path ROOT =
            Path.of(System.getProperty("ingredients.root", "../..")).toAbsolutePath().normalize();

    @TempDir
    Path folder;

    /** Videos of 96x64: what it was "trained" for. */
    private Path model() throws IOException {
        Path model = Files.createDirectory(folder.resolve("model"));
        try (Stream<Path> parts = Files.list(ROOT.resolve("examples/tiny-random"))) {
            for (Path part : parts.filter(part -> !part.endsWith("face_encoder") && !part.endsWith("transformer")).toList()) {
                Files.createSymbolicLink(model.resolve(part.getFileName()), part);
            }
        }
        Path faces = Files.createDirectory(model.resolve("face_encoder"));
        try (Stream<Path> parts = Files.list(ROOT.resolve("examples/tiny-random/face_encoder"))) {
            for (Path part : parts.toList()) {
                Files.createSymbolicLink(faces.resolve(part.getFileName()), part);
            }
        }
        Files.createSymbolicLink(faces.resolve("detection"), ROOT.resolve("models/demo/face_encoder/detection"));
        Path transformer = Files.createDirectory(model.resolve("transformer"));
        try (Stream<Path> parts = Files.list(ROOT.resolve("examples/tiny-random/transformer"))) {
            for (Path part : parts.filter(part -> !part.endsWith("config.json")).toList()) {
                Files.createSymbolicLink(transformer.resolve(part.getFileName()), part);
            }
        }
        Files.writeString(
                transformer.resolve("config.json"),
                Files.readString(ROOT.resolve("examples/tiny-random/transformer/config.json"))
                        .replace("\"sample_height\": 60", "\"sample_height\": 8")
                        .replace("\"sample_width\": 90", "\"sample_width\": 12"));
        return model;
    }

    private static HttpRequest.BodyPublisher form(String prompt, Path photo) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (String[] field : new String[][] {{"prompt", prompt}, {"frames", "9"}, {"steps", "1"}}) {
            body.writeBytes(("--here\r\nContent-Disposition: form-data; name=\"" + field[0] + "\"\r\n\r\n" + field[1] + "\r\n")
                    .getBytes(StandardCharsets.UTF_8));
        }
        body.writeBytes("--here\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"p.png\"\r\nContent-Type: image/png\r\n\r\n"
                .getBytes(StandardCharsets.UTF_8));
        body.writeBytes(Files.readAllBytes(photo));
        body.writeBytes("\r\n--here--\r\n".getBytes(StandardCharsets.UTF_8));
        return HttpRequest.BodyPublishers.ofByteArray(body.toByteArray());
    }

    @Test
    void photosBecomeAVideo() throws Exception {
        try (ConfigurableApplicationContext service = SpringApplication.run(
                        VideoService.class, "--server.port=0", "--ingredients.model=" + model());
                HttpClient http = HttpClient.newHttpClient()) {
            String address = "http://127.0.0.1:" + service.getEnvironment().getProperty("local.server.port");
            HttpRequest.Builder ask = HttpRequest.newBuilder(URI.create(address + "/videos"))
                    .header("Content-Type", "multipart/form-data; boundary=here");
            HttpResponse<byte[]> video = http.send(
                    ask.POST(form("A woman waves.", ROOT.resolve("examples/person-1.png"))).build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertThat(video.statusCode()).as(new String(video.body(), StandardCharsets.UTF_8)).isEqualTo(200);
            assertThat(new String(video.body(), 4, 4, StandardCharsets.US_ASCII)).isEqualTo("ftyp");

            HttpResponse<String> refused = http.send(
                    ask.POST(form("@nobody waves.", ROOT.resolve("examples/person-1.png"))).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(422);
            assertThat(refused.body()).contains("@nobody");

            assertThat(get(http, address + "/actuator/health")).contains("\"ingredients\"", "\"UP\"");
            assertThat(get(http, address + "/actuator/metrics/ingredients.video?tag=outcome:made"))
                    .contains("\"statistic\":\"COUNT\",\"value\":1.0");
        }
    }

    private static String get(HttpClient http, String address) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
