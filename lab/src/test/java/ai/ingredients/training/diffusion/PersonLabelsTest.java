package ai.ingredients.training.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.cast.CastSource;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.ClipSource;
import ai.ingredients.data.Split;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.diffusion.DiffusionSettings.Labels;
import ai.ingredients.training.features.ClipEncoder;
import ai.ingredients.training.features.ClipModels;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.transformer.RoutingLoss;
import ai.ingredients.weights.ModelFolder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels by whole persons, of drawn clips. */
class PersonLabelsTest {
    private static final int PATCH = 2;
    private static final ClipSource STILLS =
            new CastSource(Split.TRAIN, 3, 5, new int[] {2}, 1, ClipFormat.DEFAULT.ofFrames(1));

    @TempDir
    Path folder;

    @Test
    void clothesAreTheirWearersAndFacesStayTheirOwners() {
        try (Scope scope = Scope.inference();
                ClipModels models =
                        ClipModels.open(ModelFolder.open(Path.of("../models/demo")), true, Compute.CPU_FP32)) {
            ClipEncoder encoder = models.encoder(new ClipEncoder.Wanted(8, 1, false, true, false));
            try (FeatureCache cache = FeatureCache.fill(folder, STILLS, encoder, 1, 1, 0, (done, all) -> {})) {
                ClipFeatures features = new ClipFeatures(cache, DiffusionSettings.ROUTER);
                for (long clip : List.of(0L, 1L, 2L)) {
                    long[] faces = labels(features, clip, Labels.MASK);
                    long[] persons = labels(features, clip, Labels.PERSON);
                    int clothes = 0;
                    for (int token = 0; token < faces.length; token++) {
                        if (faces[token] != RoutingLoss.BACKGROUND) {
                            assertThat(persons[token])
                                    .as("token %s of %s", token, clip)
                                    .isEqualTo(faces[token]);
                        } else if (persons[token] != RoutingLoss.BACKGROUND) {
                            clothes++;
                        }
                    }
                    assertThat(clothes).as("tokens below faces").isGreaterThan(8);
                    assertThat(persons).contains(0, 1, RoutingLoss.BACKGROUND);
                }
            }
        }
    }

    @Test
    void theyAreKeptOnlyWhereTheyAreWanted() {
        try (Scope scope = Scope.inference();
                ClipModels models =
                        ClipModels.open(ModelFolder.open(Path.of("../models/demo")), true, Compute.CPU_FP32)) {
            ClipEncoder with = models.encoder(new ClipEncoder.Wanted(8, 1, false, true, false));
            ClipEncoder without = models.encoder(new ClipEncoder.Wanted(8, 1, false, false, false));

            assertThat(without.key()).isNotEqualTo(with.key());
            assertThat(without.encode(STILLS.clip(0))).doesNotContainKey("persons");
        }
    }

    private static long[] labels(ClipFeatures features, long clip, Labels by) {
        return Ops.longs(features.labels(List.of(clip), PATCH, by));
    }
}
