package ai.ingredients.cast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.data.Split;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CastIdentityTest {
    private static List<CastIdentity> draw(int count, Split split) {
        SplittableRandom random = new SplittableRandom(split.ordinal());
        List<CastIdentity> people = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            people.add(CastIdentity.draw(random, split, Presentation.values()[i % 2]));
        }
        return people;
    }

    @Test
    void thereAreMoreThanAHundredMillionPeople() {
        assertThat(CastIdentity.count()).isGreaterThan(100_000_000);
        assertThat(CastIdentity.class.getRecordComponents()).hasSizeGreaterThanOrEqualTo(14);
    }

    @Test
    void nobodyIsInTwoSplits() {
        Map<String, Split> met = new HashMap<>();
        for (Split split : Split.values()) {
            for (CastIdentity who : draw(3000, split)) {
                assertThat(who.split()).isEqualTo(split);
                Split before = met.putIfAbsent(who.id(), split);
                assertThat(before == null || before == split)
                        .as("%s is in %s and %s", who, before, split)
                        .isTrue();
            }
        }
    }

    @Test
    void mostPeopleAreForTraining() {
        Map<Split, Integer> counts = new EnumMap<>(Split.class);
        for (int i = 0; i < 20_000; i++) {
            counts.merge(Splits.of(i), 1, Integer::sum);
        }

        assertThat(counts.get(Split.TRAIN)).isBetween(17_700, 18_300);
        assertThat(counts.get(Split.VALIDATION)).isBetween(850, 1150);
        assertThat(counts.get(Split.TEST)).isBetween(850, 1150);
    }

    @Test
    void theSameRandomNumbersGiveTheSamePerson() {
        assertThat(draw(20, Split.TEST)).isEqualTo(draw(20, Split.TEST));
    }

    @Test
    void distanceIsAMeasureOfDifference() {
        List<CastIdentity> people = draw(60, Split.TRAIN);
        double sum = 0;
        int pairs = 0;
        for (CastIdentity a : people) {
            assertThat(a.distance(a)).isZero();
            for (CastIdentity b : people) {
                double distance = a.distance(b);
                assertThat(distance).isBetween(0.0, 1.0).isEqualTo(b.distance(a));
                if (a != b) {
                    assertThat(distance).isPositive();
                    sum += distance;
                    pairs++;
                }
            }
        }
        assertThat(sum / pairs).isBetween(0.6, 0.8);
    }

    @Test
    void equalPeopleAndNoOthersHaveEqualIds() {
        List<CastIdentity> people = draw(5000, Split.TRAIN);
        Set<String> ids = new HashSet<>();
        people.forEach(who -> ids.add(who.id()));

        assertThat(ids).hasSize(new HashSet<>(people).size());
    }

    /** Knowing one trait tells nothing of another, where both can be seen. */
    @Test
    void traitsAreIndependent() {
        Map<List<Object>, Integer> pairs = new HashMap<>();
        int count = 12_000;
        for (CastIdentity who : draw(count, Split.TRAIN)) {
            pairs.merge(List.of(who.skin(), who.hairColour()), 1, Integer::sum);
            pairs.merge(List.of(who.eyeColour(), who.nose()), 1, Integer::sum);
            pairs.merge(List.of(who.faceShape(), who.skin()), 1, Integer::sum);
        }

        pairs.forEach((pair, times) -> {
            double values = 1;
            for (Object value : pair) {
                values *= ((Enum<?>) value).getDeclaringClass().getEnumConstants().length;
            }
            double expected = count / values;
            assertThat((double) times)
                    .as("%s", pair)
                    .isBetween(expected - 6 * Math.sqrt(expected), expected + 6 * Math.sqrt(expected));
        });
        assertThat(pairs).hasSize(8 * 13 + 7 * 6 + 6 * 8);
    }

    @Test
    void whatCannotBeSeenHasOneValue() {
        for (CastIdentity who : draw(2000, Split.TRAIN)) {
            if (who.glasses() == CastIdentity.Glasses.NONE) {
                assertThat(who.frameColour()).isEqualTo(CastIdentity.FrameColour.BLACK);
            }
            if (who.presentation() == Presentation.WOMAN) {
                assertThat(who.facialHair()).isEqualTo(CastIdentity.FacialHair.NONE);
            } else {
                assertThat(who.lips()).isEqualTo(CastIdentity.Lips.NATURAL);
            }
            if (who.hairStyle() == CastIdentity.HairStyle.WAVY) {
                assertThat(who.earring()).isEqualTo(CastIdentity.Earring.NONE);
            }
        }
    }

    @Test
    void hairIsWornByWhomItSuits() {
        CastIdentity man = draw(2, Split.TRAIN).get(1);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CastIdentity(
                        Presentation.MAN,
                        man.skin(),
                        man.faceShape(),
                        CastIdentity.HairStyle.SPACE_BUNS,
                        man.hairColour(),
                        man.browShape(),
                        man.browThickness(),
                        man.eyeColour(),
                        man.eyeSize(),
                        man.eyeSpacing(),
                        man.eyeShape(),
                        man.nose(),
                        man.mouth(),
                        man.lips(),
                        man.facialHair(),
                        man.glasses(),
                        man.frameColour(),
                        man.mark(),
                        man.ears(),
                        man.earring(),
                        man.age()))
                .withMessageContaining("SPACE_BUNS");
    }
}
