package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.DType;
import ai.ingredients.weights.TorchGlobals.Known;
import ai.ingredients.weights.TorchGlobals.StorageClass;
import ai.ingredients.weights.Unpickler.PyDict;
import ai.ingredients.weights.Unpickler.PyList;
import ai.ingredients.weights.Unpickler.PyTuple;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One {@code .pt}, {@code .pth} or {@code .bin} written by {@code torch.save}, mapped into memory: the zip form of
 * PyTorch 1.6 and later, and the older stream. The pickle inside is read as data and never executed ({@link Unpickler});
 * a checkpoint that asks for anything but tensors and plain containers is refused.
 *
 * <p>The state dict is the dict under the first of the keys {@code state_dict}, {@code model}, {@code params},
 * {@code params_ema}, {@code module} that holds tensors, otherwise the outermost dict itself. What in it is no tensor is
 * ignored. Tensors are views of the file with their stored strides; those not aligned to their element size are copied.
 * The checksums of zip entries are not verified, which would mean reading the whole file. An archive that somebody has
 * compressed is unpacked into memory.
 */
public final class TorchFile implements TensorStore {
    private static final List<String> WRAPPERS = List.of("state_dict", "model", "params", "params_ema", "module");
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL = 1001;
    /** A view may repeat stored values (expand), but one that claims more than this has been made to exhaust memory. */
    private static final long LARGEST_EXPANSION = 1L << 30;

    /** Bytes of one storage in the file; {@code location} is asked for when a tensor is read, or known already. */
    private static final class Storage {
        final @Nullable DType dtype;
        final String key;
        final long bytes;
        long begin = -1;

        /** @param dtype null for storages of untyped bytes */
        Storage(@Nullable DType dtype, String key, long bytes) {
            this.dtype = dtype;
            this.key = key;
            this.bytes = bytes;
        }
    }

    /** A part of a storage, for old files whose storages share memory; offsets in bytes. */
    private record StorageView(
            Storage root, long offset, long bytes, @Nullable DType dtype) {}

    /** A tensor as the pickle describes it; {@code offset} in bytes into the storage, strides in elements. */
    private record Entry(Storage storage, TensorInfo info, long offset, long[] strides, long spanBytes) {}

    /** A tensor that is no grid of plain values. */
    private static final Entry OTHER = new Entry(
            new Storage(null, "", 0),
            new TensorInfo(DType.OTHER, "quantised, sparse, nested or without values", List.of()),
            0,
            new long[0],
            0);

    private final MappedFile file;
    private final @Nullable StoredZip zip;
    private final String root;
    private final Map<String, Entry> entries;

    private TorchFile(MappedFile file, @Nullable StoredZip zip, String root, Map<String, Entry> entries) {
        this.file = file;
        this.zip = zip;
        this.root = root;
        this.entries = entries;
    }

    /**
     * Opens {@code file} and finds its state dict.
     *
     * @throws InvalidInputException when it is missing, damaged, holds no state dict or asks for code; nothing stays open
     */
    public static TorchFile open(Path file) {
        return open(file, "");
    }

    /**
     * Opens {@code file} and takes the state dict under {@code key}, for instance {@code params_ema}.
     *
     * @param key the key in the outermost dict; empty to search as the class says
     */
    public static TorchFile open(Path file, String key) {
        MappedFile mapped = MappedFile.open(file);
        try {
            return of(mapped, key);
        } catch (RuntimeException e) {
            mapped.close();
            throw e;
        }
    }

    /** Whether {@code file} begins as a zip archive or a binary pickle. */
    static boolean looksLike(MappedFile file) {
        return StoredZip.looksLike(file) || (file.size() > 2 && file.u8(0) == 0x80 && file.u8(1) <= 5);
    }

    /** As {@link #open(Path)}; the caller closes {@code file} when this throws. */
    static TorchFile of(MappedFile file) {
        return of(file, "");
    }

