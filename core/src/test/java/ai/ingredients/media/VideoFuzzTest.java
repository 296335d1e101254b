package ai.ingredients.media;

import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.List;

/** Whatever is in a video file: its frames are shown, the same ones in any order, or it is refused in one line. */
class VideoFuzzTest {
    private static final int FRAMES = 8;

    @FuzzTest(maxDuration = "1m")
    void videos(byte[] content) {
        Fuzz.file("video", content, file -> {
            try (VideoReader video = VideoReader.open(file)) {
                List<Picture> shown = new ArrayList<>();
                for (Picture next = video.next(); next != null && shown.size() < FRAMES; next = video.next()) {
                    shown.add(next);
                }
                for (int i = shown.size() - 1; i >= 0; i -= 3) {
                    if (!video.frame(i).equals(shown.get(i))) {
                        throw new AssertionError("frame " + i + " of " + shown.size() + " is another one");
                    }
                }
            }
        });
    }
}
