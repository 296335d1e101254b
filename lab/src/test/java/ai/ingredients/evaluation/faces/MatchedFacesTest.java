package ai.ingredients.evaluation.faces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.evaluation.faces.MatchedFaces.Hidden;
import ai.ingredients.face.Face;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Videos with one thing wrong each, of people whose embeddings are axes, so that every number is known. */
class MatchedFacesTest {
    private static final List<Face.Point> LANDMARKS = Collections.nCopies(Face.LANDMARKS, new Face.Point(0, 0));

    private static final int DIM = 128;
    private static final int FRAMES = 10;
    private static final Offset<Double> EXACT = within(1e-6);

    private static final List<Integer> IN_ORDER = List.of(0, 1);
    private static final List<Embedding> PHOTOS = List.of(axis(0), axis(1));
    private static final List<Embedding> STRANGERS =
            IntStream.range(2, 110).mapToObj(MatchedFacesTest::axis).toList();

    @Test
    void aGoodVideoScoresItsSimilarity() {
        MatchedFaces matched = measure(f -> List.of(at(40, like(0, 0.8)), at(100, like(1, 0.6))));

        assertThat(matched.people().get(0).faceSim()).isCloseTo(0.8, EXACT);
        assertThat(matched.people().get(1).faceSim()).isCloseTo(0.6, EXACT);
        assertThat(matched.figures()).containsEntry("everyone_present", 1.0).containsEntry("present", 1.0);
        assertThat(matched.figures().get("face_sim")).isCloseTo(0.7, EXACT);
        assertThat(matched.figures().get("margin")).isCloseTo(0.7, EXACT);
        assertThat(matched.figures().get("consistency")).isCloseTo(1, EXACT);
        assertThat(matched.figures())
                .containsEntry("nearest", 1.0)
                .containsEntry("rank", 1.0)
                .containsEntry("swapped", 0.0)
                .containsEntry("blended", 0.0)
                .containsEntry("swapped_or_blended", 0.0)
                .containsEntry("extra_faces", 0.0)
                .containsEntry("order_changes", 0.0);
    }

    @Test
    void facesAreAssignedForTheBestOfAllTogether() {
        // The first photo likes the right face more, but only the left one is left for it: 0.5 + 0.7 > 0.6 + 0.1.
        FrameFace left = at(40, mixed(0.5, 0.1));
        FrameFace right = at(100, mixed(0.6, 0.7));

        MatchedFaces matched = measure(f -> List.of(left, right));

        assertThat(matched.people().get(0).faceSim()).isCloseTo(0.5, EXACT);
        assertThat(matched.people().get(1).faceSim()).isCloseTo(0.7, EXACT);
        assertThat(matched.people().get(1).margin()).isCloseTo(0.1, EXACT);
    }

    @Test
    void aLostPersonCountsZeroAndIsNoticed() {
        MatchedFaces lost = measure(f -> List.of(at(40, like(0, 0.8))));

        assertThat(lost.people().get(1).faceSim()).isZero();
        assertThat(lost.people().get(1).present()).isZero();
        assertThat(lost.people().get(1).margin()).isNaN();
        assertThat(lost.everyonePresent()).isFalse();
        assertThat(lost.figures().get("face_sim")).isCloseTo(0.4, EXACT);
        assertThat(lost.figures()).containsEntry("swapped", Double.NaN);

        MatchedFaces halfOfTheTime = measure(f ->
                f % 2 == 0 ? List.of(at(40, like(0, 0.8)), at(100, like(1, 0.6))) : List.of(at(40, like(0, 0.8))));
        assertThat(halfOfTheTime.everyonePresent()).isTrue();
        assertThat(halfOfTheTime.people().get(1).faceSim()).isCloseTo(0.3, EXACT);
        assertThat(halfOfTheTime.people().get(1).consistency()).isNaN();
    }

    @Test
    void aVideoWithoutFacesScoresNothing() {
        MatchedFaces empty = measure(f -> List.of());

        assertThat(empty.figures())
                .containsEntry("face_sim", 0.0)
                .containsEntry("everyone_present", 0.0)
                .containsEntry("nearest", Double.NaN);
    }

