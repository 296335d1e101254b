package ai.ingredients.face;

import java.util.List;

/**
 * A face found in a photo, in pixels of that photo.
 *
 * @param box its frame; may reach beyond the photo
 * @param score confidence, 0 to 1
 * @param landmarks left eye, right eye, tip of the nose, left and right corner of the mouth, as seen in the photo
 */
public record Face(Box box, float score, List<Point> landmarks) {
    /** How many landmarks a face has. */
    public static final int LANDMARKS = 5;

    public Face {
        landmarks = List.copyOf(landmarks);
        if (landmarks.size() != LANDMARKS) {
            throw new IllegalArgumentException("a face has 5 landmarks, not " + landmarks.size());
        }
    }

    /** A point; pixel (0, 0) is the centre of the top left pixel. */
    public record Point(double x, double y) {}

    /** A rectangle by its edges. */
    public record Box(float left, float top, float right, float bottom) {
        /**
         * Its area within a picture of {@code width} x {@code height} pixels: what decides which face is the largest.
         */
        public double areaWithin(int width, int height) {
            double across = Math.clamp(right, 0, width) - (double) Math.clamp(left, 0, width);
            double down = Math.clamp(bottom, 0, height) - (double) Math.clamp(top, 0, height);
            return across * down;
        }
    }
}
