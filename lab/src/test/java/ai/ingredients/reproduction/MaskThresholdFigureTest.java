package ai.ingredients.reproduction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.CastSource;
import ai.ingredients.data.Split;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.sam.Sam;
import ai.ingredients.sam.SamConfig;
import ai.ingredients.sam.SamLabels;
import ai.ingredients.tensor.Compute;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Figure 7 with a network that knows nothing: what is measured and drawn, not how good it is. */
class MaskThresholdFigureTest {
    private static final SamConfig TINY =
            new SamConfig(48, 8, 16, 2, 2, 32, 3, List.of(1), 32, 4, new SamConfig.Decoder(1, 8, 32, 3, 2, 16));
    private static final CastScript SCRIPT = new CastSource(Split.TEST, 2, 7, 2).script(0);
    private static final String LAST_LAYERS = ".*output_hypernetworks_mlps\\.\\d\\.layers\\.2\\.weight";
    private static final int WIDTH = 144;
    private static final int HEIGHT = 96;

    @TempDir
    Path folder;

    @Test
    void lowerThresholdsTakeInMoreAndTheFigureShowsTheTruthBesideThem() {
        MaskThresholdScene scene = MaskThresholdScene.drawn("two people", SCRIPT, WIDTH, HEIGHT);

        MaskThresholdFigure figure = MaskThresholdFigure.of(weights(3), Compute.CPU_FP32, List.of(scene, scene));
        MaskThresholdFigure once = MaskThresholdFigure.of(weights(3), Compute.CPU_FP32, List.of(scene));

        assertThat(scene.boxes()).hasSize(2);
        assertThat(figure.scores())
                .isEqualTo(once.scores()) // the same scene twice has the same means
                .extracting(MaskThresholdScore::threshold)
                .isEqualTo(SamLabels.FIGURE_7);
        for (int i = 1; i < figure.scores().size(); i++) {
            assertThat(figure.scores().get(i).area())
                    .isLessThanOrEqualTo(figure.scores().get(i - 1).area());
            assertThat(figure.scores().get(i).labelled())
                    .isLessThanOrEqualTo(figure.scores().get(i - 1).labelled());
        }
        assertThat(figure.scores().getFirst().overlap()).isBetween(0.0, 1.0);
        assertThat(figure.picture().height()).isGreaterThan(once.picture().height() + HEIGHT);
        assertThat(figure.scores().getFirst().line()).startsWith("threshold −10: masks cover ");
    }

    @Test
    void whereEverythingIsAMaskEveryTokenIsLabelledAndTheTruthIsASmallPartOfIt() {
        MaskThresholdScene scene = MaskThresholdScene.drawn("two people", SCRIPT, WIDTH, HEIGHT);

        MaskThresholdScore score = MaskThresholdFigure.of(everywhere(), Compute.CPU_FP32, List.of(scene))
                .scores()
                .getFirst();

        double box = scene.boxes().stream()
                .mapToDouble(one -> WIDTH * HEIGHT / one.areaWithin(WIDTH, HEIGHT))
                .average()
                .orElseThrow();
        double truth = scene.truth().stream()
                .mapToDouble(mask -> (double) mask.area() / (WIDTH * HEIGHT))
                .average()
                .orElseThrow();
        assertThat(score.labelled()).isEqualTo(1);
        assertThat(score.area()).isCloseTo(box, Offset.offset(1e-9));
        assertThat(score.overlap()).isCloseTo(truth, Offset.offset(1e-9));
        double first = (double) scene.truth().getFirst().area() / (WIDTH * HEIGHT);
        assertThat(score.right()) // the first person has every token, and covers half of those that are theirs
                .isPositive()
                .isLessThanOrEqualTo(2 * first);
    }

    @Test
    void aPictureWithoutTrueMasksHasNoTruthInItsFigures() {
        MaskThresholdScene scene = new MaskThresholdScene(
                "photo", Picture.filled(WIDTH, HEIGHT, 90, 80, 70), List.of(new Face.Box(40, 20, 90, 80)), List.of());

        MaskThresholdScore score = MaskThresholdFigure.of(everywhere(), Compute.CPU_FP32, List.of(scene))
                .scores()
                .getFirst();

        assertThat(score.overlap()).isNaN();
        assertThat(score.right()).isNaN();
        assertThat(score.line())
                .isEqualTo("threshold −10: masks cover 461 % of the face box, 100 % of the tokens are labelled");
    }

    @Test
    void whatCannotBeShownIsRefused() {
        Picture odd = Picture.filled(150, HEIGHT, 0, 0, 0);
        List<Face.Box> boxes = List.of(new Face.Box(1, 1, 9, 9));

        assertThatThrownBy(() -> new MaskThresholdScene("photo", odd, boxes, List.of()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("photo: is 150x96 pixels; expected multiples of 16, the side of a token");
        assertThatThrownBy(() -> new MaskThresholdScene("photo", odd, List.of(), List.of()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("shows no face");
    }

    /** A network of random numbers, with logits on both sides of the thresholds. */
    private Path weights(long seed) {
        return write(new Initialiser(seed, 1).rule(LAST_LAYERS, 3));
    }

    /** A network that says nothing about every place: logits of 0, which are above −10. */
    private Path everywhere() {
        return write(new Initialiser(1, 1).rule(LAST_LAYERS, 0));
    }

    private Path write(Initialiser initial) {
        try (Weights weights = Weights.trainable(TensorStore.of(Map.of(), "nothing"), Compute.CPU_FP32, initial)) {
            assertThat(Sam.of(weights, TINY).config()).isEqualTo(TINY);
            SafetensorsWriter.write(folder.resolve("model.safetensors"), weights.parameters(), Map.of());
        }
        return folder;
    }
}
