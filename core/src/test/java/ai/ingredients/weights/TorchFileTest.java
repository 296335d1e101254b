package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of {@code torch.save} of all forms give what {@code torch.load} gives; hostile ones are refused. */
class TorchFileTest {
    private static final Path PICKLES = Fixture.path("pickles");
    private static final Path CASES = Path.of("src/test/resources/cases");
    private static final Path PAYLOAD = Path.of("/tmp/pwned_by_pickle");

    /** Where the state dict of these cases lies in what torch.load returns. */
    private static final Map<String, String> WRAPPED = Map.of("nested", "state_dict/", "params_ema", "params/");

    /**
     * Files our rules read where the vectors call them hostile: torch reads this one too, and checking the sums of all
     * values would read the whole file on opening.
     */
    private static final List<String> READ_AS_TORCH_DOES = List.of("evil_bad_crc.pt");

    /** Well-formed files that hold no state dict, or are of a form we refuse on purpose. */
    private static final Map<String, String> REFUSED = Map.of(
            "zip_bare_tensor.pt", "holds no dict of tensors",
            "legacy_bare_tensor.pt", "holds no dict of tensors",
            "zip_list_of_tensors.pt", "holds no dict of tensors",
            "legacy_list_of_tensors.pt", "holds no dict of tensors");

    @TempDir
    Path folder;

    private static Stream<String> cases(String kind) {
        var items = JsonFile.read(Fixture.path("manifest-weights.json"))
                .path("pickles")
                .path("items");
        return items.properties().stream()
                .filter(item -> item.getValue().path("kind").asText().equals(kind))
                .map(Map.Entry::getKey);
    }

    static Stream<String> benign() {
        return cases("benign").filter(name -> !REFUSED.containsKey(name));
    }

    static Stream<String> hostile() {
        return cases("hostile").filter(name -> !READ_AS_TORCH_DOES.contains(name));
    }

    @AfterEach
    void nothingWasExecuted() {
        assertFalse(Files.exists(PAYLOAD), "a payload ran");
    }

