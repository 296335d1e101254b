package ai.ingredients.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from a small hub on the loopback interface that can misbehave in every way a real one does. */
class HubClientTest {
    private static final String REPO = "org/model.v1";
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    Path folder;

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Queue<String> requests = new ConcurrentLinkedQueue<>();
    private final Queue<String> tokens = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private Answer content = HubClientTest::sendRange;
    private int listingStatus = 200;
    private @Nullable String listedPath;
    private HttpServer hub = server();
    private HttpServer storage = server();

    private interface Answer {
        void send(HttpExchange exchange, byte[] body) throws IOException;
    }

    @BeforeEach
    void start() {
        files.put("model_index.json", "{}".getBytes(StandardCharsets.UTF_8));
        files.put("transformer/weights a.safetensors", random(300_000, 1));
        files.put("vae/weights.safetensors", random(70_000, 2));
        hub.createContext("/api/models/" + REPO + "/revision/", this::revision);
        hub.createContext("/api/models/" + REPO + "/tree/" + COMMIT, this::tree);
        hub.createContext("/" + REPO + "/resolve/" + COMMIT + "/", this::resolve);
        storage.createContext("/", this::stored);
        hub.setExecutor(threads);
        storage.setExecutor(threads);
        hub.start();
        storage.start();
    }

    @AfterEach
    void stop() {
        hub.stop(0);
        storage.stop(0);
        threads.shutdownNow();
    }

    @Test
    void everythingArrivesInTheCacheLayoutOfHuggingFace() throws IOException {
        AtomicLong most = new AtomicLong();
        AtomicLong total = new AtomicLong();
        Path snapshot = download("main", List.of(), null, (done, all) -> {
            most.accumulateAndGet(done, Math::max);
            total.set(all);
        });
        Path root = folder.resolve("hub/models--org--model.v1");
        assertThat(snapshot).isEqualTo(root.resolve("snapshots").resolve(COMMIT));
        assertThat(root.resolve("refs/main")).hasContent(COMMIT);
        for (var file : files.entrySet()) {
            assertThat(snapshot.resolve(file.getKey())).hasBinaryContent(file.getValue());
            assertThat(snapshot.resolve(file.getKey())).isSymbolicLink();
        }
        assertThat(Files.readSymbolicLink(snapshot.resolve("vae/weights.safetensors")))
                .isEqualTo(Path.of("../../../blobs", sha256(file("vae/weights.safetensors"))));
        assertThat(root.resolve("blobs").resolve(git(file("model_index.json")))).hasContent("{}");
        assertThat(most.get()).isEqualTo(total.get()).isEqualTo(370_002);

        requests.clear();
        assertThat(download("main", List.of(), null)).isEqualTo(snapshot);
        assertThat(requests).noneMatch(request -> request.contains("/resolve/")); // what is there stays
    }