    private static TorchFile of(MappedFile file, String key) {
        return StoredZip.looksLike(file) ? readZip(file, key) : readLegacy(file, key);
    }

    private static TorchFile readZip(MappedFile file, String key) {
        StoredZip zip = new StoredZip(file);
        if (!zip.compressed()) {
            return readZip(file, zip, key);
        }
        MappedFile unpacked = zip.unpack();
        try {
            TorchFile read = readZip(unpacked, zip, key);
            file.close();
            return read;
        } catch (RuntimeException e) {
            unpacked.close();
            throw e;
        }
    }

    private static TorchFile readZip(MappedFile file, StoredZip zip, String key) {
        List<String> pickles = zip.names().stream()
                .filter(name -> name.equals("data.pkl") || name.endsWith("/data.pkl"))
                .toList();
        if (pickles.size() != 1) {
            throw file.bad("is a zip archive with " + pickles.size() + " entries data.pkl, expected one; "
                    + "it is no PyTorch checkpoint");
        }
        String pickle = pickles.getFirst();
        String root = pickle.substring(0, pickle.length() - "data.pkl".length());
        if (zip.names().contains(root + "constants.pkl")) {
            throw file.bad("is a TorchScript program; save its state_dict() with torch.save instead");
        }
        if (zip.names().contains(root + "byteorder")) {
            StoredZip.Range order = zip.range(root + "byteorder");
            String text = new String(file.bytes(order.begin(), Math.min(order.size(), 16)), StandardCharsets.US_ASCII);
            if (!text.equals("little")) {
                throw bigEndian(file);
            }
        }
        StoredZip.Range range = zip.range(pickle);
        Builder builder = new Builder(file, storage -> checkStored(file, zip, root, storage));
        Object outermost = new Unpickler(file, range.begin(), range.end(), builder).load();
        return new TorchFile(file, zip, root, stateDict(file, outermost, key));
    }

    private static void checkStored(MappedFile file, StoredZip zip, String root, Storage storage) {
        String name = root + "data/" + storage.key;
        if (!zip.names().contains(name)) {
            throw file.bad("has no values for storage \"" + storage.key + "\"; download it again");
        }
        if (zip.size(name) != storage.bytes) {
            throw file.bad("storage \"" + storage.key + "\" should have " + storage.bytes + " bytes but has "
                    + zip.size(name) + "; download it again");
        }
    }

    /**
     * The stream PyTorch wrote before 1.6: magic number, version, facts of the machine, the object, the keys of the
     * storages in file order, then for each its element count and values.
     */
    private static TorchFile readLegacy(MappedFile file, String key) {
        Builder builder = new Builder(file, storage -> {});
        Unpickler pickles = new Unpickler(file, 0, file.size(), builder);
        if (!MAGIC.equals(pickles.load())) {
            throw file.bad("is a pickle but not one of torch.save; expected a checkpoint");
        }
        if (!Long.valueOf(PROTOCOL).equals(pickles.load())) {
            throw file.bad("was saved in an unknown version of PyTorch's format; load it in Python and save it again");
        }
        if (pickles.load() instanceof PyDict facts && Boolean.FALSE.equals(facts.items.get("little_endian"))) {
            throw bigEndian(file);
        }
        Object outermost = pickles.load();
        if (!(pickles.load() instanceof PyList keys)) {
            throw file.bad("has no list of storages; download it again");
        }
        long at = pickles.position();
        for (Object stored : keys.items) {
            Storage storage = stored instanceof String name ? builder.storages.get(name) : null;
            if (storage == null || storage.begin >= 0) {
                throw file.bad("lists a storage that no tensor uses, or one twice; download it again");
            }
            if (file.size() - at < 8 || file.size() - at - 8 < storage.bytes) {
                throw file.bad("ends in the middle of storage \"" + storage.key + "\"; download it again");
            }
            long elementBytes = storage.dtype == null ? 1 : storage.dtype.bytes();
            if (file.i64(at) != storage.bytes / elementBytes) {
                throw file.bad("storage \"" + storage.key + "\" should have " + storage.bytes / elementBytes
                        + " elements but has " + file.i64(at) + "; download it again");
            }
            storage.begin = at + 8;
            at += 8 + storage.bytes;
        }
        for (Storage storage : builder.storages.values()) {
            if (storage.begin < 0) {
                throw file.bad("has no values for storage \"" + storage.key + "\"; download it again");
            }
        }
        return new TorchFile(file, null, "", stateDict(file, outermost, key));
    }

