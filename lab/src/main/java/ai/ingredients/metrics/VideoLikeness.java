package ai.ingredients.metrics;

import ai.ingredients.media.Picture;
import java.util.List;

/**
 * How much a video looks like another of the same size, frame by frame: PSNR and SSIM as the papers of cached and shortened
 * sampling report them.
 *
 * <p>Source: Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004.
 *
 * @param psnr mean over the frames, in decibels of 255; {@link #SAME} for a frame without any difference
 * @param ssim mean over frames and colours, at most 1; Gaussian window of 11 pixels with deviation 1.5, where it lies whole
 *     inside the frame
 */
public record VideoLikeness(double psnr, double ssim) {
    /** Decibels of equal frames, for which PSNR is infinite. */
    public static final double SAME = 100;

    private static final int WINDOW = 11;
    private static final double DEVIATION = 1.5;
    private static final double C1 = Math.pow(0.01 * 255, 2);
    private static final double C2 = Math.pow(0.03 * 255, 2);

    /**
     * Of {@code frames} to {@code plain}.
     *
     * @throws IllegalArgumentException when they are not equally many and large, or smaller than the window
     */
    public static VideoLikeness of(List<Picture> frames, List<Picture> plain) {
        if (frames.isEmpty() || frames.size() != plain.size()) {
            throw new IllegalArgumentException(frames.size() + " frames and " + plain.size());
        }
        double psnr = 0;
        double ssim = 0;
        for (int i = 0; i < frames.size(); i++) {
            Picture one = frames.get(i);
            Picture other = plain.get(i);
            if (one.width() != other.width()
                    || one.height() != other.height()
                    || Math.min(one.width(), one.height()) < WINDOW) {
                throw new IllegalArgumentException("frames of " + one.width() + "x" + one.height() + " and "
                        + other.width() + "x" + other.height() + "; both must have one size of at least " + WINDOW);
            }
            psnr += psnr(one, other);
            for (int colour = 0; colour < 3; colour++) {
                ssim += ssim(plane(one, colour), plane(other, colour), one.width());
            }
        }
        return new VideoLikeness(psnr / frames.size(), ssim / (3 * frames.size()));
    }

    private static double psnr(Picture one, Picture other) {
        long sum = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            int difference = (one.rgb()[i] & 0xff) - (other.rgb()[i] & 0xff);
            sum += (long) difference * difference;
        }
        return sum == 0 ? SAME : Math.min(SAME, 10 * Math.log10(255.0 * 255 * one.rgb().length / sum));
    }

    private static double[] plane(Picture picture, int colour) {
        double[] plane = new double[picture.width() * picture.height()];
        for (int i = 0; i < plane.length; i++) {
            plane[i] = picture.rgb()[3 * i + colour] & 0xff;
        }
        return plane;
    }

    private static double ssim(double[] x, double[] y, int width) {
        double[] meanX = blurred(x, width);
        double[] meanY = blurred(y, width);
        double[] squareX = blurred(product(x, x), width);
        double[] squareY = blurred(product(y, y), width);
        double[] both = blurred(product(x, y), width);
        double sum = 0;
        for (int i = 0; i < meanX.length; i++) {
            double means = meanX[i] * meanY[i];
            double powers = meanX[i] * meanX[i] + meanY[i] * meanY[i];
            double variances = squareX[i] + squareY[i] - powers;
            sum += (2 * means + C1) * (2 * (both[i] - means) + C2) / ((powers + C1) * (variances + C2));
        }
        return sum / meanX.length;
    }

    private static double[] product(double[] x, double[] y) {
        double[] product = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            product[i] = x[i] * y[i];
        }
        return product;
    }

    /** The weighted mean of each window inside: [H · W] → [(H − 10) · (W − 10)]. */
    private static double[] blurred(double[] plane, int width) {
        double[] weights = weights();
        int height = plane.length / width;
        int narrow = width - WINDOW + 1;
        double[] rows = new double[height * narrow];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < narrow; x++) {
                for (int k = 0; k < WINDOW; k++) {
                    rows[y * narrow + x] += weights[k] * plane[y * width + x + k];
                }
            }
        }
        double[] result = new double[(height - WINDOW + 1) * narrow];
        for (int i = 0; i < result.length; i++) {
            for (int k = 0; k < WINDOW; k++) {
                result[i] += weights[k] * rows[i + k * narrow];
            }
        }
        return result;
    }

    private static double[] weights() {
        double[] weights = new double[WINDOW];
        double sum = 0;
        for (int k = 0; k < WINDOW; k++) {
            double from = k - (WINDOW - 1) / 2.0;
            weights[k] = Math.exp(-from * from / (2 * DEVIATION * DEVIATION));
            sum += weights[k];
        }
        for (int k = 0; k < WINDOW; k++) {
            weights[k] /= sum;
        }
        return weights;
    }
}
