package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.ReadBytes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a safetensors file may hold, and every way in which one can be wrong. */
class SafetensorsFileTest {
    @TempDir
    Path folder;

    private static final String GOOD = RawSafetensors.entry("a", "F32", "[2]", 0, 8);

    /** Name of the case, header, bytes of values, what the message must say. */
    static Stream<Arguments> wrongHeaders() {
        return Stream.of(
                Arguments.of("no JSON", "hello world", 0, "not valid JSON"),
                Arguments.of("a list", "[1,2]", 0, "not a JSON object"),
                Arguments.of("ends inside an object", "{\"a\":", 0, "not valid JSON"),
                Arguments.of("ends inside an entry", "{\"a\":{\"dtype\":\"F32\",", 0, "not valid JSON"),
                Arguments.of("ends inside a skipped value", "{\"a\":{\"x\":[[[{", 0, "not valid JSON"),
                Arguments.of("ends inside a shape", "{\"a\":{\"shape\":[1,", 0, "not valid JSON"),
                Arguments.of("ends inside metadata", "{\"__metadata__\":{\"a\":\"b\"", 0, "not valid JSON"),
                Arguments.of("text after the end", RawSafetensors.header() + "{}", 0, "text after its end"),
                Arguments.of("same name twice", RawSafetensors.header(GOOD, GOOD), 8, "Duplicate field 'a'"),
                Arguments.of("same key twice", "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\"}}", 8, "Duplicate field"),
                Arguments.of("entry is a number", "{\"a\":3}", 0, "entry \"a\" is not an object"),
                Arguments.of("entry is null", "{\"a\":null}", 0, "entry \"a\" is not an object"),
                Arguments.of("nothing in the entry", "{\"a\":{}}", 0, "lacks dtype, shape or two data_offsets"),
                Arguments.of("dtype is a number", "{\"a\":{\"dtype\":3}}", 0, "dtype is not a string"),
                Arguments.of(
                        "many dimensions", one("F32", "[1" + ",1".repeat(64) + "]", 0, 4), 4, "more than 64 numbers"),
                Arguments.of(
                        "empty and impossible",
                        one("F32", "[0,4611686018427387904,4611686018427387904]", 0, 0),
                        0,
                        "impossible shape"),
                Arguments.of(
                        "impossible and empty",
                        one("F32", "[4611686018427387904,4611686018427387904,0]", 0, 0),
                        0,
                        "impossible shape"),
                Arguments.of("shape is a number", one("F32", "2", 0, 8), 8, "shape is not a list"),
                Arguments.of("shape is nested", one("F32", "[[2]]", 0, 8), 8, "shape holds ["),
                Arguments.of("shape is fractional", one("F32", "[2.0]", 0, 8), 8, "shape holds 2.0"),
                Arguments.of("shape is negative", one("F32", "[-2]", 0, 8), 8, "shape holds -2"),
                Arguments.of("shape beyond 64 bit", one("F32", "[99999999999999999999]", 0, 8), 8, "not valid JSON"),
                Arguments.of("elements overflow", one("F32", "[4294967296,4294967296]", 0, 8), 8, "impossible shape"),
                Arguments.of("bytes overflow", one("F64", "[2305843009213693952]", 0, 8), 8, "impossible shape"),
                Arguments.of("negative offset", one("F32", "[2]", -8, 0), 8, "data_offsets holds -8"),
                Arguments.of(
                        "one offset", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, "lacks"),
                Arguments.of("ends before it begins", one("F32", "[2]", 8, 0), 8, "ends before it begins"),
                Arguments.of("beyond the file", one("F32", "[2]", 0, 8), 7, "the file has 7 bytes of values"),
                Arguments.of("far beyond", one("F32", "[2]", 0, Long.MAX_VALUE), 8, "it is truncated"),
                Arguments.of("size and shape differ", one("F32", "[3]", 0, 8), 8, "takes 12 bytes"),
                Arguments.of("does not begin at 0", one("F32", "[1]", 4, 8), 8, "expected to begin at 0"),
                Arguments.of("values behind the last", one("F32", "[2]", 0, 8), 9, "its header accounts for 8"),
                Arguments.of("values of nobody", "{}", 4, "its header accounts for 0"),
                Arguments.of(
                        "overlap",
                        RawSafetensors.header(GOOD, RawSafetensors.entry("b", "F32", "[2]", 4, 12)),
                        12,
                        "tensor \"b\" lies at bytes 4 to 12, expected to begin at 8"),
                Arguments.of(
                        "same bytes twice",
                        RawSafetensors.header(GOOD, RawSafetensors.entry("b", "F32", "[2]", 0, 8)),
                        8,
                        "overlap"),
                Arguments.of(
                        "hole",
                        RawSafetensors.header(GOOD, RawSafetensors.entry("b", "F32", "[1]", 12, 16)),
                        16,
                        "leave a hole"),
                Arguments.of("metadata is text", "{\"__metadata__\":\"x\"}", 0, "\"__metadata__\" is not an object"),
                Arguments.of("metadata is nested", "{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", 0, "is not a string"),
                Arguments.of("metadata is a number", "{\"__metadata__\":{\"a\":1}}", 0, "is not a string"));
    }

