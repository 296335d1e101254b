package ai.ingredients.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that get their names together. */
class FileGroupTest {
    @TempDir
    Path folder;

    private static void write(Path file, String text) {
        AtomicFile.replace(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private void writeBoth(String text) {
        try (FileGroup group = new FileGroup()) {
            group.write(folder.resolve("a.json"), file -> write(file, text));
            group.write(folder.resolve("b.json"), file -> write(file, text));
            group.commit(folder.resolve("b.json"));
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void nothingIsSeenBeforeTheCommit() throws IOException {
        try (FileGroup group = new FileGroup()) {
            group.write(folder.resolve("a.json"), file -> write(file, "1"));
            assertThat(folder.resolve("a.json")).doesNotExist();
        }
        assertThat(names()).isEmpty();
        writeBoth("2");
        assertThat(names()).containsExactly("a.json", "b.json");
    }

    @Test
    void filesOfSeveralWritersAreNeverMixed() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 20; round++) {
                List<Future<?>> writers = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    String text = round + "-" + i;
                    writers.add(threads.submit(() -> writeBoth(text)));
                }
                for (Future<?> writer : writers) {
                    writer.get();
                }
                assertThat(folder.resolve("a.json")).hasSameTextualContentAs(folder.resolve("b.json"));
                assertThat(names()).containsExactly("a.json", "b.json");
            }
        }
    }

    @Test
    void aLockThatAKilledProcessLeftIsPassedOver() throws IOException {
        Path lock = Files.createFile(folder.resolve(".b.json.lock"));
        Files.setLastModifiedTime(lock, FileTime.from(Instant.now().minusSeconds(60)));
        writeBoth("1");
        assertThat(names()).containsExactly("a.json", "b.json");
    }

    @Test
    void oneThatCannotBeNamedTakesTheNewOnesBack() throws IOException {
        write(folder.resolve("c.json"), "old");
        try (FileGroup group = new FileGroup()) {
            group.write(folder.resolve("a.json"), file -> write(file, "new"));
            group.write(folder.resolve("b.json"), file -> write(file, "new"));
            Files.createDirectories(folder.resolve("b.json/full")); // takes the name meanwhile
            assertThatThrownBy(() -> group.commit(folder.resolve("c.json")))
                    .isInstanceOf(OperationFailedException.class)
                    .hasMessageContaining("b.json");
        }
        assertThat(names()).containsExactly("b.json", "c.json");
    }

    @Test
    void aFailureNamesTheFileAsTheUserDoes() throws IOException {
        try (FileGroup group = new FileGroup()) {
            assertThatThrownBy(() -> group.write(folder.resolve("a.json"), file -> {
                        throw new OperationFailedException(file + ": cannot be written");
                    }))
                    .hasMessage(folder.resolve("a.json") + ": cannot be written");
        }
        assertThat(names()).isEmpty();
    }
}
