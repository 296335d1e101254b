package ai.ingredients.studio.models;

import ai.ingredients.Cancellation;
import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.People;
import ai.ingredients.Portrait;
import ai.ingredients.pipeline.MemoryLevel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Models that stay loaded between videos, within a budget of memory for each device: what was used longest ago makes room. A
 * device makes one video at a time, whoever asks. Thread-safe.
 */
public final class ModelShelf implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 100;

    private final Map<String, ModelEntry> entries = new LinkedHashMap<>();
    private final List<Device> devices = new ArrayList<>();
    private final Ingredients.Options options;
    private final long budget;
    private long uses;
    private boolean closed;

    /** A device, and what is loaded on it. */
    private static final class Device {
        private final String name;
        private final List<Warm> warm = new ArrayList<>();
        private boolean taken;

        Device(String name) {
            this.name = name;
        }

        long bytes() {
            return warm.stream().mapToLong(one -> one.bytes).sum();
        }

        @Nullable
        Warm find(String id) {
            return warm.stream().filter(one -> one.id.equals(id)).findFirst().orElse(null);
        }
    }

    /** A model that is loaded, with people who were prepared for it lately. */
    private static final class Warm {
        private static final int MOST_PEOPLE = 8;

        private final String id;
        private final long bytes;
        private final Ingredients ingredients;
        private final Map<String, People> people = new LinkedHashMap<>(16, 0.75f, true);
        private long used;

        Warm(String id, long bytes, Ingredients ingredients) {
            this.id = id;
            this.bytes = bytes;
            this.ingredients = ingredients;
        }

        void close() {
            people.values().forEach(People::close);
            people.clear();
            ingredients.close();
        }
    }

    /**
     * @param folders of models by their ids, the default one first
     * @param devices such as {@code cpu}, or {@code cuda:0} and {@code cuda:1}
     * @param budget bytes of weights that may stay loaded on each device; the model in use stays whatever it weighs
     * @throws InvalidInputException when a folder holds no model that can be used
     */
    public ModelShelf(Map<String, Path> folders, List<String> devices, Ingredients.Options options, long budget) {
        if (folders.isEmpty()) {
            throw new InvalidInputException("no model was named; name the folder of one");
        }
        this.options = options;
        this.budget = budget;
        try (Ingredients first =
                Ingredients.open(folders.values().iterator().next(), options.withDevice(devices.getFirst()))) {
            folders.forEach((id, folder) -> entries.put(id, ModelEntry.open(id, folder, first.compute())));
        }
        devices.forEach(device -> this.devices.add(new Device(device)));
    }

    /** All models, the default one first. */
    public List<ModelEntry> entries() {
        return List.copyOf(entries.values());
    }

    /** The model called {@code id}; none when there is none. */
    public @Nullable ModelEntry find(String id) {
        return entries.get(id);
    }

    /** What is used where a request names none. */
    public ModelEntry usual() {
        return entries.values().iterator().next();
    }

    /** How many videos can be made at a time. */
    public int deviceCount() {
        return devices.size();
    }

    /** Whether the model is loaded somewhere. */
    public synchronized boolean loaded(String id) {
        return devices.stream().anyMatch(device -> device.find(id) != null);
    }

    /** Bytes of weights that are loaded, on all devices. */
    public synchronized long loadedBytes() {
        return devices.stream().mapToLong(Device::bytes).sum();
    }

    /** The use of a device and a model on it, until it is closed. */
    public final class Lease implements AutoCloseable {
        private final Device device;
        private final Warm warm;

        private Lease(Device device, Warm warm) {
            this.device = device;
            this.warm = warm;
        }

        /** The model. */
        public Ingredients ingredients() {
            return warm.ingredients;
        }

        /**
         * The people of {@code portraits}, prepared now or for an earlier video; they end with the model.
         *
         * @param key tells these photos, faces and names from all others
         */
        public People people(String key, Supplier<List<Portrait>> portraits) {
            People known = warm.people.get(key);
            if (known != null) {
                return known;
            }
            People made = warm.ingredients.people(portraits.get());
            warm.people.put(key, made);
            if (warm.people.size() > Warm.MOST_PEOPLE) {
                String oldest = warm.people.keySet().iterator().next();
                People gone = warm.people.remove(oldest);
                if (gone != null) {
                    gone.close();
                }
            }
            return made;
        }

        @Override
        public void close() {
            synchronized (ModelShelf.this) {
                device.taken = false;
                ModelShelf.this.notifyAll();
            }
        }
    }

    /**
     * Waits for a device and loads the model on it if it is not there; a device that has it is preferred.
     *
     * @throws CancellationException when {@code cancellation} was cancelled first
     */
    public Lease lease(String id, Cancellation cancellation) {
        ModelEntry entry = entries.get(id);
        if (entry == null) {
            throw new InvalidInputException(
                    "there is no model " + id + "; there are " + String.join(", ", entries.keySet()));
        }
        Device device = take(id, cancellation);
        boolean leased = false;
        try {
            Warm warm = warm(entry, device);
            leased = true;
            return new Lease(device, warm);
        } finally {
            if (!leased) {
                release(device);
            }
        }
    }

    private synchronized Device take(String id, Cancellation cancellation) {
        while (true) {
            if (closed) {
                throw new CancellationException("the studio is closing");
            }
            if (cancellation.cancelled()) {
                throw new CancellationException("the video was cancelled");
            }
            Device found = devices.stream()
                    .filter(device -> !device.taken)
                    .max(Comparator.comparing((Device device) -> device.find(id) != null)
                            .thenComparingLong(device -> -device.bytes()))
                    .orElse(null);
            if (found != null) {
                found.taken = true;
                return found;
            }
            try {
                wait(PATIENCE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw (CancellationException) new CancellationException("the studio is closing").initCause(e);
            }
        }
    }

    /** Only whoever has taken the device calls this, so that opening and closing models needs no lock. */
    private Warm warm(ModelEntry entry, Device device) {
        Warm known;
        List<Warm> leaving = new ArrayList<>();
        synchronized (this) {
            known = device.find(entry.id());
            if (known != null) {
                known.used = ++uses;
                return known;
            }
            while (!device.warm.isEmpty() && device.bytes() + entry.weightBytes() > budget) {
                Warm oldest = device.warm.stream()
                        .min(Comparator.comparingLong(one -> one.used))
                        .orElseThrow();
                device.warm.remove(oldest);
                leaving.add(oldest);
            }
        }
        leaving.forEach(Warm::close);
        boolean fits = entry.weightBytes() <= budget;
        Ingredients opened = Ingredients.open(
                entry.bundle().folder().root(),
                options.withDevice(device.name)
                        .withMemory(
                                fits && options.memory() == MemoryLevel.AUTO ? MemoryLevel.NONE : options.memory()));
        Warm made = new Warm(entry.id(), fits ? entry.weightBytes() : 0, opened);
        synchronized (this) {
            made.used = ++uses;
            device.warm.add(made);
        }
        return made;
    }

    private synchronized void release(Device device) {
        device.taken = false;
        notifyAll();
    }

    /** Forgets people who were prepared from photos that are gone now; waits for no video. */
    public void forgetPeople() {
        for (Device device : devices) {
            synchronized (this) {
                if (device.taken) {
                    continue; // what is prepared there is forgotten with the next ones; nobody can ask for it by its
                    // key
                }
                device.taken = true;
            }
            try {
                for (Warm warm : device.warm) {
                    warm.people.values().forEach(People::close);
                    warm.people.clear();
                }
            } finally {
                release(device);
            }
        }
    }

    @Override
    public void close() {
        List<Warm> leaving = new ArrayList<>();
        synchronized (this) {
            closed = true;
            for (Device device : devices) {
                leaving.addAll(device.warm);
                device.warm.clear();
            }
        }
        leaving.forEach(Warm::close); // each waits for its video
    }
}
