package ai.ingredients.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.MadeVideo.Cover;
import ai.ingredients.media.VideoWriter.Settings;
import ai.ingredients.testing.Fixture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a file says of its video besides the pictures: how it is turned, what else is in it, what else it names. */
class VideoKindsTest {
    @TempDir
    Path folder;

    /**
     * Matrices in an mp4's track header, with the colours the ffmpeg program shows in the corners: of the stored picture
     * they are white and 1/2/3 gray, from the top left to the bottom right.
     */
    @ParameterizedTest
    @CsvSource({
        "1, 0, 0, 1, 0123",
        "-1, 0, 0, 1, 1032",
        "1, 0, 0, -1, 2301",
        "-1, 0, 0, -1, 3210",
        "0, 1, -1, 0, 2031",
        "0, -1, 1, 0, 1302",
        "0, 1, 1, 0, 0213",
        "0, -1, -1, 0, 3120"
    })
    void turnedAndMirroredVideosComeOutAsFfmpegShowsThem(int a, int b, int c, int d, String corners)
            throws IOException {
        byte[] rgb = new byte[64 * 32 * 3];
        for (int y = 0; y < 32; y++) {
            for (int x = 0; x < 64; x++) {
                int quarter = y / 16 * 2 + x / 32;
                Arrays.fill(rgb, (y * 64 + x) * 3, (y * 64 + x + 1) * 3, (byte) (240 - 70 * quarter));
            }
        }
        Path file = write(List.of(new Picture(64, 32, rgb)));
        byte[] bytes = Files.readAllBytes(file);
        int matrix = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("tkhd") + 44;
        ByteBuffer header = ByteBuffer.wrap(bytes);
        assertThat(header.getInt(matrix)).isEqualTo(1 << 16);
        header.putInt(matrix, a << 16)
                .putInt(matrix + 4, b << 16)
                .putInt(matrix + 12, c << 16)
                .putInt(matrix + 16, d << 16);
        Files.write(file, bytes);

        try (VideoReader video = VideoReader.open(file)) {
            Picture frame = video.frame(0);
            int width = a == 0 ? 32 : 64;
            int height = 96 - width;
            assertThat(video.width()).isEqualTo(width).isEqualTo(frame.width());
            assertThat(video.height()).isEqualTo(height).isEqualTo(frame.height());
            StringBuilder seen = new StringBuilder();
            for (int y : new int[] {0, height - 1}) {
                for (int x : new int[] {0, width - 1}) {
                    seen.append(Math.round((240 - (frame.rgb()[(y * width + x) * 3] & 0xff)) / 70f));
                }
            }
            assertThat(seen).hasToString(corners);
        }
    }

    @Test
    void aMirroredVideoIsNotTurned() throws IOException {
        Path file = Fixture.path("videos").resolve("hflip.mp4");
        byte[] bytes = Files.readAllBytes(file);
        int matrix = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("tkhd") + 44;
        ByteBuffer.wrap(bytes).putInt(matrix, 1 << 16); // as stored
        List<Picture> stored = VideoReader.readAll(Files.write(folder.resolve("stored.mp4"), bytes));

        List<Picture> shown = VideoReader.readAll(file);

        assertThat(shown.size()).isEqualTo(stored.size()).isPositive();
        Picture in = stored.getFirst();
        Picture out = shown.getFirst();
        assertThat(out.width()).isEqualTo(160).isEqualTo(in.width());
        for (int y = 0; y < in.height(); y++) {
            for (int x = 0; x < 160; x++) {
                assertThat(out.rgb()[(y * 160 + x) * 3]).isEqualTo(in.rgb()[(y * 160 + 159 - x) * 3]);
            }
        }
    }

    @Test
    void coverArtIsNoVideo() {
        MadeVideo mpeg4 = new MadeVideo("mp4", "mpeg4", AV_PIX_FMT_YUV420P);
        Path beside = mpeg4.cover(Cover.BESIDE).write(folder.resolve("beside.mp4"), Clips.natural(64, 48, 5));
        Path alone = mpeg4.cover(Cover.ALONE).write(folder.resolve("alone.m4a"), Clips.natural(64, 48, 1));

        assertThat(VideoReader.readAll(beside)).hasSize(5).first().hasToString("64x48 picture");
        assertRefused(alone, "only a cover picture");
    }

