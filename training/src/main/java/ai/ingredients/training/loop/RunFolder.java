package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.IoReason;
import ai.ingredients.training.config.TrainingConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything one training run leaves behind:
 *
 * <pre>
 * config.yaml       every value the run was started with
 * metrics.jsonl     one line of figures a step ({@link MetricsLog})
 * broken.txt        samples that could not be used
 * curves/           the figures drawn
 * tensorboard/      the figures for TensorBoard
 * validation/       pictures and videos made on the way
 * checkpoints/      what the run can go on from ({@link Checkpoints})
 * </pre>
 *
 * <p>An open run folder is locked: a second process is refused. The lock goes with the process that held it.
 */
public final class RunFolder implements AutoCloseable {
    /** The file with every value of a run. */
    public static final String CONFIG = "config.yaml";

    private static final String LOCK = ".lock";
    private static final String CURVES = "curves";
    private static final String VALIDATION = "validation";
    private static final String CHECKPOINTS = "checkpoints";

    private final Path folder;
    private final FileChannel lock;

    private RunFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Whether there is a run in {@code folder} to go on with: a config and a checkpoint. One that was killed before its
     * first checkpoint left nothing worth keeping and is started anew.
     */
    public static boolean holdsRun(Path folder) {
        return Files.isRegularFile(folder.resolve(CONFIG)) && Checkpoints.any(folder.resolve(CHECKPOINTS));
    }

    /**
     * Starts a run in {@code folder}, which is made when it is not there, and writes its config.
     *
     * @throws InvalidInputException when a run is there already, or nothing can be written there
     */
    public static RunFolder create(Path folder, Record config) {
        if (holdsRun(folder)) {
            Checkpoints checkpoints = Checkpoints.seen(folder.resolve(CHECKPOINTS));
            if (checkpoints.latest().isEmpty()) {
                throw new InvalidInputException(checkpoints.allDamaged());
            }
            throw new InvalidInputException(
                    folder + ": holds a run already; resume it (`resume` latest) or choose another folder");
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": the folder cannot be made (" + IoReason.of(e) + "); choose another path", e);
        }
        return locked(folder, config);
    }

    /**
     * Opens the run in {@code folder} to go on with it.
     *
     * @param config the config now; it is saved when something that may change did
     * @param mayChange dotted keys that may differ from the saved config; a key stands for all below it
     * @throws InvalidInputException when there is no run, when other keys differ (all are named), or when another process
     *     is training there
     */
    public static <T extends Record> RunFolder resume(Path folder, T config, Set<String> mayChange) {
        if (!holdsRun(folder)) {
            throw new InvalidInputException(folder + ": holds no run to resume; start it without resuming");
        }
        T saved = TrainingConfig.read(folder.resolve(CONFIG), List.of(), config);
        List<TrainingConfig.Difference> fixed = TrainingConfig.differences(saved, config).stream()
                .filter(difference -> mayChange.stream().noneMatch(key -> covers(key, difference.key())))
                .toList();
        if (!fixed.isEmpty()) {
            String differences = fixed.stream().map(Object::toString).collect(Collectors.joining("; "));
            throw new InvalidInputException(folder + ": this run was started with another config: " + differences
                    + "; change that back or start a new run (these may change: "
                    + mayChange.stream().sorted().collect(Collectors.joining(", ")) + ")");
        }
        return locked(folder, config);
    }

    private static boolean covers(String key, String path) {
        return path.equals(key) || path.startsWith(key + ".");
    }

    @SuppressWarnings("MustBeClosedChecker") // the channel belongs to the object that is returned
    private static RunFolder locked(Path folder, Record config) {
        FileChannel channel;
        try {
            channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": cannot be written (" + IoReason.of(e) + "); choose another folder", e);
        }
        RunFolder run = new RunFolder(folder, channel);
        boolean opened = false;
        try {
            run.takeLock();
            AtomicFolder.recover(folder);
            for (String made : List.of(CURVES, VALIDATION)) {
                if (Files.isDirectory(folder.resolve(made))) {
                    AtomicFolder.recover(folder.resolve(made));
                }
            }
            run.writeConfig(config);
            opened = true;
            return run;
        } finally {
            if (!opened) {
                run.close();
            }
        }
    }

    private void takeLock() {
        FileLock taken;
        try {
            taken = lock.tryLock();
        } catch (OverlappingFileLockException e) {
            taken = null; // held by this very process
        } catch (IOException e) {
            return; // a file system without locks: nothing can be told
        }
        if (taken == null) {
            throw new InvalidInputException(folder + ": another process is training there; wait for it or stop it");
        }
    }

    private void writeConfig(Record config) {
        AtomicFile.replace(config(), TrainingConfig.toYaml(config).getBytes(StandardCharsets.UTF_8));
    }

    /** The folder of the run. */
    public Path path() {
        return folder;
    }

    /** The config, with every value. */
    public Path config() {
        return folder.resolve(CONFIG);
    }

    /** Lines of figures. */
    public Path metrics() {
        return folder.resolve("metrics.jsonl");
    }

    /** Samples that could not be used. */
    public Path broken() {
        return folder.resolve("broken.txt");
    }

    /** Drawings of the figures; made when asked for. */
    public Path curves() {
        return made(CURVES);
    }

    /** TensorBoard's event files; made when asked for. */
    public Path tensorboard() {
        return made("tensorboard");
    }

    /** What validations write; made when asked for. */
    public Path validation() {
        return made(VALIDATION);
    }

    /** The checkpoints, see {@link Checkpoints#in}. */
    public Checkpoints checkpoints(int keep) {
        return Checkpoints.in(folder.resolve(CHECKPOINTS), keep);
    }

    private Path made(String name) {
        Path made = folder.resolve(name);
        try {
            return Files.createDirectories(made);
        } catch (IOException e) {
            throw new InvalidInputException(
                    made + ": the folder cannot be made (" + IoReason.of(e) + "); check the permissions there", e);
        }
    }

    /** Lets other processes train here. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            // the lock goes with the process
        }
    }
}
