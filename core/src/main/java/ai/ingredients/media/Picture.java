package ai.ingredients.media;

import ai.ingredients.tensor.Ops;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A photo or a video frame on the Java heap: sRGB, eight unsigned bits a channel.
 *
 * <p>The bytes are shared, not copied: who makes a picture gives the array away, and nobody writes into {@link #rgb} of a
 * picture that others hold. Two pictures are equal when their size and pixels are.
 *
 * @param width pixels, at least 1
 * @param height pixels, at least 1
 * @param rgb {@code height · width · 3} bytes, row by row from the top left, R G B interleaved
 */
public record Picture(int width, int height, byte[] rgb) {
    /** @throws IllegalArgumentException when the array does not hold {@code height · width · 3} bytes */
    public Picture {
        if (width < 1 || height < 1 || rgb.length != Math.multiplyExact(Math.multiplyExact(width, height), 3)) {
            throw new IllegalArgumentException(
                    rgb.length + " bytes are no picture of " + width + "x" + height + " pixels with 3 bytes each");
        }
    }

    /** A picture of one colour, each channel 0 to 255. */
    public static Picture filled(int width, int height, int red, int green, int blue) {
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) red;
            rgb[i + 1] = (byte) green;
            rgb[i + 2] = (byte) blue;
        }
        return new Picture(width, height, rgb);
    }

    /** What was drawn on {@code image}, of type {@link BufferedImage#TYPE_INT_RGB}. */
    public static Picture of(BufferedImage image) {
        if (!(image.getRaster().getDataBuffer() instanceof DataBufferInt buffer)) {
            throw new IllegalArgumentException("an image of TYPE_INT_RGB expected");
        }
        int[] pixels = buffer.getData(); // getRGB would ask for each
        byte[] rgb = new byte[3 * pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            rgb[3 * i] = (byte) (pixels[i] >> 16);
            rgb[3 * i + 1] = (byte) (pixels[i] >> 8);
            rgb[3 * i + 2] = (byte) pixels[i];
        }
        return new Picture(image.getWidth(), image.getHeight(), rgb);
    }

    /** A copy of any {@code image}, in sRGB; gray is repeated and transparency dropped, as {@link PictureReader} does. */
    public static Picture copyOf(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        if (image.getType() == BufferedImage.TYPE_BYTE_GRAY) { // whose values getRGB would take for linear light
            int[] gray = image.getRaster().getSamples(0, 0, width, height, 0, (int[]) null);
            for (int i = 0; i < gray.length; i++) {
                Arrays.fill(rgb, 3 * i, 3 * i + 3, (byte) gray[i]);
            }
            return new Picture(width, height, rgb);
        }
        int[] pixels = image.getRGB(0, 0, width, height, null, 0, width);
        for (int i = 0; i < pixels.length; i++) {
            rgb[3 * i] = (byte) (pixels[i] >> 16);
            rgb[3 * i + 1] = (byte) (pixels[i] >> 8);
            rgb[3 * i + 2] = (byte) pixels[i];
        }
        return new Picture(width, height, rgb);
    }

    /** A copy as an image of {@link BufferedImage#TYPE_INT_RGB}. */
    public BufferedImage image() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] pixels = new int[width * height];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (rgb[3 * i] & 255) << 16 | (rgb[3 * i + 1] & 255) << 8 | rgb[3 * i + 2] & 255;
        }
        image.setRGB(0, 0, width, height, pixels, 0, width);
        return image;
    }

    /**
     * The pictures of a uint8 tensor on any device: {@code [H, W, 3]}, {@code [3, H, W]}, {@code [F, H, W, 3]} or
     * {@code [F, 3, H, W]}. A last dimension of 3 is read as channels.
     *
     * @throws IllegalArgumentException for another shape or dtype; scale floats to 0..255 and convert them first
     */
    public static List<Picture> of(Tensor frames) {
        long[] shape = Ops.shape(frames);
        int rank = shape.length;
        if (frames.scalar_type().intern() != ScalarType.Byte
                || (rank != 3 && rank != 4)
                || (shape[rank - 1] != 3 && shape[rank - 3] != 3)) {
            throw new IllegalArgumentException("frames are uint8 of [H, W, 3], [3, H, W], [F, H, W, 3] or [F, 3, H, W],"
                    + " not " + frames.scalar_type().intern() + " of " + Arrays.toString(shape));
        }
        if (rank == 3) {
            try (Tensor batch = frames.unsqueeze(0)) {
                return of(batch);
            }
        }
        boolean channelsLast = shape[3] == 3;
        int height = Math.toIntExact(channelsLast ? shape[1] : shape[2]);
        int width = Math.toIntExact(channelsLast ? shape[2] : shape[3]);
        List<Picture> list = new ArrayList<>();
        for (long i = 0; i < shape[0]; i++) {
            try (Tensor picked = frames.select(0, i);
                    Tensor rows = channelsLast ? picked.detach() : picked.permute(1, 2, 0)) { // [H, W, 3]
                list.add(new Picture(width, height, Ops.bytes(rows)));
            }
        }
        return list;
    }

    /** This picture as a uint8 CPU tensor {@code [H, W, 3]}, owned by the innermost scope. */
    public Tensor tensor() {
        return Ops.tensor(rgb, height, width, 3);
    }

    /**
     * Pictures of one size as a uint8 CPU tensor {@code [F, H, W, 3]}, owned by the innermost scope.
     *
     * @throws IllegalArgumentException when the list is empty or the sizes differ
     */
    public static Tensor stack(List<Picture> frames) {
        Picture first = sameSize(frames);
        Tensor stacked = torch.empty(
                new long[] {frames.size(), first.height, first.width, 3},
                new TensorOptions(ScalarType.Byte),
                new org.bytedeco.pytorch.MemoryFormatOptional());
        BytePointer bytes = new BytePointer(stacked.data_ptr());
        for (int i = 0; i < frames.size(); i++) {
            bytes.position((long) i * first.rgb.length).put(frames.get(i).rgb);
        }
        return stacked;
    }

    /**
     * The first of {@code frames}, after checking that there is one and that all have its size.
     *
     * @throws IllegalArgumentException when the list is empty or the sizes differ
     */
    public static Picture sameSize(List<Picture> frames) {
        if (frames.isEmpty()) {
            throw new IllegalArgumentException("no frames given");
        }
        Picture first = frames.getFirst();
        for (Picture frame : frames) {
            if (frame.width != first.width || frame.height != first.height) {
                throw new IllegalArgumentException(
                        "frames of one size expected, found " + first.size() + " and " + frame.size());
            }
        }
        return first;
    }

    /** Pixels of the longer side. */
    public int longSide() {
        return Math.max(width, height);
    }

    /** {@code "720x480"}, for messages. */
    String size() {
        return width + "x" + height;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Picture that
                && width == that.width
                && height == that.height
                && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(rgb);
    }

    /** The size, for instance {@code 720x480 picture}. */
    @Override
    public String toString() {
        return size() + " picture";
    }
}
