package ai.ingredients.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All or nothing. */
class AtomicFileTest {
    @TempDir
    Path folder;

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theOldContentStaysUntilTheNewIsComplete() throws IOException {
        Path target = Files.writeString(folder.resolve("video.mp4"), "old");
        try (AtomicFile file = AtomicFile.create(target)) {
            file.write(bytes("new"));
            assertEquals("old", Files.readString(target));
            assertThat(file.path()).hasParent(folder);
            assertThat(file.path().toString()).endsWith(".mp4");
            file.commit();
        }
        assertEquals("new", Files.readString(target));
        assertThat(folder.toFile().list()).containsExactly("video.mp4");
    }

    @Test
    void withoutCommitNothingIsLeft() throws IOException {
        Path target = Files.writeString(folder.resolve("a"), "old");
        try (AtomicFile file = AtomicFile.create(target)) {
            file.write(bytes("new"));
            assertThat(folder.toFile().list()).hasSize(2);
        }
        assertEquals("old", Files.readString(target));
        assertThat(folder.toFile().list()).containsExactly("a");
    }

    @Test
    void aWriteThatFailsIsAFailedOperation() {
        AtomicFile file = AtomicFile.create(folder.resolve("a"));
        file.close();
        assertThatThrownBy(() -> file.write(bytes("x")))
                .isInstanceOf(OperationFailedException.class)
                .hasMessageContaining("cannot be written");
        assertThatThrownBy(file::commit).isInstanceOf(OperationFailedException.class);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aLinkIsWrittenThrough() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        AtomicFile.replace(link, new byte[] {'n'});
        assertEquals("n", Files.readString(real));
        assertThat(link).isSymbolicLink();
    }

    @Test
    void aLinkWhoseFileIsNotThereYetIsWrittenThrough() throws IOException {
        Files.createDirectory(folder.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("second"));
        Files.createSymbolicLink(folder.resolve("second"), Path.of("elsewhere/real"));
        AtomicFile.replace(link, new byte[] {'n'});
        assertThat(link).isSymbolicLink();
        assertThat(folder.resolve("second")).isSymbolicLink();
        assertThat(folder.resolve("elsewhere/real")).hasBinaryContent(new byte[] {'n'});

        Path circle = Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
        assertThatThrownBy(() -> AtomicFile.checkWritable(circle))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("leads back to itself");
    }

    @Test
    void longNamesAreWrittenAndWrongPlacesRefused() {
        for (String name : List.of("x".repeat(255), "Käse 🍜".repeat(20), "a." + "ß".repeat(100))) {
            AtomicFile.replace(folder.resolve(name), new byte[1]);
            assertThat(folder.resolve(name)).hasSize(1);
        }
        assertThat(folder.toFile().list()).hasSize(3);
        Path tooLong = folder.resolve("x".repeat(256));
        for (Path wrong : List.of(folder, folder.resolve("no/file"), Path.of("/"), Path.of("/dev/null"), tooLong)) {
            assertThatThrownBy(() -> AtomicFile.checkWritable(wrong))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith(wrong + ": ");
        }
    }

    @Test
    void writabilityIsToldEarlyAndLeavesNothing() throws IOException {
        Path there = Files.writeString(folder.resolve("there"), "old");
        AtomicFile.checkWritable(there);
        AtomicFile.checkWritable(folder.resolve("new"));
        assertEquals("old", Files.readString(there));
        assertThat(folder.toFile().list()).containsExactly("there");
    }

    @Test
    void aLibraryMayWriteByName() throws IOException {
        Path target = folder.resolve("a");
        try (AtomicFile file = AtomicFile.create(target)) {
            Files.writeString(file.path(), "by name");
            file.commit();
        }
        assertEquals("by name", Files.readString(target));
        assertThat(folder.toFile().list()).containsExactly("a");
    }

    @Test
    void jsonIsReadAsItWasWritten() throws IOException {
        Path file = folder.resolve("a.json");
        var value = JsonNodeFactory.instance.objectNode().put("é", 1);
        value.putArray("list").add(2.5);
        JsonFile.write(file, value);
        assertEquals(value, JsonFile.read(file));
        assertEquals("{\n  \"é\" : 1,\n  \"list\" : [\n    2.5\n  ]\n}\n", Files.readString(file));
        Files.writeString(file, "{\"a\":1,\"a\":2}");
        assertThatThrownBy(() -> JsonFile.read(file)).hasMessageContaining("Duplicate field 'a'");
        Files.writeString(file, "{\"a\":NaN}");
        assertThat(JsonFile.read(file).path("a").doubleValue()).isNaN();
    }
}
