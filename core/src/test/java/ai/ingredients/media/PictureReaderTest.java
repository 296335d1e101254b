package ai.ingredients.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Picture files against what Pillow's loader makes of them (fixture {@code images_expected}), and broken files. */
class PictureReaderTest {
    private static final Path IMAGES = Fixture.path("images");

    @TempDir
    private Path folder;

    static List<String> readable() throws IOException {
        try (Stream<Path> files = Files.list(IMAGES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("evil_") && !name.equals("gray16.png"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("readable")
    void everyKindOfFileIsReadAsPillowReadsIt(String name) {
        Picture picture = PictureReader.read(IMAGES.resolve(name));
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("images_expected")) {
            // BMP has no vector of its own: it holds the pixels of rgb.png.
            Tensor expected = fixture.get("out_" + (name.equals("rgb.bmp") ? "rgb.png" : name));
            assertArrayEquals(new long[] {picture.height(), picture.width(), 3}, Ops.shape(expected));
            int allowed = name.equals("cmyk.jpg") ? 1 : 0; // Pillow and OpenCV round the ink product differently
            assertThat(worst(Ops.bytes(expected), picture.rgb())).isLessThanOrEqualTo(allowed);
        }
    }

    @Test
    void sixteenBitGrayKeepsItsHighByte() {
        byte[] rgb = PictureReader.read(IMAGES.resolve("gray16.png")).rgb();
        // stored samples are 111 · i
        assertThat(new int[] {rgb[0], rgb[3 * 3], rgb[8 * 3]}).containsExactly(0, 333 >> 8, 888 >> 8);
    }

    @Test
    void aLargePhotoIsReducedToItsLongSide() {
        PictureReader.Fitted fitted = PictureReader.readFitted(IMAGES.resolve("orient_6.jpg"), 20);
        assertEquals(16, fitted.originalWidth());
        assertEquals(32, fitted.originalHeight());
        assertEquals(10, fitted.picture().width());
        assertEquals(20, fitted.picture().height());
        assertEquals(
                PictureReader.read(IMAGES.resolve("rgb.png")),
                PictureReader.readFitted(IMAGES.resolve("rgb.png"), 31).picture());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rgb.png",
                "baseline_444.jpg",
                "progressive_420.jpg",
                "small.webp",
                "lossless.webp",
                "anim.gif",
                "rgb.bmp"
            })
    void everyTruncationIsRefused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(IMAGES.resolve(name));
        for (int length = 1; length < whole.length; length += 1 + whole.length / 97) {
            Path file = folder.resolve("cut.jpg");
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> PictureReader.read(file))
                    .as(name + " cut to " + length)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith(file + ": ")
                    .message()
                    .doesNotContain("\n");
        }
    }

    /** Of a JPEG with many rows OpenCV would return the rows it has and gray below. */
    @Test
    void aLargeJpegCutInTheMiddleIsRefused() throws IOException {
        byte[] noise = new byte[256 * 256 * 3];
        new Random(1).nextBytes(noise);
        byte[] whole;
        try (PointerScope scope = new PointerScope()) {
            BytePointer jpeg = new BytePointer();
            opencv_imgcodecs.imencode(".jpg", OpenCv.matrix(new Picture(256, 256, noise)), jpeg);
            whole = new byte[(int) jpeg.limit()];
            jpeg.get(whole);
        }
        Path file = folder.resolve("cut.jpg");
        Files.write(file, whole);
        assertEquals(256, PictureReader.read(file).height());
        Files.write(file, Arrays.copyOf(whole, whole.length * 2 / 3));
        refused(file, "is truncated after " + whole.length * 2 / 3 + " bytes");
    }

    @Test
    void damagedPngIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(IMAGES.resolve("rgb.png"));
        bytes[bytes.length / 2] ^= 1;
        Path file = folder.resolve("flipped.png");
        Files.write(file, bytes);
        assertThatThrownBy(() -> PictureReader.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("the checksum of PNG chunk IDAT is wrong");
    }

    @Test
    void whatIsNoPictureIsNamed() throws IOException {
        refused(IMAGES.resolve("evil_not_an_image.jpg"), "is not a picture (JPEG, PNG or WebP expected)");
        refused(IMAGES.resolve("evil_truncated.jpg"), "is truncated after 414 bytes");
        refused(IMAGES.resolve("evil_truncated.png"), "is truncated after 731 bytes");
        refused(IMAGES.resolve("evil_bomb_20000x20000.png"), "has 20000x20000 pixels; at most 178 megapixels");
        refused(folder, "is a folder");
        refused(folder.resolve("none.png"), "there is no such file");
        refused(Files.createFile(folder.resolve("empty.png")), "is empty");
        refused(
                write("photo.heic", "\0\0\0\u0018ftypheic"),
                "is a HEIC, AVIF or video file; save the photo as JPEG or PNG");
        refused(write("raw.dng", "II*\0"), "is a TIFF or camera raw file");
    }

    @Test
    void pngComesBackAndIsReplacedInOneStep() throws IOException {
        Picture picture = PictureReader.read(IMAGES.resolve("rgb.png"));
        Path file = folder.resolve("crop.png");
        Png.write(file, Picture.filled(3, 2, 255, 0, 1));
        Png.write(file, picture);
        assertEquals(picture, PictureReader.read(file));
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
        assertThatThrownBy(() -> Png.write(folder, picture)).isInstanceOf(InvalidInputException.class);
    }

    private Path write(String name, String latin1) throws IOException {
        return Files.writeString(folder.resolve(name), latin1, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static void refused(Path file, String why) {
        assertThatThrownBy(() -> PictureReader.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": " + why);
    }

    private static int worst(byte[] expected, byte[] actual) {
        int worst = 0;
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, Math.abs((expected[i] & 0xFF) - (actual[i] & 0xFF)));
        }
        return worst;
    }
}
