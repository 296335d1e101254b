package ai.ingredients.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tiles follow the model's size: whatever it is, tiled and whole results have one shape and nearly one content. */
class TilingTest {
    @Test
    void officialSizesKeepTheOfficialTiles() {
        VaeConfig official = VaeConfig.cogVideoX5b();
        Tiling reference = Tiling.on(240, 360);
        assertEquals(TileGrid.ofLatents(reference, official), TileGrid.ofLatents(Tiling.on(official), official));
        assertEquals(TileGrid.ofPixels(reference, official), TileGrid.ofPixels(Tiling.on(official), official));
    }

    /** Sizes in latents around one, two and three tiles of the demo model, which are 6 x 9. */
    @ParameterizedTest
    @CsvSource({"12, 18", "7, 10", "6, 10", "13, 9", "16, 24", "11, 17", "1, 20"})
    void theDemoModelCodesInTilesAsInOnePiece(int rows, int columns) {
        Path folder = Path.of("../models/demo/vae");
        VaeConfig config = VaeConfig.of(ConfigReader.of(folder.resolve("config.json")));
        try (Scope scope = Scope.inference();
                SafetensorsFile file = SafetensorsFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32)) {
            VideoVae whole = VideoVae.load(weights, config);
            VideoVae tiled = whole.with(Tiling.on(config));
            Tensor video = waves(9, 8 * rows, 8 * columns);
            Tensor latents = whole.encode(video).mode();
            // Every tile has group statistics of its own, and other numbers at what is its edge and not the picture's.
            alike(latents, tiled.encode(video).mode(), 0.3);
            alike(whole.decode(latents), tiled.decode(latents), 0.12);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void everySpatialFactorHasTilesThatFit(int blocks) {
        for (int sample : new int[] {8, 20, 36, 50, 96}) {
            VaeConfig config = config(blocks, sample);
            int ratio = 1 << (blocks - 1);
            try (Scope scope = Scope.inference();
                    Weights weights = Weights.trainable(
                            TensorStore.of(Map.of(), "nothing"),
                            Compute.CPU_FP32,
                            (name, shape) -> Ops.scale(torch.randn(shape), 0.1))) {
                VideoVae tiled = VideoVae.load(weights, config).with(Tiling.on(config));
                for (int rows : new int[] {1, 3, 96 / ratio}) {
                    Tensor video = torch.rand(1, 3, 1, (long) rows * ratio, 7L * ratio);
                    Tensor latents = tiled.encode(video).mode();
                    assertThat(Ops.shape(latents)).containsExactly(1, 4, 1, rows, 7);
                    assertThat(Ops.shape(tiled.decode(latents))).containsExactly(Ops.shape(video));
                }
            }
        }
    }

    @Test
    void aPictureBetweenTwoLatentsIsRefused() {
        VaeConfig config = config(3, 96);
        try (Scope scope = Scope.inference();
                Weights weights = Weights.trainable(
                        TensorStore.of(Map.of(), "nothing"), Compute.CPU_FP32, (name, shape) -> torch.randn(shape))) {
            VideoVae vae = VideoVae.load(weights, config);
            assertThatThrownBy(() -> vae.encode(torch.zeros(1, 3, 1, 18, 16)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("multiples of 4");
        }
    }

    private static VaeConfig config(int blocks, int sample) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < blocks; i++) {
            json.withArray("down_block_types").add("CogVideoXDownBlock3D");
            json.withArray("up_block_types").add("CogVideoXUpBlock3D");
            json.withArray("block_out_channels").add(4);
        }
        json.put("norm_num_groups", 2).put("latent_channels", 4).put("layers_per_block", 1);
        json.put("sample_height", sample).put("sample_width", sample + 2);
        json.put("temporal_compression_ratio", Math.min(4, 1 << (blocks - 1)));
        return VaeConfig.of(new ConfigReader(json, "vae/config.json"));
    }

    /** A picture that moves, smooth enough that a model has seen the like. */
    private static Tensor waves(int frames, int height, int width) {
        float[] values = new float[3 * frames * height * width];
        int at = 0;
        for (int colour = 0; colour < 3; colour++) {
            for (int frame = 0; frame < frames; frame++) {
                for (int y = 0; y < height; y++) {
                    for (int x = 0; x < width; x++) {
                        values[at++] = (float) Math.sin((x + frame) / (9.0 + colour) + y / 13.0) * 0.7f;
                    }
                }
            }
        }
        return Ops.tensor(values, 1, 3, frames, height, width);
    }

    private static void alike(Tensor expected, Tensor actual, double bound) {
        assertThat(Ops.shape(actual)).containsExactly(Ops.shape(expected));
        assertThat(Fixture.relativeError(expected, actual)).isLessThan(bound);
    }
}
