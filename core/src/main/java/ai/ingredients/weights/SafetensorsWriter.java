package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.Scope;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes {@code .safetensors} files and sharded Hugging Face folders that the official libraries read.
 *
 * <p>A file appears under its name only when it is complete ({@link AtomicFile}). Tensors are written one after another
 * from wherever they are, so that at most one is copied to the CPU or made contiguous at a time. The header keeps the
 * given order; the values are stored widest dtype first, as the official library does, so that every tensor is aligned.
 * Tensors that share memory are written once each.
 */
public final class SafetensorsWriter {
    private static final String METADATA = "__metadata__";
    /** Values move to the file in pieces of this many bytes. */
    private static final long PIECE = 1L << 26;

    private SafetensorsWriter() {}

    /** A tensor's place among the values, in bytes. */
    private record Place(TensorInfo info, long begin, long end) {}

    /** As {@link #write(Path, TensorStore, Map)}. */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        write(file, TensorStore.of(tensors, file.toString()), metadata);
    }

    /**
     * Writes all tensors of {@code tensors} to {@code file}, replacing an older one.
     *
     * @param metadata strings for {@code __metadata__}; {@code format} is {@code pt} when not given
     * @throws InvalidInputException when the folder is missing or not writable, or a dtype cannot be stored
     * @throws OperationFailedException when the disk is full or fails; nothing is left behind
     */
    public static void write(Path file, TensorStore tensors, Map<String, String> metadata) {
        try (AtomicFile target = AtomicFile.create(file)) {
            fill(target, tensors, List.copyOf(tensors.names()), metadata);
            target.commit();
        }
    }

    /** As {@link #writeSharded(Path, String, TensorStore, long)}. */
    public static void writeSharded(Path folder, String baseName, Map<String, Tensor> tensors, long maxShardBytes) {
        writeSharded(folder, baseName, TensorStore.of(tensors, folder.toString()), maxShardBytes);
    }

    /**
     * Writes {@code tensors} into {@code folder} as Hugging Face libraries do: {@code <baseName>.safetensors} when all fit
     * into one file, otherwise {@code <baseName>-00001-of-0000n.safetensors} and {@code <baseName>.safetensors.index.json}.
     * Weights of an earlier save under the same base name are removed once the new ones are in place.
     *
     * @param baseName for instance {@code diffusion_pytorch_model}
     * @param maxShardBytes most bytes of values in one file; a single larger tensor gets a file of its own
     * @throws InvalidInputException when the folder is missing or not writable, or a dtype cannot be stored
     * @throws OperationFailedException when the disk is full or fails; the older weights are then untouched unless the
     *     failure came between the renames at the very end
     */
    public static void writeSharded(Path folder, String baseName, TensorStore tensors, long maxShardBytes) {
        if (maxShardBytes < 1) {
            throw new InvalidInputException("a shard of " + maxShardBytes + " bytes holds nothing; use 5000000000");
        }
        List<List<String>> shards = split(tensors, maxShardBytes);
        ObjectNode weightMap = JsonNodeFactory.instance.objectNode();
        long total = 0;
        List<AtomicFile> files = new ArrayList<>();
        Set<String> written = new TreeSet<>();
        try {
            for (int i = 0; i < shards.size(); i++) {
                String name = shardName(baseName, i, shards.size());
                AtomicFile file = AtomicFile.create(folder.resolve(name));
                files.add(file);
                written.add(name);
                fill(file, tensors, shards.get(i), Map.of());
                for (String tensor : shards.get(i)) {
                    weightMap.put(tensor, name);
                    total += tensors.info(tensor).bytes();
                }
            }
            files.forEach(AtomicFile::commit);
            if (shards.size() > 1) {
                String index = baseName + ".safetensors.index.json";
                ObjectNode json = JsonNodeFactory.instance.objectNode();
                json.putObject("metadata").put("total_size", total);
                json.set("weight_map", weightMap);
                JsonFile.write(folder.resolve(index), json);
                written.add(index);
            }
        } finally {
            files.forEach(AtomicFile::close);
        }
        removeOlder(folder, baseName, written);
    }

    private static String shardName(String baseName, int index, int count) {
        return count == 1
                ? baseName + ".safetensors"
                : String.format(Locale.ROOT, "%s-%05d-of-%05d.safetensors", baseName, index + 1, count);
    }

    /** Fills shard after shard in the order of the names. */
    private static List<List<String>> split(TensorStore tensors, long maxShardBytes) {
        List<List<String>> shards = new ArrayList<>();
        shards.add(new ArrayList<>());
        long filled = 0;
        for (String name : tensors.names()) {
            long bytes = tensors.info(name).bytes();
            if (filled > 0 && filled + bytes > maxShardBytes) {
                shards.add(new ArrayList<>());
                filled = 0;
            }
            shards.getLast().add(name);
            filled += bytes;
        }
        return shards;
    }

    private static void removeOlder(Path folder, String baseName, Set<String> written) {
        Pattern ours =
                Pattern.compile(Pattern.quote(baseName) + "(-\\d{5}-of-\\d{5})?\\.safetensors(\\.index\\.json)?");
        try (Stream<Path> children = Files.list(folder)) {
            for (Path child : children.toList()) {
                String name = String.valueOf(child.getFileName());
                if (ours.matcher(name).matches() && !written.contains(name)) {
                    Files.delete(child);
                }
            }
        } catch (IOException e) {
            throw new OperationFailedException(
                    folder + ": the new weights are there, but older files of " + baseName + " could not be removed ("
                            + e.getMessage() + "); remove them by hand",
                    e);
        }
    }

    private static void fill(AtomicFile file, TensorStore tensors, List<String> names, Map<String, String> metadata) {
        Map<String, Place> places = place(file.target(), tensors, names);
        file.write(header(places, metadata));
        places.entrySet().stream()
                .sorted(Comparator.comparingLong(
                        (Map.Entry<String, Place> e) -> e.getValue().begin()))
                .filter(e -> e.getValue().end() > e.getValue().begin())
                .forEach(e -> values(file, tensors, e.getKey(), e.getValue()));
    }

    private static Map<String, Place> place(Path file, TensorStore tensors, List<String> names) {
        Map<String, Place> places = new LinkedHashMap<>(); // in the given order, filled in below
        List<Map.Entry<String, TensorInfo>> widestFirst = new ArrayList<>();
        for (String name : names) {
            if (name.equals(METADATA)) {
                throw new InvalidInputException(file + ": a tensor cannot be called " + METADATA);
            }
            TensorInfo info = tensors.info(name);
            places.put(name, new Place(info, 0, 0));
            widestFirst.add(Map.entry(name, info));
        }
        widestFirst.sort(Comparator.comparingInt((Map.Entry<String, TensorInfo> e) ->
                        e.getValue().dtype().bytes())
                .reversed());
        long end = 0;
        for (var entry : widestFirst) {
            long begin = end;
            end = Math.addExact(begin, entry.getValue().bytes());
            places.put(entry.getKey(), new Place(entry.getValue(), begin, end));
        }
        return places;
    }

    /** Length, JSON, and spaces up to a multiple of 8 bytes. */
    private static ByteBuffer header(Map<String, Place> places, Map<String, String> metadata) {
        Map<String, String> strings = new LinkedHashMap<>();
        strings.put("format", "pt");
        strings.putAll(metadata);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            json.writeObjectFieldStart(METADATA);
            for (var entry : strings.entrySet()) {
                json.writeStringField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
            for (var entry : places.entrySet()) {
                Place place = entry.getValue();
                json.writeObjectFieldStart(entry.getKey());
                json.writeStringField("dtype", place.info().dtype().tag());
                json.writeFieldName("shape");
                long[] shape = place.info().dimensions();
                json.writeArray(shape, 0, shape.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {place.begin(), place.end()}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing into memory failed", e);
        }
        int padded = (bytes.size() + 7) / 8 * 8;
        byte[] header = Arrays.copyOf(bytes.toByteArray(), padded);
        Arrays.fill(header, bytes.size(), padded, (byte) ' ');
        ByteBuffer buffer = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        return buffer.putLong(padded).put(header).flip();
    }

    private static void values(AtomicFile file, TensorStore tensors, String name, Place place) {
        try (Scope scope = Scope.inference()) {
            Tensor flat = tensors.get(name).cpu().contiguous();
            long bytes = place.end() - place.begin();
            MemorySegment memory =
                    MemorySegment.ofAddress(flat.data_ptr().address()).reinterpret(bytes);
            for (long at = 0; at < bytes; at += PIECE) {
                file.write(memory.asSlice(at, Math.min(PIECE, bytes - at)).asByteBuffer());
            }
        }
    }
}
