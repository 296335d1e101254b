package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_0RGB32;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_PAL8;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;

import ai.ingredients.InvalidInputException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Kinds of video files, by the ending of their names. */
public enum VideoFormat {
    /** H.264, which every player and browser knows; alone keeps metadata, since the others want it before the first frame. */
    MP4("H.264", 2),
    /** VP9, free of patents. */
    WEBM("VP9", 2),
    /** For pages that take pictures only: 256 colours chosen for the video. */
    GIF("GIF", 1),
    /** As GIF, in full colour and fewer bytes. */
    WEBP("WebP", 1);

    private final String codec;
    private final int multiple;

    VideoFormat(String codec, int multiple) {
        this.codec = codec;
        this.multiple = multiple;
    }

    /**
     * The kind that the name of {@code target} ends in.
     *
     * @throws InvalidInputException when there is none
     */
    public static VideoFormat of(Path target) {
        String name = target.toString().toLowerCase(Locale.ROOT);
        for (VideoFormat format : values()) {
            if (name.endsWith(format.ending())) {
                return format;
            }
        }
        throw new InvalidInputException(target + ": videos are written as "
                + Arrays.stream(values()).map(VideoFormat::lower).collect(Collectors.joining(", "))
                + "; let the name end in one of these, such as .mp4");
    }

    /** {@code .mp4} and so on. */
    public String ending() {
        return "." + lower();
    }

    private String lower() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Tells before any work whether videos of this size can be encoded.
     *
     * @throws InvalidInputException for an odd side of a format that takes none, one under {@value VideoWriter#SMALLEST_SIDE},
     *     or more than 4K
     */
    public void checkSize(int width, int height) {
        String size = "video size " + width + "x" + height;
        if (width % multiple != 0 || height % multiple != 0) {
            throw new InvalidInputException(size + ": width and height must be even for " + codec);
        }
        if (Math.min(width, height) < VideoWriter.SMALLEST_SIDE) {
            throw new InvalidInputException(
                    size + ": " + codec + " needs at least " + VideoWriter.SMALLEST_SIDE + " pixels a side");
        }
        if (Math.max(width, height) > VideoWriter.LONGEST_SIDE
                || Math.min(width, height) > VideoWriter.LONGEST_SHORT_SIDE) {
            throw new InvalidInputException(
                    size + ": the " + codec + " encoder takes at most " + VideoWriter.LONGEST_SIDE + "x"
                            + VideoWriter.LONGEST_SHORT_SIDE + "; make it smaller or write PNG frames");
        }
    }

    /** How ffmpeg is asked for it. */
    VideoEncoder.Format encoder(VideoWriter.Settings settings) {
        String quantizer = Integer.toString(settings.quantizer());
        return switch (this) {
            case MP4 ->
                new VideoEncoder.Format(
                        "mp4",
                        "libopenh264",
                        AV_PIX_FMT_YUV420P,
                        settings.quantizer(),
                        Map.of("profile", "high", "coder", "cabac"),
                        Map.of("movflags", "+faststart+use_metadata_tags"));
            case WEBM ->
                new VideoEncoder.Format(
                        "webm",
                        "libvpx-vp9",
                        AV_PIX_FMT_YUV420P,
                        0,
                        Map.of("b", "0", "crf", quantizer, "deadline", "good", "cpu-used", "2"),
                        Map.of("fflags", "+bitexact"));
            case GIF -> new VideoEncoder.Format("gif", "gif", AV_PIX_FMT_PAL8, 0, Map.of(), Map.of("loop", "0"));
            case WEBP ->
                new VideoEncoder.Format(
                        "webp",
                        "libwebp_anim",
                        AV_PIX_FMT_YUV420P,
                        0,
                        Map.of("quality", "90", "preset", "drawing"),
                        Map.of("loop", "0"));
        };
    }

    /** FFV1 in Matroska: frames come back bit for bit. Without bitexact the muxer would write a random number and the date. */
    static VideoEncoder.Format lossless() {
        return new VideoEncoder.Format(
                "matroska", "ffv1", AV_PIX_FMT_0RGB32(), 0, Map.of("level", "3"), Map.of("fflags", "+bitexact"));
    }
}
