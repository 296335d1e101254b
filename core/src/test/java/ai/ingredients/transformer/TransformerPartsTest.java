package ai.ingredients.transformer;

import static ai.ingredients.testing.Fixture.MODULE;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each part of the transformer against the vector of its official counterpart. */
class TransformerPartsTest {
    @Test
    void rotaryEmbedding() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("rotary")) {
            int i = 0;
            for (JsonNode grid : fixture.settings().path("grids")) {
                RotaryEmbedding made = RotaryEmbedding.of(
                        new RotaryEmbedding.Grid(
                                grid.get(0).asInt() / 16, grid.get(1).asInt() / 16),
                        RotaryEmbedding.Grid.OFFICIAL,
                        grid.get(2).asInt(),
                        16);
                fixture.check("out_cos_" + i, made.cos(), MODULE);
                fixture.check("out_sin_" + i++, made.sin(), MODULE);
            }
            assertTrue(i == 4, "4 grids");
            RotaryEmbedding large =
                    RotaryEmbedding.of(RotaryEmbedding.Grid.OFFICIAL, RotaryEmbedding.Grid.OFFICIAL, 13, 64);
            Tensor rows = fixture.get("in_rows");
            fixture.check("out_cos_sampled", large.cos().index_select(0, rows), MODULE);
            fixture.check("out_sin_sampled", large.sin().index_select(0, rows), MODULE);
        }
    }

    @Test
    void timestepEmbedding() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("timestep_embed");
                TinyModel tiny = TinyModel.ingredients()) {
            TimestepEmbedding embedding = tiny.model.parts().timeEmbedding();
            fixture.check("out_proj", embedding.project(fixture.get("in_timesteps")), MODULE);
            fixture.check("out_emb", embedding.forward(fixture.get("in_timesteps"), ScalarType.Float), MODULE);
        }
    }

    @Test
    void patchEmbedding() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("patch_embed");
                TinyModel tiny = TinyModel.ingredients()) {
            var tokens = tiny.model
                    .parts()
                    .patchEmbed()
                    .forward(fixture.get("in_text"), fixture.get("in_latents"), LearnedPositions.OFFICIAL);
            fixture.check("out_tokens", Ops.cat(1, tokens.text(), tokens.video()), MODULE);
        }
    }

    @Test
    void block() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("block");
                TinyModel tiny = TinyModel.ingredients()) {
            int index = fixture.settings().path("index").asInt();
            var weights = tiny.weights.at("transformer_blocks").at(index);
            var streams = new TransformerBlock.Streams(fixture.get("in_hidden"), fixture.get("in_encoder"));
            Tensor temb = fixture.get("in_temb");
            Tensor rotation = TinyModel.rotary(fixture).factors(streams.text().size(1), temb);

            var normed = new TransformerBlock.Modulation(weights.at("norm1"), tiny.config).forward(streams, temb);
            fixture.check("out_norm1_hidden", normed.joint().narrow(1, 13, 72), MODULE);
            fixture.check("out_norm1_encoder", normed.joint().narrow(1, 0, 13), MODULE);
            fixture.check("out_norm1_gate", normed.videoGate(), MODULE);
            fixture.check("out_norm1_encoder_gate", normed.textGate(), MODULE);

            Tensor attended = new TransformerBlock.JointAttention(weights.at("attn1"), tiny.config)
                    .forward(normed.joint(), rotation, null);
            fixture.check("out_attn_encoder", attended.narrow(1, 0, 13), MODULE);
            fixture.check("out_attn_hidden", attended.narrow(1, 13, 72), MODULE);

            var blocks = tiny.model.parts().blocks();
            var turned = blocks.with(index, block -> block.forward(streams, temb, rotation, null));
            fixture.check("out_hidden", turned.video(), MODULE);
            fixture.check("out_encoder", turned.text(), MODULE);
            var unturned = blocks.with(index, block -> block.forward(streams, temb, null, null));
            fixture.check("out_hidden_norope", unturned.video(), MODULE);
            fixture.check("out_encoder_norope", unturned.text(), MODULE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"facial_extractor", "facial_extractor_batch"})
    void facialExtractor(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name);
                TinyModel tiny = TinyModel.ingredients()) {
            FacialExtractor extractor =
                    Objects.requireNonNull(tiny.model.parts().facialExtractor());
            int n = 0;
            for (; fixture.has("in_id_cond_" + n); n++) {
                List<Tensor> hidden = fixture.series("in_vit_hidden_" + n + "_");
                fixture.check("out_embedding_" + n, extractor.forward(fixture.get("in_id_cond_" + n), hidden), MODULE);
            }
            assertTrue(n > 0, "at least one person");
        }
    }

    /** With inputs a hundredth as large, the eps of the normalisations shows. */
    @ParameterizedTest
    @ValueSource(strings = {"perceiver_cross_attention", "perceiver_cross_attention_small"})
    void identityAttention(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name);
                TinyModel tiny = TinyModel.ingredients()) {
            Tensor tokens = fixture.get("in_embedding"); // [2, Q, identityDim]: person n goes with latents n
            Tensor latents = fixture.get("in_latents");
            for (int j = 0; j < 2; j++) {
                IdentityAttention attention =
                        tiny.model.parts().identityAttentions().get(j);
                Tensor perPerson =
                        attention.perPerson(attention.keyValue(tokens.unsqueeze(0)), latents); // [N, B, V, D]
                Tensor own = Ops.stack(
                        0,
                        perPerson.select(0, 0).select(0, 0),
                        perPerson.select(0, 1).select(0, 1));
                fixture.check("out_features_" + j, own, MODULE);
            }
        }
    }

    @Test
    void router() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("router");
                TinyModel tiny = TinyModel.ingredients()) {
            for (int j = 0; j < 2; j++) {
                IdentityRouter router = tiny.model.parts().routers().get(j);
                Tensor logits = router.logits(
                        router.keys(fixture.get("in_embedding").unsqueeze(0)),
                        fixture.get("in_latents").narrow(0, 0, 1));
                fixture.check("out_logits_" + j, logits.unsqueeze(0), MODULE);
                fixture.check("out_softmax_" + j, Ops.softmax(logits, 2).unsqueeze(0), MODULE);
            }
        }
    }
}
