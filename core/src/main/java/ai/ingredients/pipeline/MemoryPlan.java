package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.pipeline.VideoListener.Stage;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.vae.Tiling;
import ai.ingredients.vae.VaeMemory;
import ai.ingredients.weights.TensorStore;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a video will take at its peaks, before anything is loaded: for each stage the weights that are loaded then and the
 * tensors of its computation. {@link #host} is what the system will call resident, {@link #device} what is allocated on
 * the CUDA device. Held against measured peaks by {@code ingredients bench}.
 *
 * @param compute where and in what is computed
 * @param level which models stay loaded; never {@link MemoryLevel#AUTO}
 * @param tiled whether frames are decoded in tiles
 * @param parts the stages, in order
 * @param free what the device, or on the CPU the system, had free
 */
public record MemoryPlan(Compute compute, MemoryLevel level, boolean tiled, List<Part> parts, long free) {
    /** The JVM, libtorch and MKL with nothing loaded, resident bytes. */
    private static final long PROCESS = 400L << 20;
    /** Not to be promised away: other programs, and what the allocator cannot use. */
    private static final double HEADROOM = 0.05;

    public MemoryPlan {
        parts = List.copyOf(parts);
    }

    /**
     * A stage.
     *
     * @param stage which
     * @param needed bytes that must be there on the compute device
     * @param mapped bytes of weights that are views into their file on top: without them it is slow, not impossible
     * @param staged bytes of the host's memory from which blocks are copied to a device; 0 on the CPU
     */
    public record Part(Stage stage, long needed, long mapped, long staged) {
        /** All that is resident. */
        public long all() {
            return needed + mapped;
        }
    }

    /**
     * What the weights of a model take, with its adapters, whose mode is settled; headers are read once.
     */
    record Models(ModelBundle bundle, Compute compute, WeightMemory text, WeightMemory transformer, WeightMemory vae) {
        static Models of(ModelBundle bundle, Compute compute) {
            return new Models(
                    bundle,
                    compute,
                    read(bundle, "text_encoder", store -> WeightMemory.of(store, compute, "encoder.block.")),
                    read(
                            bundle,
                            bundle.folder().transformer(),
                            store -> WeightMemory.of(store, compute, bundle.kept())),
                    read(bundle, "vae", store -> WeightMemory.of(store, compute, "no blocks")));
        }

        private static WeightMemory read(
                ModelBundle bundle, String component, Function<TensorStore, WeightMemory> memory) {
            Deque<Runnable> closers = new ArrayDeque<>();
            try {
                return memory.apply(bundle.stored(component, closers));
            } finally {
                closers.forEach(Runnable::run);
            }
        }

        /** The same in another type. */
        Models with(DType dtype) {
            return of(bundle, compute.with(dtype));
        }
    }

    /**
     * What is asked of the models.
     *
     * @param rows elements of a denoising step's batch
     * @param heard whether words are heard at people's places, which copies what attention takes
     */
    record Demand(VideoSize size, int rows, int people, int textTokens, boolean heard) {
        static Demand of(GenerationRequest request) {
            boolean photos = request.people() > 0 || request.firstFrame() != null;
            int rows = request.guided() ? 2 : 1;
            // with equal scales the middle row cancels, which a scale that changes from step to step does not keep up
            boolean equal = request.guided()
                    && request.guidance() == Guidance.CONSTANT
                    && request.imageGuidanceScale() == request.guidanceScale();
            boolean third = photos && request.imageGuidanceScale() != 1 && !equal;
            Layout layout = request.layout();
            boolean heard = layout != null
                    && layout.wordStrength() > 0
                    && request.people() > 1
                    && !request.mentions().isEmpty();
            return new Demand(
                    request.size(), rows + (third ? 1 : 0), request.people(), request.maxSequenceLength(), heard);
        }
    }

    /** The most bytes of this process resident at one time, its own programs included. */
    public long host() {
        long staged = parts.stream().mapToLong(Part::staged).max().orElse(0);
        return PROCESS + (compute.onCpu() ? most(true) : staged);
    }

    /** The most bytes allocated on the CUDA device at one time; 0 on the CPU. */
    public long device() {
        return compute.onCpu() ? 0 : most(true);
    }

    /** The most bytes that must be there at one time, on the device that computes. */
    public long needed() {
        return most(false);
    }

    private long most(boolean mapped) {
        return parts.stream()
                .mapToLong(part -> mapped ? part.all() : part.needed())
                .max()
                .orElse(0);
    }

    /** Whether it runs at full speed. */
    boolean fits() {
        return most(true) <= free * (1 - HEADROOM);
    }

    /** Whether it can end at all. */
    boolean possible() {
        return needed() <= free;
    }

    /** One line for a person. */
    public String words() {
        String stages = parts.stream()
                .map(part -> part.stage().label() + " " + gigabytes(part.all()))
                .collect(Collectors.joining(", "));
        return "memory: " + stages + " of " + gigabytes(free) + " free, level " + level + (tiled ? ", in tiles" : "");
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }

    /**
     * The plan for what is asked: without tiles where that fits, at the most resident level that does.
     *
     * @param free bytes that are free on the device that computes, with what is loaded already
     * @throws InvalidInputException when it cannot end; it names what can be set instead
     */
    static MemoryPlan choose(Models models, Demand demand, MemoryLevel asked, TilingChoice tiling, long free) {
        MemoryPlan last = null;
        for (boolean tiled : tilings(tiling)) {
            for (MemoryLevel level : levels(asked)) {
                last = of(models, demand, level, tiled, free);
                if (last.fits()) {
                    return last;
                }
            }
        }
        if (last == null || !last.possible()) {
            throw refusal(models, demand, asked, tiling, free);
        }
        return last;
    }

    private static List<Boolean> tilings(TilingChoice tiling) {
        return switch (tiling) {
            case ON -> List.of(true);
            case OFF -> List.of(false);
            case AUTO -> List.of(false, true);
        };
    }

    private static Set<MemoryLevel> levels(MemoryLevel asked) {
        return asked == MemoryLevel.AUTO ? EnumSet.complementOf(EnumSet.of(MemoryLevel.AUTO)) : EnumSet.of(asked);
    }

    private static InvalidInputException refusal(
            Models models, Demand demand, MemoryLevel asked, TilingChoice tiling, long free) {
        MemoryLevel level = asked == MemoryLevel.AUTO ? MemoryLevel.LAYER : asked;
        MemoryPlan tried = of(models, demand, level, tiling != TilingChoice.OFF, free);
        Part worst = tried.parts.stream()
                .max((a, b) -> Long.compare(a.needed(), b.needed()))
                .orElseThrow();
        return new InvalidInputException("a video of " + demand.size() + " needs " + gigabytes(worst.needed())
                + " for " + worst.stage().label() + ", " + gigabytes(free) + " are free; "
                + remedy(models, demand, level, tiling, free));
    }

    /** The setting that changes least and would do. */
    private static String remedy(Models models, Demand demand, MemoryLevel level, TilingChoice tiling, long free) {
        boolean tiled = tiling != TilingChoice.OFF;
        for (boolean inTiles : tiled ? List.of(true) : List.of(false, true)) {
            for (MemoryLevel lower : EnumSet.range(level, MemoryLevel.LAYER)) {
                if (of(models, demand, lower, inTiles, free).possible()) {
                    return said(lower == level ? null : lower, inTiles && !tiled, null);
                }
            }
        }
        if (models.compute().dtype() == DType.FP32) {
            Models half = models.with(DType.BF16);
            for (MemoryLevel lower : EnumSet.range(level, MemoryLevel.LAYER)) {
                if (of(half, demand, lower, true, free).possible()) {
                    return said(lower == level ? null : lower, !tiled, DType.BF16);
                }
            }
        }
        return "use fewer `frames`, a smaller `height` and `width`, or free some memory";
    }

    private static String said(@Nullable MemoryLevel level, boolean tiling, @Nullable DType dtype) {
        List<String> settings = new ArrayList<>();
        if (level != null) {
            settings.add("`memory` " + level);
        }
        if (tiling) {
            settings.add("`tiling` on");
        }
        if (dtype != null) {
            settings.add("`dtype` " + dtype);
        }
        return "use " + String.join(" and ", settings);
    }

    /** The plan at one level, with or without tiles. */
    static MemoryPlan of(Models models, Demand demand, MemoryLevel level, boolean tiled, long free) {
        List<Part> parts = new ArrayList<>();
        Held held = new Held(level, !models.compute.onCpu());
        parts.add(held.part(Stage.TEXT, models.text, Activations.text(models, demand)));
        if (models.bundle.transformer().imageConditioned() && demand.people() > 0) {
            parts.add(held.part(Stage.PEOPLE, models.vae, decoding(models, demand.size(), 1, tiled)));
        }
        parts.add(held.part(Stage.DENOISING, models.transformer, Activations.denoising(models, demand)));
        int frames = demand.size().latentFrames();
        parts.add(held.part(Stage.DECODING, models.vae, decoding(models, demand.size(), frames, tiled)));
        return new MemoryPlan(models.compute, level, tiled, parts, free);
    }

    private static long decoding(Models models, VideoSize size, int frames, boolean tiled) {
        var config = models.bundle.vae();
        Tiling tiling = tiled ? Tiling.on(config) : Tiling.off(config);
        return VaeMemory.decodeBytes(
                config, models.compute.dtype(), tiling, frames, size.latentHeight(), size.latentWidth());
    }

    /** What stays loaded from stage to stage. */
    private static final class Held {
        private final MemoryLevel level;
        private final boolean device;
        private final Set<WeightMemory> loaded = Collections.newSetFromMap(new IdentityHashMap<>());

        Held(MemoryLevel level, boolean device) {
            this.level = level;
            this.device = device;
        }

        Part part(Stage stage, WeightMemory weights, long computing) {
            if (level == MemoryLevel.LAYER && device) { // the block that computes and the one that is copied meanwhile
                return new Part(stage, weights.streamed() + computing, 0, weights.staged());
            }
            if (level == MemoryLevel.LAYER) {
                long copies = weights.streamedCopies();
                return new Part(stage, copies + computing, weights.streamed() - copies, 0);
            }
            if (level == MemoryLevel.MODEL) {
                loaded.clear();
            }
            loaded.add(weights);
            return new Part(
                    stage,
                    loaded.stream().mapToLong(WeightMemory::copied).sum() + computing,
                    loaded.stream().mapToLong(WeightMemory::mapped).sum(),
                    0);
        }
    }
}
