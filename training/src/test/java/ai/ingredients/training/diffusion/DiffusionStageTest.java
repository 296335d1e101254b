package ai.ingredients.training.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import ai.ingredients.training.config.Records;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.diffusion.DiffusionSettings.Image;
import ai.ingredients.training.diffusion.TinyTraining.RandomStart;
import ai.ingredients.training.loop.Trainer;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.transformer.IdentityHealth;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.RoutingLoss;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a diffusion stage learns, what it leaves alone, and what it does with bad numbers. */
@Timeout(600)
class DiffusionStageTest {
    @TempDir
    Path folder;

    private Path cache() {
        return folder.resolve("cache");
    }

    @Test
    void threeHundredStepsDoNotGrowNativeMemory() {
        flat(TinyTraining.settings(false, null), 300);
    }

    @Test
    void norDoBlocksComputedAgainAndAdapters() {
        flat(TinyTraining.settings(true, new DiffusionSettings.LoraSettings(4, 4, ".*\\.weight", null)), 40);
    }

    private void flat(DiffusionSettings settings, int steps) {
        assumeTrue(NativeMemory.known(), "this C library does not tell how much it has allocated");
        TrainerConfig config = TinyTraining.trainer(1000, DType.BF16, 0.9, 1, 0);
        try (DiffusionStage stage = TinyTraining.stage(cache(), settings, DType.BF16);
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
            train(trainer, stage, 10);
            long pointers = Pointer.totalCount();
            long grown = NativeMemory.leak(() -> train(trainer, stage, steps / 5));
            long objects = Pointer.totalCount() - pointers; // below 0 where objects of other tests are collected late
            assertTrue(objects <= 0, "native objects grew by " + objects);
            // One step's gradients are half a MiB, and a round has eight steps or more.
            assertTrue(
                    grown < 1 << 20,
                    "live native memory grows by " + (grown >> 10) + " KiB in " + steps / 5 + " steps");
        }
    }

    private static void train(Trainer<DiffusionStage.Samples> trainer, DiffusionStage stage, int steps) {
        for (int i = 0; i < steps; i++) {
            trainer.step(List.of(stage.batch(trainer.step())));
        }
    }

    /** Batches computed at once give the sums of batches computed one after the other, and the same bits every time. */
    @Test
    void twoWorkersLearnWhatOneLearns() {
        Map<String, float[]> one = afterFourSteps(1);
        Map<String, float[]> two = afterFourSteps(2);
        Map<String, float[]> again = afterFourSteps(2);
        assertEquals(one.keySet(), two.keySet());
        one.forEach((name, expected) -> {
            float[] actual = Objects.requireNonNull(two.get(name));
            assertArrayEquals(actual, again.get(name), name);
            // Adam divides by the gradient's size: where that is all rounding, the sign of a step is left to chance.
            if (!name.startsWith("router.")) {
                assertArrayEquals(expected, actual, 1e-4f, name);
            }
        });
    }

    private Map<String, float[]> afterFourSteps(int workers) {
        TrainerConfig config = TinyTraining.trainer(100, DType.FP32, 0, 2, 0, workers);
        try (DiffusionStage stage = TinyTraining.stage(cache(), TinyTraining.settings(false, null), DType.FP32);
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
            for (int i = 0; i < 4; i++) {
                trainer.step(List.of(stage.batch(2L * i), stage.batch(2L * i + 1)));
            }
            Map<String, float[]> values = new LinkedHashMap<>();
            trainer.result().forEach((name, value) -> values.put(name, Ops.floats(value)));
            return values;
        }
    }

