package ai.ingredients.vae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The autoencoder equals the official one: fixtures {@code vae_encode_*} and {@code vae_decode_*}. */
class VideoVaeTest {
    private static SafetensorsFile file;
    private static Weights weights;
    private static VideoVae vae;

    @BeforeAll
    static void load() throws IOException {
        file = SafetensorsFile.open(Fixture.bundle().resolve("vae/diffusion_pytorch_model.safetensors"));
        weights = Weights.of(file, Compute.CPU_FP32);
        vae = VideoVae.load(weights, tiny());
        weights.verify();
    }

    @AfterAll
    static void close() {
        weights.close();
        file.close();
    }

    static VaeConfig tiny() throws IOException {
        return VaeConfig.of(new ObjectMapper()
                .readTree(Fixture.bundle().resolve("vae/config.json").toFile()));
    }

    private static VideoVae configured(JsonNode settings) {
        JsonNode tiles = settings.path("tiling");
        VideoVae chosen = settings.path("slicing").asBoolean() ? vae.with(VideoVae.Slicing.ONE_BY_ONE) : vae;
        return tiles.isMissingNode()
                ? chosen
                : chosen.with(Tiling.on(tiles.get(0).asInt(), tiles.get(1).asInt()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vae_encode_video9", "vae_encode_video17", "vae_encode_image", "vae_encode_tiled"})
    void encodesAsTheReference(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name);
                Noise noise = new Noise(fixture.settings().path("sample_seed").asLong())) {
            LatentDistribution latents = configured(fixture.settings()).encode(fixture.get("in_video"));
            fixture.check("out_mean", latents.mean(), Fixture.MODULE);
            fixture.check("out_logvar", latents.logvar(), Fixture.MODULE);
            fixture.check("out_mode", latents.mode(), Fixture.MODULE);
            fixture.check("out_sample", latents.sample(noise), Fixture.MODULE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vae_decode_1",
                "vae_decode_3",
                "vae_decode_5",
                "vae_decode_6",
                "vae_decode_sliced",
                "vae_decode_tiled",
                "vae_decode_tiled_odd",
                "vae_decode_tiled_sliced"
            })
    void decodesAsTheReference(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name)) {
            Tensor video = configured(fixture.settings()).decode(fixture.get("in_latents"));
            fixture.check("out_video", video, Fixture.MODULE);
        }
    }
}
