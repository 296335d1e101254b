package ai.ingredients.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.TransformerBlock.Streams;
import ai.ingredients.transformer.VideoTransformer.Mixing;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.transformer.VideoTransformer.Output;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who looks into the transformer sees what it computes with, and changes none of its numbers. */
class BlockObserverTest {
    private static final String FIXTURE = "transformer_forward_2ids_cfg";
    private static final double SCALE = 0.7;

    /** What was seen of one block. */
    private record Seen(int block, Tensor hidden, Tensor residual, Tensor shares) {
        void close() {
            List.of(hidden, residual, shares).forEach(Tensor::close);
        }
    }

    private static Output forward(TinyModel tiny, Fixture fixture, Routing routing, BlockObserver observer) {
        return tiny.model.forward(
                fixture.get("in_latents"),
                fixture.get("in_text"),
                fixture.get("in_timestep"),
                TinyModel.rotary(fixture),
                tiny.people(fixture),
                new Options(routing, SCALE, Mixing.ROUTED, observer));
    }

    private static BlockObserver into(List<Seen> seen) {
        return (block, hidden, residual, shares) -> seen.add(new Seen(
                block, Scope.retain(hidden.clone()), Scope.retain(residual.clone()), Scope.retain(shares.clone())));
    }

    @ParameterizedTest
    @EnumSource(Routing.class)
    void lookingChangesNoBit(Routing routing) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(FIXTURE);
                TinyModel tiny = TinyModel.ingredients()) {
            List<Double> made = new ArrayList<>();
            Output watched = forward(
                    tiny,
                    fixture,
                    routing,
                    (block, hidden, residual, shares) ->
                            made.add(hidden.sub(residual).norm().item().toDouble()
                                    * shares.sum().item().toDouble()));
            Output alone = forward(tiny, fixture, routing, BlockObserver.NONE);

            assertEquals(2, made.size());
            assertTrue(watched.sample().equal(alone.sample()));
            for (int j = 0; j < alone.routingLogits().size(); j++) {
                assertTrue(watched.routingLogits()
                        .get(j)
                        .equal(alone.routingLogits().get(j)));
            }
        }
    }

    /** Goes through the blocks by hand: residual from hidden and shares, and the next hidden state from both. */
    @ParameterizedTest
    @EnumSource(Routing.class)
    void whatIsSeenIsWhatIsComputed(Routing routing) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(FIXTURE);
                TinyModel tiny = TinyModel.ingredients()) {
            List<Seen> seen = new ArrayList<>();
            Output output = forward(tiny, fixture, routing, into(seen));

            var parts = tiny.model.parts();
            Tensor temb = parts.timeEmbedding()
                    .forward(
                            fixture.get("in_timestep"),
                            fixture.get("in_latents").scalar_type());
            Streams tokens = parts.patchEmbed()
                    .forward(fixture.get("in_text"), fixture.get("in_latents"), LearnedPositions.OFFICIAL);
            Tensor rotation = TinyModel.rotary(fixture).factors(tokens.text().size(1), fixture.get("in_latents"));
            IdentityContext people = tiny.people(fixture);
            List<Integer> routed = new ArrayList<>();
            for (int i = 0; i < parts.blocks().count(); i++) {
                Streams before = tokens;
                tokens = parts.blocks().with(i, block -> block.forward(before, temb, rotation, null));
                int j = routed.size();
                if (j < seen.size() && seen.get(j).block == i) {
                    routed.add(i);
                    Seen one = seen.get(j);
                    assertEquals(routing == Routing.REFERENCE ? 1 : 2, one.residual.size(0));
                    Fixture.assertClose("hidden " + i, tokens.video(), one.hidden, 0);
                    Tensor shares = Ops.softmax(output.routingLogits().get(j), 2);
                    Fixture.assertClose("shares " + i, shares, one.shares, 0);
                    Tensor deciding = routing == Routing.REFERENCE ? one.hidden.narrow(0, 0, 1) : one.hidden;
                    Tensor residual = Ops.scale(
                            parts.identityAttentions()
                                    .get(j)
                                    .mixed(people.block(j).keyValue(), shares, deciding),
                            SCALE);
                    Fixture.assertClose("residual " + i, residual, one.residual, 0);
                    tokens = new Streams(one.hidden.add(one.residual), tokens.text());
                }
            }
            assertEquals(List.of(0, 2), routed);
            seen.forEach(Seen::close);
        }
    }

    @Test
    void aCheckpointedPassIsSeenForthAndBack() {
        try (Scope scope = Scope.open();
                Fixture fixture = Fixture.open(FIXTURE);
                TinyModel tiny = TinyModel.ingredients(TinyModel.Purpose.TRAINING)) {
            List<Integer> blocks = new ArrayList<>();
            CheckpointedPass pass = tiny.model.checkpointed(
                    fixture.get("in_latents"),
                    fixture.get("in_text"),
                    fixture.get("in_timestep"),
                    TinyModel.rotary(fixture),
                    tiny.people(fixture),
                    new Options(
                            Routing.PER_BRANCH,
                            1,
                            Mixing.ROUTED,
                            (block, hidden, residual, shares) -> blocks.add(block)));
            pass.backward(pass.output().sample().square().mean());

            assertEquals(List.of(0, 2, 2, 0), blocks);
        }
    }
}
