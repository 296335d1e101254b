package ai.ingredients.training.text;

import ai.ingredients.io.JsonFile;
import ai.ingredients.io.MadeFolder;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.T5Config;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Writes {@code text_encoder/} as transformers' {@code T5EncoderModel} saves it. */
public final class TextEncoderFolder {
    private TextEncoderFolder() {}

    /**
     * Writes {@code config.json} and {@code model.safetensors} into {@code folder}, which is made when it is missing.
     *
     * @param parameters by state-dict name; those that are not the encoder's, such as training heads, are left out
     * @param dtype how values are stored
     */
    public static void write(Path folder, T5Config config, Map<String, Tensor> parameters, DType dtype) {
        try (Scope scope = Scope.inference();
                MadeFolder made = MadeFolder.create(folder)) {
            Map<String, Tensor> stored = new LinkedHashMap<>();
            parameters.forEach((name, value) -> {
                if (name.equals("shared.weight") || name.startsWith("encoder.")) {
                    stored.put(name, value.detach().to(dtype.scalarType()));
                }
            });
            SafetensorsWriter.write(folder.resolve("model.safetensors"), stored, Map.of());
            JsonFile.write(folder.resolve("config.json"), json(config, dtype));
            made.keep();
        }
    }

    private static ObjectNode json(T5Config config, DType dtype) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putArray("architectures").add("T5EncoderModel");
        json.put("model_type", "t5");
        json.put("vocab_size", config.vocabSize());
        json.put("d_model", config.dModel());
        json.put("d_kv", config.dKv());
        json.put("d_ff", config.dFf());
        json.put("num_heads", config.numHeads());
        json.put("num_layers", config.numLayers());
        json.put("num_decoder_layers", config.numLayers());
        json.put("relative_attention_num_buckets", config.relativeAttentionNumBuckets());
        json.put("relative_attention_max_distance", config.relativeAttentionMaxDistance());
        json.put("layer_norm_epsilon", config.layerNormEpsilon());
        json.put("feed_forward_proj", config.feedForwardProj());
        json.put("dense_act_fn", "gelu_new");
        json.put("is_gated_act", true);
        json.put("dropout_rate", 0.1);
        json.put("classifier_dropout", 0.0);
        json.put("initializer_factor", 1.0);
        json.put("is_encoder_decoder", true);
        json.put("use_cache", true);
        json.put("output_past", true);
        json.put("tie_word_embeddings", false);
        json.put("pad_token_id", 0);
        json.put("eos_token_id", 1);
        json.put("decoder_start_token_id", 0);
        json.put("torch_dtype", torchName(dtype));
        return json;
    }

    private static String torchName(DType dtype) {
        return switch (dtype) {
            case FP16 -> "float16";
            case BF16 -> "bfloat16";
            case FP32 -> "float32";
            case FP64 -> "float64";
            default -> throw new IllegalArgumentException("text encoders are not stored as " + dtype);
        };
    }
}
