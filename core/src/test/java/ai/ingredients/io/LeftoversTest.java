package ai.ingredients.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a killed process left is cleared away by the next one, and nothing that may still be written. */
class LeftoversTest {
    @TempDir
    Path folder;

    private static long deadProcess() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        return process.pid();
    }

    @Test
    void whatADeadProcessLeftGoesWithTheNextFile() throws IOException, InterruptedException {
        long dead = deadProcess();
        Path file = Files.writeString(folder.resolve(Leftovers.name("video", dead, "part.mp4")), "half");
        Path inFolder = Files.createDirectory(folder.resolve(Leftovers.name("step", dead, "part")));
        Files.writeString(inFolder.resolve("a"), "half");

        AtomicFile.checkWritable(folder.resolve("video.mp4"));

        assertThat(file).doesNotExist();
        assertThat(inFolder).doesNotExist();
    }

    @Test
    void whatMayStillBeWrittenStays() throws IOException, InterruptedException {
        Path own = Files.writeString(folder.resolve(Leftovers.name("a", "part")), "");
        Path parents = Files.writeString(
                folder.resolve(Leftovers.name(
                        "a", ProcessHandle.current().parent().orElseThrow().pid(), "part")),
                "");
        Path elsewhere = Files.writeString(folder.resolve(".a.12-00000000-1.part"), "");
        Path older = Files.writeString(folder.resolve(".a.12ab.part.mp4"), "");
        Path anybodys = Files.writeString(folder.resolve("a.part"), "");
        Path finished = Files.writeString(folder.resolve("a.12-00000000-1.mp4"), "");

        AtomicFile.checkWritable(folder.resolve("b"));

        assertThat(folder).isDirectoryNotContaining(file -> file.endsWith("b"));
        assertThat(own).exists();
        assertThat(parents).exists();
        assertThat(elsewhere).as("of another machine").exists();
        assertThat(older).as("of nobody knows whom").exists();
        assertThat(anybodys).exists();
        assertThat(finished).exists();
    }

    @Test
    void aNumberThatAnotherProcessHasNow() throws IOException {
        Path left = Files.writeString(folder.resolve(Leftovers.name("a", "part")), "");
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(86_400)));

        AtomicFile.checkWritable(folder.resolve("b"));

        assertThat(left).doesNotExist();
    }

    @Test
    void filesInTheMakingHaveSuchNames() {
        try (AtomicFile file = AtomicFile.create(folder.resolve("v.mp4"));
                AtomicFolder made = AtomicFolder.create(folder.resolve("step"))) {
            assertThat(file.path().getFileName().toString())
                    .matches(Leftovers.UNFINISHED)
                    .endsWith(".part.mp4");
            assertThat(made.path().getFileName().toString()).matches(Leftovers.UNFINISHED);
            assertThat(Leftovers.isLeft(file.path())).isFalse();
        }
    }
}
