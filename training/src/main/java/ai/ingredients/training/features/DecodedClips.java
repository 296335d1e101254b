package ai.ingredients.training.features;

import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Clips as a model shows them, out of a cache of a {@link DecodedEncoder}: for networks that look at a model's videos and
 * would otherwise have seen nothing but drawings.
 *
 * <p>Closes the cache with itself.
 */
public final class DecodedClips implements AutoCloseable {
    private final FeatureCache cache;

    public DecodedClips(FeatureCache cache) {
        this.cache = cache;
    }

    /** Numbers of the clips, as their source counts them, rising. */
    public List<Long> clips() {
        return cache.clips();
    }

    /** All frames of clip {@code clip}. */
    public List<Picture> frames(long clip) {
        try (Scope scope = Scope.inference()) {
            return Picture.of(cache.get(clip, "frames"));
        }
    }

    /** How many frames clip {@code clip} has. */
    public int length(long clip) {
        try (Scope scope = Scope.inference()) {
            return Math.toIntExact(cache.get(clip, "frames").size(0));
        }
    }

    /** Frame {@code frame} of clip {@code clip}. */
    public Picture frame(long clip, int frame) {
        try (Scope scope = Scope.inference()) {
            return Picture.of(cache.get(clip, "frames").narrow(0, frame, 1)).getFirst();
        }
    }

    /** Where the truth has faces in that frame; those without points are left out. */
    public List<Face> faces(long clip, int frame) {
        List<Face> faces = new ArrayList<>();
        if (!cache.has(clip, "boxes")) {
            return faces;
        }
        try (Scope scope = Scope.inference()) {
            Tensor boxes = cache.get(clip, "boxes").select(1, frame); // [N, 4]
            Tensor landmarks = cache.get(clip, "landmarks").select(1, frame); // [N, 10]
            for (long n = 0; n < boxes.size(0); n++) {
                float[] box = Ops.floats(boxes.select(0, n));
                float[] points = Ops.floats(landmarks.select(0, n));
                if (!Float.isNaN(box[0]) && !Float.isNaN(points[0])) {
                    faces.add(new Face(new Face.Box(box[0], box[1], box[2], box[3]), 1, points(points)));
                }
            }
        }
        return faces;
    }

    private static List<Face.Point> points(float[] values) {
        List<Face.Point> points = new ArrayList<>();
        for (int i = 0; i < values.length; i += 2) {
            points.add(new Face.Point(values[i], values[i + 1]));
        }
        return points;
    }

    @Override
    public void close() {
        cache.close();
    }
}