    /** Clips that are broken after their first frame are as good as any for who learns from stills. */
    /** Learning twelve clips by heart must show on the same twelve clips, at the same noise every time. */
    @Test
    void lossesOnHeldOutClipsAreRepeatableAndFall() {
        TrainerConfig config = TinyTraining.trainer(60, DType.FP32, 0, 1, 0);
        try (DiffusionStage stage = TinyTraining.measured(cache(), TinyTraining.settings(false, null));
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
            Map<String, Double> before = stage.validate(folder, 0, trainer.result());
            assertEquals(before, stage.validate(folder, 0, trainer.result()));
            assertThat(before.keySet())
                    .contains("validation-plain-loss", "validation-routing-loss", "validation-routing-accuracy")
                    .contains("validation-identity-loss", "validation-others-loss", "validation-misrouted-loss");
            train(trainer, stage, 60);
            Map<String, Double> after = stage.validate(folder, 60, trainer.result());
            assertTrue(
                    after.getOrDefault("validation-plain-loss", 9.0)
                            < before.getOrDefault("validation-plain-loss", 0.0),
                    before + " then " + after);
            assertTrue(
                    after.getOrDefault("validation-routing-loss", 9.0)
                            < before.getOrDefault("validation-routing-loss", 0.0),
                    before + " then " + after);
        }
    }

    /** Whose a word is is learned where that is asked for, and left alone where it is not. */
    @Test
    void wordsFindTheirOwners() {
        fallsWithTraining(DiffusionSettings::wordsWeight, "words");
    }

    /** People's tokens learn which words are theirs. */
    @Test
    void tokensFindTheirWords() {
        fallsWithTraining(DiffusionSettings::attentionWeight, "attention");
    }

