package ai.ingredients.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A variant's weights are taken instead of the others, folder by folder; what is no weights is taken as it is. */
class SelectionTest {
    private static final List<String> REPOSITORY = List.of(
            "model_index.json",
            "README.md",
            "transformer/config.json",
            "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
            "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
            "transformer/diffusion_pytorch_model.safetensors.index.json",
            "transformer/diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
            "transformer/diffusion_pytorch_model.fp16-00002-of-00002.safetensors",
            "transformer/diffusion_pytorch_model.safetensors.index.fp16.json",
            "transformer/diffusion_pytorch_model.bf16.safetensors",
            "vae/config.json",
            "vae/diffusion_pytorch_model.safetensors",
            "vae/diffusion_pytorch_model.bf16.safetensors",
            "text_encoder/model.fp16.safetensors",
            "text_encoder/pytorch_model.bin",
            "text_encoder/pytorch_model.fp16.bin",
            "tokenizer/spiece.model",
            "face_encoder/models/antelopev2/glintr100.onnx",
            "face_encoder/EVA02_CLIP.pt",
            "face_encoder/EVA02_CLIP.fp16.pt");

    @Test
    void ofAVariantOnlyItsWeights() {
        assertThat(new Selection(List.of(), "fp16").of(REPOSITORY))
                .containsExactlyInAnyOrder(
                        "model_index.json",
                        "README.md",
                        "transformer/config.json",
                        "transformer/diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
                        "transformer/diffusion_pytorch_model.fp16-00002-of-00002.safetensors",
                        "transformer/diffusion_pytorch_model.safetensors.index.fp16.json",
                        "vae/config.json",
                        "vae/diffusion_pytorch_model.safetensors", // it has no such variant
                        "text_encoder/model.fp16.safetensors",
                        "text_encoder/pytorch_model.fp16.bin",
                        "tokenizer/spiece.model",
                        "face_encoder/models/antelopev2/glintr100.onnx",
                        "face_encoder/EVA02_CLIP.fp16.pt");
    }

    @Test
    void filtersCountToo() {
        assertThat(new Selection(List.of("vae/*"), "bf16").of(REPOSITORY))
                .containsExactlyInAnyOrder("vae/config.json", "vae/diffusion_pytorch_model.bf16.safetensors");
        assertThat(new Selection(List.of(), "").of(REPOSITORY)).hasSameSizeAs(REPOSITORY);
    }

    @Test
    void aVariantThatNothingIsOf() {
        assertThatThrownBy(() -> new Selection(List.of(), "fp8").checkVariant(REPOSITORY, "org/name"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("org/name: has no weights of the variant fp8; there is bf16, fp16");
        assertThatThrownBy(() -> new Selection(List.of(), "fp8").checkVariant(List.of("a.json"), "org/name"))
                .hasMessage("org/name: has no weights of the variant fp8; leave `variant` out");
        assertThatCode(() -> new Selection(List.of(), "fp16").checkVariant(List.of("EVA02_CLIP.fp16.pt"), "org/name"))
                .doesNotThrowAnyException();
    }
}
