package ai.ingredients.evaluation.faces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.evaluation.faces.FaceSamples.Space;
import ai.ingredients.evaluation.statistics.SetFigure;
import ai.ingredients.face.Face;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaceSamplesTest {
    private static final FaceReader READER = new FaceReader("test", picture -> List.of(), faces -> List.of(), 1);

    @TempDir
    Path folder;

    @Test
    void ofEachPersonAFewFacesEvenlySpacedAreKeptInAFile() throws Exception {
        List<List<FrameFace>> found = new ArrayList<>();
        List<int[]> assigned = new ArrayList<>();
        for (int f = 0; f < 10; f++) { // the second person is there in two frames, as the first face
            found.add(List.of(face(f, 0), face(f, 1)));
            assigned.add(f < 2 ? new int[] {1, 0} : new int[] {0, Assignment.NONE});
        }
        FaceSamples samples = photos("Ada \"1\"", "a\nb").with(List.of(), found, assigned, READER, null);
        Path file = folder.resolve("00000.safetensors");

        samples.write(file);
        FaceSamples read = FaceSamples.read(file);

        assertThat(read.people()).containsExactly("Ada \"1\"", "a\nb");
        assertThat(rows(read))
                .containsExactly(
                        face(0, 1).embedding(),
                        face(3, 0).embedding(),
                        face(6, 0).embedding(),
                        face(9, 0).embedding(),
                        face(0, 0).embedding(),
                        face(1, 0).embedding());
        assertThat(read.photos().get(Space.JUDGE)).hasSize(2);
        assertThat(read.faces().get(Space.INCEPTION)).isEmpty();
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> FaceSamples.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("00000.safetensors");
    }

    @Test
    void thePhotoOfAPersonInManyCasesCountsOnce() {
        FaceSamples one = photos("ada", "alan")
                .with(List.of(), List.of(List.of(face(0, 0), face(0, 1))), List.of(new int[] {0, 1}), READER, null);

        SetFigure figure = FaceSamples.distance(Space.JUDGE, List.of(one, one), photos("alan", "grace"), 1);

        assertThat(figure.photos()).isEqualTo(3);
        assertThat(figure.faces()).isEqualTo(4);
        assertThat(figure.features()).isEqualTo(3);
    }

    private static FaceSamples photos(String... people) {
        List<Embedding> known = new ArrayList<>();
        for (int n = 0; n < people.length; n++) {
            known.add(Embedding.of(new float[] {1, n, 5}));
        }
        return FaceSamples.of(List.of(people), List.of(), known, null);
    }

    private static FrameFace face(int frame, int index) {
        return new FrameFace(
                new Face.Box(0, 0, 9, 9), 1, List.of(), Embedding.of(new float[] {1 + frame, 1 + index, 1}));
    }

    private static List<Embedding> rows(FaceSamples samples) {
        return Objects.requireNonNull(samples.faces().get(Space.JUDGE)).stream()
                .map(Embedding::of)
                .toList();
    }
}
