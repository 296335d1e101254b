package ai.ingredients.media;

import ai.ingredients.OperationFailedException;
import ai.ingredients.media.Resampling.PilFilter;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.font.LineBreakMeasurer;
import java.awt.font.TextAttribute;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.text.AttributedString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Many frames on one picture, in rows, for looking at a clip or comparing several. */
public final class ContactSheet {
    private static final byte PAPER = (byte) 0xff;

    private ContactSheet() {}

    /**
     * Lays frames of one size out in a grid on white, row by row.
     *
     * @param columns frames a row, at least 1
     * @param gap white pixels between frames and around the grid, at least 0
     * @throws IllegalArgumentException when there are no frames, their sizes differ, or a number is out of range
     */
    public static Picture of(List<Picture> frames, int columns, int gap) {
        return grid(frames, columns, gap, 0);
    }

    /**
     * As {@link #of(List, int, int)}, with a line of text below each frame.
     *
     * @param captions one for each frame; what does not fit is cut off
     * @throws OperationFailedException when this machine has no fonts
     */
    public static Picture captioned(List<Picture> frames, int columns, int gap, List<String> captions) {
        if (captions.size() != frames.size()) {
            throw new IllegalArgumentException(frames.size() + " frames need as many captions, not " + captions.size());
        }
        Picture first = Picture.sameSize(frames);
        int line = Math.clamp(first.height() / 8, 14, 32);
        Picture sheet = grid(frames, columns, gap, line);
        write(sheet, captions, columns, gap, line, first);
        return sheet;
    }

    /**
     * {@code sheet} with {@code text} below it, over its whole width and in as many lines as it takes.
     *
     * @param height of a line, in pixels
     * @throws OperationFailedException when this machine has no fonts
     */
    public static Picture described(Picture sheet, int gap, int height, String text) {
        if (text.isBlank()) {
            return sheet;
        }
        try {
            Font font = font(height);
            List<String> lines = wrapped(text, font, sheet.width() - 2 * gap);
            byte[] rgb = new byte[(sheet.height() + lines.size() * height + gap) * sheet.width() * 3];
            Arrays.fill(rgb, PAPER);
            System.arraycopy(sheet.rgb(), 0, rgb, 0, sheet.rgb().length);
            Picture all = new Picture(sheet.width(), sheet.height() + lines.size() * height + gap, rgb);
            draw(all, pen -> {
                pen.setFont(font);
                for (int i = 0; i < lines.size(); i++) {
                    pen.drawString(lines.get(i), gap, sheet.height() + i * height + height * 3 / 4);
                }
            });
            return all;
        } catch (InternalError | LinkageError | RuntimeException e) {
            throw withoutFonts(e);
        }
    }

    /** Words that fit into {@code width} pixels together; a word that does not fit alone is broken. */
    private static List<String> wrapped(String text, Font font, int width) {
        AttributedString all = new AttributedString(text, Map.of(TextAttribute.FONT, font));
        LineBreakMeasurer measurer = new LineBreakMeasurer(all.getIterator(), new FontRenderContext(null, true, false));
        List<String> lines = new ArrayList<>();
        while (measurer.getPosition() < text.length()) {
            int begin = measurer.getPosition();
            measurer.setPosition(Math.max(begin + 1, measurer.nextOffset(Math.max(1, width))));
            lines.add(text.substring(begin, measurer.getPosition()).strip());
        }
        return lines;
    }

    /** Evenly spread frames of a clip, always with the first and, from two on, the last. */
    public static List<Picture> sample(List<Picture> frames, int count) {
        if (frames.isEmpty() || count < 1) {
            throw new IllegalArgumentException("cannot pick " + count + " of " + frames.size() + " frames");
        }
        int picked = Math.min(count, frames.size());
        int steps = Math.max(1, picked - 1);
        return java.util.stream.IntStream.range(0, picked)
                .mapToObj(i -> frames.get((int) Math.round((double) i * (frames.size() - 1) / steps)))
                .toList();
    }