    private void fallsWithTraining(Records.Component<DiffusionSettings, Double> weight, String name) {
        DiffusionSettings settings = Records.with(TinyTraining.settings(false, null), weight, 1.0);
        TrainerConfig config = TinyTraining.trainer(150, DType.FP32, 0, 1, 0);
        List<Double> losses = new ArrayList<>();
        try (DiffusionStage stage = TinyTraining.stage(cache(), settings, DType.FP32);
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
            for (int i = 0; i < 150; i++) {
                Map<String, Double> figures = trainer.step(List.of(stage.batch(trainer.step())));
                if (figures.containsKey(name + "-loss")) {
                    losses.add(figures.get(name + "-loss"));
                    assertThat(figures.get(name + "-accuracy")).isBetween(0.0, 1.0);
                }
            }
        }
        assertThat(losses).hasSizeGreaterThan(40);
        assertThat(mean(losses.subList(losses.size() - 20, losses.size())))
                .isLessThan(0.8 * mean(losses.subList(0, 20)));
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    @Test
    void wordsAreNotAskedAboutUnlessTheyCount() {
        TrainerConfig config = TinyTraining.trainer(10, DType.FP32, 0, 1, 0);
        try (DiffusionStage stage = TinyTraining.stage(cache(), TinyTraining.settings(false, null), DType.FP32);
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
            for (int i = 0; i < 10; i++) {
                assertThat(trainer.step(List.of(stage.batch(trainer.step())))).doesNotContainKey("words-loss");
            }
        }
    }

    /**
     * With the canvas zeroed and no captions, the identity path alone learns who is who: with the right people a clip's
     * faces are known far better than with those of another clip, and better than when the router mixes them up.
     */
    @Test
    void theIdentityPathAloneLearnsWhoIsWho() {
        TrainerConfig config = TinyTraining.trainer(600, 3e-3);
        DiffusionSettings settings = TinyTraining.identitiesAlone(DiffusionSettings.OnCollapse.STOP);
        try (DiffusionStage stage = TinyTraining.portraits(cache(), settings);
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
            for (int i = 0; i < 600; i++) {
                Map<String, Double> figures = trainer.step(List.of(stage.batch(trainer.step())));
                assertNull(stage.complaint(trainer.step(), figures));
            }
            Map<String, Double> after = stage.validate(folder, 600, trainer.result());
            double right = Objects.requireNonNull(after.get("validation-identity-loss"));
            assertThat(right)
                    .as("%s", after)
                    .isLessThan(0.5 * Objects.requireNonNull(after.get("validation-others-loss")));
            assertThat(right).isLessThan(0.8 * Objects.requireNonNull(after.get("validation-misrouted-loss")));
            assertThat(after.get("validation-identity-distinct")).isGreaterThan(0.3);
            assertThat(after.get("validation-face-loss"))
                    .as("a canvas that the model has never seen is not shown when it is measured")
                    .isEqualTo(right);
        }
    }

    /** A run whose tokens are the same for everybody says so, and ends where it was asked to. */
    @ParameterizedTest
    @EnumSource(DiffusionSettings.OnCollapse.class)
    void peopleWhoBecomeIndistinguishableAreToldOf(DiffusionSettings.OnCollapse onCollapse) {
        Map<String, Double> good = Map.of("identity-distinct", 0.5, "identity-residual-0", 0.1);
        Map<String, Double> same = Map.of("identity-distinct", 0.004, "identity-residual-0", 0.1);
        Map<String, Double> vanished = Map.of("identity-distinct", 0.5, "identity-residual-0", 0.0002);
        try (DiffusionStage stage = TinyTraining.stage(cache(), TinyTraining.identitiesAlone(onCollapse), DType.FP32)) {
            for (int i = 0; i < 10; i++) {
                assertNull(stage.complaint(20, same), "everything begins with zeros");
                assertNull(stage.complaint(1000, good));
            }
            for (Map<String, Double> bad : List.of(same, vanished)) {
                assertNull(stage.complaint(1000, bad), "one batch may be odd");
                assertNull(stage.complaint(1001, bad));
                if (onCollapse == DiffusionSettings.OnCollapse.STOP) {
                    assertThatThrownBy(() -> stage.complaint(1002, bad))
                            .isInstanceOf(OperationFailedException.class)
                            .hasMessageContaining("step 1002")
                            .hasMessageContaining("drop-image");
                } else {
                    assertThat(stage.complaint(1002, bad))
                            .contains(bad == same ? "indistinguishable" : "next to nothing");
                }
                assertNull(stage.complaint(1003, good));
            }
        }
    }

    /** An extractor whose tokens hold one number that dwarfs all others has collapsed, and a fresh one has not. */
    @Test
    void aCollapsedExtractorIsNoticed() {
        try (Scope scope = Scope.inference();
                RandomStart start = new RandomStart(TinyTraining.config(TinyTraining.model(2)))) {
            TransformerConfig config = TinyTraining.config(TinyTraining.model(2));
            IdentityHealth fresh = Objects.requireNonNull(IdentityHealth.probe(start.weights, config));
            assertThat(fresh.collapsed()).as(fresh.words()).isFalse();
            Tensor latents = Objects.requireNonNull(start.weights.parameters().get("local_facial_extractor.latents"));
            latents.detach().mul_(new org.bytedeco.pytorch.Scalar(1e5));
            IdentityHealth blown = Objects.requireNonNull(IdentityHealth.probe(start.weights, config));
            assertThat(blown.collapsed()).as(blown.words()).isTrue();
            assertThat(blown.rms()).isGreaterThan(100 * fresh.rms());
        }
    }

    @Test
    void stillsAreTheFirstFramesAlone() {
        Set<Long> all = new TreeSet<>();
        for (long clip = 0; clip < TinyTraining.CLIPS; clip++) {
            all.add(clip);
        }
        TrainerConfig config = TinyTraining.trainer(100, DType.FP32, 0, 1, 100);
        for (int frames = 0; frames <= 2; frames++) {
            DiffusionSettings settings = TinyTraining.settings(false, null).withLatentFrames(frames);
            try (DiffusionStage stage =
                            TinyTraining.stage(cache(), TinyTraining.model(2), settings, DType.FP32, all, 1);
                    Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
                train(trainer, stage, 3);
                assertEquals(frames == 1 ? 0 : 3, trainer.skipped(), frames + " frames");
            }
        }
    }

    /** A step whose numbers are not finite leaves everything as it was; the next one goes on. */
    @Test
    void aBatchThatIsNotFiniteIsSkippedAndCounted() {
        TrainerConfig config = TinyTraining.trainer(100, DType.FP32, 0.9, 1, 100);
        try (DiffusionStage stage = TinyTraining.stage(
                        cache(), TinyTraining.model(2), TinyTraining.settings(false, null), DType.FP32, Set.of(4L));
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
            int bad = 0;
            for (int i = 0; i < 2 * TinyTraining.CLIPS; i++) {
                DiffusionStage.Samples batch = stage.batch(i);
                boolean holdsIt = stage.describe(batch).matches(".*\\b4\\b.*");
                bad += holdsIt ? 1 : 0;
                float[] before = values(trainer);
                Map<String, Double> figures = trainer.step(List.of(batch));
                assertEquals(
                        !holdsIt, Double.isFinite(Objects.requireNonNull(figures.get("loss"))), stage.describe(batch));
                assertEquals(bad, trainer.skipped());
                assertEquals(holdsIt, Arrays.equals(before, values(trainer)), "weights stay");
            }
            assertTrue(bad > 1);
            assertEquals(2 * TinyTraining.CLIPS, trainer.step());
            for (float value : values(trainer)) {
                assertTrue(Float.isFinite(value));
            }
        }
    }

    /** Clips and stills take turns; each batch is the one that its own stage would learn, and stills never see the canvas. */
    @Test
    void stillsTakeTurnsWithClips() {
        DiffusionSettings settings = TinyTraining.settings(false, null);
        DiffusionSettings ofStills = settings.forStills(3);
        assertEquals(1, ofStills.dropImage());
        try (DiffusionStage joint = TinyTraining.joint(cache(), settings, 3);
                DiffusionStage clips = TinyTraining.stage(cache(), settings, DType.FP32);
                DiffusionStage stills = TinyTraining.portraits(cache().resolve("stills"), ofStills)) {
            for (int i = 0; i < 4; i++) {
                assertEquals(loss(clips, i), loss(joint, 2 * i), "clips " + i);
                assertEquals(loss(stills, i), loss(joint, 2 * i + 1), "stills " + i);
            }
            assertTrue(joint.describe(joint.batch(0)).startsWith("clips ["));
            assertTrue(joint.describe(joint.batch(1)).startsWith("stills ["));
            assertEquals(3, joint.samples(joint.batch(1)));
        }
    }

    private static double loss(DiffusionStage stage, long batch) {
        try (Scope scope = Scope.inference();
                Noise noise = new Noise(11)) {
            return stage.losses(stage.batch(batch), 0, noise).total().item().toDouble();
        }
    }

    private static float[] values(Trainer<?> trainer) {
        return Ops.floats(Objects.requireNonNull(trainer.result().get("patch_embed.proj.weight")));
    }

    @Test
    void tooManyOfThemStopTheRunWithTheClipsNamed() {
        TrainerConfig config = TinyTraining.trainer(100, DType.FP32, 0, 1, 1);
        try (DiffusionStage stage = TinyTraining.stage(
                        cache(), TinyTraining.model(2), TinyTraining.settings(false, null), DType.FP32, Set.of(4L));
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config)) {
            assertThatThrownBy(() -> train(trainer, stage, 4 * TinyTraining.CLIPS))
                    .isInstanceOf(OperationFailedException.class)
                    .hasMessageContaining("not finite for the 2. time")
                    .hasMessageMatching(".*clips \\[(\\d+, )?4(, \\d+)?].*");
        }
    }

