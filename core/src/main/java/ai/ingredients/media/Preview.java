package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB32;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Small animations that play inside a README or a page without a player. */
public final class Preview {
    private Preview() {}

    /**
     * Writes an endless animated WebP: a tenth of a GIF's size, in full colour.
     *
     * @param target ends in {@code .webp}; appears whole or not at all
     * @param frames of one size
     * @param width pixels of the preview; the height follows the frames' proportions
     * @throws InvalidInputException when the target cannot be written
     * @throws OperationFailedException when the disk is full or fails
     */
    public static void webp(Path target, List<Picture> frames, FrameRate rate, int width) {
        Picture first = Picture.sameSize(frames);
        if (width < 1) {
            throw new IllegalArgumentException("a preview is at least 1 pixel wide, not " + width);
        }
        if (!target.toString().toLowerCase(Locale.ROOT).endsWith(".webp")) {
            throw new InvalidInputException(target + ": previews are written as WebP; let the name end in .webp");
        }
        int height = Math.max(1, Math.round((float) width * first.height() / first.width()));
        var format = new VideoEncoder.Format(
                "webp", "libwebp_anim", AV_PIX_FMT_RGB32, 0, Map.of("quality", "80"), Map.of("loop", "0"));
        Ffmpeg.load();
        try (AtomicFile output = AtomicFile.create(target);
                VideoEncoder encoder = new VideoEncoder(
                        output.path(), target, format, first.width(), first.height(), width, height, rate)) {
            for (Picture frame : frames) {
                encoder.add(frame.rgb());
            }
            encoder.finish(Map.of());
            output.commit();
        }
    }
}
