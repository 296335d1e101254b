package ai.ingredients.inspection;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.RoutingMaps;
import java.util.List;
import java.util.Locale;

/** How a map of owners is laid over the frames of its video. */
public enum Overlay {
    /** The frame in gray, every place in the colours of its owners, by their shares. */
    TINT,
    /** The frame as it is, with a line in the owner's colour on each side of a border between two owners. */
    CONTOUR;

    /** Frames this high have contours of one pixel. */
    private static final int ROWS_PER_PIXEL = 240;

    /** The command-line spelling: {@code tint} or {@code contour}. */
    public static Overlay parse(String text) {
        for (Overlay overlay : values()) {
            if (overlay.toString().equalsIgnoreCase(text)) {
                return overlay;
            }
        }
        throw new InvalidInputException("overlay \"" + text + "\" is not known; use tint or contour");
    }

    /**
     * A frame with the map laid over it.
     *
     * @param frame of any size; the map's tokens are spread evenly over it
     * @param videoFrame its number in the video, which tells the latent frame
     */
    public Picture apply(Picture frame, int videoFrame, RoutingMaps maps) {
        RoutingMaps shown = Inspection.frame(maps, TokenGrid.latentFrame(videoFrame));
        return switch (this) {
            case TINT -> shown.overlays(List.of(frame)).getFirst();
            case CONTOUR -> contours(frame, shown);
        };
    }

    private static Picture contours(Picture frame, RoutingMaps maps) {
        int reach = Math.max(1, frame.height() / ROWS_PER_PIXEL);
        byte[] rgb = frame.rgb().clone();
        for (int y = 0; y < frame.height(); y++) {
            for (int x = 0; x < frame.width(); x++) {
                int owner = owner(frame, maps, x, y);
                boolean border = owner != owner(frame, maps, x - reach, y)
                        || owner != owner(frame, maps, x + reach, y)
                        || owner != owner(frame, maps, x, y - reach)
                        || owner != owner(frame, maps, x, y + reach);
                if (border) {
                    int colour = PersonColour.of(owner);
                    int at = (y * frame.width() + x) * 3;
                    rgb[at] = (byte) (colour >> 16);
                    rgb[at + 1] = (byte) (colour >> 8);
                    rgb[at + 2] = (byte) colour;
                }
            }
        }
        return new Picture(frame.width(), frame.height(), rgb);
    }

    /** The owner at a pixel; beyond the edge, at the edge. */
    private static int owner(Picture frame, RoutingMaps maps, int x, int y) {
        int row = Math.clamp(y, 0, frame.height() - 1) * maps.rows() / frame.height();
        int column = Math.clamp(x, 0, frame.width() - 1) * maps.columns() / frame.width();
        int owner = 0;
        for (int n = 1; n < maps.people(); n++) {
            if (maps.share(0, row, column, n) > maps.share(0, row, column, owner)) {
                owner = n;
            }
        }
        return owner;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
