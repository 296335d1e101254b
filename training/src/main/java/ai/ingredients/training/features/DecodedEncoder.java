package ai.ingredients.training.features;

import ai.ingredients.data.Clip;
import ai.ingredients.face.Face;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.training.loop.ClipTensors;
import ai.ingredients.vae.VideoVae;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A clip as a model shows it, with the truth about its faces: encoded, perhaps made noisy and cleaned by the transformer as
 * {@link GuessEncoder} does, and decoded. Features, N people, F frames:
 *
 * <pre>
 *   latents     [f, C, h, w]    what was decoded, not scaled                              fp16
 *   frames      [F, H, W, 3]    what came out                                             uint8
 *   boxes       [N, F, 4]       left, top, right, bottom; NaN where no face is            fp32
 *   landmarks   [N, F, 10]      x and y of five points; NaN where they are not known      fp32
 * </pre>
 */
public final class DecodedEncoder implements FeatureCache.Encoder {
    private static final int BOX = 4;
    private static final int POINTS = 2 * Face.LANDMARKS;

    private final VideoVae vae;
    private final @Nullable GuessEncoder guesses;
    private final Compute compute;
    private final String key;

    /**
     * @param vae encodes and decodes; stays the caller's
     * @param guesses how the transformer changes latents in between, of which the first guess is decoded; null for the
     *     autoencoder alone
     * @param key identifies the weights of all models
     */
    public DecodedEncoder(VideoVae vae, @Nullable GuessEncoder guesses, Compute compute, String key) {
        this.vae = vae;
        this.guesses = guesses;
        this.compute = compute;
        this.key = key;
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Map<String, Tensor> encode(Clip clip) {
        Tensor latents = guesses == null ? encoded(clip) : guessed(clip, guesses); // [f, C, h, w]
        Tensor decoded = vae.decode(
                compute.place(latents.permute(1, 0, 2, 3).unsqueeze(0).contiguous()));
        Map<String, Tensor> features = new LinkedHashMap<>();
        features.put("latents", latents);
        features.put("frames", ClipTensors.bytes(decoded));
        if (!clip.people().isEmpty()) {
            truth(clip, features);
        }
        return features;
    }

    private Tensor encoded(Clip clip) {
        return vae.encode(ClipTensors.videos(List.of(clip.frames()), compute))
                .mode()
                .select(0, 0)
                .permute(1, 0, 2, 3)
                .to(ScalarType.Half)
                .contiguous();
    }

    private static Tensor guessed(Clip clip, GuessEncoder encoder) {
        return Objects.requireNonNull(encoder.encode(clip).get("guesses"), "guesses")
                .select(0, 0)
                .contiguous();
    }

    private static void truth(Clip clip, Map<String, Tensor> features) {
        int people = clip.people().size();
        int frames = clip.frames().size();
        float[] boxes = new float[people * frames * BOX];
        float[] landmarks = new float[people * frames * POINTS];
        Arrays.fill(boxes, Float.NaN);
        Arrays.fill(landmarks, Float.NaN);
        for (int n = 0; n < people; n++) {
            for (int f = 0; f < frames; f++) {
                Clip.Seen seen = clip.people().get(n).track().get(f);
                int at = n * frames + f;
                Face.Box box = seen.faceBox();
                if (box != null) {
                    float[] edges = {box.left(), box.top(), box.right(), box.bottom()};
                    System.arraycopy(edges, 0, boxes, at * BOX, BOX);
                }
                List<Face.Point> points = seen.landmarks();
                for (int i = 0; points != null && i < points.size(); i++) {
                    landmarks[at * POINTS + 2 * i] = (float) points.get(i).x();
                    landmarks[at * POINTS + 2 * i + 1] = (float) points.get(i).y();
                }
            }
        }
        features.put("boxes", Ops.tensor(boxes, people, frames, BOX));
        features.put("landmarks", Ops.tensor(landmarks, people, frames, POINTS));
    }
}
