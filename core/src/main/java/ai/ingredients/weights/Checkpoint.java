package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.Mistaken;
import ai.ingredients.io.WeightNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Opens weights of any kind: a safetensors file, a PyTorch pickle, the index of sharded weights, or a folder of a
 * Hugging Face component.
 *
 * <p>Files are told apart by what they hold, not by their name. In a folder the first of these is opened:
 * {@code diffusion_pytorch_model.safetensors}, {@code model.safetensors}, {@code pytorch_model.safetensors}, then the same
 * three with {@code .bin}; each as one file or as {@code <file>.index.json} with its shards. With a variant such as
 * {@code fp16} the names are those of diffusers, {@code <base>.fp16.safetensors} and
 * {@code <base>.safetensors.index.fp16.json}, or {@code <base>.fp16.safetensors.index.json}, which older files have.
 */
public final class Checkpoint {
    private static final Pattern VARIANT = Pattern.compile("\\w+");

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

    /** As {@link #open(Path, String)}, or the plain weights of a folder that has no such variant, as diffusers does. */
    public static TensorStore openVariantOrPlain(Path folder, String variant) {
        return open(folder, variants(folder).contains(variant) ? variant : "");
    }

    /**
     * As {@link #open(Path)}; of a folder without plain weights the variant that is there. For networks of which nobody
     * chooses a variant.
     */
    public static TensorStore openOnly(Path path) {
        SortedSet<String> variants = variants(path);
        if (variants.isEmpty() || children(path).stream().anyMatch(WeightNames::isPlain)) {
            return open(path);
        }
        if (variants.size() > 1) {
            throw new InvalidInputException(path + ": has the weights of several variants ("
                    + String.join(", ", variants) + ") and no plain ones; leave those of one there");
        }
        return open(path, variants.first());
    }

    /**
     * Opens a single file by its content. Safetensors come first: a header of 640 bytes begins with the same two bytes as
     * a pickle, whereas no pickle or zip archive passes for a safetensors file.
     */
    static TensorStore openFile(Path path) {
        MappedFile file = MappedFile.open(path);
        try {
            if (SafetensorsFile.looksLike(file)) {
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
        byte[] start = file.start();
        String mistaken = Mistaken.as(start);
        if (mistaken != null) {
            return file.bad(mistaken);
        }
        String text = new String(start, StandardCharsets.ISO_8859_1);
        if (text.startsWith("ustar", 257)) {
            return file.bad("was saved by a PyTorch older than 0.1.10; load it in Python and save it again");
        }
        if (text.startsWith("GGUF")) {
            return file.bad("is a GGUF file; expected safetensors or a PyTorch checkpoint");
        }
        return file.path().toString().endsWith(".safetensors")
                ? SafetensorsFile.notOne(file)
                : file.bad("is neither a safetensors file nor a PyTorch checkpoint; download it again");
    }

    private static TensorStore openFolder(Path folder, String variant) {
        checkVariant(variant);
        List<String> looked = new ArrayList<>();
        for (String kind : WeightNames.KINDS) {
            for (String base : WeightNames.BASES) {
                List<String> names = names(base, kind, variant);
                looked.add(names.getFirst());
                List<String> found = names.stream()
                        .filter(name -> Files.exists(folder.resolve(name)))
                        .toList();
                if (found.size() > 1) {
                    throw new InvalidInputException(folder + ": has both " + found.get(0) + " and " + found.get(1)
                            + ", which may differ; remove the one that is not meant");
                }
                if (!found.isEmpty()) {
                    Path file = folder.resolve(found.getFirst());
                    return found.getFirst().endsWith(".json") ? ShardedStore.open(file) : openFile(file);
                }
            }
        }
        throw nothingIn(folder, variant, looked);
    }

    /** The file of all weights, and what an index of shards may be called. */
    private static List<String> names(String base, String kind, String variant) {
        String whole = base + "." + kind;
        if (variant.isEmpty()) {
            return List.of(whole, whole + ".index.json");
        }
        String ofVariant = WeightNames.withVariant(whole, variant);
        return List.of(ofVariant, whole + ".index." + variant + ".json", ofVariant + ".index.json");
    }

    /**
     * Refuses what cannot be part of a file's name; nothing is read.
     *
     * @param variant empty for the plain weights
     */
    public static void checkVariant(String variant) {
        if (!variant.isEmpty() && !VARIANT.matcher(variant).matches()) {
            throw new InvalidInputException(
                    "variant \"" + variant + "\" is none; it is a part of file names such as fp16 or bf16");
        }
    }

    /** The variants of which a component's folder has weights, the plain ones not counted; none when there is no folder. */
    public static SortedSet<String> variants(Path folder) {
        SortedSet<String> variants = new TreeSet<>();
        for (String name : children(folder)) {
            String variant = WeightNames.variantOf(name);
            if (!variant.isEmpty()) {
                variants.add(variant);
            }
        }
        return variants;
    }

    private static List<String> children(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.map(child -> String.valueOf(child.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": cannot be listed (" + IoReason.of(e) + ")", e);
        } catch (UncheckedIOException e) {
            throw new InvalidInputException(folder + ": cannot be listed (" + e.getMessage() + ")", e);
        }
    }

    private static InvalidInputException nothingIn(Path folder, String variant, List<String> looked) {
        SortedSet<String> variants = variants(folder);
        if (variant.isEmpty() && !variants.isEmpty()) {
            String file = children(folder).stream()
                    .filter(name -> !WeightNames.variantOf(name).isEmpty() && !name.contains("-of-"))
                    .findFirst()
                    .orElse("no index");
            return new InvalidInputException(folder + ": has only the weights of the variant "
                    + String.join(", ", variants) + " (" + file + "); add `variant` " + variants.first());
        }
        List<String> present = children(folder).stream()
                .filter(name -> name.endsWith(".safetensors") || name.endsWith(".bin"))
                .limit(3)
                .toList();
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
