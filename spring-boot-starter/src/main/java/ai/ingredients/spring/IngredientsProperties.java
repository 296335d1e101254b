package ai.ingredients.spring;

import ai.ingredients.Ingredients;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.tensor.Attention;
import ai.ingredients.tensor.DType;
import ai.ingredients.weights.WeightsDtype;
import ai.ingredients.weights.lora.Loras;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What {@code ingredients.*} says.
 *
 * @param model Folder of the model, in diffusers' layout. Without it there is no bean.
 * @param device Where it computes: cpu, cuda or cuda:i.
 * @param dtype In what it computes; fp32 on the CPU and bf16 elsewhere unless this says otherwise.
 * @param memory What stays loaded between videos; auto decides by what is free.
 * @param tiling Whether frames are decoded in tiles, which takes less memory and longer; auto decides by what is free.
 * @param variant Variant of the weights, such as fp16; empty for the plain ones.
 * @param weightsDtype In what the transformer's matrices are kept: same as they are computed with, or int8 in half the memory.
 * @param attention Which kernel a CUDA device tries first for attention: auto, cudnn, flash, efficient or math.
 */
@ConfigurationProperties("ingredients")
public record IngredientsProperties(
        @Nullable Path model,
        @DefaultValue("cpu") String device,
        @Nullable DType dtype,
        @DefaultValue("auto") MemoryLevel memory,
        @DefaultValue("auto") TilingChoice tiling,
        @DefaultValue("") String variant,
        @DefaultValue("same") WeightsDtype weightsDtype,
        @DefaultValue("auto") Attention attention) {
    Ingredients.Options options() {
        return new Ingredients.Options(device, dtype, memory, tiling, variant, Loras.NONE, weightsDtype, attention);
    }
}
