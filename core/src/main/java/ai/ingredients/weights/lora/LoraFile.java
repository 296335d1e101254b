package ai.ingredients.weights.lora;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The adapters in a file, by the layers they are for.
 *
 * <p>Read are, in safetensors or PyTorch files:
 *
 * <ul>
 *   <li>PEFT's and diffusers' names, {@code transformer.<layer>.lora_A.weight} and {@code lora_B}, which are also those of
 *       our own training;
 *   <li>kohya's, {@code lora_unet_<layer with underscores>.lora_down.weight} and {@code lora_up}.
 * </ul>
 *
 * <p>The product counts alpha / rank times, or alpha / √rank where the file says that it is rank-stabilised. Alpha is the
 * tensor {@code <layer>.alpha}, or what diffusers keeps in the file's metadata ({@code lora_adapter_metadata}), or PEFT
 * beside it ({@code adapter_config.json}); without any it is the rank. Source of the last three: diffusers
 * {@code load_lora_adapter}, peft {@code LoraConfig}.
 *
 * <p>Values stay in the file, which must be open while they are used. Thread-safe for reading.
 */
final class LoraFile implements AutoCloseable {
    private static final List<String> NAMES =
            List.of("pytorch_lora_weights.safetensors", "adapter_model.safetensors", "adapter_model.bin");
    private static final String PEFT_CONFIG = "adapter_config.json";
    private static final String METADATA = "lora_adapter_metadata";
    private static final String COMPONENT = "transformer.";
    private static final long MOST_CONFIG = 16 << 20; // bytes

    /**
     * One layer's.
     *
     * @param layer as the file calls it
     * @param down name of A
     * @param up name of B
     * @param rank of both
     * @param factor how often up · down counts, without the scale somebody asks for
     */
    record Adapter(String layer, String down, String up, long rank, double factor) {}

    private final Path file;
    private final TensorStore store;
    private final List<Adapter> adapters;

    private LoraFile(Path file, TensorStore store, List<Adapter> adapters) {
        this.file = file;
        this.store = store;
        this.adapters = adapters;
    }

