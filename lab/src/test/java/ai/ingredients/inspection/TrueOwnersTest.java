package ai.ingredients.inspection;

import static ai.ingredients.inspection.TrueOwners.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.pipeline.VideoSize;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Owners of tokens from masks of faces. */
class TrueOwnersTest {
    private static final VideoSize SIZE = new VideoSize(9, 32, 48);
    private static final TokenGrid GRID = TokenGrid.of(SIZE, 2); // 3 frames, 2 rows, 3 columns

    @TempDir
    Path folder;

    /** Frame {@code number} with the person whose face is at (x, y), 0 for nobody's, in green. */
    private void mask(int number, int width, int height, IntBinaryOperator face) {
        Picture picture = Picture.filled(width, height, 0, 0, 0);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                picture.rgb()[(y * width + x) * 3 + 1] = (byte) face.applyAsInt(x, y);
                picture.rgb()[(y * width + x) * 3] = 9; // the rest of a person counts for nothing
            }
        }
        Png.write(folder.resolve(String.format(Locale.ROOT, "frame_%04d.png", number)), picture);
    }

    private TrueOwners read() {
        return TrueOwners.read(folder, SIZE, GRID, 2);
    }

    @Test
    void theFirstFrameAloneThenTheMeanOfFour() {
        mask(0, 48, 32, (x, y) -> x < 16 && y < 16 ? 1 : 0);
        for (int i = 1; i < 9; i++) {
            int frame = i;
            // Person 2 moves into the last column after frame 2: in 2 of 4 frames, then in all.
            mask(i, 48, 32, (x, y) -> y >= 16 && x >= 32 && frame > 2 ? 2 : 0);
        }

        assertThat(read().owners())
                .containsExactly(
                        0, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, //
                        NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, 1, //
                        NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, 1);
        assertThat(read().known()).isEqualTo(3);
        assertThat(read().accuracy(new int[18])).isEqualTo(1 / 3.0);
    }

    @Test
    void atLeastHalfOfATokenIsThePersonsWhoHasMost() {
        for (int i = 0; i < 9; i++) {
            // Column 0: 8 of 16 pixels are person 1's. Column 1: 7 are. Column 2: 9 are person 2's, 7 person 1's.
            mask(i, 48, 32, (x, y) -> x < 8 || (x >= 16 && x < 23) ? 1 : x < 32 ? 0 : x < 41 ? 2 : 1);
        }

        assertThat(read().owners()).startsWith(0, NOBODY, 1, 0, NOBODY, 1);
    }

    @Test
    void masksOfAnotherSizeAreStretched() {
        for (int i = 0; i < 9; i++) {
            mask(i, 12, 8, (x, y) -> x >= 8 && y < 4 ? 2 : 0);
        }

        assertThat(read().owners()).startsWith(NOBODY, NOBODY, 1, NOBODY, NOBODY, NOBODY);
    }

    private void refused(String... fragments) {
        assertThatThrownBy(this::read)
                .isInstanceOf(InvalidInputException.class)
                .message()
                .contains(fragments);
    }

    @Test
    void whatDoesNotBelongToTheVideoIsRefused() {
        refused("there is no frame_0000.png", "the video has 9 frames");
        mask(0, 48, 48, (x, y) -> 1);
        refused("frame_0000.png: is 48x48", "shape of the video, 48x32");
        mask(0, 48, 32, (x, y) -> 3);
        refused("show person 3, but 2 people were given");
        for (int i = 0; i < 9; i++) {
            mask(i, 48, 32, (x, y) -> x < 7 ? 1 : 0);
        }
        refused("no face covers half a token");
        assertThatThrownBy(() -> TrueOwners.read(folder.resolve("none"), SIZE, GRID, 2))
                .hasMessageContaining("there is no such folder; name the masks of one clip");
    }
}
