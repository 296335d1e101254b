package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.OpenCvFilter;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * What may happen to the pixels of a picture on its way through a video model: it is seen small, blurred, with other
 * light and colours, noisy, or through a lossy codec. Networks that shall know faces in generated video learn to look
 * through it.
 *
 * @param smallShare how often a picture is reduced and enlarged again
 * @param smallest pixels of the longer side at the strongest reduction
 * @param colour strength of changes of brightness, contrast, saturation and tint; 0 for none, 1 for strong
 * @param noise largest standard deviation of noise, in steps of 1/255
 * @param jpegShare how often it goes through JPEG
 */
record Photometry(double smallShare, int smallest, double colour, double noise, double jpegShare) {
    /** For faces that must be known in generated frames. */
    static final Photometry STRONG = new Photometry(0.7, 16, 0.5, 12, 0.15);
    /** For photos and drawn frames. */
    static final Photometry MILD = new Photometry(0.3, 48, 0.3, 6, 0.1);

    private static final double LEAST_QUALITY = 0.25;
    private static final List<OpenCvFilter> ENLARGING =
            List.of(OpenCvFilter.LINEAR, OpenCvFilter.CUBIC, OpenCvFilter.LANCZOS4);

    Photometry {
        if (!(smallShare >= 0 && smallShare <= 1 && jpegShare >= 0 && jpegShare <= 1)) {
            throw new InvalidInputException(
                    "shares are " + smallShare + " and " + jpegShare + "; expected between 0 and 1");
        }
        if (smallest < 4 || !(colour >= 0 && colour <= 1) || !(noise >= 0)) {
            throw new InvalidInputException("smallest is " + smallest + ", colour " + colour + " and noise " + noise
                    + "; expected at least 4 pixels, a strength up to 1, and no negative noise");
        }
    }

    /** {@code picture} after something happened to it, in its size. */
    Picture apply(Picture picture, SplittableRandom random) {
        Picture seen = picture;
        if (random.nextDouble() < smallShare && picture.longSide() > smallest) {
            seen = reducedAndEnlarged(seen, random);
        }
        if (random.nextDouble() < jpegShare) {
            seen = compressed(seen, LEAST_QUALITY + random.nextDouble() * (0.9 - LEAST_QUALITY));
        }
        return coloured(seen, random);
    }

    /** As small as {@link #smallest} pixels or anything up to its size, then back: the blur of a small frame. */
    private Picture reducedAndEnlarged(Picture picture, SplittableRandom random) {
        double least = (double) smallest / picture.longSide();
        double scale = Math.exp(Math.log(least) * random.nextDouble());
        int width = Math.max(2, (int) Math.round(picture.width() * scale));
        int height = Math.max(2, (int) Math.round(picture.height() * scale));
        Picture small = Resampling.openCv(
                picture, width, height, random.nextInt(4) == 0 ? OpenCvFilter.LINEAR : OpenCvFilter.AREA);
        OpenCvFilter back = ENLARGING.get(random.nextInt(ENLARGING.size()));
        return Resampling.openCv(small, picture.width(), picture.height(), back);
    }

    private static Picture compressed(Picture picture, double quality) {
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        byte[] rgb = picture.rgb();
        int[] packed = new int[rgb.length / 3];
        for (int i = 0; i < packed.length; i++) {
            packed[i] = (rgb[3 * i] & 0xFF) << 16 | (rgb[3 * i + 1] & 0xFF) << 8 | rgb[3 * i + 2] & 0xFF;
        }
        image.setRGB(0, 0, picture.width(), picture.height(), packed, 0, picture.width());
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam settings = writer.getDefaultWriteParam();
            settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            settings.setCompressionQuality((float) quality);
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image, null, null), settings);
            stream.flush();
            BufferedImage read = ImageIO.read(new ByteArrayInputStream(bytes.toByteArray()));
            read.getRGB(0, 0, picture.width(), picture.height(), packed, 0, picture.width());
        } catch (IOException e) {
            throw new OperationFailedException("a picture could not be compressed in memory", e);
        } finally {
            writer.dispose();
        }
        byte[] lossy = new byte[rgb.length];
        for (int i = 0; i < packed.length; i++) {
            lossy[3 * i] = (byte) (packed[i] >> 16);
            lossy[3 * i + 1] = (byte) (packed[i] >> 8);
            lossy[3 * i + 2] = (byte) packed[i];
        }
        return new Picture(picture.width(), picture.height(), lossy);
    }

    /** Saturation, contrast, brightness and tint in one pass, and noise. */
    private Picture coloured(Picture picture, SplittableRandom random) {
        double saturation = 1 + colour * around(random);
        double contrast = 1 + 0.6 * colour * around(random);
        double brightness = 80 * colour * around(random);
        double[] tint = new double[3];
        for (int c = 0; c < 3; c++) {
            tint[c] = 1 + 0.25 * colour * around(random);
        }
        double deviation = noise * random.nextDouble() * random.nextDouble();
        byte[] rgb = picture.rgb();
        byte[] changed = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i += 3) {
            double gray = 0.299 * (rgb[i] & 0xFF) + 0.587 * (rgb[i + 1] & 0xFF) + 0.114 * (rgb[i + 2] & 0xFF);
            for (int c = 0; c < 3; c++) {
                double value = gray + ((rgb[i + c] & 0xFF) - gray) * saturation;
                value = ((value - 128) * contrast + 128 + brightness) * tint[c];
                if (deviation > 0.5) {
                    value += deviation * normalish(random);
                }
                changed[i + c] = (byte) Math.clamp(Math.round(value), 0, 255);
            }
        }
        return new Picture(picture.width(), picture.height(), changed);
    }

    /** In [−1, 1], near 0 more often. */
    private static double around(SplittableRandom random) {
        double up = random.nextDouble();
        return up - random.nextDouble();
    }

    /** About standard normal: the sum of four bytes of one draw, which is all that noise in a picture needs. */
    private static double normalish(SplittableRandom random) {
        int bits = random.nextInt();
        int sum = (bits & 0xFF) + (bits >> 8 & 0xFF) + (bits >> 16 & 0xFF) + (bits >>> 24);
        return (sum - 510) / 147.8;
    }
}
