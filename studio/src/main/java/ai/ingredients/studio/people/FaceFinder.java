package ai.ingredients.studio.people;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceModels;
import ai.ingredients.media.Picture;
import ai.ingredients.studio.models.ModelEntry;
import ai.ingredients.tensor.Compute;
import ai.ingredients.weights.ModelFolder;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds faces with a model's own detector, which stays loaded. On a thread of its own, since requests come on virtual threads
 * and libtorch wants platform threads; so that any number of requests uses one detector's memory. Thread-safe.
 */
public final class FaceFinder implements AutoCloseable {
    private final FaceModels models;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("faces").daemon().factory());

    private FaceFinder(FaceModels models) {
        this.models = models;
    }

    /** With the detector of the first of {@code models} that has one; none when none has. */
    public static @Nullable FaceFinder of(List<ModelEntry> models) {
        return models.stream()
                .map(FaceFinder::detector)
                .flatMap(Optional::stream)
                .findFirst()
                .map(FaceFinder::new)
                .orElse(null);
    }

    /** None where the model has none; what it lacks is said among its findings. */
    private static Optional<FaceModels> detector(ModelEntry model) {
        ModelFolder folder = model.bundle().folder();
        try {
            return Optional.of(FaceModels.detectorOnly(folder.root(), folder.variant(), Compute.CPU_FP32));
        } catch (InvalidInputException e) {
            return Optional.empty();
        }
    }

    /** The faces in {@code photo} in order of falling score. */
    public List<Face> find(Picture photo) {
        boolean interrupted = false;
        try {
            var found = thread.submit(() -> models.detector().detect(photo));
            while (true) {
                try {
                    return found.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("looking for faces failed", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        thread.execute(models::close);
        thread.shutdown();
        try {
            thread.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
