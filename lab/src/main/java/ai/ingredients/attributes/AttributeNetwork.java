package ai.ingredients.attributes;

import ai.ingredients.cast.CastPrompt.Cut;
import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Tells scene, action, light, number of people and clothes from a video: a small 2D convolutional network over a picture
 * of what stays and what moves.
 *
 * <p>The picture has the mean frame, the middle frame, and per pixel how strongly its brightness swings at each frequency
 * (the amplitudes of its discrete Fourier transform over time). Amplitudes do not depend on when a movement begins, so
 * that a wave is a wave whatever its phase, and no convolution over time is needed.
 *
 * <p>Weights belong to the {@link Weights} given; this object owns nothing.
 */
public final class AttributeNetwork {
    private static final int RGB = 3;
    /** Means are taken over top, middle and bottom by themselves: what is red above is hair, below it is clothes. */
    private static final int BANDS = 3;

    private static final long[] SPACE = {2, 3};
    /** Brings the amplitudes, most of them below 0.1, to the size of the other inputs. */
    private static final double AMPLITUDE_GAIN = 4;

    private static final double EPS = 1e-5;
    // Half of the pixels' range is the middle of the inputs.
    private static final double MIDDLE = 0.5;

    private static final double[] LUMA = {0.299, 0.587, 0.114};

    private final AttributeConfig config;
    private final Compute compute;
    private final List<Layer> layers = new ArrayList<>();
    private final Map<String, Linear> single = new LinkedHashMap<>();
    private final Linear colours;
    private final Linear kinds;

    private record Layer(Conv2d conv, BatchNorm norm) {
        static Layer of(Weights weights, long in, long out, long stride, BatchNorm.Statistics statistics) {
            return new Layer(
                    Conv2d.withoutBias(weights.at("conv"), in, out, 3, stride, 1),
                    BatchNorm.of(weights.at("norm"), out, EPS, statistics));
        }

        Tensor forward(Tensor x) {
            return norm.forward(conv.forward(x)).relu();
        }
    }

    /**
     * Logits.
     *
     * @param single [B, values] by the names of {@link Attributes#SINGLE}
     * @param colours [B, dyes], each by itself
     * @param kinds [B, cuts], each by itself
     */
    public record Logits(Map<String, Tensor> single, Tensor colours, Tensor kinds) {}

    /** Takes the network from {@code weights}; with statistics of the batch to train it. */
    public AttributeNetwork(Weights weights, AttributeConfig config, BatchNorm.Statistics statistics) {
        this.config = config;
        compute = weights.compute();
        int in = 2 * RGB + frequencies(config.frames());
        for (int stage = 0; stage < AttributeConfig.STAGES; stage++) {
            int out = config.widths().get(stage);
            Weights own = weights.at("stages").at(stage);
            layers.add(Layer.of(own.at("shrink"), in, out, 2, statistics));
            if (stage > 0) { // the first one's full-size picture is the most expensive and shows edges only
                layers.add(Layer.of(own.at("refine"), out, out, 1, statistics));
            }
            in = out;
        }
        long features = (BANDS + 1L) * in;
        Weights heads = weights.at("heads");
        Attributes.SINGLE.forEach((name, values) -> single.put(name, Linear.of(heads.at(name), features, values)));
        colours = Linear.of(heads.at("colours"), features, Dye.values().length);
        kinds = Linear.of(heads.at("kinds"), features, Cut.values().length);
    }

    /** The sizes of this network. */
    public AttributeConfig config() {
        return config;
    }

    /**
     * Looks at videos.
     *
     * @param videos uint8 [B, F, H, W, 3] of the config's sizes, on the CPU
     */
    public Logits forward(Tensor videos) {
        Tensor hidden = Scope.of(() -> compute.place(picture(videos)));
        for (Layer layer : layers) {
            Tensor input = hidden;
            hidden = Scope.of(() -> layer.forward(input));
        }
        Tensor last = hidden; // [B, C, h, w]
        Tensor features = Scope.of(() -> {
            Tensor[] parts = new Tensor[BANDS + 1];
            for (int band = 0; band < BANDS; band++) {
                long from = last.size(2) * band / BANDS;
                long to = Math.max(from + 1, last.size(2) * (band + 1) / BANDS);
                parts[band] = last.narrow(2, from, to - from).mean(SPACE, false, new ScalarTypeOptional());
            }
            parts[BANDS] = last.amax(SPACE, false);
            return Ops.cat(1, parts);
        });
        Map<String, Tensor> logits = new LinkedHashMap<>();
        single.forEach((name, head) -> logits.put(name, head.forward(features)));
        return new Logits(logits, colours.forward(features), kinds.forward(features));
    }

    /** [B, F, H, W, 3] → [B, 3 + 3 + frequencies, H, W], fp32 on the CPU; see the class comment. */
    private Tensor picture(Tensor videos) {
        return Scope.of(() -> {
            Tensor unit = Ops.scale(videos.to(ScalarType.Float), 1 / 255.0);
            Tensor mean = unit.mean(new long[] {1}, false, new ScalarTypeOptional()); // [B, H, W, 3]
            Tensor middle = unit.select(1, config.frames() / 2);
            Tensor colours = Ops.plus(Ops.cat(3, mean, middle), -MIDDLE).permute(0, 3, 1, 2);
            float[] weights = {(float) LUMA[0], (float) LUMA[1], (float) LUMA[2]};
            Tensor luma = unit.matmul(Ops.tensor(weights, RGB)); // [B, F, H, W]
            Tensor moving = luma.permute(0, 2, 3, 1); // [B, H, W, F]
            Tensor cosines = moving.matmul(waves(0)); // [B, H, W, K]
            Tensor sines = moving.matmul(waves(Math.PI / 2));
            Tensor power = cosines.mul(cosines).add(sines.mul(sines));
            Tensor amplitudes = Ops.scale(power.add(new Scalar(1e-8)).sqrt(), AMPLITUDE_GAIN);
            return Ops.cat(1, colours, amplitudes.permute(0, 3, 1, 2)).contiguous();
        });
    }

    /** Frequencies above 0 that {@code frames} samples can tell apart. */
    private static int frequencies(int frames) {
        return frames / 2;
    }

    /** [F, K]: column k swings k + 1 times over the video; none of them sees what stays. */
    private Tensor waves(double phase) {
        int frames = config.frames();
        int count = frequencies(frames);
        float[] values = new float[frames * count];
        for (int f = 0; f < frames; f++) {
            for (int k = 0; k < count; k++) {
                double angle = 2 * Math.PI * (k + 1) * f / frames - phase;
                values[f * count + k] = (float) (2 * Math.cos(angle) / frames);
            }
        }
        return Ops.tensor(values, frames, count);
    }
}
