package ai.ingredients.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text from files becomes a path or one clear line. */
class ForeignPathTest {
    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "\0", "videos/\ud800.mp4", "\udc00"})
    void whatCannotBeAPathIsRefusedWithItsPlace(String written) {
        assertThat(ForeignPath.possible(written)).isFalse();
        Path list = Path.of("folder", "list.csv");
        for (Runnable made : new Runnable[] {
            () -> ForeignPath.of(written, "list.csv, line 3: video"),
            () -> ForeignPath.in(list, written, "list.csv, line 3: video"),
            () -> ForeignPath.beside(list, written, "list.csv, line 3: video")
        }) {
            assertThatThrownBy(made::run)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith("list.csv, line 3: video is \"")
                    .hasMessageContaining("\\u")
                    .hasMessageContaining("cannot be a path here");
        }
    }

    @Test
    void othersAreTakenAsTheyAre() {
        assertThat(ForeignPath.possible("a/b")).isTrue();
        assertThat(ForeignPath.of("a b.mp4", "x")).isEqualTo(Path.of("a b.mp4"));
        assertThat(ForeignPath.in(Path.of("f"), "a/b", "x")).isEqualTo(Path.of("f/a/b"));
        assertThat(ForeignPath.in(Path.of("f"), "/a/b", "x")).isEqualTo(Path.of("/a/b"));
        assertThat(ForeignPath.beside(Path.of("f/list"), "a", "x")).isEqualTo(Path.of("f/a"));
        assertThat(ForeignPath.beside(Path.of("list"), "a", "x")).isEqualTo(Path.of("a"));
    }
}
