package ai.ingredients.training.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.diffusion.DiffusionSettings.LoraSettings;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Low-rank adapters (LoRA, arXiv 2106.09685): a matrix W₀ stays, and W = W₀ + alpha/rank · B·A is what the model uses,
 * where only A [rank, in] and B [out, rank] learn.
 *
 * <p>The model does not know of it. W is the tensor it computes with; after a backward pass the gradients of A and B
 * follow from that of W ({@link #gradients}), and after a step W follows from them ({@link #apply}). Beside a model that
 * knows its adapters that costs the gradients of the matrices, and saves two products a matrix and pass.
 *
 * <p>A and B are fp32 whatever the model computes in. In files B holds the factor alpha/rank, so that a reader needs
 * neither of the two: names and values are those that diffusers' {@code load_lora_weights} takes.
 *
 * <p>Owns A, B and W₀ until {@link #close}; borrows the W. Not thread-safe.
 */
final class LowRank implements AutoCloseable {
    /** Beside the merged weights; diffusers' name. */
    static final String FILE = "pytorch_lora_weights.safetensors";

    private static final String MATRIX = ".weight";
    private static final String DOWN = ".lora_A.weight";
    private static final String UP = ".lora_B.weight";
    private static final String COMPONENT = "transformer.";

    /**
     * @param weight W, in the model's dtype
     * @param base W₀, in the same
     * @param down A
     * @param up B
     */
    private record Adapter(Tensor weight, Tensor base, Tensor down, Tensor up) {}

    private final double scale;
    /** By module. */
    private final Map<String, Adapter> adapters = new LinkedHashMap<>();

    /**
     * Adapters of the matrices whose whole state-dict name matches. They begin with no effect, unless they begin with
     * those of a file.
     *
     * @param parameters of the model by state-dict name
     * @throws InvalidInputException when no matrix matches, or the file's adapters are of other matrices or another rank
     */
    LowRank(Map<String, Tensor> parameters, LoraSettings settings, long seed) {
        scale = settings.alpha() / settings.rank();
        Pattern match = Pattern.compile(settings.match());
        try (Scope scope = Scope.inference()) {
            parameters.forEach((name, weight) -> {
                if (weight.dim() == 2
                        && name.endsWith(MATRIX)
                        && match.matcher(name).matches()) {
                    String module = name.substring(0, name.length() - MATRIX.length());
                    adapters.put(module, adapter(module, weight, settings.rank(), seed));
                }
            });
        }
        if (adapters.isEmpty()) {
            throw new InvalidInputException("lora.match is \"" + settings.match() + "\", which no matrix of the model "
                    + "matches; names look like transformer_blocks.0.attn1.to_q.weight");
        }
        if (settings.start() != null) {
            read(settings.start());
        }
    }

    private static Adapter adapter(String module, Tensor weight, int rank, long seed) {
        long out = weight.size(0);
        long in = weight.size(1);
        // The deviation of the uniform draw that peft begins with: 1/√(3 in).
        Tensor down = new Initialiser(seed, 1 / Math.sqrt(3)).values(module + DOWN, rank, in);
        Tensor up = new Initialiser(seed, 1).constant(".*", 0).values(module + UP, out, rank);
        return new Adapter(
                weight,
                Scope.retain(weight.detach().clone()),
                learning(down.to(weight.device(), ScalarType.Float)),
                learning(up.to(weight.device(), ScalarType.Float)));
    }

    private static Tensor learning(Tensor tensor) {
        Scope.retain(tensor).set_requires_grad(true);
        return tensor;
    }

    /** Whether the matrix of this state-dict name has an adapter. */
    boolean adapts(String name) {
        return name.endsWith(MATRIX) && adapters.containsKey(name.substring(0, name.length() - MATRIX.length()));
    }

    /** What learns: {@code <module>.lora_A.weight} and {@code <module>.lora_B.weight}; they stay this object's. */
    Map<String, Tensor> parameters() {
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        adapters.forEach((module, adapter) -> {
            parameters.put(module + DOWN, adapter.down);
            parameters.put(module + UP, adapter.up);
        });
        return parameters;
    }

    /**
     * From the gradient of W, which is dropped, those of A and B: with s = alpha/rank, ∂A = s·Bᵀ·∂W and ∂B = s·∂W·Aᵀ.
     * Matrices without a gradient get none.
     */
    void gradients() {
        for (Adapter adapter : adapters.values()) {
            try (Scope scope = Scope.inference()) {
                Tensor whole = adapter.weight.grad();
                if (whole.defined()) {
                    Tensor gradient = Ops.scale(whole.to(ScalarType.Float), scale); // [out, in]
                    adapter.down.mutable_grad().put(adapter.up.t().mm(gradient));
                    adapter.up.mutable_grad().put(gradient.mm(adapter.down.t()));
                    adapter.weight.mutable_grad().put(new Tensor());
                }
            }
        }
    }

    /** Gives the model's matrices the values that follow from the adapters. */
    void apply() {
        for (Adapter adapter : adapters.values()) {
            try (Scope scope = Scope.inference()) {
                adapter.weight.detach().copy_(merged(adapter.base, adapter.down, adapter.up));
            }
        }
    }

    private Tensor merged(Tensor base, Tensor down, Tensor up) {
        Tensor added = Ops.scale(up.mm(down), scale); // values may live in main memory, the model elsewhere
        return base.to(ScalarType.Float).add(added.to(base.device(), ScalarType.Float));
    }

    /**
     * The adapted matrices by state-dict name, fp32, in the current scope.
     *
     * @param values of A and B, possibly averages; where they are missing the current ones count
     * @param exact W₀ by state-dict name as it was begun with, given how it computes
     */
    Map<String, Tensor> merged(Map<String, Tensor> values, BiFunction<String, Tensor, Tensor> exact) {
        Map<String, Tensor> matrices = new LinkedHashMap<>();
        adapters.forEach((module, adapter) -> matrices.put(
                module + MATRIX,
                merged(
                        exact.apply(module + MATRIX, adapter.base),
                        values.getOrDefault(module + DOWN, adapter.down),
                        values.getOrDefault(module + UP, adapter.up))));
        return matrices;
    }

    /** Writes the adapters alone into {@code folder}; {@code values} as in {@link #merged}. */
    void write(Path folder, Map<String, Tensor> values) {
        Map<String, Tensor> written = new LinkedHashMap<>();
        try (Scope scope = Scope.inference()) {
            parameters().forEach((name, own) -> {
                Tensor value = values.getOrDefault(name, own);
                written.put(COMPONENT + name, name.endsWith(UP) ? Ops.scale(value, scale) : value);
            });
            SafetensorsWriter.write(folder.resolve(FILE), written, Map.of());
        }
    }

    private void read(Path path) {
        Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
        try (Scope scope = Scope.inference();
                TensorStore stored = SafetensorsFile.open(file)) {
            Map<String, Tensor> own = parameters();
            List<String> differences = new ArrayList<>();
            own.forEach((name, tensor) -> {
                String wanted = COMPONENT + name;
                if (!stored.has(wanted)) {
                    differences.add(wanted + " is missing");
                } else if (!stored.info(wanted)
                        .shape()
                        .equals(TensorInfo.of(tensor).shape())) {
                    differences.add(wanted + " is " + stored.info(wanted).shape() + ", this run has "
                            + TensorInfo.of(tensor).shape());
                }
            });
            stored.names().stream()
                    .filter(name -> !name.startsWith(COMPONENT) || !own.containsKey(name.substring(COMPONENT.length())))
                    .forEach(name -> differences.add(name + " is not part of this run"));
            if (!differences.isEmpty()) {
                throw new InvalidInputException(file + ": the adapters do not fit lora.match and lora.rank: "
                        + String.join("; ", differences.subList(0, Math.min(differences.size(), 8)))
                        + "; " + differences.size() + " differences in all");
            }
            own.forEach((name, tensor) -> {
                Tensor value = stored.get(COMPONENT + name).to(ScalarType.Float);
                tensor.detach().copy_(name.endsWith(UP) ? Ops.scale(value, 1 / scale) : value);
            });
        }
        apply();
    }

    @Override
    public void close() {
        for (Adapter adapter : adapters.values()) {
            adapter.base.close();
            adapter.down.close();
            adapter.up.close();
        }
        adapters.clear();
    }
}
