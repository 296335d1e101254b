package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher in a checkout of three files, with a Maven and a Java that write down what they are called with. */
@EnabledOnOs(OS.LINUX)
class LauncherTest {
    private static final String MAVEN = """
        #!/bin/sh
        echo "$@" >> "$LOG/maven"
        case "$*" in *fail*) printf '\\033[1;31mno such goal\\033[m\\n'; exit 1 ;; *wait*) sleep 60 ;; esac
        platform=linux-x86_64
        case "$*" in *-Pcuda*|*-Dpytorch.platform=linux-x86_64-gpu*) platform=linux-x86_64-gpu ;; esac
        for a; do case $a in */pom.xml) cd "$(dirname "$a")" ;; esac; done
        mkdir -p app/target/lib
        echo jar > app/target/ingredients.jar
        for m in core training lab studio; do mkdir -p $m/target; echo jar > $m/target/ingredients-$m-1.jar; done
        echo jar > core/target/ingredients-core-1-tests.jar
        printf '%s' "@LIB@/pytorch-2.13.0-1.5.14-$platform.jar:@LIB@/b.jar" > app/target/classpath
        """;
    private static final String JAVA = """
        #!/bin/sh
        echo "LC_ALL=$LC_ALL" "$@" >> "$LOG/java"
        for a; do case $a in -XX:AOTCacheOutput=*) echo cache > "${a#*=}" ;; esac; done
        """;

    private static final List<String> SOURCES = List.of(
            "pom.xml",
            "natives/pom.xml",
            "core/pom.xml",
            "training/pom.xml",
            "lab/pom.xml",
            "studio/pom.xml",
            "app/pom.xml",
            "core/src/main/A",
            "training/src/main/B",
            "lab/src/main/C",
            "studio/src/main/E",
            "app/src/main/D");

    @TempDir
    Path folder;

    private Path root = Path.of("");
    private Path log = Path.of("");

