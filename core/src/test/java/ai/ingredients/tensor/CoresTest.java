package ai.ingredients.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoresTest {
    @TempDir
    private Path folder;

    @Test
    void processorsOfOneCoreCountOnce() throws IOException {
        String[] siblings = {"0,2", "1,3", "0,2", "1,3"};
        for (int i = 0; i < siblings.length; i++) {
            Path topology = Files.createDirectories(folder.resolve("cpu" + i + "/topology"));
            Files.writeString(topology.resolve("thread_siblings_list"), siblings[i] + "\n");
        }
        assertEquals(2, Cores.physical(folder));
    }

    @Test
    void aFolderThatTellsNothingGivesNone() {
        assertEquals(0, Cores.physical(folder));
        int usable = Cores.usable();
        assertTrue(usable >= 1 && usable <= Runtime.getRuntime().availableProcessors(), "cores: " + usable);
    }

    @Test
    void nnpackIsOff() {
        Natives.load();
        assertFalse(torch.globalContext().userEnabledNNPACK());
    }
}
