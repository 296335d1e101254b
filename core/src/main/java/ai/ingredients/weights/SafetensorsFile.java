package ai.ingredients.weights;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.io.Mistaken;
import ai.ingredients.tensor.DType;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One {@code .safetensors} file, mapped into memory: opening reads only the header, and tensors are views into the map.
 *
 * <p>Layout: 8 bytes little-endian header length, a JSON header {@code {name: {dtype, shape, data_offsets}}} with an
 * optional {@code __metadata__} of strings, then the values. Everything the header claims is checked on opening: names
 * once, offsets inside the file, sizes equal to shape x dtype, no overlap and no hole, as the format demands.
 */
public final class SafetensorsFile implements TensorStore {
    private static final long MAX_HEADER = 100_000_000; // the limit of the reference implementation, in bytes
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final MappedFile file;
    private final long start;
    private final Map<String, Entry> entries;
    private final Map<String, String> metadata;

    /** Header line of one tensor; {@code begin} and {@code end} in bytes from the start of the values, {@code tag} its dtype. */
    private record Entry(TensorInfo info, long begin, long end) {}

    /** The header as it is read: what it says of the tensors, and the strings beside them. */
    private record Header(Map<String, Entry> entries, Map<String, String> metadata) {}

    private SafetensorsFile(MappedFile file, long start, Header header) {
        this.file = file;
        this.start = start;
        this.entries = header.entries();
        this.metadata = header.metadata();
    }

    /**
     * Opens and checks {@code file}.
     *
     * @throws InvalidInputException when it is missing, truncated or contradicts itself; nothing stays open
     */
    public static SafetensorsFile open(Path file) {
        MappedFile mapped = MappedFile.open(file);
        try {
            return of(mapped);
        } catch (RuntimeException e) {
            mapped.close();
            throw e;
        }
    }

    /** Whether {@code file} begins as a safetensors file does: a length that can be, then a JSON object. */
    static boolean looksLike(MappedFile file) {
        return file.size() > 8 && file.u8(8) == '{' && file.i64(0) >= 2 && file.i64(0) <= MAX_HEADER;
    }

    /** As {@link #open}; the caller closes {@code file} when this throws. */
    static SafetensorsFile of(MappedFile file) {
        long length = file.size() < 8 ? -1 : file.i64(0);
        if (length < 2 || length > MAX_HEADER || length > file.size() - 8) {
            throw notOne(file);
        }
        Header header;
        try {
            header = parse(file.path(), file.bytes(8, length));
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(
                    file.path() + ": the header is not valid JSON (" + e.getOriginalMessage() + "); download it again",
                    e);
        } catch (IOException e) {
            throw new InvalidInputException(file.path() + ": the header is not UTF-8 text; download it again", e);
        }
        checkLayout(file, header.entries(), file.size() - 8 - length);
        return new SafetensorsFile(file, 8 + length, header);
    }

    /** Why {@code file} does not even begin as a safetensors file. */
    static InvalidInputException notOne(MappedFile file) {
        String mistaken = Mistaken.as(file.start());
        if (mistaken != null) {
            return file.bad(mistaken);
        }
        if (file.size() < 8) {
            return file.bad("has " + file.size() + " bytes, too few for a safetensors header; download it again");
        }
        return file.bad("says its header has " + Long.toUnsignedString(file.i64(0)) + " bytes but the file has "
                + file.size() + "; it is truncated or no safetensors file");
    }

