package ai.ingredients.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The official metric scripts: fixtures {@code metrics_fid} and {@code frame_sampling}. */
class PaperMetricsTest {
    @Test
    void fidAgrees() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("metrics_fid")) {
            for (int i = 0; i < 4; i++) {
                double found = PaperMetrics.fid(
                        FrechetDistanceTest.rows(fixture.get("in_real_" + i)),
                        FrechetDistanceTest.rows(fixture.get("in_fake_" + i)));
                double expected = fixture.get("out_fid_" + i).item().toDouble();
                assertThat(found).as("case %d", i).isCloseTo(expected, within(1e-5 * expected));
            }
        }
    }

    /** The official script always compares one photo with one face: their row is counted twice. */
    @Test
    void oneSampleIsCountedTwice() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("metrics_fid")) {
            List<float[]> real = FrechetDistanceTest.rows(fixture.get("in_real_3"));
            List<float[]> fake = FrechetDistanceTest.rows(fixture.get("in_fake_3"));
            assertThat(real.getFirst()).isEqualTo(real.getLast());
            double expected = fixture.get("out_fid_3").item().toDouble();
            List<float[]> photo = List.of(real.getFirst());
            List<float[]> face = List.of(fake.getFirst());
            assertThat(PaperMetrics.fid(photo, face)).isCloseTo(expected, within(1e-5 * expected));
            float[] far = new float[64];
            Arrays.fill(far, 1000);
            assertThat(PaperMetrics.bestPairFid(List.of(far, real.getFirst()), List.of(fake.getFirst(), far)))
                    .isZero(); // far with far
            assertThat(PaperMetrics.bestPairFid(List.of(far, real.getFirst()), face))
                    .isCloseTo(expected, within(1e-5 * expected));
        }
    }

    @Test
    void bestPairAndMatrixRootAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("metrics_fid")) {
            double cosine = PaperMetrics.bestPairCosine(
                    FrechetDistanceTest.rows(fixture.get("in_emb_a")),
                    FrechetDistanceTest.rows(fixture.get("in_emb_b")));
            assertThat(cosine).isCloseTo(fixture.get("out_cosine").item().toDouble(), within(1e-6));
            fixture.check("out_matrix_sqrt", PaperMetrics.matrixSqrt(fixture.get("in_spd")), Fixture.MODULE);
        }
    }

    @Test
    void sampledFramesAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("frame_sampling")) {
            int compared = 0;
            for (String key : fixture.names()) {
                int total = Integer.parseInt(key.substring(key.lastIndexOf('_') + 1));
                int[] found = key.startsWith("out_clip_")
                        ? PaperMetrics.clipFrames(total, PaperMetrics.FRAMES)
                        : PaperMetrics.faceFrames(total, PaperMetrics.FRAMES);
                long[] expected = Ops.longs(fixture.get(key));
                assertThat(Arrays.stream(found).asLongStream().toArray())
                        .as(key)
                        .isEqualTo(expected);
                compared++;
            }
            assertThat(compared).isEqualTo(12);
            assertThat(PaperMetrics.faceFrames(9, 1)).containsExactly(0);
            assertThat(PaperMetrics.faceFrames(123, 15)[7]).isEqualTo(60); // 61 but for numpy's rounding
        }
    }

    @Test
    void whatTheScriptsCannotDoIsRefused() {
        List<float[]> some = List.of(new float[] {1});
        assertThatThrownBy(() -> PaperMetrics.bestPairCosine(some, List.of()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("1 photos with a face and 0 faces in the frame");
        assertThatThrownBy(() -> PaperMetrics.bestPairFid(List.of(), some)).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> PaperMetrics.clipFrames(0, 24)).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> PaperMetrics.faceFrames(5, 0)).isInstanceOf(InvalidInputException.class);
    }
}
