package ai.ingredients.cast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.Mask;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CastSourceTest {
    private static final CastSource SOURCE = new CastSource(Split.TRAIN, 1000, 5, 1, 2, 3);

    @Test
    void theSameNumberGivesTheSameClip() {
        CastSource again = new CastSource(Split.TRAIN, 1000, 5, 1, 2, 3);
        for (long index = 0; index < 2; index++) {
            assertThat(again.clip(index)).isEqualTo(SOURCE.clip(index));
        }
        assertThat(SOURCE.clip(0).frames()).isNotEqualTo(SOURCE.clip(1).frames());
    }

    @Test
    void threadsDrawTheSame() throws Exception {
        List<Clip> alone = List.of(SOURCE.clip(0), SOURCE.clip(1), SOURCE.clip(2));
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Callable<Clip>> tasks = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                long index = i % 3;
                tasks.add(() -> SOURCE.clip(index));
            }
            List<Future<Clip>> drawn = threads.invokeAll(tasks);
            for (int i = 0; i < drawn.size(); i++) {
                assertThat(drawn.get(i).get()).isEqualTo(alone.get(i % 3));
            }
        }
    }

    @Test
    void seedAndSplitDecide() {
        assertThat(new CastSource(Split.TRAIN, 1000, 6, 1, 2, 3).clip(0)).isNotEqualTo(SOURCE.clip(0));
        assertThat(new CastSource(Split.TEST, 1000, 5, 1, 2, 3).prompt(0)).isNotEqualTo(SOURCE.prompt(0));
        assertThat(Set.of(
                        SOURCE.name(),
                        new CastSource(Split.TEST, 1000, 5, 1, 2, 3).name(),
                        new CastSource(Split.TRAIN, 1000, 6, 1, 2, 3).name(),
                        new CastSource(Split.TRAIN, 1000, 5, 2).name()))
                .hasSize(4);
    }

    @Test
    void whatIsSaidWithoutDrawingIsWhatIsDrawn() {
        Map<Integer, Integer> counts = new HashMap<>();
        for (long index = 0; index < 300; index++) {
            CastScript script = SOURCE.script(index);
            assertThat(SOURCE.people(index)).isEqualTo(script.parts().size());
            assertThat(script.parts().stream().map(CastScript.Part::role).toList())
                    .containsExactlyInAnyOrderElementsOf(SOURCE.prompt(index).people());
            script.parts()
                    .forEach(part -> assertThat(part.who().presentation())
                            .isEqualTo(part.role().presentation()));
            counts.merge(SOURCE.people(index), 1, Integer::sum);
        }
        assertThat(counts.keySet()).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(counts.values()).allMatch(count -> count > 60);
        Clip clip = SOURCE.clip(9);
        assertThat(clip.caption()).isEqualTo(SOURCE.prompt(9).caption());
        assertThat(clip.people().stream().map(Person::id).toList())
                .isEqualTo(SOURCE.identities(9).stream().map(CastIdentity::id).toList());
    }

    @Test
    void clipsHaveTheirFormat() {
        Clip clip = SOURCE.clip(3);

        assertThat(clip.frames()).hasSize(17).allMatch(frame -> frame.width() == 144 && frame.height() == 96);
        assertThat(clip.fps()).isEqualTo(8);
        for (Person person : clip.people()) {
            assertThat(person.photos()).hasSize(2);
            assertThat(person.photos().getFirst().picture().width()).isEqualTo(320);
        }
        Clip other =
                new CastSource(Split.TEST, 3, 1, new int[] {2}, 1, new CastSource.Format(96, 64, 5, 4, 128)).clip(2);
        assertThat(other.frames()).hasSize(5).allMatch(frame -> frame.width() == 96 && frame.height() == 64);
        assertThat(other.people()).hasSize(2).allMatch(person -> person.photos().size() == 1);
    }

    @Test
    void captionsDoNotTellWhoStandsWhere() {
        int captionOrder = 0;
        int clips = 0;
        for (long index = 0; index < 600; index++) {
            CastScript script = SOURCE.script(index);
            if (script.parts().size() == 2
                    && script.parts().get(0).role().presentation()
                            != script.parts().get(1).role().presentation()) {
                clips++;
                captionOrder += script.parts()
                                .getFirst()
                                .role()
                                .equals(script.prompt().people().getFirst())
                        ? 1
                        : 0;
            }
        }
        assertThat((double) captionOrder / clips).isCloseTo(0.5, within(0.15));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void peopleAreWhereTheTruthSaysTheyAre(int people) {
        CastSource source = new CastSource(Split.VALIDATION, 100, 3, people);
        for (long index = 0; index < 6; index++) {
            Clip clip = source.clip(index);
            for (int frame = 0; frame < clip.frames().size(); frame += 4) {
                BitSet taken = new BitSet();
                double leftNeighbour = Double.NEGATIVE_INFINITY;
                for (Person person : clip.people()) {
                    Seen seen = person.track().get(frame);
                    Mask face = Objects.requireNonNull(seen.faceMask());
                    Mask whole = Objects.requireNonNull(seen.personMask());
                    Face.Box box = Objects.requireNonNull(seen.faceBox());
                    assertThat(whole.bits().intersects(taken))
                            .as("masks of two people overlap")
                            .isFalse();
                    taken.or(whole.bits());
                    BitSet outside = (BitSet) face.bits().clone();
                    outside.andNot(whole.bits());
                    assertThat(outside.isEmpty())
                            .as("the face is part of the person")
                            .isTrue();
                    assertThat(whole.area()).isGreaterThan(face.area());
                    checkHeadSize(people, box);
                    checkLandmarks(seen, box, face, whole);
                    double middle = (box.left() + box.right()) / 2;
                    assertThat(middle).as("people stand from left to right").isGreaterThan(leftNeighbour);
                    leftNeighbour = middle;
                }
            }
        }
    }

    /** From the forehead to the chin: hair comes on top. */
    private static void checkHeadSize(int people, Face.Box box) {
        double height = box.bottom() - box.top();
        assertThat(height).isBetween(people == 3 ? 28.0 : 40.0, people == 3 ? 45.0 : 64.0);
        assertThat(box.left()).isGreaterThan(-4);
        assertThat(box.right()).isLessThan(148);
        assertThat(box.top()).isGreaterThan(-4);
        assertThat(box.bottom()).isLessThan(96);
    }

    private static void checkLandmarks(Seen seen, Face.Box box, Mask face, Mask whole) {
        List<Face.Point> landmarks = Objects.requireNonNull(seen.landmarks());
        assertThat(landmarks.get(0).x()).isLessThan(landmarks.get(1).x());
        assertThat(landmarks.get(3).x()).isLessThan(landmarks.get(4).x());
        for (Face.Point point : landmarks) {
            assertThat(point.x()).isBetween((double) box.left(), (double) box.right());
            assertThat(point.y()).isBetween((double) box.top(), (double) box.bottom());
        }
        Face.Point nose = landmarks.get(2);
        int x = (int) Math.round(nose.x());
        int y = (int) Math.round(nose.y());
        boolean hidden = !whole.get(x, y); // by a neighbour's arm
        assertThat(hidden || face.get(x, y)).as("the nose is in the face").isTrue();
    }

    /** Eyes are where the truth says: white and iris differ from the skin around them. */
    @Test
    void landmarksLieOnTheFeatures() {
        CastIdentity who = CastIdentity.draw(new SplittableRandom(3), Split.TRAIN, CastIdentity.Presentation.WOMAN);
        int different = 0;
        for (int i = 0; i < 10; i++) {
            PersonPhoto photo = CastSource.photo(who, 320, i);
            Face.Point eye = photo.landmarks().get(0);
            int at = pixel(photo.picture(), eye.x(), eye.y());
            int cheek = pixel(photo.picture(), eye.x(), eye.y() + 40);
            different += Colours.distance(at, cheek) > 0.2 ? 1 : 0;
        }
        assertThat(different).isGreaterThanOrEqualTo(9);
    }

    private static int pixel(Picture picture, double x, double y) {
        int at = 3 * ((int) Math.round(y) * picture.width() + (int) Math.round(x));
        byte[] rgb = picture.rgb();
        return (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff;
    }

    @Test
    void photosShowAnotherMoment() {
        for (long index = 0; index < 6; index++) {
            for (Person person : SOURCE.clip(index).people()) {
                assertThat(person.photos().get(0)).isNotEqualTo(person.photos().get(1));
                for (PersonPhoto photo : person.photos()) {
                    for (Face.Point point : photo.landmarks()) {
                        assertThat(point.x()).isBetween(0.0, 319.0);
                        assertThat(point.y()).isBetween(0.0, 319.0);
                    }
                }
            }
        }
    }

    @Test
    void peopleOfOneClipDiffer() {
        for (long index = 0; index < 200; index++) {
            List<CastIdentity> people = SOURCE.identities(index);
            for (CastIdentity a : people) {
                for (CastIdentity b : people) {
                    assertThat(a == b || a.distance(b) >= 0.3).isTrue();
                }
            }
        }
    }

    @Test
    void splitsShareNobody() {
        Set<String> training = new HashSet<>();
        for (long index = 0; index < 200; index++) {
            SOURCE.identities(index).forEach(who -> training.add(who.id()));
        }
        CastSource test = new CastSource(Split.TEST, 500, 5, 3);
        for (long index = 0; index < 200; index++) {
            assertThat(test.identities(index))
                    .allMatch(who -> who.split() == Split.TEST && !training.contains(who.id()));
            assertThat(test.prompt(index).split()).isEqualTo(Split.TEST);
        }
    }

    @Test
    void everythingMovesButTheStillCamera() {
        CastPrompt still = CastPrompt.parse("A man in a red coat nods in an office.");
        Clip clip = CastScript.of(still, Split.TRAIN, 1).film("clip", CastSource.Format.DEFAULT, 1);
        Picture first = clip.frames().getFirst();

        assertThat(clip.frames().get(3)).isNotEqualTo(first);
        for (Picture frame : clip.frames()) {
            assertThat(pixel(frame, 2, 2)).isEqualTo(pixel(first, 2, 2));
        }
    }

    /** A mask is of its own frame: nothing of earlier ones is left in it. */
    @Test
    void masksLeaveNoTrails() {
        CastPrompt dance = CastPrompt.parse("A man in a red coat dances in an office.");
        Person dancer = CastScript.of(dance, Split.TRAIN, 1)
                .film("clip", CastSource.Format.DEFAULT, 1)
                .people()
                .getFirst();
        int first = Objects.requireNonNull(dancer.track().getFirst().faceMask()).area();
        BitSet all = new BitSet();
        for (Seen seen : dancer.track()) {
            Mask face = Objects.requireNonNull(seen.faceMask());
            assertThat((double) face.area()).isBetween(0.8 * first, 1.2 * first);
            all.or(face.bits());
        }
        assertThat(all.cardinality()).as("the head moved").isGreaterThan(first * 5 / 4);
    }

    @Test
    void numbersAreChecked() {
        assertThatIllegalArgumentException().isThrownBy(() -> SOURCE.clip(1000)).withMessageContaining("1000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CastSource(Split.TRAIN, 10, 1, 4))
                .withMessageContaining("not 4");
    }
}
