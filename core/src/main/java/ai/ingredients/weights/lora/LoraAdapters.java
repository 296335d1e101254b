package ai.ingredients.weights.lora;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.LowRankTerm;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adapters of one or more files, found to fit a model's weights.
 *
 * <pre>{@code
 * LoraAdapters adapters = LoraAdapters.open(loras, store);
 * Weights weights = Weights.of(adapters.over(store, mode), compute);
 * }</pre>
 *
 * <p>W becomes W + Σ scale · alpha / rank · up · down, computed in fp32 (paper section 4.1). Convolutions are always merged:
 * they are few and small.
 *
 * <p>Owns the adapters' files, which must stay open as long as the weights are in use. Thread-safe for reading.
 */
public final class LoraAdapters implements AutoCloseable {
    private static final int SHOWN = 3;

    private static final String WEIGHT = ".weight";

    /**
     * An adapter of a file, and where it goes.
     *
     * @param factor how often it counts in all
     * @param matrix whether it is for a matrix, not for a convolution's filters
     */
    private record Part(LoraFile file, LoraFile.Adapter adapter, double factor, boolean matrix) {
        boolean stands(LoraMode mode) {
            return mode == LoraMode.SIDE_BY_SIDE && matrix;
        }
    }

    private final List<LoraFile> files;
    /** By the state-dict name of the weight. */
    private final Map<String, List<Part>> parts = new LinkedHashMap<>();

    private LoraAdapters(List<LoraFile> files) {
        this.files = files;
    }

    /**
     * Opens the files of {@code loras} and finds their layers in {@code base}; reads no weights.
     *
     * @param base the model's weights under their state-dict names; stays the caller's
     * @throws InvalidInputException when one of them is no file of adapters, or made for another model; it says what fits
     */
    public static LoraAdapters open(List<Lora> loras, TensorStore base) {
        LoraAdapters adapters = new LoraAdapters(new ArrayList<>());
        try {
            Map<String, String> layers = layers(base);
            for (Lora lora : loras) {
                LoraFile file = LoraFile.open(lora.path());
                adapters.files.add(file);
                adapters.add(file, lora.scale(), layers, base);
            }
            return adapters;
        } catch (RuntimeException e) {
            adapters.close();
            throw e;
        }
    }

    /** The layers with a matrix or a filter, each by its name and by that with underscores for points. */
    private static Map<String, String> layers(TensorStore base) {
        Map<String, String> layers = new LinkedHashMap<>();
        for (String name : base.names()) {
            if (name.endsWith(WEIGHT) && base.info(name).shape().size() >= 2) {
                String layer = name.substring(0, name.length() - WEIGHT.length());
                layers.put(layer, layer);
                layers.put(layer.replace('.', '_'), layer);
            }
        }
        return layers;
    }

    private void add(LoraFile file, double scale, Map<String, String> layers, TensorStore base) {
        List<String> text = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        for (LoraFile.Adapter adapter : file.adapters()) {
            String layer = LoraName.inModel(adapter.layer(), layers);
            if (layer != null && fits(file, adapter, base.info(layer + WEIGHT))) {
                parts.computeIfAbsent(layer + WEIGHT, weight -> new ArrayList<>())
                        .add(new Part(
                                file,
                                adapter,
                                scale * adapter.factor(),
                                base.info(layer + WEIGHT).shape().size() == 2));
            } else if (layer != null) {
                misshapen.add(layer + " " + shape(file, adapter) + ", here "
                        + base.info(layer + WEIGHT).shape());
            } else if (LoraName.ofTextEncoder(adapter.layer())) {
                text.add(ForeignText.shown(adapter.layer()));
            } else {
                unknown.add(ForeignText.shown(adapter.layer()));
            }
        }
        String all = " of its " + file.adapters().size() + " layers ";
        if (!text.isEmpty()) {
            throw new InvalidInputException(file.file() + ": " + text.size() + all + "are a text encoder's ("
                    + some(text) + "); adapters are added to the video transformer only, so take a file without those");
        }
        if (!unknown.isEmpty()) {
            throw new InvalidInputException(file.file() + ": " + unknown.size() + all + "are not in this model ("
                    + some(unknown) + "), so it was trained on another; " + whatFits(layers, base));
        }
        if (!misshapen.isEmpty()) {
            throw new InvalidInputException(file.file() + ": " + misshapen.size() + all
                    + "have another shape than this model's (" + some(misshapen)
                    + "), so it was trained on another size or version; " + whatFits(layers, base));
        }
    }

