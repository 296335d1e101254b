package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Sizes of a CogVideoX transformer, by the keys of its {@code config.json}.
 *
 * @param numAttentionHeads attention heads
 * @param attentionHeadDim channels per head, a multiple of 16 with rotary embeddings
 * @param inChannels latent channels in; twice {@code outChannels} where image latents are concatenated to the noise
 * @param outChannels latent channels out
 * @param flipSinToCos cosines before sines in the timestep's sinusoidal embedding
 * @param freqShift shift of its frequency denominator
 * @param timeEmbedDim width of the timestep embedding
 * @param textEmbedDim width of the text encoder's output
 * @param numLayers blocks
 * @param attentionBias whether query, key and value projections have a bias
 * @param sampleWidth latent columns the model was trained on
 * @param sampleHeight latent rows
 * @param sampleFrames video frames (not latent frames)
 * @param patchSize side of a patch in latents
 * @param temporalCompressionRatio video frames per latent frame
 * @param maxTextSeqLength text tokens
 * @param activationFn of the feed-forward layers
 * @param normElementwiseAffine whether normalisations have learned scale and shift
 * @param normEps added to variances
 * @param spatialInterpolationScale divisor of sin-cos coordinates in space
 * @param temporalInterpolationScale divisor of sin-cos coordinates in time
 * @param positions how tokens know their place
 * @param patchSizeT latent frames of a patch in CogVideoX 1.5, whose patches a linear layer embeds; none for 1.0, whose
 *     patches are of one frame, embedded by a convolution
 * @param patchBias whether that convolution has a bias; the linear layer always has
 * @param ofsEmbedDim width of the embedding of a constant beside the timestep, in 1.5's image-to-video model; none elsewhere
 * @param identity the identity modules, or none for a plain CogVideoX model
 */
