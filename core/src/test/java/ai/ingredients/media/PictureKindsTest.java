package ai.ingredients.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.testing.Fixture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where pictures say how they lie, headers few programs write, and pictures with less in them than they claim. */
class PictureKindsTest {
    private static final Path PICTURES = Fixture.path("pictures");
    private static final Picture STORED = Clips.natural(24, 16, 1).getFirst();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"orient-xmp.png", "orient-rawprofile.png"})
    void picturesThatLieOnTheirSideComeOutUpright(String name) {
        assertThat(PictureReader.read(PICTURES.resolve(name)))
                .isEqualTo(PictureReader.read(PICTURES.resolve("upright.png")));
    }

    /** Where the orientation is written. */
    enum Place {
        PNG_EXIF,
        PNG_RAW_PROFILE,
        PNG_PACKED_RAW_PROFILE,
        PNG_APP1_PROFILE,
        PNG_XMP_ATTRIBUTE,
        PNG_XMP_ELEMENT,
        PNG_PACKED_XMP,
        JPEG_EXIF,
        JPEG_XMP,
        WEBP_EXIF,
        WEBP_XMP
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void everyOrientationIsFoundWhereverItIs(Place place) throws IOException {
        Path plain = Files.write(folder.resolve("plain"), placed(place, 1));
        Picture upright = PictureReader.read(plain);
        for (int code = 1; code <= 8; code++) {
            Path file = Files.write(folder.resolve("turned"), placed(place, code));
            assertThat(PictureReader.read(file)
                            .equals(Orientation.ofExif(code).apply(upright.width(), upright.height(), upright.rgb())))
                    .as("%s %d", place, code)
                    .isTrue();
        }
    }

    @Test
    void exifCountsBeforeXmp() throws IOException {
        byte[] png = withChunk(Png.encode(STORED), "eXIf", exif(1));
        byte[] both = withChunk(png, "iTXt", text("XML:com.adobe.xmp\0\0\0\0\0", attribute(6)));
        assertThat(PictureReader.read(Files.write(folder.resolve("both.png"), both)))
                .isEqualTo(STORED);
    }

    private static byte[] placed(Place place, int code) {
        byte[] exif = exif(code);
        byte[] head = concat("Exif\0\0".getBytes(StandardCharsets.ISO_8859_1), exif);
        String hex = "\nexif\n      " + head.length + "\n"
                + HexFormat.of().formatHex(head).replaceAll("(.{72})", "$1\n") + "\n";
        byte[] png = Png.encode(STORED);
        String element = "<rdf:Description><tiff:Orientation>" + code + "</tiff:Orientation></rdf:Description>";
        return switch (place) {
            case PNG_EXIF -> withChunk(png, "eXIf", exif);
            case PNG_RAW_PROFILE -> withChunk(png, "tEXt", text("Raw profile type exif\0", hex));
            case PNG_PACKED_RAW_PROFILE ->
                withChunk(png, "zTXt", concat(text("Raw profile type exif\0\0", ""), packed(hex)));
            case PNG_APP1_PROFILE -> withChunk(png, "tEXt", text("Raw profile type APP1\0", hex));
            case PNG_XMP_ATTRIBUTE -> withChunk(png, "iTXt", text("XML:com.adobe.xmp\0\0\0\0\0", attribute(code)));
            case PNG_XMP_ELEMENT -> withChunk(png, "iTXt", text("XML:com.adobe.xmp\0\0\0\0\0", element));
            case PNG_PACKED_XMP ->
                withChunk(png, "iTXt", concat(text("XML:com.adobe.xmp\0\1\0\0\0", ""), packed(element)));
            case JPEG_EXIF -> withApp1(encoded(".jpg", STORED), head);
            case JPEG_XMP -> withApp1(encoded(".jpg", STORED), text("http://ns.adobe.com/xap/1.0/\0", attribute(code)));
            case WEBP_EXIF -> webp("EXIF", 8, exif);
            case WEBP_XMP -> webp("XMP ", 4, text("", attribute(code)));
        };
    }

    private static String attribute(int code) {
        return "<rdf:Description tiff:Orientation=\"" + code + "\"/>";
    }

    /** A TIFF header with one entry. */
    private static byte[] exif(int code) {
        return ByteBuffer.allocate(26)
                .put(new byte[] {'M', 'M', 0, 42})
                .putInt(8)
                .putShort((short) 1)
                .putShort((short) 0x0112)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) code)
                .array();
    }

    private static byte[] text(String head, String rest) {
        return (head + rest).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] packed(String text) {
        Deflater deflater = new Deflater();
        deflater.setInput(text.getBytes(StandardCharsets.ISO_8859_1));
        deflater.finish();
        byte[] out = new byte[4096];
        int length = deflater.deflate(out);
        deflater.end();
        return Arrays.copyOf(out, length);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Behind IHDR. */
    private static byte[] withChunk(byte[] png, String type, byte[] body) {
        byte[] typed = concat(type.getBytes(StandardCharsets.US_ASCII), body);
        CRC32 sum = new CRC32();
        sum.update(typed);
        byte[] chunk = concat(
                ByteBuffer.allocate(4).putInt(body.length).array(),
                typed,
                ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
        return concat(Arrays.copyOf(png, 33), chunk, Arrays.copyOfRange(png, 33, png.length));
    }

    private static byte[] withApp1(byte[] jpeg, byte[] body) {
        byte[] head = ByteBuffer.allocate(4)
                .putShort((short) 0xFFE1)
                .putShort((short) (body.length + 2))
                .array();
        return concat(Arrays.copyOf(jpeg, 2), head, body, Arrays.copyOfRange(jpeg, 2, jpeg.length));
    }

    /** An extended WebP around the same picture. */
    private static byte[] webp(String type, int flag, byte[] body) {
        byte[] simple = encoded(".webp", STORED);
        byte[] padded = Arrays.copyOf(body, body.length + body.length % 2);
        ByteBuffer extended = ByteBuffer.allocate(12 + 18 + simple.length - 12 + 8 + padded.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(simple, 0, 12)
                .put("VP8X".getBytes(StandardCharsets.US_ASCII))
                .putInt(10)
                .putInt(flag)
                .put(new byte[] {23, 0, 0, 15, 0, 0})
                .put(simple, 12, simple.length - 12)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .putInt(body.length)
                .put(padded);
        return extended.putInt(4, extended.capacity() - 8).array();
    }

    private static byte[] encoded(String extension, Picture picture, int... parameters) {
        try (PointerScope scope = new PointerScope()) {
            BytePointer out = new BytePointer();
            opencv_imgcodecs.imencode(extension, OpenCv.matrix(picture), out, new IntPointer(parameters));
            byte[] bytes = new byte[(int) out.limit()];
            out.get(bytes);
            return bytes;
        }
    }

    @Test
    void bitmapsOfOs2AreRead() throws IOException {
        Picture core = PictureReader.read(PICTURES.resolve("core.bmp"));
        assertThat(core).hasToString("40x50 picture");
    }

    /** The same two rows of two pixels under each header: red, green, blue, white from the bottom left. */
    @ParameterizedTest
    @ValueSource(ints = {12, 16, 40, 52, 56, 64, 108, 124})
    void everyBitmapHeaderIsRead(int header) throws IOException {
        ByteBuffer bmp = ByteBuffer.allocate(14 + header + 16).order(ByteOrder.LITTLE_ENDIAN);
        bmp.put(text("BM", ""))
                .putInt(bmp.capacity())
                .putInt(0)
                .putInt(14 + header)
                .putInt(header);
        if (header == 12) {
            bmp.putShort((short) 2).putShort((short) 2);
        } else {
            bmp.putInt(2).putInt(2);
        }
        bmp.putShort((short) 1).putShort((short) 24);
        bmp.position(14 + header);
        bmp.put(new byte[] {0, 0, -1, 0, -1, 0, 0, 0, -1, 0, 0, -1, -1, -1, 0, 0});

        Picture picture = PictureReader.read(Files.write(folder.resolve("header.bmp"), bmp.array()));

        byte f = -1;
        assertThat(picture.rgb()).containsExactly(0, 0, f, f, f, f, f, 0, 0, 0, f, 0);
    }

    @ParameterizedTest
    @CsvSource({"pic-65500x2700.jpg, 65500x2700 pixels", "pic-big.gif, pixels"})
    void picturesOutOfProportionToTheirFileAreRefused(String name, String why) {
        assertRefused(PICTURES.resolve(name), why);
    }

    /** A marker ends the data early: decoders would paint the rest gray. */
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "0, 1", "1, 2"})
    void aJpegWithAPartOfItsDataIsRefused(int progressive, int restart) throws IOException {
        Picture picture = Clips.natural(161, 120, 1).getFirst();
        byte[] whole = encoded(
                ".jpg",
                picture,
                opencv_imgcodecs.IMWRITE_JPEG_PROGRESSIVE,
                progressive,
                opencv_imgcodecs.IMWRITE_JPEG_RST_INTERVAL,
                restart);
        Path file = Files.write(folder.resolve("photo.jpg"), whole);
        assertThat(PictureReader.read(file)).hasToString("161x120 picture");
        for (int keep = 60; keep < 99; keep += 13) {
            byte[] cut = Arrays.copyOf(whole, whole.length * keep / 100);
            cut[cut.length - 2] = -1;
            cut[cut.length - 1] = (byte) 0xD9;
            assertRefused(Files.write(folder.resolve("cut.jpg"), cut), "is ");
        }
    }

    @ParameterizedTest
    @CsvSource({"baseline_420.jpg", "baseline_444.jpg", "progressive_420.jpg", "cmyk.jpg", "gray.jpg"})
    void aPhotoWhoseLastBlocksAreMissingIsRefused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Fixture.path("images").resolve(name));
        byte[] cut = Arrays.copyOf(whole, whole.length - 12);
        cut[cut.length - 2] = -1;
        cut[cut.length - 1] = (byte) 0xD9;
        assertRefused(Files.write(folder.resolve("cut.jpg"), cut), "is damaged");
    }

    @Test
    void aGifWithAPartOfItsPictureIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(Fixture.path("images").resolve("anim.gif"));
        int image = new String(whole, StandardCharsets.ISO_8859_1).indexOf(",\0\0\0\0");
        int height = whole[image + 7];
        whole[image + 7] = (byte) (height * 2); // twice the rows, the same codes
        whole[8] = (byte) (height * 2);
        assertRefused(Files.write(folder.resolve("half.gif"), whole), "a part of its pixel data is missing");
    }

    private static void assertRefused(Path file, String why) {
        assertThatThrownBy(() -> PictureReader.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(why);
    }
}
