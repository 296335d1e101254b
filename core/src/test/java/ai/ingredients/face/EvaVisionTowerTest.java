package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.KeyListStore;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The CLIP image tower against the official one: fixtures {@code clip_vision} and {@code clip_preprocess}. */
class EvaVisionTowerTest {
    private static final Path MODEL = Fixture.path("clip_vision");

    @TempDir
    private Path folder;

    @Test
    void embeddingAndHiddenStatesAgree() {
        try (SafetensorsFile file = SafetensorsFile.open(MODEL.resolve("model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("clip_vision")) {
            EvaVisionTower tower = tower(weights);
            EvaVisionTower.Output output = tower.forward(fixture.get("in_pixels"));
            fixture.check("out_embedding", output.embedding(), Fixture.MODULE);
            assertThat(output.hiddenStates()).hasSize(EvaVisionTower.HIDDEN_STATES);
            for (int i = 0; i < EvaVisionTower.HIDDEN_STATES; i++) {
                fixture.check("out_hidden_" + i, output.hiddenStates().get(i), Fixture.MODULE);
            }
            fixture.check("out_rope_cos", tower.rotary().cos(), 1e-6);
            fixture.check("out_rope_sin", tower.rotary().sin(), 1e-6);
        }
    }

    /** The tower learns in the {@code face-net} stage: every gradient, of a loss on the embedding and a hidden state. */
    @Test
    void gradientsAgree() {
        Compute fp64 = Compute.CPU_FP32.with(DType.FP64);
        try (SafetensorsFile file = SafetensorsFile.open(MODEL.resolve("model.safetensors"));
                Weights weights = Weights.trainable(file, fp64);
                Scope scope = Scope.open();
                Fixture inputs = Fixture.open("clip_vision");
                Fixture fixture = Fixture.open("clip_vision_gradients")) {
            EvaVisionTower.Output output = tower(weights).forward(fp64.place(inputs.get("in_pixels")));
            Gradients.ramp(output.embedding())
                    .add(Gradients.ramp(output.hiddenStates().get(4)))
                    .backward();
            assertEquals(7, Gradients.check(fixture, weights, 1e-6));
        }
    }

    @Test
    void preprocessingAgrees() {
        try (SafetensorsFile file = SafetensorsFile.open(MODEL.resolve("model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("clip_preprocess")) {
            Tensor bgr = fixture.get("in_face"); // the reference's crops are B, G, R
            Picture face = Picture.of(bgr.flip(2)).getFirst();
            fixture.check("out_normalized", tower(weights).preprocess(List.of(face)), 1e-6);
        }
    }

    /**
     * bf16 has 8 bits of precision; 24 blocks of rounding stay within a few per cent, and the hidden states early on.
     */
    @Test
    void bfloat16StaysClose() {
        try (SafetensorsFile file = SafetensorsFile.open(MODEL.resolve("model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32.with(DType.BF16));
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("clip_vision")) {
            EvaVisionTower.Output output =
                    tower(weights).forward(weights.compute().place(fixture.get("in_pixels")));
            assertEquals(DType.BF16, DType.of(output.embedding()));
            double oneRounding = 1.0 / 256;
            fixture.check("out_hidden_0", output.hiddenStates().get(0), 5 * oneRounding);
            fixture.check("out_embedding", output.embedding(), 15 * oneRounding);
        }
    }

    @Test
    void theOfficialConfigHasTheOfficialSizes() {
        EvaConfig official = EvaConfig.eva02L14x336();
        assertEquals(577, official.tokens());
        assertEquals(16, official.heads());
        assertEquals(2730, official.mlpWidth());
        assertEquals(85, EvaConfig.read(MODEL.resolve("config.json")).mlpWidth());
    }

    /** Names and shapes of the published EVA02_CLIP_L_336_psz14_s6B.pt, text tower and rotary tables included. */
    @Test
    void theOfficialTowerTakesEveryVisualTensorOfThePublishedFile() {
        try (KeyListStore store = new KeyListStore(Fixture.path("eva_keys.txt"));
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                Scope scope = Scope.inference()) {
            Weights visual = weights.at("visual");
            EvaVisionTower tower = new EvaVisionTower(visual, EvaConfig.eva02L14x336());
            visual.verify();
            long rotaryTables = 2 * (1 + 24);
            long visualNames = store.names().stream()
                    .filter(name -> name.startsWith("visual."))
                    .count();
            assertEquals(visualNames - rotaryTables, weights.parameters().size());
            assertArrayEquals(new long[] {576, 64}, Ops.shape(tower.rotary().cos()));
        }
    }

    /** As published: half precision, a whole CLIP model under state_dict, names of DataParallel. */
    @Test
    void aPickledCheckpointIsReadInItsWrappings() {
        try (TensorStore file = Checkpoint.open(Fixture.path("clip_vision_fp16.pt"));
                Weights weights = Weights.of(file, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture pixels = Fixture.open("clip_vision");
                Fixture fixture = Fixture.open("clip_vision_fp16")) {
            Weights visual = EvaVisionTower.scope(weights);
            EvaVisionTower tower = new EvaVisionTower(visual, EvaConfig.read(MODEL.resolve("config.json")));
            visual.verify();
            EvaVisionTower.Output output = tower.forward(pixels.get("in_pixels"));
            fixture.check("out_embedding", output.embedding(), Fixture.MODULE);
            fixture.check("out_hidden_4", output.hiddenStates().get(4), Fixture.MODULE);
        }
    }

    @Test
    void configsThatCannotWorkAreRefused() throws Exception {
        String good = Files.readString(MODEL.resolve("config.json"));
        String vision = ", vision_cfg";
        refused(good.replace("\"layers\": 24", "\"layers\": 20"), ": EVA layers is 20; the five hidden states need");
        refused(good.replace("\"rope\": true", "\"rope\": false"), vision + ": rope is not true");
        refused(
                good.replace("\"layers\": 24", "\"layers\": [3, 4, 6, 3]"),
                vision + ": \"layers\" is [3,4,6,3], expected");
        refused(good.replace("\"head_width\": 8", "\"head_width\": 7"), ": EVA width is 32 with head_width 7");
        refused("{\"embed_dim\": 3}", ": has no \"vision_cfg\"");
    }

    private void refused(String json, String why) throws Exception {
        Path file = Files.writeString(folder.resolve("config.json"), json);
        assertThatThrownBy(() -> EvaConfig.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + why);
    }

    private static EvaVisionTower tower(Weights weights) {
        EvaVisionTower tower = new EvaVisionTower(weights.at("visual"), EvaConfig.read(MODEL.resolve("config.json")));
        weights.at("visual").verify();
        return tower;
    }
}
