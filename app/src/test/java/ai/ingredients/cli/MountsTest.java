package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Linux's table of mounts says about a folder. */
class MountsTest {
    private static final List<String> TABLE = List.of(
            "/dev/vda / ext4 rw,relatime 0 0",
            "tmpfs /tmp tmpfs rw,nosuid,noexec 0 0",
            "tmpfs /tmp/my\\040programs tmpfs rw 0 0",
            "tmpfs /home tmpfs rw,noexec 0 0",
            "tmpfs /home tmpfs rw 0 0",
            "unreadable");

    private static boolean forbids(String folder) {
        return Mounts.forbidPrograms(TABLE, Path.of(folder));
    }

    @Test
    void theDeepestMountCountsAndOfTwoTheLast() {
        assertThat(forbids("/var/tmp")).isFalse();
        assertThat(forbids("/tmp/a/b")).isTrue();
        assertThat(forbids("/tmpfs")).isFalse();
        assertThat(forbids("/tmp/my programs/a")).isFalse();
        assertThat(forbids("/home/me")).isFalse();
    }
}
