package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that train and are ended from outside. A tiny training is killed again and again; {@code INGREDIENTS_KILLS}
 * says how often, for instance
 *
 * <pre>
 *   INGREDIENTS_KILLS=20 mvn -pl app -am test -Dtest=KilledTrainingTest -Dsurefire.failIfNoSpecifiedTests=false \
 *       -Dtest.process.seconds=0
 * </pre>
 */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(1200)
class KilledTrainingTest {
    private static final int KILLS = Integer.parseInt(System.getenv().getOrDefault("INGREDIENTS_KILLS", "1"));

    @TempDir
    Path folder;

    /** A text encoder, with a validation and a checkpoint every second step. */
    private Process start(Path run, boolean resume, int steps) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Xmx1g",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.awt.headless=true",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dorg.bytedeco.javacpp.logger=slf4j",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "train",
                "--stage",
                "text",
                "--output",
                run.toString()));
        for (String value : List.of(
                "model=../configs/demo/text_encoder.json",
                "data={clips: 40}",
                "validation={split: validation, clips: 2}",
                "vocabulary=300",
                "text.batch=2",
                "training={steps: " + steps + ", checkpoint-every: 2, validate-every: 2, keep-checkpoints: 2,"
                        + " ema-decay: 0.9, log-every: 1}")) {
            command.add("--set");
            command.add(value);
        }
        if (resume) {
            command.addAll(List.of("--resume", "latest"));
        }
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment().put("OMP_NUM_THREADS", "1");
        return process.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        run.resolveSibling("out").toFile()))
                .start();
    }

    private String out() throws IOException {
        return Files.readString(folder.resolve("out"), StandardCharsets.UTF_8);
    }

    @Test
    void aTrainingThatIsKilledAgainAndAgainEndsAsOneThatIsNot() throws Exception {
        Path whole = folder.resolve("whole");
        Process calm = start(whole, false, 12);
        long began = System.nanoTime();
        assertThat(calm.waitFor()).as(out()).isZero();
        long lasted = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        Map<String, String> expected = kept(whole);
        assertThat(Objects.requireNonNull(expected.get("metrics.jsonl")).lines())
                .hasSize(12 + 6);
        assertThat(expected.keySet().stream().filter(name -> name.startsWith("validation/")))
                .hasSizeGreaterThanOrEqualTo(6);

        Random moments = new Random(KILLS);
        int kills = 0;
        for (int run = 0; kills < KILLS; run++) { // one that ends before it is killed is compared, and another begun
            Path killed = folder.resolve("killed-" + run);
            boolean ended = false;
            while (kills < KILLS && !ended) {
                Process process = start(killed, hasCheckpoint(killed), 12);
                ended = process.waitFor(lasted / 3 + moments.nextLong(lasted), TimeUnit.MILLISECONDS);
                if (!ended) {
                    process.destroyForcibly().waitFor();
                    kills++;
                }
            }
            assertThat(start(killed, hasCheckpoint(killed), 12).waitFor())
                    .as(out())
                    .isZero();
            assertThat(kept(killed)).isEqualTo(expected);
        }
    }

    private static boolean hasCheckpoint(Path run) throws IOException {
        Path checkpoints = run.resolve("checkpoints");
        if (!Files.isDirectory(checkpoints)) {
            return false;
        }
        try (Stream<Path> files = Files.list(checkpoints)) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith("step-"));
        }
    }

    private static boolean hangUpsAreIgnored() throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "kill -HUP $$").start();
        return shell.waitFor() == 0;
    }

    /** The terminal that closes is told twice: by the shell and by the system. */
    @Test
    void aTerminalThatClosesEndsATrainingWithACheckpoint() throws Exception {
        // Who runs the tests under nohup has all processes below pass over a SIGHUP, and this one would train on.
        assumeFalse(hangUpsAreIgnored(), "SIGHUP is ignored here (nohup)");
        Path run = folder.resolve("run");
        Process process = start(run, false, 100_000);
        while (!hasCheckpoint(run) && process.isAlive()) {
            Thread.sleep(20);
        }
        for (int i = 0; i < 2; i++) {
            new ProcessBuilder("kill", "-HUP", Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }
        assertThat(process.waitFor()).as(out()).isEqualTo(130);
        String stopped = out();
        assertThat(stopped).contains("stopping after this step with a checkpoint", "Stopped; go on with ");
        List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
        String step = lines.getLast().replaceAll("\\{\"step\":(\\d+),.*", "$1");
        assertThat(run.resolve(String.format(Locale.ROOT, "checkpoints/step-%08d", Integer.valueOf(step))))
                .exists();
    }

    /** Everything a run is for, by its name below the run; times apart. */
    private static Map<String, String> kept(Path run) throws IOException {
        Map<String, String> kept = new TreeMap<>();
        try (Stream<Path> files = Files.walk(run)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = run.relativize(file).toString();
                if (!name.startsWith("tensorboard") && !name.startsWith("curves") && !name.equals(".lock")) {
                    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                    kept.put(name, text.replaceAll("\"time\":\"[^\"]*\",", ""));
                }
            }
        }
        return kept;
    }
}