    /**
     * Opens {@code path}, a file or the folder it lies in; reads names, shapes and alphas.
     *
     * @throws InvalidInputException when it holds anything but low-rank adapters
     */
    static LoraFile open(Path path) {
        Path file = Files.isDirectory(path) ? inFolder(path) : path;
        TensorStore store = Checkpoint.open(file);
        try {
            return new LoraFile(file, store, adapters(file, store));
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private static Path inFolder(Path folder) {
        return NAMES.stream()
                .map(folder::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(
                        folder + ": holds no adapters; expected one of " + String.join(", ", NAMES)));
    }

    Path file() {
        return file;
    }

    List<Adapter> adapters() {
        return adapters;
    }

    TensorInfo info(String name) {
        return store.info(name);
    }

    /** A view of the tensor {@code name}, owned by the innermost scope. */
    Tensor get(String name) {
        return store.get(name);
    }

    private static List<Adapter> adapters(Path file, TensorStore store) {
        Map<String, Map<LoraName.Role, String>> byLayer = new LinkedHashMap<>();
        List<String> strange = new ArrayList<>();
        for (String name : store.names()) {
            LoraName parsed = LoraName.of(name);
            if (parsed == null) {
                strange.add(name);
            } else {
                String other = byLayer.computeIfAbsent(parsed.layer(), layer -> new LinkedHashMap<>())
                        .put(parsed.role(), name);
                if (other != null) {
                    throw new InvalidInputException(file + ": has both " + ForeignText.shown(other) + " and "
                            + ForeignText.shown(name) + ", of two adapters; save each in a file of its own");
                }
            }
        }
        if (!strange.isEmpty() || byLayer.isEmpty()) {
            throw notAdapters(file, strange);
        }
        Alphas alphas = Alphas.of(file, store);
        List<Adapter> adapters = new ArrayList<>();
        byLayer.forEach((layer, tensors) -> adapters.add(adapter(file, store, layer, tensors, alphas)));
        return List.copyOf(adapters);
    }

    private static InvalidInputException notAdapters(Path file, List<String> strange) {
        String example = strange.isEmpty() ? "" : ForeignText.shown(strange.getFirst());
        for (String name : strange) {
            String kind = LoraName.otherKind(name);
            if (kind != null) {
                return new InvalidInputException(file + ": its adapters are " + kind + ", for instance "
                        + ForeignText.shown(name)
                        + ", which cannot be added; take low-rank ones (LoRA), lora_A and lora_B "
                        + "for each layer");
            }
        }
        return new InvalidInputException(file + ": "
                + (strange.isEmpty()
                        ? "holds no tensor"
                        : "has " + example + ", which is no part of a low-rank adapter")
                + "; expected names such as transformer.transformer_blocks.0.attn1.to_q.lora_A.weight and lora_B, or "
                + "lora_unet_transformer_blocks_0_attn1_to_q.lora_down.weight and lora_up");
    }

    private static Adapter adapter(
            Path file, TensorStore store, String layer, Map<LoraName.Role, String> tensors, Alphas alphas) {
        String down = tensors.get(LoraName.Role.DOWN);
        String up = tensors.get(LoraName.Role.UP);
        if (down == null || up == null) {
            throw new InvalidInputException(file + ": of the layer " + ForeignText.shown(layer) + " there is "
                    + ForeignText.shown(
                            String.valueOf(tensors.values().iterator().next())) + " but no "
                    + (down == null ? "lora_A (or lora_down)" : "lora_B (or lora_up)")
                    + "; the file is incomplete, download it again");
        }
        TensorInfo a = checked(file, store, down);
        TensorInfo b = checked(file, store, up);
        long rank = a.shape().getFirst();
        if (rank < 1 || b.shape().get(1) != rank || b.shape().stream().skip(2).anyMatch(side -> side != 1)) {
            throw new InvalidInputException(file + ": " + ForeignText.shown(down) + " is " + a.shape() + " and "
                    + ForeignText.shown(up) + " " + b.shape() + ", which cannot be multiplied; expected [rank, in] and "
                    + "[out, rank]");
        }
        String alpha = tensors.get(LoraName.Role.ALPHA);
        return new Adapter(
                layer,
                down,
                up,
                rank,
                alpha == null ? alphas.factor(layer, rank) : number(file, store, alpha) / alphas.divisor(rank));
    }

    private static TensorInfo checked(Path file, TensorStore store, String name) {
        TensorInfo info = store.info(name);
        if (!info.dtype().floating() || info.shape().size() < 2) {
            throw new InvalidInputException(file + ": " + ForeignText.shown(name) + " is " + info
                    + ", expected a matrix of floating-point numbers");
        }
        return info;
    }

    private static double number(Path file, TensorStore store, String name) {
        TensorInfo info = store.info(name);
        if (info.shape().size() > 1 || info.elements() != 1) {
            throw new InvalidInputException(
                    file + ": " + ForeignText.shown(name) + " is " + info + ", expected one number");
        }
        try (Scope scope = Scope.inference()) {
            float value = Ops.floats(store.get(name))[0];
            if (!Float.isFinite(value)) {
                throw new InvalidInputException(file + ": " + ForeignText.shown(name) + " is " + value
                        + "; the file is damaged or its training failed");
            }
            return value;
        }
    }

    @Override
    public void close() {
        store.close();
    }

    /**
     * What a file says of all its alphas.
     *
     * @param usual of layers without one of their own; none for the rank
     * @param byLayer by the end of a layer's name
     * @param stabilised whether alpha is divided by √rank
     */
    private record Alphas(@Nullable Double usual, Map<String, Double> byLayer, boolean stabilised) {
        private static final Alphas NONE = new Alphas(null, Map.of(), false);

        static Alphas of(Path file, TensorStore store) {
            String text =
                    store instanceof SafetensorsFile safe ? safe.metadata().get(METADATA) : null;
            if (text != null) {
                return read(file + ", " + METADATA, parsed(file, text), COMPONENT);
            }
            Path config = file.resolveSibling(PEFT_CONFIG);
            return Files.isRegularFile(config) ? read(config.toString(), JsonFile.read(config, MOST_CONFIG), "") : NONE;
        }

        private static JsonNode parsed(Path file, String text) {
            try {
                return JsonFile.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
            } catch (IOException e) {
                throw new InvalidInputException(
                        file + ": its metadata " + METADATA + " is no JSON; the file is damaged", e);
            }
        }

        private static Alphas read(String source, JsonNode json, String prefix) {
            Map<String, Double> patterns = new LinkedHashMap<>();
            for (var entry : json.path(prefix + "alpha_pattern").properties()) {
                patterns.put(plain(source, entry.getKey()), number(source, entry.getKey(), entry.getValue()));
            }
            JsonNode alpha = json.path(prefix + "lora_alpha");
            return new Alphas(
                    alpha.isMissingNode() || alpha.isNull() ? null : number(source, "lora_alpha", alpha),
                    patterns,
                    json.path(prefix + "use_rslora").asBoolean(false));
        }

        private static double number(String source, String key, JsonNode value) {
            if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
                throw new InvalidInputException(source + ": the alpha " + ForeignText.shown(key) + " is "
                        + ForeignText.shown(value.toString()) + ", expected a number");
            }
            return value.doubleValue();
        }

        /** Peft takes regular expressions; what it writes itself are names. */
        private static String plain(String source, String pattern) {
            String name = pattern.startsWith("^") ? pattern.substring(1) : pattern;
            if (!name.matches("[\\w.-]+")) {
                throw new InvalidInputException(source + ": alpha_pattern has the expression "
                        + ForeignText.shown(pattern) + ", which is not read; write the layers' names in its place");
            }
            return name;
        }

        double factor(String layer, long rank) {
            Double own = usual;
            for (var entry : byLayer.entrySet()) {
                if (layer.equals(entry.getKey()) || layer.endsWith("." + entry.getKey())) {
                    own = entry.getValue();
                    break;
                }
            }
            return own == null ? 1 : own / divisor(rank);
        }

        double divisor(long rank) {
            return stabilised ? Math.sqrt(rank) : rank;
        }
    }
}
