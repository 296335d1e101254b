package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Help, completion, and what becomes of exceptions. */
class MainTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        generate | --model --image --faces --prompt --prompt-file --negative-prompt --output --seed --steps --guidance --dynamic-guidance --frames --height --width --max-sequence-length --scheduler --routing --face-scale --dtype --device --memory --vae-tiling --save-latents --save-frames --save-routing --landmarks --face-index --verbose --help
        faces    | --model --output --landmarks --face-index --save-crops --device --verbose --help
        cast     | --prompt --people --split --seed --count --photos --output --verbose --help
        doctor   | --model --verbose --help
        download | --revision --include --local-dir --verbose --help
        """)
    void helpListsEveryOption(String command, String options) {
        Cli.Result help = Cli.run(command, "--help").ok();

        assertThat(help.out()).startsWith("Usage: ingredients " + command).contains(options.split(" ", -1));
        assertThat(help.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
        assertThat(help.err()).isEmpty();
        assertThat(Cli.run("help", command).out()).isEqualTo(help.out());
    }

    /** As git and cargo do it: who types the name alone wants to know what there is. */
    @Test
    void withoutArgumentsTheHelpIsShown() {
        Cli.Result help = Cli.run().ok();

        assertThat(help.out()).contains("generate", "faces", "doctor", "download", "ingredients COMMAND --help");
        assertThat(Cli.run("--help").out()).isEqualTo(help.out());
        assertThat(Cli.run("--version").ok().out()).startsWith("ingredients ");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void theCompletionIsAScript() throws Exception {
        String script = Cli.run("generate-completion").ok().out();
        assertThat(script).contains("--save-routing", "doctor");
        Path file = Files.writeString(folder.resolve("completion"), script);

        Process bash = new ProcessBuilder("bash", "-n", file.toString())
                .redirectErrorStream(true)
                .start();

        assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEmpty();
        assertThat(bash.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(bash.exitValue()).isZero();
    }

    /** Throws what a test asks for. */
    @Command(name = "fail")
    private static final class Fail implements Callable<Integer> {
        private final Throwable problem;

        @Mixin
        private Common common;

        Fail(Throwable problem) {
            this.problem = problem;
        }

        @Override
        public Integer call() throws Exception {
            if (problem instanceof Error error) {
                throw error;
            }
            throw (Exception) problem;
        }
    }

    private static Cli.Result fail(Throwable problem, String... args) {
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Main.commandLine().addSubcommand(new Fail(problem)).setOut(new PrintWriter(Writer.nullWriter()));
        commandLine.setErr(new PrintWriter(err, true));
        String[] all = new String[args.length + 1];
        all[0] = "fail";
        System.arraycopy(args, 0, all, 1, args.length);
        return new Cli.Result(commandLine.execute(all), "", err.toString());
    }

    @Test
    void exceptionsBecomeOneLineAndAnExitCode() {
        fail(new InvalidInputException("a.png: no face")).refused(2, "ingredients fail: a.png: no face");
        fail(new OperationFailedException("disk full")).refused(1, "ingredients fail: disk full");
        fail(new UnsatisfiedLinkError("no libtorch")).refused(1, "no libtorch", "ingredients doctor");
        fail(new OutOfMemoryError("Java heap space")).refused(1, "not enough memory", "Java heap space");
        fail(new RuntimeException("[enforce fail] DefaultCPUAllocator: can't allocate\nframe #0"))
                .refused(1, "not enough memory", "--memory layer");
        Cli.Result bug = fail(new IllegalStateException("impossible\nsecond line"));
        assertThat(bug.code()).isEqualTo(1);
        assertThat(bug.errLines())
                .containsExactly("ingredients fail: unexpected IllegalStateException: impossible (--verbose shows "
                        + "where; please report it)");
    }

    @ParameterizedTest
    @ValueSource(classes = {InvalidInputException.class, OperationFailedException.class})
    void verboseShowsWhere(Class<? extends RuntimeException> type) throws Exception {
        Cli.Result result = fail(type.getConstructor(String.class).newInstance("why"), "--verbose");

        assertThat(result.err()).contains("\tat " + MainTest.class.getName());
        assertThat(result.errLines().getLast()).isEqualTo("ingredients fail: why");
    }
}
