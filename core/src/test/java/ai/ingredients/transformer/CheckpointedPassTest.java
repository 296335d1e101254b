package ai.ingredients.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import ai.ingredients.transformer.VideoTransformer.Mixing;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.transformer.VideoTransformer.Output;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blocks that are computed again for their gradients give those of a pass that remembers everything. */
class CheckpointedPassTest {
    private static final long BATCH = 2;
    private static final long TEXT = 7;
    private static final long FRAMES = 3;
    private static final long ROWS = 6;
    private static final long COLUMNS = 8;
    private static final long TOKENS = FRAMES * ROWS / 2 * COLUMNS / 2;
    private static final Options OPTIONS = new Options(Routing.PER_BRANCH, 1);

    /** A training batch; every element shows other people, unless the first decides for all. */
    private record Batch(Tensor latents, Tensor text, Tensor timesteps, Tensor labels, int people, Options options) {}

    private static Batch batch(TransformerConfig config, int people, Options options) {
        torch.manual_seed(17);
        return new Batch(
                torch.randn(BATCH, FRAMES, config.inChannels(), ROWS, COLUMNS),
                torch.randn(BATCH, TEXT, config.textEmbedDim()),
                Ops.tensor(new long[] {120, 870}, BATCH),
                torch.randint(-1, Math.max(1, people), new long[] {BATCH, TOKENS}, new TensorOptions(ScalarType.Long)),
                people,
                options);
    }

    private static @Nullable IdentityContext people(TinyModel tiny, Batch batch) {
        if (batch.people == 0) {
            return null;
        }
        torch.manual_seed(5);
        IdentityConfig identity = Objects.requireNonNull(tiny.config.identity());
        boolean shared = batch.options.routing() == Routing.REFERENCE;
        long all = shared ? batch.people : BATCH * batch.people;
        List<Tensor> vitHidden = new ArrayList<>();
        for (int scale = 0; scale < identity.lfeNumScale(); scale++) {
            vitHidden.add(torch.randn(all, 5, identity.lfeVitDim()));
        }
        Tensor idCond = torch.randn(all, identity.lfeIdDim());
        return shared ? tiny.model.prepare(idCond, vitHidden) : tiny.model.prepareEach(idCond, vitHidden, batch.people);
    }

    private static Tensor loss(Output output, Batch batch) {
        Tensor loss = output.sample().square().mean();
        if (batch.options.words()) {
            loss = loss.add(RoutingLoss.crossEntropy(output.wordLogits(), batch.labels.narrow(1, 0, TEXT)));
            for (Tensor attention : output.textAttention()) {
                loss = loss.add(attention.square().mean());
            }
        }
        return batch.people < 2
                ? loss
                : loss.add(RoutingLoss.crossEntropy(output.routingLogits(), batch.labels))
                        .add(RoutingLoss.meanSquare(output.routingLogits(), batch.labels));
    }

    private static CheckpointedPass checkpointed(TinyModel tiny, Batch batch) {
        return tiny.model.checkpointed(
                batch.latents,
                batch.text,
                batch.timesteps,
                tiny.model.rotary((int) ROWS, (int) COLUMNS, (int) FRAMES),
                people(tiny, batch),
                batch.options);
    }

    private static Output plain(TinyModel tiny, Batch batch) {
        return tiny.model.forward(
                batch.latents,
                batch.text,
                batch.timesteps,
                tiny.model.rotary((int) ROWS, (int) COLUMNS, (int) FRAMES),
                people(tiny, batch),
                batch.options);
    }

    /** The gradients that are there, which are then gone from the model. */
    private static Map<String, Tensor> takeGradients(TinyModel tiny) {
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        tiny.weights.parameters().forEach((name, parameter) -> {
            if (parameter.grad().defined()) {
                gradients.put(name, parameter.grad().clone());
                parameter.mutable_grad().put(new Tensor());
            }
        });
        return gradients;
    }

