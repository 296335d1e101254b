package ai.ingredients.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders, all or nothing. */
class AtomicFolderTest {
    @TempDir
    Path parent;

    private Path target() {
        return parent.resolve("step-1");
    }

    private void write(String content) throws IOException {
        try (AtomicFolder folder = AtomicFolder.create(target())) {
            Files.createDirectory(folder.path().resolve("sub"));
            Files.writeString(folder.path().resolve("sub/a"), content);
            assertThat(folder.target()).isEqualTo(target());
            folder.commit();
        }
    }

    @Test
    void theNameAppearsWithTheCommitAndReplacesAnOlderFolder() throws IOException {
        write("old");
        try (AtomicFolder folder = AtomicFolder.create(target())) {
            Files.writeString(folder.path().resolve("b"), "new");
            assertEquals("old", Files.readString(target().resolve("sub/a")));
            folder.commit();
        }
        assertThat(target().toFile().list()).containsExactly("b");
        assertThat(parent.toFile().list()).containsExactly("step-1");
    }

    @Test
    void withoutCommitNothingIsLeft() throws IOException {
        write("old");
        try (AtomicFolder folder = AtomicFolder.create(target())) {
            Files.writeString(folder.path().resolve("b"), "new");
        }
        assertEquals("old", Files.readString(target().resolve("sub/a")));
        assertThat(parent.toFile().list()).containsExactly("step-1");
    }

    @Test
    void recoveryRemovesWhatNeverGotItsName() throws IOException {
        Files.createDirectories(parent.resolve(".step-2.1a2b.part/sub"));
        Files.writeString(parent.resolve(".step-2.1a2b.part/sub/x"), "x");
        Files.writeString(parent.resolve(".metrics.jsonl.ff.part.jsonl"), "x");
        Files.writeString(parent.resolve(".lock"), "");
        Files.writeString(parent.resolve("notes.part"), "mine");
        write("kept");
        AtomicFolder.recover(parent);
        assertThat(parent.toFile().list()).containsExactlyInAnyOrder("step-1", ".lock", "notes.part");
    }

    @Test
    void recoveryGivesAFolderSetAsideItsNameBackUnlessTheNewOneCame() throws IOException {
        write("first");
        Files.move(target(), parent.resolve(".step-1.abc.old"));
        AtomicFolder.recover(parent);
        assertEquals("first", Files.readString(target().resolve("sub/a")));

        Files.move(target(), parent.resolve(".step-1.abc.old"));
        write("second");
        AtomicFolder.recover(parent);
        assertEquals("second", Files.readString(target().resolve("sub/a")));
        assertThat(parent.toFile().list()).containsExactly("step-1");
    }

    @Test
    void removalTakesTheWholeTree() throws IOException {
        write("a");
        AtomicFolder.remove(target());
        assertThat(parent.toFile().list()).isEmpty();
        assertThatThrownBy(() -> AtomicFolder.remove(target())).isInstanceOf(OperationFailedException.class);
    }

    @Test
    void aMissingParentIsTheUsersMistake() {
        assertThatThrownBy(() -> AtomicFolder.create(parent.resolve("none/step-1")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no folder can be made in");
    }
}
