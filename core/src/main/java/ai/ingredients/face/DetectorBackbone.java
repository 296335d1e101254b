package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The networks RetinaFace can stand on, by facexlib's {@code network_name}, and the widths of the detector that belongs
 * to each.
 */
public enum DetectorBackbone {
    /** MobileNetV1 at a quarter of its width: 0.4 million weights with the detector. */
    MOBILE_025("mobile0.25", new int[] {64, 128, 256}, 64, 0.1),
    /** ResNet-50, which the released checkpoints use: 27 million weights with the detector. */
    RESNET50("resnet50", new int[] {512, 1024, 2048}, 256, 0);

    private final String networkName;
    private final int[] widths;
    private final int pyramid;
    private final double leak;

    DetectorBackbone(String networkName, int[] widths, int pyramid, double leak) {
        this.networkName = networkName;
        this.widths = widths;
        this.pyramid = pyramid;
        this.leak = leak;
    }

    /**
     * The backbone of this name.
     *
     * @param source where the name stands, for messages
     * @throws InvalidInputException when there is none
     */
    static DetectorBackbone named(String name, String source) {
        for (DetectorBackbone backbone : values()) {
            if (backbone.networkName.equals(name)) {
                return backbone;
            }
        }
        throw new InvalidInputException(source + ": network_name is \"" + name + "\", expected one of "
                + Arrays.stream(values()).map(DetectorBackbone::networkName).collect(Collectors.joining(", ")));
    }

    /** facexlib's name, and the value of {@code network_name} in {@code config.json}. */
    public String networkName() {
        return networkName;
    }

    /** Channels of the three levels. */
    int[] widths() {
        return widths;
    }

    /** Channels of the feature pyramid. */
    int pyramid() {
        return pyramid;
    }

    /** Slope below zero of the activations in pyramid and context modules. */
    double leak() {
        return leak;
    }

    /** Takes the network from {@code weights}. */
    Layers layers(Weights weights, BatchNorm.Statistics statistics) {
        return switch (this) {
            case MOBILE_025 -> MobileNet.of(weights, statistics);
            case RESNET50 -> ResNet.of(weights, statistics);
        };
    }

    /** A backbone with its weights. */
    sealed interface Layers {
        /** [B, 3, H, W] → features at strides 8, 16 and 32. */
        List<Tensor> forward(Tensor pixels);
    }

    /** Source: torchvision's {@code resnet50} up to {@code layer4}. */
    private record ResNet(ConvNorm stem, List<List<Bottleneck>> stages) implements Layers {
        private static final int[] STAGE_BLOCKS = {3, 4, 6, 3};

        static ResNet of(Weights weights, BatchNorm.Statistics statistics) {
            ConvNorm stem = ConvNorm.of(weights.at("conv1"), weights.at("bn1"), 3, 64, 7, 2, statistics);
            List<List<Bottleneck>> stages = new ArrayList<>();
            long in = 64;
            for (int stage = 0; stage < STAGE_BLOCKS.length; stage++) {
                long width = 64L << stage;
                List<Bottleneck> blocks = new ArrayList<>();
                for (int i = 0; i < STAGE_BLOCKS[stage]; i++) {
                    long stride = i == 0 && stage > 0 ? 2 : 1;
                    Weights block = weights.at("layer" + (stage + 1)).at(i);
                    blocks.add(Bottleneck.of(block, in, width, stride, i == 0, statistics));
                    in = width * Bottleneck.EXPANSION;
                }
                stages.add(blocks);
            }
            return new ResNet(stem, stages);
        }

        @Override
        public List<Tensor> forward(Tensor pixels) {
            Tensor x = Scope.of(() -> torch.max_pool2d(
                    stem.forward(pixels).relu(), // [B, 64, H/2, W/2]
                    new long[] {3, 3},
                    new long[] {2, 2},
                    new long[] {1, 1},
                    new long[] {1, 1},
                    false));
            List<Tensor> levels = new ArrayList<>();
            for (int stage = 0; stage < stages.size(); stage++) {
                for (Bottleneck block : stages.get(stage)) {
                    Tensor input = x;
                    x = Scope.of(() -> block.forward(input));
                }
                if (stage > 0) {
                    levels.add(x);
                }
            }
            return levels;
        }
    }

