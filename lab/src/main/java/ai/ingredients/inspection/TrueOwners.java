package ai.ingredients.inspection;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.pipeline.VideoSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Whose face every token of a clip shows, by the rule the router is trained with: the person whose face covers most of
 * it, if that is at least half.
 *
 * @param owners person of each token, {@value #NOBODY} where no face covers half of it
 */
public record TrueOwners(int[] owners) {
    static final int NOBODY = -1;

    private static final double LEAST_SHARE = 0.5;

    /**
     * Reads the masks of one clip of a data set, {@code masks/CLIP/frame_0000.png} and so on (docs/data.md): green is the
     * number of the person whose face a pixel shows. Frame i belongs to frame i of the video.
     *
     * @param people whose photos were given, in the clip's order
     * @throws InvalidInputException when masks are missing, of another shape than the video, or show more people
     */
    public static TrueOwners read(Path folder, VideoSize size, TokenGrid grid, int people) {
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException("--masks " + folder
                    + ": there is no such folder; name the masks of one clip, for instance cast/masks/clip-0000");
        }
        int cells = grid.rows() * grid.columns();
        int[] owners = new int[grid.tokens()];
        Arrays.fill(owners, NOBODY);
        int frame = 0;
        for (int f = 0; f < grid.frames(); f++) {
            int first = frame;
            int[] counts = new int[cells * people];
            for (; frame <= TokenGrid.lastVideoFrame(f); frame++) {
                count(mask(folder, frame, size), folder, size, grid, people, counts);
            }
            double least = LEAST_SHARE * (frame - first) * size.height() / grid.rows() * size.width() / grid.columns();
            for (int cell = 0; cell < cells; cell++) {
                int owner = largest(counts, cell * people, people);
                if (counts[cell * people + owner] >= least) {
                    owners[f * cells + cell] = owner;
                }
            }
        }
        TrueOwners truth = new TrueOwners(owners);
        if (truth.known() == 0) {
            throw new InvalidInputException("--masks " + folder
                    + ": no face covers half a token anywhere; there is nothing to measure accuracy by");
        }
        return truth;
    }

    private static Picture mask(Path folder, int frame, VideoSize size) {
        Path file = folder.resolve(String.format(Locale.ROOT, "frame_%04d.png", frame));
        if (!Files.exists(file)) {
            throw new InvalidInputException("--masks " + folder + ": there is no " + file.getFileName()
                    + ", but the video has " + size.frames() + " frames; use fewer with --frames");
        }
        Picture mask = PictureReader.read(file);
        if ((long) mask.width() * size.height() != (long) mask.height() * size.width()) {
            throw new InvalidInputException(file + ": is " + mask.width() + "x" + mask.height()
                    + ", which is not the shape of the video, " + size.width() + "x" + size.height()
                    + "; use --height and --width");
        }
        return mask;
    }

    /** Adds the pixels of everybody's face in each cell; every pixel of the video is what the mask has at its centre. */
    private static void count(Picture mask, Path folder, VideoSize size, TokenGrid grid, int people, int[] counts) {
        for (int y = 0; y < size.height(); y++) {
            int fromY = (2 * y + 1) * mask.height() / (2 * size.height());
            int row = y * grid.rows() / size.height();
            for (int x = 0; x < size.width(); x++) {
                int fromX = (2 * x + 1) * mask.width() / (2 * size.width());
                int number = mask.rgb()[(fromY * mask.width() + fromX) * 3 + 1] & 0xff;
                if (number > people) {
                    throw new InvalidInputException("--masks " + folder + ": show person " + number + ", but " + people
                            + (people == 1 ? " person was" : " people were") + " given");
                }
                if (number > 0) {
                    int cell = row * grid.columns() + x * grid.columns() / size.width();
                    counts[cell * people + number - 1]++;
                }
            }
        }
    }

    private static int largest(int[] counts, int from, int people) {
        int best = 0;
        for (int n = 1; n < people; n++) {
            best = counts[from + n] > counts[from + best] ? n : best;
        }
        return best;
    }

    /** How many tokens have an owner. */
    int known() {
        int known = 0;
        for (int owner : owners) {
            known += owner == NOBODY ? 0 : 1;
        }
        return known;
    }

    /** The share of the tokens with an owner that {@code found} gives to the same person. */
    double accuracy(int[] found) {
        int right = 0;
        for (int v = 0; v < owners.length; v++) {
            right += owners[v] != NOBODY && owners[v] == found[v] ? 1 : 0;
        }
        return (double) right / known();
    }
}
