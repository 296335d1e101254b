package ai.ingredients.vae;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Latents to frames: convolution, two middle blocks, up blocks, normalised convolution; every norm looks at the latents
 * again. Source: {@code CogVideoXDecoder3D}.
 */
final class VaeDecoder {
    private static final int MIDDLE_BLOCKS = 2;

    private final List<Layer> layers = new ArrayList<>();

    VaeDecoder(Weights weights, VaeConfig config) {
        long latent = config.latentChannels();
        ResnetBlock.Norms norms = (at, width) -> Norm.Spatial.of(at, width, latent, config.normNumGroups());
        List<Integer> widths = config.blockOutChannels().reversed();
        long width = widths.getFirst();
        layers.add(CausalConv3d.of(weights.at("conv_in"), latent, width));
        for (int j = 0; j < MIDDLE_BLOCKS; j++) {
            Weights block = weights.at("mid_block").at("resnets").at(j);
            layers.add(ResnetBlock.of(block, width, width, norms));
        }
        for (int i = 0; i < widths.size(); i++) {
            Weights block = weights.at("up_blocks").at(i);
            for (int j = 0; j <= config.layersPerBlock(); j++) {
                layers.add(ResnetBlock.of(block.at("resnets").at(j), width, widths.get(i), norms));
                width = widths.get(i);
            }
            if (i < widths.size() - 1) {
                layers.add(Upsample.of(block.at("upsamplers").at(0), width, i < config.temporalLevels()));
            }
        }
        layers.add(new NormedConv(
                norms.of(weights.at("norm_out"), width),
                CausalConv3d.of(weights.at("conv_out"), width, config.outChannels())));
    }

    /** One batch of latents: [B, C, f, h, w] → [B, 3, F, 8·h, 8·w]; F = 4·f, or 4·(f − 1) + 1 for odd f. */
    Tensor forward(Tensor latents, FrameCache cache) {
        return Layer.whole(layers, latents, new Pass(cache, latents));
    }

    /**
     * Doubles height and width by nearest neighbours and a convolution, and in the first blocks the number of frames;
     * the first frame of an odd number stays single. Source: {@code CogVideoXUpsample3D}, which repeats frames before
     * its convolution; the convolution sees one frame at a time, so here they are repeated after it.
     */
    private record Upsample(Conv3d conv, Frames frames) implements Layer {
        private enum Frames {
            KEEP,
            DOUBLE
        }

        static Upsample of(Weights weights, long channels, boolean twice) {
            Conv3d conv = Conv3d.planar(weights.at("conv"), channels, 1, 1);
            return new Upsample(conv, twice ? Frames.DOUBLE : Frames.KEEP);
        }

        /** [B, C, T, H, W] → [B, C, T', 2·H, 2·W]. */
        @Override
        public Tensor forward(Tensor x, Pass pass) {
            long[] size = {x.size(2), 2 * x.size(3), 2 * x.size(4)};
            Tensor larger = Scope.of(() -> conv.forward(torch.upsample_nearest3d(x, size)));
            return frames == Frames.DOUBLE && x.size(2) > 1 ? doubled(larger) : larger;
        }

        /** [B, C, T, H, W] → [B, C, 2·T, H, W], or one less when T is odd. */
        private static Tensor doubled(Tensor x) {
            long single = x.size(2) % 2;
            long[] source = LongStream.range(single, 2 * x.size(2))
                    .map(frame -> frame / 2)
                    .toArray();
            return x.index_select(2, Ops.tensor(source, source.length).to(x.device(), ScalarType.Long));
        }
    }
}
