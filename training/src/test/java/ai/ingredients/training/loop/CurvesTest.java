package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

/** Curves: the numbers behind them, and that something is drawn where it belongs. */
class CurvesTest {
    @TempDir
    Path folder;

    private static Curves.Series series(int n) {
        double[] steps = new double[n];
        Arrays.setAll(steps, i -> 10.0 * i);
        return new Curves.Series("s", steps, steps.clone());
    }

    @Test
    void theMeanOfALineIsTheLine() {
        double[] values = series(500).values();
        double[] means = series(500).smoothed().values();
        assertArrayEquals(Arrays.copyOfRange(values, 10, 490), Arrays.copyOfRange(means, 10, 490), 1e-9);
        assertEquals(50, means[0], 1e-9); // of the steps 0, 10 … 100
    }

    @Test
    void theMeanFlattensNoise() {
        double[] steps = new double[1000];
        double[] values = new double[1000];
        Arrays.setAll(values, i -> i % 2 == 0 ? 1 : -1);
        double[] means = new Curves.Series("s", steps, values).smoothed().values();
        assertThat(Math.abs(means[500])).isLessThan(0.03);
        assertThat(Math.abs(means[0])).isLessThan(0.06);
    }

    @Test
    void thinningKeepsTheExtremes() {
        double[] values = new double[10_000];
        values[4321] = 7;
        values[4333] = -7;
        double[] steps = new double[10_000];
        Arrays.setAll(steps, i -> i);
        Curves.Series thin = new Curves.Series("s", steps, values).thinned();
        assertThat(thin.values()).hasSize(600).contains(7, -7);
        assertThat(thin.steps()).isSorted();
    }

    @Test
    void everyFigureIsDrawnAndTheLossesSideBySide() throws Exception {
        Path metrics = folder.resolve("metrics.jsonl");
        Random random = new Random(1);
        try (MetricsLog log = MetricsLog.open(metrics, 0)) {
            for (int step = 1; step <= 1200; step++) {
                double noise = 0.3 * random.nextGaussian();
                log.log(
                        step,
                        Map.of(
                                "routing-loss", 1.1 * Math.exp(-step / 250.0) * (1 + noise) + 0.05,
                                "diffusion-loss", 0.12 + 0.05 * noise,
                                "learning rate", 1e-4 * step / 1200));
            }
        }
        Curves.draw(metrics, folder);
        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder(
                        "metrics.jsonl",
                        "routing-loss.svg",
                        "routing-loss.png",
                        "diffusion-loss.svg",
                        "diffusion-loss.png",
                        "learning-rate.svg",
                        "learning-rate.png",
                        "losses.svg",
                        "losses.png");
        Picture losses = PictureReader.read(folder.resolve("losses.png"));
        assertEquals(2 * 2 * 640, losses.width());
        assertEquals(2 * 400, losses.height());
        assertThat(blueRows(losses, 1))
                .as("the routing loss ends at the bottom")
                .isGreaterThan(550);
        DocumentBuilderFactory reader = DocumentBuilderFactory.newDefaultInstance();
        reader.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        Document svg =
                reader.newDocumentBuilder().parse(folder.resolve("losses.svg").toFile());
        assertEquals("svg", svg.getDocumentElement().getTagName());
        assertThat(svg.getDocumentElement().getAttribute("viewBox")).isEqualTo("0 0 1280 400");
    }

    /** The mean row of the curve's own colour in the last quarter of chart {@code ofTwo}. */
    private static double blueRows(Picture picture, int ofTwo) {
        long sum = 0;
        long count = 0;
        int chart = picture.width() / 2;
        for (int y = 0; y < picture.height(); y++) {
            for (int x = chart * ofTwo + chart * 3 / 4; x < chart * (ofTwo + 1); x++) {
                int at = 3 * (y * picture.width() + x);
                byte[] rgb = picture.rgb();
                if (rgb[at] == 0x1f && rgb[at + 1] == 0x5f && (rgb[at + 2] & 0xff) == 0xa8) {
                    sum += y;
                    count++;
                }
            }
        }
        assertThat(count).isPositive();
        return (double) sum / count;
    }

    @Test
    void whatWasNeverLoggedCannotBeDrawn() {
        List<Curves.Chart> nothing = List.of(Curves.Chart.of(List.of(), "loss"));
        assertThatThrownBy(() -> Curves.write(folder.resolve("loss"), nothing))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("\"loss\" was never logged");
    }
}