    @ParameterizedTest
    @MethodSource("benign")
    void givesWhatTorchLoadGives(String name) {
        String stem = name.substring(0, name.lastIndexOf('.'));
        String prefix = WRAPPED.entrySet().stream()
                .filter(entry -> stem.contains("_" + entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("");
        try (TensorStore actual = Checkpoint.open(PICKLES.resolve(name));
                SafetensorsFile expected = SafetensorsFile.open(PICKLES.resolve(stem + ".expected.safetensors"));
                Scope scope = Scope.inference()) {
            List<String> names = expected.names().stream()
                    .filter(key -> key.startsWith(prefix))
                    .map(key -> key.substring(prefix.length()))
                    .toList();
            assertThat(actual.names()).containsExactlyInAnyOrderElementsOf(names);
            for (String key : names) {
                Tensor wanted = expected.get(prefix + key);
                assertEquals(TensorInfo.of(wanted), actual.info(key), key);
                assertEquals(TensorInfo.of(wanted), TensorInfo.of(actual.get(key)), key);
                assertTrue(sameBits(wanted, actual.get(key)), key);
            }
        }
        OpenFiles.assertNone(PICKLES);
    }

    private static boolean sameBits(Tensor a, Tensor b) {
        if (a.numel() == 0) {
            return b.numel() == 0;
        }
        Tensor left = a.contiguous().reshape(-1).view(ScalarType.Byte);
        return torch.equal(left, b.contiguous().reshape(-1).view(ScalarType.Byte));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void refusesHostileFiles(String name) {
        Path file = PICKLES.resolve(name);
        assertTimeoutPreemptively(
                Duration.ofSeconds(10),
                () -> assertThatThrownBy(() -> Checkpoint.open(file))
                        .isInstanceOf(InvalidInputException.class)
                        .hasMessageStartingWith(file + ": ")
                        .message()
                        .doesNotContain("\n"));
        OpenFiles.assertNone(PICKLES);
    }

    @Test
    void namesWhatWasAskedFor() {
        for (String name : List.of(
                "evil_posix_system_proto2.pt",
                "evil_posix_system_proto4.pt",
                "evil_posix_system_raw.pkl",
                "evil_posix_system_legacy.pt",
                "evil_posix_system_zip.pt",
                "evil_legacy_magic.pt",
                "evil_stack_global_memo.pt",
                "evil_obj_opcode.pt",
                "evil_build_setstate.pt")) {
            assertThatThrownBy(() -> Checkpoint.open(PICKLES.resolve(name)), name)
                    .hasMessageContaining(
                            "asks for \"posix.system\", which a checkpoint does not need; refusing to load");
        }
        assertThatThrownBy(() -> Checkpoint.open(PICKLES.resolve("evil_whole_module.pt")))
                .hasMessageContaining("\"torch.nn.modules.container.Sequential\"");
        assertThatThrownBy(() -> Checkpoint.open(PICKLES.resolve("evil_text.pt")))
                .hasMessageContaining("git lfs pull");
        assertThatThrownBy(() -> Checkpoint.open(PICKLES.resolve("evil_html.pt")))
                .hasMessageContaining("web page");
        assertThatThrownBy(() -> Checkpoint.open(PICKLES.resolve("evil_expand_bomb.pt")))
                .hasMessageContaining("repeats 4 stored elements");
        assertThatThrownBy(() -> Checkpoint.open(PICKLES.resolve("evil_storage_short.pt")))
                .hasMessageContaining("should have 400 elements, more than the file");
    }

    @Test
    void anAttributeOfAnAllowedNameIsAnotherName() throws IOException {
        String pickle = "\u0080\u0004\u008c\u0017collections.OrderedDict\u008c\u0006update\u0093.";
        Path file = Files.write(folder.resolve("raw.pkl"), pickle.getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Checkpoint.open(file)).hasMessageContaining("\"collections.OrderedDict.update\"");
        String dotted = "\u0080\u0004\u008c\u0005torch\u008c\u0010_utils.os.system\u0093.";
        Files.write(file, dotted.getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Checkpoint.open(file)).hasMessageContaining("\"torch._utils.os.system\"");
    }

    @Test
    void compressedArchivesAreUnpacked() throws IOException {
        try (TensorStore store = Checkpoint.open(CASES.resolve("rezipped.pt"));
                Scope scope = Scope.inference()) {
            String name = store.names().iterator().next();
            assertThat(store.names()).hasSize(1);
            assertThat(Ops.floats(store.get(name).to(ScalarType.Float)))
                    .containsExactly(Ops.floats(torch.arange(new Scalar(5000), new TensorOptions(ScalarType.Float))));
        }
        byte[] whole = Files.readAllBytes(CASES.resolve("rezipped.pt"));
        Path file = folder.resolve("damaged.pt");
        int refused = 0;
        for (int at = 200; at < 6000; at += 50) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x10;
            Files.write(file, damaged);
            try (TensorStore store = Checkpoint.open(file)) {
                assertThat(store.names()).isNotEmpty();
            } catch (InvalidInputException e) {
                refused++;
            }
        }
        assertThat(refused).as("values whose checksum is wrong").isGreaterThan(100);
        OpenFiles.assertNone(folder);
    }

    @Test
    void anArchiveThatUnpacksToFarMoreIsRefused() throws IOException {
        Path file = folder.resolve("bomb.pt");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write("}.".getBytes(StandardCharsets.US_ASCII));
            zip.putNextEntry(new ZipEntry("archive/data/0"));
            for (int i = 0; i < 80; i++) {
                zip.write(new byte[1 << 20]);
            }
        }
        assertThatThrownBy(() -> Checkpoint.open(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("compressed to less than a quarter");
        OpenFiles.assertNone(folder);
    }

    @Test
    void oddTensorsLeaveTheOthersReadable() {
        try (TensorStore store = Checkpoint.open(CASES.resolve("odd-tensors.pt"));
                TensorStore legacy = Checkpoint.open(CASES.resolve("complex-legacy.pt"));
                Scope scope = Scope.inference()) {
            for (TensorStore one : List.of(store, legacy)) {
                assertThat(Ops.floats(one.get("good"))).containsExactly(0, 1, 2, 3, 4, 5);
                assertEquals(new TensorInfo(DType.COMPLEX64, List.of(4L)), one.info("cplx"));
                assertThat(Ops.floats(torch.view_as_real(one.get("cplx")))).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
            }
            assertEquals(DType.FP8_E4M3_FNUZ, store.info("f8").dtype());
            for (String odd : List.of("q", "qc", "sp", "csr", "meta", "nested")) {
                assertThatThrownBy(() -> store.get(odd))
                        .isInstanceOf(InvalidInputException.class)
                        .hasMessageContaining("holds \"" + odd + "\" quantised, sparse");
            }
        }
    }

    /** What a pickle of 16 MB may not make of itself: each ran for half a minute and ended out of memory. */
    @ParameterizedTest
    @ValueSource(strings = {"dicts", "lists", "entries", "dimensions", "flags", "copies"})
    void aPickleCannotMakeMuchOfLittle(String kind) throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(0x80);
        pickle.write(2);
        int count = 1_000_000;
        switch (kind) {
            case "dicts" -> repeat(pickle, "}", 12 * count);
            case "lists" -> repeat(pickle, "]", 12 * count);
            case "entries" -> {
                pickle.write("}(".getBytes(StandardCharsets.US_ASCII));
                for (int i = 0; i < 2 * count; i++) {
                    pickle.write(new byte[] {'J', (byte) i, (byte) (i >> 8), (byte) (i >> 16), 0, 'N'});
                }
                pickle.write('u');
            }
            case "dimensions" -> {
                pickle.write("(".getBytes(StandardCharsets.US_ASCII));
                repeat(pickle, "K\1", count);
                pickle.write("tq\0ctorch._utils\n_rebuild_tensor_v2\nq\1(".getBytes(StandardCharsets.ISO_8859_1));
                pickle.write("(U\7storagectorch\nFloatStorage\nU\1".getBytes(StandardCharsets.ISO_8859_1));
                pickle.write("0U\3cpuK\0tQK\0h\0h\0t".getBytes(StandardCharsets.ISO_8859_1));
                repeat(pickle, "2R", 1);
            }
            case "flags" -> {
                // one dict of a million entries, asked by each of very many tensors whether it says "conjugated"
                pickle.write("}(".getBytes(StandardCharsets.US_ASCII));
                for (int i = 0; i < 300_000; i++) {
                    pickle.write(new byte[] {'J', (byte) i, (byte) (i >> 8), (byte) (i >> 16), 0, 'N'});
                }
                pickle.write("uq\0)q\2ctorch._utils\n_rebuild_tensor_v2\n".getBytes(StandardCharsets.ISO_8859_1));
                pickle.write("((U\7storagectorch\nFloatStorage\nU\1".getBytes(StandardCharsets.ISO_8859_1));
                pickle.write("0U\3cpuK\0tQK\0h\2h\2NNh\0tq\3".getBytes(StandardCharsets.ISO_8859_1));
                pickle.write("0q\4".getBytes(StandardCharsets.ISO_8859_1));
                repeat(pickle, "h\4h\3R0", 20_000);
            }
            default -> {
                // one long list of pairs, made into a dict again and again
                pickle.write("](".getBytes(StandardCharsets.US_ASCII));
                for (int i = 0; i < 300_000; i++) {
                    pickle.write(new byte[] {'J', (byte) i, (byte) (i >> 8), (byte) (i >> 16), 0, 'N', (byte) 0x86});
                }
                pickle.write("e\u0085q\0ccollections\nOrderedDict\nq\1".getBytes(StandardCharsets.ISO_8859_1));
                repeat(pickle, "h\1h\0R0", 20_000);
            }
        }
        pickle.write('.');
        Path file = Files.write(folder.resolve("bomb.pkl"), pickle.toByteArray());
        long before = used();
        assertTimeoutPreemptively(
                Duration.ofSeconds(60),
                () -> assertThatThrownBy(() -> Checkpoint.open(file)).isInstanceOf(InvalidInputException.class));
        assertThat(used() - before).as("kept").isLessThan(100L << 20);
        OpenFiles.assertNone(folder);
    }

    private static void repeat(ByteArrayOutputStream out, String text, int times) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < times; i++) {
            out.write(bytes);
        }
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void refusesWhatHoldsNoStateDict() {
        REFUSED.forEach((name, why) -> assertThatThrownBy(() -> Checkpoint.open(PICKLES.resolve(name)), name)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(why));
    }

    @Test
    void anotherStateDictCanBeChosen() {
        Path file = PICKLES.resolve("zip_params_ema.pt");
        try (TorchFile params = TorchFile.open(file);
                TorchFile ema = TorchFile.open(file, "params_ema");
                Scope scope = Scope.inference()) {
            assertThat(ema.names()).containsAll(params.names());
            String weight = params.names().iterator().next();
            assertFalse(torch.equal(params.get(weight), ema.get(weight)));
        }
        assertThatThrownBy(() -> TorchFile.open(file, "gone"))
                .hasMessageContaining("has no tensors under \"gone\"; its keys are params_ema, params");
    }

    @Test
    void namesOfDataParallelAreStripped() {
        Path plain = PICKLES.resolve("legacy_module_state_dict.pt");
        try (TensorStore parallel = Checkpoint.open(PICKLES.resolve("legacy_dataparallel.pt"))
                        .renamed(RenamedStore.without("module."));
                TensorStore single = Checkpoint.open(plain);
                Scope scope = Scope.inference()) {
            assertThat(parallel.names()).containsExactlyElementsOf(single.names());
        }
    }

    @Test
    void tensorsOfOneStorageShareTheMappedBytes() {
        try (TensorStore store = Checkpoint.open(PICKLES.resolve("zip_views.pt"));
                Scope scope = Scope.inference()) {
            long base = store.get("base").data_ptr().address();
            assertEquals(base, store.get("alias").data_ptr().address(), "copied");
            assertEquals(base, store.get("transposed").data_ptr().address(), "copied");
            assertEquals(base + 2 * 8 * 4, store.get("rows").data_ptr().address(), "copied");
        }
    }

    @Test
    void truncationAnywhereIsRefused() throws IOException {
        for (String name : List.of("zip_all_dtypes.pt", "legacy_all_dtypes.pt", "legacy_nested_proto4.pt")) {
            byte[] whole = Files.readAllBytes(PICKLES.resolve(name));
            Path cut = folder.resolve("cut.pt");
            for (int length = 0; length < whole.length; length += 13) {
                Files.write(cut, Arrays.copyOf(whole, length));
                assertThrows(InvalidInputException.class, () -> Checkpoint.open(cut), name + " cut at " + length);
            }
        }
        OpenFiles.assertNone(folder);
    }

    /** Damaged bytes may go unnoticed where they are values, but nothing else than a clean refusal may come of them. */
    @Test
    void damageNeverEndsInAnythingButARefusal() throws IOException {
        Random random = new Random(7);
        int refused = 0;
        for (String name : List.of("zip_nested.pt", "legacy_views.pt", "zip_float8_proto4.pt", "zip_zip64_extra.pt")) {
            byte[] whole = Files.readAllBytes(PICKLES.resolve(name));
            for (int i = 0; i < 200; i++) {
                byte[] damaged = whole.clone();
                for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
                }
                Path file = Files.write(folder.resolve("damaged.pt"), damaged);
                try (TensorStore store = Checkpoint.open(file);
                        Scope scope = Scope.inference()) {
                    store.names().forEach(store::info);
                    store.names().forEach(key -> store.get(key).sum());
                } catch (InvalidInputException e) {
                    refused++;
                } catch (RuntimeException e) {
                    // libtorch itself has no sum for some dtypes
                    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
                    assertTrue(message.contains("not implemented"), name + ": " + e);
                }
            }
        }
        assertTrue(refused > 100, "only " + refused + " of 800 damaged files were refused: this test damages nothing");
        OpenFiles.assertNone(folder);
    }
}
