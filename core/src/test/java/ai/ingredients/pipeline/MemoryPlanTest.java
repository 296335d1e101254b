package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.pipeline.MemoryPlan.Demand;
import ai.ingredients.pipeline.MemoryPlan.Models;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.WeightsDtype;
import ai.ingredients.weights.lora.Lora;
import ai.ingredients.weights.lora.LoraMode;
import ai.ingredients.weights.lora.Loras;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is chosen for the memory that is free, and what is refused with which way out. */
class MemoryPlanTest {
    private static final VideoSize SIZE = new VideoSize(9, 64, 96);
    private static final Demand DEMAND = new Demand(SIZE, 2, 2, 226, false);
    /** Nothing that is free is promised away to the last byte. */
    private static final double ROOM = 1.06;

    /** In bf16 the weights of this bundle, which are fp32, are copied. */
    private static Models copied;

    private static Models mapped;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        mapped = Models.of(bundle, Compute.CPU_FP32);
        copied = Models.of(bundle, Compute.CPU_FP32.with(DType.BF16));
    }

    private static long resident(MemoryLevel level, Models models) {
        MemoryPlan plan = MemoryPlan.of(models, DEMAND, level, false, 0);
        return plan.parts().stream().mapToLong(MemoryPlan.Part::all).max().orElseThrow();
    }

    @Test
    void weightsThatNeedNoConversionAreViewsAndOthersCopies() {
        assertThat(mapped.transformer().copied()).isZero();
        assertThat(mapped.transformer().mapped()).isPositive();
        assertThat(copied.transformer().mapped()).isZero();
        assertThat(copied.transformer().copied()).isEqualTo(mapped.transformer().mapped() / 2);
        assertThat(copied.transformer().streamed())
                .isLessThan(copied.transformer().all());
    }

    /** A weight that an adapter is merged into is a copy, whatever the type; beside it only the thin matrices are. */
    @Test
    void adaptersAreCountedAsTheyAreAdded() {
        Path file = folder.resolve("style.safetensors");
        String layer = "lora_unet_transformer_blocks_0_attn1_to_v.";
        try (Scope scope = Scope.inference()) {
            SafetensorsWriter.write(
                    file,
                    Map.of(
                            layer + "lora_down.weight", Ops.tensor(new float[2 * 96], 2, 96),
                            layer + "lora_up.weight", Ops.tensor(new float[96 * 2], 96, 2)),
                    Map.of());
        }
        Loras style = Loras.NONE.and(new Lora(file, 1));
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());

        WeightMemory merged = Models.of(bundle.with(style.in(LoraMode.MERGED)), Compute.CPU_FP32)
                .transformer();
        WeightMemory beside = Models.of(bundle.with(style.in(LoraMode.SIDE_BY_SIDE)), Compute.CPU_FP32)
                .transformer();

        WeightMemory plain = mapped.transformer();
        assertThat(merged.copied()).isEqualTo(96 * 96 * 4);
        assertThat(merged.mapped()).isEqualTo(plain.mapped() - 96 * 96 * 4);
        assertThat(beside.copied()).isEqualTo(2 * 2 * 96 * 4);
        assertThat(beside.mapped()).isEqualTo(plain.mapped());
        assertThat(beside.block()).isEqualTo(plain.block() + 2 * 2 * 96 * 4);
        assertThat(Models.of(bundle.with(style.in(LoraMode.MERGED)), Compute.CPU_FP32.with(DType.BF16))
                        .transformer())
                .isEqualTo(copied.transformer());
        try (VideoGenerator generator =
                new VideoGenerator(bundle.with(style), Compute.CPU_FP32, MemoryLevel.MODEL, TilingChoice.OFF)) {
            assertThat(generator.weights())
                    .as("the mode is settled by the level")
                    .isEqualTo(merged);
        }
    }

    /** In 8 bits the blocks are copies of half the size of bf16's; what they are multiplied out into comes on top. */
    @Test
    void matricesOfEightBitsAreCountedAsTheyAreKept() {
        ModelBundle small = ModelBundle.open(Fixture.bundle()).with(WeightsDtype.INT8);
        Compute half = Compute.CPU_FP32.with(DType.BF16);
        Models models = Models.of(small, half);
        long kept = 0;
        try (TensorStore store = small.folder().weights("transformer")) {
            for (String name : store.names()) {
                TensorInfo info = store.info(name);
                kept += VideoTransformer.keptOtherwise(name, info)
                        ? info.elements() + 4 * info.shape().getFirst()
                        : 2 * info.elements();
            }
        }
        assertThat(models.transformer().all())
                .isEqualTo(kept)
                .isLessThan(copied.transformer().all());
        assertThat(models.text()).isEqualTo(copied.text());
        assertThat(MemoryEstimate.of(small, half).transformer()).isEqualTo(kept);
        assertThat(Activations.denoising(models, DEMAND) - Activations.denoising(copied, DEMAND))
                .isEqualTo(96L * 4 * 96 * 2);
        // Blocks that come one by one are read as they are stored.
        WeightMemory streamed = models.transformer();
        assertThat(streamed.streamed())
                .isEqualTo(Math.min(kept, streamed.outside() + streamed.block() + streamed.ahead()));
        assertThat(streamed.ahead()).isGreaterThan(3 * streamed.block());
        assertThat(copied.transformer().ahead()).isEqualTo(copied.transformer().block());
    }

    @Test
    void lessStaysLoadedAtEachLevel() {
        for (Models models : List.of(mapped, copied)) {
            assertThat(resident(MemoryLevel.NONE, models)).isGreaterThan(resident(MemoryLevel.MODEL, models));
            assertThat(resident(MemoryLevel.MODEL, models)).isGreaterThanOrEqualTo(resident(MemoryLevel.LAYER, models));
        }
    }

    @Test
    void theMostResidentLevelThatFitsIsChosen() {
        for (MemoryLevel level : List.of(MemoryLevel.NONE, MemoryLevel.MODEL)) {
            long free = (long) (ROOM * resident(level, copied));
            MemoryPlan plan = MemoryPlan.choose(copied, DEMAND, MemoryLevel.AUTO, TilingChoice.OFF, free);
            assertThat(plan.level()).isEqualTo(level);
            assertThat(plan.tiled()).isFalse();
            assertThat(plan.free()).isEqualTo(free);
        }
    }

    @Test
    void tilesComeLast() {
        Demand large = new Demand(new VideoSize(9, 480, 720), 1, 0, 226, false);
        MemoryPlan whole = MemoryPlan.of(copied, large, MemoryLevel.LAYER, false, 0);
        MemoryPlan tiled = MemoryPlan.of(copied, large, MemoryLevel.LAYER, true, 0);
        assertThat(tiled.needed()).isLessThan(whole.needed());
        long between = (tiled.needed() + whole.needed()) / 2;
        MemoryPlan chosen = MemoryPlan.choose(copied, large, MemoryLevel.AUTO, TilingChoice.AUTO, between);
        assertThat(chosen.tiled()).isTrue();
        assertThat(chosen.words()).contains("decoding frames", "in tiles", "free");
        assertThatThrownBy(() -> MemoryPlan.choose(copied, large, MemoryLevel.AUTO, TilingChoice.OFF, between))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("use `tiling` on");
    }

    @Test
    void viewsThatDoNotFitMakeItSlowNotImpossible() {
        MemoryPlan all = MemoryPlan.of(mapped, DEMAND, MemoryLevel.NONE, false, 0);
        long free = all.needed() + 1;
        assertThat(MemoryPlan.choose(mapped, DEMAND, MemoryLevel.NONE, TilingChoice.OFF, free)
                        .level())
                .isEqualTo(MemoryLevel.NONE);
    }

    @Test
    void aLevelThatCannotEndIsRefusedWithTheOneThatCan() {
        long free = MemoryPlan.of(copied, DEMAND, MemoryLevel.MODEL, false, 0).needed();
        assertThatThrownBy(() -> MemoryPlan.choose(copied, DEMAND, MemoryLevel.NONE, TilingChoice.OFF, free))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("9 frames of 96x64 needs")
                .hasMessageContaining("use `memory` model");
        assertThatThrownBy(() -> MemoryPlan.choose(mapped, DEMAND, MemoryLevel.LAYER, TilingChoice.ON, 1 << 20))
                .hasMessageContaining("use fewer `frames`");
    }

    @Test
    void halfPrecisionIsNamedWhereItWouldDo() {
        Demand large = new Demand(new VideoSize(9, 480, 720), 1, 0, 226, false);
        long half = MemoryPlan.of(copied, large, MemoryLevel.LAYER, true, 0).needed();
        assertThatThrownBy(() -> MemoryPlan.choose(mapped, large, MemoryLevel.LAYER, TilingChoice.AUTO, half))
                .hasMessageContaining("use `dtype` bf16");
    }

    @Test
    void moreRowsAndMorePixelsTakeMore() {
        long one = Activations.denoising(mapped, new Demand(SIZE, 1, 0, 226, false));
        long three = Activations.denoising(mapped, new Demand(SIZE, 3, 0, 226, false));
        assertThat(three).isEqualTo(3 * one);
        assertThat(Activations.denoising(mapped, new Demand(new VideoSize(49, 64, 96), 1, 0, 226, false)))
                .isGreaterThan(one);
    }

    @Test
    void rowsAreThoseThatTheLoopComputes() {
        GenerationRequest.Builder request =
                ModelBundle.open(Fixture.bundle()).request("A walk.").people(1).guidanceScale(6);
        assertThat(Demand.of(request.imageGuidanceScale(1).build()).rows()).isEqualTo(2);
        assertThat(Demand.of(request.imageGuidanceScale(6).build()).rows()).isEqualTo(2);
        assertThat(Demand.of(request.imageGuidanceScale(3).build()).rows()).isEqualTo(3);
        assertThat(Demand.of(request.guidanceScale(1).build()).rows()).isEqualTo(2);
        // a scale that changes from step to step equals the image's at most by chance
        request.guidanceScale(6).imageGuidanceScale(6);
        assertThat(Demand.of(request.guidance(Guidance.DYNAMIC).build()).rows()).isEqualTo(3);
        request.guidance(Guidance.CONSTANT).imageGuidanceScale(3);
        // without the canvas there are still the identities
        assertThat(Demand.of(request.steering(Steering.NONE.withoutCanvas()).build())
                        .rows())
                .isEqualTo(3);
        assertThat(Demand.of(request.people(0).build()).rows()).isEqualTo(2);
    }

    /** A layout copies what attention takes, where somebody's words are heard at their place. */
    @Test
    void wordsThatAreHeardAtPlacesTakeMore() {
        GenerationRequest.Builder request =
                ModelBundle.open(Fixture.bundle()).request("").people(2).layout(new Layout(0.1, 0.5));
        PersonWords words = new PersonWords(List.of("ada", ""), Map.of());
        request.prompt(words.read("prompt", "@ada walks."));
        assertThat(Demand.of(request.build()).heard()).isTrue();
        assertThat(Demand.of(request.layout(new Layout(0.1, 0.5, 0)).build()).heard())
                .isFalse();
        assertThat(Demand.of(request.layout(null).build()).heard()).isFalse();
        request.layout(new Layout(0.1, 0.5));
        assertThat(Demand.of(request.people(1).build()).heard()).isFalse();
        assertThat(Demand.of(request.people(2).prompt("A walk.").build()).heard())
                .isFalse();
        assertThat(Activations.denoising(mapped, new Demand(SIZE, 2, 2, 226, true)))
                .isGreaterThan(Activations.denoising(mapped, DEMAND));
    }

    @Test
    void onADeviceThreeRowsCountAndTwoBlocksAreThere() {
        Models device = Models.of(ModelBundle.open(Fixture.bundle()), new Compute("cuda", DType.BF16));
        Demand two = new Demand(SIZE, 2, 1, 226, false);
        Demand three = new Demand(SIZE, 3, 1, 226, false);
        MemoryPlan narrow = MemoryPlan.of(device, two, MemoryLevel.LAYER, false, 0);
        MemoryPlan wide = MemoryPlan.of(device, three, MemoryLevel.LAYER, false, 0);
        assertThat(denoising(wide) - denoising(narrow))
                .isEqualTo(Activations.denoising(device, three) - Activations.denoising(device, two))
                .isPositive();
        WeightMemory weights = device.transformer();
        assertThat(denoising(narrow))
                .isEqualTo(weights.outside() + 2 * weights.block() + Activations.denoising(device, two));
        MemoryPlan whole = MemoryPlan.of(device, two, MemoryLevel.MODEL, false, 0);
        assertThat(narrow.device()).isLessThanOrEqualTo(whole.device());
        // two pieces of staging memory of the larger blocks lie on the host
        assertThat(narrow.host() - whole.host())
                .isEqualTo(2 * Math.max(weights.block(), device.text().block()));
    }

    private static long denoising(MemoryPlan plan) {
        return plan.parts().stream()
                .filter(part -> part.stage() == VideoListener.Stage.DENOISING)
                .mapToLong(MemoryPlan.Part::needed)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatCannotEndIsRefusedBeforeAnythingIsLoaded() {
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        GenerationRequest request =
                bundle.request("A walk.").size(80001, 8192, 8192).steps(1).build();
        List<String> told = new ArrayList<>();
        VideoListener listener = new VideoListener() {
            @Override
            public void begins(Stage stage, int total) {
                told.add("began " + stage);
            }
        };
        try (VideoGenerator generator =
                new VideoGenerator(bundle, Compute.CPU_FP32, MemoryLevel.AUTO, TilingChoice.AUTO)) {
            assertThatThrownBy(() -> generator.generate(
                            request, null, frames -> told.add("frames"), GenerationListener.all(List.of(listener))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("are free");
        }
        assertThat(told).isEmpty();
    }
}
