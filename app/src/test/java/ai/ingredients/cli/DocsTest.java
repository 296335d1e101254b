package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command that README and docs show is run as it stands there, by a shell, in a folder that has what a checkout
 * has. What needs hours is cut short by the options added in {@link #SHORTER}; what needs a network or somebody's own
 * files gets a stand-in, listed in {@link #INSTEAD}.
 */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(value = 12, unit = TimeUnit.MINUTES)
class DocsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w*)\\R(.*?)^```$");
    private static final String LAUNCHER = "./ingredients ";
    private static final String SMALL = " --frames 9 --steps 1";
    private static final String FEW_CLIPS =
            " --set data.clips=8 --set validation.clips=1 --set held-out=1 --set samples=0 --set diffusion.batch=2"
                    + " --set training.accumulation=1";

    /** Options added to the commands that begin so: fewer steps of the same work. The first that fits counts. */
    private static final Map<String, String> SHORTER = shorter();

    /** Words that stand for what only a user has, and what is put in their place. */
    private static final Map<String, String> INSTEAD = Map.of(
            "download ORGANISATION/NAME --local-dir models/ingredients", "download --help",
            "--model models/ingredients ", "--model examples/tiny-random --landmarks points.json ",
            "--model without-loss ", "--model examples/tiny-random ",
            "--model with-loss ", "--model examples/tiny-random ",
            "transformer=runs/demo/router/model", "transformer=models/demo/transformer",
            "reproduce --all --seeds 1", "reproduce --figure 8",
            "reproduce --all --quick", "reproduce --quick --figure 8",
            "reproduce --table 3 --figure 5,6", "reproduce --figure 6");

    @TempDir
    private Path folder;

    private static Map<String, String> shorter() {
        Map<String, String> shorter = new LinkedHashMap<>();
        shorter.put("demo", "");
        shorter.put("generate --model examples/tiny-random --faces", "");
        shorter.put("generate", SMALL);
        shorter.put("inspect run --model", SMALL + " --height 32 --width 48");
        shorter.put("inspect run", SMALL);
        shorter.put("inspect compare", "");
        shorter.put("faces", "");
        shorter.put("doctor", "");
        shorter.put("download --help", "");
        shorter.put("cast", "");
        shorter.put("evaluate --write-cases", "");
        shorter.put("evaluate --videos", "");
        shorter.put("evaluate", " --count 1 --steps 1");
        shorter.put(
                "reproduce",
                " --set count=1 --set base.stills.batch=2 --set faces.stills.batch=2 --set router.stills.batch=2 --set"
                    + " router.held-out=2 --set inversion-cases=1 --set sampling.steps=1 --set base.training.steps=1"
                    + " --set faces.training.steps=1 --set router.training.steps=1 --set base.diffusion.batch=2 --set"
                    + " faces.diffusion.batch=2 --set router.diffusion.batch=2 --set inversion.training.steps=1 --set"
                    + " segmenter.training.steps=1 --set segmenter.validation.clips=1 --seeds 1");
        shorter.put("train demo --try", "");
        shorter.put(
                "train demo",
                " --only vae --set vae:training.steps=1 --set vae:data.clips=8" + " --set vae:validation.clips=1");
        shorter.put("train --stage faces --print-config", "");
        shorter.put("train --stage faces --output runs/faces --resume latest", "");
        shorter.put("train --stage faces", FEW_CLIPS + " --set training.steps=1");
        shorter.put(
                "train --stage decoder",
                " --set training.steps=1 --set data.clips=4 --set validation.clips=1"
                        + " --set training.accumulation=1");
        shorter.put("train --stage inversion", " --set training.steps=1");
        return shorter;
    }

    /** Commands of one document, in order, each on one line. */
    private static List<String> commands(String document) {
        List<String> commands = new ArrayList<>();
        Matcher block = BLOCK.matcher(document);
        while (block.find()) {
            if (block.group(1).equals("bash")) {
                block.group(2)
                        .replaceAll("\\\\\\R\\s*", "")
                        .lines()
                        .map(String::strip)
                        .filter(line -> line.startsWith(LAUNCHER) || line.startsWith("time " + LAUNCHER))
                        .forEach(commands::add);
            }
        }
        return commands;
    }

    @Test
    void everyCommandRuns() throws Exception {
        prepare();
        List<String> failed = new ArrayList<>();
        Set<String> used = new LinkedHashSet<>();
        int run = 0;
        for (String name : List.of(
                "README.md",
                "docs/data.md",
                "docs/inspect.md",
                "docs/evaluation.md",
                "docs/training.md",
                "docs/reproduction.md",
                "models/README.md")) {
            String document = Files.readString(ROOT.resolve(name));
            writeFiles(document);
            for (String command : commands(document)) {
                String line = shortened(command, used);
                run++;
                String wrong = run(line);
                if (!wrong.isEmpty()) {
                    failed.add(name + ": " + command + "\n  run as " + line + "\n  " + wrong);
                }
            }
        }
        assertThat(failed).isEmpty();
        assertThat(run).as("commands found").isGreaterThanOrEqualTo(24);
        assertThat(SHORTER.keySet()).as("no rule without a command").isEqualTo(used);
    }

    private static String shortened(String command, Set<String> used) {
        String line = command.replaceAll("\\s+#.*", "");
        for (Map.Entry<String, String> one : INSTEAD.entrySet()) {
            line = line.replace(one.getKey(), one.getValue());
        }
        String arguments = line.substring(line.indexOf(LAUNCHER) + LAUNCHER.length());
        for (Map.Entry<String, String> one : SHORTER.entrySet()) {
            if (arguments.startsWith(one.getKey())) {
                used.add(one.getKey());
                return line + one.getValue();
            }
        }
        throw new AssertionError("no short form for: " + command);
    }

    /** Files that the document writes out: a config that begins with its name, and the list of videos. */
    private void writeFiles(String document) throws IOException {
        Matcher block = BLOCK.matcher(document);
        while (block.find()) {
            String text = block.group(2);
            Matcher named = Pattern.compile("# ([\\w-]+\\.yaml)\\R").matcher(text);
            if (named.lookingAt()) {
                Files.writeString(folder.resolve(named.group(1)), text);
            } else if (block.group(1).equals("csv")) {
                Files.writeString(folder.resolve("my-videos.csv"), text);
            }
        }
    }

    /** What a checkout has, and the videos that stand for a user's own. */
    private void prepare() throws IOException {
        Files.createDirectory(folder.resolve("models")); // a folder of its own: commands write there
        for (String part : List.of("configs", "examples", "models/demo")) {
            Files.createSymbolicLink(folder.resolve(part), ROOT.resolve(part));
        }
        String points = "[[150, 165], [210, 160], [185, 195], [160, 225], [215, 220]]";
        Files.writeString(
                folder.resolve("points.json"), "{\"person-1.png\": " + points + ", \"person-2.png\": " + points + "}");
        Path launcher = folder.resolve("ingredients");
        Files.writeString(
                launcher,
                "#!/bin/sh\nexec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' -Xmx2g -XX:+UseSerialGC -XX:-UsePerfData --enable-native-access=ALL-UNNAMED"
                        + " --sun-misc-unsafe-memory-access=allow -Djava.awt.headless=true"
                        + " -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -Dorg.bytedeco.javacpp.logger=slf4j"
                        + " '-Dingredients.home=" + folder + "' -cp '" + classPath() + "' " + Main.class.getName()
                        + " \"$@\"\n");
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
    }

    private static String classPath() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Stream.of(path.split(java.io.File.pathSeparator))
                .map(one -> Path.of(one).toAbsolutePath().toString())
                .collect(java.util.stream.Collectors.joining(java.io.File.pathSeparator));
    }

    /** Runs a line in a shell; empty when it succeeded, otherwise what it said last. */
    private String run(String line) throws Exception {
        for (String video : line.contains("a.mp4") ? List.of("a.mp4", "b.mp4", "c.mp4") : List.<String>of()) {
            Files.copy(folder.resolve("out.mp4"), folder.resolve(video));
        }
        Path said = folder.resolve("said");
        Process process = new ProcessBuilder("bash", "-c", line)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        int code = process.waitFor();
        List<String> lines =
                Files.readString(said, StandardCharsets.UTF_8).lines().toList();
        return code == 0
                ? ""
                : code + ": " + String.join("\n  ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
    }
}