    @Test
    void aFolderOfOnesOwnGetsPlainFilesAndIsMended() throws IOException {
        Path own = folder.resolve("own");
        download("main", List.of("transformer/*", "*.json"), own);
        assertThat(own.resolve("transformer/weights a.safetensors"))
                .isRegularFile()
                .hasBinaryContent(file("transformer/weights a.safetensors"));
        assertThat(own.resolve("model_index.json")).hasContent("{}");
        assertThat(own.resolve("vae")).doesNotExist();

        Files.write(own.resolve("transformer/weights a.safetensors"), new byte[300_000]); // right size, wrong content
        download("main", List.of("transformer/*"), own);
        assertThat(own.resolve("transformer/weights a.safetensors"))
                .hasBinaryContent(file("transformer/weights a.safetensors"));
        assertThatThrownBy(() -> download("main", List.of("unet/*"), own))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no file at main matches [unet/*]");
    }

    @Test
    void aCutConnectionIsResumedWhereItBroke() throws IOException {
        Queue<String> ranges = new ConcurrentLinkedQueue<>();
        AtomicInteger served = new AtomicInteger();
        content = (exchange, body) -> {
            if (body.length < 100_000) {
                sendRange(exchange, body);
                return;
            }
            String range = exchange.getRequestHeaders().getFirst("Range");
            ranges.add(range == null ? "all" : range);
            if (served.getAndIncrement() == 0) {
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body, 0, 100_000);
                exchange.getResponseBody().flush();
                exchange.close(); // 200 000 bytes short
            } else {
                sendRange(exchange, body);
            }
        };
        Path snapshot = download("main", List.of(), null);
        assertThat(snapshot.resolve("transformer/weights a.safetensors"))
                .hasBinaryContent(file("transformer/weights a.safetensors"));
        assertThat(ranges).hasSize(2).first().isEqualTo("all");
        assertThat(ranges.toArray()[1].toString()).matches("bytes=[1-9]\\d*-");
    }

    @Test
    void whatAnEarlierRunLeftIsContinued() throws IOException {
        byte[] whole = file("transformer/weights a.safetensors");
        Path partial = folder.resolve("hub/models--org--model.v1/blobs").resolve(sha256(whole) + ".incomplete");
        Files.createDirectories(partial.getParent());
        Files.write(partial, Arrays.copyOf(whole, 123_456));
        Path snapshot = download("main", List.of("transformer/*"), null);
        assertThat(snapshot.resolve("transformer/weights a.safetensors")).hasBinaryContent(whole);
        assertThat(requests).anyMatch(request -> request.endsWith("bytes=123456-"));
        assertThat(partial).doesNotExist();
    }

    @Test
    void aServerThatIgnoresRangesSendsTheWholeFile() throws IOException {
        byte[] whole = file("transformer/weights a.safetensors");
        Path partial = folder.resolve("hub/models--org--model.v1/blobs").resolve(sha256(whole) + ".incomplete");
        Files.createDirectories(partial.getParent());
        Files.write(partial, new byte[1000]); // and what is there is wrong
        content = (exchange, body) -> send(exchange, 200, body);
        assertThat(download("main", List.of("transformer/*"), null).resolve("transformer/weights a.safetensors"))
                .hasBinaryContent(whole);
    }

    @Test
    void aWrongBeginningIsFetchedAgainFromTheStart() throws IOException {
        byte[] whole = file("transformer/weights a.safetensors");
        Path partial = folder.resolve("hub/models--org--model.v1/blobs").resolve(sha256(whole) + ".incomplete");
        Files.createDirectories(partial.getParent());
        Files.write(partial, new byte[1000]);
        assertThat(download("main", List.of("transformer/*"), null).resolve("transformer/weights a.safetensors"))
                .hasBinaryContent(whole);
    }

    @Test
    void aWrongChecksumIsRefused() {
        content = (exchange, body) -> {
            byte[] changed = body.clone();
            changed[changed.length / 2] ^= 1;
            sendRange(exchange, changed);
        };
        for (String path : List.of("vae/*", "*.json")) { // SHA-256 and git's SHA-1
            assertThatThrownBy(() -> download("main", List.of(path), null))
                    .isInstanceOf(OperationFailedException.class)
                    .hasMessageContaining("does not have the hash it states");
        }
        assertThat(folder.resolve("hub/models--org--model.v1/snapshots")).doesNotExist();
    }

    @Test
    void moreBytesThanStatedAreRefused() {
        content = (exchange, body) -> send(exchange, 200, new byte[body.length + 1]);
        assertThatThrownBy(() -> download("main", List.of("vae/*"), null))
                .isInstanceOf(OperationFailedException.class)
                .hasMessageContaining("more than the 70000 bytes");
    }

    @Test
    void refusalsSayWhatToDo() {
        listingStatus = 401;
        assertThatThrownBy(() -> download("main", List.of(), null))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(REPO + ": the hub refuses access (401)")
                .hasMessageContaining("set HF_TOKEN");
        listingStatus = 403;
        assertThatThrownBy(() -> client(options("secret")).download(REPO, "main", List.of(), null, (done, total) -> {}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("HF_TOKEN is set")
                .hasMessageNotContaining("secret");
        listingStatus = 404;
        assertThatThrownBy(() -> download("main", List.of(), null))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("not found")
                .hasMessageContaining("(404)");
        assertThat(requests).hasSize(3); // none of them tried twice
        assertThatThrownBy(() -> download("../etc", List.of(), null)).hasMessageContaining("is no repository");
    }

    @Test
    void aBusyServerIsAskedAgainAndThenGivenUp() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        content = (exchange, body) -> {
            if (asked.getAndIncrement() < 2) {
                send(exchange, 503, new byte[0]);
            } else {
                sendRange(exchange, body);
            }
        };
        assertThat(download("main", List.of("vae/*"), null).resolve("vae/weights.safetensors"))
                .hasBinaryContent(file("vae/weights.safetensors"));
        assertThat(asked).hasValue(3);
        listingStatus = 500;
        assertThatThrownBy(() -> download("main", List.of(), null))
                .isInstanceOf(OperationFailedException.class)
                .hasMessageContaining("in 3 attempts (last: status 500)")
                .hasMessageContaining("run it again to resume");
    }

    @Test
    void aSilentConnectionCountsAsLost() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        content = (exchange, body) -> {
            if (asked.getAndIncrement() > 0) {
                sendRange(exchange, body);
                return;
            }
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body, 0, 10_000);
            exchange.getResponseBody().flush();
            try {
                end.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        };
        assertThat(download("main", List.of("vae/*"), null).resolve("vae/weights.safetensors"))
                .hasBinaryContent(file("vae/weights.safetensors"));
        assertThat(end.getCount()).isEqualTo(1); // the client gave up first
        end.countDown();
    }

    @Test
    void filesArriveInParallel() throws IOException {
        CountDownLatch together = new CountDownLatch(3);
        content = (exchange, body) -> {
            together.countDown();
            try {
                assertThat(together.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            sendRange(exchange, body);
        };
        download("main", List.of(), null);
        assertThat(together.getCount()).isZero();
    }

    @Test
    void theTokenStaysWithTheHub() throws IOException {
        try (HubClient client = client(options("secret"))) {
            client.download(REPO, "main", List.of("vae/*"), null, (done, total) -> {});
        }
        String told = "hub Bearer secret";
        assertThat(tokens).containsExactly(told, told, told, told, "storage none"); // commit, two pages, file, storage
    }

    @Test
    void pathsThatLeaveTheFolderAreRefused() {
        for (String path : List.of("../evil", "a/../../evil", "/evil", "a\\..\\evil", "C:evil", "a//b", "", "a/./b")) {
            listedPath = path;
            assertThatThrownBy(() -> download("main", List.of(), folder.resolve("own/deep")))
                    .as(path)
                    .isInstanceOf(OperationFailedException.class)
                    .hasMessageContaining("could leave the download folder");
        }
        assertThat(folder.resolve("own")).doesNotExist();
    }

    @Test
    void whatIsInTheCacheIsCompleteWithoutANetwork() throws IOException {
        Path snapshot = download("main", List.of(), null);
        hub.stop(0);
        List<String> notices = new CopyOnWriteArrayList<>();

        assertThat(download("main", List.of(), null, noting(notices))).isEqualTo(snapshot);
        assertThat(notices)
                .as("the attempts say that they are going on")
                .hasSize(3)
                .satisfiesExactly(
                        one -> assertThat(one).contains(REPO, "attempt 2 of 3 in 1 s"),
                        two -> assertThat(two).contains("attempt 3 of 3"),
                        three -> assertThat(three).contains("Using what was downloaded before: " + snapshot));
        assertThat(download("main", List.of("vae/*"), null)).isEqualTo(snapshot);
        assertThatThrownBy(() -> download("v2", List.of(), null))
                .isInstanceOf(OperationFailedException.class)
                .hasMessageContaining("in 3 attempts");

        requests.clear();
        notices.clear();
        assertThat(offline("main", List.of(), null, notices)).isEqualTo(snapshot);
        assertThat(offline(COMMIT, List.of(), null, notices)).isEqualTo(snapshot);
        assertThat(notices).isEmpty();
        Files.delete(snapshot.resolve("model_index.json").toRealPath());
        assertThat(offline("main", List.of("vae/*"), null, notices)).isEqualTo(snapshot);
        refusedOffline("main", List.of(), null, "model_index.json is missing", "HF_HUB_OFFLINE");
        refusedOffline("main", List.of("unet/*"), null, "no file at main matches [unet/*]");
        refusedOffline("v2", List.of(), null, "it was never downloaded there");
        assertThat(requests).isEmpty();
    }

    @Test
    void whatAnotherProgramPutIntoTheCacheIsUsedAsItIs() throws IOException {
        Path snapshot = download("main", List.of(), null);
        try (Stream<Path> kept = Files.list(folder.resolve("hub/models--org--model.v1/.listings"))) {
            for (Path listing : kept.toList()) {
                Files.writeString(listing, "{\"files\": [{\"path\": \"../../../x\"}]}"); // as good as none
            }
        }
        List<String> notices = new CopyOnWriteArrayList<>();
        assertThat(offline("main", List.of(), null, notices)).isEqualTo(snapshot);
        assertThat(notices).singleElement().asString().contains("another program put it there");
        refusedOffline("main", List.of("unet/*"), null, "nothing there matches [unet/*]");
        Files.delete(
                folder.resolve("hub/models--org--model.v1/blobs").resolve(sha256(file("vae/weights.safetensors"))));
        refusedOffline("main", List.of(), null, "weights.safetensors is a link that leads nowhere");
        Files.writeString(folder.resolve("hub/models--org--model.v1/refs/main"), "../../x");
        refusedOffline("main", List.of(), null, "it was never downloaded there");
    }

    @Test
    void aCommitThatIsCompleteIsNotAskedFor() throws IOException {
        Path snapshot = download("main", List.of("vae/*"), null);
        requests.clear();
        assertThat(download(COMMIT, List.of("vae/*"), null)).isEqualTo(snapshot);
        assertThat(requests).isEmpty();
        assertThat(download(COMMIT, List.of(), null)).isEqualTo(snapshot);
        assertThat(requests).isNotEmpty();
        assertThat(snapshot.resolve("model_index.json")).hasContent("{}");
    }

    @Test
    void aFolderOfOnesOwnIsCompleteWithoutANetwork() throws IOException {
        Path own = folder.resolve("own");
        List<String> notices = new CopyOnWriteArrayList<>();
        refusedOffline("main", List.of(), own, "it was never downloaded there");
        download("main", List.of("vae/*"), own);
        hub.stop(0);
        assertThat(offline("main", List.of("vae/*"), own, notices)).isEqualTo(own);
        assertThat(offline(COMMIT, List.of("vae/*"), own, notices)).isEqualTo(own);
        assertThat(download("main", List.of("vae/*"), own)).isEqualTo(own);
        refusedOffline("main", List.of(), own, "is missing or changed");
        refusedOffline("v2", List.of("vae/*"), own, "it was never downloaded there");
        Files.write(own.resolve("vae/weights.safetensors"), new byte[70_000]);
        refusedOffline("main", List.of("vae/*"), own, "vae/weights.safetensors is missing or changed");
    }

    private Path offline(String revision, List<String> filters, @Nullable Path local, List<String> notices) {
        HubOptions usual = options(null);
        HubOptions offline = new HubOptions(
                usual.endpoint(), null, usual.cache(), true, HubProxy.NONE, 4, 3, usual.backoff(), usual.stall());
        try (HubClient client = client(offline)) {
            return client.download(REPO, revision, filters, local, noting(notices));
        }
    }

    private void refusedOffline(String revision, List<String> filters, @Nullable Path local, String... says) {
        assertThatThrownBy(() -> offline(revision, filters, local, new ArrayList<>()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(REPO)
                .hasMessageContainingAll(says);
    }

    private static HubClient.Progress noting(List<String> notices) {
        return new HubClient.Progress() {
            @Override
            public void advanced(long done, long total) {}

            @Override
            public void notice(String line) {
                notices.add(line);
            }
        };
    }

    @Test
    void settingsComeFromTheEnvironment() {
        HubOptions options =
                HubOptions.of(Map.of("HF_ENDPOINT", "http://mirror:80/hf/", "HF_TOKEN", " t ", "HF_HOME", "somewhere"));
        assertThat(options.endpoint()).isEqualTo(URI.create("http://mirror:80/hf"));
        assertThat(options.token()).isEqualTo("t");
        assertThat(options.cache()).isEqualTo(Path.of("somewhere/hub"));
        assertThat(options.toString()).doesNotContain("t ").contains("with token");
        HubOptions standard = HubOptions.of(Map.of("HOME", folder.toString()));
        assertThat(standard.endpoint()).isEqualTo(URI.create("https://huggingface.co"));
        assertThat(standard.token()).isNull();
        assertThatThrownBy(() -> HubOptions.of(Map.of("HF_ENDPOINT", "ftp://x")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("ftp://x");
    }

    private Path download(String revision, List<String> filters, @Nullable Path local) {
        return download(revision, filters, local, (done, total) -> {});
    }

    private Path download(String revision, List<String> filters, @Nullable Path local, HubClient.Progress progress) {
        try (HubClient client = client(options(null))) {
            return client.download(REPO, revision, filters, local, progress);
        }
    }

    private static HubClient client(HubOptions options) {
        return new HubClient(options);
    }

    private HubOptions options(@Nullable String token) {
        return new HubOptions(
                address(hub),
                token,
                folder.resolve("hub"),
                false,
                HubProxy.NONE,
                4,
                3,
                Duration.ofMillis(1),
                Duration.ofMillis(1500));
    }

    private byte[] file(String path) {
        return Objects.requireNonNull(files.get(path));
    }

    // The hub: commit, listing in two pages, files redirected to the storage server.

    private void revision(HttpExchange exchange) throws IOException {
        log("hub", exchange);
        send(exchange, listingStatus, ("{\"sha\": \"" + COMMIT + "\"}").getBytes(StandardCharsets.UTF_8));
    }

    private void tree(HttpExchange exchange) throws IOException {
        log("hub", exchange);
        ArrayNode entries = new ObjectMapper().createArrayNode();
        entries.addObject()
                .put("type", "directory")
                .put("path", "vae")
                .put("oid", COMMIT)
                .put("size", 0);
        boolean first = !String.valueOf(exchange.getRequestURI().getQuery()).contains("cursor");
        for (var file : files.entrySet()) {
            if (file.getKey().startsWith("vae") == first) {
                continue; // the second page holds the rest
            }
            ObjectNode entry = entries.addObject()
                    .put("type", "file")
                    .put("path", listedPath == null ? file.getKey() : listedPath)
                    .put("oid", git(file.getValue()))
                    .put("size", file.getValue().length);
            if (file.getKey().endsWith(".safetensors")) {
                entry.putObject("lfs")
                        .put("oid", sha256(file.getValue()))
                        .put("size", file.getValue().length)
                        .put("pointerSize", 134);
            }
        }
        if (first) {
            exchange.getResponseHeaders()
                    .add("Link", "<" + address(hub) + exchange.getRequestURI() + "&cursor=2>; rel=\"next\"");
        }
        send(exchange, 200, entries.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void resolve(HttpExchange exchange) throws IOException {
        log("hub", exchange);
        String path = exchange.getRequestURI().getRawPath().substring(("/" + REPO + "/resolve/" + COMMIT).length());
        exchange.getResponseHeaders().add("Location", address(storage) + path);
        send(exchange, 302, new byte[0]);
    }

    private void stored(HttpExchange exchange) throws IOException {
        log("storage", exchange);
        byte[] body = files.get(exchange.getRequestURI().getPath().substring(1));
        if (body == null) {
            send(exchange, 404, new byte[0]);
        } else {
            content.send(exchange, body);
        }
    }

    private void log(String server, HttpExchange exchange) {
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        tokens.add(server + " " + (token == null ? "none" : token));
        requests.add(
                exchange.getRequestURI() + " " + exchange.getRequestHeaders().getFirst("Range"));
    }

    private static void sendRange(HttpExchange exchange, byte[] body) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (range == null) {
            send(exchange, 200, body);
            return;
        }
        int start = Integer.parseInt(range.replaceAll("\\D", ""));
        if (start >= body.length) {
            send(exchange, 416, new byte[0]);
            return;
        }
        exchange.getResponseHeaders()
                .add("Content-Range", "bytes " + start + "-" + (body.length - 1) + "/" + body.length);
        send(exchange, 206, Arrays.copyOfRange(body, start, body.length));
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static HttpServer server() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URI address(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private static byte[] random(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String sha256(byte[] body) {
        return hex("SHA-256", body);
    }

    private static String git(byte[] body) {
        byte[] head = ("blob " + body.length + "\0").getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return hex("SHA-1", all);
    }

    private static String hex(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
