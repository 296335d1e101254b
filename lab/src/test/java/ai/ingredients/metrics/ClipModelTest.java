package ai.ingredients.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.KeyListStore;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * CLIP and its preprocessing against transformers: fixtures {@code metrics_clipscore} and {@code metrics_clip_gelu} with
 * their models.
 */
class ClipModelTest {
    private static final Path QUICK_GELU = Fixture.path("clip_score_model");
    private static final Path GELU = Fixture.path("clip_gelu_model");

    @TempDir
    private Path folder;

    private interface Body {
        void run(ClipModel model, Fixture fixture);
    }

    private static void with(Path folder, String fixtureName, Body body) {
        ClipConfig config = ClipConfig.read(folder.resolve("config.json"));
        try (TensorStore store = Checkpoint.open(folder);
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(fixtureName)) {
            ClipModel model = new ClipModel(weights, config);
            weights.verify();
            body.run(model, fixture);
        }
    }

    @Test
    void embeddingsAgree() {
        with(QUICK_GELU, "metrics_clipscore", (model, fixture) -> {
            Tensor images = model.embedImages(fixture.get("out_pixel_values"));
            Tensor text = model.embedText(Ops.longs(fixture.get("out_input_ids")));
            fixture.check("out_image_embeds", images, Fixture.MODULE);
            fixture.check("out_text_embeds", text, Fixture.MODULE);
            Tensor logits = Ops.scale(images.matmul(text.t()), model.logitScale());
            fixture.check("out_logits_per_image", logits, Fixture.MODULE);
        });
    }

    /** Other sizes in each tower, the exact gelu, settings stored twice, position ids, and the old end token. */
    @Test
    void embeddingsOfAnotherConfigAgree() {
        with(GELU, "metrics_clip_gelu", (model, fixture) -> {
            assertEquals(ClipConfig.LEGACY_EOS, model.config().text().eosTokenId());
            Tensor images = model.embedImages(fixture.get("out_pixels"));
            Tensor text = model.embedText(Ops.longs(fixture.get("in_ids")));
            fixture.check("out_image_embeds", images, Fixture.MODULE);
            fixture.check("out_text_embeds", text, Fixture.MODULE);
            Tensor logits = Ops.scale(images.matmul(text.t()), model.logitScale());
            fixture.check("out_logits_per_image", logits, Fixture.MODULE);
        });
    }

    @Test
    void preprocessingAgrees() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("metrics_clipscore")) {
            List<Picture> all = Picture.of(fixture.get("in_frames_bgr"));
            List<Picture> frames = new ArrayList<>();
            for (long index : Ops.longs(fixture.get("out_frame_index"))) {
                frames.add(all.get((int) index));
            }
            ClipImageProcessor processor = ClipImageProcessor.read(QUICK_GELU.resolve("preprocessor_config.json"));
            fixture.check("out_pixel_values", processor.pixels(frames), 1e-7);
        }
    }

    /** A tall picture, one that must grow, one that has the size; another filter, plain numbers for sizes. */
    @Test
    void preprocessingOfAnotherConfigAgrees() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("metrics_clip_gelu")) {
            List<Picture> pictures = new ArrayList<>();
            fixture.series("in_picture_").forEach(picture -> pictures.addAll(Picture.of(picture)));
            assertThat(pictures).hasSize(3);
            ClipImageProcessor processor = ClipImageProcessor.read(GELU.resolve("preprocessor_config.json"));
            fixture.check("out_pixels", processor.pixels(pictures), 1e-7);
        }
    }

    @Test
    void namesAndShapesArePublishedOnes() {
        try (KeyListStore store = new KeyListStore(Fixture.path("clip_vit_base_patch32_keys.txt"));
                Weights weights = Weights.of(store, Compute.CPU_FP32).check()) {
            assertThat(new ClipModel(weights, ClipConfig.vitBasePatch32())
                            .config()
                            .projectionDim())
                    .isEqualTo(512);
            weights.verify();
        }
    }

    @Test
    void anEmptyConfigIsThePublishedModel() throws IOException {
        assertEquals(ClipConfig.vitBasePatch32(), ClipConfig.read(config("{}")));
        assertEquals(
                ClipConfig.vitBasePatch32(),
                ClipConfig.read(config("{\"text_config\": {\"vocab_size\": 5}, \"text_config_dict\": {}}")));
    }

    @Test
    void theEndOfATextIsItsFirstEndToken() {
        ClipConfig.Text text = ClipConfig.vitBasePatch32().text();
        assertEquals(2, text.endOf(new long[] {49406, 3, 49407, 4, 49407}));
        ClipConfig.Text legacy = new ClipConfig.Text(text.tower(), 49408, 77, ClipConfig.LEGACY_EOS);
        assertEquals(3, legacy.endOf(new long[] {49406, 3, 2, 49407, 4, 49407}));
    }

    @Test
    void configsThatCannotWorkAreRefused() throws IOException {
        refused("{\"model_type\": \"siglip\"}", "model_type is \"siglip\"; the CLIP score needs \"clip\"");
        refused("{\"projection_dim\": 0}", "projection_dim is 0");
        refused("{\"text_config\": {\"hidden_size\": 12}}", "hidden_size is 12; it must be a positive multiple");
        refused("{\"text_config\": {\"hidden_act\": \"relu\"}}", "\"hidden_act\" is \"relu\"");
        refused("{\"vision_config\": {\"num_channels\": 1}}", "num_channels is 1; pictures have 3");
        refused("{\"vision_config\": {\"image_size\": 16}}", "image_size is 16; expected at least one patch of 32");
    }

    private void refused(String json, String why) throws IOException {
        Path file = config(json);
        assertThatThrownBy(() -> ClipConfig.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(why);
    }

    @Test
    void preprocessingThatLeavesAStepOutIsRefused() throws IOException {
        refusedPreprocessing("{\"do_center_crop\": false}", "do_center_crop is false");
        refusedPreprocessing("{\"size\": {\"shortest_edge\": 200}}", "crop_size is 224 and size is 200");
        refusedPreprocessing("{\"size\": {\"height\": 224, \"width\": 224}}", "has no \"shortest_edge\"");
        refusedPreprocessing("{\"crop_size\": {\"height\": 9, \"width\": 8}}", "width is 8 and height is 9");
        refusedPreprocessing("{\"resample\": 4}", "resample is 4; expected 1, 2 or 3");
        refusedPreprocessing("{\"image_std\": [1, 1, 0]}", "positive deviations");
    }

    private void refusedPreprocessing(String json, String why) throws IOException {
        Path file = config(json);
        assertThatThrownBy(() -> ClipImageProcessor.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(why);
    }

    private Path config(String json) throws IOException {
        return Files.writeString(folder.resolve("config.json"), json);
    }
}