    @Test
    void swappedPeopleAreNoticedThoughEachFaceIsRight() {
        MatchedFaces swapped = measure(f -> List.of(at(40, like(1, 0.8)), at(100, like(0, 0.8))));

        assertThat(swapped.figures().get("face_sim")).isCloseTo(0.8, EXACT);
        assertThat(swapped.figures())
                .containsEntry("swapped", 1.0)
                .containsEntry("swapped_faces", 1.0)
                .containsEntry("blended", 0.0)
                .containsEntry("swapped_or_blended", 1.0)
                .containsEntry("order_changes", 0.0);

        MatchedFaces briefly = measure(f -> f == 4
                ? List.of(at(40, like(1, 0.8)), at(100, like(0, 0.8)))
                : List.of(at(40, like(0, 0.8)), at(100, like(1, 0.8))));
        assertThat(briefly.figures()).containsEntry("swapped", 0.0);
        assertThat(briefly.figures().get("swapped_faces")).isCloseTo(0.1, EXACT);
        assertThat(briefly.figures().get("order_changes")).isCloseTo(2.0 / 9, EXACT);
        assertThat(briefly.figures().get("consistency")).isCloseTo(1, EXACT);
    }

    @Test
    void onePersonTwiceIsBlendedAndInTheOthersPlace() {
        MatchedFaces twice = measure(f -> List.of(at(40, like(0, 0.8)), at(100, like(0, 0.8))));

        assertThat(twice.people().get(0).blended()).isZero();
        assertThat(twice.people().get(1).blended()).isEqualTo(1);
        assertThat(twice.people().get(1).margin()).isCloseTo(-0.8, EXACT);
        assertThat(twice.people().get(1).swappedFaces()).isEqualTo(1);
        assertThat(twice.figures()).containsEntry("swapped_or_blended", 0.5);
    }

    @Test
    void aMixOfBothPeopleIsBlended() {
        MatchedFaces mixed = measure(f -> List.of(at(40, mixed(0.6, 0.55)), at(100, mixed(0.2, 0.6))));

        assertThat(mixed.people().get(0).blended()).isEqualTo(1);
        assertThat(mixed.people().get(0).blendedFaces()).isEqualTo(1);
        assertThat(mixed.people().get(1).blended()).isZero();
        assertThat(mixed.figures()).containsEntry("blended", 0.5).containsEntry("nearest", 1.0);
    }

    @Test
    void strangersAndTheOthersOfTheCaseAreCandidates() {
        // Nearer to the other photo and to one stranger than to its own.
        float[] face = new float[DIM];
        face[0] = 0.3f;
        face[1] = 0.4f;
        face[2] = 0.5f;
        FrameFace doubtful = at(40, Embedding.of(face));

        MatchedFaces matched = measure(f -> List.of(doubtful, at(100, like(1, 0.99))));

        assertThat(matched.people().get(0).rank()).isEqualTo(3);
        assertThat(matched.people().get(0).nearest()).isZero();

        face[2] = 0;
        face[DIM - 1] = 0.5f; // nobody among the first 98 strangers
        FrameFace unknown = at(40, Embedding.of(face));
        List<Embedding> strangers = new ArrayList<>(STRANGERS);
        strangers.add(axis(DIM - 1));
        MatchedFaces more = MatchedFaces.of(
                PHOTOS, List.of(List.of(unknown, at(100, like(1, 0.99)))), strangers, IN_ORDER, Hidden.NOBODY);
        assertThat(more.people().get(0).rank()).isEqualTo(2);
    }

    @Test
    void extraFacesAreCountedAndTheRestIsMatchedStill() {
        MatchedFaces extra = measure(f -> List.of(at(10, like(5, 0.9)), at(40, like(0, 0.8)), at(100, like(1, 0.6))));

        assertThat(extra.extraFaces()).isEqualTo(1);
        assertThat(extra.facesPerFrame()).isEqualTo(3);
        assertThat(extra.figures().get("face_sim")).isCloseTo(0.7, EXACT);
        assertThat(extra.figures()).containsEntry("swapped", 0.0);
    }

    @Test
    void aFaceThatChangesIsInconsistent() {
        MatchedFaces flickering =
                measure(f -> List.of(at(40, f % 2 == 0 ? like(0, 0.8) : axis(0)), at(100, like(1, 0.6))));

        assertThat(flickering.people().get(0).consistency()).isCloseTo(0.8, EXACT);
        assertThat(flickering.people().get(1).consistency()).isCloseTo(1, EXACT);
    }

    @Test
    void onePersonCannotBeSwapped() {
        MatchedFaces alone = MatchedFaces.of(
                List.of(axis(0)), List.of(List.of(at(40, like(0, 0.7)))), STRANGERS, List.of(0), Hidden.NOBODY);

        assertThat(alone.figures().get("face_sim")).isCloseTo(0.7, EXACT);
        assertThat(alone.figures())
                .containsEntry("swapped", Double.NaN)
                .containsEntry("margin", Double.NaN)
                .containsEntry("swapped_or_blended", Double.NaN)
                .containsEntry("order_changes", Double.NaN);
    }

    @Test
    void refusesEmbeddingsOfAnotherRecogniser() {
        Embedding shorter = Embedding.of(new float[] {1, 0});

        assertThatIllegalArgumentException().isThrownBy(() -> axis(0).similarity(shorter));
    }

