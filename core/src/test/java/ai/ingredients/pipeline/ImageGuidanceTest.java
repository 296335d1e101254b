package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.Identity;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.Routing;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Guidance by the image. One deterministic step is affine in the prediction, and the prediction in both scales, so that
 * differences of latents tell which rows were computed and how they were put together.
 */
class ImageGuidanceTest {
    private static final VideoSize SMALL = new VideoSize(9, 32, 48);

    @ParameterizedTest
    @ValueSource(doubles = {1, 3})
    void theImagesShareIsScaled(double prompt) {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            Tensor one = latents(generator, people(), prompt, 1);
            Tensor two = latents(generator, people(), prompt, 2);
            Tensor four = latents(generator, people(), prompt, 4);
            Tensor share = two.sub(one);
            assertThat(share.norm().item().toDouble())
                    .isGreaterThan(1e-2 * one.norm().item().toDouble());
            Fixture.assertClose("three shares", one.add(Ops.scale(share, 3)), four, 1e-5);
        }
    }

    /** Equal scales leave a row out; the line through two others still goes through what they give. */
    @Test
    void equalScalesAreNoOtherFormula() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            Tensor one = latents(generator, people(), 3, 1);
            Tensor two = latents(generator, people(), 3, 2);
            Tensor equal = latents(generator, people(), 3, 3);
            Fixture.assertClose("equal", Ops.scale(two, 2).sub(one), equal, 1e-5);
        }
    }

    /** What the scale goes away from is the video that the prompt alone gives: without canvas and without identities. */
    @Test
    void itStartsFromTheVideoWithoutPhotos() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            Tensor one = latents(generator, people(), 1, 1);
            Tensor two = latents(generator, people(), 1, 2);
            Tensor without = latents(generator, people(), request(2, 1, 1, 0)); // the same noise as with photos
            Fixture.assertClose("nobody", without, Ops.scale(one, 2).sub(two), 1e-5);
        }
    }

    @Test
    void whereNoImageIsNothingIsGuided() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator()) {
            assertThat(latents(generator, null, 3, 4).equal(latents(generator, null, 3, 1)))
                    .isTrue();
        }
    }

    @Test
    void whatIsNoNumberIsRefused() {
        assertThatThrownBy(() -> request(0, 3, Double.NaN))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("`imageGuidanceScale` NaN");
    }

    private static VideoGenerator generator() {
        return new VideoGenerator(
                ModelBundle.open(Fixture.bundle()), Compute.CPU_FP32, MemoryLevel.NONE, TilingChoice.OFF);
    }

    private static People people() {
        torch.manual_seed(2);
        List<Identity> identities = new ArrayList<>();
        for (int n = 0; n < 2; n++) {
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < 5; scale++) {
                hidden.add(torch.randn(1, 7, 32));
            }
            identities.add(new Identity(torch.randn(1, 40), hidden));
        }
        return new People(identities, Picture.filled(720, 480, 200, 120, 40));
    }

    private static GenerationRequest request(int people, double prompt, double image) {
        return request(people, prompt, image, 1);
    }

    private static GenerationRequest request(int people, double prompt, double image, double photos) {
        return ModelBundle.open(Fixture.bundle())
                .request("A walk.")
                .people(people)
                .size(SMALL.frames(), SMALL.height(), SMALL.width())
                .seed(3)
                .steps(1)
                .guidanceScale(prompt)
                .imageGuidanceScale(image)
                .scheduler(Scheduler.Kind.DDIM)
                .routing(Routing.PER_BRANCH)
                .faceScale(photos)
                .steering(photos == 0 ? Steering.NONE.withoutCanvas() : Steering.NONE)
                .maxSequenceLength(16)
                .build();
    }

    private static Tensor latents(VideoGenerator generator, @Nullable People people, double prompt, double image) {
        return latents(generator, people, request(people == null ? 0 : people.size(), prompt, image));
    }

    private static Tensor latents(VideoGenerator generator, @Nullable People people, GenerationRequest request) {
        List<Tensor> seen = new ArrayList<>();
        generator.generate(request, people, part -> {}, new GenerationListener() {
            @Override
            public void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {
                seen.add(Scope.retain(latents.clone()));
            }
        });
        return seen.getFirst();
    }
}
