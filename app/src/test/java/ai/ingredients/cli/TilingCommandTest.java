package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.media.VideoReader;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --vae-tiling on} with every model that is shipped, and with an autoencoder of another factor. */
class TilingCommandTest {
    private static final Path DEMO = Path.of("../models/demo");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"96, 144", "64, 96", "48, 160", "112, 80", "128, 192"})
    void theDemoModelMakesVideosOfEverySizeInTiles(int height, int width) {
        made(DEMO, height, width);
    }

    @ParameterizedTest
    @CsvSource({"256, 384", "32, 368", "256, 32"})
    void soDoesTheRandomModel(int height, int width) {
        made(Cli.MODEL, height, width);
    }

    @ParameterizedTest
    @CsvSource({"96, 144", "40, 56", "16, 64"})
    void anAutoencoderWithFourPixelsPerLatentIsAModelAsAnyOther(int height, int width) throws IOException {
        made(factorFour(), height, width);
    }

    @Test
    void sizesAreMultiplesOfWhatTheModelNeeds() throws IOException {
        Path model = factorFour();
        Cli.generate(model, folder.resolve("out.mp4"), "--height", 36)
                .refused(2, "--height 36", "multiples of 8", "32 or 40");
    }

    private void made(Path model, int height, int width) {
        Path video = folder.resolve("out.mp4");
        Cli.generate(model, video, "--vae-tiling", "on", "--height", height, "--width", width, "--steps", 1)
                .ok();
        try (VideoReader reader = VideoReader.open(video)) {
            assertThat(List.of(reader.height(), reader.width())).isEqualTo(List.of(height, width));
            assertThat(reader.count()).isEqualTo(9);
        }
    }

    /** The random model with another autoencoder: three resolutions instead of four. */
    private Path factorFour() throws IOException {
        Path model = Cli.copy(Cli.MODEL, folder.resolve("factor-four"));
        Path vae = model.resolve("vae");
        ObjectNode config = (ObjectNode)
                new ObjectMapper().readTree(vae.resolve("config.json").toFile());
        for (String list : List.of("down_block_types", "up_block_types", "block_out_channels")) {
            config.withArray(list).remove(0);
        }
        config.put("sample_height", 48).put("sample_width", 72);
        Files.writeString(vae.resolve("config.json"), config.toString());
        try (Scope scope = Scope.open();
                Weights weights = Weights.trainable(
                        TensorStore.of(Map.of(), "nothing"),
                        Compute.CPU_FP32,
                        (name, shape) -> Ops.scale(torch.randn(shape), 0.1))) {
            VideoVae.load(weights, VaeConfig.of(new ConfigReader(config, "vae/config.json")));
            SafetensorsWriter.write(vae.resolve("diffusion_pytorch_model.safetensors"), weights.parameters(), Map.of());
        }
        return model;
    }
}
