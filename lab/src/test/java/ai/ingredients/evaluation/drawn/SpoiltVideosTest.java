package ai.ingredients.evaluation.drawn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.Mask;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.drawn.SpoiltVideos.Fault;
import ai.ingredients.media.Picture;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SpoiltVideosTest {
    private static final EvaluationCase CASE = new CastCases(2, 2, CastCases.DEFAULT_SEED).get(1);
    private static final Picture FRAME = CASE.truth().frames().getFirst();

    @Test
    void mirroringTwiceGivesTheTruth() {
        Picture mirrored = first(Fault.SWAPPED);

        assertThat(pixel(mirrored, 0, 5)).isEqualTo(pixel(FRAME, FRAME.width() - 1, 5));
        assertThat(pixel(mirrored, 100, 60)).isEqualTo(pixel(FRAME, FRAME.width() - 101, 60));
    }

    @Test
    void aLostPersonLeavesEverythingElse() {
        Mask person = Objects.requireNonNull(seen(1).personMask());

        assertThat(changed(first(Fault.LOST), person, true)).isGreaterThan(0.8);
        assertThat(changed(first(Fault.LOST), person, false)).isZero();
    }

    @Test
    void blendedAndCopiedFacesChangeInsideTheirMasksOnly() {
        Mask first = Objects.requireNonNull(seen(0).faceMask());
        Mask second = Objects.requireNonNull(seen(1).faceMask());
        for (Fault fault : new Fault[] {Fault.BLENDED, Fault.COPIED}) {
            Picture spoilt = first(fault);
            assertThat(changed(spoilt, first, true)).as(fault.toString()).isGreaterThan(0.3);
            assertThat(changed(spoilt, second, true)).as(fault.toString()).isGreaterThan(0.3);
            assertThat(changedOutside(spoilt, first, second))
                    .as(fault.toString())
                    .isZero();
        }
    }

    private static Picture first(Fault fault) {
        return new SpoiltVideos(fault).make(CASE).getFirst();
    }

    private static Seen seen(int person) {
        return CASE.truth().people().get(person).track().getFirst();
    }

    /** Share of the pixels inside, or outside, of a mask that are not the truth's. */
    private static double changed(Picture spoilt, Mask mask, boolean inside) {
        int changed = 0;
        int all = 0;
        for (int y = 0; y < FRAME.height(); y++) {
            for (int x = 0; x < FRAME.width(); x++) {
                if (mask.get(x, y) == inside) {
                    all++;
                    changed += pixel(spoilt, x, y) == pixel(FRAME, x, y) ? 0 : 1;
                }
            }
        }
        return (double) changed / all;
    }

    private static int changedOutside(Picture spoilt, Mask first, Mask second) {
        int changed = 0;
        for (int y = 0; y < FRAME.height(); y++) {
            for (int x = 0; x < FRAME.width(); x++) {
                if (!first.get(x, y) && !second.get(x, y)) {
                    changed += pixel(spoilt, x, y) == pixel(FRAME, x, y) ? 0 : 1;
                }
            }
        }
        return changed;
    }

    private static int pixel(Picture picture, int x, int y) {
        int at = 3 * (y * picture.width() + x);
        return (picture.rgb()[at] & 0xFF) << 16 | (picture.rgb()[at + 1] & 0xFF) << 8 | picture.rgb()[at + 2] & 0xFF;
    }
}