    /** {@code picture} as large as fits, in the middle of a white cell of this size. */
    public static Picture fitted(Picture picture, int width, int height) {
        double scale = Math.min((double) width / picture.width(), (double) height / picture.height());
        int fittedWidth = Math.max(1, (int) Math.round(picture.width() * scale));
        int fittedHeight = Math.max(1, (int) Math.round(picture.height() * scale));
        Picture resized = Resampling.pil(picture, fittedWidth, fittedHeight, PilFilter.BICUBIC);
        Picture cell = Picture.filled(width, height, 255, 255, 255);
        int left = (width - fittedWidth) / 2;
        int top = (height - fittedHeight) / 2;
        for (int y = 0; y < fittedHeight; y++) {
            System.arraycopy(
                    resized.rgb(), y * fittedWidth * 3, cell.rgb(), ((top + y) * width + left) * 3, fittedWidth * 3);
        }
        return cell;
    }

    private static Picture grid(List<Picture> frames, int columns, int gap, int line) {
        Picture first = Picture.sameSize(frames);
        if (columns < 1 || gap < 0) {
            throw new IllegalArgumentException(columns + " columns with a gap of " + gap + ": use at least 1 and 0");
        }
        int rows = Math.ceilDiv(frames.size(), columns);
        int width = Math.addExact(gap, Math.multiplyExact(columns, first.width() + gap));
        int height = Math.addExact(gap, Math.multiplyExact(rows, first.height() + line + gap));
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        Arrays.fill(rgb, PAPER);
        for (int i = 0; i < frames.size(); i++) {
            int left = gap + i % columns * (first.width() + gap);
            int top = gap + i / columns * (first.height() + line + gap);
            for (int y = 0; y < first.height(); y++) {
                int from = y * first.width() * 3;
                int to = ((top + y) * width + left) * 3;
                System.arraycopy(frames.get(i).rgb(), from, rgb, to, first.width() * 3);
            }
        }
        return new Picture(width, height, rgb);
    }

    private static void write(Picture sheet, List<String> captions, int columns, int gap, int line, Picture cell) {
        try {
            draw(sheet, pen -> {
                pen.setFont(font(line));
                for (int i = 0; i < captions.size(); i++) {
                    int left = gap + i % columns * (cell.width() + gap);
                    int top = gap + i / columns * (cell.height() + line + gap) + cell.height();
                    pen.setClip(left, top, cell.width(), line);
                    pen.drawString(captions.get(i), left, top + line * 3 / 4);
                }
            });
        } catch (InternalError | LinkageError | RuntimeException e) {
            throw withoutFonts(e);
        }
    }

    private static Font font(int line) {
        return new Font(Font.SANS_SERIF, Font.PLAIN, line * 3 / 4);
    }

    /** Java without fontconfig or any font fails in one of several ways, depending on the JDK. */
    private static OperationFailedException withoutFonts(Throwable e) {
        return new OperationFailedException(
                "captions need a font and this machine has none; install one (package fonts-dejavu-core)", e);
    }

    /** Lets {@code what} draw on {@code sheet} in black. */
    private static void draw(Picture sheet, Consumer<Graphics2D> what) {
        BufferedImage image = new BufferedImage(sheet.width(), sheet.height(), BufferedImage.TYPE_3BYTE_BGR);
        byte[] bgr = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
        swapRedAndBlue(sheet.rgb(), bgr);
        Graphics2D pen = image.createGraphics();
        try {
            pen.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            pen.setColor(Color.BLACK);
            what.accept(pen);
        } finally {
            pen.dispose();
        }
        swapRedAndBlue(bgr, sheet.rgb());
    }

    private static void swapRedAndBlue(byte[] from, byte[] to) {
        for (int i = 0; i < from.length; i += 3) {
            to[i] = from[i + 2];
            to[i + 1] = from[i + 1];
            to[i + 2] = from[i];
        }
    }
}
