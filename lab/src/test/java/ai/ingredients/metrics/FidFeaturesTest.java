package ai.ingredients.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.metrics.FidFeatures.Normalisation;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.KeyListStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Inception-v3 against torchvision's, with weights by formula: fixture {@code inception_v3}. */
class FidFeaturesTest {
    private static final Path KEYS = Fixture.path("inception_v3_keys.txt");

    private static void agree(Normalisation normalisation, String key) {
        try (FidFeatures network = FidFeatures.open(new SeededStore(KEYS), "seeded", Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("inception_v3")) {
            List<Picture> pictures = new ArrayList<>();
            fixture.series("in_picture_").forEach(picture -> pictures.addAll(Picture.of(picture)));
            List<float[]> features = network.of(pictures, normalisation);
            assertThat(features).hasSize(2);
            fixture.check(key, PaperMetrics.matrix(features), Fixture.MODULE);
        }
    }

    @Test
    void featuresOfTheOfficialScriptAgree() {
        agree(Normalisation.PAPER, "out_paper");
    }

    @Test
    void featuresOfNormalisedPicturesAgree() {
        agree(Normalisation.IMAGENET, "out_imagenet");
    }

    @Test
    void smallPicturesAreRefused() {
        try (KeyListStore store = new KeyListStore(KEYS);
                Weights weights = Weights.of(store, Compute.CPU_FP32).check();
                Scope scope = Scope.inference()) {
            InceptionV3 network = new InceptionV3(weights);
            weights.verify();
            Tensor small = Ops.tensor(new float[3 * 74 * 80], 1, 3, 74, 80);
            assertThatThrownBy(() -> network.forward(small)).hasMessageContaining("at least 75x75, not 80x74");
        }
    }

    @Test
    void weightsOfAnotherNetworkAreRefused() {
        KeyListStore other = new KeyListStore(Fixture.path("iresnet18_keys.txt"));
        assertThatThrownBy(() -> FidFeatures.open(other, "other", Compute.CPU_FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("470 missing: Conv2d_1a_3x3.conv.weight [32, 3, 3, 3]");
    }
}
