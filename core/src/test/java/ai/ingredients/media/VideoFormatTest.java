package ai.ingredients.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.VideoWriter.Settings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What a video's name ends in says how it is written; each kind is read back. */
class VideoFormatTest {
    /** A GIF counts hundredths of a second. */
    private static final Settings TEN_A_SECOND = Settings.at(FrameRate.parse("10"));

    @TempDir
    Path folder;

    private Path write(VideoFormat format, List<Picture> frames) {
        Path file = folder.resolve("clip" + format.ending());
        Picture first = frames.getFirst();
        try (VideoWriter writer = VideoWriter.create(file, first.width(), first.height(), TEN_A_SECOND)) {
            frames.forEach(writer::add);
            writer.metadata("comment", "Größe");
            writer.finish();
        }
        return file;
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "WEBP")
    void framesComeBackInOrder(VideoFormat format) {
        Path file = write(format, Clips.numbered(96, 64, 17));

        try (VideoReader video = VideoReader.open(file)) {
            assertThat(video.count()).isEqualTo(17);
            assertThat(video.rate().perSecond()).isCloseTo(10, within(0.01));
            for (int i = 0; i < 17; i++) {
                assertThat(Clips.number(video.next())).as("frame %d", i).isEqualTo(i);
            }
            assertThat(video.next()).isNull();
            assertThat(video.metadata().containsValue("Größe")).isEqualTo(format == VideoFormat.MP4);
        }
    }

    /** Even colours are even in every kind, and a picture of all colours is seen well. */
    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "WEBP")
    void picturesAreWhatTheyWere(VideoFormat format) {
        List<Picture> clip = Clips.natural(320, 240, 4);
        List<Picture> read = VideoReader.readAll(write(format, clip));
        double least = format == VideoFormat.GIF ? 28 : 36;

        for (int i = 0; i < clip.size(); i++) {
            assertThat(Clips.psnr(clip.get(i), read.get(i))).as("frame %d", i).isGreaterThan(least);
        }
    }

    /** ffmpeg cannot read its own animated WebP; the chunks tell what is in the file. */
    @Test
    void webpHasAllFramesAndGoesOnForEver() throws Exception {
        byte[] file = Files.readAllBytes(write(VideoFormat.WEBP, Clips.natural(96, 64, 5)));
        String text = new String(file, StandardCharsets.ISO_8859_1);

        assertThat(text).startsWith("RIFF").contains("WEBPVP8X");
        assertThat(text.split("ANMF", -1)).hasSize(6);
        int animation = text.indexOf("ANIM");
        assertThat(file[animation + 12] | file[animation + 13]).as("times").isZero();
    }

    @ParameterizedTest
    @EnumSource
    void equalFramesGiveEqualBytes(VideoFormat format) throws Exception {
        List<Picture> clip = Clips.natural(96, 64, 5);
        byte[] once = Files.readAllBytes(write(format, clip));
        assertThat(Files.readAllBytes(write(format, clip))).isEqualTo(once);
    }

    @ParameterizedTest
    @CsvSource({
        "clip.avi, 'videos are written as mp4, webm, gif, webp; let the name end in one of these'",
        "clip, videos are written as",
        "clip.mp4.part, videos are written as"
    })
    void otherNamesAreRefused(String name, String message) {
        assertThatThrownBy(() -> VideoWriter.checkWritable(folder.resolve(name)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void sizesAreThoseOfTheFormat() {
        VideoFormat.GIF.checkSize(97, 65);
        assertThatThrownBy(() -> VideoFormat.WEBM.checkSize(97, 64)).hasMessageContaining("must be even for VP9");
        assertThatThrownBy(() -> VideoFormat.GIF.checkSize(8, 64)).hasMessageContaining("GIF needs at least 16 pixels");
        assertThatThrownBy(() -> VideoFormat.WEBP.checkSize(4000, 64))
                .hasMessageContaining("WebP encoder takes at most");
    }
}
