package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.media.VideoReader;
import ai.ingredients.studio.store.Database;
import ai.ingredients.studio.store.Sql;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/**
 * Processes are killed at random moments while clients ask for videos: each video that was accepted is made, once, and whole.
 * Short unless {@code STUDIO_KILLS}, {@code STUDIO_JOBS} and {@code STUDIO_CLIENTS} say otherwise; {@code STUDIO_SEED} repeats the
 * moments of a run. A long run needs {@code -Dtest.timeout=3h -Dtest.process.seconds=0} too.
 */
class KilledStudioTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int KILLS = number("STUDIO_KILLS", 1);
    private static final int JOBS = number("STUDIO_JOBS", 8);
    private static final int CLIENTS = number("STUDIO_CLIENTS", 4);
    private static final long SEED = number("STUDIO_SEED", (int) (System.nanoTime() & 0xFFFFFF));

    @TempDir
    Path folder;

    private static int number(String name, int otherwise) {
        String text = System.getenv(name);
        return text == null ? otherwise : Integer.parseInt(text);
    }

    @Test
    void everyAcceptedVideoIsMadeOnceOnSqlite() throws Exception {
        TinyModel.in(folder);
        StudioProcess studio = new StudioProcess(folder, StudioProcess.freePort(), null);
        run(List.of(studio));
        try (Database database = Database.sqlite(folder.resolve("data"))) {
            String integrity = database.find(
                    connection -> Sql.first(connection, "PRAGMA integrity_check", row -> row.getString(1)));
            assertThat(integrity).isEqualTo("ok");
            check(database);
        }
    }

    @Test
    void everyAcceptedVideoIsMadeOnceOnPostgresql() throws Exception {
        try (EmbeddedPostgres postgres = postgres()) {
            TinyModel.in(folder);
            String url = postgres.getJdbcUrl("postgres", "postgres");
            run(List.of(new StudioProcess(folder, StudioProcess.freePort(), url), new StudioProcess(folder, 0, url)));
            try (Database database = Database.postgresql(url)) {
                check(database);
            }
        }
    }

    private static EmbeddedPostgres postgres() {
        try {
            return EmbeddedPostgres.builder().start();
        } catch (IOException | IllegalStateException e) {
            throw new TestAbortedException("PostgreSQL does not start here: " + e.getMessage(), e);
        }
    }

    /** What came of the run. */
    private record Made(String id, boolean cancelled) {}

    private final Map<String, Made> accepted = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> told = new ConcurrentHashMap<>();
    private volatile int hookPort;

    private void run(List<StudioProcess> processes) throws Exception {
        System.out.println("seed of the kills: " + SEED);
        Random random = new Random(SEED);
        HttpServer hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hook.createContext("/", exchange -> {
            JsonNode event = JSON.readTree(exchange.getRequestBody());
            told.computeIfAbsent(event.at("/data/id").asText(), id -> ConcurrentHashMap.newKeySet())
                    .add(event.path("type").asText());
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        hook.start();
        hookPort = hook.getAddress().getPort();
        processes.forEach(StudioProcess::start);
        processes.forEach(StudioProcess::await);
        StudioProcess front = processes.getFirst();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
                HttpClient http = HttpClient.newBuilder()
                        .connectTimeout(Duration.ofSeconds(5))
                        .build()) {
            List<Future<?>> asking = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int number = client;
                asking.add(clients.submit(() -> ask(http, front, number)));
            }
            for (int kill = 0; kill < KILLS; kill++) {
                StudioProcess.sleep(200 + random.nextInt(JOBS > 20 ? 4000 : 2000));
                StudioProcess victim = processes.get(random.nextInt(processes.size()));
                victim.kill();
                StudioProcess.sleep(random.nextInt(300));
                victim.start();
                victim.await();
            }
            for (Future<?> one : asking) {
                one.get();
            }
            assertThat(accepted).hasSize(JOBS);
            awaitAll(http, front);
        } finally {
            processes.forEach(StudioProcess::kill);
            hook.stop(0);
        }
    }

    /** Asks for its share of the videos, again and again until each is accepted; cancels some. */
    private void ask(HttpClient http, StudioProcess front, int client) {
        for (int job = client; job < JOBS; job += CLIENTS) {
            String key = "job-" + job;
            String body = "{\"prompt\":\"A walk, " + job + ".\"," + TestStudio.SMALL + ",\"seed\":" + job
                    + ",\"webhook_url\":\"http://127.0.0.1:" + hookPort + "/\"}";
            HttpRequest request = HttpRequest.newBuilder(front.uri("/v1/videos"))
                    .timeout(Duration.ofSeconds(20))
                    .header("Content-Type", "application/json")
                    .header("Idempotency-Key", key)
                    .header("X-Client-Id", "client-" + client)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            String id = persist(http, request).path("id").asText();
            assertThat(id).startsWith("video_");
            boolean cancelled = false;
            if (job % 7 == 3) {
                HttpRequest cancel = HttpRequest.newBuilder(front.uri("/v1/videos/" + id + "/cancel"))
                        .timeout(Duration.ofSeconds(20))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build();
                cancelled =
                        !persist(http, cancel).at("/error/code").asText().equals("finished") || failed(http, front, id);
            }
            accepted.put(key, new Made(id, cancelled));
        }
    }

    /** A cancellation whose answer was lost is refused when it is sent again: the video has ended by it. */
    private static boolean failed(HttpClient http, StudioProcess front, String id) {
        return persist(
                        http,
                        HttpRequest.newBuilder(front.uri("/v1/videos/" + id)).build())
                .path("status")
                .asText()
                .equals("failed");
    }

    /** Sends a request until there is an answer: the studio may be dead when it is sent, or die before it answers. */
    private static JsonNode persist(HttpClient http, HttpRequest request) {
        long deadline = System.nanoTime() + Duration.ofMinutes(5).toNanos();
        while (true) {
            try {
                HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() < 500 && response.statusCode() != 429) {
                    return JSON.readTree(response.body());
                }
            } catch (IOException e) {
                assertThat(System.nanoTime()).isLessThan(deadline);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            StudioProcess.sleep(100);
        }
    }

    private void awaitAll(HttpClient http, StudioProcess front) throws IOException, InterruptedException {
        long deadline =
                System.nanoTime() + Duration.ofMinutes(2).plusSeconds(JOBS * 5L).toNanos();
        for (Made made : accepted.values()) {
            URI uri = front.uri("/v1/videos/" + made.id);
            JsonNode video = persist(http, HttpRequest.newBuilder(uri).build());
            while (!List.of("completed", "failed").contains(video.path("status").asText())) {
                assertThat(System.nanoTime()).as("stuck: " + video).isLessThan(deadline);
                StudioProcess.sleep(200);
                video = persist(http, HttpRequest.newBuilder(uri).build());
            }
            assertThat(video.path("status").asText())
                    .as(video.toString())
                    .isEqualTo(made.cancelled ? "failed" : "completed");
            if (made.cancelled) {
                assertThat(video.at("/error/code").asText()).isEqualTo("cancelled");
                continue;
            }
            HttpResponse<byte[]> content = http.send(
                    HttpRequest.newBuilder(front.uri("/v1/videos/" + made.id + "/content"))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertThat(content.statusCode()).isEqualTo(200);
            Path file = folder.resolve(made.id + ".mp4");
            Files.write(file, content.body());
            assertThat(VideoReader.readAll(file)).hasSize(9);
            assertThat(video.at("/recipe/seed").asText())
                    .isEqualTo(video.path("seed").asText());
        }
        long patience = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (told.size() < accepted.size() && System.nanoTime() < patience) {
            StudioProcess.sleep(100); // the last message may wait for its next try
        }
    }

    /** What must hold of database and files when all is over and every process is dead. */
    private void check(Database database) throws IOException {
        Set<String> ids = new HashSet<>();
        accepted.values().forEach(made -> ids.add(made.id));
        assertThat(ids).as("each job is one video").hasSize(JOBS);
        List<String> rows =
                database.read(connection -> Sql.query(connection, "SELECT id FROM video", row -> row.getString(1)));
        assertThat(rows).as("no video that nobody was told of").containsExactlyInAnyOrderElementsOf(ids);
        for (Made made : accepted.values()) {
            assertThat(told.get(made.id))
                    .as("told of the end, and of one end only")
                    .containsExactly(made.cancelled ? "video.failed" : "video.completed");
            Path files = folder.resolve("data/files/videos").resolve(made.id);
            try (Stream<Path> all = Files.exists(files) ? Files.list(files) : Stream.empty()) {
                List<String> names =
                        all.map(file -> String.valueOf(file.getFileName())).toList();
                if (!made.cancelled) {
                    assertThat(names)
                            .as("one attempt's files and nothing else")
                            .singleElement()
                            .asString()
                            .matches("\\d+");
                }
            }
        }
    }
}