public record TransformerConfig(
        int numAttentionHeads,
        int attentionHeadDim,
        int inChannels,
        int outChannels,
        boolean flipSinToCos,
        double freqShift,
        int timeEmbedDim,
        int textEmbedDim,
        int numLayers,
        boolean attentionBias,
        int sampleWidth,
        int sampleHeight,
        int sampleFrames,
        int patchSize,
        int temporalCompressionRatio,
        int maxTextSeqLength,
        Activation activationFn,
        boolean normElementwiseAffine,
        double normEps,
        double spatialInterpolationScale,
        double temporalInterpolationScale,
        Positions positions,
        @Nullable Integer patchSizeT,
        boolean patchBias,
        @Nullable Integer ofsEmbedDim,
        @Nullable IdentityConfig identity) {

    /** How tokens know their place in the video. */
    public enum Positions {
        /** Fixed sine-cosine vectors added to the tokens (2B). */
        SIN_COS,
        /** Rotation of queries and keys (5B). */
        ROTARY,
        /** Rotation, and a learned table added to the tokens (5B-I2V). */
        ROTARY_AND_LEARNED
    }

    /** The activation between the two feed-forward layers. */
    public enum Activation {
        /** {@code gelu-approximate}: GELU by its tanh formula. */
        GELU_APPROXIMATE("tanh"),
        /** {@code gelu}: GELU by the error function. */
        GELU("none");

        private final String approximation;

        Activation(String approximation) {
            this.approximation = approximation;
        }

        Tensor apply(Tensor x) {
            return torch.gelu(x, approximation);
        }
    }

    /** What CogVideoX 1.5 was trained on, in latents: 1360x768 pixels. Its sample size is where its positions end. */
    private static final int USUAL_WIDTH_OF_1_5 = 170;

    private static final int USUAL_HEIGHT_OF_1_5 = 96;

    private static final int LONGEST_TEXT = 1 << 14; // tokens; attention costs their square

    public TransformerConfig {
        positive("num_attention_heads", numAttentionHeads);
        positive("attention_head_dim", attentionHeadDim);
        positive("in_channels", inChannels);
        positive("out_channels", outChannels);
        positive("time_embed_dim", timeEmbedDim);
        positive("text_embed_dim", textEmbedDim);
        positive("num_layers", numLayers);
        Sizes.check("num_attention_heads times attention_head_dim", (long) numAttentionHeads * attentionHeadDim);
        Sizes.check("sample_width", sampleWidth, Sizes.LONGEST_SIDE);
        Sizes.check("sample_height", sampleHeight, Sizes.LONGEST_SIDE);
        positive("sample_frames", sampleFrames);
        Sizes.check("patch_size", patchSize, Math.min(sampleWidth, sampleHeight));
        positive("temporal_compression_ratio", temporalCompressionRatio);
        Sizes.check("max_text_seq_length", maxTextSeqLength, LONGEST_TEXT);
        if (inChannels != outChannels && inChannels != 2 * outChannels) {
            throw new InvalidInputException("in_channels is " + inChannels + "; it must be out_channels " + outChannels
                    + " (text to video) or twice that (image latents concatenated)");
        }
        if (positions != Positions.SIN_COS && attentionHeadDim % 16 != 0) {
            throw new InvalidInputException(
                    "attention_head_dim is " + attentionHeadDim + "; 3D rotary embeddings need a multiple of 16");
        }
        if (patchSizeT != null) {
            Sizes.check("patch_size_t", patchSizeT, 1 << 10);
            if (positions != Positions.ROTARY) {
                throw new InvalidInputException("patch_size_t is " + patchSizeT + " with other than rotary positions; "
                        + "CogVideoX 1.5 has use_rotary_positional_embeddings true and no learned ones");
            }
            if (identity != null) {
                throw new InvalidInputException("patch_size_t is " + patchSizeT + " (CogVideoX 1.5) in a model with "
                        + "identity modules, which are known for CogVideoX 1.0 only; use weights without patch_size_t");
            }
        }
        if (ofsEmbedDim != null) {
            if (inChannels != 2 * outChannels || ofsEmbedDim != timeEmbedDim) {
                throw new InvalidInputException("ofs_embed_dim is " + ofsEmbedDim + ", time_embed_dim " + timeEmbedDim
                        + " and in_channels " + inChannels + "; models with the former have the latter two "
                        + ofsEmbedDim + " and " + 2 * outChannels + " (image to video)");
            }
        }
        if (identity != null && numLayers % identity.crossAttnInterval() != 0) {
            throw new InvalidInputException("num_layers is " + numLayers + " and cross_attn_interval "
                    + identity.crossAttnInterval() + "; the layers must be a multiple of the interval (the official "
                    + "code makes layers/interval face modules but uses one more, and crashes)");
        }
    }

    private static void positive(String key, int value) {
        Sizes.check(key, value);
    }

    /**
     * Reads {@code transformer/config.json}. Identity modules are there when the class is
     * {@code IngredientsTransformer3DModel} and {@code is_train_face} is not false.
     */
    public static TransformerConfig of(ConfigReader config) {
        if (config.flag("is_kps", false)) {
            throw new InvalidInputException(
                    config.source() + ": is_kps is true; models conditioned on face keypoints are not supported");
        }
        boolean faces =
                config.text("_class_name", "CogVideoXTransformer3DModel").equals("IngredientsTransformer3DModel")
                        && config.flag("is_train_face", true);
        int heads = config.integer("num_attention_heads", 30);
        int headDim = config.integer("attention_head_dim", 64);
        return config.build(() -> new TransformerConfig(
                heads,
                headDim,
                config.integer("in_channels", 16),
                config.integer("out_channels", 16),
                config.flag("flip_sin_to_cos", true),
                config.number("freq_shift", 0),
                config.integer("time_embed_dim", 512),
                config.integer("text_embed_dim", 4096),
                config.integer("num_layers", 30),
                config.flag("attention_bias", true),
                config.integer("sample_width", 90),
                config.integer("sample_height", 60),
                config.integer("sample_frames", 49),
                config.integer("patch_size", 2),
                config.integer("temporal_compression_ratio", 4),
                config.integer("max_text_seq_length", 226),
                activation(config),
                config.flag("norm_elementwise_affine", true),
                config.number("norm_eps", 1e-5),
                config.number("spatial_interpolation_scale", 1.875),
                config.number("temporal_interpolation_scale", 1.0),
                positions(config),
                config.has("patch_size_t") ? Integer.valueOf(config.integer("patch_size_t")) : null,
                config.flag("patch_bias", true),
                config.has("ofs_embed_dim") ? Integer.valueOf(config.integer("ofs_embed_dim")) : null,
                faces ? IdentityConfig.of(config, heads * headDim) : null));
    }

    private static Activation activation(ConfigReader config) {
        String timestep = config.text("timestep_activation_fn", "silu");
        if (!timestep.equals("silu")) {
            throw new InvalidInputException("timestep_activation_fn is \"" + timestep + "\"; only silu is known");
        }
        String name = config.text("activation_fn", "gelu-approximate");
        return switch (name) {
            case "gelu-approximate" -> Activation.GELU_APPROXIMATE;
            case "gelu" -> Activation.GELU;
            default ->
                throw new InvalidInputException("activation_fn is \"" + name + "\"; expected gelu-approximate or gelu");
        };
    }

    private static Positions positions(ConfigReader config) {
        boolean rotary = config.flag("use_rotary_positional_embeddings", false);
        boolean learned = config.flag("use_learned_positional_embeddings", false);
        if (learned && !rotary) {
            throw new InvalidInputException("use_learned_positional_embeddings is true without "
                    + "use_rotary_positional_embeddings; no CogVideoX checkpoint is built that way");
        }
        return learned ? Positions.ROTARY_AND_LEARNED : rotary ? Positions.ROTARY : Positions.SIN_COS;
    }

    /** The transformer's width D. */
    public int innerDim() {
        return numAttentionHeads * attentionHeadDim;
    }

    /** Whether the input carries image latents beside the noise. */
    public boolean imageConditioned() {
        return inChannels == 2 * outChannels;
    }

    /** Latent frames of a patch. */
    public int framesPerPatch() {
        return patchSizeT == null ? 1 : patchSizeT;
    }

    /** The least number of latent frames not below {@code frames} that falls into patches. */
    public int paddedFrames(int frames) {
        return Math.ceilDiv(frames, framesPerPatch()) * framesPerPatch();
    }

    /** Latent rows of a video whose size nobody names. */
    public int usualHeight() {
        return patchSizeT == null ? sampleHeight : Math.min(sampleHeight, USUAL_HEIGHT_OF_1_5);
    }

    /** Latent columns of a video whose size nobody names. */
    public int usualWidth() {
        return patchSizeT == null ? sampleWidth : Math.min(sampleWidth, USUAL_WIDTH_OF_1_5);
    }

    /**
     * This config, if its patches are of one latent frame.
     *
     * @param work what is to be done, for the message
     * @throws InvalidInputException when it is of CogVideoX 1.5
     */
    public TransformerConfig version1(String work) {
        if (patchSizeT != null) {
            throw new InvalidInputException("the model has patch_size_t " + patchSizeT + " (CogVideoX 1.5); " + work
                    + " is made for CogVideoX 1.0 layouts, use weights without patch_size_t");
        }
        return this;
    }

    /** Number of face modules: one after every {@code cross_attn_interval}-th block. */
    public int numRoutedBlocks() {
        return identity == null ? 0 : numLayers / identity.crossAttnInterval();
    }

    /** A query, key or value projection. */
    Linear projection(Weights weights, long in, long out) {
        return attentionBias ? Linear.of(weights, in, out) : Linear.withoutBias(weights, in, out);
    }

    /** A normalisation of the tokens. */
    LayerNorm norm(Weights weights) {
        return normElementwiseAffine ? LayerNorm.of(weights, innerDim(), normEps) : LayerNorm.plain(normEps);
    }

    /** THUDM/CogVideoX-2b: text to video. */
    public static TransformerConfig cogVideoX2b() {
        return cogVideoX(30, 16, 30, Positions.SIN_COS, null);
    }

    /** THUDM/CogVideoX-5b: text to video. */
    public static TransformerConfig cogVideoX5b() {
        return cogVideoX(48, 16, 42, Positions.ROTARY, null);
    }

    /** THUDM/CogVideoX-5b-I2V: image to video. */
    public static TransformerConfig cogVideoX5bI2v() {
        return cogVideoX(48, 32, 42, Positions.ROTARY_AND_LEARNED, null);
    }

    /**
     * CogVideoX-5b-I2V's sizes with the official identity modules. A published checkpoint's own {@code config.json}
     * decides whether it carries the learned position table of its base.
     */
    public static TransformerConfig ingredients5b() {
        return cogVideoX(48, 32, 42, Positions.ROTARY, IdentityConfig.official());
    }

    /** THUDM/CogVideoX1.5-5B: text to video, patches of two latent frames. */
    public static TransformerConfig cogVideoX15() {
        return cogVideoX15(16, null);
    }

    /** THUDM/CogVideoX1.5-5B-I2V: image to video. */
    public static TransformerConfig cogVideoX15I2v() {
        return cogVideoX15(32, 512);
    }

    private static TransformerConfig cogVideoX15(int inChannels, @Nullable Integer ofsEmbedDim) {
        return new TransformerConfig(
                48,
                64,
                inChannels,
                16,
                true,
                0,
                512,
                4096,
                42,
                true,
                300,
                300,
                81,
                2,
                4,
                226,
                Activation.GELU_APPROXIMATE,
                true,
                1e-5,
                1.875,
                1.0,
                Positions.ROTARY,
                2,
                false,
                ofsEmbedDim,
                null);
    }

    private static TransformerConfig cogVideoX(
            int heads, int inChannels, int layers, Positions positions, @Nullable IdentityConfig identity) {
        return new TransformerConfig(
                heads,
                64,
                inChannels,
                16,
                true,
                0,
                512,
                4096,
                layers,
                true,
                90,
                60,
                49,
                2,
                4,
                226,
                Activation.GELU_APPROXIMATE,
                true,
                1e-5,
                1.875,
                1.0,
                positions,
                null,
                true,
                null,
                identity);
    }
}
