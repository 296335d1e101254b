package ai.ingredients.studio.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.Cancellation;
import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.studio.TinyModel;
import ai.ingredients.studio.models.ModelShelf.Lease;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models stay as long as there is room, and a device is one video's at a time. */
class ModelShelfTest {
    @TempDir
    Path folder;

    private ModelShelf shelf(double modelsThatFit) {
        Path model = TinyModel.in(folder);
        Map<String, Path> models = new LinkedHashMap<>();
        for (String id : List.of("a", "b", "c")) {
            models.put(id, model);
        }
        long each;
        try (ModelShelf one = new ModelShelf(models, List.of("cpu"), Ingredients.Options.DEFAULT, 0)) {
            each = one.usual().weightBytes();
        }
        return new ModelShelf(models, List.of("cpu"), Ingredients.Options.DEFAULT, Math.round(each * modelsThatFit));
    }

    private static MemoryLevel use(ModelShelf shelf, String id) {
        try (Lease lease = shelf.lease(id, new Cancellation())) {
            return lease.ingredients().memory();
        }
    }

    @Test
    void whatWasUsedLongestAgoMakesRoom() {
        try (ModelShelf shelf = shelf(2.5)) {
            assertThat(shelf.loaded("a")).isFalse();
            assertThat(use(shelf, "a")).isEqualTo(MemoryLevel.NONE);
            use(shelf, "b");
            use(shelf, "a");
            use(shelf, "c");
            assertThat(shelf.loaded("a")).isTrue();
            assertThat(shelf.loaded("b")).isFalse();
            assertThat(shelf.loaded("c")).isTrue();
            assertThat(shelf.loadedBytes()).isEqualTo(2 * shelf.usual().weightBytes());
        }
    }

    @Test
    void aDeviceIsWaitedFor() {
        try (ModelShelf shelf = shelf(3)) {
            Cancellation cancellation = new Cancellation();
            CompletableFuture<MemoryLevel> second;
            CompletableFuture<Lease> cancelled;
            try (Lease first = shelf.lease("a", new Cancellation())) {
                assertThat(first.ingredients().model().name()).isEqualTo("tiny");
                second = CompletableFuture.supplyAsync(() -> use(shelf, "b"), Thread::startVirtualThread);
                cancelled =
                        CompletableFuture.supplyAsync(() -> shelf.lease("c", cancellation), Thread::startVirtualThread);
                cancellation.cancel();
                assertThatThrownBy(cancelled::join)
                        .isInstanceOf(CompletionException.class)
                        .hasCauseInstanceOf(CancellationException.class);
                assertThat(second).isNotDone();
            }
            assertThat(second.join()).isEqualTo(MemoryLevel.NONE);
        }
    }

    @Test
    void aModelThatIsNotThereIsNamed() {
        try (ModelShelf shelf = shelf(1)) {
            assertThatThrownBy(() -> use(shelf, "d"))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("a, b, c");
        }
    }
}
