package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.ALAN;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static ai.ingredients.cli.Cli.relativeError;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.media.PictureReader;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import java.nio.file.Path;
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
}
