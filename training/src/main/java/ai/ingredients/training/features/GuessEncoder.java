package ai.ingredients.training.features;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Mask;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.VideoTransformer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What a trained transformer makes of a clip that was made noisy: latents like those it makes of nothing, but with a truth
 * to compare them with. The clip's latents get noise up to some timestep, and the transformer takes it away again in a few
 * deterministic steps (DDIM, arXiv 2010.02502; the way of SDEdit, arXiv 2108.01073), with the clip's caption and photos and
 * without guidance. Features, G guesses, F frames:
 *
 * <pre>
 *   latents   [f, C, h, w]      the truth's, likeliest latents, not scaled     fp16
 *   guesses   [G, f, C, h, w]   the transformer's, not scaled                  fp16
 *   frames    [F, H, W, 3]      the true pictures                              uint8
 *   faces     [F, H, W]         1 where a face is                              uint8
 *   aligned   [N, F, 6]         from the frame to each person's aligned face, 2x3 by rows; NaN where there is none
 * </pre>
 */
public final class GuessEncoder implements FeatureCache.Encoder {
    /**
     * @param guesses of each clip, their timesteps spread over the range
     * @param from least timestep the noise belongs to, as a share of all
     * @param to greatest
     * @param steps that take it away again
     */
    public record Settings(int guesses, double from, double to, int steps) {
        /** From what hardly differs to what keeps nothing but where everybody is. */
        public static final Settings DEFAULT = new Settings(2, 0.2, 0.7, 6);

        public Settings {
            if (guesses < 1 || steps < 1) {
                throw new InvalidInputException(
                        "guesses is " + guesses + " and steps " + steps + "; expected at least 1");
            }
            if (!(from > 0 && from <= to && to < 1)) {
                throw new InvalidInputException("from is " + from + " and to " + to
                        + "; expected shares of the noise schedule, 0 < from <= to < 1");
            }
        }
    }

    private final ClipEncoder clips;
    private final VideoTransformer transformer;
    private final NoiseSchedule schedule;
    private final double scalingFactor;
    private final Settings settings;
    private final Compute compute;
    private final String key;

