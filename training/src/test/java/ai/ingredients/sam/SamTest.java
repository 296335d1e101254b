package ai.ingredients.sam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.KeyListStore;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.RenamedStore;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Segment Anything against the official code with random weights: fixtures {@code sam_*}. */
class SamTest {
    private static final int HEADS = 4;

    private TensorStore store;
    private Weights weights;
    private SamConfig config;

    @BeforeEach
    void open() {
        store = Checkpoint.open(Fixture.path("sam_weights.safetensors"));
        weights = Weights.of(store, Compute.CPU_FP32);
        config = SamConfig.of(store, HEADS);
    }

    @AfterEach
    void close() {
        weights.close();
        store.close();
    }

    private Sam sam() {
        Sam sam = Sam.of(weights, config);
        weights.verify();
        return sam;
    }

    private static Picture picture(Fixture fixture, String name) {
        return Picture.of(fixture.get(name)).getFirst();
    }

    @Test
    void theConfigFollowsFromTheShapes() {
        SamConfig.Decoder decoder = new SamConfig.Decoder(2, HEADS, 48, 3, 3, 24);
        assertEquals(new SamConfig(128, 16, 40, 3, 5, 60, 3, List.of(1), 32, 8, decoder), config);
    }

    @Test
    void thePublishedNetworkIsNamedAndShapedAlike() {
        try (TensorStore published = new KeyListStore(Fixture.path("sam_vit_b_keys.txt"));
                Weights names = Weights.of(published, Compute.CPU_FP32);
                Weights shapes = names.check();
                Scope scope = Scope.inference()) {
            assertEquals(SamConfig.vitB(), SamConfig.of(published));
            assertThat(Sam.of(shapes, SamConfig.vitB()).config().grid()).isEqualTo(64);
            names.verify();
            assertThat(published.names()).hasSize(314);
        }
    }

    @Test
    void theLargerNetworksHaveTheSizesOfTheirPaper() {
        assertEquals(80, SamConfig.vitH().embedDim() / SamConfig.vitH().numHeads());
        assertEquals(5120, SamConfig.vitH().mlpDim());
        assertEquals(64, SamConfig.vitL().embedDim() / SamConfig.vitL().numHeads());
        assertEquals(List.of(5, 11, 17, 23), SamConfig.vitL().globalAttnIndexes());
    }

