package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TrainerTest {
    private static final TrainerConfig TWO_BATCHES = new TrainerConfig(
            1,
            "cpu",
            TrainerConfig.DEFAULT.precision(),
            10,
            2,
            new LearningRate(0.1, LearningRate.Schedule.CONSTANT, 0, 1),
            AdamW.Settings.DEFAULT,
            0,
            1,
            10,
            1,
            0,
            0,
            0,
            1,
            1,
            1);

    /** Batches of one person have no routing figures; they are not zeros in the mean of those that have. */
    @Test
    void figuresAreMeansOverTheBatchesThatHaveThem() {
        try (OneNumber stage = new OneNumber();
                Trainer<Integer> trainer = new Trainer<>(stage, TWO_BATCHES)) {
            Map<String, Double> both = trainer.step(List.of(2, 4));
            assertThat(both).containsEntry("even", 3.0).containsEntry("loss", 3.0);

            Map<String, Double> one = trainer.step(List.of(4, 5));
            assertThat(one).containsEntry("even", 4.0).doesNotContainEntry("loss", 0.0);

            assertThat(trainer.step(List.of(3, 5))).doesNotContainKey("even");
        }
    }

    /** The loss is the batch's number times a weight that begins as 1; even numbers have a figure of their own. */
    private static final class OneNumber implements Stage<Integer> {
        private final Tensor weight;

        OneNumber() {
            try (Scope scope = Scope.open()) {
                weight = Scope.retain(Ops.tensor(new float[] {1}, 1).set_requires_grad(true));
            }
        }

        @Override
        public String name() {
            return "one-number";
        }

        @Override
        public List<ParameterGroup> parameters() {
            return List.of(new ParameterGroup("weight", Map.of("weight", weight), 1, 0));
        }

        @Override
        public Integer batch(long index) {
            return (int) index;
        }

        @Override
        public int samples(Integer batch) {
            return 1;
        }

        @Override
        public String describe(Integer batch) {
            return batch.toString();
        }

        @Override
        public Losses losses(Integer batch, long step, Noise noise) {
            Tensor loss = weight.mul(new Scalar((double) batch)).sum();
            Tensor figure = Ops.tensor(new float[] {batch}, 1).sum();
            return new Losses(loss, batch % 2 == 0 ? Map.of("even", figure) : Map.of());
        }

        @Override
        public void export(Path folder, Map<String, Tensor> values) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
            return Map.of();
        }

        @Override
        public void close() {
            weight.close();
        }
    }
}
