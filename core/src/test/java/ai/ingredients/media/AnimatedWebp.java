package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB32;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Animated pictures, which are mistaken for videos. */
final class AnimatedWebp {
    private AnimatedWebp() {}

    /** Writes {@code frames} as an endless animation. */
    static void write(Path target, List<Picture> frames) {
        Picture first = Picture.sameSize(frames);
        var format = new VideoEncoder.Format(
                "webp", "libwebp_anim", AV_PIX_FMT_RGB32, 0, Map.of("quality", "80"), Map.of("loop", "0"));
        Ffmpeg.load();
        try (VideoEncoder encoder =
                new VideoEncoder(target, target, format, first.width(), first.height(), FrameRate.DEFAULT, Map.of())) {
            for (Picture frame : frames) {
                encoder.add(frame.rgb());
            }
            encoder.finish();
        }
    }
}
