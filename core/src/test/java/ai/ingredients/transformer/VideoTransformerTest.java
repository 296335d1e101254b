package ai.ingredients.transformer;

import static ai.ingredients.testing.Fixture.MODULE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.FakeLane;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.transformer.VideoTransformer.Output;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.Weights;
import ai.ingredients.weights.WeightsDtype;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole transformer against the official one, forward and backward, and what must hold for any number of people. */
class VideoTransformerTest {
    private static final Options REFERENCE = new Options(Routing.REFERENCE, 1.0);
    private static final Options PER_BRANCH = new Options(Routing.PER_BRANCH, 1.0);

    /**
     * Gradients of the router's normalisation biases are sums whose terms cancel: exactly for norm1, which shifts every
     * person's logit alike (the vector holds 4e-8 of rounding noise), nearly for norm2 (the official code in fp64 is
     * 2.3e-5 away from its own fp32 vector). Their error is measured against the gradient of the weight beside them,
     * whose terms have the same size and do not cancel.
     */
    private static final Pattern CANCELLING = Pattern.compile("router\\.\\d+\\.norm[12]\\.bias");

    private static Output forward(TinyModel tiny, Fixture fixture, @Nullable IdentityContext people, Options options) {
        return tiny.model.forward(
                fixture.get("in_latents"),
                fixture.get("in_text"),
                fixture.get("in_timestep"),
                TinyModel.rotary(fixture),
                people,
                options);
    }

