package ai.ingredients.transformer;

import static ai.ingredients.testing.Fixture.MODULE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.KeyListStore;
import ai.ingredients.transformer.VideoTransformer.Mixing;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.transformer.VideoTransformer.Output;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.OverlayStore;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Numbers of people other than two, both routings, every position embedding, half precision and the published sizes.
 * Vectors for N ≠ 2 come from the official modules in a forward generalised to N people, which equals the official
 * forward bit for bit at N = 2.
 */
class TransformerVariantsTest {
    @ParameterizedTest
    @CsvSource({
        "1id, REFERENCE, 1.0",
        "1id_cfg, REFERENCE, 1.0",
        "3ids, REFERENCE, 1.0",
        "3ids_cfg, REFERENCE, 1.0",
        "4ids, REFERENCE, 1.0",
        "4ids_cfg, REFERENCE, 1.0",
        "perbranch_1ids, PER_BRANCH, 1.0",
        "perbranch_2ids, PER_BRANCH, 1.0",
        "perbranch_3ids, PER_BRANCH, 1.0",
        "scale05_2ids_b1, REFERENCE, 0.5",
        "scale05_3ids_b2, REFERENCE, 0.5",
        "scale05_2ids_b2_perbranch, PER_BRANCH, 0.5",
    })
    void anyNumberOfPeople(String name, Routing routing, double faceScale) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_" + name);
                TinyModel tiny = TinyModel.ingredients()) {
            Output output = tiny.model.forward(
                    fixture.get("in_latents"),
                    fixture.get("in_text"),
                    fixture.get("in_timestep"),
                    TinyModel.rotary(fixture),
                    tiny.people(fixture),
                    new Options(routing, faceScale));
            for (int j = 0; j < output.routingLogits().size(); j++) {
                // stored as [R, 1, V, N]
                fixture.check(
                        "out_router_" + j + "_logits",
                        output.routingLogits().get(j).unsqueeze(1),
                        MODULE);
            }
            fixture.check("out_sample", output.sample(), MODULE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2b", "5b", "5b_i2v", "15", "15_i2v"})
    void everyPositionEmbedding(String layout) {
        forwardInEverySize("cogvideox_pos_" + layout, layout, LearnedPositions.OFFICIAL);
    }

    /** Larger and taller than the table was learned for, with as many, fewer and more frames. */
    @Test
    void interpolatedLearnedPositions() {
        forwardInEverySize("cogvideox_interpolated", "5b_i2v", LearnedPositions.INTERPOLATED);
    }

    private static void forwardInEverySize(String vectors, String layout, LearnedPositions choice) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(vectors);
                TinyModel tiny = TinyModel.plain(Fixture.path("cogvideox_tiny_" + layout + "/transformer"))) {
            int cases = 0;
            for (String key : fixture.names()) {
                if (!key.startsWith("out_sample_")) {
                    continue;
                }
                String name = key.substring("out_sample_".length());
                Tensor latents = fixture.get("in_latents_" + name);
                RotaryEmbedding rotary =
                        tiny.model.rotary((int) latents.size(3), (int) latents.size(4), (int) latents.size(1));
                if (rotary != null) {
                    fixture.check("in_rope_cos_" + name, rotary.cos(), MODULE);
                    fixture.check("in_rope_sin_" + name, rotary.sin(), MODULE);
                }
                Tensor text = fixture.get("in_text_" + name);
                var tokens = tiny.model.parts().patchEmbed().forward(text, latents, choice);
                fixture.check("out_patch_embed_" + name, Ops.cat(1, tokens.text(), tokens.video()), MODULE);
                Options options = new Options(Routing.REFERENCE, 1, Mixing.ROUTED, BlockObserver.NONE, choice);
                Output output = tiny.model.forward(latents, text, fixture.get("in_timestep"), rotary, null, options);
                fixture.check(key, output.sample(), MODULE);
                cases++;
            }
            assertTrue(cases >= 2, "cases: " + cases);
        }
    }

    /** An Ingredients checkpoint on a 5B-I2V base that kept its learned table. */
    @Test
    void identitiesWithLearnedPositions() {
        Path folder = Fixture.bundle().resolve("transformer");
        ObjectNode json = (ObjectNode) JsonFile.read(folder.resolve("config.json"));
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("ingredients_learned_pos");
                TensorStore bundle = Checkpoint.open(folder);
                TensorStore table = TensorStore.of(
                        Map.of("patch_embed.pos_embedding", fixture.get("w/patch_embed.pos_embedding")), "table");
                TensorStore both = new OverlayStore(List.of(table, bundle));
                Weights weights = Weights.of(both, Compute.CPU_FP32)) {
            json.setAll((ObjectNode) fixture.settings().path("config_changes"));
            TransformerConfig config = TransformerConfig.of(new ConfigReader(json, "config.json"));
            VideoTransformer model = VideoTransformer.load(weights, config, Residency.RESIDENT);
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < 5; scale++) {
                hidden.add(
                        Ops.cat(0, fixture.get("in_vit_hidden_0_" + scale), fixture.get("in_vit_hidden_1_" + scale)));
            }
            Tensor idCond = Ops.cat(0, fixture.get("in_id_cond_0"), fixture.get("in_id_cond_1"));
            Output output = model.forward(
                    fixture.get("in_latents"),
                    fixture.get("in_text"),
                    fixture.get("in_timestep"),
                    TinyModel.rotary(fixture),
                    model.prepare(idCond, hidden),
                    new Options(Routing.REFERENCE, 1));
            fixture.check("out_sample", output.sample(), MODULE);
        }
    }

    /** The 2B table at its own size, in the fp64 it is made in: a frequency that is off by 1e-10 shows. */
    @Test
    void sinCosTableOfThePublishedSize() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("sincos_2b_rows");
                KeyListStore official = new KeyListStore(Fixture.path("keys/cogvideox_2b_keys.txt"));
                Weights weights = Weights.of(official, Compute.CPU_FP32).check();
                PatchEmbed embed = new PatchEmbed(weights.at("patch_embed"), TransformerConfig.cogVideoX2b())) {
            Tensor table = embed.sinCosTable(13, 30, 45).select(0, 0);
            fixture.check("out_rows", table.index_select(0, fixture.get("in_rows")), 1e-12);
        }
    }

    /** What CogVideoX 1.5 cannot be asked. */
    @Test
    void patchesOfSeveralFramesNeedWholePatchesWithinTheirPositions() {
        try (Scope scope = Scope.inference();
                TinyModel tiny = TinyModel.plain(Fixture.path("cogvideox_tiny_15/transformer"))) {
            Tensor text = torch.zeros(1, 16, 32);
            Tensor odd = torch.zeros(1, 3, 16, 6, 10);
            RotaryEmbedding rotary = tiny.model.rotary(6, 10, 3);
            assertEquals(2 * 3 * 5, Objects.requireNonNull(rotary).cos().size(0), "three frames are filled up to four");
            Options options = new Options(Routing.REFERENCE, 1);
            var frames = assertThrows(
                    InvalidInputException.class,
                    () -> tiny.model.forward(odd, text, Ops.tensor(new long[] {9}, 1), rotary, null, options));
            assertTrue(frames.getMessage().contains("3 latent frames"), frames.getMessage());
            var size = assertThrows(InvalidInputException.class, () -> tiny.model.rotary(18, 10, 4));
            assertTrue(size.getMessage().contains("18x10") && size.getMessage().contains("16x20"), size.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "15 | use_learned_positional_embeddings | true | no learned ones",
                "15 | ofs_embed_dim | 24 | (image to video)",
                "15_i2v | ofs_embed_dim | 20 | ofs_embed_dim is 20, time_embed_dim 24",
                "15 | patch_size_t | 0 | patch_size_t",
                "15 | _class_name | \"IngredientsTransformer3DModel\" | CogVideoX 1.0 only",
            })
    void configsOfNoVersionAreRefused(String layout, String key, String value, String part) throws IOException {
        ObjectNode json =
                (ObjectNode) JsonFile.read(Fixture.path("cogvideox_tiny_" + layout + "/transformer/config.json"));
        json.set(key, new ObjectMapper().readTree(value));
        var refused = assertThrows(
                InvalidInputException.class, () -> TransformerConfig.of(new ConfigReader(json, "config.json")));
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }

    /** The size of 1.5's position grid is nothing that anybody should wait for. */
    @Test
    void version15HasItsOwnUsualSize() {
        TransformerConfig config = TransformerConfig.cogVideoX15();
        assertEquals(1360, 8 * config.usualWidth());
        assertEquals(768, 8 * config.usualHeight());
        assertEquals(22, config.paddedFrames(21));
        assertEquals(90, TransformerConfig.cogVideoX5b().usualWidth());
        var refused = assertThrows(InvalidInputException.class, () -> config.version1("training"));
        assertTrue(refused.getMessage().contains("training is made for CogVideoX 1.0"), refused.getMessage());
    }

    @Test
    void learnedPositionsRefuseAnotherSize() {
        try (Scope scope = Scope.inference();
                TinyModel tiny = TinyModel.plain(Fixture.path("cogvideox_tiny_5b_i2v/transformer"))) {
            PatchEmbed embed = tiny.model.parts().patchEmbed();
            Tensor text = torch.zeros(1, 16, 32);
            Tensor wide = torch.zeros(1, 3, 32, 8, 16);
            var size = assertThrows(
                    InvalidInputException.class, () -> embed.forward(text, wide, LearnedPositions.OFFICIAL));
            assertTrue(size.getMessage().contains("8x16") && size.getMessage().contains("8x12"), size.getMessage());
            Tensor fitting = torch.zeros(1, 3, 32, 8, 12);
            var tokens = assertThrows(
                    InvalidInputException.class,
                    () -> embed.forward(text.narrow(1, 0, 9), fitting, LearnedPositions.INTERPOLATED));
            assertTrue(tokens.getMessage().contains("exactly max_text_seq_length 16"), tokens.getMessage());
        }
    }

    @Test
    void bfloat16IsAsCloseToSinglePrecisionAsTheOfficialCode() {
        Compute bf16 = Compute.CPU_FP32.with(DType.BF16);
        for (String name : List.of("transformer_forward_2ids", "transformer_forward_2ids_cfg")) {
            try (Scope scope = Scope.inference();
                    Fixture single = Fixture.open(name);
                    Fixture half = Fixture.open(name + "_bf16");
                    TinyModel tiny = TinyModel.ingredients(bf16)) {
                Output output = tiny.model.forward(
                        bf16.place(single.get("in_latents")),
                        bf16.place(single.get("in_text")),
                        single.get("in_timestep"),
                        TinyModel.rotary(single),
                        tiny.people(single),
                        new Options(Routing.REFERENCE, 1));
                assertEquals(DType.BF16, DType.of(output.sample()));
                Tensor ours = output.sample().to(ScalarType.Float);
                double official = Fixture.relativeError(single.get("out_sample"), half.get("out_sample"));
                double error = Fixture.relativeError(single.get("out_sample"), ours);
                assertTrue(error <= 1.25 * official, name + ": " + error + ", official " + official);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cogvideox_2b",
                "cogvideox_5b",
                "cogvideox_5b_i2v",
                "cogvideox15_5b",
                "cogvideox15_5b_i2v",
                "ingredients_5b"
            })
    void publishedSizesHaveTheOfficialKeysAndShapes(String name) {
        TransformerConfig config = switch (name) {
            case "cogvideox_2b" -> TransformerConfig.cogVideoX2b();
            case "cogvideox_5b" -> TransformerConfig.cogVideoX5b();
            case "cogvideox_5b_i2v" -> TransformerConfig.cogVideoX5bI2v();
            case "cogvideox15_5b" -> TransformerConfig.cogVideoX15();
            case "cogvideox15_5b_i2v" -> TransformerConfig.cogVideoX15I2v();
            default -> TransformerConfig.ingredients5b();
        };
        try (Scope scope = Scope.inference();
                KeyListStore official = new KeyListStore(Fixture.path("keys/" + name + "_keys.txt"));
                Weights weights = Weights.of(official, Compute.CPU_FP32).check()) {
            VideoTransformer.load(weights, config, Residency.RESIDENT); // verifies: nothing missing, extra or misshapen
            assertTrue(
                    official.names().size() > 700, "keys: " + official.names().size());
            assertEquals(official.names().size(), weights.parameters().size());
            Objects.requireNonNull(weights.parameters().get("proj_out.weight"));
        }
    }
}
