package ai.ingredients.studio;

import static ai.ingredients.studio.TestStudio.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests of somebody who means no good: each is refused as it should be, and the studio works on. */
class HostileRequestsTest {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String SQL = "'; DROP TABLE video; --";
    private static final int STREAMS = 200;

    @TempDir
    static Path folder;

    private static TestStudio studio;

    @BeforeAll
    static void open() {
        studio = TestStudio.in(folder);
    }

    @AfterAll
    static void close() {
        studio.close();
    }

    @AfterEach
    void worksOn() {
        assertThat(studio.get("/health/ready").statusCode()).isEqualTo(200);
        assertThat(studio.get("/v1/videos").statusCode()).isEqualTo(200);
    }

    /** Sends bytes as they are; the status of the answer, 0 for a connection that is closed without one. */
    private static int raw(String request, byte... more) throws IOException {
        return Integer.parseInt(answer(request, more).substring(0, 3));
    }

    private static String answer(String request, byte... more) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), studio.studio().port())) {
            socket.setSoTimeout(90_000);
            OutputStream out = socket.getOutputStream();
            try {
                out.write(request.getBytes(StandardCharsets.UTF_8));
                out.write(more);
                out.flush();
            } catch (IOException e) {
                // refused before it was sent to its end, which is as good
            }
            byte[] head;
            try {
                InputStream in = socket.getInputStream();
                head = in.readNBytes(12);
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                all.write(head);
                if (head.length == 12) {
                    byte[] piece = new byte[4096];
                    int read = in.read(piece);
                    all.write(piece, 0, Math.max(0, read));
                }
                head = all.toByteArray();
            } catch (IOException e) {
                return "000";
            }
            String text = new String(head, StandardCharsets.UTF_8);
            return text.startsWith("HTTP/1.1 ") ? text.substring(9) : "000";
        }
    }

    private static String request(String line, String headers, String body) {
        boolean hosted = headers.contains("Host:");
        return line + " HTTP/1.1\r\n"
                + (hosted ? "" : "Host: 127.0.0.1:" + studio.studio().port() + "\r\n") + headers
                + (body.isEmpty() || headers.contains("Content-Length") || headers.contains("Transfer-Encoding")
                        ? ""
                        : "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n")
                + "Connection: close\r\n\r\n" + body;
    }

    private static Arguments one(String name, String line, String headers, String body, Integer... statuses) {
        return Arguments.of(name, line, headers, body, Set.of(statuses));
    }

    static Stream<Arguments> requests() {
        String big = "x".repeat(20_000);
        String form = "Content-Type: multipart/form-data; boundary=b\r\n";
        return Stream.of(
                one("path up", "GET /../../../../etc/passwd", "", "", 400, 404),
                one("path up, encoded", "GET /%2e%2e/%2e%2e/etc/passwd", "", "", 400, 404),
                one("path up, encoded twice", "GET /%252e%252e/etc/passwd", "", "", 400, 404),
                one("path with a slash, encoded", "GET /..%2f..%2fetc%2fpasswd", "", "", 400, 404),
                one("path with a backslash", "GET /..\\..\\etc\\passwd", "", "", 400, 404),
                one("path with a zero", "GET /index%00.html", "", "", 400, 404),
                one("path of a class", "GET /../Server.class", "", "", 400, 404),
                one("path in an id", "GET /v1/videos/..%2F..%2Fstudio.db/content", "", "", 400, 404),
                one("SQL in an id", "GET /v1/videos/video_'%20OR%20'1'='1", "", "", 400, 404),
                one("SQL in after", "GET /v1/videos?after=x'%20OR%201=1", "", "", 422),
                one("SQL in q", "GET /v1/videos?q=%25'%20OR%201=1%20--", "", "", 200),
                one("limit of nothing", "GET /v1/videos?limit=-1", "", "", 422),
                one("limit beyond int", "GET /v1/videos?limit=99999999999999999999", "", "", 422),
                one("order that is none", "GET /v1/videos?order=asc;drop", "", "", 422),
                one("wrong host", "GET /v1/videos", "Host: evil.example\r\n", "", 403),
                one("no host", "GET /v1/videos", "Host: \r\n", "", 400, 403),
                one("two hosts", "GET /v1/videos", "Host: 127.0.0.1\r\nHost: evil.example\r\n", "", 400, 403),
                one("host that begins as ours", "GET /v1/videos", "Host: 127.0.0.1.evil.example\r\n", "", 403),
                one("cross-site post", "POST /v1/videos", JSON + "Origin: https://evil.example\r\n", "{}", 403),
                one("post of a page without origin", "POST /v1/videos", JSON + "Origin: null\r\n", "{}", 403),
                one("cross-site fetch", "POST /v1/videos", JSON + "Sec-Fetch-Site: cross-site\r\n", "{}", 403),
                one("cross-site read", "GET /v1/videos", "Origin: https://evil.example\r\n", "", 403),
                one("form as pages post it", "POST /v1/videos", "Content-Type: text/plain\r\n", "{}", 415),
                one("no type", "POST /v1/videos", "", "{}", 415),
                one("method that is none", "BREW /v1/videos", "", "", 400, 404, 405, 501),
                one("method that is not there", "PUT /v1/videos", JSON, "{}", 404, 405),
                one("JSON that ends early", "POST /v1/videos", JSON, "{\"prompt\":", 400),
                one("JSON that is a list", "POST /v1/videos", JSON, "[]", 400),
                one("JSON as deep as the sea", "POST /v1/videos", JSON, "[".repeat(100_000), 400),
                one("JSON with two prompts", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"prompt\":\"b\"}", 400),
                one("prompt of a number", "POST /v1/videos", JSON, "{\"prompt\":1}", 422),
                one("prompt of a list", "POST /v1/videos", JSON, "{\"prompt\":[\"a\"]}", 422),
                one("prompt of spaces", "POST /v1/videos", JSON, "{\"prompt\":\"  \"}", 422),
                one("prompt without end", "POST /v1/videos", JSON, "{\"prompt\":\"" + big + "\"}", 422),
                one("prompt with a zero", "POST /v1/videos", JSON, "{\"prompt\":\"a\\u0000b\"}", 422),
                one("size for a wall", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"size\":\"99999x99999\"}", 422),
                one("size that is none", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"size\":\"48x32;ls\"}", 422),
                one("a film", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"num_frames\":99993}", 422),
                one(
                        "steps beyond number",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"num_inference_steps\":1e9}",
                        422),
                one("scale of nothing", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"guidance_scale\":\"NaN\"}", 422),
                one("seed below zero", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"seed\":-1}", 422),
                one(
                        "seed too long",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"seed\":" + "9".repeat(100) + "}",
                        400,
                        422),
                one("model of a path", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"model\":\"../../etc\"}", 422),
                one("model of SQL", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"model\":\"" + SQL + "\"}", 422),
                one(
                        "people who are nobody",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"people\":[\"" + SQL + "\"]}",
                        422),
                one("people of numbers", "POST /v1/videos", JSON, "{\"prompt\":\"a\",\"people\":[1]}", 422),
                one(
                        "photo at an address",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"input_reference\":\"http://169.254.169.254/latest\"}",
                        422),
                one(
                        "photo of a file",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"input_reference\":\"file:///etc/passwd\"}",
                        422),
                one(
                        "photo that is none",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"input_reference\":\"data:image/png;base64,AAAA\"}",
                        422),
                one(
                        "place beyond the frame",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"place\":[{\"person\":0,\"region\":[0,0,9,9]}]}",
                        422),
                one(
                        "webhook into the network",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"webhook_url\":\"http://127.0.0.1:22/\"}",
                        422),
                one(
                        "webhook of a file",
                        "POST /v1/videos",
                        JSON,
                        "{\"prompt\":\"a\",\"webhook_url\":\"file:///etc/passwd\"}",
                        422),
                one("form without a boundary", "POST /v1/videos", "Content-Type: multipart/form-data\r\n", "x", 400),
                one(
                        "form that does not end",
                        "POST /v1/videos",
                        form,
                        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx",
                        400),
                one("form without names", "POST /v1/videos", form, "--b\r\n\r\nx\r\n--b--\r\n", 400),
                one("form of boundaries", "POST /v1/videos", form, "--b\r\n".repeat(20_000), 400),
                one(
                        "form with a file of a path",
                        "POST /v1/people",
                        form,
                        "--b\r\n"
                                + "Content-Disposition: form-data; name=photo; filename=\"../../../x.png\"\r\n\r\n"
                                + "x\r\n"
                                + "--b--\r\n",
                        422),
                one("length of a terabyte", "POST /v1/videos", JSON + "Content-Length: 1099511627776\r\n", "{", 413),
                one("length that is none", "POST /v1/videos", JSON + "Content-Length: many\r\n", "{}", 400),
                one("length below zero", "POST /v1/videos", JSON + "Content-Length: -5\r\n", "{}", 400),
                one("two lengths", "POST /v1/videos", JSON + "Content-Length: 2\r\nContent-Length: 9\r\n", "{}", 400),
                one(
                        "length and pieces",
                        "POST /v1/videos",
                        JSON + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                        "0\r\n\r\n",
                        400),
                one(
                        "pieces that are none",
                        "POST /v1/videos",
                        JSON + "Transfer-Encoding: chunked\r\n",
                        "zz\r\n{}\r\n0\r\n\r\n",
                        400),
                one("headers without end", "GET /v1/videos", "X-Bomb: " + big + "\r\n", "", 400, 431),
                one("very many headers", "GET /v1/videos", "A: b\r\n".repeat(5000), "", 400, 431),
                one("a folded header", "GET /v1/videos", "X-Old: a\r\n b\r\n", "", 200, 400),
                one(
                        "a key without end",
                        "POST /v1/videos",
                        JSON + "Idempotency-Key: " + "k".repeat(300) + "\r\n",
                        "{\"prompt\":\"a\"}",
                        400),
                one("a remix of nothing", "POST /v1/videos/video_0/remix", JSON, "{\"prompt\":\"a\"}", 404),
                one("a range that is none", "GET /openapi.yaml", "Range: bytes=-\r\n", "", 200),
                one("a photo beyond number", "GET /v1/people/person_0/photos/99999999999", "", "", 404));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void isRefused(String name, String line, String headers, String body, Set<Integer> statuses) throws IOException {
        assertThat(raw(request(line, headers, body))).as(name).isIn(statuses);
    }

    @Test
    void sqlInEveryFieldIsTextAndNothingElse() {
        String id = studio.create(",\"prompt\":\"" + SQL + "\",\"negative_prompt\":\"" + SQL + "\",\"user\":\"" + SQL
                + "\",\"nobody\":\"" + SQL + "\",\"extra_params\":{\"x\":\"" + SQL + "\"}");
        JsonNode video = studio.ended(id);
        assertThat(video.path("prompt").asText()).isEqualTo(SQL);
        assertThat(video.path("status").asText()).isEqualTo("completed");
    }

    /** A PNG of a few bytes that claims a hundred thousand pixels a side. */
    private static byte[] bomb(int width, int height) throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        chunk(
                png,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put(new byte[] {8, 2, 0, 0, 0})
                        .array());
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (DeflaterOutputStream zip = new DeflaterOutputStream(data)) {
            zip.write(new byte[1 << 20]);
        }
        chunk(png, "IDAT", data.toByteArray());
        chunk(png, "IEND", new byte[0]);
        return png.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream png, String type, byte[] data) throws IOException {
        byte[] named = ByteBuffer.allocate(4 + data.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(data)
                .array();
        CRC32 sum = new CRC32();
        sum.update(named);
        png.write(ByteBuffer.allocate(4).putInt(data.length).array());
        png.write(named);
        png.write(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
    }

    @Test
    void aBombIsRefusedByItsHeader() throws IOException {
        for (int[] size : new int[][] {{100_000, 100_000}, {8_000, 8_000}, {-1, 5}}) {
            String photo = Base64.getEncoder().encodeToString(bomb(size[0], size[1]));
            HttpResponse<byte[]> response = studio.post("/v1/people", "{\"photos\":[\"" + photo + "\"]}");
            assertThat(response.statusCode()).isEqualTo(422);
            assertThat(json(response).at("/error/message").asText()).contains("megapixels");
        }
    }

    @Test
    void aBodyThatIsTooLargeIsNotReadToItsEnd() {
        byte[] large = new byte[(33 << 20)];
        HttpResponse<byte[]> response = studio.send(HttpRequest.newBuilder(studio.uri("/v1/videos"))
                .header("Content-Type", "application/json")
                .expectContinue(true)
                .POST(HttpRequest.BodyPublishers.ofByteArray(large)));
        assertThat(response.statusCode()).isEqualTo(413);
    }

    @Test
    void bodiesThatNeverComeKeepNobodyWaiting() throws Exception {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), studio.studio().port());
                socket.getOutputStream()
                        .write(request("POST /v1/videos", JSON + "Content-Length: 1000\r\n", "{")
                                .getBytes(StandardCharsets.UTF_8));
                slow.add(socket);
            }
            long begun = System.nanoTime();
            assertThat(studio.get("/v1/videos").statusCode()).isEqualTo(200);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
            slow.getFirst().setSoTimeout(60_000);
            assertThat(slow.getFirst().getInputStream().readNBytes(12).length)
                    .as("an answer, or the end of the connection")
                    .isIn(0, 12);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    @Test
    void streamsThatStayOpenKeepNobodyWaiting() throws Exception {
        String id = studio.create(",\"num_inference_steps\":200,\"size\":\"96x96\"");
        List<Socket> watching = new ArrayList<>();
        try {
            for (int i = 0; i < STREAMS; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), studio.studio().port());
                socket.getOutputStream()
                        .write(request("GET /v1/videos/" + id + "/events", "", "")
                                .getBytes(StandardCharsets.UTF_8));
                watching.add(socket);
            }
            for (Socket socket : watching) {
                socket.setSoTimeout(60_000);
                assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8))
                        .isEqualTo("HTTP/1.1 200");
            }
            assertThat(studio.get("/v1/videos").statusCode()).isEqualTo(200);
            assertThat(new String(studio.get("/metrics").body(), StandardCharsets.UTF_8))
                    .contains("studio_event_streams " + STREAMS + ".0");
        } finally {
            for (Socket socket : watching) {
                socket.close();
            }
        }
        studio.delete("/v1/videos/" + id);
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!new String(studio.get("/metrics").body(), StandardCharsets.UTF_8)
                .contains("studio_event_streams 0.0")) {
            assertThat(System.nanoTime()).as("streams are let go").isLessThan(deadline);
            StudioProcess.sleep(200);
        }
    }

    @Test
    void nothingIsLeftOfWhatWasRefused() throws IOException {
        String photo = Base64.getEncoder().encodeToString(Files.readAllBytes(TinyModel.photo(1)));
        HttpResponse<byte[]> response = studio.post(
                "/v1/videos", "{\"prompt\":\"@bob.\",\"people\":[{\"name\":\"ada\",\"photo\":\"" + photo + "\"}]}");
        assertThat(response.statusCode()).isEqualTo(422);
        Path videos = folder.resolve("data/files/videos");
        if (Files.exists(videos)) {
            try (Stream<Path> all = Files.list(videos)) {
                assertThat(all.map(file -> String.valueOf(file.getFileName())))
                        .allMatch(name -> studio.get("/v1/videos/" + name).statusCode() == 200);
            }
        }
    }

    @Test
    void everyAnswerForbidsWhatThePageDoesNotNeed() {
        for (String path : List.of("/openapi.yaml", "/v1/videos", "/nothing", "/health/live")) {
            HttpResponse<byte[]> response = studio.get(path);
            assertThat(response.headers().firstValue("Content-Security-Policy"))
                    .hasValueSatisfying(policy -> assertThat(policy)
                            .contains("default-src 'none'", "frame-ancestors 'none'")
                            .doesNotContain("unsafe"));
            assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
            assertThat(response.headers().firstValue("Server")).isEmpty();
            assertThat(response.headers().firstValue("Access-Control-Allow-Origin"))
                    .isEmpty();
        }
    }
}
