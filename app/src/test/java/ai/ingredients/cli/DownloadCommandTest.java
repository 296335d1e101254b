package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ingredients download} against a small hub; what the client itself must do is tested in the engine. */
class DownloadCommandTest {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final byte[] WEIGHTS = new byte[5 << 20];
    private static final byte[] CONFIG = "{}".getBytes(StandardCharsets.UTF_8);

    static {
        new Random(5).nextBytes(WEIGHTS);
    }

    @TempDir
    Path folder;

    private final Map<String, String> authorizations = new ConcurrentHashMap<>();
    private @Nullable HttpServer server;
    private Map<String, String> environment = Map.of();

    @BeforeEach
    void start() throws IOException {
        HttpServer hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hub.createContext("/api/models/org/name/revision/", this::revision);
        hub.createContext("/api/models/org/name/tree/" + COMMIT, this::tree);
        hub.createContext("/org/name/resolve/" + COMMIT + "/vae/config.json", exchange -> send(exchange, 200, CONFIG));
        hub.createContext("/org/name/resolve/" + COMMIT + "/vae/weights.bin", exchange -> send(exchange, 200, WEIGHTS));
        hub.start();
        server = hub;
        environment = new HashMap<>(Map.of(
                "HF_ENDPOINT",
                "http://127.0.0.1:" + hub.getAddress().getPort(),
                "HF_HOME",
                folder.resolve("home").toString(),
                "HF_TOKEN",
                "secret"));
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.stop(0);
        }
    }

    private void revision(HttpExchange exchange) throws IOException {
        boolean known = exchange.getRequestURI().getPath().matches(".*/(main|v1)");
        authorizations.put("hub", String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        send(exchange, known ? 200 : 404, ("{\"sha\": \"" + COMMIT + "\"}").getBytes(StandardCharsets.UTF_8));
    }

    private void tree(HttpExchange exchange) throws IOException {
        String list = "[" + entry("vae/config.json", CONFIG) + "," + entry("vae/weights.bin", WEIGHTS) + "]";
        send(exchange, 200, list.getBytes(StandardCharsets.UTF_8));
    }

    private static String entry(String path, byte[] content) {
        String hash = sha256(content);
        return """
            {"type": "file", "path": "%s", "size": %s, "oid": "%s", "lfs": {"oid": "%s", "size": %s}}\
            """.formatted(path, String.valueOf(content.length), COMMIT, hash, String.valueOf(content.length));
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    @Test
    void printsTheFolderWithTheFiles() throws IOException {
        Cli.Result result = Cli.run(environment, "download", "org/name").ok();

        assertThat(result.out().lines()).hasSize(1);
        Path snapshot = Path.of(result.out().strip());
        assertThat(snapshot).isEqualTo(folder.resolve("home/hub/models--org--name/snapshots/" + COMMIT));
        assertThat(Files.readAllBytes(snapshot.resolve("vae/weights.bin"))).isEqualTo(WEIGHTS);
        assertThat(result.errLines())
                .as("progress as lines, since nobody watches")
                .isNotEmpty()
                .allMatch(line -> line.matches("downloading: \\d+ of 5 MiB"))
                .last()
                .isEqualTo("downloading: 5 of 5 MiB");
        assertThat(authorizations).containsEntry("hub", "Bearer secret");
        assertThat(result.err()).doesNotContain("secret");

        Cli.Result again =
                Cli.run(environment, "download", "org/name", "--revision", "v1").ok();
        assertThat(again.out()).isEqualTo(result.out());
    }

    @Test
    void withoutANetworkTheCacheIsUsed() {
        environment.put("HF_HUB_OFFLINE", "1");
        Cli.run(environment, "download", "org/name").refused(2, "org/name", "HF_HUB_OFFLINE");
        environment.remove("HF_HUB_OFFLINE");
        Cli.Result online = Cli.run(environment, "download", "org/name").ok();
        authorizations.clear();
        environment.put("HF_HUB_OFFLINE", "1");

        Cli.Result offline = Cli.run(environment, "download", "org/name").ok();

        assertThat(offline.out()).isEqualTo(online.out());
        assertThat(authorizations).as("requests").isEmpty();
    }

    @Test
    void secretsThatCannotBeUsedAreNotShown() {
        environment.put("HF_TOKEN", "hf_Secret\u001b[2J");
        assertThat(Cli.run(environment, "download", "org/name")
                        .refused(2, "HF_TOKEN")
                        .err())
                .doesNotContain("Secret", "\u001b");
        environment.put("HF_TOKEN", "hf_Secret");
        environment.put("HF_ENDPOINT", "http://me:hunter2@127.0.0.1:1 /x");
        assertThat(Cli.run(environment, "download", "org/name")
                        .refused(2, "HF_ENDPOINT")
                        .err())
                .doesNotContain("hunter2", "Secret");
    }

    @Test
    void intoAFolderAndOnlyWhatIsAskedFor() {
        Path target = folder.resolve("model");

        Cli.Result result = Cli.run(environment, "download", "org/name", "--local-dir", target, "--include", "*.json")
                .ok();

        assertThat(result.out().strip()).isEqualTo(target.toString());
        assertThat(target.resolve("vae/config.json")).exists();
        assertThat(target.resolve("vae/weights.bin")).doesNotExist();
    }

    @Test
    void ofOneVariantOnly() {
        Cli.run(environment, "download", "org/name", "--variant", "fp16").refused(2, "org/name", "fp16", "--variant");
        Cli.run(environment, "download", "org/name", "--variant", "../x").refused(2, "../x");
    }

    @Test
    void whatCannotBeHad() {
        Cli.run(environment, "download").refused(2, "REPO");
        Cli.run(environment, "download", "org name").refused(2, "org name", "organisation/name");
        Cli.run(environment, "download", "org/other").refused(2, "org/other");
        Cli.run(environment, "download", "org/name", "--revision", "v9").refused(2, "org/name");
        Cli.run(environment, "download", "org/name", "--include", "*.onnx").refused(2, "*.onnx");
        environment.put("HF_ENDPOINT", "not an address");
        Cli.run(environment, "download", "org/name").refused(2, "HF_ENDPOINT");
        assertThat(folder.resolve("home")).doesNotExist();
    }
}
