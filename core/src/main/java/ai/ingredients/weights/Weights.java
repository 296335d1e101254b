package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.CopyLane;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

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
    private final WeightsDtype matrices;

    private Weights(Root root, String prefix, Compute compute, WeightsDtype matrices) {
        this.root = root;
        this.prefix = prefix;
        this.compute = compute;
        this.matrices = matrices;
    }

    private Weights(Root root, Compute compute) {
        this(root, "", compute, WeightsDtype.SAME);
    }

    /** Values for parameters that no checkpoint holds. */
    @FunctionalInterface
    public interface Initial {
        /**
         * The first values of a parameter, fp32 on the CPU, owned by the innermost scope.
         *
         * @param name full state-dict name
         * @param shape as the model needs it
         */
        Tensor values(String name, long... shape);
    }

    /** What the tensors are wanted for. */
    private enum Use {
        INFERENCE,
        TRAINING,
        /** Names and shapes only: tensors without storage. */
        CHECK,
        /** As {@link #CHECK}, of a model that no checkpoint holds. */
        IMAGINED,
        /** As {@link #INFERENCE}, for a while: pages of the file go when it ends. */
        VISIT
    }

    /** In which way a tensor of the model and one of the checkpoint differ. */
    private enum Problem {
        MISSING("missing"),
        WRONG_SHAPE("wrong shape"),
        WRONG_DTYPE("wrong dtype"),
        UNEXPECTED("unexpected");

        private static final int SHOWN = 8;
        private final String text;

        Problem(String text) {
            this.text = text;
        }

        String describe(Set<String> tensors) {
            String more = tensors.size() > SHOWN ? " and " + (tensors.size() - SHOWN) + " more" : "";
            return tensors.size() + " " + text + ": "
                    + tensors.stream().limit(SHOWN).collect(Collectors.joining(", ")) + more;
        }
    }

    private static final int MOST_PROBLEMS = 1000;

    /** One piece of the device's memory and what lies in it. */
    private record Arrived(BlockLayout layout, Tensor piece) {}

    /** State shared by all scopes of one model. */
    private static final class Root {
        final TensorStore store;
        final Use use;
        final @Nullable Initial initial;
        /** Told how many bytes of the checkpoint each tensor was, once its values are in memory; none: they come later. */
        final @Nullable LongConsumer eager;

        /** What {@link #expect} has begun. */
        CompletableFuture<@Nullable Void> coming = CompletableFuture.completedFuture(null);

        /** What {@link #feed} has made. */
        final List<BlockFeed> feeds = new ArrayList<>();

        /** Where copies to the device are made beside its computing; none for the device's own. */
        @Nullable
        CopyLane lane;

        /** A block that was brought to the device as a whole, and where its tensors lie; none where each comes by itself. */
        @Nullable
        Arrived arrived;

        final Map<String, Tensor> taken = new LinkedHashMap<>();
        /** Of those of {@link #taken} that are kept in 8 bits. */
        final Map<String, Tensor> scales = new LinkedHashMap<>();

        final List<LowRankTerm> terms = new ArrayList<>();
        final Set<String> used;
        final Map<Problem, Set<String>> problems;

        Root(
                TensorStore store,
                Use use,
                @Nullable Initial initial,
                @Nullable LongConsumer eager,
                Set<String> used,
                Map<Problem, Set<String>> problems) {
            this.store = store;
            this.use = use;
            this.initial = initial;
            this.eager = eager;
            this.used = used;
            this.problems = problems;
        }

        /**
         * Notes a problem. A model that asks for more than all the checkpoint holds, and then some, is not built on: its
         * config may well speak of two thousand million layers.
         */
        void problem(Problem kind, String what) {
            Set<String> known = problems.computeIfAbsent(kind, any -> new LinkedHashSet<>());
            known.add(what);
            if (known.size() > MOST_PROBLEMS + 2 * store.names().size()) {
                throw misfit(problems);
            }
        }

        InvalidInputException misfit(Map<Problem, Set<String>> found) {
            List<String> kinds = new ArrayList<>();
            found.forEach((kind, tensors) -> kinds.add(kind.describe(tensors)));
            return new InvalidInputException(store.source() + ": the weights do not fit the model's config: "
                    + String.join("; ", kinds) + ". Check that config.json and the weights belong together");
        }
    }

    /** Weights for inference: views into {@code store} where possible. */
    public static Weights of(TensorStore store, Compute compute) {
        return new Weights(root(store, Use.INFERENCE, null, null), compute);
    }

    /**
     * As {@link #of(TensorStore, Compute)}, but values are in memory when they are handed out, not when they are first
     * looked at: all files are read ahead at once, while what is there already is brought to its device and type.
     *
     * @param loaded told after each tensor how many bytes of the checkpoint it was
     */
    public static Weights eager(TensorStore store, Compute compute, LongConsumer loaded) {
        store.readAhead();
        return new Weights(root(store, Use.INFERENCE, null, loaded), compute);
    }

    /**
     * Weights of a model that exists as a config only: whatever is asked for is there, without storage. {@link #parameters}
     * then tells names and shapes.
     */
    public static Weights imagined(Compute compute) {
        return new Weights(root(TensorStore.of(Map.of(), "no file"), Use.IMAGINED, null, null), compute);
    }

    /** Weights for training: own writable copies that require gradients. */
    public static Weights trainable(TensorStore store, Compute compute) {
        return new Weights(root(store, Use.TRAINING, null, null), compute);
    }

    /**
     * As {@link #trainable(TensorStore, Compute)}; what {@code store} does not hold gets first values instead of being
     * missing. An empty store makes a whole model from nothing.
     */
    public static Weights trainable(TensorStore store, Compute compute, Initial initial) {
        return new Weights(root(store, Use.TRAINING, initial, null), compute);
    }

    private static Root root(TensorStore store, Use use, @Nullable Initial initial, @Nullable LongConsumer eager) {
        return new Root(store, use, initial, eager, new LinkedHashSet<>(), new EnumMap<>(Problem.class));
    }

    /** The same weights below {@code name}. */
    public Weights at(String name) {
        return new Weights(root, prefix + name + ".", compute, matrices);
    }

    /** The same weights below element {@code index} of a module list. */
    public Weights at(int index) {
        return at(Integer.toString(index));
    }

    /**
     * The same scope with an owner of its own: what is looked up through the result is freed when the result is closed,
     * however long this object lives. For layers that are brought to the device only while they compute. Waits for what
     * {@link #expect} has begun.
     */
    public Weights lease() {
        root.coming.join(); // or it would bring pages in after the lease has given them back
        return new Weights(
                new Root(root.store, Use.VISIT, root.initial, null, root.used, new EnumMap<>(Problem.class)),
                prefix,
                compute,
                matrices);
    }

    /** As {@link #lease()} of what was copied to {@code piece} of the device's memory, which the result owns. */
    Weights arrived(BlockLayout layout, Tensor piece) {
        Weights visiting = lease();
        visiting.root.arrived = new Arrived(layout, piece);
        return visiting;
    }

    /** The same weights, brought to their device by {@code lane}, which is closed with them. */
    public Weights over(CopyLane lane) {
        root.lane = lane;
        return this;
    }

    /**
     * Brings the numbered scopes below this one, by turns. Closed with this object.
     *
     * @param blocks what each of them takes, as {@link #layout} says
     */
    public BlockFeed feed(List<BlockLayout> blocks) {
        CopyLane lane = root.lane;
        if (lane == null && !compute.onCpu() && root.use == Use.INFERENCE) {
            lane = CopyLane.cuda(compute.deviceIndex());
        }
        BlockFeed feed = lane == null ? new PageFeed(this) : new DeviceFeed(this, root.store, blocks, lane);
        root.lane = null; // one queue each
        root.feeds.add(feed);
        return feed;
    }

    /**
     * What was taken so far, in one piece; of {@link #check}ed weights, without values. Not in it is what is made of stored
     * numbers in another way than by rounding, such as matrices in 8 bits: that comes by itself when its turn has come.
     */
    public BlockLayout layout() {
        Map<String, Tensor> stored = new LinkedHashMap<>(root.taken);
        stored.keySet().removeIf(name -> !root.store.has(name)); // verify reports what is missing
        stored.entrySet()
                .removeIf(one -> !DType.of(one.getValue()).floating()
                        && root.store.info(one.getKey()).dtype().floating());
        return BlockLayout.of(stored);
    }

    /** Has the values of this scope brought from disk in the background, for a {@link #lease} that comes soon. */
    public void expect() {
        List<String> names = root.store.names().stream()
                .filter(name -> name.startsWith(prefix))
                .toList();
        root.coming = CompletableFuture.runAsync(
                () -> names.forEach(root.store::bringIn),
                task -> Thread.ofPlatform().daemon().name("read-ahead").start(task));
    }

    /**
     * The same scope, but only names and shapes are looked at: the tensors handed out have no storage. What is wrong is
     * reported by {@link #verify} of this object. For parts that are loaded later, through {@link #lease}.
     */
    public Weights check() {
        return new Weights(
                new Root(root.store, Use.CHECK, root.initial, null, root.used, root.problems),
                prefix,
                compute,
                matrices);
    }

    /** Where and in which dtype these weights live. */
    public Compute compute() {
        return compute;
    }

    /** The same scope and owner, handing out {@code dtype}: for parameters a model keeps more precise than the rest. */
    public Weights in(DType dtype) {
        return new Weights(root, prefix, compute.with(dtype), matrices);
    }

    /** The same scope and owner, whose {@link #matrix} keeps matrices so; in training they stay as they are learned. */
    public Weights withMatrices(WeightsDtype kept) {
        return new Weights(root, prefix, compute, kept);
    }

    /** The full state-dict name of {@code name} in this scope. */
    public String path(String name) {
        return prefix + name;
    }

    /** Whether the checkpoint holds {@code name} in this scope. */
    public boolean has(String name) {
        return root.use == Use.IMAGINED || root.store.names().contains(prefix + name);
    }

    /**
     * The parameter {@code name} of this scope, contiguous, in {@link #compute}'s dtype.
     *
     * @param shape the shape the model needs
     * @return the tensor, or zeros that take no memory when it is missing or has another shape or type; {@link #verify}
     *     then fails
     * @throws IllegalStateException when the model took the same parameter in another dtype before
     */
    public Tensor tensor(String name, long... shape) {
        return take(prefix + name, shape, compute.dtype(), root.use == Use.TRAINING);
    }

    /**
     * As {@link #tensor}, for the matrix [out, in] of a linear layer: kept in 8 bits below {@link #withMatrices}, for which
     * its values are read once, piece by piece, and the file's pages given back.
     */
    public Matrix matrix(String name, long out, long in) {
        if (matrices == WeightsDtype.SAME || root.use == Use.TRAINING) {
            return new Matrix(tensor(name, out, in));
        }
        Tensor values = take(prefix + name, new long[] {out, in}, DType.INT8, false);
        Tensor scale = root.scales.computeIfAbsent(
                prefix + name, none -> Scope.retain(withoutStorage(new long[] {out, 1}, DType.FP32)));
        return new Matrix(values, scale, compute.dtype());
    }

    /**
     * As {@link #tensor}, but never requires gradients: for running statistics, which a model in training changes itself.
     */
    public Tensor buffer(String name, long... shape) {
        return take(prefix + name, shape, compute.dtype(), false);
    }

    /**
     * As {@link #tensor}, but in the dtype of the checkpoint, which may be an integer type: for tables and counters.
     * Never requires gradients.
     */
    public Tensor stored(String name, long... shape) {
        return take(prefix + name, shape, null, false);
    }

    /**
     * What is to be added to the matrix {@code name} of this scope each time it is used, see {@link TensorStore#beside};
     * placed like it, and owned by this object.
     */
    public List<LowRankTerm> beside(String name) {
        if (root.use == Use.CHECK) {
            return List.of();
        }
        List<LowRankTerm> placed = new ArrayList<>();
        try (Scope scope = Scope.inference()) {
            for (LowRankTerm term : root.store.beside(prefix + name)) {
                placed.add(new LowRankTerm(placed(term.down()), placed(term.up())));
            }
        }
        root.terms.addAll(placed);
        return placed;
    }

    private Tensor placed(Tensor term) {
        return Scope.retain(
                Transfers.toDevice(term, compute.nativeDevice(), compute.dtype().scalarType())
                        .contiguous());
    }

    /** Shapes come from configs: libtorch would not even say which tensor it was. */
    private void checkPossible(String path, long[] shape) {
        long bytes = Long.BYTES;
        for (long side : shape) {
            if (side < 0 || Math.multiplyHigh(bytes, Math.max(side, 1)) != 0 || bytes * Math.max(side, 1) < 0) {
                throw new InvalidInputException(root.store.source() + ": the model's config asks for " + path
                        + " of shape " + Arrays.toString(shape) + ", which cannot be; check config.json");
            }
            bytes *= Math.max(side, 1);
        }
    }

    private Tensor take(String path, long[] shape, @Nullable DType dtype, boolean gradients) {
        checkPossible(path, shape);
        Tensor known = root.taken.get(path);
        if (known != null) {
            if (dtype != null && DType.of(known) != dtype) {
                throw new IllegalStateException(path + " was taken as " + DType.of(known) + " and now as " + dtype);
            }
            if (Arrays.equals(Ops.shape(known), shape)) {
                return known;
            }
            root.problem(
                    Problem.WRONG_SHAPE,
                    path + " is needed as " + Arrays.toString(Ops.shape(known)) + " and as " + Arrays.toString(shape));
            return known;
        }
        Tensor loaded;
        try (Scope scope = Scope.inference()) {
            loaded = Scope.retain(load(path, shape, dtype));
        }
        if (gradients) {
            loaded.set_requires_grad(true);
        }
        root.taken.put(path, loaded);
        return loaded;
    }

    private Tensor load(String path, long[] shape, @Nullable DType dtype) {
        TensorStore store = root.store;
        DType wanted = dtype == null ? compute.dtype() : dtype;
        if (root.use == Use.IMAGINED) {
            return withoutStorage(shape, wanted);
        }
        if (!store.has(path) && root.initial != null && root.use == Use.TRAINING) {
            Tensor first = root.initial.values(path, shape);
            return first.to(compute.nativeDevice(), wanted.scalarType()).contiguous();
        }
        if (!store.has(path)) {
            root.problem(Problem.MISSING, path + " " + Arrays.toString(shape));
            return zeros(shape, wanted);
        }
        root.used.add(path);
        TensorInfo info = store.info(path);
        if (info.dtype() != DType.OTHER && !Arrays.equals(info.dimensions(), shape)) {
            root.problem(
                    Problem.WRONG_SHAPE, path + " is " + info.shape() + ", the model needs " + Arrays.toString(shape));
            return zeros(shape, wanted);
        }
        if (dtype != null && !info.dtype().floating()) {
            root.problem(Problem.WRONG_DTYPE, path + " is " + info.stated() + ", the model needs floating point");
            return zeros(shape, wanted);
        }
        DType target = dtype == null ? info.dtype() : dtype;
        if (root.use == Use.CHECK) {
            return withoutStorage(shape, target);
        }
        Arrived block = root.arrived;
        BlockLayout.Place place = block == null ? null : block.layout.find(path, target);
        if (block != null && place != null) {
            return place.in(block.piece);
        }
        Tensor stored = store.get(path);
        if (target == DType.INT8 && dtype == DType.INT8) {
            Matrix matrix = Matrix.int8(stored, compute);
            root.scales.put(path, Scope.retain(Objects.requireNonNull(matrix.scale())));
            handedOut(path, false);
            return matrix.values();
        }
        Tensor placed = stored.to(compute.nativeDevice(), target.scalarType()).contiguous();
        boolean view = sameMemory(placed, stored);
        Tensor own = root.use == Use.TRAINING && view ? placed.clone() : placed;
        handedOut(path, view && root.use != Use.TRAINING);
        return own;
    }

    private void handedOut(String path, boolean view) {
        if (!view) {
            root.store.giveBack(path); // there is a copy, and the file's pages would count twice
        } else if (root.eager != null) {
            root.store.bringIn(path);
        }
        if (root.eager != null) {
            root.eager.accept(root.store.info(path).bytes());
        }
    }

    private static Tensor withoutStorage(long[] shape, DType dtype) {
        return torch.zeros(shape, new TensorOptions(dtype.scalarType()).device(new DeviceOptional(new Device("meta"))));
    }

    /** One stored zero seen as {@code shape}: a wrong checkpoint must not fill the memory before it is reported. */
    private Tensor zeros(long[] shape, DType dtype) {
        return torch.zeros(
                        new long[0],
                        new TensorOptions(dtype.scalarType()).device(new DeviceOptional(compute.nativeDevice())))
                .expand(shape);
    }

    private static boolean sameMemory(Tensor a, Tensor b) {
        return a.numel() == 0 || a.data_ptr().address() == b.data_ptr().address(); // empty tensors have no address
    }

    /** Marks {@code name} as known but not needed, so that {@link #verify} does not call it unexpected. */
    public void ignore(String name) {
        root.used.add(prefix + name);
    }

    /** Marks all names of this scope for which {@code unneeded} holds, as {@link #ignore(String)}; without the scope. */
    public void ignore(Predicate<String> unneeded) {
        for (String name : root.store.names()) {
            if (name.startsWith(prefix) && unneeded.test(name.substring(prefix.length()))) {
                root.used.add(name);
            }
        }
    }

    /**
     * Every parameter and buffer taken so far by its full state-dict name, in the order of construction; when training,
     * those that require gradients are what is to be learned. Of a {@link #matrix} in 8 bits the values, without its scale.
     */
    public Map<String, Tensor> parameters() {
        return Collections.unmodifiableMap(root.taken);
    }

    /**
     * Fails when the model and the checkpoint do not match exactly.
     *
     * @throws InvalidInputException listing every missing, unexpected and wrongly shaped tensor
     */
    public void verify() {
        Map<Problem, Set<String>> problems = new EnumMap<>(Problem.class);
        root.problems.forEach((kind, tensors) -> problems.put(kind, new LinkedHashSet<>(tensors)));
        for (String name : root.store.names()) {
            if (name.startsWith(prefix) && !root.used.contains(name)) {
                problems.computeIfAbsent(Problem.UNEXPECTED, kind -> new LinkedHashSet<>())
                        .add(name + " " + root.store.info(name).shape());
            }
        }
        if (!problems.isEmpty()) {
            throw root.misfit(problems);
        }
    }

    /** Frees every tensor handed out. */
    @Override
    public void close() {
        root.feeds.forEach(BlockFeed::close);
        root.feeds.clear();
        Arrived block = root.arrived;
        if (block != null) {
            block.piece.close();
        } else if (root.use == Use.VISIT) {
            root.taken.keySet().stream().filter(root.store::has).forEach(root.store::giveBack);
        }
        root.taken.values().forEach(Tensor::close);
        root.taken.clear();
        root.scales.values().forEach(Tensor::close);
        root.scales.clear();
        root.terms.forEach(LowRankTerm::close);
        root.terms.clear();
    }
}
