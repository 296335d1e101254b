package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A Hugging Face index: {@code {"weight_map": {tensor: file}}} and the files it names, beside it. Tensors that a file
 * holds beyond the index come after those of the index, so that strict loading reports them.
 */
final class ShardedStore extends JoinedStore {
    private ShardedStore(Path index, List<TensorStore> shards, Map<String, TensorStore> owner) {
        super(shards, owner, index.toString());
    }

    /**
     * Opens {@code index} and every file it names.
     *
     * @throws InvalidInputException when the index or a shard is missing or damaged, when they contradict each other, or
     *     when the index points out of its folder; nothing stays open
     */
    static ShardedStore open(Path index) {
        Map<String, String> weightMap = weightMap(index);
        Map<String, TensorStore> shards = new LinkedHashMap<>();
        try {
            for (String file : new LinkedHashSet<>(weightMap.values())) {
                shards.put(file, Checkpoint.openFile(shard(index, file, weightMap)));
            }
            Map<String, TensorStore> owner = new LinkedHashMap<>();
            shards.forEach((file, shard) -> checkHolds(index, file, shard, weightMap));
            for (var named : weightMap.entrySet()) {
                owner.put(named.getKey(), Objects.requireNonNull(shards.get(named.getValue())));
            }
            shards.values().forEach(shard -> shard.names().forEach(name -> owner.putIfAbsent(name, shard)));
            return new ShardedStore(index, List.copyOf(shards.values()), owner);
        } catch (RuntimeException e) {
            shards.values().forEach(TensorStore::close);
            throw e;
        }
    }

    private static Map<String, String> weightMap(Path index) {
        JsonNode map = JsonFile.read(index).path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw new InvalidInputException(index + ": has no weight_map; it is no index of sharded weights");
        }
        Map<String, String> names = new LinkedHashMap<>();
        for (var entry : map.properties()) {
            if (!entry.getValue().isTextual()) {
                throw new InvalidInputException(index + ": the weight_map of \"" + entry.getKey() + "\" is "
                        + entry.getValue() + ", expected the name of a file");
            }
            names.put(entry.getKey(), entry.getValue().textValue());
        }
        return names;
    }

    /** The file beside the index; a name that leads elsewhere could read anything on this machine. */
    private static Path shard(Path index, String file, Map<String, String> weightMap) {
        boolean plain = !file.isEmpty()
                && !file.equals(".")
                && !file.equals("..")
                && file.chars().allMatch(c -> c >= ' ' && c != '/' && c != '\\' && c != ':');
        if (!plain) {
            throw new InvalidInputException(
                    index + ": names a file \"" + file + "\" that is not in its own folder; refusing to follow it");
        }
        Path shard = ForeignPath.beside(index, file, index + ": a file of its weight_map");
        if (!Files.exists(shard)) {
            long tensors = weightMap.values().stream().filter(file::equals).count();
            List<String> missing = new ArrayList<>(new LinkedHashSet<>(weightMap.values()));
            missing.removeIf(other -> ForeignPath.possible(other) && Files.exists(index.resolveSibling(other)));
            throw new InvalidInputException(shard + ": there is no such file, but " + index.getFileName() + " expects "
                    + tensors + " tensors in it (" + missing.size() + " files are missing); download the rest");
        }
        return shard;
    }

    private static void checkHolds(Path index, String file, TensorStore shard, Map<String, String> weightMap) {
        weightMap.forEach((name, holder) -> {
            if (holder.equals(file) && !shard.has(name)) {
                throw new InvalidInputException(index + ": says that " + file + " holds \"" + name
                        + "\", but it does not; index and weights are not of the same download");
            }
        });
    }
}
