package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.Png;
import ai.ingredients.pipeline.LatentColours;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code generate --preview}: pictures while a video is made, and what they need to know of the model. */
class PreviewCommandTest {
    private static final String ESCAPE = "\u001b";

    @TempDir
    Path folder;

    private Path path(String name) {
        return folder.resolve(name);
    }

    @Test
    void coloursAreFittedOnceAndThenShowEveryVideo() throws IOException {
        Path model = Cli.copy(MODEL, path("model"));
        Path colours = path("colours.json");
        generate(model, path("none.mp4"), "--preview", 1)
                .refused(
                        2,
                        "--preview needs to know which colours this model's latents are, but there is no "
                                + model.resolve(LatentColours.FILE),
                        "make it by generate --preview-calibrate FILE");

        Cli.Result fitted = generate(
                        model,
                        path("fit.mp4"),
                        "--count",
                        2,
                        "--preview-calibrate",
                        colours,
                        "--height",
                        64,
                        "--width",
                        96,
                        "--guidance",
                        1)
                .ok();
        assertThat(fitted.out()).contains("Wrote " + colours + ", which explains ", " % of the colours of 2 videos");
        assertThat(JsonFile.read(colours).path("red")).hasSize(16);
        Files.copy(colours, model.resolve(LatentColours.FILE));

        generate(model, path("plain.mp4"), "--no-metadata").ok();
        Cli.Result shown = generate(model, path("out.mp4"), "--no-metadata", "--preview", 2)
                .ok();

        assertThat(path("out.mp4")).hasSameBinaryContentAs(path("plain.mp4"));
        Picture sheet = PictureReader.read(path("out.preview.png"));
        // 3 latent frames of 6x4 latents, 27 times as large, with gaps of 2
        assertThat(List.of(sheet.width(), sheet.height())).containsExactly(3 * 162 + 4 * 2, 108 + 2 * 2);
        assertThat(shown.out() + shown.err()).doesNotContain(ESCAPE);
        assertThat(path("plain.preview.png")).doesNotExist();

        generate(model, path("late.mp4"), "--preview", 3).ok();
        assertThat(path("late.preview.png")).as("there are 2 steps").doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--preview 0|--preview 0: use a number of steps, 1 or more",
                "--preview-in file|--preview-in says where --preview is shown, which is missing",
                "--preview 1 --preview-in window|--preview-in window is not known; use terminal or file",
                "--preview 1 --preview-in terminal|the standard output is no terminal with colours",
                "--preview-calibrate out.txt|--preview-calibrate out.txt: is written as json"
            })
    void whatCannotBeMeantIsRefused(String options, String message) {
        generate(MODEL, path("out.mp4"), (Object[]) options.split(" ")).refused(2, message);
    }

    @Test
    void thePreviewIsNoFileThatIsReadOrWritten() {
        generate(MODEL, path("out.mp4"), "--preview", 1, "--save-frames", path("out.preview.png"))
                .refused(2, "out.preview.png: would be written by --save-frames and by --preview");
    }

    @ParameterizedTest
    @CsvSource({
        "TERM=xterm-kitty, KITTY",
        "TERM=xterm-256color;KITTY_WINDOW_ID=1, KITTY",
        "TERM=xterm-256color;KITTY_WINDOW_ID=1;TMUX=/tmp/x;COLORTERM=truecolor, TRUECOLOUR",
        "TERM=xterm-256color;TERM_PROGRAM=iTerm.app;COLORTERM=truecolor, ITERM",
        "TERM=xterm-256color;COLORTERM=truecolor, TRUECOLOUR",
        "TERM=xterm-256color, CUBE",
        "TERM=screen-256color;TERM_PROGRAM=WezTerm, CUBE",
        "TERM=xterm, NONE",
        "TERM=dumb;COLORTERM=truecolor, NONE",
        "TERM=xterm-kitty;NO_COLOR=1, NONE",
        "COLORTERM=truecolor, NONE"
    })
    void theTerminalSaysWhatItCan(String variables, TerminalPicture expected) {
        Map<String, String> environment = new HashMap<>();
        for (String variable : variables.split(";")) {
            String[] parts = variable.split("=", 2);
            environment.put(parts[0], parts[1]);
        }
        assertThat(TerminalPicture.of(environment)).isEqualTo(expected);
    }

    @Test
    void halfBlocksHaveTwoPixelsEach() {
        Picture picture = new Picture(1, 2, new byte[] {(byte) 255, 0, 0, 0, 51, (byte) 255});

        assertThat(TerminalPicture.TRUECOLOUR.text(picture, 80))
                .isEqualTo(ESCAPE + "[38;2;255;0;0;48;2;0;51;255m\u2580" + ESCAPE + "[0m\n");
        assertThat(TerminalPicture.CUBE.text(picture, 80))
                .isEqualTo(ESCAPE + "[38;5;196;48;5;27m\u2580" + ESCAPE + "[0m\n");
        assertThat(TerminalPicture.TRUECOLOUR
                        .text(Picture.filled(300, 100, 1, 2, 3), 60)
                        .lines())
                .as("60 characters wide, two pixels high")
                .hasSize(10)
                .allMatch(line -> line.split("\u2580", -1).length == 61);
        assertThat(TerminalPicture.NONE.text(picture, 80)).isEmpty();
    }

    @Test
    void protocolsCarryAPng() {
        byte[] noise = new byte[64 * 64 * 3];
        new Random(1).nextBytes(noise);
        Picture picture = new Picture(64, 64, noise);

        String iterm = TerminalPicture.ITERM.text(picture, 80);
        assertThat(iterm).startsWith(ESCAPE + "]1337;File=inline=1;size=").endsWith("\u0007\n");
        assertThat(decoded(iterm.substring(iterm.indexOf(':') + 1, iterm.length() - 2)))
                .startsWith(0x89, 'P', 'N', 'G');

        String kitty = TerminalPicture.KITTY.text(picture, 80);
        String[] pieces = kitty.strip().split("\u001b\\\\");
        assertThat(pieces).hasSizeGreaterThan(3);
        assertThat(pieces[0]).startsWith(ESCAPE + "_Ga=T,f=100,q=2,m=1;");
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < pieces.length; i++) {
            assertThat(pieces[i]).contains(i < pieces.length - 1 ? "m=1;" : "m=0;");
            String piece = pieces[i].substring(pieces[i].indexOf(';') + 1);
            assertThat(piece).hasSizeLessThanOrEqualTo(4096);
            all.append(piece);
        }
        assertThat(decoded(all.toString())).isEqualTo(Png.encode(picture));
    }

    private static byte[] decoded(String base64) {
        return Base64.getDecoder().decode(base64.getBytes(StandardCharsets.US_ASCII));
    }
}
