package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that ends at any moment at all and goes on is a run that never ended: weights, optimiser, figures, validations and
 * model. Here it ends by an error that nobody expects, at each of its moments in turn; {@code KilledTrainingTest} of the
 * command line kills processes.
 */
class KilledRunTest {
    private static final TrainerConfig CONFIG = new TrainerConfig(
            1,
            "cpu",
            TrainerConfig.DEFAULT.precision(),
            4,
            1,
            new LearningRate(0.1, LearningRate.Schedule.CONSTANT, 0, 1),
            AdamW.Settings.DEFAULT,
            0.5,
            2,
            2,
            2,
            2,
            0,
            0,
            1,
            1,
            1);

    @TempDir
    Path folder;

    record Values(TrainerConfig training) {}

    /** The end of the process. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /** Ends the process at its {@code left}-th moment. */
    private static final class Moments {
        private int left;

        Moments(int left) {
            this.left = left;
        }

        void one() {
            if (left-- == 0) {
                throw new Killed();
            }
        }
    }

    @Test
    void whateverTheMomentNothingIsLost() throws IOException {
        Path whole = folder.resolve("whole");
        Moments never = new Moments(Integer.MAX_VALUE);
        train(whole, never);
        int moments = Integer.MAX_VALUE - never.left;
        assertThat(moments).as("4 steps, 2 checkpoints, 2 validations, 1 model").isEqualTo(4 + 2 + 2 * 3 + 2);
        Map<String, String> expected = kept(whole);
        assertThat(expected.keySet())
                .contains("metrics.jsonl", "validation/step-00000002/seen.txt", "checkpoints/step-00000004/state.json");
        assertThat(Objects.requireNonNull(expected.get("metrics.jsonl")).lines())
                .hasSize(4);
        for (int moment = 0; moment < moments; moment++) {
            Path run = folder.resolve("killed-" + moment);
            Moments end = new Moments(moment);
            assertThatThrownBy(() -> train(run, end)).isInstanceOf(Killed.class);
            train(run, never);
            assertThat(kept(run)).as("killed at moment %d", moment).isEqualTo(expected);
        }
    }

    /** What a kill between a validation's folder and its line of figures leaves. */
    @Test
    void figuresOfAValidationThatIsThereAreLogged() throws IOException {
        Path run = folder.resolve("run");
        Moments never = new Moments(Integer.MAX_VALUE);
        train(run, never);
        Map<String, String> expected = kept(run);
        Path metrics = run.resolve("metrics.jsonl");
        List<String> lines = Files.readAllLines(metrics);
        Files.write(metrics, lines.subList(0, lines.size() - 1));
        Path seen = run.resolve("validation/step-00000004/seen.txt");
        var made = Files.getLastModifiedTime(seen);
        train(run, never);
        assertThat(kept(run)).isEqualTo(expected);
        assertThat(Files.getLastModifiedTime(seen)).as("is not made again").isEqualTo(made);
        train(run, never);
        assertThat(kept(run)).isEqualTo(expected);
    }

    @Test
    void validationsAfterTheStepGoneOnFromGo() throws IOException {
        Path run = folder.resolve("run");
        Moments never = new Moments(Integer.MAX_VALUE);
        train(run, never);
        Values values = new Values(CONFIG);
        try (RunFolder open = RunFolder.resume(run, values, Set.of());
                Walk stage = new Walk(never)) {
            TrainingRun.train(stage, CONFIG, open, OptionalLong.of(2), TrainingListener.NONE, () -> true);
        }
        assertThat(run.resolve("validation").toFile().list()).containsExactly("step-00000002");
    }

    private static void train(Path run, Moments moments) {
        boolean goesOn = RunFolder.holdsRun(run);
        Values values = new Values(CONFIG);
        TrainingListener listener = new TrainingListener() {
            @Override
            public void step(Progress progress) {
                moments.one();
            }

            @Override
            public void checkpoint(long step, Path written) {
                moments.one();
            }

            @Override
            public void validated(long step, Path validation, Map<String, Double> figures) {
                moments.one();
            }
        };
        try (RunFolder open = goesOn ? RunFolder.resume(run, values, Set.of()) : RunFolder.create(run, values);
                Walk stage = new Walk(moments)) {
            OptionalLong from = goesOn ? OptionalLong.of(open.checkpoints(2).find("latest")) : OptionalLong.empty();
            TrainingRun.train(stage, CONFIG, open, from, listener, () -> false);
        }
    }

    /** Everything a run is for, by its name below the run; times apart. */
    private static Map<String, String> kept(Path run) throws IOException {
        Map<String, String> kept = new TreeMap<>();
        try (Stream<Path> files = Files.walk(run)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = run.relativize(file).toString();
                if (!name.startsWith("tensorboard") && !name.startsWith("curves") && !name.equals(".lock")) {
                    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                    kept.put(name, text.replaceAll("\"time\":\"[^\"]*\",", ""));
                }
            }
        }
        return kept;
    }

    /** A number that goes where every batch sends it. */
    private static final class Walk implements Stage<Integer> {
        private final Moments moments;
        private final Tensor weight;

        Walk(Moments moments) {
            this.moments = moments;
            try (Scope scope = Scope.open()) {
                weight = Scope.retain(Ops.tensor(new float[] {1}, 1).set_requires_grad(true));
            }
        }

        @Override
        public String name() {
            return "walk";
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
            return new Losses(
                    weight.mul(new Scalar(Math.sin(batch) + 0.3)).square().sum(), Map.of());
        }

        @Override
        public void export(Path model, Map<String, Tensor> values) {
            moments.one();
            write(model.resolve("weight.txt"), values);
            moments.one();
        }

        @Override
        public Map<String, Double> validate(Path validation, long step, Map<String, Tensor> values) {
            moments.one();
            double seen = write(validation.resolve("seen.txt"), values);
            moments.one();
            return Map.of("validation-weight", seen);
        }

        private static double write(Path file, Map<String, Tensor> values) {
            try (Scope scope = Scope.inference()) {
                double value =
                        Objects.requireNonNull(values.get("weight")).item().toDouble();
                Files.writeString(file, Double.toString(value));
                return value;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            weight.close();
        }
    }
}
