package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.BoxedOp;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * AdamW with decoupled weight decay (arXiv 1711.05101), equal to {@code torch.optim.AdamW}.
 *
 * <p>Parameters in a lower precision than fp32 get fp32 masters: the update happens there and is rounded back, so that
 * steps smaller than the rounding still add up. Gradients of several backward passes add up in the parameters; the
 * caller divides its losses.
 *
 * <p>Moments live where the parameters do, or in main memory ({@link StateDevice#CPU}), which saves 8 bytes of device
 * memory a parameter and costs the transfers.
 *
 * <p>Owns masters and moments until {@link #close}; borrows the parameters. Not thread-safe.
 */
public final class AdamW implements AutoCloseable {
    /** Where masters and moments live. */
    public enum StateDevice {
        PARAMETERS,
        CPU
    }

    /**
     * The settings that hold for every group.
     *
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param eps added to the root of the second moment
     * @param weightDecay decoupled decay, of matrices only unless {@code decayVectors}
     * @param decayVectors whether biases and norms decay too, as {@code torch.optim.AdamW} does by default
     * @param maxGradNorm gradients are scaled so that their common norm is at most this; infinite leaves them
     * @param state where moments live
     */
    public record Settings(
            double beta1,
            double beta2,
            double eps,
            double weightDecay,
            boolean decayVectors,
            double maxGradNorm,
            StateDevice state) {
        /** What the paper's neighbours use: betas 0.9 and 0.95, clip at 1. */
        public static final Settings DEFAULT = new Settings(0.9, 0.95, 1e-8, 0.01, false, 1.0, StateDevice.PARAMETERS);

        public Settings {
            share("beta1", beta1);
            share("beta2", beta2);
            if (!(eps > 0) || !(weightDecay >= 0)) {
                throw new InvalidInputException("eps is " + eps + " and weight-decay " + weightDecay
                        + "; expected a positive eps and a decay of 0 or more");
            }
            if (!(maxGradNorm > 0)) {
                throw new InvalidInputException(
                        "max-grad-norm is " + maxGradNorm + "; expected a positive number, or .inf for no clipping");
            }
        }

        private static void share(String name, double value) {
            if (!(value >= 0 && value < 1)) {
                throw new InvalidInputException(name + " is " + value + "; expected at least 0 and below 1");
            }
        }
    }

    private static final BoxedOp FUSED = BoxedOp.find("aten::_fused_adamw_", "");
    /** Parameters that are updated together: 64 MB of converted gradients. */
    private static final long PIECE = 1 << 24;

    /** One parameter with its state. {@code master} is the parameter itself where that is fp32 already. */
    private record Slot(String name, Tensor parameter, Tensor master, Tensor first, Tensor second, Tensor step) {
        boolean ownMaster() {
            return master != parameter;
        }
    }

    /** {@code clips} is the parameter group whose gradients are clipped together. */
    private record Group(double factor, double weightDecay, ParameterGroup clips, List<Slot> slots) {}

    private final Settings settings;
    private final List<Group> groups = new ArrayList<>();

    public AdamW(List<ParameterGroup> parameterGroups, Settings settings) {
        this.settings = settings;
        for (ParameterGroup group : parameterGroups) {
            List<Slot> decayed = new ArrayList<>();
            List<Slot> plain = new ArrayList<>();
            group.parameters().forEach((name, parameter) -> {
                boolean decays = settings.decayVectors || parameter.dim() > 1;
                (decays ? decayed : plain).add(slot(name, parameter));
            });
            if (!decayed.isEmpty()) {
                groups.add(new Group(group.learningRateFactor(), group.weightDecay(), group, decayed));
            }
            if (!plain.isEmpty()) {
                groups.add(new Group(group.learningRateFactor(), 0, group, plain));
            }
        }
    }

    private Slot slot(String name, Tensor parameter) {
        try (Scope scope = Scope.inference()) {
            boolean here = settings.state == StateDevice.PARAMETERS || !parameter.is_cuda();
            Tensor values = parameter.detach();
            Tensor master = DType.of(parameter) == DType.FP32 && here
                    ? parameter
                    : Scope.retain(
                            here
                                    ? values.to(ScalarType.Float)
                                    : values.to(ScalarType.Float).cpu());
            Tensor like = master.detach();
            return new Slot(
                    name,
                    parameter,
                    master,
                    Scope.retain(torch.zeros_like(like)),
                    Scope.retain(torch.zeros_like(like)),
                    Scope.retain(torch.zeros(new long[0], new TensorOptions(ScalarType.Float))
                            .to(like.device(), ScalarType.Float)));
        }
    }

    /**
     * What a step did.
     *
     * @param gradNorm common norm of all gradients, clipped by group but not yet together; not finite when one of them is not, and then nothing
     *     was changed
     * @param applied whether parameters moved
     */
    public record Step(double gradNorm, boolean applied) {}

    /**
     * Takes a step with the gradients that are there, then forgets them. Parameters without a gradient stay.
     *
     * @param learningRate before the groups' factors
     */
    public Step step(double learningRate) {
        try (Scope scope = Scope.inference()) {
            Map<ParameterGroup, Double> squares = new LinkedHashMap<>();
            for (Group group : groups) {
                squares.merge(group.clips, squaredNorm(group), Double::sum);
            }
            double norm = 0;
            Map<ParameterGroup, Double> clips = new LinkedHashMap<>();
            for (Map.Entry<ParameterGroup, Double> group : squares.entrySet()) {
                double own = Math.sqrt(group.getValue());
                double clip = clip(group.getKey().maxGradNorm(), own);
                clips.put(group.getKey(), clip);
                norm += own * clip * own * clip;
            }
            norm = Math.sqrt(norm);
            boolean applied = Double.isFinite(norm) && hasGradients();
            if (applied) {
                double together = clip(settings.maxGradNorm, norm);
                groups.forEach(group -> update(group, learningRate, together * clips.getOrDefault(group.clips, 1.0)));
            }
            forgetGradients();
            return new Step(norm, applied);
        }
    }

    /** The official clip_grad_norm_ adds 1e-6 to the norm. */
    private static double clip(double most, double norm) {
        return most == Double.POSITIVE_INFINITY ? 1 : Math.min(1, most / (norm + 1e-6));
    }

    private static double squaredNorm(Group group) {
        List<Tensor> norms = new ArrayList<>();
        for (Slot slot : group.slots) {
            Tensor gradient = gradient(slot);
            if (gradient != null) {
                // of one parameter at a time: gradients in fp32 are twice the size of those in bf16
                norms.add(Scope.of(() -> gradient.to(ScalarType.Float).norm().cpu()));
            }
        }
        if (norms.isEmpty()) {
            return 0;
        }
        double norm = Ops.stack(0, norms.toArray(Tensor[]::new)).norm().item().toDouble();
        return norm * norm;
    }

    private boolean hasGradients() {
        return groups.stream().flatMap(group -> group.slots.stream()).anyMatch(slot -> gradient(slot) != null);
    }

    /** In pieces: what is converted for one of them is gone before the next. */
    private void update(Group group, double learningRate, double clip) {
        List<Slot> piece = new ArrayList<>();
        long elements = 0;
        for (Slot slot : group.slots) {
            if (gradient(slot) == null) {
                continue;
            }
            piece.add(slot);
            elements += slot.master.numel();
            if (elements >= PIECE) {
                update(piece, group, learningRate, clip);
                piece.clear();
                elements = 0;
            }
        }
        if (!piece.isEmpty()) {
            update(piece, group, learningRate, clip);
        }
    }

    private void update(List<Slot> piece, Group group, double learningRate, double clip) {
        try (Scope scope = Scope.inference()) {
            List<Tensor> masters = new ArrayList<>();
            List<Tensor> gradients = new ArrayList<>();
            List<Tensor> firsts = new ArrayList<>();
            List<Tensor> seconds = new ArrayList<>();
            List<Tensor> steps = new ArrayList<>();
            for (Slot slot : piece) {
                masters.add(slot.master.detach());
                gradients.add(Objects.requireNonNull(gradient(slot)).to(slot.master.device(), ScalarType.Float));
                firsts.add(slot.first);
                seconds.add(slot.second);
                slot.step.add_(new Scalar(1));
                steps.add(slot.step);
            }
            FUSED.call(
                    BoxedOp.tensors(masters),
                    BoxedOp.tensors(gradients),
                    BoxedOp.tensors(firsts),
                    BoxedOp.tensors(seconds),
                    BoxedOp.noTensors(),
                    BoxedOp.tensors(steps),
                    BoxedOp.number(learningRate * group.factor),
                    BoxedOp.number(settings.beta1),
                    BoxedOp.number(settings.beta2),
                    BoxedOp.number(group.weightDecay),
                    BoxedOp.number(settings.eps),
                    BoxedOp.flag(false),
                    BoxedOp.flag(false),
                    clip < 1 ? BoxedOp.tensor(divisor(clip, masters.getFirst())) : BoxedOp.none(),
                    BoxedOp.none());
            piece.forEach(AdamW::roundBack);
        }
    }

    /** What the kernel divides gradients by while it reads them, so that no scaled copy of them is made. */
    private static Tensor divisor(double clip, Tensor master) {
        return torch.full(new long[0], new Scalar(1 / clip), new TensorOptions(ScalarType.Float))
                .to(master.device(), ScalarType.Float);
    }

    private static void roundBack(Slot slot) {
        if (slot.ownMaster()) {
            slot.parameter.detach().copy_(slot.master);
        }
    }

    private static @Nullable Tensor gradient(Slot slot) {
        Tensor gradient = slot.parameter.grad();
        return gradient.defined() ? gradient : null;
    }

    /** Drops all gradients, for batches that must not count. */
    public void forgetGradients() {
        try (Scope scope = Scope.inference()) {
            for (Group group : groups) {
                for (Slot slot : group.slots) {
                    slot.parameter.mutable_grad().put(new Tensor());
                }
            }
        }
    }

    /** The parameters in fp32 by name; the tensors stay this object's (or are the parameters themselves). */
    public Map<String, Tensor> masters() {
        Map<String, Tensor> masters = new LinkedHashMap<>();
        groups.forEach(group -> group.slots.forEach(slot -> masters.put(slot.name, slot.master)));
        return masters;
    }

    /** Moments and step counts by {@code exp_avg/name}, {@code exp_avg_sq/name}, {@code step/name}; this object's. */
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        for (Group group : groups) {
            for (Slot slot : group.slots) {
                state.put("exp_avg/" + slot.name, slot.first);
                state.put("exp_avg_sq/" + slot.name, slot.second);
                state.put("step/" + slot.name, slot.step);
            }
        }
        return state;
    }

    /** Writes the masters' values into the parameters, after masters were loaded. */
    public void mastersLoaded() {
        try (Scope scope = Scope.inference()) {
            groups.forEach(group -> group.slots.forEach(AdamW::roundBack));
        }
    }

    @Override
    public void close() {
        for (Group group : groups) {
            for (Slot slot : group.slots) {
                slot.first.close();
                slot.second.close();
                slot.step.close();
                if (slot.ownMaster()) {
                    slot.master.close();
                }
            }
        }
        groups.clear();
    }
}
