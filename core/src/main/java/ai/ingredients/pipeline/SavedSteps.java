package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Where the denoising of a video stands, in a file, so that a process that dies costs the steps since the last save and no
 * more: latents, the clean latents and whatever else second-order samplers go on from, the state of the noise, and the mean
 * of the routing so far. What goes on from it has the bits of what never stopped.
 *
 * <p>The file is replaced in one step, so that there is always a whole one. Belongs to one generation at a time; not
 * thread-safe.
 */
public final class SavedSteps {
    private static final String SAMPLE = "sample";
    private static final String CLEAN = "clean";
    private static final String CARRIED = "carried.";
    private static final String NOISE = "noise";
    private static final String ROUTING = "routing";
    private static final String VIDEO = "video";
    private static final String DONE = "done";

    private final Path file;
    private final String video;
    private final long everyNanos;
    private final @Nullable RoutingMean routing;
    private long lastSaved;

    /**
     * @param file may be there, of this video or another
     * @param video tells it from all others: everything that a bit of it depends on
     * @param every the least time between two saves, and the most that is lost: whoever decodes for an hour loses no more
     * @param routing what is to be kept besides; none where nobody wants it
     */
    public SavedSteps(Path file, String video, Duration every, @Nullable RoutingMean routing) {
        this.file = file;
        this.video = video;
        this.everyNanos = every.toNanos();
        this.routing = routing;
        lastSaved = System.nanoTime();
    }

    /**
     * What the loop goes on from.
     *
     * @param done steps that need not be taken again
     */
    record Resumed(int done, Scheduler.Step state) {}

    /**
     * Reads the file, puts {@code noise} and the routing where they were, and returns the rest, owned by the current scope.
     *
     * @param initial on the device that computes
     * @return none when there is no such file, or it is another video's or damaged, which the listener is then told
     */
    @Nullable
    Resumed resume(Tensor initial, Noise noise, GenerationListener listener) {
        if (!Files.exists(file)) {
            return null;
        }
        try (Scope scope = Scope.inference();
                SafetensorsFile stored = SafetensorsFile.open(file)) {
            if (!video.equals(stored.metadata().get(VIDEO))) {
                listener.warning("the saved steps are another video's, so that this one begins from the beginning");
                return null;
            }
            int done = Integer.parseInt(stored.metadata().getOrDefault(DONE, "0"));
            List<String> names = List.copyOf(stored.names());
            Tensor sample = scope.keep(copy(stored.get(SAMPLE), initial));
            Tensor clean = names.contains(CLEAN) ? scope.keep(copy(stored.get(CLEAN), initial)) : null;
            List<Tensor> carried = new ArrayList<>();
            for (int i = 0; names.contains(CARRIED + i); i++) {
                carried.add(scope.keep(copy(stored.get(CARRIED + i), initial)));
            }
            noise.restore(stored.get(NOISE).clone());
            if (routing != null) {
                routing.restore(
                        done, names.contains(ROUTING) ? stored.get(ROUTING).clone() : null);
            }
            return new Resumed(done, new Scheduler.Step(sample, clean, carried));
        } catch (InvalidInputException | NumberFormatException e) {
            listener.warning("the saved steps cannot be read (" + e.getMessage()
                    + "), so that this video begins from the" + " beginning");
            return null;
        }
    }

    /** The mapping ends with the store. */
    private static Tensor copy(Tensor stored, Tensor initial) {
        return stored.clone().to(initial.device(), stored.scalar_type());
    }

    /** Saves what the loop would go on from after {@code done} steps, if it is time to. */
    void save(int done, Scheduler.Step state, Noise noise) {
        if (System.nanoTime() - lastSaved < everyNanos) {
            return;
        }
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put(SAMPLE, Transfers.toHost(state.sample()));
            Tensor clean = state.clean();
            if (clean != null) {
                tensors.put(CLEAN, Transfers.toHost(clean));
            }
            for (int i = 0; i < state.carried().size(); i++) {
                tensors.put(
                        CARRIED + i, Transfers.toHost(state.carried().get(i)).contiguous());
            }
            tensors.put(NOISE, noise.state());
            Tensor mean = routing == null ? null : routing.mean();
            if (mean != null) {
                tensors.put(ROUTING, Transfers.toHost(mean));
            }
            SafetensorsWriter.write(file, tensors, Map.of(VIDEO, video, DONE, String.valueOf(done)));
        }
        lastSaved = System.nanoTime();
    }
}