    /** Smaller and larger than the input, lying and upright. */
    @ParameterizedTest
    @ValueSource(strings = {"wide", "tall", "large"})
    void picturesAreEncodedAlike(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("sam_encoder")) {
            Picture picture = picture(fixture, "in_" + name);
            Sam.Encoded encoded = sam().encode(picture);
            assertEquals(
                    picture(fixture, "out_" + name + "_resized"),
                    encoded.frame().resize(picture));
            fixture.check("out_" + name + "_embedding", encoded.embedding(), Fixture.MODULE);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "points, true, false, false",
        "boxes, false, true, false",
        "both, true, true, false",
        "masks, false, false, true",
        "all, true, true, true"
    })
    void promptsAreEncodedAndAnsweredAlike(String name, boolean points, boolean boxes, boolean masks) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("sam_prompts")) {
            PromptEncoder encoder = new PromptEncoder(weights.at("prompt_encoder"), config);
            MaskDecoder decoder = new MaskDecoder(weights.at("mask_decoder"), config);
            PromptEncoder.Encoded encoded = encoder.forward(new SamPrompts(
                    points ? fixture.get("in_points") : null,
                    points ? fixture.get("in_labels") : null,
                    boxes ? fixture.get("in_boxes") : null,
                    masks ? fixture.get("in_masks") : null));
            fixture.check("out_" + name + "_sparse", encoded.sparse(), Fixture.MODULE);
            if (fixture.has("out_" + name + "_dense")) {
                fixture.check("out_" + name + "_dense", encoded.dense(), Fixture.MODULE);
            }
            fixture.check("out_grid", encoder.grid(), Fixture.MODULE);
            MaskDecoder.Decoded decoded = decoder.forward(fixture.get("in_embedding"), encoder.grid(), encoded);
            fixture.check("out_" + name + "_logits", decoded.logits(), Fixture.MODULE);
            fixture.check("out_" + name + "_iou", decoded.iouScores(), Fixture.MODULE);
        }
    }

    @Test
    void boxesOfAPictureBecomeMasksOfItsSize() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("sam_predictor")) {
            Picture picture = picture(fixture, "in_picture");
            List<PromptBox> boxes = boxes(fixture);
            LongestSide frame = new LongestSide(picture.width(), picture.height(), config.imageSize());
            assertArrayEquals(Ops.floats(fixture.get("out_boxes")), frame.boxes(boxes));
            Sam sam = sam();
            SamPrediction single = sam.predict(picture, boxes, Sam.Answer.SINGLE);
            fixture.check("out_single_low", single.logits(), Fixture.MODULE);
            fixture.check("out_single_iou", single.iouScores(), Fixture.MODULE);
            fixture.check("out_single_logits", single.pictureLogits(), Fixture.MODULE);
            assertArrayEquals(Ops.bytes(fixture.get("out_single_masks")), Ops.bytes(single.masks()));
            SamPrediction tall = new SamPrediction(single.logits(), single.iouScores(), new LongestSide(40, 61, 128));
            fixture.check("out_tall_logits", tall.pictureLogits(), Fixture.MODULE);
            SamPrediction multiple = sam.predict(picture, boxes, Sam.Answer.MULTIPLE);
            fixture.check("out_multiple_low", multiple.logits(), Fixture.MODULE);
            fixture.check("out_multiple_iou", multiple.iouScores(), Fixture.MODULE);
            assertArrayEquals(Ops.bytes(fixture.get("out_multiple_masks")), Ops.bytes(multiple.masks()));
        }
    }

    private static List<PromptBox> boxes(Fixture fixture) {
        float[] edges = Ops.floats(fixture.get("in_boxes"));
        List<PromptBox> boxes = new ArrayList<>();
        for (int i = 0; i < edges.length; i += 4) {
            boxes.add(new PromptBox(edges[i], edges[i + 1], edges[i + 2], edges[i + 3]));
        }
        return boxes;
    }

    /** A prompt's answer does not depend on the prompts beside it. */
    @Test
    void promptsAreAnsweredOneByOne() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("sam_predictor")) {
            Picture picture = picture(fixture, "in_picture");
            List<PromptBox> boxes = boxes(fixture);
            Sam sam = sam();
            Tensor together = sam.predict(picture, boxes, Sam.Answer.SINGLE).logits();
            Tensor alone =
                    sam.predict(picture, boxes.subList(2, 3), Sam.Answer.SINGLE).logits();
            Fixture.assertClose("third box", together.narrow(0, 2, 1), alone, Fixture.MODULE);
        }
    }

    @Test
    void whatCannotBeSegmentedIsRefused() {
        assertThatThrownBy(() -> new PromptBox(10, 10, 5, 20))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("the box from (10.0, 10.0) to (5.0, 20.0) is none; expected left, top");
        assertThatThrownBy(() -> new PromptBox(Float.NaN, 0, 1, 1)).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> new LongestSide(4000, 7, 128))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("a picture of 4000x7 pixels is too thin");
        assertThatThrownBy(() -> new SamPrompts(null, null, null, null)).hasMessageContaining("a box or a mask");
        Picture gray = Picture.filled(8, 8, 128, 128, 128);
        Sam sam = sam();
        assertThatThrownBy(() -> sam.predict(gray, List.of(), Sam.Answer.SINGLE))
                .hasMessage("no boxes given");
    }

    @Test
    void otherWeightsAreRefused() {
        try (TensorStore other = Checkpoint.open(Fixture.path("sam_encoder.safetensors"))) {
            assertThatThrownBy(() -> SamConfig.of(other))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("sam_encoder.safetensors: has no fitting \"image_encoder.pos_embed\"");
        }
        try (TensorStore damaged =
                        new RenamedStore(store, name -> name.startsWith("image_encoder.neck.3") ? null : name);
                Weights incomplete = Weights.of(damaged, Compute.CPU_FP32);
                Scope scope = Scope.inference()) {
            assertEquals(config, Sam.of(incomplete, config).config());
            assertThatThrownBy(incomplete::verify)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("2 missing: image_encoder.neck.3.weight");
        }
    }

    @Test
    void configsThatCannotWorkAreRefused() {
        assertThatThrownBy(() -> SamConfig.of(store, 3))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("SAM half of prompt_embed_dim is 16; expected a multiple of 3");
        assertThatThrownBy(() -> new SamConfig(128, 16, 40, 3, 5, 60, 3, List.of(3), 32, 8, config.decoder()))
                .hasMessage("SAM global_attn_indexes is [3]; expected numbers from 0 to 2");
        assertThatThrownBy(() -> new SamConfig(100, 16, 40, 3, 5, 60, 3, List.of(1), 32, 8, config.decoder()))
                .hasMessage("SAM image_size is 100; expected a multiple of 16");
    }
}
