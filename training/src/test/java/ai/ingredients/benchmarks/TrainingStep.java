package ai.ingredients.benchmarks;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Memory;
import ai.ingredients.tensor.Natives;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.AdamW;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.transformer.CheckpointedPass;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.transformer.VideoTransformer.Output;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Seconds for one training step of a transformer: forward, backward, clip, AdamW. Repeats what
 * {@code src/test/python/training_step.py} does with the official model in PyTorch, on the weights and inputs it wrote;
 * the losses of both must agree. Not a test: it asserts nothing about time.
 *
 * <pre>
 * OMP_NUM_THREADS=1 python training/src/test/python/training_step.py configs/demo/transformer.json FOLDER [--bf16]
 * OMP_NUM_THREADS=1 java --enable-native-access=ALL-UNNAMED -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 \
 *     -cp "engine/target/classes:engine/target/test-classes:app/target/lib/*" \
 *     ai.ingredients.benchmarks.TrainingStep FOLDER fp32|bf16 [steps] [plain|checkpointed|each|each-checkpointed]
 * </pre>
 *
 * <p>{@code plain} routes as the official code does: the same people for the whole batch, and its first element decides.
 * {@code each} is what our trainer does: other people in every element, each routed by itself.
 */
public final class TrainingStep {
    private static final int WARM_UP = 2;
    private static final long BATCH = 8;

    private TrainingStep() {}

    public static void main(String[] args) {
        Path folder = Path.of(args[0]);
        DType precision = DType.valueOf(args[1].toUpperCase(Locale.ROOT));
        int steps = args.length > 2 ? Integer.parseInt(args[2]) : 20;
        String mode = args.length > 3 ? args[3] : "plain";
        Compute compute = Compute.CPU_FP32.with(precision);
        TransformerConfig config = TransformerConfig.of(ConfigReader.of(folder.resolve("config.json")));
        double[] losses = new double[steps];
        double[] seconds = new double[steps];
        double[] processor = new double[steps];
        try (TensorStore store = Checkpoint.open(folder);
                Weights weights = Weights.trainable(store, compute);
                VideoTransformer transformer = VideoTransformer.load(weights, config, Residency.RESIDENT);
                AdamW optimizer = new AdamW(
                        List.of(new ParameterGroup("all", weights.parameters(), 1, 0)), AdamW.Settings.DEFAULT);
                SafetensorsFile inputs = SafetensorsFile.open(folder.resolve("case.safetensors"))) {
            for (int i = 0; i < steps; i++) {
                long wall = System.nanoTime();
                long cpu = processorNanos();
                try (Scope scope = Scope.open()) {
                    losses[i] = step(transformer, inputs, compute, mode);
                    optimizer.step(1e-4);
                }
                seconds[i] = (System.nanoTime() - wall) / 1e9;
                processor[i] = (processorNanos() - cpu) / 1e9;
            }
        }
        System.out.printf(
                Locale.ROOT,
                "{\"side\": \"java\", \"precision\": \"%s\", \"mode\": \"%s\", \"blas\": \"%s\", \"loss-first\": %s, "
                        + "\"loss-last\": %s, \"seconds\": %.4f, \"cpu-seconds\": %.4f, \"peak-mib\": %d}%n",
                args[1],
                mode,
                Natives.blas(),
                losses[0],
                losses[steps - 1],
                median(seconds),
                median(processor),
                Memory.peakOfProcess() >> 20);
    }

    /** Leaves gradients, returns the loss. */
    private static double step(VideoTransformer transformer, SafetensorsFile inputs, Compute compute, String mode) {
        RotaryEmbedding rotary = new RotaryEmbedding(inputs.get("rope_cos"), inputs.get("rope_sin"));
        boolean each = mode.startsWith("each");
        List<Tensor> hidden = new ArrayList<>();
        for (int scale = 0; inputs.has("vit_hidden_" + scale); scale++) {
            hidden.add(people(inputs.get("vit_hidden_" + scale), each));
        }
        Tensor idCond = people(inputs.get("id_cond"), each);
        IdentityContext people =
                each ? transformer.prepareEach(idCond, hidden, 2) : transformer.prepare(idCond, hidden);
        Options options = new Options(each ? Routing.PER_BRANCH : Routing.REFERENCE, 1);
        Tensor latents = compute.place(inputs.get("latents"));
        Tensor text = compute.place(inputs.get("text"));
        Tensor timestep = inputs.get("timestep");
        if (mode.endsWith("checkpointed")) {
            CheckpointedPass pass = transformer.checkpointed(latents, text, timestep, rotary, people, options);
            Tensor loss = loss(pass.output(), inputs);
            pass.backward(loss);
            return loss.item().toDouble();
        }
        Tensor loss = loss(transformer.forward(latents, text, timestep, rotary, people, options), inputs);
        loss.backward();
        return loss.item().toDouble();
    }

    /** The two people, or as many for every element of the batch. */
    private static Tensor people(Tensor two, boolean each) {
        if (!each) {
            return two;
        }
        long[] times = new long[Math.toIntExact(two.dim())];
        Arrays.fill(times, 1);
        times[0] = BATCH;
        return two.repeat(times);
    }

    private static Tensor loss(Output output, SafetensorsFile inputs) {
        return output.sample()
                .to(ScalarType.Float)
                .sub(inputs.get("wanted"))
                .square()
                .mean();
    }

    private static long processorNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static double median(double[] values) {
        double[] sorted = Arrays.copyOfRange(values, Math.min(WARM_UP, values.length - 1), values.length);
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
