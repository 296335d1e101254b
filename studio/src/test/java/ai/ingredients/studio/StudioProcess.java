package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.studio.StudioOptions.WebhookOptions;
import ai.ingredients.weights.SafetensorsFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A studio, or a worker of one, in a process of its own, which can be killed. */
final class StudioProcess {
    private static final String WORKER = "worker";
    private static final String NONE = "none";

    private final Path folder;
    private final int port;
    private final @Nullable String database;
    private @Nullable Process process;

    /** @param port 0 for a worker */
    StudioProcess(Path folder, int port, @Nullable String database) {
        this.folder = folder;
        this.port = port;
        this.database = database;
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the process does. */
    public static void main(String[] args) throws InterruptedException {
        Path folder = Path.of(args[0]);
        StudioOptions options = StudioOptions.local(folder.resolve("data"), Map.of("tiny", folder.resolve("tiny")))
                .with(it -> {
                    it.webhooks = new WebhookOptions("whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", true);
                    it.database = args[2].equals(NONE) ? null : args[2];
                    it.door = args[1].equals(WORKER)
                            ? null
                            : new StudioOptions.Door("127.0.0.1", Integer.parseInt(args[1]), List.of(), false, null);
                });
        Studio studio = Studio.open(options);
        Runtime.getRuntime().addShutdownHook(new Thread(studio::close));
        new CountDownLatch(1).await();
    }

    void start() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("--") || flag.startsWith("-D"))
                .filter(flag -> !flag.contains("surefire"))
                .forEach(command::add);
        command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(
                StudioProcess.class.getName(),
                folder.toString(),
                port == 0 ? WORKER : String.valueOf(port),
                database == null ? NONE : database));
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            folder.resolve("process-" + port + ".log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** Waits until it answers. */
    void await() {
        long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
        while (port != 0 && !answers()) {
            assertThat(alive()).as(log()).isTrue();
            assertThat(System.nanoTime()).as(log()).isLessThan(deadline);
            sleep(100);
        }
    }

    private boolean answers() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready"))
                                            .timeout(Duration.ofSeconds(5))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends JSON to it. */
    JsonNode post(String path, String body) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return new ObjectMapper()
                    .readTree(http.send(
                                    HttpRequest.newBuilder(uri(path))
                                            .header("Content-Type", "application/json")
                                            .POST(HttpRequest.BodyPublishers.ofString(body))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofByteArray())
                            .body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many steps a file of saved steps has. */
    int savedSteps(Path file) {
        try (SafetensorsFile saved = SafetensorsFile.open(file)) {
            return Integer.parseInt(saved.metadata().getOrDefault("done", "0"));
        }
    }

    boolean alive() {
        return process != null && process.isAlive();
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("process-" + port + ".log"));
        } catch (IOException e) {
            return "no log";
        }
    }

    /** As {@code kill -9}. */
    void kill() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            running.onExit().join();
        }
    }

    static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
