package ai.ingredients.training.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.RoutingLoss;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The optimiser against {@code torch.optim.AdamW}, by the reference's five training steps and by its own rules. */
class AdamWTest {
    /**
     * Five steps on the face modules of the tiny transformer: losses, gradient norms and final weights.
     *
     * <p>The gradient of a router's {@code norm1.bias} cancels exactly (it shifts every person's logit alike), so what is
     * left is rounding noise; Adam divides by its size and moves the parameter by up to the learning rate in a random
     * direction each step. There only that bound can hold.
     */
    @Test
    void fiveStepsOfTheReference() {
        ModelFolder folder = ModelFolder.open(Fixture.bundle());
        TransformerConfig config = TransformerConfig.of(folder.config("transformer"));
        try (Fixture fixture = Fixture.open("train_steps");
                TensorStore store = folder.weights("transformer");
                Weights weights = Weights.trainable(store, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(weights, config, Residency.RESIDENT)) {
            JsonNode settings = fixture.settings();
            Map<String, Tensor> face = new LinkedHashMap<>();
            weights.parameters().forEach((name, tensor) -> {
                boolean learns = false;
                for (JsonNode prefix : settings.path("trainable")) {
                    learns |= name.startsWith(prefix.asText() + ".");
                }
                tensor.set_requires_grad(learns);
                if (learns) {
                    face.put(name, tensor);
                }
            });
            var optimizer = new AdamW(
                    List.of(new ParameterGroup(
                            "face", face, 1, settings.path("weight_decay").asDouble())),
                    new AdamW.Settings(
                            settings.path("betas").path(0).asDouble(),
                            settings.path("betas").path(1).asDouble(),
                            settings.path("eps").asDouble(),
                            settings.path("weight_decay").asDouble(),
                            true,
                            settings.path("max_grad_norm").asDouble(),
                            AdamW.StateDevice.PARAMETERS));
            float[] losses = new float[5];
            float[] routing = new float[5];
            float[] norms = new float[5];
            for (int i = 0; i < 5; i++) {
                try (Scope scope = Scope.open()) {
                    var output = model.forward(
                            fixture.get("in_latents"),
                            fixture.get("in_text"),
                            fixture.get("in_timestep"),
                            new RotaryEmbedding(fixture.get("in_rope_cos"), fixture.get("in_rope_sin")),
                            people(fixture, model),
                            new VideoTransformer.Options(Routing.REFERENCE, 1));
                    Tensor route = RoutingLoss.crossEntropy(output.routingLogits(), fixture.get("in_index_mask"));
                    Tensor loss = torch.mse_loss(output.sample(), fixture.get("in_target"))
                            .add(Ops.scale(
                                    route, settings.path("routing_weight").asDouble()));
                    losses[i] = loss.item().toFloat();
                    routing[i] = route.item().toFloat();
                    loss.backward();
                    norms[i] = (float)
                            optimizer.step(settings.path("lr").asDouble()).gradNorm();
                }
            }
            try (Scope scope = Scope.inference()) {
                fixture.check("out_loss", Ops.tensor(losses, 5), Fixture.MODULE);
                fixture.check("out_routing_loss", Ops.tensor(routing, 5), Fixture.MODULE);
                fixture.check("out_grad_norm_before_clip", Ops.tensor(norms, 5), Fixture.PIPELINE);
                int compared = 0;
                for (String key : fixture.names()) {
                    String name = key.substring(key.indexOf('/') + 1);
                    if (key.startsWith("out_param/")) {
                        fixture.check(key, Objects.requireNonNull(face.get(name)), Fixture.PIPELINE);
                        compared++;
                    } else if (name.matches("router\\.\\d+\\.norm1\\.bias")) {
                        Tensor ours = Objects.requireNonNull(face.get(name));
                        double moved = 5 * settings.path("lr").asDouble() * Math.sqrt(ours.numel());
                        assertEquals(
                                fixture.get(key).item().toDouble(),
                                ours.norm().item().toDouble(),
                                2 * moved,
                                name);
                        compared++;
                    } else if (key.startsWith("out_param_norm/")) {
                        fixture.check(
                                key, Objects.requireNonNull(face.get(name)).norm(), Fixture.PIPELINE);
                        compared++;
                    }
                }
                assertEquals(face.size() + settings.path("params_out").size(), compared);
            }
            optimizer.close();
        }
    }

    private static IdentityContext people(Fixture fixture, VideoTransformer model) {
        List<Tensor> scales = new ArrayList<>();
        for (int scale = 0; fixture.has("in_vit_hidden_0_" + scale); scale++) {
            scales.add(Ops.cat(0, fixture.get("in_vit_hidden_0_" + scale), fixture.get("in_vit_hidden_1_" + scale)));
        }
        return model.prepare(Ops.cat(0, fixture.get("in_id_cond_0"), fixture.get("in_id_cond_1")), scales);
    }

    private static Tensor parameter(DType dtype, float... values) {
        Tensor tensor = Scope.retain(
                Ops.tensor(values, values.length, 1).to(dtype.scalarType()).set_requires_grad(true));
        return tensor;
    }

    /** In bf16 a step of 1e-4 on a weight of 1 is lost to rounding; the master adds a hundred of them up. */
    @Test
    void bf16LearnsThroughItsMaster() {
        try (Scope outer = Scope.open()) {
            Tensor weight = parameter(DType.BF16, 1);
            try (var optimizer =
                    new AdamW(List.of(new ParameterGroup("w", Map.of("w", weight), 1, 0)), AdamW.Settings.DEFAULT)) {
                for (int i = 0; i < 100; i++) {
                    try (Scope scope = Scope.open()) {
                        weight.sum().backward();
                        optimizer.step(1e-4);
                    }
                }
                assertEquals(
                        0.99,
                        Ops.floats(Objects.requireNonNull(optimizer.masters().get("w")))[0],
                        1e-5);
                assertEquals(0.99, Ops.floats(weight)[0], 1 / 256.0);
            }
        }
    }

    @Test
    void gradientsThatAreNotFiniteChangeNothing() {
        try (Scope outer = Scope.open()) {
            Tensor weight = parameter(DType.FP32, 1, 2);
            try (var optimizer =
                    new AdamW(List.of(new ParameterGroup("w", Map.of("w", weight), 1, 0.1)), AdamW.Settings.DEFAULT)) {
                weight.mul(new Scalar(Double.POSITIVE_INFINITY)).sum().backward();
                AdamW.Step step = optimizer.step(1e-2);
                assertFalse(step.applied());
                assertEquals(2, Ops.floats(weight)[1]);
                weight.sum().backward();
                optimizer.step(1e-2);
                assertEquals(2 - 1e-2 - 2 * 1e-3, Ops.floats(weight)[1], 1e-6, "the next step starts afresh");
            }
        }
    }
}