    @Test
    void withoutPeople() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_noface");
                TinyModel tiny = TinyModel.ingredients()) {
            Output output = forward(tiny, fixture, null, REFERENCE);
            fixture.check("out_sample", output.sample(), MODULE);
            assertTrue(output.routingLogits().isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"transformer_forward_2ids", "transformer_forward_2ids_cfg"})
    void withTwoPeople(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name);
                TinyModel tiny = TinyModel.ingredients()) {
            Output output = forward(tiny, fixture, tiny.people(fixture), REFERENCE);
            fixture.check("out_router_0_logits", output.routingLogits().get(0).unsqueeze(0), MODULE);
            fixture.check("out_router_1_logits", output.routingLogits().get(1).unsqueeze(0), MODULE);
            fixture.check("out_sample", output.sample(), MODULE);
        }
    }

    @Test
    void everyBlockOnTheWay() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_noface");
                TinyModel tiny = TinyModel.ingredients()) {
            var parts = tiny.model.parts();
            Tensor temb = parts.timeEmbedding()
                    .forward(
                            fixture.get("in_timestep"),
                            fixture.get("in_latents").scalar_type());
            var tokens = parts.patchEmbed()
                    .forward(fixture.get("in_text"), fixture.get("in_latents"), LearnedPositions.OFFICIAL);
            Tensor rotation = TinyModel.rotary(fixture).factors(tokens.text().size(1), temb);
            for (int i = 0; i < parts.blocks().count(); i++) {
                var before = tokens;
                tokens = parts.blocks().with(i, block -> block.forward(before, temb, rotation, null));
                fixture.check("out_block_" + i + "_hidden", tokens.video(), MODULE);
                fixture.check("out_block_" + i + "_encoder", tokens.text(), MODULE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "transformer_routing_loss",
                "transformer_routing_loss_batch2",
                "transformer_routing_loss_allbackground"
            })
    void routingLossAndEveryGradient(String name) {
        try (Scope scope = Scope.open();
                Fixture fixture = Fixture.open(name);
                TinyModel tiny = TinyModel.ingredients(TinyModel.Purpose.TRAINING)) {
            Output output = forward(tiny, fixture, tiny.people(fixture), REFERENCE);
            Tensor routingLoss = RoutingLoss.crossEntropy(output.routingLogits(), fixture.get("in_index_mask"));
            Tensor loss = output.sample().square().mean().add(routingLoss);
            fixture.check("out_sample", output.sample(), MODULE);
            fixture.check("out_routing_loss", routingLoss, MODULE);
            fixture.check("out_loss", loss, MODULE);

            loss.backward();
            int norms = 0;
            int full = 0;
            for (String key : fixture.names()) {
                String parameter = key.substring(key.indexOf('/') + 1);
                if (key.startsWith("out_grad_norm/")
                        && CANCELLING.matcher(parameter).matches()) {
                    double ours = gradient(tiny, parameter).norm().item().toDouble();
                    double scale = gradient(tiny, parameter.replace("bias", "weight"))
                            .norm()
                            .item()
                            .toDouble();
                    double error = Math.abs(ours - fixture.get(key).item().toDouble());
                    assertTrue(error <= MODULE * scale, parameter + ": gradient norm is off by " + error);
                    norms++;
                } else if (key.startsWith("out_grad_norm/")) {
                    fixture.check(key, gradient(tiny, parameter).norm(), MODULE);
                    norms++;
                } else if (key.startsWith("out_grad/")
                        && !CANCELLING.matcher(parameter).matches()) {
                    fixture.check(key, gradient(tiny, parameter), MODULE);
                    full++;
                }
            }
            int expectedFull = 0;
            for (JsonNode parameter : fixture.settings().path("full_grads")) {
                expectedFull += CANCELLING.matcher(parameter.asText()).matches() ? 0 : 1;
            }
            assertEquals(expectedFull, full, "gradients compared element by element");
            assertTrue(expectedFull == 0 || norms >= 100, "gradient norms compared: " + norms);
        }
    }

    private static Tensor gradient(TinyModel tiny, String parameter) {
        return Objects.requireNonNull(tiny.weights.parameters().get(parameter), parameter)
                .grad();
    }

    @Test
    void perBranchRoutesEveryElementByItself() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids_cfg");
                TinyModel tiny = TinyModel.ingredients()) {
            IdentityContext people = tiny.people(fixture);
            Output both = forward(tiny, fixture, people, PER_BRANCH);
            for (long b = 0; b < 2; b++) {
                Output alone = tiny.model.forward(
                        fixture.get("in_latents").narrow(0, b, 1),
                        fixture.get("in_text").narrow(0, b, 1),
                        fixture.get("in_timestep").narrow(0, b, 1),
                        TinyModel.rotary(fixture),
                        people,
                        REFERENCE);
                Fixture.assertClose(
                        "element " + b, alone.sample(), both.sample().narrow(0, b, 1), MODULE);
            }
        }
    }

    /** A training batch: every element with its own people equals the element alone. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aBatchOfDifferentPeople(int count) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids_cfg");
                TinyModel tiny = TinyModel.ingredients()) {
            torch.manual_seed(11);
            var identity = Objects.requireNonNull(tiny.config.identity());
            Tensor idCond = torch.randn(2L * count, identity.lfeIdDim());
            List<Tensor> vitHidden = new ArrayList<>();
            for (int scale = 0; scale < identity.lfeNumScale(); scale++) {
                vitHidden.add(torch.randn(2L * count, 26, identity.lfeVitDim()));
            }
            Output both = forward(tiny, fixture, tiny.model.prepareEach(idCond, vitHidden, count), PER_BRANCH);
            for (long b = 0; b < 2; b++) {
                long from = b * count;
                IdentityContext own = tiny.model.prepare(
                        idCond.narrow(0, from, count),
                        vitHidden.stream().map(h -> h.narrow(0, from, count)).toList());
                Output alone = tiny.model.forward(
                        fixture.get("in_latents").narrow(0, b, 1),
                        fixture.get("in_text").narrow(0, b, 1),
                        fixture.get("in_timestep").narrow(0, b, 1),
                        TinyModel.rotary(fixture),
                        own,
                        REFERENCE);
                Fixture.assertClose(
                        "element " + b, alone.sample(), both.sample().narrow(0, b, 1), MODULE);
                Fixture.assertClose(
                        "logits of element " + b,
                        alone.routingLogits().getFirst(),
                        both.routingLogits().getFirst().narrow(0, b, 1),
                        MODULE);
            }
        }
    }

    /** Any number of people: shapes, weights that sum to one, and a routing map that follows their order. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void permutingThePeoplePermutesTheRoutingMap(int count) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids");
                TinyModel tiny = TinyModel.ingredients()) {
            torch.manual_seed(7);
            var identity = Objects.requireNonNull(tiny.config.identity());
            Tensor tokens = torch.randn(count, identity.lfeNumQuerie(), identity.lfeOutputDim());
            Tensor reversed = tokens.flip(0);
            Output forward = forward(tiny, fixture, tiny.model.prepare(tokens), REFERENCE);
            Output backward = forward(tiny, fixture, tiny.model.prepare(reversed), REFERENCE);
            Fixture.assertClose("sample", forward.sample(), backward.sample(), MODULE);
            for (int j = 0; j < forward.routingLogits().size(); j++) {
                Tensor weights = Ops.softmax(forward.routingLogits().get(j), 2);
                assertEquals(count, weights.size(2));
                Tensor sums = weights.sum(2);
                Fixture.assertClose("weights sum to 1", torch.ones_like(sums), sums, 1e-6);
                Tensor mirrored =
                        Ops.softmax(backward.routingLogits().get(j), 2).flip(2);
                Fixture.assertClose("routing map " + j, weights, mirrored, MODULE);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Routing.class)
    void faceScaleZeroIsPlainGeneration(Routing routing) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids");
                TinyModel tiny = TinyModel.ingredients()) {
            Output none = forward(tiny, fixture, null, REFERENCE);
            Output muted = forward(tiny, fixture, tiny.people(fixture), new Options(routing, 0));
            Fixture.assertClose("sample", none.sample(), muted.sample(), 0);
        }
    }

    @Test
    void streamedBlocksGiveTheSameNumbersAsResidentOnes() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids");
                TinyModel resident = TinyModel.ingredients();
                TinyModel streamed = new TinyModel(
                        Fixture.bundle().resolve("transformer"),
                        TinyModel.Purpose.INFERENCE,
                        Compute.CPU_FP32,
                        Residency.STREAMED)) {
            Output expected = forward(resident, fixture, resident.people(fixture), REFERENCE);
            Output actual = forward(streamed, fixture, streamed.people(fixture), REFERENCE);
            Fixture.assertClose("sample", expected.sample(), actual.sample(), 0);
            long kept = streamed.weights.parameters().keySet().stream()
                    .filter(name -> name.startsWith("transformer_blocks."))
                    .count();
            assertEquals(0, kept, "block weights held while streaming");
        }
    }

    /** Two passes, as blocks of the next step are on their way when one ends. */
    @ParameterizedTest
    @EnumSource(FakeLane.Pace.class)
    void blocksThatAreCopiedAheadGiveTheSameNumbers(FakeLane.Pace pace) {
        Path folder = Fixture.bundle().resolve("transformer");
        for (DType dtype : List.of(DType.FP32, DType.BF16)) {
            Compute compute = Compute.CPU_FP32.with(dtype);
            try (Scope scope = Scope.inference();
                    Fixture fixture = Fixture.open("transformer_forward_2ids");
                    TinyModel resident = TinyModel.ingredients(compute);
                    SafetensorsFile file = SafetensorsFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
                    Weights weights = Weights.of(file, compute).over(new FakeLane(pace));
                    VideoTransformer ahead = VideoTransformer.load(weights, resident.config, Residency.STREAMED)) {
                Tensor latents = compute.place(fixture.get("in_latents"));
                Tensor text = compute.place(fixture.get("in_text"));
                IdentityContext people = resident.people(fixture);
                for (int pass = 0; pass < 2; pass++) {
                    Tensor time = Ops.tensor(new long[] {500 - pass}, 1);
                    var rotary = TinyModel.rotary(fixture);
                    Tensor expected = resident.model
                            .forward(latents, text, time, rotary, people, REFERENCE)
                            .sample();
                    Tensor actual = ahead.forward(latents, text, time, rotary, people, REFERENCE)
                            .sample();
                    Fixture.assertClose("sample", expected, actual, 0);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(FakeLane.Pace.class)
    void matricesInEightBitsAreMadeAtTheirTurn(FakeLane.Pace pace) {
        Path folder = Fixture.bundle().resolve("transformer");
        Compute compute = Compute.CPU_FP32;
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids");
                TinyModel resident = TinyModel.ingredients(compute);
                SafetensorsFile file = SafetensorsFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
                Weights plainWeights = Weights.of(file, compute);
                VideoTransformer plain =
                        VideoTransformer.load(plainWeights, resident.config, Residency.RESIDENT, WeightsDtype.INT8);
                Weights weights = Weights.of(file, compute).over(new FakeLane(pace));
                VideoTransformer ahead =
                        VideoTransformer.load(weights, resident.config, Residency.STREAMED, WeightsDtype.INT8)) {
            Tensor latents = compute.place(fixture.get("in_latents"));
            Tensor text = compute.place(fixture.get("in_text"));
            IdentityContext people = resident.people(fixture);
            for (int pass = 0; pass < 2; pass++) {
                Tensor time = Ops.tensor(new long[] {500 - pass}, 1);
                var rotary = TinyModel.rotary(fixture);
                Fixture.assertClose(
                        "sample",
                        plain.forward(latents, text, time, rotary, people, REFERENCE)
                                .sample(),
                        ahead.forward(latents, text, time, rotary, people, REFERENCE)
                                .sample(),
                        0);
            }
        }
    }

    @Test
    void oneTimestepForTheWholeBatchIsTheSameAsOnePerElement() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids_cfg");
                TinyModel tiny = TinyModel.ingredients()) {
            Tensor shared = Ops.tensor(new long[] {500}, 1);
            Tensor each = Ops.tensor(LongStream.of(500, 500).toArray(), 2);
            Tensor one = tiny.model
                    .forward(
                            fixture.get("in_latents"),
                            fixture.get("in_text"),
                            shared,
                            TinyModel.rotary(fixture),
                            null,
                            REFERENCE)
                    .sample();
            Tensor two = tiny.model
                    .forward(
                            fixture.get("in_latents"),
                            fixture.get("in_text"),
                            each,
                            TinyModel.rotary(fixture),
                            null,
                            REFERENCE)
                    .sample();
            Fixture.assertClose("sample", two, one, MODULE);
        }
    }
}