    private static boolean fits(LoraFile file, LoraFile.Adapter adapter, TensorInfo weight) {
        long out = weight.shape().getFirst();
        return file.info(adapter.up()).shape().getFirst() == out
                && file.info(adapter.down()).elements() / adapter.rank() == weight.elements() / Math.max(out, 1);
    }

    private static List<Long> shape(LoraFile file, LoraFile.Adapter adapter) {
        return List.of(
                file.info(adapter.up()).shape().getFirst(),
                file.info(adapter.down()).elements() / adapter.rank());
    }

    private static String some(List<String> examples) {
        return String.join(", ", examples.subList(0, Math.min(SHOWN, examples.size())))
                + (examples.size() > SHOWN ? ", …" : "");
    }

    private static String whatFits(Map<String, String> layers, TensorStore base) {
        Set<String> own = new LinkedHashSet<>(layers.values());
        String example = own.stream()
                .filter(layer -> layer.endsWith("attn1.to_q"))
                .findFirst()
                .orElse(own.isEmpty() ? "none" : own.iterator().next());
        String shape = own.isEmpty() ? "" : " " + base.info(example + WEIGHT).shape();
        long blocks = own.stream()
                .filter(layer -> layer.matches("transformer_blocks\\.\\d+\\.attn1\\.to_q"))
                .count();
        return "what fits are adapters of layers such as " + example + shape + ", in a model of " + blocks + " blocks";
    }

    /** The weights that change. */
    public Set<String> names() {
        return Set.copyOf(parts.keySet());
    }

    /** {@code base} as the model is to read it; the mode is settled. Closing the result closes {@code base}. */
    public TensorStore over(TensorStore base, LoraMode mode) {
        return new Adapted(base, mode);
    }

    /** In fp32 on the CPU, in the current scope. */
    private static LowRankTerm term(Part part) {
        Tensor down = part.file.get(part.adapter.down()).to(ScalarType.Float).flatten(1, -1); // [rank, in]
        Tensor up = part.file.get(part.adapter.up()).to(ScalarType.Float).flatten(1, -1); // [out, rank]
        if (!torch.isfinite(down).all().item().toBool()
                || !torch.isfinite(up).all().item().toBool()) {
            throw new InvalidInputException(part.file.file() + ": the adapter of "
                    + ForeignText.shown(part.adapter.layer())
                    + " holds values that are no numbers; the file is damaged or its training failed");
        }
        return new LowRankTerm(down, Ops.scale(up, part.factor));
    }

    @Override
    public void close() {
        files.forEach(LoraFile::close);
    }

    /** A model's weights with adapters: multiplied out as they are read, or told of beside them. */
    private final class Adapted implements TensorStore {
        private final TensorStore base;
        private final LoraMode mode;

        Adapted(TensorStore base, LoraMode mode) {
            this.base = base;
            this.mode = mode;
        }

        private List<Part> merged(String name) {
            return parts.getOrDefault(name, List.of()).stream()
                    .filter(part -> !part.stands(mode))
                    .toList();
        }

        @Override
        public Set<String> names() {
            return base.names();
        }

        /** A merged weight is fp32, so that it is rounded once. */
        @Override
        public TensorInfo info(String name) {
            TensorInfo stored = base.info(name);
            return merged(name).isEmpty() ? stored : new TensorInfo(DType.FP32, stored.shape());
        }

        @Override
        public Tensor get(String name) {
            List<Part> added = merged(name);
            if (added.isEmpty()) {
                return base.get(name);
            }
            return Scope.of(() -> {
                Tensor stored = base.get(name);
                Tensor sum = stored.to(ScalarType.Float);
                for (Part part : added) {
                    sum = sum.add(term(part).product().reshape(Ops.shape(stored)));
                }
                return sum;
            });
        }

        @Override
        public List<LowRankTerm> beside(String name) {
            return parts.getOrDefault(name, List.of()).stream()
                    .filter(part -> part.stands(mode))
                    .map(LoraAdapters::term)
                    .toList();
        }

        @Override
        public long elementsBeside(String name) {
            return parts.getOrDefault(name, List.of()).stream()
                    .filter(part -> part.stands(mode))
                    .mapToLong(part -> part.file.info(part.adapter.up()).elements()
                            + part.file.info(part.adapter.down()).elements())
                    .sum();
        }

        @Override
        public boolean computed(String name) {
            return !merged(name).isEmpty();
        }

        @Override
        public void readAhead() {
            base.readAhead();
        }

        @Override
        public void bringIn(String name) {
            base.bringIn(name);
        }

        @Override
        public void giveBack(String name) {
            base.giveBack(name);
        }

        @Override
        public String source() {
            return base.source();
        }

        @Override
        public void close() {
            base.close();
        }
    }
}