    /** In bf16 too what is frozen is written as it was read, not as it computes. */
    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void onlyTheRouterMovesInItsStage(DType precision) {
        TrainerConfig config = TinyTraining.trainer(10, precision, 0, 1, 0);
        DiffusionSettings settings = with(TinyTraining.settings(false, null), DiffusionSettings.ROUTER.train());
        try (DiffusionStage stage = TinyTraining.stage(cache(), settings, precision);
                Trainer<DiffusionStage.Samples> trainer = new Trainer<>(stage, config);
                RandomStart start = new RandomStart(TinyTraining.config(TinyTraining.model(2)))) {
            for (int i = 0; i < 6; i++) {
                trainer.step(List.of(stage.batch(i)));
            }
            Set<String> moved = moved(stage, trainer, start, folder);
            assertThat(moved).allMatch(name -> name.startsWith("router."));
            assertThat(moved).contains("router.0.to_q.weight", "router.0.id_merge.weight");
        }
    }

    /** Names of the exported tensors that differ from where the run began. */
    static Set<String> moved(DiffusionStage stage, Trainer<?> trainer, RandomStart start, Path folder) {
        stage.export(folder, trainer.result());
        Set<String> moved = new TreeSet<>();
        try (Scope scope = Scope.inference();
                SafetensorsFile exported =
                        SafetensorsFile.open(folder.resolve("diffusion_pytorch_model.safetensors"))) {
            assertEquals(start.weights.parameters().keySet(), exported.names());
            start.weights.parameters().forEach((name, begun) -> {
                if (!torchEqual(begun, exported.get(name))) {
                    moved.add(name);
                }
            });
        }
        return moved;
    }

