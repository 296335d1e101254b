package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.ReferenceCanvas.Place;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.PilFilter;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the faces lie on the reference canvas. */
class ReferenceCanvasTest {
    @Test
    void theLayoutForOneToSixPeople() {
        assertThat(ReferenceCanvas.layout(1)).containsExactly(new Place(180, 60, 360));
        assertThat(ReferenceCanvas.layout(2)).containsExactly(new Place(0, 60, 360), new Place(360, 60, 360));
        assertThat(ReferenceCanvas.layout(3))
                .containsExactly(new Place(0, 120, 240), new Place(240, 120, 240), new Place(480, 120, 240));
        assertThat(ReferenceCanvas.layout(4))
                .containsExactly(
                        new Place(60, 0, 240),
                        new Place(420, 0, 240),
                        new Place(60, 240, 240),
                        new Place(420, 240, 240));
        assertThat(ReferenceCanvas.layout(5))
                .containsExactly(
                        new Place(0, 0, 240),
                        new Place(240, 0, 240),
                        new Place(480, 0, 240),
                        new Place(120, 240, 240),
                        new Place(360, 240, 240));
        assertThat(ReferenceCanvas.layout(6)).hasSize(6).contains(new Place(480, 240, 240));
    }

    @Test
    void facesAreFoundOnTheCanvasAgain() {
        List<Picture> crops = List.of(
                Picture.filled(512, 512, 250, 0, 0),
                Picture.filled(512, 512, 0, 250, 0),
                Picture.filled(512, 512, 0, 0, 250));
        List<Picture> faces = ReferenceCanvas.faces(ReferenceCanvas.of(crops), 3);
        for (int n = 0; n < 3; n++) {
            assertEquals(240, faces.get(n).width());
            assertThat(faces.get(n).rgb())
                    .isEqualTo(Resampling.pil(crops.get(n), 240, 240, PilFilter.BICUBIC)
                            .rgb());
        }
        assertThatThrownBy(() -> ReferenceCanvas.faces(crops.getFirst(), 3))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("512x512");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 11, 30})
    void facesLieWithinTheCanvasAndApart(int people) {
        List<Place> places = ReferenceCanvas.layout(people);
        for (int i = 0; i < people; i++) {
            Place a = places.get(i);
            assertThat(a.x()).isBetween(0, ReferenceCanvas.WIDTH - a.side());
            assertThat(a.y()).isBetween(0, ReferenceCanvas.HEIGHT - a.side());
            for (Place b : places.subList(i + 1, people)) {
                assertThat(Math.max(Math.abs(a.x() - b.x()), Math.abs(a.y() - b.y())))
                        .isGreaterThanOrEqualTo(a.side());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void whatIsNotFaceIsWhite(int people) {
        Picture canvas = ReferenceCanvas.of(Collections.nCopies(people, Picture.filled(512, 512, 10, 20, 30)));
        int coloured = 0;
        for (int i = 0; i < canvas.rgb().length; i += 3) {
            boolean face = canvas.rgb()[i] == 10 && canvas.rgb()[i + 1] == 20 && canvas.rgb()[i + 2] == 30;
            boolean white = (canvas.rgb()[i] & canvas.rgb()[i + 1] & canvas.rgb()[i + 2]) == -1;
            assertThat(face || white).isTrue();
            coloured += face ? 1 : 0;
        }
        int side = ReferenceCanvas.layout(people).getFirst().side();
        assertEquals(people * side * side, coloured);
    }
}
