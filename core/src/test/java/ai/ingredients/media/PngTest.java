package ai.ingredients.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PNG files, folders of them, contact sheets. */
class PngTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"1, 1", "3, 2", "64, 96", "720, 480"})
    void pixelsComeBackExactly(int width, int height) throws IOException {
        Picture natural = Clips.natural(width, height, 1).getFirst();
        Picture noise = Clips.noise(width, height, 3);

        assertThat(read(Png.encode(natural))).isEqualTo(natural);
        assertThat(read(Png.encode(noise))).isEqualTo(noise);
    }

    @Test
    void textsAreInTheFile() throws IOException {
        Picture frame = Picture.filled(8, 8, 1, 2, 3);
        byte[] png = Png.encode(frame, Map.of("Comment", "{\"prompt\": \"Köche 🍜\"}"));

        assertThat(read(png)).isEqualTo(frame);
        assertThat(new String(png, StandardCharsets.UTF_8)).contains("iTXtComment\0\0\0\0\0{\"prompt\": \"Köche 🍜\"}");
        assertThatThrownBy(() -> Png.encode(frame, Map.of("ß", ""))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFolderHoldsNumberedFrames() throws IOException {
        Path clip = folder.resolve("a/b");
        FrameFolder longer = FrameFolder.create(clip);
        Clips.numbered(16, 16, 4).forEach(longer::add);
        assertThat(FrameFolder.list(clip)).isEmpty(); // names come with the last frame
        longer.finish();
        assertThat(longer.stale()).isEmpty();
        Files.writeString(clip.resolve("frame_x.png"), "mine");

        FrameFolder shorter = FrameFolder.create(clip);
        Clips.natural(16, 16, 2).forEach(shorter::add);
        shorter.finish();

        assertThat(shorter.count()).isEqualTo(2);
        assertThat(FrameFolder.list(clip))
                .extracting(file -> file.getFileName().toString())
                .containsExactly("frame_0000.png", "frame_0001.png", "frame_0002.png", "frame_0003.png");
        assertThat(shorter.stale())
                .extracting(file -> file.getFileName().toString())
                .containsExactly("frame_0002.png", "frame_0003.png");
        assertThat(read(Files.readAllBytes(clip.resolve("frame_0001.png"))))
                .isEqualTo(Clips.natural(16, 16, 2).get(1));
        assertThat(Files.list(clip)).hasSize(5);
    }

    @Test
    void anUnfinishedClipLeavesNothing() throws IOException {
        Path mine = Files.createDirectory(folder.resolve("mine"));
        FrameFolder.checkWritable(mine.resolve("a/b"));
        assertThat(Files.list(mine)).isEmpty();

        try (FrameFolder frames = FrameFolder.create(mine.resolve("a/b"))) {
            Clips.numbered(16, 16, 2).forEach(frames::add);
            frames.add("canvas.png", Picture.filled(8, 8, 1, 2, 3));
            assertThat(Files.list(mine.resolve("a/b"))).hasSize(3);
        }

        assertThat(Files.list(mine)).isEmpty();
    }

    @Test
    void aFramesTextsAreInItsFile() throws IOException {
        FrameFolder frames = FrameFolder.create(folder);
        Path file = frames.add(Picture.filled(8, 8, 1, 2, 3), Map.of("Comment", "recipe"));
        frames.finish();

        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).contains("iTXtComment\0\0\0\0\0recipe");
    }

    @Test
    void unusableFoldersAreRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");

        assertThatThrownBy(() -> FrameFolder.create(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(file + ": is a file; name a folder for the frames");
        assertThatThrownBy(() -> FrameFolder.create(file.resolve("below")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("choose another path");
    }

    @Test
    void aContactSheetShowsEveryFrame() {
        List<Picture> frames = Clips.numbered(20, 10, 5);
        Picture sheet = ContactSheet.of(frames, 3, 2);

        assertThat(sheet.width()).isEqualTo(3 * 22 + 2);
        assertThat(sheet.height()).isEqualTo(2 * 12 + 2);
        for (int i = 0; i < 5; i++) {
            int x = 2 + i % 3 * 22;
            int y = 2 + i / 3 * 12;
            assertThat(red(sheet, x, y)).isEqualTo(5 * i);
            assertThat(red(sheet, x + 19, y + 9)).isEqualTo(5 * i);
            assertThat(red(sheet, x - 1, y)).isEqualTo(255);
            assertThat(red(sheet, x, y - 1)).isEqualTo(255);
        }
        assertThat(red(sheet, 60, 20)).isEqualTo(255);
    }

    @Test
    void captionsAreWrittenBelow() {
        List<Picture> frames = List.of(Picture.filled(64, 48, 255, 0, 0), Picture.filled(64, 48, 0, 0, 255));
        Picture sheet = ContactSheet.captioned(frames, 2, 4, List.of("step 1", ""));

        assertThat(sheet.height()).isEqualTo(48 + 14 + 8);
        assertThat(Picture.filled(64, 48, 255, 0, 0).rgb()[0]).isEqualTo(sheet.rgb()[(4 * sheet.width() + 4) * 3]);
        assertThat(darkPixels(sheet, 4, 52)).isPositive();
        assertThat(darkPixels(sheet, 72, 52)).isZero();
        assertThatThrownBy(() -> ContactSheet.captioned(frames, 2, 4, List.of("one")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** A prompt of a paragraph is read to its last word, however narrow the sheet; so is a word without an end. */
    @Test
    void aDescriptionIsWrittenOutWhole() {
        Picture sheet = Picture.filled(120, 10, 255, 0, 0);
        Picture one = ContactSheet.described(sheet, 4, 20, "short");
        Picture many = ContactSheet.described(sheet, 4, 20, "A woman in a red coat walks in a park. ".repeat(5));
        Picture endless = ContactSheet.described(sheet, 4, 20, "w".repeat(200));

        assertThat(one.height()).isEqualTo(10 + 20 + 4);
        assertThat(many.height()).isGreaterThan(10 + 8 * 20);
        assertThat(endless.height()).isGreaterThan(10 + 10 * 20);
        for (int top = 10; top < many.height() - 24; top += 20) {
            assertThat(darkPixels(many, 4, top)).as("line at %d", top).isPositive();
        }
        assertThat(ContactSheet.described(sheet, 4, 20, " ")).isEqualTo(sheet);
    }

    @Test
    void samplesAreSpreadEvenly() {
        List<Picture> frames = Clips.numbered(2, 2, 49);

        assertThat(ContactSheet.sample(frames, 4).stream().map(Clips::number)).containsExactly(0, 16, 32, 48);
        assertThat(ContactSheet.sample(frames, 1).stream().map(Clips::number)).containsExactly(0);
        assertThat(ContactSheet.sample(frames, 99)).isEqualTo(frames);
    }

    private static int darkPixels(Picture sheet, int left, int top) {
        int dark = 0;
        for (int y = top; y < top + 14; y++) {
            for (int x = left; x < left + 64; x++) {
                dark += red(sheet, x, y) < 100 ? 1 : 0;
            }
        }
        return dark;
    }

    private static int red(Picture frame, int x, int y) {
        return frame.rgb()[(y * frame.width() + x) * 3] & 0xff;
    }

    private static Picture read(byte[] png) throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        byte[] rgb = new byte[image.getWidth() * image.getHeight() * 3];
        for (int i = 0; i < rgb.length / 3; i++) {
            int pixel = image.getRGB(i % image.getWidth(), i / image.getWidth());
            rgb[3 * i] = (byte) (pixel >> 16);
            rgb[3 * i + 1] = (byte) (pixel >> 8);
            rgb[3 * i + 2] = (byte) pixel;
        }
        return new Picture(image.getWidth(), image.getHeight(), rgb);
    }
}
