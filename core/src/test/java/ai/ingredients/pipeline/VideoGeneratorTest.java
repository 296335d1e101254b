package ai.ingredients.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.Identity;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import ai.ingredients.transformer.Routing;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a generation must do for any people, size and setting, and what it must refuse. */
class VideoGeneratorTest {
    private static final VideoSize SMALL = new VideoSize(9, 32, 48);
    private static final int ID_DIM = 40;
    private static final int VIT_DIM = 32;

    private static People people(int count) {
        torch.manual_seed(count);
        List<Identity> identities = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < 5; scale++) {
                hidden.add(torch.randn(1, 7, VIT_DIM));
            }
            identities.add(new Identity(torch.randn(1, ID_DIM), hidden));
        }
        return new People(identities, Picture.filled(720, 480, 200, 120, 40));
    }

    private static GenerationRequest.Builder request(Path folder, int people, VideoSize size) {
        return ModelBundle.open(folder)
                .request("A walk.")
                .people(people)
                .size(size.frames(), size.height(), size.width())
                .seed(3)
                .steps(2)
                .guidanceScale(6)
                .scheduler(Scheduler.Kind.DDIM)
                .maxSequenceLength(16);
    }

    private static GenerationRequest.Builder request(int people, VideoSize size) {
        return request(Fixture.bundle(), people, size);
    }

    private static VideoGenerator generator(Path folder) {
        return new VideoGenerator(ModelBundle.open(folder), Compute.CPU_FP32, MemoryLevel.NONE, TilingChoice.OFF);
    }

    /** All frames of one generation, [F, H, W, 3]. */
    private static Tensor generate(VideoGenerator generator, GenerationRequest request, GenerationListener listener) {
        People people = request.people() == 0 ? null : people(request.people());
        List<Tensor> parts = new ArrayList<>();
        generator.generate(request, people, part -> parts.add(Scope.retain(part)), listener);
        Tensor video = Ops.cat(0, parts.toArray(Tensor[]::new));
        parts.forEach(Tensor::close);
        return video;
    }

    @ParameterizedTest
    @CsvSource({"0, REFERENCE", "1, REFERENCE", "2, REFERENCE", "3, REFERENCE", "4, REFERENCE", "3, PER_BRANCH"})
    void anyNumberOfPeopleMakesAVideo(int count, Routing routing) {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator(Fixture.bundle())) {
            List<Long> widths = new ArrayList<>();
            Tensor video =
                    generate(generator, request(count, SMALL).routing(routing).build(), new GenerationListener() {
                        @Override
                        public void step(int step, long timestep, Tensor latents, List<Tensor> logits) {
                            logits.forEach(logit -> widths.add(logit.size(2)));
                        }
                    });
            assertEquals(List.of(9L, 32L, 48L, 3L), sizes(video));
            assertEquals(count == 0 ? 0 : 2 * 2, widths.size(), "steps x routed blocks");
            assertTrue(widths.stream().allMatch(width -> width == count));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 32, 32", "9, 16, 48", "17, 48, 16", "25, 32, 32", "9, 80, 112"})
    void otherSizesAndLengthsWork(int frames, int height, int width) {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator(Fixture.bundle())) {
            Tensor video = generate(
                    generator, request(2, new VideoSize(frames, height, width)).build(), GenerationListener.NONE);
            assertEquals(List.of((long) frames, (long) height, (long) width, 3L), sizes(video));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "13, 64, 96, `frames` 13 cannot be made: the autoencoder makes 8k+1 frames; use 9 or 17",
        "0, 64, 96, `frames` 0 cannot be made: the autoencoder makes 8k+1 frames; use 1",
        "9, 60, 96, `height` 60 cannot be made: pixels come in multiples of 16; use 48 or 64",
        "9, 64, 100, `width` 100 cannot be made: pixels come in multiples of 16; use 96 or 112",
        "9, 8, 96, `height` 8 cannot be made: pixels come in multiples of 16; use 16",
    })
    void impossibleSizesAreRefusedWithTheNearestOnes(int frames, int height, int width, String message) {
        GenerationRequest.Builder request = request(0, new VideoSize(frames, height, width));
        assertEquals(
                message,
                assertThrows(InvalidInputException.class, request::build).getMessage());
    }

    @Test
    void theSameSeedMakesTheSameVideoAndAnotherSeedAnother() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator(Fixture.bundle())) {
            GenerationRequest request = request(2, SMALL).build();
            Tensor first = generate(generator, request, GenerationListener.NONE);
            Tensor again = generate(generator, request, GenerationListener.NONE);
            assertTrue(torch.equal(first, again));
            GenerationRequest other = request(2, SMALL).seed(4).build();
            assertFalse(torch.equal(first, generate(generator, other, GenerationListener.NONE)));
        }
    }

    @Test
    void peopleForAModelThatKnowsNoneAreRefused() {
        GenerationRequest.Builder request = request(Fixture.bundleT2v(), 2, SMALL);
        String message =
                assertThrows(InvalidInputException.class, request::build).getMessage();
        assertTrue(message.contains("plain CogVideoX") && message.contains("2 were given"), message);
    }

    @Test
    void otherPeopleThanThoseAskedForAreRefused() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator(Fixture.bundle())) {
            GenerationRequest request = request(2, SMALL).build();
            String message = assertThrows(
                            InvalidInputException.class,
                            () -> generator.generate(request, people(1), part -> {}, GenerationListener.NONE))
                    .getMessage();
            assertTrue(message.contains("for 2 people, but 1 came"), message);
        }
    }

    @Test
    void aRequestForAnotherModelIsRefused() {
        try (VideoGenerator generator = generator(Fixture.bundle())) {
            GenerationRequest request = request(Fixture.bundleT2v(), 0, SMALL).build();
            assertThrows(
                    IllegalArgumentException.class,
                    () -> generator.generate(request, null, part -> {}, GenerationListener.NONE));
        }
    }

    @Test
    void theResultTellsWhatItTook() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = new VideoGenerator(
                        ModelBundle.open(Fixture.bundle()), Compute.CPU_FP32, MemoryLevel.AUTO, TilingChoice.ON)) {
            GenerationRequest request = request(0, SMALL).build();
            GenerationResult result = generator.generate(request, null, part -> {}, GenerationListener.NONE);
            assertTrue(result.tiled());
            assertEquals(generator.memory(), result.memory());
            Timings timings = result.timings();
            double parts = timings.text() + timings.canvas() + timings.denoising() + timings.decoding();
            assertEquals(timings.total(), parts, 1e-6);
            assertTrue(timings.secondsPerStep() > 0 && timings.secondsPerStep() * 2 <= timings.denoising());
        }
    }

    @Test
    void previewsAreOfTheVideosSizeAndChangeNoBit() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator(Fixture.bundle())) {
            GenerationRequest request = request(2, SMALL).build();
            Tensor expected = generate(generator, request, GenerationListener.NONE);
            List<Integer> steps = new ArrayList<>();
            Tensor watched = generate(generator, request, new GenerationListener() {
                @Override
                public boolean wantsPreview(int step) {
                    return step == 1;
                }

                @Override
                public void preview(int step, BufferedImage picture) {
                    steps.add(step);
                    assertEquals(48, picture.getWidth());
                    assertEquals(32, picture.getHeight());
                }
            });
            assertEquals(List.of(1), steps);
            assertTrue(torch.equal(expected, watched));
        }
    }

    @Test
    void peopleOfAnotherModelAreRefused() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator(Fixture.bundle())) {
            Identity official = new Identity(
                    torch.randn(1, 1280),
                    List.of(
                            torch.randn(1, 7, 1024),
                            torch.randn(1, 7, 1024),
                            torch.randn(1, 7, 1024),
                            torch.randn(1, 7, 1024),
                            torch.randn(1, 7, 1024)));
            People people = new People(List.of(official), Picture.filled(720, 480, 0, 0, 0));
            GenerationRequest request = request(1, SMALL).build();
            String message = assertThrows(
                            InvalidInputException.class,
                            () -> generator.generate(request, people, part -> {}, GenerationListener.NONE))
                    .getMessage();
            assertTrue(message.contains("1280") && message.contains("40"), message);
        }
    }

    @Test
    void aLongPromptIsCutWithAWarningThatSaysWhat() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator(Fixture.bundle())) {
            List<String> warnings = new ArrayList<>();
            GenerationRequest request = request(0, SMALL)
                    .prompt("A man walks. ".repeat(20) + "Then a dragon lands.")
                    .guidanceScale(1)
                    .steps(1)
                    .build();
            generate(generator, request, new GenerationListener() {
                @Override
                public void warning(String line) {
                    warnings.add(line);
                }
            });
            assertEquals(1, warnings.size());
            String warning = warnings.getFirst();
            assertTrue(
                    warning.contains("longer than 16 tokens; not used: \". A man walks.")
                            && warning.endsWith("…\"")
                            && warning.length() < 120, // however long the prompt is
                    warning);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"BF16", "FP16"})
    void halfPrecisionStaysCloseToSingle(DType dtype) {
        try (Scope scope = Scope.open();
                VideoGenerator single = generator(Fixture.bundle());
                VideoGenerator half = new VideoGenerator(
                        ModelBundle.open(Fixture.bundle()),
                        Compute.CPU_FP32.with(dtype),
                        MemoryLevel.NONE,
                        TilingChoice.OFF)) {
            GenerationRequest request = request(2, SMALL).build();
            Tensor expected = generate(single, request, GenerationListener.NONE).to(torch.ScalarType.Float);
            Tensor actual = generate(half, request, GenerationListener.NONE).to(torch.ScalarType.Float);
            double meanDifference = actual.sub(expected).abs().mean().item().toDouble();
            // Each step's prediction is rounded to eps of latents of size 1, and 6c − 5u amplifies that 11 times; a
            // unit of
            // a frame's [−1, 1] is 127.5 levels. A wrong dtype path would be off by about 60.
            double eps = dtype == DType.BF16 ? 0x1p-8 : 0x1p-11;
            double bound = eps * (2 * request.guidanceScale() - 1) * request.steps() * 127.5;
            assertTrue(meanDifference < bound, "mean difference " + meanDifference + "/255");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "LAYER"})
    void nativeMemoryIsFlatOverFiftyGenerations(MemoryLevel level) {
        assumeTrue(NativeMemory.known(), "this C library does not tell how much it has allocated");
        People kept;
        try (Scope scope = Scope.open()) {
            kept = people(2).retain();
        }
        try (VideoGenerator generator =
                new VideoGenerator(ModelBundle.open(Fixture.bundle()), Compute.CPU_FP32, level, TilingChoice.OFF)) {
            GenerationRequest request = request(2, new VideoSize(1, 16, 16)).build();
            for (int i = 0; i < 10; i++) {
                generator.generate(request, kept, part -> {}, GenerationListener.NONE);
            }
            long pointers = Pointer.totalCount();
            long grown = NativeMemory.leak(() -> {
                for (int i = 0; i < 10; i++) {
                    generator.generate(request, kept, part -> {}, GenerationListener.NONE);
                }
            });
            // The garbage collector may take objects that earlier tests lost, so fewer is possible.
            assertTrue(
                    Pointer.totalCount() <= pointers,
                    "live native objects grew from " + pointers + " to " + Pointer.totalCount());
            // One lost weight copy would be 3 MiB each time.
            assertTrue(grown < 2 << 20, "live native memory grows by " + (grown >> 10) + " KiB in ten generations");
        } finally {
            kept.close();
        }
    }

    @Test
    void numbersThatOverflowAreAFailureAndNoBlackVideo() {
        try (Scope scope = Scope.open();
                VideoGenerator generator = generator(Fixture.bundle())) {
            GenerationRequest loud = request(0, SMALL).guidanceScale(1e300).build();
            var failure = assertThrows(
                    OperationFailedException.class, () -> generate(generator, loud, GenerationListener.NONE));
            assertTrue(failure.getMessage().contains("`guidanceScale`"), failure.getMessage());
        }
    }

    private static List<Long> sizes(Tensor tensor) {
        List<Long> sizes = new ArrayList<>();
        for (long size : Ops.shape(tensor)) {
            sizes.add(size);
        }
        return sizes;
    }
}
