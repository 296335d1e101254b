package ai.ingredients.cast;

import ai.ingredients.data.Mask;
import ai.ingredients.media.Picture;
import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * One picture being drawn, and whose pixels are whose.
 *
 * <p>Shapes go to the topmost layer; {@link #pop} lays it over the one below. A layer laid over the picture itself says
 * who owns the pixels it covers more than half of, so masks know who stands in front and agree with what is seen. Not
 * thread-safe; a copy per frame.
 */
final class Ink {
    /** Nobody's pixels: the scene. */
    static final byte SCENE = 0;

    private static final int HALF = 128;

    private final int width;
    private final int height;
    private final List<Layer> layers = new ArrayList<>();
    private final byte[] owners;
    private int top;
    private AffineTransform transform = new AffineTransform();
    private Light light = Light.PLAIN;

    /**
     * What light does to colours.
     *
     * @param tint colour of white paper
     * @param share how much of it is seen, 0 to 1
     */
    record Light(int tint, double share) {
        static final Light PLAIN = new Light(0xffffff, 0);

        int on(int rgb) {
            if (share == 0) {
                return rgb;
            }
            int lit = Colours.of(
                    Colours.red(rgb) * Colours.red(tint) / 255.0,
                    Colours.green(rgb) * Colours.green(tint) / 255.0,
                    Colours.blue(rgb) * Colours.blue(tint) / 255.0);
            return Colours.blend(rgb, lit, share);
        }
    }

    private static final class Layer {
        private final BufferedImage image;
        private final int[] pixels; // premultiplied ARGB
        private final Graphics2D pen;
        private int left;
        private int right;
        private int upper;
        private int lower;

        Layer(int width, int height) {
            image = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB_PRE);
            pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
            pen = image.createGraphics();
            pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            pen.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            empty();
        }

        private void empty() {
            left = Integer.MAX_VALUE;
            upper = Integer.MAX_VALUE;
            right = 0;
            lower = 0;
        }
    }

    Ink(int width, int height) {
        this.width = width;
        this.height = height;
        this.owners = new byte[width * height];
        layers.add(new Layer(width, height));
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Everything drawn from now on goes through {@code transform}. */
    void transform(AffineTransform transform) {
        this.transform = transform;
    }

    AffineTransform transform() {
        return transform;
    }

    void light(Light light) {
        this.light = light;
    }

    /** Starts again with the picture {@code background} holds and no people. */
    void restart(int[] background) {
        System.arraycopy(background, 0, layers.getFirst().pixels, 0, background.length);
        Arrays.fill(owners, SCENE);
    }

    int[] pixels() {
        return layers.getFirst().pixels.clone();
    }

    /** Fills the whole picture with a course of colours from {@code upper} to {@code lower}. */
    void backdrop(int upper, int lower) {
        int[] pixels = layers.getFirst().pixels;
        for (int y = 0; y < height; y++) {
            int rgb = light.on(Colours.blend(upper, lower, (y + 0.5) / height));
            Arrays.fill(pixels, y * width, (y + 1) * width, 0xff000000 | rgb);
        }
    }

    /** A new layer on top. */
    void push() {
        top++;
        if (top == layers.size()) {
            layers.add(new Layer(width, height));
        }
    }

    /** Lays the topmost layer over the one below. */
    void pop() {
        pop(SCENE);
    }

    /** As {@link #pop()}; what it covers of the picture belongs to {@code owner}. */
    void pop(byte owner) {
        Layer source = layers.get(top);
        top--;
        Layer target = layers.get(top);
        int[] from = source.pixels;
        int[] to = target.pixels;
        for (int y = source.upper; y < source.lower; y++) {
            for (int at = y * width + source.left; at < y * width + source.right; at++) {
                int pixel = from[at];
                int alpha = pixel >>> 24;
                if (alpha != 0) {
                    to[at] = alpha == 255 ? pixel : over(pixel, alpha, to[at]);
                    if (top == 0 && alpha >= HALF) {
                        owners[at] = owner;
                    }
                    from[at] = 0;
                }
            }
        }
        cover(target, source.left, source.upper, source.right, source.lower);
        source.empty();
    }

    private static int over(int pixel, int alpha, int below) {
        int rest = 255 - alpha;
        int sum = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            int channel = (pixel >>> shift & 0xff) + ((below >>> shift & 0xff) * rest + 127) / 255;
            sum |= Math.min(channel, 255) << shift;
        }
        return sum;
    }

    private void cover(Layer layer, int left, int upper, int right, int lower) {
        layer.left = Math.clamp(left, 0, layer.left);
        layer.upper = Math.clamp(upper, 0, layer.upper);
        layer.right = Math.clamp(right, layer.right, width);
        layer.lower = Math.clamp(lower, layer.lower, height);
    }

    void fill(Shape shape, int rgb) {
        fill(shape, rgb, 1);
    }

    void fill(Shape shape, int rgb, double opacity) {
        paint(transform.createTransformedShape(shape), rgb, opacity, false);
    }

    /** Fills only what the layer already covers: shadows and highlights on what lies there. */
    void shade(Shape shape, int rgb, double opacity) {
        paint(transform.createTransformedShape(shape), rgb, opacity, true);
    }

    /** Draws a line of {@code width}, in the units of the transform, with round ends. */
    void stroke(Shape shape, double width, int rgb) {
        stroke(shape, width, rgb, 1);
    }

    void stroke(Shape shape, double width, int rgb, double opacity) {
        double scale = Math.sqrt(Math.abs(transform.getDeterminant()));
        BasicStroke stroke = new BasicStroke((float) (width * scale), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
        paint(stroke.createStrokedShape(transform.createTransformedShape(shape)), rgb, opacity, false);
    }

    private void paint(Shape device, int rgb, double opacity, boolean onlyWhereCovered) {
        Layer layer = layers.get(top);
        Rectangle2D bounds = device.getBounds2D();
        int left = (int) Math.floor(bounds.getMinX()) - 1;
        int upper = (int) Math.floor(bounds.getMinY()) - 1;
        int right = (int) Math.ceil(bounds.getMaxX()) + 1;
        int lower = (int) Math.ceil(bounds.getMaxY()) + 1;
        if (right <= 0 || lower <= 0 || left >= width || upper >= height) {
            return;
        }
        int alpha = (int) Math.round(opacity * 255);
        layer.pen.setComposite(onlyWhereCovered ? AlphaComposite.SrcAtop : AlphaComposite.SrcOver);
        layer.pen.setColor(new Color(alpha << 24 | light.on(rgb), true));
        layer.pen.fill(device);
        cover(layer, Math.max(0, left), Math.max(0, upper), right, lower);
    }

    /** What was drawn. */
    Picture picture() {
        int[] pixels = layers.getFirst().pixels;
        byte[] rgb = new byte[pixels.length * 3];
        for (int i = 0; i < pixels.length; i++) {
            rgb[3 * i] = (byte) (pixels[i] >> 16);
            rgb[3 * i + 1] = (byte) (pixels[i] >> 8);
            rgb[3 * i + 2] = (byte) pixels[i];
        }
        return new Picture(width, height, rgb);
    }

    /** Pixels of one of {@code ownersWanted}. */
    Mask mask(byte... ownersWanted) {
        BitSet bits = new BitSet(owners.length);
        for (int i = 0; i < owners.length; i++) {
            for (byte owner : ownersWanted) {
                if (owners[i] == owner) {
                    bits.set(i);
                }
            }
        }
        return new Mask(width, height, bits);
    }

    /** Frees what Java2D holds. */
    void dispose() {
        layers.forEach(layer -> layer.pen.dispose());
    }
}
