package ai.ingredients.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_FLAG_INTERLACED_DCT;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_FLAG_INTERLACED_ME;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_BGR0;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB555;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB8;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV410P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV422P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV422P10;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV444P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVJ420P;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.MadeVideo.Times;
import ai.ingredients.testing.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The number of a frame is the same however it is asked for, in every container and codec. */
class VideoFramesTest {
    private static final int FRAMES = 40;
    private static final List<Picture> MADE = Clips.natural(96, 64, FRAMES);

    @TempDir
    Path folder;

    static Stream<MadeVideo> videos() {
        int yuv = AV_PIX_FMT_YUV420P;
        int interlaced = AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
        Map<String, String> fixedGroups = Map.of("sc_threshold", "1000000000");
        List<MadeVideo> videos = new ArrayList<>();
        for (String muxer : List.of("mp4", "mov", "matroska", "avi", "mpegts", "nut", "3gp")) {
            videos.add(made(muxer, "mpeg4", yuv).between(2));
        }
        for (String muxer : List.of("mp4", "matroska", "mpegts", "mpeg", "vob", "avi")) {
            // The groups of MPEG-2 are open unless told otherwise.
            videos.add(made(muxer, "mpeg2video", yuv).between(2).options(fixedGroups));
        }
        for (String muxer : List.of("mp4", "matroska", "mpegts", "flv", "h264", "avi")) {
            videos.add(made(muxer, "libopenh264", yuv));
        }
        for (Times times : List.of(Times.VARYING, Times.NEGATIVE, Times.LATE)) {
            videos.add(made("mp4", "mpeg4", yuv).between(3).at(times));
            videos.add(made("matroska", "mpeg4", yuv).between(3).at(times));
            videos.add(made("mp4", "libopenh264", yuv).at(times));
            videos.add(made("mpegts", "libopenh264", yuv).at(times));
        }
        for (int cut : new int[] {1, 5, 13}) {
            videos.add(made("mpegts", "mpeg2video", yuv)
                    .between(2)
                    .options(fixedGroups)
                    .cut(cut));
            videos.add(made("matroska", "mpeg2video", yuv)
                    .between(2)
                    .options(fixedGroups)
                    .cut(cut));
            videos.add(made("mp4", "mpeg4", yuv).between(2).cut(cut));
            videos.add(made("mpegts", "libopenh264", yuv).cut(cut));
        }
        videos.add(made("mpegts", "mpeg2video", yuv).between(1).flags(interlaced));
        videos.add(made("mp4", "mpeg4", yuv).between(1).flags(interlaced));
        videos.add(made("mpeg1video", "mpeg1video", yuv).between(2));
        videos.add(made("m4v", "mpeg4", yuv).between(2));
        videos.add(made("webm", "libvpx", yuv).options(Map.of("auto-alt-ref", "1", "lag-in-frames", "10")));
        videos.add(made("ivf", "libvpx", yuv).options(Map.of("auto-alt-ref", "1", "lag-in-frames", "10")));
        videos.add(made("webm", "libvpx-vp9", yuv).options(Map.of("lag-in-frames", "10", "cpu-used", "8")));
        videos.add(made("mp4", "libvpx-vp9", yuv).options(Map.of("lag-in-frames", "10", "cpu-used", "8")));
        videos.add(made("mp4", "libsvtav1", yuv).options(Map.of("preset", "12")));
        videos.add(made("matroska", "libsvtav1", yuv).options(Map.of("preset", "12")));
        videos.add(made("obu", "libsvtav1", yuv).options(Map.of("preset", "12")));
        videos.add(made("avi", "mjpeg", AV_PIX_FMT_YUVJ420P));
        videos.add(made("mjpeg", "mjpeg", AV_PIX_FMT_YUVJ420P));
        videos.add(made("matroska", "ffv1", AV_PIX_FMT_YUV444P));
        videos.add(made("avi", "huffyuv", AV_PIX_FMT_YUV422P));
        videos.add(made("mov", "prores_ks", AV_PIX_FMT_YUV422P10));
        videos.add(made("mov", "qtrle", AV_PIX_FMT_RGB24));
        videos.add(made("asf", "wmv2", yuv));
        videos.add(made("asf", "msmpeg4", yuv));
        videos.add(made("flv", "flv", yuv));
        videos.add(made("rm", "rv20", yuv));
        videos.add(made("mov", "svq1", AV_PIX_FMT_YUV410P));
        videos.add(made("avi", "snow", yuv));
        videos.add(made("avi", "zmbv", AV_PIX_FMT_BGR0));
        videos.add(made("gif", "gif", AV_PIX_FMT_RGB8));
        videos.add(made("apng", "apng", AV_PIX_FMT_RGB24));
        videos.add(made("yuv4mpegpipe", "wrapped_avframe", yuv));
        videos.add(made("avi", "msvideo1", AV_PIX_FMT_RGB555));
        videos.add(made("avi", "cinepak", AV_PIX_FMT_RGB24));
        return videos.stream();
    }

