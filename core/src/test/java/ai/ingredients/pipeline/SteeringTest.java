package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Identity;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.Placement.Region;
import ai.ingredients.pipeline.Placement.Span;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.Routing;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a caller decides about the people reaches the video, and deciding nothing changes nothing. */
class SteeringTest {
    private static final VideoSize SIZE = new VideoSize(9, 32, 64);
    private static final int COLUMNS = 4;

    /** Of no photos: noise, the same each time. */
    static People people(int count) {
        torch.manual_seed(count);
        List<Identity> identities = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < 5; scale++) {
                hidden.add(torch.randn(1, 7, 32));
            }
            identities.add(new Identity(torch.randn(1, 40), hidden));
        }
        return new People(identities, Picture.filled(720, 480, 200, 120, 40));
    }

    private static GenerationRequest request(int people, Routing routing, Steering steering) {
        return ModelBundle.open(Fixture.bundle())
                .request("A walk.")
                .people(people)
                .size(SIZE.frames(), SIZE.height(), SIZE.width())
                .seed(3)
                .steps(2)
                .routing(routing)
                .maxSequenceLength(16)
                .steering(steering)
                .build();
    }

    /** What was seen of a generation: its last routing shares [V, N], what it began with, and its latents. */
    private static final class Made implements GenerationListener {
        private float[] shares = {};
        private float[] initial = {};
        private float[] image = {};
        private float[] latents = {};
        private final List<String> warnings = new ArrayList<>();

        @Override
        public void routed(int block, Tensor hidden, Tensor residual, Tensor all) {
            shares = Ops.floats(all.select(0, all.size(0) - 1).to(ScalarType.Float));
        }

        @Override
        public void latents(Tensor drawn, @Nullable Tensor picture) {
            initial = Ops.floats(drawn.to(ScalarType.Float));
            image = picture == null ? image : Ops.floats(picture.to(ScalarType.Float));
        }

        @Override
        public void denoised(Tensor clean) {
            latents = Ops.floats(clean.to(ScalarType.Float));
        }

        @Override
        public void warning(String line) {
            warnings.add(line);
        }
    }

    private static Made made(Compute compute, int count, Routing routing, Steering steering) {
        Made made = new Made();
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        try (Scope scope = Scope.open();
                VideoGenerator generator = new VideoGenerator(bundle, compute, MemoryLevel.NONE, TilingChoice.OFF)) {
            generator.generate(request(count, routing, steering), people(count), frames -> {}, made);
        }
        return made;
    }

    private static Made made(int count, Steering steering) {
        return made(Compute.CPU_FP32, count, Routing.REFERENCE, steering);
    }

    @Test
    void placesOfNoStrengthChangeNoBit() {
        Steering none = new Steering(List.of(new Placement(0, Region.LEFT)), 0, List.of(), true);
        assertThat(made(2, none).latents).isEqualTo(made(2, Steering.NONE).latents);
    }

    @ParameterizedTest
    @CsvSource({"REFERENCE, FP32, 2", "PER_BRANCH, FP32, 3", "REFERENCE, BF16, 2"})
    void withALargeStrengthTheTokensOfAPlaceGoToWhomItIsGiven(Routing routing, DType dtype, int count) {
        Steering steering = new Steering(
                List.of(new Placement(1, new Region(0, 0, 0.5, 1)), new Placement(0, new Region(0.5, 0, 1, 1))),
                40,
                List.of(),
                true);
        float[] shares = made(new Compute("cpu", dtype), count, routing, steering).shares;
        for (int v = 0; v < shares.length / count; v++) {
            int owner = v % COLUMNS < COLUMNS / 2 ? 1 : 0;
            assertThat(shares[v * count + owner]).as("token " + v).isGreaterThan(0.99f);
        }
    }

    /** Person 1 in the left half while latent frame 0 lasts, then in the right half; person 2 has no place. */
    @Test
    void placesHoldForTheirTime() {
        Region left = new Region(0, 0, 0.5, 1);
        Region right = new Region(0.5, 0, 1, 1);
        Steering steering = new Steering(
                List.of(new Placement(0, left, new Span(0, 0.125)), new Placement(0, right, new Span(0.125, 1.125))),
                40,
                List.of(),
                true);
        float[] shares = made(2, steering).shares;
        int frame = shares.length / 2 / SIZE.latentFrames();
        for (int v = 0; v < shares.length / 2; v++) {
            boolean atRight = v % COLUMNS >= COLUMNS / 2;
            int owner = atRight == (v >= frame) ? 0 : 1;
            assertThat(shares[v * 2 + owner]).as("token " + v).isGreaterThan(0.99f);
        }
    }

    @Test
    void aPlaceOfTheOnlyPersonChangesNothingAndSaysSo() {
        Steering steering = Steering.NONE.withPlaces(List.of(new Placement(0, Region.LEFT)));
        Made made = made(1, steering);
        assertThat(made.latents).isEqualTo(made(1, Steering.NONE).latents);
        assertThat(made.warnings).anyMatch(line -> line.contains("with one person"));
    }

    /** The ablation "VAE features after" is sampled as it is trained: faces one by one, all else drawn the same. */
    @Test
    void eachFaceByItselfIsAnotherPictureAndAllElseIsDrawnTheSame() {
        Made with = made(2, Steering.NONE);
        Made each = made(2, Steering.NONE.withEachFace());
        assertThat(each.initial).isEqualTo(with.initial);
        assertThat(each.image).hasSameSizeAs(with.image).contains(0).isNotEqualTo(with.image);
        assertThat(each.latents).isNotEqualTo(with.latents);
    }

    @Test
    void withoutTheCanvasAllElseIsDrawnTheSame() {
        Made with = made(2, Steering.NONE);
        Made without = made(2, new Steering(List.of(), 1, List.of(), false));
        assertThat(without.initial).isEqualTo(with.initial);
        assertThat(without.image).hasSameSizeAs(with.image).containsOnly(0);
        assertThat(with.image).contains(0).isNotEqualTo(without.image);
        assertThat(without.latents).isNotEqualTo(with.latents);
    }

    @Test
    void whoIsRoutedAsAnotherGetsTheirTokens() {
        Steering exchanged = new Steering(List.of(), 1, Steering.exchanged(2, 0, 1), true);
        Steering same = new Steering(List.of(), 1, List.of(0, 1), true);
        Made plain = made(2, Steering.NONE);
        assertThat(made(2, same).latents).isEqualTo(plain.latents);
        assertThat(made(2, exchanged).latents).isNotEqualTo(plain.latents);
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnyWork() {
        Steering third = Steering.NONE.withPlaces(List.of(new Placement(2, Region.LEFT)));
        assertThatThrownBy(() -> request(2, Routing.REFERENCE, third))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("person 3");
        assertThatThrownBy(() -> request(0, Routing.REFERENCE, third))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("nobody was given");
    }
}