    @BeforeEach
    void makeCheckout() throws IOException {
        log = Files.createDirectory(folder.resolve("log"));
        root = Files.createDirectory(folder.resolve("checkout"));
        Files.copy(Path.of("../ingredients"), root.resolve("ingredients"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String file : SOURCES) {
            Files.createDirectories(root.resolve(file).getParent());
            Files.writeString(root.resolve(file), "source");
        }
        age(root);
        program("bin/mvn", MAVEN);
        program("jdk/bin/java", JAVA);
        program("jdk/bin/javac", JAVA);
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
    }

    /** Everything in {@code tree} was changed an hour ago. */
    private static void age(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.toList()) {
                Files.setLastModifiedTime(path, FileTime.from(Instant.now().minusSeconds(3600)));
            }
        }
    }

    private void program(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Exit code and all that was printed. */
    private record Run(int code, String text) {}

    private Process start(Path place, Map<String, String> environment, String launcher, String... args)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(place.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("printed").toFile());
        builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
        builder.environment().put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("LOG", log.toString());
        builder.environment().remove("TMPDIR");
        builder.environment().putAll(environment);
        return builder.start();
    }

    private Run run(Map<String, String> environment, String... args) throws Exception {
        return run(root, environment, "./ingredients", args);
    }

    private Run run(Path place, Map<String, String> environment, String launcher, String... args) throws Exception {
        Process process = start(place, environment, launcher, args);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readString(folder.resolve("printed"), StandardCharsets.UTF_8));
    }

    private List<String> calls(String program) throws IOException {
        Path file = log.resolve(program);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    private String lastStart() throws IOException {
        return calls("java").getLast();
    }

    @Test
    void theFirstStartBuildsAndTheNextOnlyRuns() throws Exception {
        assertThat(run(Map.of(), "doctor").code()).isZero();
        assertThat(calls("maven"))
                .singleElement()
                .asString()
                .contains(" -pl app -am "); // what others need is not fetched
        assertThat(calls("java")).hasSize(3); // libraries unpacked, cache trained, the command
        assertThat(lastStart())
                .endsWith("ai.ingredients.cli.Main doctor")
                .contains("-Dorg.bytedeco.javacpp.cachedir=" + root.resolve("app/target/natives"))
                .contains("-Dingredients.progress=lines")
                .contains(root.resolve("app/target/lib/b.jar").toString());

        assertThat(run(Map.of(), "doctor").text()).isEmpty();
        assertThat(calls("maven")).hasSize(1);
        assertThat(calls("java")).hasSize(4);
        assertThat(Cli.listing(root.resolve("app/target")).keySet()).noneMatch(name -> name.contains(".stamp"));
    }

    /** After {@code mvn -Pcuda package} nothing is built again, and what is changed later is built for the same platform. */
    @Test
    void whatWasBuiltByHandIsTakenWithItsProfile() throws Exception {
        run(Map.of(), "doctor");
        ProcessBuilder maven = new ProcessBuilder(
                folder.resolve("bin/mvn").toString(),
                "-Pcuda",
                root.resolve("pom.xml").toString());
        maven.environment().put("LOG", log.toString());
        assertThat(maven.start().waitFor()).isZero();

        assertThat(run(Map.of(), "doctor").code()).isZero();
        assertThat(calls("maven")).as("the first start and the user").hasSize(2);
        assertThat(lastStart()).contains("linux-x86_64-gpu.jar");

        Files.setLastModifiedTime(
                root.resolve("app/src/main/D"), FileTime.from(Instant.now().plusSeconds(2)));
        assertThat(run(Map.of(), "doctor").code()).isZero();
        assertThat(calls("maven").getLast()).contains("-Dpytorch.platform=linux-x86_64-gpu package");
        assertThat(lastStart()).contains("linux-x86_64-gpu.jar");
    }

    @Test
    void rebuildTakesOptionsForMaven() throws Exception {
        Run rebuilt = run(Map.of(), "--rebuild", "-Pcuda");
        assertThat(rebuilt.code()).isZero();
        assertThat(rebuilt.text()).contains("Built for linux-x86_64-gpu.");
        assertThat(calls("maven").getLast()).endsWith("-Pcuda package");
    }

    @Test
    void aFailedBuildShowsMavensWordsWithoutColours() throws Exception {
        Run failed = run(Map.of(), "--rebuild", "fail");
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.text()).contains("no such goal\n", "The build failed").doesNotContain("\u001b");
        assertThat(Cli.listing(root.resolve("app/target")).keySet()).noneMatch(name -> name.contains(".stamp"));
    }

    @Test
    void aStoppedBuildSaysSoAndLeavesNothing() throws Exception {
        Process process = start(root, Map.of(), "./ingredients", "--rebuild", "wait");
        while (calls("maven").isEmpty() && process.isAlive()) {
            Thread.sleep(10);
        }
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        assertThat(Files.readString(folder.resolve("printed")))
                .contains("The build was stopped; the next start goes on");
        assertThat(Cli.listing(root.resolve("app/target")).keySet()).noneMatch(name -> name.contains(".stamp"));
        assertThat(run(Map.of(), "doctor").code()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"R&D", "two words", "Mädchen", "a:b", "$(x)'\"", "*"})
    void anyPathWillDo(String name) throws Exception {
        run(Map.of(), "doctor");
        Path moved = folder.resolve(name);
        Files.move(root, moved);
        Run run = run(folder, Map.of("LC_ALL", "C.UTF-8"), moved + "/ingredients", "doctor");
        assertThat(run.code()).as(run.text()).isZero();
        String there = name.contains(":") ? "/proc/self/fd/8" : moved.toString();
        assertThat(lastStart())
                .contains(there + "/app/target/lib/b.jar")
                .contains("-Dingredients.home=" + moved)
                .contains("-XX:AOTCache=" + there + "/app/target/run-");
        assertThat(calls("maven")).hasSize(1);
    }

    @Test
    void anExportedCdpathLeadsNowhereElse() throws Exception {
        Files.createDirectories(folder.resolve("other/checkout"));
        Run run = run(folder, Map.of("CDPATH", folder.resolve("other").toString()), "checkout/ingredients", "doctor");
        assertThat(run.code()).as(run.text()).isZero();
        assertThat(lastStart()).contains("-Dingredients.home=" + root);
    }

    /** None, plain ASCII, and one that is not installed. */
    @ParameterizedTest
    @ValueSource(strings = {"", "C", "POSIX", "xy_XY.UTF-8"})
    void withoutALocaleTextIsUtf8(String locale) throws Exception {
        Run run = run(Map.of("LC_ALL", locale, "LANG", "", "LC_CTYPE", ""), "generate", "--prompt", "Mädchen 🎉");
        assertThat(run.code()).isZero();
        assertThat(lastStart())
                .matches("(?i)LC_ALL=\\S+\\.utf-?8 .*")
                .doesNotContain("xy_XY")
                .endsWith("--prompt Mädchen 🎉");
    }

    @Test
    void aDamagedCacheIsMadeAnew() throws Exception {
        run(Map.of(), "doctor");
        Path cache;
        try (Stream<Path> all = Files.walk(root.resolve("app/target"))) {
            cache = all.filter(file -> file.toString().endsWith(".aot"))
                    .findFirst()
                    .orElseThrow();
        }
        String whole = Files.readString(cache);
        Files.writeString(cache, "c\0che\n");
        Files.setLastModifiedTime(cache, FileTime.from(Instant.now().plusSeconds(2)));

        assertThat(run(Map.of(), "doctor").text()).contains("Preparing faster starts");
        assertThat(Files.readString(cache)).isEqualTo(whole);
        assertThat(run(Map.of(), "doctor").text()).isEmpty();
    }

    @Test
    void temporaryFilesGoWhereTheUserSays() throws Exception {
        Path own = Files.createDirectory(folder.resolve("own temp"));
        run(Map.of("TMPDIR", own.toString()), "doctor");
        assertThat(lastStart()).contains("-Djava.io.tmpdir=" + own + " ");
    }
}
