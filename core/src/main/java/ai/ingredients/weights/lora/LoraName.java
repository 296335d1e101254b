package ai.ingredients.weights.lora;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the name of a tensor in an adapter file says.
 *
 * @param layer the layer it is for, as the file calls it
 * @param role what it is of the layer's adapter
 */
record LoraName(String layer, Role role) {
    enum Role {
        /** A [rank, in]. */
        DOWN,
        /** B [out, rank]. */
        UP,
        /** One number: the product counts alpha / rank times. */
        ALPHA
    }

    /** PEFT (with the adapter's name where one was saved), diffusers before PEFT, kohya. */
    private static final Map<Role, Pattern> ENDINGS = Map.of(
            Role.DOWN, Pattern.compile("(.+)\\.(?:lora_A(?:\\.[^.]+)?|lora_down|lora\\.down)\\.weight"),
            Role.UP, Pattern.compile("(.+)\\.(?:lora_B(?:\\.[^.]+)?|lora_up|lora\\.up)\\.weight"),
            Role.ALPHA, Pattern.compile("(.+)\\.alpha"));

    /** In front of a state-dict name, the longest first. */
    private static final List<String> WRAPPERS = List.of(
            "base_model.model.transformer.",
            "base_model.model.",
            "model.diffusion_model.",
            "diffusion_model.",
            "transformer.",
            "");

    /** In front of a name whose points are underscores. */
    private static final List<String> FLAT = List.of("lora_unet_", "lora_transformer_");

    private static final List<String> TEXT_ENCODERS =
            List.of("text_encoder.", "text_encoder_2.", "lora_te_", "lora_te1_", "lora_te2_", "lora_te3_");

    /** Other kinds of adapters, by a part of their tensors' names. */
    private static final Map<String, String> OTHER_KINDS = Map.of(
            "dora_scale", "weight-decomposed (DoRA)",
            "lora_magnitude_vector", "weight-decomposed (DoRA)",
            "hada_w", "of Hadamard products (LoHa)",
            "lokr_w", "of Kronecker products (LoKr)",
            "lora_mid", "of three factors (Tucker)",
            "oft_", "orthogonal (OFT)",
            "lora_B.bias", "with biases",
            "lora_embedding_", "of embeddings",
            ".diff", "whole differences");

    /** What {@code name} says; none when it is no name of a low-rank adapter's tensor. */
    static @Nullable LoraName of(String name) {
        for (var ending : ENDINGS.entrySet()) {
            Matcher matcher = ending.getValue().matcher(name);
            if (matcher.matches()) {
                return new LoraName(matcher.group(1), ending.getKey());
            }
        }
        return null;
    }

    /** Which other kind of adapter has a tensor of this name; none when it is not known. */
    static @Nullable String otherKind(String name) {
        for (var kind : OTHER_KINDS.entrySet()) {
            if (name.contains(kind.getKey())) {
                return kind.getValue();
            }
        }
        return null;
    }

    /** Whether {@code layer} is one of a text encoder. */
    static boolean ofTextEncoder(String layer) {
        return TEXT_ENCODERS.stream().anyMatch(layer::startsWith);
    }

    /**
     * The state-dict name of {@code layer}.
     *
     * @param layers the model's, each by its own name and by its name with underscores for points
     * @return none when the model has no such layer
     */
    static @Nullable String inModel(String layer, Map<String, String> layers) {
        for (String wrapper : WRAPPERS) {
            if (layer.startsWith(wrapper)) {
                String found = layers.get(layer.substring(wrapper.length()));
                if (found != null) {
                    return found;
                }
            }
        }
        for (String prefix : FLAT) {
            if (layer.startsWith(prefix)) {
                String bare = layer.substring(prefix.length());
                return layers.get(bare.startsWith("_") ? bare.substring(1) : bare); // two, where the root has no name
            }
        }
        return null;
    }
}
