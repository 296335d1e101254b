package ai.ingredients.inspection;

import ai.ingredients.OperationFailedException;
import ai.ingredients.media.Picture;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.List;

/** A white sheet to put pictures, colours and words on. Not thread-safe. */
public final class Drawing {
    /** Sizes and weights of letters. */
    public enum Letters {
        TITLE(Font.BOLD, 15),
        PLAIN(Font.PLAIN, 12);

        /** Pixels from one line of text to the next. */
        public final int line;

        private final int style;
        private final int size;

        Letters(int style, int size) {
            this.style = style;
            this.size = size;
            line = size + 5;
        }

        private Font font() {
            return new Font(Font.SANS_SERIF, style, size);
        }

        /** Pixels that {@code text} takes across. */
        int width(String text) {
            return text.isEmpty()
                    ? 0
                    : (int) Math.ceil(font().getStringBounds(text, new FontRenderContext(null, true, false))
                            .getWidth());
        }

        /** Pixels of the longest of {@code texts}. */
        int width(List<String> texts) {
            return texts.stream().mapToInt(this::width).max().orElse(0);
        }
    }

    private final BufferedImage image;
    private final Graphics2D pen;

    /** A white sheet. */
    public Drawing(int width, int height) {
        image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        pen = image.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        pen.setColor(Color.WHITE);
        pen.fillRect(0, 0, width, height);
    }

    /**
     * Finds out before any long work whether there will be words.
     *
     * @throws OperationFailedException when this machine has no fonts
     */
    public static void checkFonts() {
        try {
            int unused = Letters.PLAIN.width("a");
        } catch (InternalError | LinkageError | RuntimeException e) {
            // Java without fontconfig or any font fails in one of these ways, depending on the JDK.
            throw new OperationFailedException(
                    "labels need a font and this machine has none; install one (package fonts-dejavu-core)", e);
        }
    }

    /** A picture, its upper left corner at (left, top). */
    public Drawing picture(Picture picture, int left, int top) {
        int[] pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                int from = (y * picture.width() + x) * 3;
                pixels[(top + y) * image.getWidth() + left + x] = (picture.rgb()[from] & 0xff) << 16
                        | (picture.rgb()[from + 1] & 0xff) << 8
                        | picture.rgb()[from + 2] & 0xff;
            }
        }
        return this;
    }

    /** A rectangle of one colour. */
    public Drawing fill(int rgb, int left, int top, int width, int height) {
        pen.setColor(new Color(rgb));
        pen.fillRect(left, top, width, height);
        return this;
    }

    /** One line in black, its upper left corner at (left, top). */
    public Drawing text(Letters letters, String text, int left, int top) {
        return text(letters, text, left, top, 0);
    }

    /** One line, its upper left corner at (left, top). */
    public Drawing text(Letters letters, String text, int left, int top, int rgb) {
        pen.setColor(new Color(rgb));
        pen.setFont(letters.font());
        pen.drawString(text, left, top + letters.size);
        return this;
    }

    /** The sheet; nothing can be drawn afterwards. */
    public Picture finish() {
        pen.dispose();
        return Picture.of(image);
    }

    /** Pictures next to each other, their upper edges on one line. */
    public static Picture beside(List<Picture> pictures) {
        int width = pictures.stream().mapToInt(Picture::width).sum();
        int height = pictures.stream().mapToInt(Picture::height).max().orElseThrow();
        Drawing sheet = new Drawing(width, height);
        int left = 0;
        for (Picture picture : pictures) {
            sheet.picture(picture, left, 0);
            left += picture.width();
        }
        return sheet.finish();
    }

    /** Pictures below each other, their left edges on one line. */
    public static Picture below(List<Picture> pictures) {
        int width = pictures.stream().mapToInt(Picture::width).max().orElseThrow();
        int height = pictures.stream().mapToInt(Picture::height).sum();
        Drawing sheet = new Drawing(width, height);
        int top = 0;
        for (Picture picture : pictures) {
            sheet.picture(picture, 0, top);
            top += picture.height();
        }
        return sheet.finish();
    }
}