    @Test
    void whereNobodyHasAPlaceNobodyIsSwapped() {
        List<FrameFace> mirrored = List.of(at(40, like(1, 0.8)), at(100, like(0, 0.8)));

        assertThat(measure(f -> mirrored).figures()).containsEntry("swapped", 1.0);
        MatchedFaces free = MatchedFaces.of(PHOTOS, List.of(mirrored), STRANGERS, List.of(), Hidden.NOBODY);
        assertThat(free.figures()).containsEntry("swapped", Double.NaN).containsEntry("swapped_or_blended", 0.0);
    }

    /** The photos' order says nothing of places: who belongs where is said beside it. */
    @Test
    void placesAreThoseOfTheOrderThatIsSaid() {
        List<FrameFace> mirrored = List.of(at(40, like(1, 0.8)), at(100, like(0, 0.8)));

        MatchedFaces said = MatchedFaces.of(PHOTOS, List.of(mirrored), STRANGERS, List.of(1, 0), Hidden.NOBODY);
        assertThat(said.figures()).containsEntry("swapped", 0.0).containsEntry("swapped_faces", 0.0);
        MatchedFaces other = MatchedFaces.of(
                PHOTOS,
                List.of(List.of(at(40, like(0, 0.8)), at(100, like(1, 0.8)))),
                STRANGERS,
                List.of(1, 0),
                Hidden.NOBODY);
        assertThat(other.figures()).containsEntry("swapped", 1.0).containsEntry("swapped_faces", 1.0);
    }

    /** Who turns away is not missing, and gets nobody else's face. */
    @Test
    void whoCannotBeSeenIsNotMissing() {
        List<List<FrameFace>> frames = IntStream.range(0, FRAMES)
                .mapToObj(f ->
                        f < 6 ? List.of(at(40, like(0, 0.8))) : List.of(at(40, like(0, 0.8)), at(100, like(1, 0.6))))
                .toList();
        Hidden away = (frame, person) -> person == 1 && frame < 6;

        MatchedFaces known = MatchedFaces.of(PHOTOS, frames, STRANGERS, IN_ORDER, away);
        assertThat(known.people().get(1).faceSim()).isCloseTo(0.6, EXACT);
        assertThat(known.people().get(1).present()).isEqualTo(1);
        assertThat(known.everyonePresent()).isTrue();
        MatchedFaces unknown = MatchedFaces.of(PHOTOS, frames, STRANGERS, IN_ORDER, Hidden.NOBODY);
        assertThat(unknown.people().get(1).faceSim()).isCloseTo(0.24, EXACT);
        assertThat(unknown.everyonePresent()).isFalse();

        // A face that is nearer to whoever is away stays with whoever is there.
        List<FrameFace> doubtful = List.of(at(40, mixed(0.2, 0.3)));
        assertThat(MatchedFaces.assign(PHOTOS, List.of(doubtful), away).getFirst())
                .containsExactly(0, Assignment.NONE);
        MatchedFaces never = MatchedFaces.of(PHOTOS, List.of(doubtful), STRANGERS, IN_ORDER, away);
        assertThat(never.people().get(1).faceSim()).isNaN();
        assertThat(never.people().get(1).present()).isNaN();
        assertThat(never.everyonePresent()).isTrue();
    }

    private interface Frame {
        List<FrameFace> faces(int index);
    }

    private static MatchedFaces measure(Frame frame) {
        return MatchedFaces.of(
                PHOTOS, IntStream.range(0, FRAMES).mapToObj(frame::faces).toList(), STRANGERS, IN_ORDER, Hidden.NOBODY);
    }

    private static FrameFace at(float x, Embedding embedding) {
        return new FrameFace(new Face.Box(x - 10, 20, x + 10, 45), 0.99f, LANDMARKS, embedding);
    }

    private static Embedding axis(int index) {
        float[] values = new float[DIM];
        values[index] = 3; // length does not count
        return Embedding.of(values);
    }

    /** Has this similarity to person {@code index} and none to anybody else. */
    private static Embedding like(int index, double similarity) {
        float[] values = new float[DIM];
        values[index] = (float) similarity;
        values[DIM - 10] = (float) Math.sqrt(1 - similarity * similarity);
        return Embedding.of(values);
    }

    /** Has these similarities to the two people and none to anybody else. */
    private static Embedding mixed(double toFirst, double toSecond) {
        float[] values = new float[DIM];
        values[0] = (float) toFirst;
        values[1] = (float) toSecond;
        values[DIM - 10] = (float) Math.sqrt(1 - toFirst * toFirst - toSecond * toSecond);
        return Embedding.of(values);
    }
}
