package ai.ingredients.training.text;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A T5 encoder in training, and the heads that ask questions of its outputs and are thrown away afterwards.
 *
 * <p>Borrows its parameters from {@link Weights}; the encoder's have their official names, those of the heads begin
 * with {@code heads.}
 */
final class TextModel {
    static final String HEADS = "heads";
    /** The table of position biases, by the end of its name. */
    static final String POSITIONS = "relative_attention_bias.weight";

    // Meaning of numbers in libtorch's C++ reductions.
    private static final long MEAN = 1;
    private static final long SUM = 2;

    private final Weights weights;
    private final T5Encoder encoder;
    private final List<Linear> questions = new ArrayList<>(); // by kind, [d, d]
    private final Linear vocabulary; // [vocab, d]
    private final Map<String, Linear> labels = new LinkedHashMap<>(); // [values, d]

    TextModel(Weights weights, T5Config config, LabelClasses classes, int neighbours) {
        this.weights = weights;
        encoder = new T5Encoder(config, weights, Residency.RESIDENT);
        Weights heads = weights.at(HEADS);
        long width = config.dModel();
        for (int kind = 0; kind <= 2 * neighbours; kind++) {
            questions.add(Linear.of(heads.at("questions").at(kind), width, width));
        }
        vocabulary = Linear.of(heads.at("vocabulary"), width, config.vocabSize());
        classes.values()
                .forEach((name, values) ->
                        labels.put(name, Linear.of(heads.at("labels").at(name), width, values.size())));
    }

    /** T5's initialisation; the heads get a deviation of 1/√inputs. */
    static Initialiser initialiser(T5Config config, long seed) {
        double width = config.dModel();
        return new Initialiser(seed, 1)
                .rule("shared\\.weight", 1)
                .rule(".*\\.q\\.weight", 1 / Math.sqrt(width * config.dKv())) // scores are not divided by √dKv
                .rule(".*relative_attention_bias\\.weight", 1 / Math.sqrt(width));
    }

    /** [B, T] ids → [B, T, d]. */
    Tensor outputs(TextBatch batch) {
        return encoder.forward(numbers(batch.ids(), batch.rows(), batch.ids().length / batch.rows()));
    }

    /** Mean cross-entropy of the questions about pieces: a scalar in fp32. */
    Tensor pieceLoss(TextBatch batch, Tensor outputs) {
        return Scope.of(() -> torch.cross_entropy_loss(
                pieceLogits(batch, outputs), answers(batch), Ops.optional(null), MEAN, LabelClasses.UNKNOWN, 0.0));
    }

    /** Mean over the labels of their cross-entropies, each a mean over the captions that state it; 0 without labels. */
    Tensor labelLoss(TextBatch batch, Tensor outputs) {
        return Scope.of(() -> {
            Tensor mean = pooled(outputs); // [B, d]
            Tensor sum = torch.zeros(new long[0]).to(mean.device(), ScalarType.Float);
            int index = 0;
            for (Linear head : labels.values()) {
                long[] wanted = labels(batch, index++);
                Tensor loss = torch.cross_entropy_loss(
                        head.forward(mean).to(ScalarType.Float),
                        numbers(wanted, wanted.length),
                        Ops.optional(null),
                        SUM,
                        LabelClasses.UNKNOWN,
                        0.0);
                sum = sum.add(Ops.scale(loss, 1.0 / (Math.max(1, stated(wanted)) * labels.size())));
            }
            return sum;
        });
    }

    /** [B, T, d] → logits [M, vocab] in fp32. */
    private Tensor pieceLogits(TextBatch batch, Tensor outputs) {
        Tensor asked = outputs.flatten(0, 1).index_select(0, numbers(batch.places(), batch.places().length)); // [M, d]
        List<Tensor> thoughts = new ArrayList<>();
        int begin = 0;
        for (int kind = 0; kind < questions.size(); kind++) {
            int count = batch.asked(kind);
            thoughts.add(questions.get(kind).forward(asked.narrow(0, begin, count)));
            begin += count;
        }
        Tensor answer = torch.gelu(Ops.cat(0, thoughts.toArray(Tensor[]::new)), "tanh");
        return vocabulary.forward(answer).to(ScalarType.Float);
    }

    private static Tensor pooled(Tensor outputs) {
        return outputs.mean(new long[] {1}, false, new ScalarTypeOptional());
    }

    private Tensor answers(TextBatch batch) {
        return numbers(batch.answers(), batch.answers().length);
    }

    private Tensor numbers(long[] values, long... shape) {
        return Ops.tensor(values, shape).to(weights.compute().nativeDevice(), ScalarType.Long);
    }

    /** Column {@code index} of the batch's labels. */
    private static long[] labels(TextBatch batch, int index) {
        int columns = batch.labels().length / batch.rows();
        long[] column = new long[batch.rows()];
        for (int row = 0; row < column.length; row++) {
            column[row] = batch.labels()[row * columns + index];
        }
        return column;
    }

    private static int stated(long[] labels) {
        int stated = 0;
        for (long label : labels) {
            stated += label == LabelClasses.UNKNOWN ? 0 : 1;
        }
        return stated;
    }

    /** Counts right answers of {@code batch} in {@code tally}; gradients should be off. */
    void count(TextBatch batch, Tally tally) {
        try (Scope scope = Scope.inference()) {
            Tensor outputs = outputs(batch);
            long[] guessed = Ops.longs(best(pieceLogits(batch, outputs)));
            for (int i = 0; i < guessed.length; i++) {
                tally.add(batch.kinds()[i] == 0 ? "hidden" : "neighbours", guessed[i] == batch.answers()[i]);
            }
            Tensor mean = pooled(outputs);
            int index = 0;
            for (Map.Entry<String, Linear> label : labels.entrySet()) {
                long[] wanted = labels(batch, index++);
                long[] found = Ops.longs(best(label.getValue().forward(mean)));
                for (int i = 0; i < wanted.length; i++) {
                    if (wanted[i] != LabelClasses.UNKNOWN) {
                        tally.add(label.getKey(), found[i] == wanted[i]);
                    }
                }
            }
        }
    }

    private static Tensor best(Tensor logits) {
        return logits.argmax(new LongOptional(1), false);
    }

    /** Shares of right answers by kind of question. */
    static final class Tally {
        private final Map<String, int[]> counts = new LinkedHashMap<>(); // right, asked

        void add(String question, boolean right) {
            int[] count = counts.computeIfAbsent(question, any -> new int[2]);
            count[0] += right ? 1 : 0;
            count[1]++;
        }

        /** {@code <question>-right}, each 0 … 1. */
        Map<String, Double> shares() {
            Map<String, Double> shares = new LinkedHashMap<>();
            counts.forEach((question, count) -> shares.put(question + "-right", (double) count[0] / count[1]));
            return shares;
        }
    }
}
