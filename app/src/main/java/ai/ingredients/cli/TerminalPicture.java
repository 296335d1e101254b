package ai.ingredients.cli;

import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.PilFilter;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;

/**
 * How a terminal shows a picture. Source: the documents of kitty's graphics protocol and of iTerm2's inline images; half
 * blocks need nothing but colours.
 */
enum TerminalPicture {
    /** kitty's protocol: PNG in pieces. */
    KITTY,
    /** iTerm2's: PNG at once. */
    ITERM,
    /** Two pixels a character in colours of 24 bits. */
    TRUECOLOUR,
    /** Two pixels a character in the 216 colours of the cube. */
    CUBE,
    /** It does not. */
    NONE;

    /** Of letters in base64, as the protocol wants it. */
    private static final int PIECE = 4096;

    private static final String ESCAPE = "\u001b";
    private static final String RESET = ESCAPE + "[0m";
    private static final int SIDES = 6;

    /** What the terminal can whose programs are told {@code environment}; whether there is one is not asked here. */
    static TerminalPicture of(Map<String, String> environment) {
        String term = environment.getOrDefault("TERM", "").toLowerCase(Locale.ROOT);
        String program = environment.getOrDefault("TERM_PROGRAM", "").toLowerCase(Locale.ROOT);
        String colours = environment.getOrDefault("COLORTERM", "").toLowerCase(Locale.ROOT);
        if (term.isEmpty() || term.equals("dumb") || environment.containsKey("NO_COLOR")) {
            return NONE;
        }
        boolean within = environment.containsKey("TMUX") || term.startsWith("screen") || term.startsWith("tmux");
        if (!within
                && (environment.containsKey("KITTY_WINDOW_ID") || term.contains("kitty") || term.contains("ghostty"))) {
            return KITTY;
        }
        if (!within && (program.equals("iterm.app") || program.equals("wezterm"))) {
            return ITERM;
        }
        if (colours.equals("truecolor") || colours.equals("24bit")) {
            return TRUECOLOUR;
        }
        return term.contains("256color") ? CUBE : NONE;
    }

    /**
     * What has the terminal show {@code picture} in lines of its own.
     *
     * @param columns characters that half blocks may take
     */
    String text(Picture picture, int columns) {
        return switch (this) {
            case KITTY -> kitty(picture);
            case ITERM ->
                ESCAPE + "]1337;File=inline=1;size=" + Png.encode(picture).length + ":" + base64(picture) + "\u0007\n";
            case TRUECOLOUR, CUBE -> halfBlocks(picture, columns);
            case NONE -> "";
        };
    }

    private static String base64(Picture picture) {
        return Base64.getEncoder().encodeToString(Png.encode(picture));
    }

    private static String kitty(Picture picture) {
        String all = base64(picture);
        StringBuilder text = new StringBuilder();
        for (int from = 0; from < all.length(); from += PIECE) {
            int end = Math.min(all.length(), from + PIECE);
            text.append(ESCAPE)
                    .append(from == 0 ? "_Ga=T,f=100,q=2,m=" : "_Gm=")
                    .append(end < all.length() ? 1 : 0)
                    .append(';')
                    .append(all, from, end)
                    .append(ESCAPE)
                    .append('\\');
        }
        return text.append('\n').toString();
    }

    /** The upper half of each character is one pixel, what is behind it the one below. */
    private String halfBlocks(Picture picture, int columns) {
        int width = Math.min(columns, picture.width());
        int height = Math.max(2, (int) Math.round((double) picture.height() * width / picture.width()) / 2 * 2);
        Picture small = Resampling.pil(picture, width, height, PilFilter.BICUBIC);
        StringBuilder text = new StringBuilder();
        for (int y = 0; y < height; y += 2) {
            for (int x = 0; x < width; x++) {
                text.append(ESCAPE).append('[').append(colour(small, 38, x, y)).append(';');
                text.append(colour(small, 48, x, y + 1)).append("m\u2580");
            }
            text.append(RESET).append('\n');
        }
        return text.toString();
    }

    /** @param which 38 for what is written, 48 for what is behind it */
    private String colour(Picture picture, int which, int x, int y) {
        int at = 3 * (y * picture.width() + x);
        int red = picture.rgb()[at] & 255;
        int green = picture.rgb()[at + 1] & 255;
        int blue = picture.rgb()[at + 2] & 255;
        return this == TRUECOLOUR
                ? which + ";2;" + red + ";" + green + ";" + blue
                : which + ";5;" + (16 + 36 * side(red) + SIDES * side(green) + side(blue));
    }

    private static int side(int value) {
        return (int) Math.round(value * (SIDES - 1) / 255.0);
    }
}
