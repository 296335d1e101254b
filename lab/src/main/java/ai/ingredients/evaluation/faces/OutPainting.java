package ai.ingredients.evaluation.faces;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.ReferenceCanvas;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.List;

/**
 * How much a video is its reference canvas with something painted around it, which the paper names as a failure beside copied
 * faces: the correlation of frames with the canvas, both reduced to {@value #WIDTH}x{@value #HEIGHT} pixels of three colours.
 * 1 is the canvas itself, 0 what has nothing in common with it but the size. Faces that happen to stand where the canvas has
 * them give a little: where people stand is not enough, their crops must be there.
 */
public final class OutPainting {
    private static final int WIDTH = 24;
    private static final int HEIGHT = 16;

    private OutPainting() {}

    /**
     * The mean over {@code frames}.
     *
     * @param photos given to the model, one of each person
     */
    public static double index(List<PersonPhoto> photos, List<Picture> frames) {
        double[] canvas = look(ReferenceCanvas.of(photos.stream()
                .map(photo -> FaceAligner.crop(photo.picture(), photo.landmarks()))
                .toList()));
        return frames.stream()
                .mapToDouble(frame -> correlation(look(frame), canvas))
                .average()
                .orElse(Double.NaN);
    }

    /** Values of mean 0 and length 1 in each colour; zeros where a colour is the same all over. */
    private static double[] look(Picture picture) {
        byte[] rgb = Resampling.openCv(picture, WIDTH, HEIGHT, Resampling.OpenCvFilter.AREA)
                .rgb();
        double[] look = new double[rgb.length];
        for (int colour = 0; colour < 3; colour++) {
            double mean = 0;
            for (int i = colour; i < rgb.length; i += 3) {
                mean += (rgb[i] & 0xFF) * 3.0 / rgb.length;
            }
            double squares = 0;
            for (int i = colour; i < rgb.length; i += 3) {
                look[i] = (rgb[i] & 0xFF) - mean;
                squares += look[i] * look[i];
            }
            double scale = squares < 1e-6 ? 0 : 1 / Math.sqrt(squares);
            for (int i = colour; i < rgb.length; i += 3) {
                look[i] *= scale;
            }
        }
        return look;
    }

    private static double correlation(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum / 3;
    }
}