    private static MadeVideo made(String muxer, String codec, int pixelFormat) {
        return new MadeVideo(muxer, codec, pixelFormat);
    }

    static Stream<MadeVideo> codecs() {
        Map<String, MadeVideo> first = new LinkedHashMap<>();
        videos().filter(made -> !made.isCut()).forEach(made -> first.putIfAbsent(made.codec(), made));
        return first.values().stream();
    }

    /** Frames decoded side by side, one of them mended from what is not there yet: another picture now and then. */
    @ParameterizedTest
    @MethodSource("codecs")
    void aDamagedVideoShowsTheSameEveryTime(MadeVideo made) throws IOException {
        byte[] whole = Files.readAllBytes(made.write(folder.resolve("whole." + made.muxer()), MADE));
        SplittableRandom random = new SplittableRandom(3);
        for (int damaged = 0; damaged < 12; damaged++) {
            byte[] content = whole.clone();
            for (int bit = 0; bit < 8; bit++) {
                content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            }
            Path file = Files.write(folder.resolve("damaged." + made.muxer()), content);
            assertThat(List.of(shown(file), shown(file), shown(file)))
                    .as("file %d", damaged)
                    .containsOnly(shown(file));
        }
    }

    /** Its first frames, or why they cannot be read. */
    private static List<Object> shown(Path file) {
        List<Object> shown = new ArrayList<>();
        try (VideoReader video = VideoReader.open(file)) {
            for (Picture next = video.next(); next != null && shown.size() < FRAMES; next = video.next()) {
                shown.add(next);
            }
        } catch (InvalidInputException e) {
            shown.add(String.valueOf(e.getMessage()));
        }
        return shown;
    }

    @ParameterizedTest
    @MethodSource("videos")
    void anyOrderShowsWhatReadingThroughShows(MadeVideo made) {
        Path file = made.write(folder.resolve("video." + made.muxer()), MADE);

        List<Picture> shown = VideoReader.readAll(file);

        if (made.isCut()) {
            assertThat(shown.size()).isBetween(FRAMES / 3, FRAMES - 1);
        } else {
            int hidden = made.hidden();
            assertThat(shown.size()).isEqualTo(FRAMES - hidden);
            for (int i = 0; i < shown.size(); i++) {
                // Nearer to its own picture than to those around it: the numbers are those of presentation.
                double own = Clips.psnr(MADE.get(i + hidden), shown.get(i));
                double other = Clips.psnr(MADE.get((i + hidden + 3) % FRAMES), shown.get(i));
                assertThat(own).as("frame %d", i).isGreaterThan(other);
            }
        }
        assertSameInAnyOrder(file, shown);
    }

    @Test
    void thereAreFortyFilesOfEightCodecsInSixContainers() {
        List<MadeVideo> videos = videos().toList();
        assertThat(videos).hasSizeGreaterThanOrEqualTo(40);
        assertThat(videos.stream().map(MadeVideo::codec).distinct()).hasSizeGreaterThanOrEqualTo(8);
        assertThat(videos.stream().map(MadeVideo::muxer).distinct()).hasSizeGreaterThanOrEqualTo(6);
    }

    /** Three packets at the start refer to a picture that was cut away: decoders drop them. */
    @ParameterizedTest
    @ValueSource(strings = {"cut-hevc-open-gop.mkv", "cut-hevc-open-gop.ts"})
    void whatCannotBeShownIsNotCounted(String name) {
        Path file = Fixture.path("videos").resolve(name);
        List<Picture> shown = VideoReader.readAll(file);

        assertThat(shown).hasSize(36);
        assertSameInAnyOrder(file, shown);
    }

    private static void assertSameInAnyOrder(Path file, List<Picture> shown) {
        for (int seed = 0; seed < 2; seed++) {
            Random random = new Random(seed);
            try (VideoReader video = VideoReader.open(file)) {
                if (seed == 1) {
                    assertThat(video.count()).isEqualTo(shown.size());
                }
                for (int i = 0; i < 25; i++) {
                    int index = random.nextInt(shown.size());
                    assertThat(video.frame(index).equals(shown.get(index)))
                            .as("frame %d", index)
                            .isTrue();
                    if (index + 1 < shown.size() && random.nextBoolean()) {
                        assertThat(shown.get(index + 1).equals(video.next()))
                                .as("after frame %d", index)
                                .isTrue();
                    }
                }
                assertThat(video.has(shown.size() - 1)).isTrue();
                assertThat(video.has(shown.size())).isFalse();
                assertThat(video.count()).isEqualTo(shown.size());
            }
        }
        try (VideoReader video = VideoReader.open(file)) {
            IntStream.iterate(shown.size() - 1, i -> i >= 0, i -> i - 1)
                    .forEach(i -> assertThat(video.frame(i).equals(shown.get(i)))
                            .as("frame %d, backwards", i)
                            .isTrue());
        }
    }
}
