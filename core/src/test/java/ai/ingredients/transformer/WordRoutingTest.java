package ai.ingredients.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.VideoTransformer.Mixing;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.transformer.VideoTransformer.Output;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Routers that are asked about the words of the text. */
class WordRoutingTest {
    private static final String FIXTURE = "transformer_forward_2ids_cfg";

    private static Output pass(TinyModel tiny, Fixture fixture, Tensor text, Routing routing, boolean words) {
        return tiny.model.forward(
                fixture.get("in_latents"),
                text,
                fixture.get("in_timestep"),
                TinyModel.rotary(fixture),
                tiny.people(fixture),
                new Options(routing, 1, Mixing.ROUTED, BlockObserver.NONE, LearnedPositions.OFFICIAL, words, words));
    }

    /** The video is what it was, and the words' logits have the text's length. */
    @ParameterizedTest
    @EnumSource(Routing.class)
    void askingChangesNothing(Routing routing) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(FIXTURE);
                TinyModel tiny = TinyModel.ingredients()) {
            Output plain = pass(tiny, fixture, fixture.get("in_text"), routing, false);
            Output asked = pass(tiny, fixture, fixture.get("in_text"), routing, true);

            Fixture.assertClose("sample", plain.sample(), asked.sample(), 1e-6);
            assertThat(plain.wordLogits()).isEmpty();
            assertThat(asked.wordLogits()).hasSize(plain.routingLogits().size());
            for (int j = 0; j < plain.routingLogits().size(); j++) {
                Tensor logits = plain.routingLogits().get(j);
                Fixture.assertClose("video", logits, asked.routingLogits().get(j), 1e-6);
                assertThat(Ops.shape(asked.wordLogits().get(j)))
                        .containsExactly(logits.size(0), fixture.get("in_text").size(1), logits.size(2));
            }
        }
    }

    /** Video tokens divide their attention to the text among its tokens, in every block but the first. */
    @Test
    void attentionToTheTextIsShared() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(FIXTURE);
                TinyModel tiny = TinyModel.ingredients()) {
            Tensor text = fixture.get("in_text");
            List<Tensor> blocks =
                    pass(tiny, fixture, text, Routing.PER_BRANCH, true).textAttention();
            assertThat(blocks).hasSize(tiny.config.numLayers() - 1);
            for (Tensor block : blocks) {
                long video = fixture.get("in_latents").size(1)
                        * fixture.get("in_latents").size(3)
                        / 2
                        * fixture.get("in_latents").size(4)
                        / 2;
                assertThat(Ops.shape(block)).containsExactly(text.size(0), video, text.size(1));
                Tensor sums = block.sum(new long[] {2});
                Fixture.assertClose("sums", torch.ones_like(sums), sums, 1e-5);
            }
            assertThat(pass(tiny, fixture, text, Routing.PER_BRANCH, false).textAttention())
                    .isEmpty();
        }
    }

    /** A word's logits are those of the router for that word's token, in its place. */
    @ParameterizedTest
    @EnumSource(Routing.class)
    void eachWordHasItsOwn(Routing routing) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(FIXTURE);
                TinyModel tiny = TinyModel.ingredients()) {
            Tensor text = fixture.get("in_text").clone();
            List<Tensor> before = pass(tiny, fixture, text, routing, true).wordLogits();
            text.select(1, 2).mul_(new Scalar(3));

            List<Tensor> after = pass(tiny, fixture, text, routing, true).wordLogits();

            Tensor moved = after.getFirst().sub(before.getFirst()).abs().amax(new long[] {0, 2}, false); // [T]
            assertThat(moved.argmax().item().toLong()).isEqualTo(2);
        }
    }
}