    private static Header parse(Path file, byte[] header) throws IOException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        // A decoder of our own: the parser's would guess the encoding, and pass over bytes that are none.
        Reader text = new InputStreamReader(new ByteArrayInputStream(header), StandardCharsets.UTF_8.newDecoder());
        try (JsonParser json = JSON.createParser(text)) {
            expect(file, json.nextToken() == JsonToken.START_OBJECT, "is not a JSON object");
            // At the end of the text nextToken throws inside an object, so these loops end on every input.
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                boolean isMetadata = name.equals("__metadata__");
                if (isMetadata && value == JsonToken.VALUE_NULL) {
                    continue; // what some writers make of no metadata
                }
                expect(file, value == JsonToken.START_OBJECT, "entry \"" + name + "\" is not an object");
                if (isMetadata) {
                    readMetadata(file, json, metadata);
                } else {
                    entries.put(name, parseEntry(file, name, json));
                }
            }
            expect(file, json.nextToken() == null, "has text after its end");
        }
        return new Header(entries, metadata);
    }

    private static void readMetadata(Path file, JsonParser json, Map<String, String> metadata) throws IOException {
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            boolean text = json.nextToken() == JsonToken.VALUE_STRING;
            expect(file, text, "has a \"" + key + "\" under __metadata__ that is not a string");
            metadata.put(key, json.getText());
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
                case "dtype" -> {
                    expect(file, value == JsonToken.VALUE_STRING, "entry \"" + name + "\": dtype is not a string");
                    tag = json.getText();
                }
                case "shape" -> shape = longs(file, name, key, value, json);
                case "data_offsets" -> offsets = longs(file, name, key, value, json);
                default -> json.skipChildren();
            }
        }
        return entry(file, name, tag, shape, offsets);
    }

    private static Entry entry(
            Path file, String name, @Nullable String tag, @Nullable List<Long> shape, @Nullable List<Long> offsets) {
        if (tag == null || shape == null || offsets == null || offsets.size() != 2) {
            throw bad(file, "the header entry \"" + name + "\" lacks dtype, shape or two data_offsets");
        }
        try {
            return new Entry(
                    new TensorInfo(DType.ofTag(tag), ForeignText.shown(tag), shape), offsets.get(0), offsets.get(1));
        } catch (InvalidInputException e) {
            throw new InvalidInputException(file + ": tensor \"" + name + "\": " + e.getMessage(), e);
        }
    }

    private static List<Long> longs(Path file, String name, String key, JsonToken start, JsonParser json)
            throws IOException {
        expect(file, start == JsonToken.START_ARRAY, "entry \"" + name + "\": " + key + " is not a list");
        List<Long> list = new ArrayList<>();
        for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
            boolean whole = token == JsonToken.VALUE_NUMBER_INT && json.getLongValue() >= 0;
            expect(file, whole, "entry \"" + name + "\": " + key + " holds " + json.getText());
            list.add(json.getLongValue());
            expect(
                    file,
                    list.size() <= TensorInfo.MOST_DIMENSIONS,
                    "entry \"" + name + "\": " + key + " has more than " + TensorInfo.MOST_DIMENSIONS + " numbers");
        }
        return list;
    }

    private static void checkLayout(MappedFile file, Map<String, Entry> entries, long available) {
        List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
        ordered.sort(Comparator.comparingLong(
                        (Map.Entry<String, Entry> e) -> e.getValue().begin())
                .thenComparingLong(e -> e.getValue().end()));
        long expected = 0;
        for (var named : ordered) {
            Entry entry = named.getValue();
            String found = "tensor \"" + named.getKey() + "\" lies at bytes " + entry.begin() + " to " + entry.end();
            if (entry.begin() > entry.end()) {
                throw file.bad(found + ", which ends before it begins; download it again");
            }
            if (entry.end() > available) {
                throw file.bad(found + " but the file has " + available
                        + " bytes of values; it is truncated, download it again");
            }
            if (entry.begin() != expected) {
                throw file.bad(found + ", expected to begin at " + expected + ": tensors overlap or leave a hole");
            }
            checkSize(file, found, entry);
            expected = entry.end();
        }
        if (expected != available) {
            throw file.bad("has " + available + " bytes of values but its header accounts for " + expected);
        }
    }

    private static void checkSize(MappedFile file, String found, Entry entry) {
        try {
            long needed = entry.info().bytes();
            boolean known = entry.info().dtype() != DType.OTHER;
            if (known && entry.end() - entry.begin() != needed) {
                throw file.bad(found + ", but " + entry.info() + " takes " + needed + " bytes");
            }
        } catch (ArithmeticException e) {
            throw new InvalidInputException(file.path() + ": " + found + " with impossible shape " + entry.info(), e);
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
        if (entry.info().dtype() == DType.OTHER) {
            throw file.bad("holds \"" + name + "\" as " + entry.info().stated()
                    + ", which is not supported; convert it to F32");
        }
        return MappedTensors.view(file.slice(start + entry.begin(), entry.end() - entry.begin()), entry.info());
    }

    @Override
    public void readAhead() {
        file.readAhead();
    }

    @Override
    public void bringIn(String name) {
        Entry entry = entry(name);
        file.bringIn(start + entry.begin(), entry.end() - entry.begin());
    }

    @Override
    public void giveBack(String name) {
        Entry entry = entry(name);
        file.giveBack(start + entry.begin(), entry.end() - entry.begin());
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw file.bad("has no tensor \"" + name + "\"");
        }
        return entry;
    }

    /** The strings under {@code __metadata__}, in file order. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
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