    private static String one(String dtype, String shape, long begin, long end) {
        return RawSafetensors.header(RawSafetensors.entry("a", dtype, shape, begin, end));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongHeaders")
    void refusesAWrongHeader(String what, String header, int bytes, String expected) {
        Path file = RawSafetensors.write(folder.resolve("w.safetensors"), header, new byte[bytes]);
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> refused(file, expected), what);
    }

    private void refused(Path file, String expected) {
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(expected)
                .message()
                .doesNotContain("\n");
        OpenFiles.assertNone(folder);
    }

    @Test
    void refusesWhatIsNoFile() throws IOException {
        refused(folder.resolve("absent"), "there is no such file");
        refused(folder, "is a folder");
        refused(RawSafetensors.write(folder.resolve("empty"), new byte[0]), "is empty");
        refused(RawSafetensors.write(folder.resolve("short"), new byte[7]), "has 7 bytes, too few");
        refused(Path.of("/dev/null"), "not a regular file");
    }

    @Test
    void refusesAWrongHeaderLength() {
        for (long length : new long[] {0, 1, 9, 100_000_001, Long.MAX_VALUE, -1}) {
            byte[] bytes = ByteBuffer.allocate(16)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(length)
                    .array();
            Path file = RawSafetensors.write(folder.resolve("length" + length), bytes);
            refused(file, "says its header has " + Long.toUnsignedString(length) + " bytes");
        }
    }

