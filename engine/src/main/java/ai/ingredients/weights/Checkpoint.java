package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Opens weights of any kind: a safetensors file, a PyTorch pickle, the index of sharded weights, or a folder of a
 * Hugging Face component.
 *
 * <p>Files are told apart by what they hold, not by their name. In a folder the first of these is opened:
 * {@code diffusion_pytorch_model.safetensors}, {@code model.safetensors}, {@code pytorch_model.safetensors}, then the same
 * three with {@code .bin}; each as one file or as {@code <file>.index.json} with its shards. With a variant such as
 * {@code fp16} the names are {@code <base>.fp16.safetensors} and {@code <base>.safetensors.index.fp16.json}.
 */
public final class Checkpoint {
    private static final List<String> BASES = List.of("diffusion_pytorch_model", "model", "pytorch_model");
    private static final List<String> KINDS = List.of("safetensors", "bin");

    private Checkpoint() {}

    /**
     * Opens {@code path}; values stay on disk until they are used.
     *
     * @throws InvalidInputException when nothing usable is there; nothing stays open
     */
    public static TensorStore open(Path path) {
        return open(path, "");
    }

    /**
     * Opens {@code path} as {@link #open(Path)}, in a folder the named variant.
     *
     * @param variant for instance {@code fp16}; empty for the plain weights
     */
    public static TensorStore open(Path path, String variant) {
        if (Files.isDirectory(path)) {
            return openFolder(path, variant);
        }
        String name = String.valueOf(path.getFileName());
        return name.endsWith(".json") ? ShardedStore.open(path) : openFile(path);
    }

    /**
     * Opens a single file by its content. Safetensors come first: a header of 640 bytes begins with the same two bytes as
     * a pickle, whereas no pickle or zip archive passes for a safetensors file.
     */
    static TensorStore openFile(Path path) {
        MappedFile file = MappedFile.open(path);
        try {
            if (path.toString().endsWith(".safetensors") || SafetensorsFile.looksLike(file)) {
                return SafetensorsFile.of(file);
            }
            if (TorchFile.looksLike(file)) {
                return TorchFile.of(file);
            }
            throw unknown(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static InvalidInputException unknown(MappedFile file) {
        byte[] start = file.bytes(0, Math.min(file.size(), 512));
        String text =
                new String(start, StandardCharsets.ISO_8859_1).stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs")) {
            return file.bad("is a pointer of Git LFS, not the weights; run `git lfs pull` there");
        }
        if (text.startsWith("<!doctype") || text.startsWith("<html") || text.startsWith("<?xml")) {
            return file.bad("is a web page, not weights; the download needs another address or a login");
        }
        if (start.length > 262 && text.startsWith("ustar", 257)) {
            return file.bad("was saved by a PyTorch older than 0.1.10; load it in Python and save it again");
        }
        return file.bad("is neither a safetensors file nor a PyTorch checkpoint; download it again");
    }

    private static TensorStore openFolder(Path folder, String variant) {
        List<String> looked = new ArrayList<>();
        for (String kind : KINDS) {
            for (String base : BASES) {
                Path single = folder.resolve(singleName(base, kind, variant));
                Path index = folder.resolve(indexName(base, kind, variant));
                looked.add(String.valueOf(single.getFileName()));
                boolean hasSingle = Files.exists(single);
                boolean hasIndex = Files.exists(index);
                if (hasSingle && hasIndex) {
                    throw new InvalidInputException(folder + ": has both " + single.getFileName() + " and "
                            + index.getFileName() + ", which may differ; remove the one that is not meant");
                }
                if (hasSingle) {
                    return openFile(single);
                }
                if (hasIndex) {
                    return ShardedStore.open(index);
                }
            }
        }
        throw nothingIn(folder, looked);
    }

    private static String singleName(String base, String kind, String variant) {
        return variant.isEmpty() ? base + "." + kind : base + "." + variant + "." + kind;
    }

    private static String indexName(String base, String kind, String variant) {
        return base + "." + kind + ".index" + (variant.isEmpty() ? "" : "." + variant) + ".json";
    }

    private static InvalidInputException nothingIn(Path folder, List<String> looked) {
        List<String> present = new ArrayList<>();
        try (Stream<Path> children = Files.list(folder)) {
            children.map(child -> String.valueOf(child.getFileName()))
                    .filter(name -> name.endsWith(".safetensors") || name.endsWith(".bin"))
                    .sorted()
                    .limit(3)
                    .forEach(present::add);
        } catch (IOException | UncheckedIOException e) {
            return new InvalidInputException(folder + ": cannot be listed (" + e.getMessage() + ")", e);
        }
        String shard = present.stream()
                .filter(name -> name.contains("-of-"))
                .findFirst()
                .orElse("");
        if (!shard.isEmpty()) {
            String base = shard.replaceFirst("-\\d+-of-\\d+", "");
            return new InvalidInputException(
                    folder + ": has " + shard + " but no " + base + ".index.json; download that file too");
        }
        String others = present.isEmpty() ? "" : " (it has " + String.join(", ", present) + ")";
        return new InvalidInputException(
                folder + ": holds no weights; expected one of " + String.join(", ", looked) + others);
    }
}
