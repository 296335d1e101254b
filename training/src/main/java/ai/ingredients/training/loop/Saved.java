package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/**
 * An open checkpoint, see {@link Checkpoints#load}. Owns the files it maps: tensors of {@link #tensors} are views that
 * end with {@link #close}. Not thread-safe.
 */
public final class Saved implements AutoCloseable {
    private static final int SHOWN = 8;

    private final Path folder;
    private final JsonNode state;
    private final Map<String, SafetensorsFile> open = new LinkedHashMap<>();

    private Saved(Path folder, JsonNode state) {
        this.folder = folder;
        this.state = state;
    }

    static Saved open(Path folder) {
        return new Saved(folder, JsonFile.read(folder.resolve(Checkpoints.STATE)));
    }

    /** The checkpoint's folder, for what was written beside the tensors. */
    public Path folder() {
        return folder;
    }

    /** Optimiser steps done. */
    public long step() {
        return state.path("step").longValue();
    }

    /** What was saved beside the tensors: data position, random states and so on. */
    public JsonNode state() {
        return state;
    }

    /** Whether there is a file {@code name}, such as {@code ema.safetensors}. */
    public boolean has(String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    /**
     * The tensors of file {@code name}; they stay this object's.
     *
     * @throws InvalidInputException when there is none or it is damaged
     */
    public TensorStore tensors(String name) {
        return open.computeIfAbsent(name, file -> SafetensorsFile.open(folder.resolve(file)));
    }

    /**
     * Copies the tensors of file {@code name} into {@code targets}, wherever these are, in their own memory.
     *
     * @throws InvalidInputException when names, shapes or dtypes differ, with all differences; no target is changed then
     */
    public void restore(String name, Map<String, Tensor> targets) {
        TensorStore stored = tensors(name);
        List<String> differences = new ArrayList<>();
        targets.forEach((tensor, target) -> {
            TensorInfo needed = TensorInfo.of(target);
            if (!stored.has(tensor)) {
                differences.add(tensor + " " + needed + " is missing");
            } else if (!stored.info(tensor).equals(needed)) {
                differences.add(tensor + " is " + stored.info(tensor) + ", this run has " + needed);
            }
        });
        stored.names().stream()
                .filter(tensor -> !targets.containsKey(tensor))
                .forEach(tensor -> differences.add(tensor + " " + stored.info(tensor) + " is not part of this run"));
        if (!differences.isEmpty()) {
            String more = differences.size() > SHOWN ? " and " + (differences.size() - SHOWN) + " more" : "";
            throw new InvalidInputException(folder.resolve(name) + ": does not fit this run: "
                    + differences.stream().limit(SHOWN).collect(Collectors.joining("; ")) + more
                    + "; resume with the config it was trained with");
        }
        try (Scope scope = Scope.inference()) {
            targets.forEach((tensor, target) -> target.copy_(stored.get(tensor)));
        }
    }

    @Override
    public void close() {
        open.values().forEach(SafetensorsFile::close);
        open.clear();
    }
}
