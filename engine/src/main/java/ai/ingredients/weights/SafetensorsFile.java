package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.DType;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * One {@code .safetensors} file, mapped into memory: opening reads only the header, and tensors are views into the map.
 *
 * <p>Layout: 8 bytes little-endian header length, a JSON header {@code {name: {dtype, shape, data_offsets}}} with an
 * optional {@code __metadata__} of strings, then the values. Everything the header claims is checked on opening: names
 * once, offsets inside the file, sizes equal to shape x dtype, no overlap and no hole, as the format demands.
 */
public final class SafetensorsFile implements TensorStore {
    private static final long MAX_HEADER = 100_000_000; // the limit of the reference implementation, in bytes

    private final Path file;
    private final Arena arena;
    private final MemorySegment values;
    private final Map<String, Entry> entries;
    private final Map<String, String> metadata;

    /** Header line of one tensor; {@code begin} and {@code end} in bytes from the start of the values. */
    private record Entry(TensorInfo info, long begin, long end) {}

    private SafetensorsFile(
            Path file, Arena arena, MemorySegment values, Map<String, Entry> entries, Map<String, String> metadata) {
        this.file = file;
        this.arena = arena;
        this.values = values;
        this.entries = entries;
        this.metadata = metadata;
    }

    /**
     * Opens and checks {@code file}.
     *
     * @throws InvalidInputException when it is missing, truncated or contradicts itself; nothing stays open
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena belongs to the file that is returned
    public static SafetensorsFile open(Path file) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < 8) {
                throw bad(file, "has " + size + " bytes, too few for a safetensors header; download it again");
            }
            MemorySegment map = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            long length = map.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
            if (length < 2 || length > MAX_HEADER || length > size - 8) {
                throw bad(
                        file,
                        "says its header has " + Long.toUnsignedString(length) + " bytes but the file has " + size
                                + "; it is truncated or no safetensors file");
            }
            byte[] header = map.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
            MemorySegment values = map.asSlice(8 + length);
            Map<String, Entry> entries = new LinkedHashMap<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            parse(file, header, entries, metadata);
            checkLayout(file, entries, values.byteSize());
            return new SafetensorsFile(file, arena, values, entries, metadata);
        } catch (NoSuchFileException e) {
            arena.close();
            throw new InvalidInputException(file + ": there is no such file", e);
        } catch (IOException e) {
            arena.close();
            throw new InvalidInputException(file + ": cannot be read (" + e.getMessage() + ")", e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static void parse(Path file, byte[] header, Map<String, Entry> entries, Map<String, String> metadata)
            throws IOException {
        JsonFactory factory = JsonFactory.builder().build();
        try (JsonParser json = factory.createParser(header)) {
            json.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
            expect(file, json.nextToken() == JsonToken.START_OBJECT, "is not a JSON object");
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                expect(file, json.nextToken() == JsonToken.START_OBJECT, "entry \"" + name + "\" is not an object");
                if (name.equals("__metadata__")) {
                    while (json.nextToken() != JsonToken.END_OBJECT) {
                        String key = json.currentName();
                        json.nextToken();
                        metadata.put(key, json.getText());
                    }
                } else {
                    entries.put(name, parseEntry(file, name, json));
                }
            }
            expect(file, json.nextToken() == null, "has text after its end");
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(
                    file + ": the header is not valid JSON (" + e.getOriginalMessage() + "); download it again", e);
        }
    }

    private static Entry parseEntry(Path file, String name, JsonParser json) throws IOException {
        String tag = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            JsonToken value = json.nextToken();
            switch (key) {
                case "dtype" -> tag = json.getText();
                case "shape" -> shape = longs(file, name, key, value, json);
                case "data_offsets" -> offsets = longs(file, name, key, value, json);
                default -> json.skipChildren();
            }
        }
        if (tag == null || shape == null || offsets == null || offsets.size() != 2) {
            throw bad(file, "header entry \"" + name + "\" lacks dtype, shape or two data_offsets");
        }
        DType dtype;
        try {
            dtype = DType.ofTag(tag);
        } catch (InvalidInputException e) {
            throw new InvalidInputException(file + ": tensor \"" + name + "\": " + e.getMessage(), e);
        }
        return new Entry(new TensorInfo(dtype, shape), offsets.get(0), offsets.get(1));
    }

    private static List<Long> longs(Path file, String name, String key, JsonToken start, JsonParser json)
            throws IOException {
        expect(file, start == JsonToken.START_ARRAY, "entry \"" + name + "\": " + key + " is not a list");
        List<Long> list = new ArrayList<>();
        for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
            boolean whole = token == JsonToken.VALUE_NUMBER_INT && json.getLongValue() >= 0;
            expect(file, whole, "entry \"" + name + "\": " + key + " holds " + json.getText());
            list.add(json.getLongValue());
        }
        return list;
    }

    private static void checkLayout(Path file, Map<String, Entry> entries, long available) {
        List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
        ordered.sort(Comparator.comparingLong(
                        (Map.Entry<String, Entry> e) -> e.getValue().begin())
                .thenComparingLong(e -> e.getValue().end()));
        long expected = 0;
        for (var named : ordered) {
            String name = named.getKey();
            Entry entry = named.getValue();
            String found = "tensor \"" + name + "\" lies at bytes " + entry.begin() + " to " + entry.end();
            if (entry.end() > available || entry.begin() > entry.end()) {
                throw bad(file, found + " but the file has " + available + " bytes of values; it is truncated");
            }
            if (entry.begin() != expected) {
                throw bad(file, found + ", expected to begin at " + expected + ": tensors overlap or leave a hole");
            }
            long needed;
            try {
                needed = entry.info().bytes();
            } catch (ArithmeticException e) {
                throw new InvalidInputException(file + ": " + found + " with impossible shape " + entry.info(), e);
            }
            if (entry.end() - entry.begin() != needed) {
                throw bad(file, found + ", but " + entry.info() + " takes " + needed + " bytes");
            }
            expected = entry.end();
        }
        if (expected != available) {
            throw bad(file, "has " + available + " bytes of values but its header accounts for " + expected);
        }
    }

    private static void expect(Path file, boolean holds, String otherwise) {
        if (!holds) {
            throw bad(file, "the header " + otherwise);
        }
    }

    private static InvalidInputException bad(Path file, String what) {
        return new InvalidInputException(file + ": " + what);
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
        return MappedTensors.view(values.asSlice(entry.begin(), entry.end() - entry.begin()), entry.info());
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw bad(file, "has no tensor \"" + name + "\"");
        }
        return entry;
    }

    /** The strings under {@code __metadata__}. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    @Override
    public String source() {
        return file.toString();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