    private static InvalidInputException bigEndian(MappedFile file) {
        return file.bad(
                "was saved on a big-endian machine; load it in Python on a little-endian one and save it again");
    }

    private static Map<String, Entry> stateDict(MappedFile file, Object outermost, String key) {
        if (!(outermost instanceof PyDict dict)) {
            throw file.bad("holds no dict of tensors; save a state_dict() with torch.save");
        }
        if (!key.isEmpty()) {
            Map<String, Entry> chosen = tensorsIn(dict.items.get(key));
            if (chosen.isEmpty()) {
                throw file.bad("has no tensors under \"" + key + "\"; its keys are " + keysOf(dict));
            }
            return chosen;
        }
        for (String wrapper : WRAPPERS) {
            Map<String, Entry> wrapped = tensorsIn(dict.items.get(wrapper));
            if (!wrapped.isEmpty()) {
                return wrapped;
            }
        }
        Map<String, Entry> direct = tensorsIn(dict);
        if (direct.isEmpty()) {
            throw file.bad("holds no state dict: no tensors at the top or under " + String.join(", ", WRAPPERS)
                    + "; its keys are " + keysOf(dict));
        }
        return direct;
    }

    private static String keysOf(PyDict dict) {
        List<String> keys = dict.items.keySet().stream()
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .limit(8)
                .toList();
        return keys.isEmpty() ? "none" : String.join(", ", keys);
    }

    private static Map<String, Entry> tensorsIn(@Nullable Object value) {
        Map<String, Entry> tensors = new LinkedHashMap<>();
        if (value instanceof PyDict dict) {
            dict.items.forEach((name, item) -> {
                if (name instanceof String text && item instanceof Entry tensor) {
                    tensors.put(text, tensor);
                }
            });
        }
        return tensors;
    }

    private static final Object FORGOTTEN = new Object();

    /** Checks a storage when it is first met. */
    private interface StorageCheck {
        void check(Storage storage);
    }

    /** Turns what the pickle asks for into {@link Entry}s. */
    private static final class Builder implements Unpickler.Resolver {
        private final MappedFile file;
        private final StorageCheck check;
        final Map<String, Storage> storages = new LinkedHashMap<>();

        Builder(MappedFile file, StorageCheck check) {
            this.file = file;
            this.check = check;
        }

        @Override
        public Object global(String module, String name) {
            Object known = TorchGlobals.find(module, name);
            if (known == null) {
                throw file.bad("asks for \"" + printable(module + "." + name)
                        + "\", which a checkpoint does not need; refusing to load. If you trust it, load it in Python "
                        + "and save its state_dict() alone");
            }
            return known;
        }

        private static String printable(String name) {
            String shown = name.length() > 100 ? name.substring(0, 97) + "..." : name;
            return shown.replaceAll("\\p{Cntrl}", "?");
        }

        @Override
        public Object call(Object function, List<Object> arguments) {
            if (!(function instanceof Known known)) {
                throw file.bad("calls something that is no function; it is damaged, download it again");
            }
            return switch (known) {
                case REBUILD_TENSOR, REBUILD_TENSOR_V2, REBUILD_TENSOR_V3 -> tensor(known, arguments);
                case REBUILD_OTHER -> OTHER;
                case REBUILD_PARAMETER -> argument(arguments, 0, Entry.class, "a tensor");
                case DICT -> dict(arguments);
                case SEQUENCE -> arguments.isEmpty() ? new PyTuple(List.of()) : arguments.getFirst();
                case INERT -> FORGOTTEN;
            };
        }