    private static void compare(Batch batch, Predicate<String> learns) {
        try (Scope scope = Scope.open();
                TinyModel tiny = TinyModel.ingredients(TinyModel.Purpose.TRAINING)) {
            tiny.weights.parameters().forEach((name, parameter) -> parameter.set_requires_grad(learns.test(name)));
            Tensor expected = loss(plain(tiny, batch), batch);
            Ops.scale(expected, 0.5).backward();
            Map<String, Tensor> wanted = takeGradients(tiny);

            CheckpointedPass pass = checkpointed(tiny, batch);
            Tensor loss = loss(pass.output(), batch);
            assertEquals(expected.item().toDouble(), loss.item().toDouble(), "loss");
            pass.backward(Ops.scale(loss, 0.5));
            Map<String, Tensor> actual = takeGradients(tiny);

            assertTrue(wanted.size() >= 4, "gradients: " + wanted.size());
            assertEquals(wanted.keySet(), actual.keySet());
            wanted.forEach((name, gradient) -> {
                // Only the timestep embedding is summed over the blocks in another order.
                double tolerance = name.startsWith("time_embedding.") ? 1e-6 : 0;
                Fixture.assertClose(name, gradient, Objects.requireNonNull(actual.get(name)), tolerance);
            });
        }
    }

    private static TransformerConfig config() {
        return TinyModel.config(Fixture.bundle().resolve("transformer"));
    }

    @ParameterizedTest
    @CsvSource({"0, ROUTED", "1, ROUTED", "2, ROUTED", "3, ROUTED", "2, UNIFORM"})
    void lossAndGradientsArePlainOnes(int people, Mixing mixing) {
        compare(batch(config(), people, new Options(Routing.PER_BRANCH, 0.7, mixing)), any -> true);
    }

    @Test
    void soTheyAreWhereWordsAreRouted() {
        Options options = new Options(
                Routing.PER_BRANCH, 1, Mixing.ROUTED, BlockObserver.NONE, LearnedPositions.OFFICIAL, true, true);
        compare(batch(config(), 2, options), any -> true);
    }

    @Test
    void soTheyAreWhenTheFirstElementDecides() {
        compare(batch(config(), 2, new Options(Routing.REFERENCE, 1)), any -> true);
    }

    @ParameterizedTest
    @CsvSource({"router", "local_facial_extractor", "transformer_blocks.2.ff"})
    void soTheyAreWhereMostIsFrozen(String prefix) {
        Batch batch = batch(config(), 2, new Options(Routing.PER_BRANCH, 1));
        compare(batch, name -> name.startsWith(prefix));
    }

    @Test
    void aPassIsPulledBackOnce() {
        try (Scope scope = Scope.open();
                TinyModel tiny = TinyModel.ingredients(TinyModel.Purpose.TRAINING)) {
            Batch batch = batch(tiny.config, 0, new Options(Routing.PER_BRANCH, 1));
            CheckpointedPass pass = checkpointed(tiny, batch);
            Tensor loss = loss(pass.output(), batch);
            pass.backward(loss);
            assertThrows(IllegalStateException.class, () -> pass.backward(loss));
        }
    }

    @Test
    void muchLessIsRemembered() {
        assumeTrue(NativeMemory.known(), "this C library does not tell how much it has allocated");
        try (TinyModel tiny = TinyModel.ingredients(TinyModel.Purpose.TRAINING)) {
            long plain = held(() -> plain(tiny, batch(tiny.config, 2, OPTIONS)));
            long checkpointed = held(() -> checkpointed(tiny, batch(tiny.config, 2, OPTIONS)));
            assertTrue(checkpointed < plain / 2, checkpointed + " bytes of " + plain);
        }
    }

    /** Bytes that a pass leaves behind while its result is held, after one that warmed up. */
    private static long held(Supplier<?> pass) {
        try (Scope scope = Scope.open()) {
            List<Object> results = new ArrayList<>();
            results.add(pass.get());
            long bytes = NativeMemory.growth(9, () -> results.add(pass.get()));
            Reference.reachabilityFence(results);
            return bytes;
        }
    }
}
