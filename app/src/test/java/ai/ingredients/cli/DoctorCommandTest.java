package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.FIXTURES;
import static ai.ingredients.cli.Cli.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.tensor.Natives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ingredients doctor}, which the launcher tells its folder by a system property. */
class DoctorCommandTest {
    private static final String HOME = "ingredients.home";

    @TempDir
    Path home;

    @BeforeEach
    void moveIn() {
        System.setProperty(HOME, home.toString());
    }

    @AfterEach
    void moveOut() {
        System.clearProperty(HOME);
    }

    @Test
    void tellsWhatThisMachineCanDo() {
        Cli.Result result = Cli.run("doctor", "--model", MODEL).ok();

        assertThat(result.out())
                .contains(
                        "Java      " + Runtime.version(),
                        "libtorch  " + Natives.version() + " for ",
                        "Natives   ",
                        "Home      ",
                        "Temp      " + System.getProperty("java.io.tmpdir") + ": writable, ",
                        "Text      ",
                        "BLAS      ",
                        "Memory    ",
                        "CUDA      ",
                        MODEL + ": Ingredients, 49 frames of 720x480",
                        "--memory auto would be");
        assertThat(result.out())
                .contains("for photos:", "detection_Resnet50_Final.pth", "facexlib")
                .doesNotContain("glintr100.onnx: missing");
        assertThat(result.err()).isEmpty();
    }

    /** A model whose extractor lost the difference between people says so; one that did not, does not. */
    @Test
    void tellsOfAnExtractorThatHasCollapsed() throws IOException {
        assertThat(Cli.run("doctor", "--model", MODEL).ok().out())
                .containsPattern("identity tokens: rms 1\\.\\d+, \\d\\d\\.\\d % of it differs between people")
                .doesNotContain("collapsed");
        Path collapsed = Cli.collapsed(home.resolve("collapsed"));
        assertThat(Cli.run("doctor", "--model", collapsed.toString()).ok().out())
                .contains("this extractor has collapsed");
    }

    @Test
    void aFolderWithoutModels() {
        Cli.Result result = Cli.run("doctor");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out()).contains("none in models/ or examples/; `ingredients download REPO` gets one");
    }

    @Test
    void findsModels() throws IOException {
        Cli.copy(MODEL, Files.createDirectories(home.resolve("models/demo")));
        Files.createDirectory(home.resolve("models/unrelated"));
        Cli.copy(FIXTURES.resolve("bundle_t2v"), Files.createDirectories(home.resolve("examples/plain")));

        Cli.Result result = Cli.run("doctor").ok();

        assertThat(result.out())
                .contains("demo: Ingredients", "plain: CogVideoX text-to-video")
                .doesNotContain("unrelated");
    }

    @Test
    void namesWhatIsWrongWithAModel() throws IOException {
        Path broken = Cli.copy(MODEL, Files.createDirectories(home.resolve("models/broken")));
        Path weights = broken.resolve("vae/diffusion_pytorch_model.safetensors");
        Files.write(weights, Arrays.copyOf(Files.readAllBytes(weights), 1000));

        assertThat(Cli.run("doctor").code()).isEqualTo(1);
        Cli.Result named = Cli.run("doctor", "--model", broken, "--model", MODEL);

        assertThat(named.code()).as("one of those asked for is broken").isEqualTo(1);
        assertThat(named.out()).contains("cannot be used: " + weights, "truncated", "tiny-random: Ingredients");
        assertThat(Cli.run("doctor", "--model", home.resolve("nowhere")).out()).contains("there is no such folder");

        Cli.copy(MODEL, Files.createDirectories(home.resolve("models/whole")));
        assertThat(Cli.run("doctor").code()).as("one of those found is whole").isZero();
    }

    @Test
    void theDemoModelIsTheDefault() throws IOException {
        Path output = home.resolve("out.mp4");
        Object[] args = {
            "generate",
            "--prompt",
            "A walk.",
            "--frames",
            1,
            "--height",
            16,
            "--width",
            16,
            "--steps",
            1,
            "--output",
            output
        };
        Cli.run(args).refused(2, "--model was not given", "ingredients download");

        Cli.copy(MODEL, Files.createDirectories(home.resolve("models/demo")));

        Cli.run(args).ok();
        assertThat(output).exists();
    }
}