        /** {@code OrderedDict()}, {@code OrderedDict([[key, value], …])}, {@code defaultdict(int)}, {@code Counter({…})}. */
        private static PyDict dict(List<Object> arguments) {
            PyDict dict = new PyDict();
            if (!arguments.isEmpty() && arguments.getFirst() instanceof PyList pairs) {
                for (Object pair : pairs.items) {
                    List<Object> both = pair instanceof PyList list
                            ? list.items
                            : pair instanceof PyTuple tuple ? tuple.items : List.of();
                    if (both.size() == 2) {
                        dict.items.put(both.get(0), both.get(1));
                    }
                }
            }
            return dict;
        }

        @Override
        public Object persistent(Object id) {
            List<Object> parts = id instanceof PyTuple tuple ? tuple.items : List.of();
            if (parts.size() < 5 || !"storage".equals(parts.getFirst())) {
                throw file.bad("refers to something that is no storage; it is damaged, download it again");
            }
            StorageClass type = argument(parts, 1, StorageClass.class, "a storage class");
            String key = argument(parts, 2, String.class, "the key of a storage");
            long elements = argument(parts, 4, Long.class, "a number of elements");
            Storage storage = storages.get(key);
            if (storage == null) {
                long elementBytes = type.dtype() == null ? 1 : type.dtype().bytes();
                if (elements < 0 || elements > file.size() / elementBytes) {
                    throw file.bad("storage \"" + printable(key) + "\" should have " + elements
                            + " elements, more than the file; it is damaged, download it again");
                }
                storage = new Storage(type.dtype(), key, elements * elementBytes);
                check.check(storage);
                storages.put(key, storage);
            }
            boolean view = parts.size() > 5 && parts.get(5) instanceof PyTuple;
            return view ? view(storage, type, ((PyTuple) parts.get(5)).items) : whole(storage, type);
        }

        private static StorageView whole(Storage storage, StorageClass type) {
            return new StorageView(storage, 0, storage.bytes, type.dtype());
        }

        /** Files of PyTorch before 0.4 keep storages that share memory as (key, offset, elements) of another. */
        private StorageView view(Storage storage, StorageClass type, List<Object> metadata) {
            long elementBytes = type.dtype() == null ? 1 : type.dtype().bytes();
            long available = storage.bytes / elementBytes;
            long offset = argument(metadata, 1, Long.class, "an offset");
            long elements = argument(metadata, 2, Long.class, "a number of elements");
            if (offset < 0 || elements < 0 || elements > available || offset > available - elements) {
                throw file.bad("storage \"" + storage.key + "\" has a part outside of itself; download it again");
            }
            return new StorageView(storage, offset * elementBytes, elements * elementBytes, type.dtype());
        }

        private Entry tensor(Known function, List<Object> arguments) {
            StorageView storage = argument(arguments, 0, StorageView.class, "a storage");
            long offset = argument(arguments, 1, Long.class, "an offset");
            long[] shape = longs(arguments, 2);
            long[] strides = longs(arguments, 3);
            DType dtype = storage.dtype();
            if (function == Known.REBUILD_TENSOR_V3) {
                dtype = argument(arguments, 6, DType.class, "a dtype");
            }
            if (dtype == null) {
                throw file.bad("has a tensor without a dtype; it is damaged, download it again");
            }
            int metadata = function == Known.REBUILD_TENSOR_V3 ? 7 : 6;
            if (arguments.size() > metadata
                    && arguments.get(metadata) instanceof PyDict bits
                    && (Boolean.TRUE.equals(bits.items.get("conj")) || Boolean.TRUE.equals(bits.items.get("neg")))) {
                throw file.bad("has a lazily conjugated or negated tensor; call resolve_neg() and save it again");
            }
            return entry(storage, dtype, offset, shape, strides);
        }

