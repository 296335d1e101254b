package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.ALAN;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static ai.ingredients.cli.Cli.relativeError;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.Png;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ingredients faces} as a user types it. */
class FacesCommandTest {
    @TempDir
    Path folder;

    @Test
    void writesWhatGenerateTakes() {
        Path people = folder.resolve("people.safetensors");

        Cli.Result result = Cli.run("faces", "--model", MODEL, "--landmarks", LANDMARKS, "--output", people, ADA, ALAN);

        assertThat(result.ok().out().lines())
                .hasSize(3)
                .first()
                .asString()
                .contains("ada.png: face with eyes at", "(landmarks given)");
        assertThat(result.out()).endsWith("Wrote " + people + System.lineSeparator());
        assertThat(result.err()).isEmpty();
        try (Scope scope = Scope.inference();
                SafetensorsFile file = SafetensorsFile.open(people)) {
            assertThat(file.names())
                    .containsExactlyInAnyOrder(
                            "id_cond",
                            "id_vit_hidden.0",
                            "id_vit_hidden.1",
                            "id_vit_hidden.2",
                            "id_vit_hidden.3",
                            "id_vit_hidden.4",
                            "canvas");
            assertThat(Ops.shape(file.get("id_cond"))).containsExactly(2, 40);
            long[] first = Ops.shape(file.get("id_vit_hidden.0"));
            assertThat(first).hasSize(3).startsWith(2).endsWith(32);
            for (int i = 1; i < 5; i++) {
                assertThat(Ops.shape(file.get("id_vit_hidden." + i))).isEqualTo(first);
            }
            Tensor canvas = file.get("canvas");
            assertThat(Ops.shape(canvas)).containsExactly(3, 480, 720);
            assertThat(canvas.min().item().toDouble()).isGreaterThanOrEqualTo(0);
            assertThat(canvas.max().item().toDouble()).isBetween(0.5, 1.0);
        }
    }

    @Test
    void aFileOfPeopleGivesTheSameVideoAsThePhotos() {
        Path people = folder.resolve("people.safetensors");
        Path direct = folder.resolve("direct.safetensors");
        Path prepared = folder.resolve("prepared.safetensors");
        Cli.run("faces", "--model", MODEL, "--landmarks", LANDMARKS, "--output", people, ADA, ALAN)
                .ok();

        generate(MODEL, folder.resolve("a.mp4"), "--faces", people, "--save-latents", prepared)
                .ok();
        generate(
                        MODEL,
                        folder.resolve("b.mp4"),
                        "--image",
                        ADA,
                        "--image",
                        ALAN,
                        "--landmarks",
                        LANDMARKS,
                        "--save-latents",
                        direct)
                .ok();

        for (String latents : new String[] {"initial", "image", "final"}) {
            assertThat(relativeError(prepared, latents, direct, latents))
                    .as(latents)
                    .isZero();
        }
    }

    @Test
    void cropsCanBeLookedAt() {
        Path crops = folder.resolve("crops");

        Cli.run(
                        "faces",
                        "--model",
                        MODEL,
                        "--landmarks",
                        LANDMARKS,
                        "--output",
                        folder.resolve("p.safetensors"),
                        "--save-crops",
                        crops,
                        ADA,
                        ALAN)
                .ok();

        assertThat(Cli.listing(crops).keySet()).containsExactly("", "canvas.png", "face-1.png", "face-2.png");
        assertThat(PictureReader.read(crops.resolve("face-1.png")).width()).isEqualTo(512);
        assertThat(PictureReader.read(crops.resolve("canvas.png")).width()).isEqualTo(720);
    }

    /** The photo is larger than what faces are looked for in: what is printed is what {@code --landmarks} takes. */
    @Test
    void pointsAreThoseOfThePhotoAtFullSize() throws IOException {
        Picture ada = PictureReader.read(Path.of(ADA));
        int times = 4;
        byte[] rgb = new byte[ada.rgb().length * times * times];
        int width = ada.width() * times;
        for (int i = 0; i < rgb.length / 3; i++) {
            int from = (i / width / times * ada.width() + i % width / times) * 3;
            System.arraycopy(ada.rgb(), from, rgb, 3 * i, 3);
        }
        Path photo = folder.resolve("large.png");
        Png.write(photo, new Picture(width, ada.height() * times, rgb));
        Path landmarks = Files.writeString(
                folder.resolve("landmarks.json"),
                "{\"large.png\": [[780, 1000], [1140, 1001], [960, 1192], [828, 1372], [1092, 1372]]}");

        Cli.Result result = Cli.run(
                "faces",
                "--model",
                MODEL,
                "--landmarks",
                landmarks,
                "--output",
                folder.resolve("p.safetensors"),
                photo);

        assertThat(result.ok().out()).contains("face with eyes at 780,1000 1140,1001 (landmarks given)");
    }

    @Test
    void everyPhotoMayHaveAFaceIndexOfItsOwn() {
        Path out = folder.resolve("p.safetensors");
        for (Object[] given : new Object[][] {{"--face-index", "0,0"}, {"--face-index", "0", "--face-index", "0"}}) {
            List<Object> line =
                    new ArrayList<>(List.of("faces", "--model", MODEL, "--landmarks", LANDMARKS, "--output", out));
            line.addAll(List.of(given));
            line.addAll(List.of(ADA, ALAN));
            Cli.run(line.toArray()).ok();
        }
        Cli.Result refused = Cli.run("faces", "--model", MODEL, "--face-index", "0,1,0", "--output", out, ADA, ALAN);
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("--face-index was given 3 times for 2 photos");
    }

    @Test
    void landmarksOfNoPhotoAreRefused() throws IOException {
        Path landmarks = Files.writeString(
                folder.resolve("landmarks.json"),
                Files.readString(Path.of(LANDMARKS)).replace("\"ada.png", "\"eda.png"));
        Cli.Result result = Cli.run(
                "faces", "--model", MODEL, "--landmarks", landmarks, "--output", folder.resolve("p.safetensors"), ADA);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains(landmarks + ": names eda.png, which is none of the photos given");
    }

    /** None of them is read, and a pipe that nobody writes into is not waited for. */
    @Test
    void whatIsNoFileIsToldApart() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Path zero = Path.of("/dev/zero");
        Path out = folder.resolve("p.safetensors");
        for (Path device : List.of(pipe, zero)) {
            assertRefused(device + ": is a pipe or a device", "faces", "--model", MODEL, "--output", out, device);
            assertRefused(
                    device + ": is a pipe or a device",
                    "faces",
                    "--model",
                    MODEL,
                    "--landmarks",
                    device,
                    "--output",
                    out,
                    ADA);
            assertRefused(
                    device + ": is not a regular file",
                    "generate",
                    "--model",
                    MODEL,
                    "--faces",
                    device,
                    "--prompt",
                    "x",
                    "--output",
                    folder.resolve("a.mp4"));
        }
        assertRefused(
                "https:/example.org/ada.png: is an address; download it first",
                "faces",
                "--model",
                MODEL,
                "--output",
                out,
                "https://example.org/ada.png");
        assertRefused("nobody.png: there is no such file", "faces", "--model", MODEL, "--output", out, "nobody.png");
    }

    private static void assertRefused(String why, Object... line) {
        Cli.run(line).refused(2, why);
    }
}
