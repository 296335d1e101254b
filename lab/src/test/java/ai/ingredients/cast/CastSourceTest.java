package ai.ingredients.cast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Mask;
import ai.ingredients.data.Split;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
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
import java.util.stream.LongStream;
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
        Clip other = new CastSource(Split.TEST, 3, 1, new int[] {2}, 1, new ClipFormat(96, 64, 5, 4, 128)).clip(2);
        assertThat(other.frames()).hasSize(5).allMatch(frame -> frame.width() == 96 && frame.height() == 64);
        assertThat(other.people()).hasSize(2).allMatch(person -> person.photos().size() == 1);
    }

    /** Whoever learns from clips can tell nobody's place from the order of the photos. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void theOrderOfPhotosSaysNothingOfPlaces(int people) {
        int clips = 1200;
        CastSource source = new CastSource(Split.TRAIN, clips, 11, people);
        Map<List<Place>, Integer> orders = new HashMap<>();
        for (long index = 0; index < clips; index++) {
            List<Place> order = source.script(index).parts().stream()
                    .map(CastScript.Part::place)
                    .toList();
            orders.merge(order, 1, Integer::sum);
        }
        double expected = people == 2 ? clips / 2.0 : clips / 6.0;
        assertThat(orders).hasSize(people == 2 ? 2 : 6);
        double chi = orders.values().stream()
                .mapToDouble(seen -> (seen - expected) * (seen - expected) / expected)
                .sum();
        assertThat(chi).as("chi-squared of the orders").isLessThan(people == 2 ? 10.8 : 20.5); // one in a thousand
    }

    /** The first photo is not of the one the caption names first, nor of the left one in the picture. */
    @Test
    void theOrderOfPhotosSaysNothingOfTheCaption() {
        int captionOrder = 0;
        int leftIsFirst = 0;
        int clips = 0;
        for (long index = 0; index < 900; index++) {
            CastScript script = SOURCE.script(index);
            if (script.parts().size() == 2) {
                clips++;
                CastScript.Part first = script.parts().getFirst();
                captionOrder += first.role().equals(script.prompt().people().getFirst()) ? 1 : 0;
                leftIsFirst += first.place() == Place.LEFT ? 1 : 0;
            }
        }
        assertThat((double) captionOrder / clips).isCloseTo(0.5, within(0.12));
        assertThat((double) leftIsFirst / clips).isCloseTo(0.5, within(0.12));
    }

    @Test
    void captionsThatTellPlacesTellTheTruth() {
        int told = 0;
        for (long index = 0; index < 400; index++) {
            CastScript script = SOURCE.script(index);
            for (CastScript.Part part : script.parts()) {
                if (part.role().place() != null) {
                    told++;
                    assertThat(part.place()).isEqualTo(part.role().place());
                    assertThat(script.blocking().keepsPlaces()).isTrue();
                    assertThat(script.prompt().caption())
                            .containsIgnoringCase(part.place().phrase());
                }
            }
        }
        assertThat(told).isGreaterThan(150);
    }

    @Test
    void captionsThatTellLooksTellThemOfOneOnly() {
        int told = 0;
        for (long index = 0; index < 400; index++) {
            CastScript script = SOURCE.script(index);
            for (CastScript.Part part : script.parts()) {
                Look look = part.role().look();
                if (look != null) {
                    told++;
                    assertThat(script.parts().stream().filter(other -> look.fits(other.who())))
                            .containsExactly(part);
                    assertThat(script.prompt().caption()).contains(look.phrase());
                }
            }
        }
        assertThat(told).isGreaterThan(120);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void peopleAreWhereTheTruthSaysTheyAre(int people) {
        CastSource source = new CastSource(Split.VALIDATION, 100, 3, people);
        for (long index = 0; index < 10; index++) {
            CastScript script = source.script(index);
            Clip clip = source.clip(index);
            for (int frame = 0; frame < clip.frames().size(); frame += 4) {
                BitSet taken = new BitSet();
                for (int n = 0; n < people; n++) {
                    Seen seen = clip.people().get(n).track().get(frame);
                    if (seen.personMask() == null) {
                        assertThat(script.blocking()).isEqualTo(Blocking.ENTER_LATE);
                        continue;
                    }
                    Mask whole = seen.personMask();
                    assertThat(whole.bits().intersects(taken))
                            .as("masks of two people overlap")
                            .isFalse();
                    taken.or(whole.bits());
                    if (seen.faceMask() != null) {
                        BitSet outside = (BitSet) seen.faceMask().bits().clone();
                        outside.andNot(whole.bits());
                        assertThat(outside.isEmpty())
                                .as("the face is part of the person")
                                .isTrue();
                    }
                    Face.Box box = seen.faceBox();
                    if (box != null) {
                        assertThat(seen.faceMask()).isNotNull();
                        checkLandmarks(seen, box, Objects.requireNonNull(seen.faceMask()), whole);
                    }
                    if (box != null && script.blocking() == Blocking.APART) {
                        checkHeadSize(people, box);
                        assertThat((box.left() + box.right()) / 2)
                                .as("the place of " + script.parts().get(n))
                                .isBetween(
                                        between(script.parts().get(n).place(), people)[0],
                                        between(script.parts().get(n).place(), people)[1]);
                    }
                }
            }
        }
    }

    /** Where the middle of a head may be, pixels. */
    private static float[] between(Place place, int people) {
        if (people == 2) {
            return place == Place.LEFT ? new float[] {0, 72} : new float[] {72, 144};
        }
        return switch (place) {
            case LEFT -> new float[] {0, 57};
            case MIDDLE -> new float[] {55, 89};
            case RIGHT -> new float[] {87, 144};
        };
    }

    /** Every way to stand and move comes up, and shows what it is for. */
    @Test
    void peopleOverlapCrossTurnAwayEnterLateAndStandFarAway() {
        Map<Blocking, Integer> seen = new EnumMap<>(Blocking.class);
        CastSource source = new CastSource(Split.TRAIN, 400, 21, 2);
        int overlapping = 0;
        for (long index = 0; index < 400; index++) {
            CastScript script = source.script(index);
            if (seen.merge(script.blocking(), 1, Integer::sum) > 2) {
                continue;
            }
            Clip clip = source.clip(index);
            List<Seen> first = clip.people().get(0).track();
            List<Seen> second = clip.people().get(1).track();
            switch (script.blocking()) {
                case APART -> assertThat(first).allMatch(one -> one.faceBox() != null);
                case CLOSE -> overlapping += overlap(first.getFirst(), second.getFirst()) ? 1 : 0;
                case CROSS ->
                    assertThat(left(first.getFirst()) < left(second.getFirst()))
                            .isNotEqualTo(left(first.getLast()) < left(second.getLast()));
                case TURN_AWAY ->
                    assertThat(first.stream()
                                            .filter(one -> one.faceBox() == null)
                                            .count()
                                    + second.stream()
                                            .filter(one -> one.faceBox() == null)
                                            .count())
                            .isBetween(4L, 9L);
                case ENTER_LATE ->
                    assertThat(first.getFirst().personMask() == null
                                    ^ second.getFirst().personMask() == null)
                            .isTrue();
                case FAR ->
                    assertThat(List.of(first.getFirst(), second.getFirst())).allMatch(one -> {
                        Face.Box box = Objects.requireNonNull(one.faceBox());
                        return box.right() - box.left() < 36;
                    });
            }
        }
        assertThat(seen.keySet()).containsExactlyInAnyOrder(Blocking.values());
        assertThat(overlapping).isPositive();
    }

    private static float left(Seen seen) {
        return Objects.requireNonNull(seen.faceBox()).left();
    }

    private static boolean overlap(Seen a, Seen b) {
        Mask one = Objects.requireNonNull(a.faceMask());
        Mask two = Objects.requireNonNull(b.faceMask());
        return one.bits().stream().map(at -> at % one.width()).max().orElse(0)
                        > two.bits().stream().map(at -> at % two.width()).min().orElse(0)
                && two.bits().stream().map(at -> at % two.width()).max().orElse(0)
                        > one.bits().stream().map(at -> at % one.width()).min().orElse(0);
    }

    /** Faces are 40 pixels wide or more in most clips: the head with its hair is. */
    @Test
    void mostHeadsAreLarge() {
        CastSource source = new CastSource(Split.TRAIN, 60, 31, 1, 2, 2, 3);
        int large = 0;
        int all = 0;
        for (long index = 0; index < 60; index++) {
            for (Person person : source.clip(index).people()) {
                Mask head = person.track().get(16).faceMask();
                if (head != null && person.track().get(16).faceBox() != null) {
                    all++;
                    int from = head.bits().stream().map(at -> at % 144).min().orElse(0);
                    int to = head.bits().stream().map(at -> at % 144).max().orElse(0);
                    large += to - from + 1 >= 40 ? 1 : 0;
                }
            }
        }
        assertThat((double) large / all).isBetween(0.6, 0.97);
    }

    /** From the forehead to the chin: hair comes on top. */
    private static void checkHeadSize(int people, Face.Box box) {
        double height = box.bottom() - box.top();
        assertThat(height).isBetween(people == 3 ? 36.0 : 40.0, people == 3 ? 52.0 : 64.0);
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
        boolean hidden = x < 0 || x >= whole.width() || !whole.get(x, y); // by a neighbour, or outside
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
        Clip clip = staying(still).film("clip", ClipFormat.DEFAULT, 1);
        Picture first = clip.frames().getFirst();

        assertThat(clip.frames().get(3)).isNotEqualTo(first);
        for (Picture frame : clip.frames()) {
            assertThat(pixel(frame, 2, 2)).isEqualTo(pixel(first, 2, 2));
        }
    }

    private static CastScript staying(CastPrompt prompt) {
        return LongStream.range(0, 50)
                .mapToObj(seed -> CastScript.of(prompt, Split.TRAIN, seed))
                .filter(script -> script.blocking() == Blocking.APART)
                .findFirst()
                .orElseThrow();
    }

    /** A mask is of its own frame: nothing of earlier ones is left in it. */
    @Test
    void masksLeaveNoTrails() {
        CastPrompt dance = CastPrompt.parse("A man in a red coat dances in an office.");
        Person dancer =
                staying(dance).film("clip", ClipFormat.DEFAULT, 1).people().getFirst();
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