    @Test
    void picturesSayThatTheyAreNoVideos() throws IOException {
        Path animated = folder.resolve("animated.webp");
        AnimatedWebp.write(animated, Clips.natural(64, 48, 3));
        Path renamed = Files.copy(animated, folder.resolve("clip.mp4"));

        assertRefused(animated, "is an animated WebP");
        assertRefused(renamed, "is an animated WebP");
        assertRefused(Fixture.path("images").resolve("small.webp"), "is a WebP, a picture");
        assertRefused(Fixture.path("images").resolve("rgb.png"), "is a picture");
    }

    /** Each names a video beside it, by the ways playlists have; under its own name and under that of a video. */
    @Test
    void nothingButTheGivenFileIsOpened() throws IOException {
        Path neighbour = write(Clips.numbered(64, 48, 5));
        Path transport = new MadeVideo("mpegts", "mpeg2video", AV_PIX_FMT_YUV420P)
                .write(folder.resolve("a.ts"), Clips.natural(64, 48, 5));
        for (Path target : List.of(neighbour, transport)) {
            String name = String.valueOf(target.getFileName());
            List<String> playlists = List.of(
                    "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n" + name + "\n#EXT-X-ENDLIST\n",
                    "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:" + target + "\n#EXT-X-ENDLIST\n",
                    "ffconcat version 1.0\nfile '" + name + "'\n",
                    "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\""
                            + " mediaPresentationDuration=\"PT5S\"><Period><AdaptationSet mimeType=\"video/mp4\">"
                            + "<Representation id=\"0\" bandwidth=\"1\"><BaseURL>" + name
                            + "</BaseURL></Representation></AdaptationSet></Period></MPD>\n",
                    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
                            + "a=rtpmap:96 H264/90000\n",
                    "[playlist]\nFile1=" + name + "\nNumberOfEntries=1\n");
            for (String text : playlists) {
                for (String as : List.of("list.m3u8", "list.mp4", "list.mpd", "list.ffconcat", "list.sdp", "list")) {
                    Path file = Files.writeString(folder.resolve(as), text);
                    assertRefused(file, "is a playlist");
                }
            }
        }
    }

    /** QuickTime files may keep their pictures in another file, by its path. */
    @Test
    void aReferenceMovieOpensNoOtherFile() throws IOException {
        Path file = write(Clips.numbered(64, 48, 5));
        byte[] bytes = Files.readAllBytes(file);
        int entry = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("url ") + 4;
        assertThat(bytes[entry + 3]).isEqualTo((byte) 1); // the data are in this file
        bytes[entry + 3] = 0;
        Path reference = Files.write(folder.resolve("reference.mov"), bytes);
        try {
            assertThat(VideoReader.readAll(reference).size()).isEqualTo(5); // its own bytes, whatever the flag says
        } catch (InvalidInputException e) {
            assertThat(e).hasMessageStartingWith(reference + ": ");
        }
    }

    @Test
    void frameSizesThatTheFileCannotHoldAreRefused() throws IOException {
        byte[] gif = "GIF89a".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer file = ByteBuffer.allocate(60).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        file.put(gif)
                .putShort((short) 16000)
                .putShort((short) 15000)
                .put((byte) 0x80)
                .putShort((short) 0);
        file.put(new byte[6]); // two colours
        file.put((byte) 0x2c)
                .putInt(0)
                .putShort((short) 16000)
                .putShort((short) 15000)
                .put((byte) 0);
        file.put(new byte[] {2, 2, 0x4c, 1, 0, 0x3b});
        Path bomb = Files.write(folder.resolve("bomb.gif"), Arrays.copyOf(file.array(), file.position()));

        assertRefused(bomb, "16000x15000 pixels");
    }

    private static void assertRefused(Path file, String why) {
        assertThatThrownBy(() -> VideoReader.open(file).close())
                .as("%s", file)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(why)
                .message()
                .doesNotContain("\n");
    }

    private Path write(List<Picture> frames) {
        Path file = folder.resolve("out.mp4");
        Picture first = frames.getFirst();
        try (VideoWriter video = VideoWriter.create(file, first.width(), first.height(), Settings.DEFAULT)) {
            frames.forEach(video::add);
            video.finish();
        }
        return file;
    }
}
