package ai.ingredients.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.media.Picture;
import java.util.List;
import org.junit.jupiter.api.Test;

class VideoLikenessTest {
    private static final double C1 = Math.pow(0.01 * 255, 2);
    private static final double C2 = Math.pow(0.03 * 255, 2);

    @Test
    void aVideoIsLikeItself() {
        List<Picture> video = List.of(stripes(20, 16, 90, 30), stripes(20, 16, 40, 7));
        assertThat(VideoLikeness.of(video, video)).isEqualTo(new VideoLikeness(VideoLikeness.SAME, 1));
    }

    /** Of even frames the formula is that of their means. */
    @Test
    void evenFramesHaveAClosedForm() {
        List<Picture> dark = List.of(Picture.filled(20, 16, 50, 50, 50));
        List<Picture> light = List.of(Picture.filled(20, 16, 60, 60, 60));
        VideoLikeness likeness = VideoLikeness.of(dark, light);
        assertThat(likeness.psnr()).isCloseTo(10 * Math.log10(255.0 * 255 / 100), within(1e-9));
        assertThat(likeness.ssim()).isCloseTo((2 * 50 * 60 + C1) / (50 * 50 + 60 * 60 + C1), within(1e-9));
    }

    /** Twice the contrast around the same mean: what differs is the variance, by the same factor in every window. */
    @Test
    void contrastCounts() {
        VideoLikeness likeness = VideoLikeness.of(List.of(stripes(30, 12, 100, 20)), List.of(stripes(30, 12, 100, 40)));
        // Columns alternate: the window's weights give a mean within 0.02 of 100, so its variance is amplitude².
        double expected = (2 * 20 * 40 + C2) / (20 * 20 + 40 * 40 + C2);
        assertThat(likeness.ssim()).isCloseTo(expected, within(1e-3));
    }

    @Test
    void framesOfAnotherSizeAreNotCompared() {
        assertThatThrownBy(() -> VideoLikeness.of(
                        List.of(Picture.filled(20, 16, 0, 0, 0)), List.of(Picture.filled(16, 20, 0, 0, 0))))
                .hasMessageContaining("20x16 and 16x20");
        assertThatThrownBy(() -> VideoLikeness.of(
                        List.of(Picture.filled(10, 10, 0, 0, 0)), List.of(Picture.filled(10, 10, 0, 0, 0))))
                .hasMessageContaining("at least 11");
        assertThatThrownBy(() -> VideoLikeness.of(List.of(), List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    private static Picture stripes(int width, int height, int mean, int amplitude) {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++) {
            byte value = (byte) (mean + (i % width % 2 == 0 ? amplitude : -amplitude));
            rgb[3 * i] = value;
            rgb[3 * i + 1] = value;
            rgb[3 * i + 2] = value;
        }
        return new Picture(width, height, rgb);
    }
}
