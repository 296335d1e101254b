package ai.ingredients.benchmarks;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.Portrait;
import ai.ingredients.VideoBuilder;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.drawn.CastCases;
import ai.ingredients.pipeline.GuidanceInterval;
import ai.ingredients.pipeline.MagCache;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Placement;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.NativeMemory;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.WeightsDtype;
import ai.ingredients.weights.lora.LoraMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Many videos in one process, each with another switch in turn, the model opened and closed for each: what the native
 * allocator has handed out must not grow from one round of all switches to the next. Prints live native memory after each
 * round, and ends with 1 when it grew.
 *
 * <pre>{@code
 * java … ai.ingredients.benchmarks.EverySwitchCheck models/demo 100
 * }</pre>
 */
public final class EverySwitchCheck {
    private static final int STEPS = 4;
    /** What a round may keep: caches of kernels for shapes it saw for the first time. */
    private static final long SLACK = 1L << 20;

    private EverySwitchCheck() {}

    /** Something a user can turn on: when the model is opened, or for a video. */
    private record Switch(String name, UnaryOperator<Options> options, Consumer<VideoBuilder> video) {
        static Switch of(String name, Consumer<VideoBuilder> video) {
            return new Switch(name, options -> options, video);
        }

        static Switch opened(String name, UnaryOperator<Options> options) {
            return new Switch(name, options, video -> {});
        }
    }

    /** Model folder, number of videos. */
    public static void main(String[] args) throws IOException {
        Path model = Path.of(args[0]);
        int videos = Integer.parseInt(args[1]);
        Path adapter = Files.createTempFile("adapter", ".safetensors");
        boolean flat;
        try {
            writeAdapter(model, adapter);
            flat = flat(model, videos, switches(adapter));
        } finally {
            Files.delete(adapter);
        }
        System.exit(flat ? 0 : 1);
    }

    private static List<Switch> switches(Path adapter) {
        List<Switch> all = new ArrayList<>(List.of(Switch.of("plain", video -> {})));
        for (MemoryLevel level : List.of(MemoryLevel.MODEL, MemoryLevel.LAYER)) {
            all.add(Switch.opened("memory " + level, options -> options.withMemory(level)));
        }
        all.add(Switch.opened("bf16", options -> options.withDtype(DType.BF16)));
        all.add(Switch.opened("tiles", options -> options.withTiling(TilingChoice.ON)));
        all.add(Switch.opened("adapter, merged", options -> options.withLora(adapter)));
        all.add(Switch.opened(
                "adapter, beside", options -> options.withLora(adapter, 0.5).withLoraMode(LoraMode.SIDE_BY_SIDE)));
        for (MemoryLevel level : List.of(MemoryLevel.NONE, MemoryLevel.LAYER)) {
            all.add(Switch.opened(
                    "8 bits, memory " + level,
                    options -> options.withWeightsDtype(WeightsDtype.INT8).withMemory(level)));
        }
        for (Scheduler.Kind kind : Scheduler.Kind.values()) {
            all.add(Switch.of("scheduler " + kind, video -> video.scheduler(kind)));
        }
        all.add(Switch.of("magcache", video -> video.magCache(MagCache.parse("1,2,0.2"))));
        all.add(Switch.of("guidance interval", video -> video.guidanceInterval(new GuidanceInterval(0.25, 0.75))));
        all.add(Switch.of("no canvas", VideoBuilder::withoutCanvas));
        all.add(Switch.of("face scale 0", video -> video.faceScale(0)));
        all.add(Switch.of("router exchanged", video -> video.routerOrder(List.of(1, 0))));
        all.add(Switch.of("place", video -> video.place(new Placement(0, Placement.Region.LEFT, null))));
        all.add(Switch.of("another size", video -> video.size(96, 64).frames(9)));
        return all;
    }

    private static void writeAdapter(Path model, Path file) {
        TransformerConfig config = ModelBundle.open(model).transformer();
        long width = (long) config.numAttentionHeads() * config.attentionHeadDim();
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            String layer = "transformer.transformer_blocks.0.attn1.to_q.";
            tensors.put(layer + "lora_A.weight", torch.randn(2, width));
            tensors.put(layer + "lora_B.weight", torch.randn(width, 2));
            SafetensorsWriter.write(file, tensors, Map.of());
        }
    }

    private static boolean flat(Path model, int videos, List<Switch> switches) {
        EvaluationCase one = new CastCases(1, 2, 31).get(0);
        List<Long> rounds = new ArrayList<>();
        for (int i = 0; i < videos; i++) {
            Switch now = switches.get(i % switches.size());
            Options options = now.options.apply(Options.DEFAULT.withMemory(MemoryLevel.NONE));
            try (Ingredients ingredients = Ingredients.open(model, options)) {
                VideoBuilder video = ingredients
                        .video(PersonWords.plain(one.caption()))
                        .steps(STEPS)
                        .seed(i);
                one.photos().forEach(photo -> video.person(Portrait.of(photo.picture())));
                now.video.accept(video);
                video.generate();
            }
            if ((i + 1) % switches.size() == 0) {
                rounds.add(NativeMemory.liveBytes());
                System.out.printf(
                        Locale.ROOT,
                        "after %d videos, %d of each of %d switches: %.2f MB live in native memory%n",
                        i + 1,
                        rounds.size(),
                        switches.size(),
                        rounds.getLast() / 1e6);
            }
        }
        if (rounds.size() < 3) {
            throw new IllegalArgumentException("too few videos for three rounds of " + switches.size() + " switches");
        }
        long grown = rounds.getLast() - rounds.get(1);
        return grown <= SLACK * (rounds.size() - 2);
    }
}