        private Entry entry(StorageView storage, DType dtype, long offset, long[] shape, long[] strides) {
            Supplier<String> found = () -> "has a tensor of shape " + Arrays.toString(shape) + ", strides "
                    + Arrays.toString(strides) + " and offset " + offset;
            boolean sane = offset >= 0 && shape.length == strides.length;
            for (int i = 0; sane && i < shape.length; i++) {
                sane = shape[i] >= 0 && strides[i] >= 0;
            }
            if (!sane) {
                throw file.bad(found.get() + ", which makes no sense; it is damaged, download it again");
            }
            try {
                TensorInfo info =
                        new TensorInfo(dtype, Arrays.stream(shape).boxed().toList());
                long available = storage.bytes() / dtype.bytes();
                long span = span(info, strides);
                if (span > available || (span > 0 && offset > available - span)) {
                    throw file.bad(found.get() + " on a storage of " + available
                            + " elements, which it leaves; it is damaged, download it again");
                }
                if (info.elements() > available && info.bytes() > LARGEST_EXPANSION) {
                    throw file.bad(found.get() + ", which repeats " + available + " stored elements to "
                            + info.elements() + "; refusing to load");
                }
                long begin = span == 0 ? 0 : storage.offset() + offset * dtype.bytes();
                return new Entry(storage.root(), info, begin, strides, span * dtype.bytes());
            } catch (ArithmeticException e) {
                throw new InvalidInputException(file.path() + ": " + found.get() + ", which is impossibly large", e);
            }
        }

        /** Elements from the first to the last one of a view. */
        private static long span(TensorInfo info, long[] strides) {
            if (info.elements() == 0) {
                return 0;
            }
            long last = 0;
            for (int i = 0; i < strides.length; i++) {
                last = Math.addExact(last, Math.multiplyExact(info.shape().get(i) - 1, strides[i]));
            }
            return Math.addExact(last, 1);
        }

        private long[] longs(List<Object> arguments, int index) {
            List<Object> items = argument(arguments, index, PyTuple.class, "a tuple of sizes").items;
            if (items.size() > TensorInfo.MOST_DIMENSIONS) {
                throw file.bad("has a tensor of " + items.size() + " dimensions, expected at most "
                        + TensorInfo.MOST_DIMENSIONS + "; it is damaged, download it again");
            }
            long[] values = new long[items.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = argument(items, i, Long.class, "a size");
            }
            return values;
        }

        private <T> T argument(List<Object> arguments, int index, Class<T> type, String expected) {
            Object found = index < arguments.size() ? arguments.get(index) : null;
            if (!type.isInstance(found)) {
                throw file.bad("lacks " + expected + " where a tensor is described; it is damaged, download it again");
            }
            return type.cast(found);
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        return entry(name).info();
    }

    @Override
    public Tensor get(String name) {
        Entry entry = entry(name);
        if (entry.info().dtype() == DType.OTHER) {
            throw file.bad("holds \"" + name + "\" " + entry.info().stated()
                    + ", which is not supported; load it in Python, make it dense and save it again");
        }
        long begin = begin(entry.storage()) + entry.offset();
        return MappedTensors.view(
                file.slice(begin, entry.spanBytes()),
                entry.info().dtype(),
                entry.info().dimensions(),
                entry.strides());
    }

    /** Local headers lie beside the values; reading them all on opening would touch the whole file. */
    private long begin(Storage storage) {
        return zip == null
                ? storage.begin
                : zip.range(root + "data/" + storage.key).begin();
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw file.bad("has no tensor \"" + name + "\"");
        }
        return entry;
    }

    @Override
    public String source() {
        return file.path().toString();
    }

    @Override
    public void close() {
        file.close();
    }
}