    private static boolean torchEqual(Tensor a, Tensor b) {
        return Arrays.equals(Ops.floats(a), Ops.floats(b));
    }

    static DiffusionSettings with(DiffusionSettings like, List<DiffusionSettings.Trained> train) {
        return new DiffusionSettings(
                like.batch(),
                like.latentFrames(),
                like.image(),
                like.vaeFeatures(),
                like.people(),
                like.mixing(),
                like.dropText(),
                like.dropImage(),
                like.dropPeople(),
                like.timestepBias(),
                like.maskLoss(),
                like.routingLoss(),
                like.routingWeight(),
                like.wordsWeight(),
                like.attentionWeight(),
                like.labels(),
                like.labelShare(),
                train,
                like.lora(),
                like.checkpointing(),
                like.onCollapse());
    }

    /** A text-to-video model that is given channels for an image ignores the image, and is otherwise what it was. */
    @Test
    void aWidenedModelBeginsByIgnoringTheImage() {
        ObjectNode image = TinyTraining.model(2);
        ObjectNode text = image.deepCopy().put("in_channels", 16);
        TransformerConfig widened = TinyTraining.config(image);
        TransformerConfig plain = TinyTraining.config(text);
        assertFalse(plain.imageConditioned());
        try (Scope scope = Scope.inference();
                RandomStart start = new RandomStart(plain);
                Weights plainWeights = Weights.of(start.store(), Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(plainWeights, plain, Residency.RESIDENT);
                Weights wideWeights = Weights.of(new ImageChannels(start.store(), widened), Compute.CPU_FP32);
                VideoTransformer wide = VideoTransformer.load(wideWeights, widened, Residency.RESIDENT)) {
            Tensor latents = TinyTraining.random("latents", 1, 3, 16, 4, 6);
            Tensor expected = sample(model, latents);
            Tensor first = sample(wide, Ops.cat(2, latents, TinyTraining.random("image", 1, 3, 16, 4, 6)));
            Tensor other = sample(wide, Ops.cat(2, latents, TinyTraining.random("other", 1, 3, 16, 4, 6)));
            Fixture.assertClose("with an image", expected, first, 1e-6);
            Fixture.assertClose("with another", expected, other, 1e-6);
        }
    }

    /** A text-to-video model that begins with one for images is what that one is without an image. */
    @Test
    void aNarrowedModelBeginsAsTheOneForImagesWithoutOne() {
        TransformerConfig image = TinyTraining.config(TinyTraining.model(2));
        TransformerConfig plain = TinyTraining.config(TinyTraining.model(2).put("in_channels", 16));
        try (Scope scope = Scope.inference();
                RandomStart start = new RandomStart(image);
                Weights imageWeights = Weights.of(start.store(), Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(imageWeights, image, Residency.RESIDENT);
                Weights plainWeights = Weights.of(new ImageChannels(start.store(), plain), Compute.CPU_FP32);
                VideoTransformer narrow = VideoTransformer.load(plainWeights, plain, Residency.RESIDENT)) {
            Tensor latents = TinyTraining.random("latents", 1, 3, 16, 4, 6);
            Tensor nothing = Ops.scale(latents, 0);
            Tensor picture = TinyTraining.random("image", 1, 3, 16, 4, 6);
            Tensor expected = sample(model, Ops.cat(2, latents, nothing));
            Fixture.assertClose("without an image", expected, sample(narrow, latents), 1e-6);
            assertFalse(torchEqual(expected, sample(model, Ops.cat(2, latents, picture))), "the image counts");
        }
    }

    /** What a checkpoint knows of people is left out when somebody says so, and not otherwise. */
    @Test
    void identityModulesAreNotLeftOutUnasked() {
        ObjectNode plain = TinyTraining.model(2).put("in_channels", 16).put("is_train_face", false);
        DiffusionSettings text = Records.with(DiffusionSettings.BASE, DiffusionSettings::image, Image.NONE);
        try (RandomStart start = new RandomStart(TinyTraining.config(TinyTraining.model(2)))) {
            assertThatThrownBy(() -> TinyTraining.begun(cache(), plain, text, start.store()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("are identity modules")
                    .hasMessageContaining("begin-anew: ['(local_facial_extractor|");
            TensorStore left = start.store()
                    .renamed(name -> name.matches("(local_facial_extractor|perceiver_cross_attention|router)\\..*")
                            ? null
                            : name);
            TinyTraining.begun(cache(), plain, text, left).close();
        }
    }

    private static Tensor sample(VideoTransformer model, Tensor latents) {
        RotaryEmbedding rotary = model.rotary(4, 6, 3);
        return model.forward(
                        latents,
                        TinyTraining.random("text", 1, 5, 32),
                        Ops.tensor(new long[] {300}, 1),
                        rotary,
                        null,
                        new VideoTransformer.Options(Routing.PER_BRANCH, 1))
                .sample();
    }

    @Test
    void aTokenBelongsToWhoCoversEnoughOfIt() {
        byte all = (byte) 255;
        byte most = (byte) 200;
        byte some = 100;
        try (Scope scope = Scope.inference()) {
            Tensor coverage = Ops.tensor(
                    new byte[] {
                        // the first person, one frame of 4x4 latents
                        all,
                        all,
                        0,
                        0, //
                        all,
                        all,
                        0,
                        0, //
                        some,
                        0,
                        some,
                        some, //
                        0,
                        0,
                        some,
                        some, //
                        // the second
                        0,
                        0,
                        all,
                        all, //
                        0,
                        0,
                        0,
                        10, //
                        0,
                        some,
                        most,
                        most, //
                        some,
                        0,
                        most,
                        most
                    },
                    2,
                    1,
                    4,
                    4);
            // Top right: 130 of 255, just half. Bottom left: a quarter of 100. Bottom right: both, one more.
            assertArrayEquals(new long[] {0, 1, -1, 1}, Ops.longs(RoutingLabels.of(coverage, 2, 0.5)));
            assertArrayEquals(new long[] {0, -1, -1, 1}, Ops.longs(RoutingLabels.of(coverage, 2, 0.6)));
            assertArrayEquals(new long[] {0, -1, -1, -1}, Ops.longs(RoutingLabels.of(coverage, 2, 0.9)));
        }
    }

    @Test
    void squaredErrorOfTheRoutingByHand() {
        try (Scope scope = Scope.open()) {
            float ln3 = (float) Math.log(3);
            Tensor logits = Ops.tensor(new float[] {0, 0, ln3, 0, 5, 5}, 1, 3, 2);
            logits.set_requires_grad(true);
            Tensor labels = Ops.tensor(new long[] {0, 0, RoutingLoss.BACKGROUND}, 1, 3);
            Tensor loss = RoutingLoss.meanSquare(List.of(logits), labels);
            // Weights 1/2, 1/2 and 3/4, 1/4 against 1, 0: (1/4 + 1/16) / 2.
            assertEquals(0.15625, loss.item().toDouble(), 1e-7);
            loss.backward();
            // p · (p − y − Σ p (p − y)) for each logit, half of it for each of two tokens.
            assertArrayEquals(
                    new float[] {-0.125f, 0.125f, -0.046875f, 0.046875f, 0, 0}, Ops.floats(logits.grad()), 1e-7f);
        }
    }

    @Test
    void aTypoInTheConfigNamesTheNearestKey() throws IOException {
        Path file = folder.resolve("faces.yaml");
        Files.writeString(file, "diffusion:\n  chekpointing: true\n");
        assertThatThrownBy(() -> TrainingConfig.read(
                        file,
                        List.of(),
                        DiffusionTraining.defaults(DiffusionSettings.FACES, Path.of("bundle"), Path.of("model.json"))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("chekpointing")
                .hasMessageContaining("checkpointing");
    }
}
