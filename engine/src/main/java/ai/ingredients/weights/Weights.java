package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Strict lookup of a model's parameters by official state-dict name.
 *
 * <p>A model takes what it needs while it is built, in nested scopes whose path is the name:
 * {@code weights.at("transformer_blocks").at(3).tensor("attn1.to_q.weight", d, d)}. Missing and wrongly shaped tensors
 * are noted, not thrown, so that {@link #verify} reports all of them together with the unexpected ones.
 *
 * <p><b>Ownership.</b> The tensors handed out belong to this object and live until {@link #close}; models borrow them.
 * Where device and dtype already fit they are views into the mapped file (no copy), otherwise converted copies. The
 * {@link TensorStore} must stay open as long as this object is.
 *
 * <p>Not thread-safe.
 */
public final class Weights implements AutoCloseable {
    private final Root root;
    private final String prefix;
    private final Compute compute;

    private Weights(Root root, String prefix, Compute compute) {
        this.root = root;
        this.prefix = prefix;
        this.compute = compute;
    }

    /** What the tensors are wanted for. */
    private enum Use {
        INFERENCE,
        TRAINING,
        /** Names and shapes only: tensors without storage. */
        CHECK
    }

    /** State shared by all scopes of one model. */
    private static final class Root {
        final TensorStore store;
        final Use use;
        final Map<String, Tensor> taken = new LinkedHashMap<>();
        final Set<String> used;
        final List<String> problems;

        Root(TensorStore store, Use use, Set<String> used, List<String> problems) {
            this.store = store;
            this.use = use;
            this.used = used;
            this.problems = problems;
        }
    }

    /** Weights for inference: views into {@code store} where possible. */
    public static Weights of(TensorStore store, Compute compute) {
        return new Weights(new Root(store, Use.INFERENCE, new LinkedHashSet<>(), new ArrayList<>()), "", compute);
    }

    /** Weights for training: own writable copies that require gradients. */
    public static Weights trainable(TensorStore store, Compute compute) {
        return new Weights(new Root(store, Use.TRAINING, new LinkedHashSet<>(), new ArrayList<>()), "", compute);
    }

    /** The same weights below {@code name}. */
    public Weights at(String name) {
        return new Weights(root, prefix + name + ".", compute);
    }

    /** The same weights below element {@code index} of a module list. */
    public Weights at(int index) {
        return at(Integer.toString(index));
    }

    /**
     * The same scope with an owner of its own: what is looked up through the result is freed when the result is closed,
     * however long this object lives. For layers that are brought to the device only while they compute.
     */
    public Weights lease() {
        return new Weights(new Root(root.store, root.use, root.used, new ArrayList<>()), prefix, compute);
    }

    /**
     * The same scope, but only names and shapes are looked at: the tensors handed out have no storage. What is wrong is
     * reported by {@link #verify} of this object. For parts that are loaded later, through {@link #lease}.
     */
    public Weights check() {
        return new Weights(new Root(root.store, Use.CHECK, root.used, root.problems), prefix, compute);
    }

    /** Where and in which dtype these weights live. */
    public Compute compute() {
        return compute;
    }

    /** The same scope and owner, handing out {@code dtype}: for parameters a model keeps more precise than the rest. */
    public Weights in(DType dtype) {
        return new Weights(root, prefix, compute.with(dtype));
    }

    /** The full state-dict name of {@code name} in this scope. */
    public String path(String name) {
        return prefix + name;
    }

    /** Whether the checkpoint holds {@code name} in this scope. */
    public boolean has(String name) {
        return root.store.names().contains(prefix + name);
    }

    /**
     * The parameter {@code name} of this scope.
     *
     * @param shape the shape the model needs
     * @return the tensor, or zeros when it is missing or has another shape; {@link #verify} then fails
     */
    public Tensor tensor(String name, long... shape) {
        String path = prefix + name;
        Tensor known = root.taken.get(path);
        if (known != null) {
            return known;
        }
        Tensor loaded;
        try (Scope scope = Scope.inference()) {
            loaded = Scope.retain(load(path, shape));
        }
        if (root.use == Use.TRAINING) {
            loaded.set_requires_grad(true);
        }
        root.taken.put(path, loaded);
        return loaded;
    }

    private Tensor load(String path, long[] shape) {
        TensorStore store = root.store;
        if (!store.names().contains(path)) {
            root.problems.add("missing    " + path + " " + Arrays.toString(shape));
            return torch.zeros(shape, compute.options());
        }
        root.used.add(path);
        TensorInfo info = store.info(path);
        if (!info.shape().equals(Arrays.stream(shape).boxed().toList())) {
            root.problems.add("wrong shape " + path + ": the file has " + info.shape() + ", the model needs "
                    + Arrays.toString(shape));
            return torch.zeros(shape, compute.options());
        }
        if (!info.dtype().floating()) {
            root.problems.add("wrong dtype " + path + ": the file has "
                    + info.dtype().tag() + ", the model needs floating point");
            return torch.zeros(shape, compute.options());
        }
        if (root.use == Use.CHECK) {
            return torch.zeros(
                    shape,
                    new TensorOptions(compute.dtype().scalarType())
                            .device(new DeviceOptional(new Device("meta"))));
        }
        Tensor stored = store.get(path);
        Tensor placed = compute.place(stored);
        boolean view = placed.data_ptr().address() == stored.data_ptr().address();
        return root.use == Use.TRAINING && view ? placed.clone() : placed;
    }

    /** Marks {@code name} as known but not needed, so that {@link #verify} does not call it unexpected. */
    public void ignore(String name) {
        root.used.add(prefix + name);
    }

    /** Every parameter taken so far by its full state-dict name, in the order of construction. */
    public Map<String, Tensor> parameters() {
        return Collections.unmodifiableMap(root.taken);
    }

    /**
     * Fails when the model and the checkpoint do not match exactly.
     *
     * @throws InvalidInputException listing every missing, unexpected and wrongly shaped tensor
     */
    public void verify() {
        List<String> problems = new ArrayList<>(root.problems);
        for (String name : root.store.names()) {
            if (name.startsWith(prefix) && !root.used.contains(name)) {
                problems.add("unexpected " + name + " " + root.store.info(name).shape());
            }
        }
        if (!problems.isEmpty()) {
            int shown = Math.min(problems.size(), 20);
            String more = problems.size() > shown ? "; and " + (problems.size() - shown) + " more" : "";
            throw new InvalidInputException(root.store.source() + ": the weights do not fit the model's config: "
                    + String.join("; ", problems.subList(0, shown)) + more
                    + ". Check that config.json and the weights belong together");
        }
    }

    /** Frees every tensor handed out. */
    @Override
    public void close() {
        root.taken.values().forEach(Tensor::close);
        root.taken.clear();
    }
}