    /**
     * @param clips the frozen models
     * @param transformer whose guesses are wanted; stays the caller's
     * @param scalingFactor of the autoencoder's latents
     * @param key identifies the weights of all models
     */
    public GuessEncoder(
            ClipEncoder clips,
            VideoTransformer transformer,
            NoiseSchedule schedule,
            double scalingFactor,
            Settings settings,
            Compute compute,
            String key) {
        this.clips = clips;
        this.transformer = transformer;
        this.schedule = schedule;
        this.scalingFactor = scalingFactor;
        this.settings = settings;
        this.compute = compute;
        this.key = key;
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Map<String, Tensor> encode(Clip clip) {
        Map<String, Tensor> known = clips.encode(clip);
        Map<String, Tensor> features = new LinkedHashMap<>();
        Tensor latents = feature(known, "latents");
        features.put("latents", latents);
        try (Noise noise = new Noise(clip.id().hashCode())) {
            features.put("guesses", guesses(known, latents, noise));
        }
        features.put("frames", Picture.stack(clip.frames()));
        features.put("faces", faces(clip));
        if (!clip.people().isEmpty()) {
            features.put("aligned", aligned(clip));
        }
        return features;
    }

    private static Tensor feature(Map<String, Tensor> known, String name) {
        return Objects.requireNonNull(known.get(name), name);
    }

    private Tensor guesses(Map<String, Tensor> known, Tensor latents, Noise noise) {
        int count = settings.guesses;
        Tensor clean = Ops.stack(0, repeated(Ops.scale(latents.to(ScalarType.Float), scalingFactor)));
        long[] begin = begins(noise.uniform(count));
        Tensor text = compute.place(Ops.stack(0, repeated(feature(known, "text"))));
        Tensor image = transformer.config().imageConditioned() ? compute.place(images(known, clean)) : null;
        IdentityContext people = known.containsKey("id_cond") ? people(known) : null;
        RotaryEmbedding rotary = transformer.rotary((int) clean.size(3), (int) clean.size(4), (int) clean.size(1));
        var options = new VideoTransformer.Options(
                Routing.PER_BRANCH,
                transformer.config().identity() == null
                        ? 0
                        : transformer.config().identity().localFaceScale(),
                VideoTransformer.Mixing.ROUTED);

        Tensor drawn = noise.gaussian(Compute.CPU_FP32, Ops.shape(clean));
        Tensor times = after(begin, 0);
        Tensor noisy = schedule.addNoise(clean, drawn, times);
        for (int step = 1; ; step++) {
            Tensor placed = compute.place(noisy);
            Tensor input = image == null ? placed : Ops.cat(2, placed, image);
            Tensor predicted = transformer
                    .forward(input, text, times.to(compute.nativeDevice(), ScalarType.Long), rotary, people, options)
                    .sample()
                    .to(Compute.CPU_FP32.nativeDevice(), ScalarType.Float);
            Tensor guess = schedule.clean(predicted, noisy, times);
            if (step == settings.steps) {
                return Ops.scale(guess, 1 / scalingFactor).to(ScalarType.Half).contiguous();
            }
            Tensor left = schedule.noise(guess, noisy, times);
            times = after(begin, step);
            noisy = schedule.addNoise(guess, left, times);
        }
    }

    private Tensor[] repeated(Tensor tensor) {
        Tensor[] same = new Tensor[settings.guesses];
        Arrays.fill(same, tensor);
        return same;
    }

    /** One timestep from each of as many equal parts of the range as there are guesses. */
    private long[] begins(float[] shares) {
        int last = schedule.config().numTrainTimesteps() - 1;
        long[] begins = new long[shares.length];
        for (int i = 0; i < begins.length; i++) {
            double place = settings.from + (settings.to - settings.from) * (i + shares[i]) / begins.length;
            begins[i] = Math.clamp(Math.round(place * last), 1, last);
        }
        return begins;
    }

    /** The timesteps after some steps down to nothing: [G]. */
    private Tensor after(long[] begins, int steps) {
        long[] times = new long[begins.length];
        for (int i = 0; i < times.length; i++) {
            times[i] = begins[i] * (settings.steps - steps) / settings.steps;
        }
        return Ops.tensor(times, times.length);
    }

    /** The reference canvas in frame 0, where there are photos: [G, f, C, h, w]. */
    private Tensor images(Map<String, Tensor> known, Tensor like) {
        Tensor images = torch.zeros_like(like);
        Tensor canvas = known.get("canvas");
        if (canvas != null) {
            images.select(1, 0).copy_(Ops.scale(canvas.select(0, 0).to(ScalarType.Float), scalingFactor));
        }
        return images;
    }

    private IdentityContext people(Map<String, Tensor> known) {
        Tensor idCond = feature(known, "id_cond").select(0, 0); // [N, d]
        Tensor hidden = feature(known, "vit_hidden").select(0, 0); // [N, 5, P, d]
        List<Tensor> scales = new ArrayList<>();
        for (long scale = 0; scale < hidden.size(1); scale++) {
            scales.add(Ops.cat(0, repeated(hidden.select(1, scale))).to(ScalarType.Float));
        }
        return transformer.prepareEach(Ops.cat(0, repeated(idCond)).to(ScalarType.Float), scales, idCond.size(0));
    }

    private static Tensor aligned(Clip clip) {
        int frames = clip.frames().size();
        float[] values = new float[clip.people().size() * frames * 6];
        Arrays.fill(values, Float.NaN);
        int at = 0;
        for (Clip.Person person : clip.people()) {
            for (int i = 0; i < frames; i++, at += 6) {
                List<Face.Point> landmarks = person.track().get(i).landmarks();
                if (landmarks == null) {
                    continue;
                }
                double[] matrix = FaceAligner.matrix(landmarks);
                for (int k = 0; k < matrix.length; k++) {
                    values[at + k] = (float) matrix[k];
                }
            }
        }
        return Ops.tensor(values, clip.people().size(), frames, 6);
    }

    private static Tensor faces(Clip clip) {
        int frames = clip.frames().size();
        Picture first = clip.frames().getFirst();
        int pixels = first.width() * first.height();
        byte[] values = new byte[frames * pixels];
        for (Clip.Person person : clip.people()) {
            for (int i = 0; i < frames; i++) {
                Mask mask = person.track().get(i).faceMask();
                if (mask != null) {
                    int at = i * pixels;
                    mask.bits().stream().forEach(bit -> values[at + bit] = 1);
                }
            }
        }
        return Ops.tensor(values, frames, first.height(), first.width());
    }
}
