package ai.ingredients.vae;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The autoencoder equals the official one: fixtures {@code vae_encode_*} and {@code vae_decode_*}. */
class VideoVaeTest {
    private static final Compute BF16 = Compute.CPU_FP32.with(DType.BF16);
    private static final double GRADIENT = 1e-4;

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
        return VaeConfig.of(ConfigReader.of(Fixture.bundle().resolve("vae/config.json")));
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

    @ParameterizedTest
    @ValueSource(strings = {"vae_decode_3", "vae_decode_5"})
    void decodesInBf16AsCloselyAsTheReference(String name) {
        try (Scope scope = Scope.inference();
                Fixture inputs = Fixture.open(name);
                Fixture rounded = Fixture.open(name + "_bf16");
                Weights half = Weights.of(file, BF16)) {
            Tensor video = VideoVae.load(half, vae.config()).decode(BF16.place(inputs.get("in_latents")));
            assertEquals(DType.BF16, DType.of(video));
            checkRounded(name, inputs.get("out_video"), rounded.get("out_video"), video);
        }
    }

    @Test
    void encodesInBf16AsCloselyAsTheReference() {
        try (Scope scope = Scope.inference();
                Fixture inputs = Fixture.open("vae_encode_image");
                Fixture rounded = Fixture.open("vae_encode_image_bf16");
                Weights half = Weights.of(file, BF16)) {
            LatentDistribution latents = VideoVae.load(half, vae.config()).encode(BF16.place(inputs.get("in_video")));
            checkRounded("mean", inputs.get("out_mean"), rounded.get("out_mean"), latents.mean());
            Tensor exact = Ops.scale(inputs.get("out_logvar"), 0.5).exp();
            checkRounded("deviation", exact, rounded.get("out_std"), latents.deviation());
        }
    }

    /** Two computations in bf16 differ by at most the sum of what each differs from fp32; ours may not be the worse. */
    private static void checkRounded(String what, Tensor exact, Tensor reference, Tensor actual) {
        double allowed = Fixture.relativeError(exact, reference);
        assertTrue(allowed < 4 * Math.scalb(1.0, -8), what + ": the vector itself is off by " + allowed);
        Fixture.assertClose(what + " against fp32", exact, actual, 1.25 * allowed);
        Fixture.assertClose(what + " against bf16", reference, actual, 2 * allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"video9", "video17"})
    void gradientsEqualTheReference(String clip) {
        try (Scope scope = Scope.open();
                Fixture inputs = Fixture.open("vae_encode_" + clip);
                Fixture expected = Fixture.open("vae_gradients");
                Weights trained = Weights.trainable(file, Compute.CPU_FP32)) {
            VideoVae model = VideoVae.load(trained, vae.config());
            Tensor video = inputs.get("in_video").clone().set_requires_grad(true);
            Tensor loss = torch.mse_loss(model.decode(model.encode(video).mode()), inputs.get("in_video"));
            loss.backward();
            expected.check("out_loss_" + clip, loss.reshape(1), Fixture.MODULE);
            expected.check("out_grad_" + clip, video.grad(), Fixture.MODULE);
            Tensor norms = expected.get("out_norms_" + clip);
            List<String> names = trained.parameters().keySet().stream().sorted().toList();
            assertEquals(norms.size(0), names.size());
            for (int i = 0; i < names.size(); i++) {
                Tensor parameter = Objects.requireNonNull(trained.parameters().get(names.get(i)));
                Tensor norm = parameter.grad().norm().reshape(1);
                // Sums over all places: cancellation costs a digit against the module tolerance.
                Fixture.assertClose(names.get(i), norms.narrow(0, i, 1), norm, GRADIENT);
            }
        }
    }

    @Test
    void handsOutFramesBatchByBatch() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("vae_decode_5")) {
            List<Long> counts = new ArrayList<>();
            List<String> progress = new ArrayList<>();
            vae.decode(fixture.get("in_latents"), new FrameSink() {
                @Override
                public void frames(Tensor frames) {
                    long start = counts.stream().mapToLong(Long::longValue).sum();
                    counts.add(frames.size(2));
                    Tensor expected = fixture.get("out_video").narrow(2, start, frames.size(2));
                    Fixture.assertClose("frames from " + start, expected, frames, Fixture.MODULE);
                }

                @Override
                public void progress(int done, int total) {
                    progress.add(done + "/" + total);
                }
            });
            assertEquals(List.of(9L, 8L), counts);
            assertEquals(List.of("1/2", "2/2"), progress);
        }
    }

    @Test
    void countsTilesAsProgress() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("vae_decode_tiled_sliced")) {
            List<String> progress = new ArrayList<>();
            List<Long> counts = new ArrayList<>();
            configured(fixture.settings()).decode(fixture.get("in_latents"), new FrameSink() {
                @Override
                public void frames(Tensor frames) {
                    counts.add(frames.size(2));
                }

                @Override
                public void progress(int done, int total) {
                    progress.add(done + "/" + total);
                }
            });
            assertEquals(List.of(1L), counts);
            // 8x12 latents, a tile every 5 rows and 4 columns, two videos.
            assertEquals("12/12", progress.getLast());
            assertEquals(12, progress.size());
        }
    }

    @Test
    void keepsNothingBehind() {
        try (Fixture fixture = Fixture.open("vae_decode_5")) {
            long before = 0;
            for (int i = 0; i < 5; i++) {
                try (Scope scope = Scope.inference()) {
                    vae.decode(fixture.get("in_latents"));
                    vae.encode(fixture.get("out_video")).mode();
                }
                if (i == 1) {
                    before = Pointer.totalCount();
                }
            }
            assertTrue(Pointer.totalCount() <= before, "native objects after three more rounds");
        }
    }

    @Test
    void refusesOtherShapes() {
        try (Scope scope = Scope.inference()) {
            Tensor latents = torch.zeros(1, 4, 1, 4, 4);
            assertThatThrownBy(() -> vae.decode(latents))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[1, 4, 1, 4, 4]");
            assertThrows(IllegalArgumentException.class, () -> vae.encode(torch.zeros(3, 8, 16, 16)));
        }
    }
}
