package ai.ingredients.media;

import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** Whatever is in a picture file: it is shown, or refused in one line. */
class PictureFuzzTest {
    @FuzzTest(maxDuration = "1m")
    void pictures(byte[] content) {
        Fuzz.file("picture", content, file -> {
            PictureReader.Fitted fitted = PictureReader.readFitted(file, 64);
            if (fitted.picture().longSide() > 64 || fitted.originalWidth() < 1 || fitted.originalHeight() < 1) {
                throw new AssertionError(fitted.toString());
            }
        });
    }
}
