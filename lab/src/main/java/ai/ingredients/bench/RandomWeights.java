package ai.ingredients.bench;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.training.text.UnigramTrainer;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Model folders in diffusers' layout with random weights of any config: what speed and memory depend on is there, videos
 * are noise. Values are drawn tensor by tensor while they are written, so that 25 GB of weights need no more memory than
 * their largest tensor. The official Python code reads the same folders.
 *
 * @param dtype in which weights are stored
 * @param seed of all values
 * @param shardBytes most bytes of values in one file
 */
public record RandomWeights(DType dtype, long seed, long shardBytes) {
    private static final double GAIN = 0.577; // of torch.nn.Linear: activations stay in range through 42 blocks
    private static final List<String> COMPONENTS = List.of("text_encoder", "transformer", "vae");
    /** What a vocabulary is made of; prompts of a benchmark need no better one. */
    private static final List<String> SENTENCES = List.of(
            "Two people talk in a park.", "A woman in red waves at the beach.", "Men and women walk, wave and dance.");

    private static final int PIECES = 200;

    public RandomWeights {
        if (!dtype.computes()) {
            throw new InvalidInputException("weights are stored as fp32, bf16 or fp16, not as " + dtype);
        }
    }

    /** Configs as files: {@code config.json} of each component. */
    private interface Configs {
        byte[] of(String component) throws IOException;
    }

    /**
     * Writes the models of {@code size} to {@code folder}, which must not exist yet.
     *
     * @param progress told each component, with its size, before it is written
     * @throws InvalidInputException when the folder is there already
     * @throws OperationFailedException when the disk is full or fails; nothing is left behind
     */
    public void write(Path folder, BenchSize size, Consumer<String> progress) {
        write(folder, size::config, progress);
    }

    /** As above with the configs of the model in {@code like}. */
    public void writeLike(Path folder, Path like, Consumer<String> progress) {
        ModelFolder model = ModelFolder.open(like);
        write(
                folder,
                component -> Files.readAllBytes(
                        model.component(component.equals("transformer") ? model.transformer() : component)
                                .resolve("config.json")),
                progress);
    }

    private void write(Path target, Configs configs, Consumer<String> progress) {
        if (Files.exists(target)) {
            throw new InvalidInputException(target + ": is there already; give a folder that is not there yet");
        }
        try (AtomicFolder folder = AtomicFolder.create(target)) {
            for (String component : COMPONENTS) {
                Path own = Files.createDirectories(folder.path().resolve(component));
                Files.write(own.resolve("config.json"), configs.of(component));
                component(component, own, progress);
            }
            Path scheduler = Files.createDirectories(folder.path().resolve("scheduler"));
            Files.write(scheduler.resolve("scheduler_config.json"), BenchSize.scheduler());
            boolean identity = transformer(folder.path().resolve("transformer")).identity() != null;
            JsonFile.write(folder.path().resolve("model_index.json"), index(identity));
            UnigramTrainer.train(SENTENCES, UnigramTrainer.Settings.ofSize(PIECES))
                    .write(folder.path().resolve("tokenizer"), 226);
            folder.commit();
        } catch (IOException e) {
            throw new OperationFailedException(target + ": could not be written (" + IoReason.of(e) + ")", e);
        }
    }

    private static TransformerConfig transformer(Path folder) {
        return TransformerConfig.of(ConfigReader.of(folder.resolve("config.json")));
    }

    private void component(String name, Path folder, Consumer<String> progress) {
        try (Scope scope = Scope.inference();
                Weights weights = Weights.imagined(Compute.CPU_FP32.with(dtype))) {
            build(name, folder, weights);
            Drawn store = new Drawn(weights.parameters(), folder.toString());
            long bytes = TensorStore.bytes(store);
            checkRoom(folder, bytes);
            progress.accept(name + ": " + store.names().size() + " tensors, " + bytes + " bytes");
            String base = name.equals("text_encoder") ? "model" : "diffusion_pytorch_model";
            SafetensorsWriter.writeSharded(folder, base, store, shardBytes);
        }
    }

    private static void checkRoom(Path folder, long bytes) {
        long free = folder.toFile().getUsableSpace();
        if (bytes > free) {
            throw new InvalidInputException(
                    folder + ": weights of " + bytes + " bytes do not fit, " + free + " are free on that disk");
        }
    }

    /** Asks {@code weights} for all that the model needs. */
    private static void build(String name, Path folder, Weights weights) {
        ConfigReader config = ConfigReader.of(folder.resolve("config.json"));
        switch (name) {
            case "transformer" ->
                VideoTransformer.load(weights, TransformerConfig.of(config), Residency.RESIDENT)
                        .close();
            case "vae" -> VideoVae.load(weights, VaeConfig.of(config));
            default -> new T5Encoder(T5Config.of(config), weights, Residency.RESIDENT);
        }
    }

    private static ObjectNode index(boolean identity) {
        ObjectNode index = JsonNodeFactory.instance.objectNode();
        index.put("_class_name", identity ? "IngredientsPipeline" : "CogVideoXPipeline");
        index.put("_diffusers_version", "0.32.0");
        Map<String, List<String>> classes = new LinkedHashMap<>();
        classes.put("scheduler", List.of("diffusers", "CogVideoXDPMScheduler"));
        classes.put("text_encoder", List.of("transformers", "T5EncoderModel"));
        classes.put("tokenizer", List.of("transformers", "T5Tokenizer"));
        classes.put(
                "transformer",
                identity
                        ? List.of("models.transformer_ingredients", "IngredientsTransformer3DModel")
                        : List.of("diffusers", "CogVideoXTransformer3DModel"));
        classes.put("vae", List.of("diffusers", "AutoencoderKLCogVideoX"));
        classes.forEach((component, names) ->
                index.putArray(component).add(names.get(0)).add(names.get(1)));
        return index;
    }

    /** Tensors that are drawn when they are asked for, by their names and shapes. */
    private final class Drawn implements TensorStore {
        private final Map<String, TensorInfo> infos = new LinkedHashMap<>();
        private final Initialiser values = new Initialiser(seed, GAIN);
        private final String source;

        Drawn(Map<String, Tensor> shapes, String source) {
            this.source = source;
            shapes.forEach((name, tensor) -> infos.put(name, TensorInfo.of(tensor)));
        }

        @Override
        public Set<String> names() {
            return infos.keySet();
        }

        @Override
        public TensorInfo info(String name) {
            TensorInfo info = infos.get(name);
            if (info == null) {
                throw new InvalidInputException(source + ": has no tensor \"" + name + "\"");
            }
            return info;
        }

        @Override
        public Tensor get(String name) {
            long[] shape = info(name).dimensions();
            return Scope.of(() -> values.values(name, shape).to(dtype.scalarType()));
        }

        @Override
        public String source() {
            return source;
        }

        @Override
        public void close() {}
    }
}
