package ai.ingredients.bench;

import ai.ingredients.transformer.IdentityConfig;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.vae.VaeConfig;
import java.util.List;

/**
 * Floating-point operations of the models, by their formulas: two for each multiplication with its addition, of matrix
 * products, attention and convolutions. What runs along them (norms, activations) is not counted, so that the share of the
 * machine's peak is never flattered.
 */
final class Flops {
    private static final int KERNEL = 27;

    private Flops() {}

    /** A matrix product [m, k] x [k, n]. */
    static double matmul(double m, double k, double n) {
        return 2 * m * k * n;
    }

    /** Attention of {@code heads} over {@code queries} and {@code keys} tokens: scores, and what they weigh. */
    static double attention(double heads, double queries, double keys, double headDim) {
        return 4 * heads * queries * keys * headDim;
    }

    /**
     * One forward pass.
     *
     * @param rows elements of the batch
     * @param video video tokens of an element
     * @param text text tokens of an element
     */
    static double transformer(TransformerConfig config, double rows, double video, double text, int people) {
        double width = config.innerDim();
        double tokens = video + text;
        double block = matmul(tokens, width, 12 * width) // q, k, v, out, and the feed-forward layer's 8
                + attention(config.numAttentionHeads(), tokens, tokens, config.attentionHeadDim());
        double all = config.numLayers() * block;
        IdentityConfig identity = config.identity();
        if (identity != null && people > 0) {
            double inner = identity.crossAttnDimHead() * (double) identity.crossAttnNumHeads();
            double keys = people * (double) identity.lfeNumQuerie();
            all += config.numRoutedBlocks()
                    * (2 * matmul(video, width, inner)
                            + attention(identity.crossAttnNumHeads(), video, keys, identity.crossAttnDimHead())
                            + matmul(video, width, keys)); // the router's folded keys
        }
        return rows * all;
    }

    /** Decoding {@code frames} latent frames of {@code height} x {@code width} latents. */
    static double decode(VaeConfig config, double frames, double height, double width) {
        List<Integer> widths = config.blockOutChannels().reversed();
        double time = frames;
        double area = height * width;
        double in = widths.getFirst();
        double all = conv(config.latentChannels(), in, time * area) + 4 * conv(in, in, time * area);
        for (int i = 0; i < widths.size(); i++) {
            double out = widths.get(i);
            for (int j = 0; j <= config.layersPerBlock(); j++) {
                all += resnet(in, out, time * area);
                in = out;
            }
            if (i < widths.size() - 1) {
                area *= 4;
                all += conv(out, out, time * area) / 3; // over one frame at a time
                time = i < 2 ? 2 * time - (time > 1 ? time % 2 : 0) : time;
            }
        }
        return all + conv(in, config.outChannels(), time * area);
    }

    /** Encoding {@code frames} video frames of {@code height} x {@code width} pixels. */
    static double encode(VaeConfig config, double frames, double height, double width) {
        List<Integer> widths = config.blockOutChannels();
        double time = frames;
        double area = height * width;
        double in = widths.getFirst();
        double all = conv(config.inChannels(), in, time * area);
        for (int i = 0; i < widths.size(); i++) {
            double out = widths.get(i);
            for (int j = 0; j < config.layersPerBlock(); j++) {
                all += resnet(in, out, time * area);
                in = out;
            }
            if (i < widths.size() - 1) {
                time = i < 2 ? Math.ceil(time / 2) : time;
                area /= 4;
                all += conv(out, out, time * area) / 3;
            }
        }
        return all + 4 * conv(in, in, time * area) + conv(in, 2.0 * config.latentChannels(), time * area);
    }

    private static double resnet(double in, double out, double places) {
        double shortcut = in == out ? 0 : matmul(places, in, out);
        return conv(in, out, places) + conv(out, out, places) + shortcut;
    }

    /** A 3x3x3 convolution. */
    static double conv(double in, double out, double places) {
        return matmul(places, KERNEL * in, out);
    }
}
