package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;

/**
 * Sizes of the identity modules. The official code hard-codes them; we read them from optional keys of
 * {@code transformer/config.json}, whose defaults are the official values.
 *
 * @param crossAttnInterval a face module follows every {@code crossAttnInterval}-th block, beginning with block 0
 * @param crossAttnDimHead channels per head of the identity cross-attention
 * @param crossAttnNumHeads heads of the identity cross-attention
 * @param localFaceScale factor of the identity feature
 * @param routerDim width of the router's queries and keys
 * @param lfeIdDim width of the global face feature {@code id_cond}
 * @param lfeVitDim width of the vision tower's hidden states and of the extractor itself
 * @param lfeDepth perceiver layers, a multiple of {@code lfeNumScale}
 * @param lfeDimHead channels per head of the extractor
 * @param lfeNumHeads heads of the extractor
 * @param lfeNumIdToken tokens made from {@code id_cond}
 * @param lfeNumQuerie learned queries, and identity tokens per person
 * @param lfeOutputDim width of an identity token; the reference derives it from the transformer's width D as
 *     ⌊D/3·2⌋ and never reads the key of this name that published configs carry, so neither do we
 * @param lfeFfMult inner width factor of the feed-forward layers
 * @param lfeNumScale hidden states read, one after another
 */
public record IdentityConfig(
        int crossAttnInterval,
        int crossAttnDimHead,
        int crossAttnNumHeads,
        double localFaceScale,
        int routerDim,
        int lfeIdDim,
        int lfeVitDim,
        int lfeDepth,
        int lfeDimHead,
        int lfeNumHeads,
        int lfeNumIdToken,
        int lfeNumQuerie,
        int lfeOutputDim,
        int lfeFfMult,
        int lfeNumScale) {
    public IdentityConfig {
        positive("cross_attn_interval", crossAttnInterval);
        positive("cross_attn_dim_head", crossAttnDimHead);
        positive("cross_attn_num_heads", crossAttnNumHeads);
        positive("router_dim", routerDim);
        positive("LFE_id_dim", lfeIdDim);
        positive("LFE_vit_dim", lfeVitDim);
        positive("LFE_dim_head", lfeDimHead);
        positive("LFE_num_heads", lfeNumHeads);
        positive("LFE_num_id_token", lfeNumIdToken);
        positive("LFE_num_querie", lfeNumQuerie);
        positive("LFE_output_dim", lfeOutputDim);
        positive("LFE_ff_mult", lfeFfMult);
        positive("LFE_num_scale", lfeNumScale);
        if (lfeDepth <= 0 || lfeDepth % lfeNumScale != 0) {
            throw new InvalidInputException(
                    "LFE_depth is " + lfeDepth + "; it must be a positive multiple of LFE_num_scale " + lfeNumScale);
        }
    }

    private static void positive(String key, int value) {
        Sizes.check(key, value);
    }

    /** The sizes of the published checkpoint (transformer width 3072). */
    public static IdentityConfig official() {
        return new IdentityConfig(2, 128, 16, 1.0, 2048, 1280, 1024, 10, 64, 16, 5, 32, 2048, 4, 5);
    }

    static IdentityConfig of(ConfigReader config, int innerDim) {
        IdentityConfig official = official();
        return new IdentityConfig(
                config.integer("cross_attn_interval", 1), // the reference class's default, not the checkpoint's
                config.integer("cross_attn_dim_head", official.crossAttnDimHead),
                config.integer("cross_attn_num_heads", official.crossAttnNumHeads),
                config.number("local_face_scale", official.localFaceScale),
                config.integer("router_dim", official.routerDim),
                config.integer("LFE_id_dim", official.lfeIdDim),
                config.integer("LFE_vit_dim", official.lfeVitDim),
                config.integer("LFE_depth", official.lfeDepth),
                config.integer("LFE_dim_head", official.lfeDimHead),
                config.integer("LFE_num_heads", official.lfeNumHeads),
                config.integer("LFE_num_id_token", official.lfeNumIdToken),
                config.integer("LFE_num_querie", official.lfeNumQuerie),
                (int) (innerDim / 3.0 * 2),
                config.integer("LFE_ff_mult", official.lfeFfMult),
                config.integer("LFE_num_scale", official.lfeNumScale));
    }
}
