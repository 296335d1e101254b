package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.testing.Fixture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ONNX files are walked before ONNX Runtime sees them. */
class OnnxFileTest {
    @TempDir
    Path folder;

    @Test
    void networksPass() {
        for (String name : new String[] {"arcface_tiny.onnx", "scrfd_tiny.onnx", "scrfd_fixed.onnx"}) {
            OnnxFile.check(Fixture.path(name));
        }
    }

    @Test
    void cutFilesAreRefused() throws IOException {
        byte[] whole = Files.readAllBytes(Fixture.path("scrfd_tiny.onnx"));
        for (int length : new int[] {1, 40, whole.length / 2, whole.length - 1}) {
            Path file = Files.write(folder.resolve("cut.onnx"), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Scrfd.open(file, 64, 64))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith(file + ": is not an ONNX model that can be run");
        }
    }

    @Test
    void whatReachesOutOfTheFileOrGrowsIsRefused() throws IOException {
        byte[] floats = {1 << 3, 4, 2 << 3, 1}; // four numbers, fp32
        refused("weights in another file", tensor(floats, new byte[] {14 << 3, 1}));
        refused(
                "weights in another file",
                tensor(floats, field(13, field(1, "location".getBytes(StandardCharsets.UTF_8)))));
        refused("a tensor whose data are not those of its shape", tensor(floats, field(9, new byte[12])));
        refused("a tensor whose data are not those of its shape", tensor(floats));
        refused(
                "a tensor larger than the file",
                tensor(new byte[] {8, -1, -1, -1, -1, 7, 16, 1}, field(9, new byte[8])));
        refused("loops or branches", field(7, field(1, field(5, field(6, new byte[0])))));
        refused("functions of its own", field(25, new byte[0]));
        refused("a field that is cut off", new byte[] {0x3A, 100, 1});
        refused("a number that does not end", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1});
        OnnxFile.check(Files.write(folder.resolve("good.onnx"), tensor(floats, field(9, new byte[16]))));
    }

    /** Found by fuzzing: three gigabytes of a network of 13 KB. */
    @Test
    void whatMakesGigabytesOfAFewBytesIsRefused() throws IOException {
        byte[] eight = {8, 2, 16, 7}; // two numbers, int64
        byte[] small = {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0};
        byte[] large = {1, 0, 0x3a, 0, 0, 0, 0, 0, 2, 0, 0x3a, 0, 0, 0, 0, 0};
        refused("a padding of more than 64", operator("Pad", eight, large));
        refused("an enlargement of more than 4096 times", operator("Tile", eight, large));
        refused("a tensor of millions of numbers", operator("Expand", eight, large));
        byte[] floats = {8, 2, 16, 1};
        refused("an enlargement of more than 4096 times", operator("Upsample", floats, new byte[] {
            0, 0, (byte) 0x80, 0x45, 0, 0, 0, 0x40 // 4096 and 2
        }));
        refused("a padding of more than 64", field(7, field(1, text(4, "Conv"), field(5, text(1, "pads"), new byte[] {
            64, 100
        }))));
        for (String operator : List.of("Pad", "Tile", "Expand", "Reshape")) {
            OnnxFile.check(Files.write(folder.resolve("good.onnx"), operator(operator, eight, small)));
        }
        OnnxFile.check(Files.write(folder.resolve("good.onnx"), operator("Reshape", eight, large)));
    }

    /** A model of one operator, whose second input are two numbers. */
    private static byte[] operator(String name, byte[] kind, byte[] numbers) {
        return field(
                7,
                field(1, text(1, "x"), text(1, "p"), text(2, "y"), text(4, name)),
                field(5, kind, text(8, "p"), field(9, numbers)));
    }

    private static byte[] text(int number, String text) {
        return field(number, text.getBytes(StandardCharsets.UTF_8));
    }

    private void refused(String why, byte[] onnx) throws IOException {
        Path file = Files.write(folder.resolve("bad.onnx"), onnx);
        assertThatThrownBy(() -> OnnxFile.check(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(why);
    }

    /** A model with one weight. */
    private static byte[] tensor(byte[]... parts) {
        return field(7, field(5, parts));
    }

    private static byte[] field(int number, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        int tag = number << 3 | 2;
        if (tag > 127) {
            all.write(tag & 127 | 128);
            tag >>= 7;
        }
        all.write(tag);
        all.write(body.size());
        all.writeBytes(body.toByteArray());
        return all.toByteArray();
    }
}
