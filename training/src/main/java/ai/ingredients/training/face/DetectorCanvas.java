package ai.ingredients.training.face;

import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.OpenCvFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Puts pictures of any size on a square canvas so that a face gets a size drawn by chance: scaled, sometimes mirrored,
 * shifted, and cut off where they reach beyond it.
 *
 * @param side pixels of the canvas
 * @param smallest pixels of the smallest face's longer side
 * @param largest pixels of the largest
 */
record DetectorCanvas(int side, double smallest, double largest) {
    private static final double MOST_ENLARGED = 4;
    private static final double LEAST_REDUCED = 0.1;

    /** {@code sample} on the canvas, with the faces whose middle lies on it. */
    DetectorSample place(DetectorSample sample, SplittableRandom random) {
        Picture picture = sample.picture();
        double scale;
        double x;
        double y;
        if (sample.faces().isEmpty()) {
            scale = (double) side / picture.longSide() * (0.5 + random.nextDouble());
            x = picture.width() / 2.0;
            y = picture.height() / 2.0;
        } else {
            Face chosen = sample.faces().get(random.nextInt(sample.faces().size()));
            Face.Box box = chosen.box();
            double wanted = smallest * Math.exp(Math.log(largest / smallest) * random.nextDouble());
            double own = Math.max(box.right() - box.left(), box.bottom() - box.top());
            scale = Math.clamp(wanted / own, LEAST_REDUCED, MOST_ENLARGED);
            x = (box.left() + box.right()) / 2.0;
            y = (box.top() + box.bottom()) / 2.0;
        }
        int width = Math.max(1, (int) Math.round(picture.width() * scale));
        int height = Math.max(1, (int) Math.round(picture.height() * scale));
        OpenCvFilter filter =
                scale < 1 ? OpenCvFilter.AREA : random.nextBoolean() ? OpenCvFilter.LINEAR : OpenCvFilter.CUBIC;
        Picture scaled = Resampling.openCv(picture, width, height, filter);
        int left = (int) Math.round(side * (0.2 + 0.6 * random.nextDouble()) - x * scale);
        int top = (int) Math.round(side * (0.2 + 0.6 * random.nextDouble()) - y * scale);
        Picture canvas = paste(scaled, left, top, random);
        List<Face> faces = new ArrayList<>();
        double across = (double) width / picture.width();
        double down = (double) height / picture.height();
        for (Face face : sample.faces()) {
            Face moved = moved(face, across, down, left, top);
            double middleX = (moved.box().left() + moved.box().right()) / 2.0;
            double middleY = (moved.box().top() + moved.box().bottom()) / 2.0;
            if (middleX > 0 && middleX < side && middleY > 0 && middleY < side) {
                faces.add(moved);
            }
        }
        DetectorSample placed = new DetectorSample(canvas, faces);
        return random.nextBoolean() ? mirrored(placed) : placed;
    }

    /** The canvas around the picture is of one colour. */
    private Picture paste(Picture scaled, int left, int top, SplittableRandom random) {
        Picture canvas = Picture.filled(side, side, random.nextInt(256), random.nextInt(256), random.nextInt(256));
        int firstX = Math.max(0, left);
        int lastX = Math.min(side, left + scaled.width());
        for (int y = Math.max(0, top); y < Math.min(side, top + scaled.height()) && firstX < lastX; y++) {
            System.arraycopy(
                    scaled.rgb(),
                    ((y - top) * scaled.width() + firstX - left) * 3,
                    canvas.rgb(),
                    (y * side + firstX) * 3,
                    (lastX - firstX) * 3);
        }
        return canvas;
    }

    /** Pixel centres lie at whole numbers, so the edge at −½ is what scaling leaves in place; boxes are of edges. */
    private static Face moved(Face face, double across, double down, int left, int top) {
        Face.Box box = face.box();
        Face.Box movedBox = new Face.Box(
                (float) (box.left() * across + left),
                (float) (box.top() * down + top),
                (float) (box.right() * across + left),
                (float) (box.bottom() * down + top));
        List<Face.Point> landmarks = face.landmarks().stream()
                .map(point ->
                        new Face.Point((point.x() + 0.5) * across - 0.5 + left, (point.y() + 0.5) * down - 0.5 + top))
                .toList();
        return new Face(movedBox, face.score(), landmarks);
    }

    /** The whole picture {@code factor} times as large. */
    static DetectorSample scaled(DetectorSample sample, int factor) {
        Picture picture = sample.picture();
        Picture large =
                Resampling.openCv(picture, picture.width() * factor, picture.height() * factor, OpenCvFilter.CUBIC);
        return new DetectorSample(
                large,
                sample.faces().stream()
                        .map(face -> moved(face, factor, factor, 0, 0))
                        .toList());
    }

    /** Left and right changed; the left eye is the other one then, and so is the corner of the mouth. */
    static DetectorSample mirrored(DetectorSample sample) {
        Picture picture = sample.picture();
        int width = picture.width();
        byte[] rgb = picture.rgb();
        byte[] turned = new byte[rgb.length];
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < width; x++) {
                System.arraycopy(rgb, (y * width + x) * 3, turned, (y * width + width - 1 - x) * 3, 3);
            }
        }
        List<Face> faces = sample.faces().stream()
                .map(face -> {
                    List<Face.Point> points = face.landmarks().stream()
                            .map(point -> new Face.Point(width - 1 - point.x(), point.y()))
                            .toList();
                    Face.Box box = face.box();
                    return new Face(
                            new Face.Box(width - box.right(), box.top(), width - box.left(), box.bottom()),
                            face.score(),
                            List.of(points.get(1), points.get(0), points.get(2), points.get(4), points.get(3)));
                })
                .toList();
        return new DetectorSample(new Picture(width, picture.height(), turned), faces);
    }
}
