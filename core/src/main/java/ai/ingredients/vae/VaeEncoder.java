package ai.ingredients.vae;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Frames to the parameters of a distribution over latents: convolution, down blocks, two middle blocks, normalised
 * convolution. Source: {@code CogVideoXEncoder3D}.
 */
final class VaeEncoder {
    private static final int MIDDLE_BLOCKS = 2;

    private final List<Layer> layers = new ArrayList<>();

    VaeEncoder(Weights weights, VaeConfig config) {
        ResnetBlock.Norms norms = (at, width) -> Norm.Group.of(at, width, config.normNumGroups(), config.normEps());
        List<Integer> widths = config.blockOutChannels();
        long width = widths.getFirst();
        layers.add(CausalConv3d.of(weights.at("conv_in"), config.inChannels(), width));
        for (int i = 0; i < widths.size(); i++) {
            Weights block = weights.at("down_blocks").at(i);
            for (int j = 0; j < config.layersPerBlock(); j++) {
                layers.add(ResnetBlock.of(block.at("resnets").at(j), width, widths.get(i), norms));
                width = widths.get(i);
            }
            if (i < widths.size() - 1) {
                Weights down = block.at("downsamplers").at(0);
                layers.add(Downsample.of(down, width, i < config.temporalLevels()));
            }
        }
        for (int j = 0; j < MIDDLE_BLOCKS; j++) {
            Weights block = weights.at("mid_block").at("resnets").at(j);
            layers.add(ResnetBlock.of(block, width, width, norms));
        }
        layers.add(new NormedConv(
                Norm.Group.of(weights.at("norm_out"), width, config.normNumGroups(), Norm.EPS),
                CausalConv3d.of(weights.at("conv_out"), width, 2L * config.latentChannels())));
    }

    /** One batch of frames: [B, 3, T, H, W] → [B, 2·C, T/4, H/8, W/8], mean and log-variance. */
    Tensor forward(Tensor frames, FrameCache cache) {
        return Layer.whole(layers, frames, new Pass(cache, frames));
    }

    /**
     * Halves height and width by a convolution, and in the first blocks before that the number of frames by averaging
     * pairs; the first frame of an odd number stays alone. Source: {@code CogVideoXDownsample3D}.
     */
    private record Downsample(Conv3d conv, Frames frames) implements Layer {
        private enum Frames {
            KEEP,
            HALVE
        }

        static Downsample of(Weights weights, long channels, boolean halve) {
            Conv3d conv = Conv3d.planar(weights.at("conv"), channels, 2, 0);
            return new Downsample(conv, halve ? Frames.HALVE : Frames.KEEP);
        }

        /** [B, C, T, H, W] → [B, C, T' , H/2, W/2]. */
        @Override
        public Tensor forward(Tensor x, Pass pass) {
            return Scope.of(() -> {
                // A row below and a column to the right, so that an even size halves exactly.
                long[] margins = {0, 1, 0, 1};
                Tensor padded = Scope.of(
                        () -> torch.constant_pad_nd(frames == Frames.HALVE ? halved(x) : x, margins, new Scalar(0.0)));
                return conv.forward(padded);
            });
        }

        /** [B, C, T, H, W] → [B, C, ⌈T/2⌉, H, W]. */
        private static Tensor halved(Tensor x) {
            long alone = x.size(2) % 2;
            long pairs = x.size(2) / 2;
            if (pairs == 0) {
                return x;
            }
            Tensor paired = x.narrow(2, alone, 2 * pairs).unflatten(2, pairs, 2); // [B, C, T/2, 2, H, W]
            Tensor means = Ops.scale(paired.select(3, 0).add(paired.select(3, 1)), 0.5);
            return alone == 0 ? means : Ops.cat(2, x.narrow(2, 0, 1), means);
        }
    }
}
