package ai.ingredients.reproduction;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.training.loop.MetricsLog;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Figure 6 of runs that logged everything, a part and nothing. */
class LossFigureTest {
    @TempDir
    Path folder;

    private static MetricsLog.Line line(long step, Map<String, Double> values) {
        return new MetricsLog.Line(step, Instant.EPOCH, values);
    }

    @Test
    void everythingThatWasLoggedIsDrawn() {
        FigureResult figure = LossFigure.draw(
                List.of(
                        line(1, Map.of("routing-loss", 0.75, "plain-loss", 1.5, "routing-accuracy", 0.25)),
                        line(2, Map.of("routing-loss", 0.5, "plain-loss", 1.5, "routing-accuracy", 0.5))),
                folder.resolve("figure-6"));

        assertThat(figure.drawn()).isTrue();
        assertThat(figure.lines())
                .contains("routing-loss: 0.7500 over the first tenth of stage 2, 0.5000 over the last")
                .hasSize(3);
        assertThat(folder.resolve("figure-6.png")).isNotEmptyFile();
    }

    /** The logged steps of a short run may all be of clips with one person, or of two whose faces were not found. */
    @Test
    void aRunWithoutARoutingLossHasTheOtherCurves() {
        FigureResult figure = LossFigure.draw(
                List.of(line(20, Map.of("plain-loss", 1.5, "routing-accuracy", Double.NaN))),
                folder.resolve("figure-6"));

        assertThat(figure.drawn()).isTrue();
        assertThat(figure.lines())
                .containsExactly(
                        "routing-loss: never logged; no step that was logged had a clip with a routing label",
                        "plain-loss: 1.5000 over the first tenth of stage 2, 1.5000 over the last",
                        "routing-accuracy: never logged; no step that was logged had a clip with a routing label");
        assertThat(folder.resolve("figure-6.png")).isNotEmptyFile();
    }

    @Test
    void aRunWithoutAnyFigureIsSaidToHaveNone() {
        FigureResult figure = LossFigure.draw(List.of(), folder.resolve("figure-6"));

        assertThat(figure.drawn()).isFalse();
        assertThat(figure.caption()).contains("Not drawn", "logged no figures");
        assertThat(folder).isEmptyDirectory();
    }
}
