package ai.ingredients.training.features;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Workers;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * What the frozen models make of every clip of a source, on disk: computed once, read as views of mapped files.
 *
 * <p>The folder's name is a key made of the source, the weights of the models and the settings, so that a cache is never
 * used for something else. Shards of {@value #SHARD} clips are written whole or not at all; filling goes on where it
 * stopped. Broken clips are left out and listed in {@code broken.txt} beside the shards; those of an earlier start count.
 *
 * <p>Not thread-safe. Close it after the tensors it gave are used.
 */
public final class FeatureCache implements AutoCloseable {
    /** Clips in one file. */
    static final int SHARD = 64;

    private static final String BROKEN = "broken.txt";
    private static final int KEY_DIGITS = 16;

    private final Path folder;
    private final Map<Integer, SafetensorsFile> shards = new TreeMap<>();
    private final List<Long> present = new ArrayList<>();
    /** What is wrong with clips that are left out, by number. */
    private final Map<Long, String> broken = new TreeMap<>();

    private FeatureCache(Path folder) {
        this.folder = folder;
    }

    /** Computes the features of a clip. */
    public interface Encoder {
        /** Identifies the models and settings. */
        String key();

        /**
         * Every feature of {@code clip} by name, owned by the innermost scope; small dtypes keep the cache small.
         *
         * @throws InvalidInputException when the clip cannot be encoded; it is then left out
         */
        Map<String, Tensor> encode(Clip clip);
    }

    /**
     * Opens the cache of {@code source} below {@code root} and computes what is missing.
     *
     * @param root holds a folder for each key
     * @param workers threads that encode, the cores shared out among them
     * @param maxBrokenShare share of clips that may be broken
     * @param progress receives clips done and clips in all
     * @throws InvalidInputException when more clips are broken
     */
    public static FeatureCache fill(
            Path root,
            ClipSource source,
            Encoder encoder,
            int loaderThreads,
            int workers,
            double maxBrokenShare,
            BiConsumer<Long, Long> progress) {
        Path folder = root.resolve(source.name().replaceAll("[^A-Za-z0-9._-]+", "_") + "-" + encoder.key());
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": the cache's folder cannot be made; choose another", e);
        }
        FeatureCache cache = new FeatureCache(folder);
        boolean complete = false;
        try {
            cache.compute(source, encoder, loaderThreads, workers, maxBrokenShare, progress);
            complete = true;
            return cache;
        } finally {
            if (!complete) {
                cache.close();
            }
        }
    }

    /**
     * As the other {@code fill}, as a training's config says and with its listener told, also of clips that were left out.
     *
     * @param what is computed, for the listener
     */
    public static FeatureCache fill(
            Path root,
            ClipSource source,
            Encoder encoder,
            TrainerConfig training,
            String what,
            TrainingListener listener) {
        FeatureCache filled = fill(
                root,
                source,
                encoder,
                training.loaderThreads(),
                training.workers(),
                training.maxBrokenShare(),
                (done, all) -> listener.preparing(what, done, all));
        if (!filled.broken.isEmpty()) {
            Map.Entry<Long, String> first = filled.broken.entrySet().iterator().next();
            listener.warning("left out: " + filled.broken.size() + " of " + source.size() + " clips, listed in "
                    + filled.list() + "; the first: " + first.getKey() + ": " + first.getValue());
        }
        return filled;
    }

    /** The last digits of a fingerprint, for the name of a folder. */
    static String shortened(String fingerprint) {
        return fingerprint.substring(fingerprint.length() - KEY_DIGITS);
    }

    /** Clips of one file, {@code last} not among them. */
    private record Shard(long first, long last) {}

    private void compute(
            ClipSource source,
            Encoder encoder,
            int loaderThreads,
            int workers,
            double maxBrokenShare,
            BiConsumer<Long, Long> progress) {
        long size = source.size();
        int count = Math.toIntExact((size + SHARD - 1) / SHARD);
        Map<Long, String> before = listed();
        double allowed = maxBrokenShare == 0 ? 0 : Math.max(1, maxBrokenShare * size);
        try (Loader loader = new Loader(source, loaderThreads);
                Workers threads = new Workers(workers)) {
            for (int shard = 0; shard < count; shard++) {
                Path file = folder.resolve(String.format(Locale.ROOT, "shard-%06d.safetensors", shard));
                long first = (long) shard * SHARD;
                long last = Math.min(first + SHARD, size);
                if (!covers(file, first, last, before)) {
                    Runnable check = () -> check(source, maxBrokenShare, allowed);
                    Shard clips = new Shard(first, last);
                    write(
                            file,
                            clips,
                            threads,
                            index -> encoded(encoder, () -> loader.take(index, clips), index, check));
                }
                SafetensorsFile stored = SafetensorsFile.open(file);
                shards.put(shard, stored);
                for (long index = first; index < last; index++) {
                    if (stored.has(index + "/latents")) {
                        present.add(index);
                    } else {
                        broken.putIfAbsent(index, before.getOrDefault(index, "could not be read"));
                    }
                }
                check(source, maxBrokenShare, allowed);
                progress.accept(last, size);
            }
        }
        if (present.isEmpty()) {
            throw new InvalidInputException(source.name() + ": no clip could be read; see " + list());
        }
    }

    /** Whether a shard has all clips but those known to be broken; one written for fewer clips has not. */
    private static boolean covers(Path file, long first, long last, Map<Long, String> broken) {
        if (!Files.exists(file)) {
            return false;
        }
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            for (long index = first; index < last; index++) {
                if (!stored.has(index + "/latents") && !broken.containsKey(index)) {
                    return false;
                }
            }
        }
        return true;
    }

    private void check(ClipSource source, double share, double allowed) {
        if (broken.size() > allowed) {
            Map.Entry<Long, String> last = List.copyOf(broken.entrySet()).getLast();
            throw new InvalidInputException(source.name() + ": " + broken.size()
                    + " clips are broken, more than the share of " + share + " allowed; the last: " + last.getKey()
                    + ": " + last.getValue() + " (all are listed in " + list() + ")");
        }
    }

    /** What an earlier start wrote into the list. */
    private Map<Long, String> listed() {
        Map<Long, String> listed = new TreeMap<>();
        if (!Files.exists(list())) {
            return listed;
        }
        try {
            for (String line : Files.readAllLines(list())) {
                int tab = line.indexOf('\t');
                if (tab > 0) {
                    listed.put(Long.valueOf(line.substring(0, tab)), line.substring(tab + 1));
                }
            }
            return listed;
        } catch (IOException | NumberFormatException e) {
            throw new InvalidInputException(list() + ": cannot be read; remove it and " + folder, e);
        }
    }

    private static void write(Path file, Shard shard, Workers workers, LongFunction<Map<String, Tensor>> encoded) {
        List<Map<String, Tensor>> clips = Collections.synchronizedList(new ArrayList<>());
        try {
            List<Callable<Map<String, Tensor>>> tasks = new ArrayList<>();
            for (long index = shard.first; index < shard.last; index++) {
                long clip = index;
                tasks.add(() -> {
                    Map<String, Tensor> features = encoded.apply(clip);
                    clips.add(features);
                    return features;
                });
            }
            Map<String, Tensor> all = new LinkedHashMap<>();
            workers.all(tasks).forEach(all::putAll);
            SafetensorsWriter.write(file, all, Map.of());
        } finally {
            clips.forEach(features -> features.values().forEach(Tensor::close));
        }
    }

    /** Features by index and name, of no scope; none where the clip is broken. Threads may call it at once. */
    private Map<String, Tensor> encoded(Encoder encoder, Supplier<Clip> clip, long index, Runnable check) {
        Map<String, Tensor> features = new LinkedHashMap<>();
        try (Scope scope = Scope.inference()) {
            encoder.encode(clip.get())
                    .forEach((name, tensor) -> features.put(index + "/" + name, Scope.retain(tensor)));
        } catch (InvalidInputException e) {
            leftOut(index, String.valueOf(e.getMessage()), check);
        }
        return features;
    }

    /** A shard with too many broken clips is not kept: they may be mended before the next start. */
    private synchronized void leftOut(long index, String why, Runnable check) {
        broken.put(index, why);
        String lines = broken.entrySet().stream()
                .map(entry -> entry.getKey() + "\t" + entry.getValue())
                .collect(Collectors.joining("\n"));
        AtomicFile.replace(list(), lines.getBytes(StandardCharsets.UTF_8));
        check.run();
    }

    /** Makes clips ahead on threads of its own. */
    private static final class Loader implements AutoCloseable {
        private final ClipSource source;
        private final ExecutorService threads;
        private final Map<Long, Future<Clip>> ahead = new TreeMap<>();
        private final int depth;
        /** The first clip that nobody asked for yet. */
        private long next;

        Loader(ClipSource source, int count) {
            this.source = source;
            depth = 2 * count;
            threads = Executors.newFixedThreadPool(count, task -> {
                Thread thread = new Thread(task, "clip-loader");
                thread.setDaemon(true);
                return thread;
            });
        }

        /** Clip {@code index}, of a shard's, each of which is taken once. Threads may call it at once. */
        Clip take(long index, Shard shard) {
            Future<Clip> clip;
            synchronized (this) {
                for (next = Math.max(next, shard.first); next < Math.min(index + depth, shard.last); next++) {
                    long wanted = next;
                    ahead.put(wanted, threads.submit(() -> source.clip(wanted)));
                }
                clip = java.util.Objects.requireNonNull(ahead.remove(index));
            }
            try {
                return clip.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ai.ingredients.OperationFailedException("interrupted while reading clips", e);
            } catch (java.util.concurrent.ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException(e.getCause());
            }
        }

        @Override
        public void close() {
            threads.shutdownNow();
        }
    }

    /** Numbers of the clips that are there, rising. */
    public List<Long> clips() {
        return present;
    }

    /** What is wrong with each clip that is left out, by its number, rising. */
    public Map<Long, String> broken() {
        return Collections.unmodifiableMap(broken);
    }

    /** The file that lists them; absent when none is. */
    public Path list() {
        return folder.resolve(BROKEN);
    }

    /** Feature {@code name} of clip {@code index}: a read-only view in the stored dtype; owned by the innermost scope. */
    public Tensor get(long index, String name) {
        return shard(index).get(index + "/" + name);
    }

    /** As {@link #get} in fp32, a copy. */
    public Tensor fp32(long index, String name) {
        return Scope.of(() -> get(index, name).to(ScalarType.Float));
    }

    /** Whether clip {@code index} has feature {@code name}. */
    public boolean has(long index, String name) {
        return shard(index).has(index + "/" + name);
    }

    /** Names of the features of clip {@code index}. */
    Set<String> names(long index) {
        return shard(index).names();
    }

    private SafetensorsFile shard(long index) {
        @Nullable SafetensorsFile file = shards.get(Math.toIntExact(index / SHARD));
        if (file == null) {
            throw new IllegalArgumentException("clip " + index + " is not in the cache " + folder);
        }
        return file;
    }

    @Override
    public void close() {
        shards.values().forEach(SafetensorsFile::close);
        shards.clear();
    }
}
