package ai.ingredients.pipeline;

import ai.ingredients.tensor.Compute;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.WeightsDtype;

/**
 * What the weights of a checkpoint take on the compute device, from the headers of its files.
 *
 * @param compute device and dtype
 * @param textEncoder bytes
 * @param transformer bytes
 * @param vae bytes
 */
public record MemoryEstimate(Compute compute, long textEncoder, long transformer, long vae) {
    /** Left for activations and for other programs, as a share of what is free. */
    private static final double HEADROOM = 0.25;

    /** Reads the headers of {@code bundle}'s weights. */
    public static MemoryEstimate of(ModelBundle bundle, Compute compute) {
        return new MemoryEstimate(
                compute,
                bytes(bundle, "text_encoder", compute),
                transformer(bundle, compute),
                bytes(bundle, "vae", compute));
    }

    private static long transformer(ModelBundle bundle, Compute compute) {
        if (bundle.kept() == WeightsDtype.SAME) {
            return bytes(bundle, bundle.folder().transformer(), compute);
        }
        try (TensorStore store = bundle.folder().weights(bundle.folder().transformer())) {
            return WeightMemory.of(store, compute, bundle.kept()).all();
        }
    }

    private static long bytes(ModelBundle bundle, String component, Compute compute) {
        try (TensorStore store = bundle.folder().weights(component)) {
            return store.names().stream()
                            .mapToLong(name -> store.info(name).elements())
                            .sum()
                    * compute.dtype().bytes();
        }
    }

    /** The most resident level whose weights fit what is free now. */
    public MemoryLevel levelThatFits() {
        double available = compute.freeBytes() * (1 - HEADROOM);
        if (textEncoder + transformer + vae <= available) {
            return MemoryLevel.NONE;
        }
        boolean modelFits = Math.max(textEncoder, Math.max(transformer, vae)) <= available;
        return modelFits ? MemoryLevel.MODEL : MemoryLevel.LAYER;
    }
}
