package ai.ingredients.training.text;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains a T5 encoder on captions alone, so that its vectors tell a video model what the words say together.
 *
 * <p>T5's own objective needs a decoder, which a video model does not use. Here a head predicts from an output the
 * piece that was hidden at its place (BERT's objective), and from the same output the pieces around it: the video
 * transformer has no positions for text, so what is red and what is green in "a red coat and a green scarf" must be in
 * the vectors of the words themselves. Where captions carry labels, further heads predict them from the mean over all
 * outputs, padding included, which therefore learns to speak for the whole caption. All heads are thrown away
 * afterwards.
 */
public final class TextStage implements Stage<TextBatch> {
    private static final int VALIDATION_BATCHES = 8;
    /**
     * Adam moves every number by about the learning rate a step, and position biases, which go straight into a softmax,
     * have to reach several units before a word finds its neighbour: without this, positions are learned last.
     */
    private static final double POSITIONS_FACTOR = 50;

    /**
     * What the batches and the loss are made of.
     *
     * @param batch captions of a batch
     * @param maxLength tokens of a caption, {@code </s>} and padding included: the video model's
     *     {@code max_text_seq_length}
     * @param hidden share of the pieces that are hidden
     * @param neighbours how far a piece is asked for its neighbours: 2 asks for the two before and the two after; 0
     *     asks for none
     * @param asked share of the pieces that are asked for one neighbour
     * @param labelWeight of the mean loss of the labels, beside 1 for the pieces
     */
    public record Settings(int batch, int maxLength, double hidden, int neighbours, double asked, double labelWeight) {
        /** What the demo was trained with. */
        public static final Settings DEFAULT = new Settings(32, 48, 0.2, 2, 0.5, 0.5);

        public Settings {
            if (batch < 1 || maxLength < 2 || neighbours < 0) {
                throw new InvalidInputException("batch is " + batch + ", max-length " + maxLength + ", neighbours "
                        + neighbours + "; expected at least 1, 2 and 0");
            }
            if (!(hidden > 0 && hidden < 1) || !(asked >= 0 && asked <= 1)) {
                throw new InvalidInputException("hidden is " + hidden + " and asked " + asked
                        + "; expected shares of the pieces: above 0 and below 1, and 0 to 1");
            }
            if (!(labelWeight >= 0)) {
                throw new InvalidInputException("label-weight is " + labelWeight + "; expected 0 or more");
            }
        }
    }

    private final T5Config config;
    private final LabelClasses classes;
    private final Settings settings;
    private final TextBatches training;
    private final TextBatches validation;
    private final Compute compute;
    private final Weights weights;
    private final TextModel model;

    /**
     * @param config sizes of the encoder; its vocabulary holds at least the tokenizer's ids
     * @param classes labels the captions may carry
     * @param tokenizer borrowed
     * @param captions the caption of any number from 0 on; called from loader threads
     * @param validation the same, of captions that are not trained on
     */
    public TextStage(
            T5Config config,
            Settings settings,
            LabelClasses classes,
            T5Tokenizer tokenizer,
            LongFunction<LabelledText> captions,
            LongFunction<LabelledText> validation,
            Beginning begun) {
        if (tokenizer.size() > config.vocabSize()) {
            throw new InvalidInputException("vocab_size is " + config.vocabSize() + " but the tokenizer knows "
                    + tokenizer.size() + " ids; give the encoder at least as many");
        }
        this.config = config;
        this.settings = settings;
        this.classes = classes;
        this.compute = begun.compute();
        this.training = new TextBatches(captions, tokenizer, classes, settings, begun.seed());
        this.validation = new TextBatches(validation, tokenizer, classes, settings, begun.seed());
        weights = Weights.trainable(begun.start(), begun.compute(), TextModel.initialiser(config, begun.seed()));
        model = new TextModel(weights, config, classes, settings.neighbours());
        weights.verify();
    }

    /** An encoder of 1.5 million parameters beside its embeddings, for the demo's captions. */
    public static T5Config demoConfig(int vocabSize) {
        return new T5Config(vocabSize, 192, 48, 512, 4, 3, 32, 128, 1e-6, "gated-gelu");
    }

    @Override
    public String name() {
        return "text";
    }

    @Override
    public List<ParameterGroup> parameters() {
        Map<String, Tensor> positions = new LinkedHashMap<>();
        Map<String, Tensor> others = new LinkedHashMap<>();
        weights.parameters()
                .forEach((name, parameter) ->
                        (name.endsWith(TextModel.POSITIONS) ? positions : others).put(name, parameter));
        return List.of(
                new ParameterGroup("text", others, 1, 0),
                new ParameterGroup("positions", positions, POSITIONS_FACTOR, 0));
    }

    @Override
    public TextBatch batch(long index) {
        return training.batch(index);
    }

    @Override
    public int samples(TextBatch batch) {
        return batch.rows();
    }

    @Override
    public String describe(TextBatch batch) {
        return "captions " + batch.first() + " to " + (batch.first() + batch.rows() - 1);
    }

    @Override
    public Losses losses(TextBatch batch, long step, Noise noise) {
        Tensor outputs = model.outputs(batch);
        Map<String, Tensor> parts = new LinkedHashMap<>();
        Tensor pieces = model.pieceLoss(batch, outputs);
        parts.put("pieces", pieces);
        if (classes.values().isEmpty() || settings.labelWeight == 0) {
            return new Losses(pieces, parts);
        }
        Tensor labels = model.labelLoss(batch, outputs);
        parts.put("labels", labels);
        return new Losses(pieces.add(Ops.scale(labels, settings.labelWeight)), parts);
    }

    /** Writes {@code config.json} and {@code model.safetensors} in fp16; the tokenizer is {@link Vocabulary}'s. */
    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        TextEncoderFolder.write(folder, config, values, DType.FP16);
    }

    /** Shares of right answers: {@code hidden-right}, {@code neighbours-right} and one for every label. */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        TextModel.Tally tally = new TextModel.Tally();
        try (Weights own = Weights.of(TensorStore.of(values, "trained weights"), compute)) {
            TextModel trained = new TextModel(own, config, classes, settings.neighbours());
            own.verify();
            for (int i = 0; i < VALIDATION_BATCHES; i++) {
                trained.count(validation.batch(i), tally);
            }
        }
        return tally.shares();
    }

    @Override
    public void close() {
        weights.close();
    }
}
