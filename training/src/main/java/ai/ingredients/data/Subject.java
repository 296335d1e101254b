package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One person, for who learns that person: photos and clips, all at the size of a model's videos.
 *
 * @param noun the word prompts would use for somebody like that, such as {@code woman}
 * @param samples photos, then clips; at least one
 */
public record Subject(String noun, List<Sample> samples) {
    /** What somebody is called of whom nothing is known. */
    public static final String PERSON = "person";

    /**
     * A photo or a clip.
     *
     * @param id for messages
     * @param caption what it shows; none of a photo
     * @param frames reads it: one frame of a photo, several of a clip
     */
    public record Sample(String id, @Nullable String caption, Supplier<List<Picture>> frames) {}

    public Subject {
        samples = List.copyOf(samples);
        if (samples.isEmpty()) {
            throw new InvalidInputException(
                    "there is no photo and no clip to learn from; ask for at least one of either");
        }
    }

    /**
     * A picture in the size of a video, as frames of data sets are fitted: resized until it just covers the size, then
     * cut. Where the face is known the cut has it in the middle, as far as the picture reaches; otherwise its own middle.
     */
    public static Picture fit(Picture picture, int width, int height, @Nullable List<Face.Point> landmarks) {
        double scale = Math.max((double) width / picture.width(), (double) height / picture.height());
        int wide = Math.max(width, (int) Math.round(picture.width() * scale));
        int high = Math.max(height, (int) Math.round(picture.height() * scale));
        double x = landmarks == null
                ? picture.width() / 2.0
                : mean(landmarks.stream().mapToDouble(Face.Point::x).toArray());
        double y = landmarks == null
                ? picture.height() / 2.0
                : mean(landmarks.stream().mapToDouble(Face.Point::y).toArray());
        int left = Math.clamp((int) Math.floor(x * wide / picture.width() - width / 2.0), 0, wide - width);
        int top = Math.clamp((int) Math.floor(y * high / picture.height() - height / 2.0), 0, high - height);
        byte[] resized = Resampling.pil(picture, wide, high, Resampling.PilFilter.BICUBIC)
                .rgb();
        byte[] rgb = new byte[width * height * 3];
        for (int row = 0; row < height; row++) {
            System.arraycopy(resized, ((top + row) * wide + left) * 3, rgb, row * width * 3, width * 3);
        }
        return new Picture(width, height, rgb);
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
