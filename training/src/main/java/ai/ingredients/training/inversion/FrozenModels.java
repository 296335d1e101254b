package ai.ingredients.training.inversion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Fingerprint;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/**
 * What a word is learned on and what it leaves as it is: text encoder and video transformer, loaded for computing only, so
 * that no parameter of theirs has a gradient; gradients run through them.
 *
 * <p>Owns all of it until {@link #close}. Not thread-safe.
 */
public final class FrozenModels implements AutoCloseable {
    private final PromptEncoder text;
    private final VideoTransformer transformer;
    private final NoiseSchedule schedule;
    private final Compute compute;
    private final Supplier<String> fingerprint;
    private final Deque<Runnable> closers;

    private FrozenModels(
            PromptEncoder text,
            VideoTransformer transformer,
            NoiseSchedule schedule,
            Compute compute,
            Supplier<String> fingerprint,
            Deque<Runnable> closers) {
        this.text = text;
        this.transformer = transformer;
        this.schedule = schedule;
        this.compute = compute;
        this.fingerprint = fingerprint;
        this.closers = closers;
    }

    /** The config of a transformer's folder. */
    public static TransformerConfig config(Path transformer) {
        return TransformerConfig.of(ConfigReader.of(transformer.resolve("config.json")))
                .version1("training");
    }

    /**
     * Loads the models.
     *
     * @param bundle whose text encoder, tokenizer and scheduler are used
     * @param transformerFolder the transformer, with its {@code config.json}
     * @throws InvalidInputException when something is missing or does not fit
     */
    public static FrozenModels open(ModelFolder bundle, Path transformerFolder, Compute compute) {
        TransformerConfig config = config(transformerFolder);
        T5Config textConfig = T5Config.of(bundle.config("text_encoder"));
        if (textConfig.dModel() != config.textEmbedDim()) {
            throw new InvalidInputException(transformerFolder + ": takes text vectors of " + config.textEmbedDim()
                    + " numbers, the text encoder of " + bundle.root() + " makes " + textConfig.dModel()
                    + "; use a transformer and a bundle that belong together");
        }
        NoiseSchedule schedule = new NoiseSchedule(SchedulerConfig.of(bundle.config("scheduler")));
        Deque<Runnable> closers = new ArrayDeque<>();
        try {
            Weights textWeights = weights(bundle.weights("text_encoder"), compute, closers);
            T5Encoder encoder = new T5Encoder(textConfig, textWeights, Residency.RESIDENT);
            textWeights.verify();
            T5Tokenizer tokenizer = T5Tokenizer.open(bundle.component("tokenizer"));
            closers.push(tokenizer::close);
            Weights weights = weights(Checkpoint.open(transformerFolder), compute, closers);
            VideoTransformer transformer = VideoTransformer.load(weights, config, Residency.RESIDENT);
            closers.push(transformer::close);
            return new FrozenModels(
                    new PromptEncoder(tokenizer, encoder),
                    transformer,
                    schedule,
                    compute,
                    () -> Fingerprint.combined(List.of(
                            "text_encoder",
                            Fingerprint.of(bundle.component("text_encoder")),
                            "transformer",
                            Fingerprint.of(transformerFolder))),
                    closers);
        } catch (RuntimeException | Error e) {
            closers.forEach(Runnable::run);
            throw e;
        }
    }

    private static Weights weights(TensorStore store, Compute compute, Deque<Runnable> closers) {
        closers.push(store::close);
        Weights weights = Weights.of(store, compute);
        closers.push(weights::close);
        return weights;
    }

    /** Tokenizer and text encoder. */
    PromptEncoder text() {
        return text;
    }

    VideoTransformer transformer() {
        return transformer;
    }

    NoiseSchedule schedule() {
        return schedule;
    }

    Compute compute() {
        return compute;
    }

    /** Identifies the weights of both. */
    String fingerprint() {
        return fingerprint.get();
    }

    @Override
    public void close() {
        while (!closers.isEmpty()) {
            closers.pop().run();
        }
    }
}
