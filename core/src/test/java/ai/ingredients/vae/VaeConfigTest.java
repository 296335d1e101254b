package ai.ingredients.vae;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configs are read and refused by name; the official sizes ask for exactly the official tensors. */
class VaeConfigTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void readsTheBundle() throws IOException {
        VaeConfig config = VideoVaeTest.tiny();
        assertEquals(List.of(8, 8, 16, 16), config.blockOutChannels());
        assertEquals(1, config.layersPerBlock());
        assertEquals(4, config.normNumGroups());
        assertEquals(0.7, config.scalingFactor());
        assertEquals(8, config.spatialCompression());
        assertEquals(4, config.temporalCompression());
    }

    @Test
    void anEmptyConfigIsTheOfficialOne() throws IOException {
        assertEquals(VaeConfig.defaults(), VaeConfig.of(new ConfigReader(JSON.readTree("{}"), "vae/config.json")));
        assertEquals(
                VaeConfig.cogVideoX5b(),
                VaeConfig.of(new ConfigReader(JSON.readTree("{\"scaling_factor\": 0.7}"), "vae/config.json")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'latent_channels': 0} | latent_channels is 0",
                "{'latent_channels': 'x'} | \"latent_channels\" is \"x\"",
                "{'layers_per_block': 1.5} | \"layers_per_block\" is 1.5",
                "{'block_out_channels': [128, 250, 256, 512]} | holds 250",
                "{'block_out_channels': [128, 256]} | down_block_types has 4 entries but block_out_channels has 2",
                "{'block_out_channels': 128} | \"block_out_channels\" is 128, expected a list",
                "{'down_block_types': ['A','A','A','A']} | down_block_types holds \"A\"",
                "{'act_fn': 'relu'} | act_fn is \"relu\"",
                "{'temporal_compression_ratio': 3} | temporal_compression_ratio is 3",
                "{'temporal_compression_ratio': 16} | temporal_compression_ratio is 16",
                "{'norm_eps': 0} | norm_eps is 0.0",
                "{'scaling_factor': -1} | scaling_factor is -1.0",
                "{'use_quant_conv': true} | use_quant_conv",
                "{'use_quant_conv': 1} | \"use_quant_conv\" is 1, expected true or false",
                "{'_class_name': 'AutoencoderKL'} | expected AutoencoderKLCogVideoX"
            })
    void refusesWithTheValueInTheMessage(String json, String message) throws IOException {
        JsonNode config = JSON.readTree(json.replace('\'', '"'));
        assertThatThrownBy(() -> VaeConfig.of(new ConfigReader(config, "vae/config.json")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesTilesThatLeaveNothing() {
        assertThrows(InvalidInputException.class, () -> Tiling.on(0, 240));
        assertThrows(InvalidInputException.class, () -> new Tiling(true, 240, 240, 1, 0, Tiling.Seams.REFERENCE));
        Tiling tiny = Tiling.on(8, 8); // one latent: a step of int(1 x 5/6) = 0
        assertThatThrownBy(() -> TileGrid.ofLatents(tiny, VaeConfig.defaults()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("use larger tiles");
    }

    @Test
    void theOfficialSizesAskForExactlyTheOfficialTensors() throws IOException {
        try (Listing listing = Listing.read("vae_keys.txt");
                Weights weights = Weights.of(listing, Compute.CPU_FP32)) {
            VideoVae.load(weights, VaeConfig.defaults());
            weights.verify();
            assertEquals(listing.names(), weights.parameters().keySet());
        }
    }

    /** A checkpoint known only by names and shapes; every tensor is one zero, expanded, so it takes no memory. */
    private record Listing(Map<String, TensorInfo> entries) implements TensorStore {
        static Listing read(String name) throws IOException {
            Map<String, TensorInfo> entries = new LinkedHashMap<>();
            for (String line : Files.readAllLines(Fixture.path(name))) {
                int space = line.indexOf(' ');
                List<Long> shape = Arrays.stream(
                                line.substring(space + 2, line.length() - 1).split(", "))
                        .map(Long::valueOf)
                        .toList();
                entries.put(line.substring(0, space), new TensorInfo(DType.FP32, shape));
            }
            return new Listing(entries);
        }

        @Override
        public Set<String> names() {
            return entries.keySet();
        }

        @Override
        public TensorInfo info(String name) {
            return Objects.requireNonNull(entries.get(name));
        }

        @Override
        public Tensor get(String name) {
            long[] shape =
                    info(name).shape().stream().mapToLong(Long::longValue).toArray();
            return torch.zeros(new long[] {1}, new TensorOptions(DType.FP32.scalarType()))
                    .expand(shape);
        }

        @Override
        public String source() {
            return "listing";
        }

        @Override
        public void close() {}
    }
}
