package ai.ingredients.vae;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sizes of a CogVideoX autoencoder, by the keys of {@code vae/config.json} ({@code AutoencoderKLCogVideoX}).
 *
 * @param inChannels colours in
 * @param outChannels colours out
 * @param downBlockTypes one {@code CogVideoXDownBlock3D} for each entry of {@code blockOutChannels}
 * @param upBlockTypes one {@code CogVideoXUpBlock3D} for each entry of {@code blockOutChannels}
 * @param blockOutChannels widths from the finest resolution to the coarsest, multiples of {@code normNumGroups}
 * @param latentChannels channels of a latent
 * @param layersPerBlock residual blocks in a down block; an up block has one more
 * @param actFn {@code silu} or its other name {@code swish}
 * @param normEps added to the variance in the encoder's residual blocks; every other norm uses 1e-6
 * @param normNumGroups groups of a group normalisation
 * @param temporalCompressionRatio video frames for each latent frame, a power of two
 * @param sampleHeight height in pixels the model was trained on; tiles are half of it by default
 * @param sampleWidth width in pixels the model was trained on
 * @param scalingFactor the diffusion model sees latents times this
 * @param shiftFactor unused by CogVideoX
 * @param latentsMean unused by CogVideoX
 * @param latentsStd unused by CogVideoX
 * @param forceUpcast unused by CogVideoX
 * @param useQuantConv a 1x1x1 convolution after the encoder
 * @param usePostQuantConv a 1x1x1 convolution before the decoder
 * @param invertScaleLatents whether image latents are divided by {@code scalingFactor} instead
 */
