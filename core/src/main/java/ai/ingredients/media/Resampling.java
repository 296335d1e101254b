package ai.ingredients.media;

import ai.ingredients.tensor.Scope;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.InterpolateFuncOptions;
import org.bytedeco.pytorch.InterpolateMode;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kBicubic;
import org.bytedeco.pytorch.kBilinear;

/**
 * Resizing with the very arithmetic of the three libraries the reference resizes with, which differ from each other by
 * far more than rounding: Pillow (reference canvas, VAE input), torchvision (input of the CLIP tower) and OpenCV (long
 * side of the photos, ArcFace input).
 *
 * <p>Thread-safe.
 */
public final class Resampling {
    /** Bits after the point in Pillow's 8-bit coefficients: 32 minus 8 for the sample minus 2 for overshoot. */
    private static final int PRECISION = 32 - 8 - 2;

    private Resampling() {}

    /** Pillow's kernels, by reach in source pixels. */
    public enum PilFilter {
        /** Triangle. */
        BILINEAR(1),
        /** Cubic with a = −1/2; what {@code Image.resize} uses when nothing is said. */
        BICUBIC(2),
        /** Windowed sinc with three lobes; what diffusers' {@code VaeImageProcessor} uses. */
        LANCZOS(3);

        private final int reach;

        PilFilter(int reach) {
            this.reach = reach;
        }

        private double weight(double x) {
            double distance = Math.abs(x);
            return switch (this) {
                case BILINEAR -> distance < 1 ? 1 - distance : 0;
                case BICUBIC -> cubic(distance);
                case LANCZOS -> x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
            };
        }

        private static double cubic(double x) {
            double a = -0.5;
            if (x < 1) {
                return ((a + 2) * x - (a + 3)) * x * x + 1;
            }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }

        private static double sinc(double x) {
            return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
        }
    }

    /** OpenCV's interpolations that the reference uses. */
    public enum OpenCvFilter {
        NEAREST(opencv_imgproc.INTER_NEAREST),
        LINEAR(opencv_imgproc.INTER_LINEAR),
        CUBIC(opencv_imgproc.INTER_CUBIC),
        AREA(opencv_imgproc.INTER_AREA),
        LANCZOS4(opencv_imgproc.INTER_LANCZOS4);

        private final int code;

        OpenCvFilter(int code) {
            this.code = code;
        }
    }

    /**
     * {@code Image.resize((width, height), filter)} of Pillow, byte for byte: first rows, then columns, 8 bits between.
     */
    public static Picture pil(Picture picture, int width, int height, PilFilter filter) {
        Picture wide = picture.width() == width ? picture : pilHorizontal(picture, width, filter);
        return wide.height() == height ? wide : pilVertical(wide, height, filter);
    }

    /** Which source samples make one target sample, and how much each counts in units of 2^-PRECISION. */
    private record Kernel(int first, int[] weights) {}

    private static Kernel[] kernels(int from, int to, PilFilter filter) {
        double scale = (double) from / to;
        double stretch = Math.max(scale, 1);
        double support = filter.reach * stretch;
        Kernel[] kernels = new Kernel[to];
        for (int i = 0; i < to; i++) {
            double center = (i + 0.5) * scale;
            int first = Math.max((int) (center - support + 0.5), 0);
            int last = Math.min((int) (center + support + 0.5), from);
            double[] exact = new double[last - first];
            double sum = 0;
            for (int j = 0; j < exact.length; j++) {
                exact[j] = filter.weight((j + first - center + 0.5) * (1 / stretch));
                sum += exact[j];
            }
            int[] weights = new int[exact.length];
            for (int j = 0; j < exact.length; j++) {
                double scaled = (sum == 0 ? exact[j] : exact[j] / sum) * (1 << PRECISION);
                weights[j] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
            }
            kernels[i] = new Kernel(first, weights);
        }
        return kernels;
    }

    private static Picture pilHorizontal(Picture picture, int width, PilFilter filter) {
        Kernel[] kernels = kernels(picture.width(), width, filter);
        byte[] in = picture.rgb();
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(width, picture.height()), 3)];
        for (int y = 0, o = 0; y < picture.height(); y++) {
            int row = y * picture.width() * 3;
            for (Kernel kernel : kernels) {
                int start = row + kernel.first() * 3;
                for (int c = 0; c < 3; c++) {
                    out[o++] = weighted(in, start + c, 3, kernel.weights());
                }
            }
        }
        return new Picture(width, picture.height(), out);
    }

    private static Picture pilVertical(Picture picture, int height, PilFilter filter) {
        Kernel[] kernels = kernels(picture.height(), height, filter);
        int stride = picture.width() * 3;
        byte[] in = picture.rgb();
        byte[] out = new byte[Math.multiplyExact(stride, height)];
        int o = 0;
        for (Kernel kernel : kernels) {
            int start = kernel.first() * stride;
            for (int x = 0; x < stride; x++) {
                out[o++] = weighted(in, start + x, stride, kernel.weights());
            }
        }
        return new Picture(picture.width(), height, out);
    }

    private static byte weighted(byte[] samples, int start, int step, int[] weights) {
        int sum = 1 << (PRECISION - 1);
        for (int j = 0, i = start; j < weights.length; j++, i += step) {
            sum += (samples[i] & 0xFF) * weights[j];
        }
        return (byte) Math.clamp(sum >> PRECISION, 0, 255);
    }

    /** {@code cv2.resize(picture, (width, height), interpolation=filter)}. */
    public static Picture openCv(Picture picture, int width, int height, OpenCvFilter filter) {
        try (PointerScope scope = new PointerScope()) {
            return OpenCv.picture(openCv(OpenCv.matrix(picture), width, height, filter));
        }
    }

    /** As {@link #openCv(Picture, int, int, OpenCvFilter)} on a matrix; the result belongs to the innermost scope. */
    static Mat openCv(Mat matrix, int width, int height, OpenCvFilter filter) {
        Mat resized = new Mat();
        opencv_imgproc.resize(matrix, resized, new Size(width, height), 0, 0, filter.code);
        return resized;
    }

    /**
     * torchvision's {@code resize(x, (height, width), BICUBIC)} on floating point: antialiased (a = −1/2), not clamped,
     * so values may leave the range of {@code x}.
     *
     * @param x [B, C, H, W]
     * @return [B, C, height, width]; {@code x} itself when it has that size already
     */
    public static Tensor torchBicubic(Tensor x, long height, long width) {
        return torchAntialiased(x, height, width, new InterpolateMode(new kBicubic()));
    }

    /** As {@link #torchBicubic} with the triangle kernel. */
    public static Tensor torchBilinear(Tensor x, long height, long width) {
        return torchAntialiased(x, height, width, new InterpolateMode(new kBilinear()));
    }

    private static Tensor torchAntialiased(Tensor x, long height, long width, InterpolateMode mode) {
        if (x.size(2) == height && x.size(3) == width) {
            return x;
        }
        return Scope.of(() -> {
            InterpolateFuncOptions options = new InterpolateFuncOptions();
            options.size().put(new LongVector(height, width));
            options.mode().put(mode);
            options.align_corners().put(new BoolOptional(false));
            options.antialias().put(true);
            return torch.interpolate(x, options);
        });
    }
}