    /** ResNet's block: 1x1, 3x3 (which carries the stride), 1x1, and the shortcut. */
    private record Bottleneck(List<ConvNorm> convs, List<ConvNorm> downsample) {
        static final int EXPANSION = 4;

        static Bottleneck of(
                Weights weights, long in, long width, long stride, boolean first, BatchNorm.Statistics statistics) {
            long out = width * EXPANSION;
            List<ConvNorm> convs = List.of(
                    ConvNorm.of(weights.at("conv1"), weights.at("bn1"), in, width, 1, 1, statistics),
                    ConvNorm.of(weights.at("conv2"), weights.at("bn2"), width, width, 3, stride, statistics),
                    ConvNorm.of(weights.at("conv3"), weights.at("bn3"), width, out, 1, 1, statistics));
            List<ConvNorm> downsample = first
                    ? List.of(ConvNorm.sequential(weights.at("downsample"), in, out, 1, stride, statistics))
                    : List.of();
            return new Bottleneck(convs, downsample);
        }

        Tensor forward(Tensor x) {
            Tensor inner = convs.get(1).forward(convs.get(0).forward(x).relu()).relu();
            Tensor shortcut = downsample.isEmpty() ? x : downsample.getFirst().forward(x);
            return convs.get(2).forward(inner).add(shortcut).relu();
        }
    }

    /** Source: facexlib's {@code MobileNetV1} in {@code retinaface_net.py}; a first convolution, then separable ones. */
    private record MobileNet(ConvNorm stem, List<List<Separable>> stages) implements Layers {
        private static final int STEM = 8;
        /** Channels after each separable convolution, by stage. */
        private static final int[][] WIDTHS = {{16, 32, 32, 64, 64}, {128, 128, 128, 128, 128, 128}, {256, 256}};
        /** Likewise: 2 where the picture halves. */
        private static final int[][] STRIDES = {{1, 2, 1, 2, 1}, {2, 1, 1, 1, 1, 1}, {2, 1}};

        private static final double LEAK = 0.1;

        static MobileNet of(Weights weights, BatchNorm.Statistics statistics) {
            ConvNorm stem = ConvNorm.sequential(weights.at("stage1").at(0), 3, STEM, 3, 2, statistics);
            List<List<Separable>> stages = new ArrayList<>();
            long in = STEM;
            for (int stage = 0; stage < WIDTHS.length; stage++) {
                Weights scope = weights.at("stage" + (stage + 1));
                int first = stage == 0 ? 1 : 0; // element 0 of stage 1 is the stem
                List<Separable> blocks = new ArrayList<>();
                for (int i = 0; i < WIDTHS[stage].length; i++) {
                    long out = WIDTHS[stage][i];
                    blocks.add(Separable.of(scope.at(first + i), in, out, STRIDES[stage][i], statistics));
                    in = out;
                }
                stages.add(blocks);
            }
            return new MobileNet(stem, stages);
        }

        @Override
        public List<Tensor> forward(Tensor pixels) {
            Tensor x = Scope.of(() -> ConvNorm.leaky(stem.forward(pixels), LEAK)); // [B, 8, H/2, W/2]
            List<Tensor> levels = new ArrayList<>();
            for (List<Separable> stage : stages) {
                for (Separable block : stage) {
                    Tensor input = x;
                    x = Scope.of(() -> block.forward(input));
                }
                levels.add(x);
            }
            return levels;
        }

        /** A convolution of each channel by itself, then one across the channels. */
        private record Separable(ConvNorm across, ConvNorm through) {
            static Separable of(Weights weights, long in, long out, long stride, BatchNorm.Statistics statistics) {
                return new Separable(
                        new ConvNorm(
                                Conv2d.depthwise(weights.at(0), in, 3, stride, 1),
                                ConvNorm.norm(weights.at(1), in, statistics)),
                        ConvNorm.of(weights.at(3), weights.at(4), in, out, 1, 1, statistics));
            }

            Tensor forward(Tensor x) {
                return ConvNorm.leaky(through.forward(ConvNorm.leaky(across.forward(x), LEAK)), LEAK);
            }
        }
    }
}