public record VaeConfig(
        int inChannels,
        int outChannels,
        List<String> downBlockTypes,
        List<String> upBlockTypes,
        List<Integer> blockOutChannels,
        int latentChannels,
        int layersPerBlock,
        String actFn,
        double normEps,
        int normNumGroups,
        int temporalCompressionRatio,
        int sampleHeight,
        int sampleWidth,
        double scalingFactor,
        @Nullable Double shiftFactor,
        @Nullable List<Double> latentsMean,
        @Nullable List<Double> latentsStd,
        boolean forceUpcast,
        boolean useQuantConv,
        boolean usePostQuantConv,
        boolean invertScaleLatents) {

    private static final String CLASS = "AutoencoderKLCogVideoX";
    private static final String DOWN = "CogVideoXDownBlock3D";
    private static final String UP = "CogVideoXUpBlock3D";
    /** Each but the last halves the picture. */
    private static final int MOST_BLOCKS = 16;

    private static final List<Integer> WIDTHS = List.of(128, 256, 256, 512);

    public VaeConfig {
        downBlockTypes = List.copyOf(downBlockTypes);
        upBlockTypes = List.copyOf(upBlockTypes);
        blockOutChannels = List.copyOf(blockOutChannels);
        latentsMean = latentsMean == null ? null : List.copyOf(latentsMean);
        latentsStd = latentsStd == null ? null : List.copyOf(latentsStd);
        positive("in_channels", inChannels);
        positive("out_channels", outChannels);
        positive("latent_channels", latentChannels);
        positive("layers_per_block", layersPerBlock);
        positive("norm_num_groups", normNumGroups);
        Sizes.check("sample_height", sampleHeight, 8L * Sizes.LONGEST_SIDE);
        Sizes.check("sample_width", sampleWidth, 8L * Sizes.LONGEST_SIDE);
        blocks("down_block_types", downBlockTypes, DOWN, blockOutChannels.size());
        blocks("up_block_types", upBlockTypes, UP, blockOutChannels.size());
        if (blockOutChannels.isEmpty() || blockOutChannels.size() > MOST_BLOCKS) {
            throw new InvalidInputException("block_out_channels has " + blockOutChannels.size()
                    + " entries; it must name at least one width and at most " + MOST_BLOCKS);
        }
        for (int width : blockOutChannels) {
            if (width <= 0 || width % normNumGroups != 0) {
                throw new InvalidInputException("block_out_channels holds " + width
                        + "; each must be a positive multiple of norm_num_groups " + normNumGroups);
            }
            Sizes.check("a width in block_out_channels", width);
        }
        if (!actFn.equals("silu") && !actFn.equals("swish")) {
            throw new InvalidInputException("act_fn is \"" + actFn + "\"; only silu (also called swish) is supported");
        }
        if (!(normEps > 0)) {
            throw new InvalidInputException("norm_eps is " + normEps + "; it must be above 0");
        }
        if (!(scalingFactor > 0) || Double.isInfinite(scalingFactor)) {
            throw new InvalidInputException("scaling_factor is " + scalingFactor + "; it must be a number above 0");
        }
        int longest = 1 << (blockOutChannels.size() - 1);
        if (Integer.bitCount(temporalCompressionRatio) != 1
                || temporalCompressionRatio < 1
                || temporalCompressionRatio > longest) {
            throw new InvalidInputException("temporal_compression_ratio is " + temporalCompressionRatio
                    + "; it must be a power of two, at most " + longest + " with " + blockOutChannels.size()
                    + " blocks");
        }
        if ((useQuantConv || usePostQuantConv) && latentChannels != outChannels) {
            throw new InvalidInputException("use_quant_conv or use_post_quant_conv is true with latent_channels "
                    + latentChannels + " and out_channels " + outChannels
                    + "; these convolutions are as wide as out_channels, so both must be equal");
        }
    }

    private static void positive(String key, int value) {
        Sizes.check(key, value);
    }

    private static void blocks(String key, List<String> types, String known, int count) {
        for (String type : types) {
            if (!type.equals(known)) {
                throw new InvalidInputException(key + " holds \"" + type + "\"; only " + known + " is known");
            }
        }
        if (types.size() != count) {
            throw new InvalidInputException(
                    key + " has " + types.size() + " entries but block_out_channels has " + count);
        }
    }

    /** The reference class's defaults, which are the sizes of every published CogVideoX autoencoder (2B's scaling). */
    public static VaeConfig defaults() {
        return new VaeConfig(
                3,
                3,
                Collections.nCopies(4, DOWN),
                Collections.nCopies(4, UP),
                WIDTHS,
                16,
                3,
                "silu",
                1e-6,
                32,
                4,
                480,
                720,
                1.15258426,
                null,
                null,
                null,
                true,
                false,
                false,
                false);
    }

    /** The autoencoder of CogVideoX-5B and 5B-I2V: the defaults with scaling factor 0.7. */
    public static VaeConfig cogVideoX5b() {
        return defaults().scaledBy(0.7);
    }

    private VaeConfig scaledBy(double factor) {
        return new VaeConfig(
                inChannels,
                outChannels,
                downBlockTypes,
                upBlockTypes,
                blockOutChannels,
                latentChannels,
                layersPerBlock,
                actFn,
                normEps,
                normNumGroups,
                temporalCompressionRatio,
                sampleHeight,
                sampleWidth,
                factor,
                shiftFactor,
                latentsMean,
                latentsStd,
                forceUpcast,
                useQuantConv,
                usePostQuantConv,
                invertScaleLatents);
    }

    /**
     * Reads {@code vae/config.json}; absent keys take the reference's defaults, unknown ones are left alone.
     *
     * @throws InvalidInputException naming the key that is wrong
     */
    public static VaeConfig of(ConfigReader config) {
        String type = config.text("_class_name", CLASS);
        if (!type.equals(CLASS)) {
            throw new InvalidInputException(config.source() + ": _class_name is \"" + type + "\"; expected " + CLASS);
        }
        VaeConfig base = defaults();
        return config.build(() -> new VaeConfig(
                config.integer("in_channels", base.inChannels),
                config.integer("out_channels", base.outChannels),
                config.texts("down_block_types", base.downBlockTypes),
                config.texts("up_block_types", base.upBlockTypes),
                config.integers("block_out_channels", base.blockOutChannels),
                config.integer("latent_channels", base.latentChannels),
                config.integer("layers_per_block", base.layersPerBlock),
                config.text("act_fn", base.actFn),
                config.number("norm_eps", base.normEps),
                config.integer("norm_num_groups", base.normNumGroups),
                config.integer("temporal_compression_ratio", base.temporalCompressionRatio),
                config.integer("sample_height", base.sampleHeight),
                config.integer("sample_width", base.sampleWidth),
                config.number("scaling_factor", base.scalingFactor),
                config.has("shift_factor") ? config.number("shift_factor") : null,
                config.has("latents_mean") ? config.numbers("latents_mean", List.of()) : null,
                config.has("latents_std") ? config.numbers("latents_std", List.of()) : null,
                config.flag("force_upcast", base.forceUpcast),
                config.flag("use_quant_conv", base.useQuantConv),
                config.flag("use_post_quant_conv", base.usePostQuantConv),
                config.flag("invert_scale_latents", base.invertScaleLatents)));
    }

    /** Pixels for each latent along height and width: 8 with four blocks. */
    public int spatialCompression() {
        return 1 << (blockOutChannels.size() - 1);
    }

    /** Video frames for each latent frame: 4. The first latent frame of an odd count stands for one frame alone. */
    public int temporalCompression() {
        return temporalCompressionRatio;
    }

    /** How many of the down blocks, or of the up blocks, change the number of frames: 2. */
    int temporalLevels() {
        return Integer.numberOfTrailingZeros(temporalCompressionRatio);
    }
}