    @Test
    void refusesAHeaderOverTheLimitInAFileThatHasIt() throws IOException {
        Path file = folder.resolve("huge-header");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(200_000_000);
            sparse.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(100_000_001)
                    .array());
        }
        refused(file, "says its header has 100000001 bytes");
    }

    @Test
    void refusesTextThatIsNotUtf8() {
        byte[] bytes = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(4)
                .put(new byte[] {'{', (byte) 0xff, (byte) 0xfe, '}'})
                .array();
        refused(RawSafetensors.write(folder.resolve("latin"), bytes), "not UTF-8");
    }

    @Test
    void truncationAnywhereIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(RawSafetensors.write(
                folder.resolve("whole"),
                RawSafetensors.header(GOOD, RawSafetensors.entry("b", "U8", "[3]", 8, 11)),
                new byte[11]));
        for (int length = 0; length < whole.length; length++) {
            Path file = RawSafetensors.write(folder.resolve("cut"), Arrays.copyOf(whole, length));
            assertThrows(InvalidInputException.class, () -> SafetensorsFile.open(file), "cut at " + length);
        }
        OpenFiles.assertNone(folder);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "OTHER")
    void everyDtypeIsReadAlignedAndNot(DType dtype) {
        byte[] two = new byte[2 * dtype.bytes()];
        for (int i = 0; i < two.length; i++) {
            two[i] = (byte) (dtype == DType.BOOL ? i % 2 : i + 1);
        }
        for (int shift = 0; shift < 2; shift++) {
            ByteBuffer values = ByteBuffer.allocate(shift + two.length);
            values.position(shift);
            values.put(two);
            String header = RawSafetensors.header(
                    RawSafetensors.entry("pad", "U8", "[" + shift + "]", 0, shift),
                    RawSafetensors.entry("x", dtype.tag(), "[2,1]", shift, shift + two.length));
            String aligned = header + " ".repeat((8 - header.length() % 8) % 8);
            Path file = RawSafetensors.write(folder.resolve("d" + shift), aligned, values.array());
            try (SafetensorsFile weights = SafetensorsFile.open(file);
                    Scope scope = Scope.inference()) {
                assertEquals(new TensorInfo(dtype, List.of(2L, 1L)), weights.info("x"));
                Tensor x = weights.get("x");
                assertEquals(dtype, DType.of(x));
                assertEquals(
                        List.of(2L, 1L), Arrays.stream(Ops.shape(x)).boxed().toList());
                byte[] found = new byte[two.length];
                new org.bytedeco.javacpp.BytePointer(x.data_ptr()).get(found);
                assertThat(found).isEqualTo(two);
                assertEquals(0, x.data_ptr().address() % dtype.bytes());
            }
        }
    }

    @Test
    void aTensorOfAnUnknownTypeLeavesTheOthersReadable() {
        String header = RawSafetensors.header(
                RawSafetensors.entry("good", "F32", "[2]", 0, 8), RawSafetensors.entry("odd", "F4", "[3]", 8, 10));
        Path file = RawSafetensors.write(folder.resolve("odd"), header, new byte[10]);
        try (SafetensorsFile weights = SafetensorsFile.open(file);
                Scope scope = Scope.inference()) {
            assertThat(Ops.floats(weights.get("good"))).containsExactly(0, 0);
            assertThat(weights.info("odd").shape()).containsExactly(3L);
            assertThatThrownBy(() -> weights.get("odd"))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("holds \"odd\" as F4, which is not supported");
        }
    }

    @Test
    void metadataMayBeNull() {
        try (SafetensorsFile weights =
                        SafetensorsFile.open(Path.of("src/test/resources/cases/metadata-null.safetensors"));
                Scope scope = Scope.inference()) {
            assertThat(Ops.floats(weights.get("a"))).containsExactly(1, 2);
            assertThat(weights.metadata()).isEmpty();
        }
    }

    @Test
    void scalarsAndEmptyTensorsHaveTheirShapes() {
        String header = RawSafetensors.header(
                RawSafetensors.entry("scalar", "I32", "[]", 0, 4),
                RawSafetensors.entry("none", "F32", "[0]", 4, 4),
                RawSafetensors.entry("flat", "BF16", "[3,0,2]", 4, 4));
        Path file = RawSafetensors.write(folder.resolve("s"), header, new byte[] {7, 0, 0, 0});
        try (SafetensorsFile weights = SafetensorsFile.open(file);
                Scope scope = Scope.inference()) {
            assertThat(weights.names()).containsExactly("scalar", "none", "flat");
            assertEquals(0, weights.get("scalar").dim());
            assertEquals(7, weights.get("scalar").item().toInt());
            assertThat(Ops.shape(weights.get("none"))).containsExactly(0);
            assertThat(Ops.shape(weights.get("flat"))).containsExactly(3, 0, 2);
            assertEquals(0, weights.info("flat").bytes());
        }
    }

    @Test
    void unknownKeysOfAnEntryAreSkippedWithEverythingInThem() {
        String header =
                "{\"a\":{\"x\":{\"y\":[{},[1]]},\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"z\":null}}";
        try (SafetensorsFile weights =
                SafetensorsFile.open(RawSafetensors.write(folder.resolve("odd"), header, new byte[4]))) {
            assertEquals(new TensorInfo(DType.FP32, List.of(1L)), weights.info("a"));
        }
    }

    @Test
    void valuesBeyondTwoGigabytesAreReached() throws IOException {
        long gap = 5L << 30;
        String header = RawSafetensors.header(
                RawSafetensors.entry("gap", "U8", "[" + gap + "]", 0, gap),
                RawSafetensors.entry("last", "F32", "[2]", gap, gap + 8));
        Path file = folder.resolve("large.safetensors");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            byte[] text = header.getBytes(StandardCharsets.UTF_8);
            sparse.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(text.length)
                    .array());
            sparse.write(text);
            sparse.seek(8 + text.length + gap);
            sparse.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(1.5f)
                    .putFloat(-2.5f)
                    .array());
        }
        assumeTrue(ReadBytes.known(), "this system does not count what is read");
        long read = ReadBytes.of(() -> {
            try (SafetensorsFile weights = SafetensorsFile.open(file);
                    Scope scope = Scope.inference()) {
                assertThat(Ops.floats(weights.get("last"))).containsExactly(1.5f, -2.5f);
                assertEquals(gap, weights.get("gap").numel());
            }
        });
        assertThat(read).as("bytes read, those of the libraries among them").isLessThan(gap / 2);
        OpenFiles.assertNone(folder);
    }

    @Test
    void aClosedFileRefusesToHandOutTensors() {
        Path file = RawSafetensors.write(folder.resolve("c"), RawSafetensors.header(GOOD), new byte[8]);
        SafetensorsFile weights = SafetensorsFile.open(file);
        assertThat(OpenFiles.below(folder)).isNotEmpty();
        weights.close();
        weights.close();
        OpenFiles.assertNone(folder);
        assertThrows(IllegalStateException.class, () -> weights.get("a"));
        assertThatThrownBy(() -> weights.info("b"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("has no tensor \"b\"");
    }
}
