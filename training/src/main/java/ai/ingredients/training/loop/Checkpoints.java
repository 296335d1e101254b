package ai.ingredients.training.loop;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The states of a run that it can go on from: folders {@code step-00001200} of safetensors files and a
 * {@code state.json}.
 *
 * <p>A checkpoint is there whole or not at all: it is written under a hidden name, brought to the disk, and renamed.
 * Neither a kill nor a full disk touches an earlier one, and earlier ones are removed only once the new one is there.
 * {@code state.json} lists the size of every file and its CRC-32C, and ends with its own: a folder that was damaged later,
 * by as little as one bit, is never gone on from.
 *
 * <p>Not thread-safe; one process at a time (see {@link RunFolder}).
 */
public final class Checkpoints {
    static final String STATE = "state.json";
    private static final String FILES = "files";
    private static final String CHECKSUMS = "checksums";
    private static final String CHECKSUM = "checksum";
    private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})");

    private final Path folder;
    private final int keep;

    private Checkpoints(Path folder, int keep) {
        this.folder = folder;
        this.keep = keep;
    }

    /** The checkpoints in {@code folder}, to look at: somebody else may be writing there. */
    static Checkpoints seen(Path folder) {
        return new Checkpoints(folder, 1);
    }

    /**
     * What a checkpoint holds.
     *
     * @param step optimiser steps done
     * @param tensors by file name, such as {@code model.safetensors}, then by tensor name; on any device
     * @param state everything that is no tensor, see {@link Saved#state}
     * @param extra writes further files and folders into the folder given; null for none
     */
    public record Content(
            long step,
            Map<String, Map<String, Tensor>> tensors,
            ObjectNode state,
            @Nullable Consumer<Path> extra) {
        public Content {
            tensors = new LinkedHashMap<>(tensors);
        }
    }

    /**
     * The checkpoints in {@code folder}, which is made when it is not there. Clears away what killed processes left.
     *
     * @param keep how many of the newest to keep, at least 1
     */
    public static Checkpoints in(Path folder, int keep) {
        if (keep < 1) {
            throw new InvalidInputException("keeping the newest " + keep + " checkpoints; expected at least 1");
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": the folder cannot be made (" + IoReason.of(e) + "); choose another path", e);
        }
        AtomicFolder.recover(folder);
        return new Checkpoints(folder, keep);
    }

    /**
     * Writes a checkpoint, then removes those that need not be kept.
     *
     * @return its folder
     * @throws OperationFailedException when the disk is full or fails; the checkpoints that were there are untouched
     */
    public Path save(Content content) {
        Path target = folder(content.step());
        try (AtomicFolder written = AtomicFolder.create(target)) {
            for (var file : content.tensors().entrySet()) {
                SafetensorsWriter.write(
                        written.path().resolve(file.getKey()),
                        TensorStore.of(file.getValue(), file.getKey()),
                        Map.of("step", Long.toString(content.step())));
            }
            if (content.extra() != null) {
                content.extra().accept(written.path());
            }
            ObjectNode state = content.state().deepCopy();
            state.put("step", content.step());
            state.set(FILES, files(written.path(), Files::size));
            state.set(CHECKSUMS, files(written.path(), Checksum::of));
            state.put(CHECKSUM, Checksum.of(state.toString()));
            JsonFile.write(written.path().resolve(STATE), state);
            written.commit();
        } catch (OperationFailedException e) {
            throw new OperationFailedException(
                    "the checkpoint of step " + content.step() + " could not be written; earlier ones are untouched: "
                            + e.getMessage(),
                    e);
        }
        for (long old : dispensable(steps(), content.step())) {
            AtomicFolder.remove(folder(old));
        }
        return target;
    }

    /** Something about a file. */
    private interface About {
        long of(Path file) throws IOException;
    }

    private static ObjectNode files(Path folder, About about) {
        ObjectNode files = JsonNodeFactory.instance.objectNode();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                files.put(folder.relativize(file).toString().replace('\\', '/'), about.of(file));
            }
            return files;
        } catch (IOException e) {
            throw new OperationFailedException(folder + ": cannot be read back (" + IoReason.of(e) + ")", e);
        }
    }

    /** Those of {@code steps} that are neither new enough nor {@code current}. */
    private List<Long> dispensable(List<Long> steps, long current) {
        List<Long> old = new ArrayList<>();
        for (int i = 0; i < steps.size() - keep; i++) {
            long step = steps.get(i);
            if (step != current) {
                old.add(step);
            }
        }
        return old;
    }

    /** The steps of all checkpoints whose files are there in full length, ascending; what they hold is not read. */
    public List<Long> steps() {
        return all().stream().filter(step -> incomplete(step) == null).toList();
    }

    /**
     * What is wrong with the checkpoints that are damaged, by step, ascending. Reads them all, from the newest down to the
     * first good one.
     */
    public SortedMap<Long, String> damagedAfterLatest() {
        SortedMap<Long, String> damaged = new TreeMap<>();
        for (long step : all().reversed()) {
            String damage = damage(step);
            if (damage == null) {
                break;
            }
            damaged.put(step, damage);
        }
        return damaged;
    }

    /** Whether there are checkpoints in {@code folder}, complete or damaged. */
    static boolean any(Path folder) {
        return Files.isDirectory(folder) && !all(folder).isEmpty();
    }

    private List<Long> all() {
        return all(folder);
    }

    private static List<Long> all(Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            return children.map(child -> NAME.matcher(child.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Long.valueOf(name.group(1)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": the folder cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    /** The newest undamaged checkpoint. */
    public OptionalLong latest() {
        for (long step : all().reversed()) {
            if (damage(step) == null) {
                return OptionalLong.of(step);
            }
        }
        return OptionalLong.empty();
    }

    /**
     * The step somebody asked to resume from.
     *
     * @param wanted {@code latest} or a step
     * @throws InvalidInputException when there is no such checkpoint, naming those there are
     */
    public long find(String wanted) {
        List<Long> all = all();
        if (wanted.equals("latest") && !all.isEmpty()) {
            return latest().orElseThrow(() -> new InvalidInputException(allDamaged()));
        }
        for (long step : all) {
            if (wanted.equals(Long.toString(step))
                    || wanted.equals(folder(step).getFileName().toString())) {
                return step;
            }
        }
        String there = all.isEmpty()
                ? "there is none; start the run without resuming"
                : "there are " + all.stream().map(String::valueOf).collect(Collectors.joining(", "));
        throw new InvalidInputException(folder + ": no complete checkpoint \"" + wanted + "\"; " + there);
    }

    /** One way on for whoever starts the run and whoever resumes it. */
    String allDamaged() {
        return damagedAfterLatest().entrySet().stream()
                .map(step -> folder(step.getKey()).getFileName() + ": " + step.getValue())
                .collect(Collectors.joining(
                        "; ",
                        folder + ": every checkpoint of this run is damaged (",
                        "); remove this folder and start the run without resuming, which begins it anew"));
    }

    /**
     * Opens the checkpoint of {@code step}; the caller closes it.
     *
     * @throws InvalidInputException when it is missing or damaged
     */
    public Saved load(long step) {
        String damage = damage(step);
        if (damage != null) {
            throw new InvalidInputException(
                    folder(step) + ": " + damage + "; resume from an earlier checkpoint or train again");
        }
        return Saved.open(folder(step));
    }

    /** Removes the checkpoints after {@code step}: a run that goes on from there writes its own. */
    public void discardAfter(long step) {
        for (long later : all()) {
            if (later > step) {
                AtomicFolder.remove(folder(later));
            }
        }
    }

    /** What is wrong with the checkpoint of {@code step}, all of it read; null when nothing is. */
    private @Nullable String damage(long step) {
        String incomplete = incomplete(step);
        if (incomplete != null) {
            return incomplete;
        }
        JsonNode state = JsonFile.read(folder(step).resolve(STATE));
        if (!state.has(CHECKSUM) && !state.has(CHECKSUMS)) {
            return null; // of a version that had none
        }
        ObjectNode rest = state.deepCopy();
        rest.remove(CHECKSUM);
        if (state.path(CHECKSUM).longValue() != Checksum.of(rest.toString())) {
            return STATE + " is missing or damaged";
        }
        for (var file : state.path(CHECKSUMS).properties()) {
            try {
                if (Checksum.of(folder(step).resolve(file.getKey()))
                        != file.getValue().longValue()) {
                    return file.getKey() + " is damaged: its bytes are not those that were written";
                }
            } catch (IOException e) {
                return file.getKey() + " cannot be read (" + IoReason.of(e) + ")";
            }
        }
        return null;
    }

    /** What is missing of the checkpoint of {@code step}; null when every file has its length. */
    private @Nullable String incomplete(long step) {
        Path checkpoint = folder(step);
        if (!Files.isDirectory(checkpoint)) {
            return "there is no such checkpoint";
        }
        JsonNode state;
        try {
            state = JsonFile.read(checkpoint.resolve(STATE));
        } catch (InvalidInputException e) {
            return STATE + " is missing or damaged";
        }
        for (var file : state.path(FILES).properties()) {
            if (!ForeignPath.possible(file.getKey())) {
                return STATE + " names a file \"" + ForeignText.shown(file.getKey()) + "\" that cannot be";
            }
            try {
                long size = Files.size(checkpoint.resolve(file.getKey()));
                if (size != file.getValue().longValue()) {
                    return file.getKey() + " has " + size + " bytes, expected " + file.getValue();
                }
            } catch (IOException e) {
                return file.getKey() + " cannot be read (" + IoReason.of(e) + ")";
            }
        }
        return null;
    }

    /** Where the checkpoint of {@code step} is or would be. */
    public Path folder(long step) {
        return folder.resolve(String.format(Locale.ROOT, "step-%08d", step));
    }
}
