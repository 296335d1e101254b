package ai.ingredients.tensor;

import ai.ingredients.InvalidInputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.SDPBackend;

/**
 * Which of libtorch's kernels computes attention on a CUDA device; {@code ingredients bench} measures which is fastest there.
 * All compute the same, rounding aside. The CPU has one way.
 */
public enum Attention {
    /** As libtorch chooses. */
    AUTO(SDPBackend.flash_attention, SDPBackend.efficient_attention, SDPBackend.math, SDPBackend.cudnn_attention),
    /** NVIDIA's cuDNN. */
    CUDNN(SDPBackend.cudnn_attention, SDPBackend.flash_attention, SDPBackend.efficient_attention, SDPBackend.math),
    /** FlashAttention 2. */
    FLASH(SDPBackend.flash_attention, SDPBackend.efficient_attention, SDPBackend.cudnn_attention, SDPBackend.math),
    /** The memory-efficient kernel of xFormers. */
    EFFICIENT(SDPBackend.efficient_attention, SDPBackend.flash_attention, SDPBackend.cudnn_attention, SDPBackend.math),
    /** Products and a softmax by themselves, with all scores in memory. */
    MATH(SDPBackend.math, SDPBackend.flash_attention, SDPBackend.efficient_attention, SDPBackend.cudnn_attention);

    private final SDPBackend[] order;

    Attention(SDPBackend... order) {
        this.order = order;
    }

    /** The command-line spelling: {@code auto}, {@code cudnn}, {@code flash}, {@code efficient} or {@code math}. */
    public static Attention parse(String text) {
        for (Attention one : values()) {
            if (one.toString().equalsIgnoreCase(text)) {
                return one;
            }
        }
        String known = Arrays.stream(values()).map(Attention::toString).collect(Collectors.joining(", "));
        throw new InvalidInputException("attention \"" + text + "\" is not known; use one of " + known);
    }

    /** Kernels by libtorch's numbers, the one to try first at the front; each once. */
    long[] order() {
        return IntStream.range(0, order.length + 1)
                .mapToLong(i -> i < order.length ? order[i].value : SDPBackend.overrideable.value)
                .toArray();
    }

    /**
     * Has this kernel tried first from now on, in the whole process; inputs that it does not take go to the next. Attention
     * on the CPU does not look at it.
     */
    public void prefer() {
        Natives.load();
        try (LongVector numbers = new LongVector(order())) {
            torch.globalContext().setSDPPriorityOrder(numbers);
        }
    }

    /**
     * Runs {@code work} with no other kernel allowed, so that inputs it does not take fail. For measuring: on the CPU it
     * counts, too, and what other threads compute meanwhile is under it.
     */
    public void only(Runnable work) {
        Natives.load();
        Context context = torch.globalContext();
        boolean cudnn = context.userEnabledCuDNNSDP();
        boolean flash = context.userEnabledFlashSDP();
        boolean efficient = context.userEnabledMemEfficientSDP();
        boolean math = context.userEnabledMathSDP();
        allow(context, this == CUDNN, this == FLASH, this == EFFICIENT, this == MATH);
        if (this == AUTO) {
            allow(context, cudnn, flash, efficient, math);
        }
        try {
            work.run();
        } finally {
            allow(context, cudnn, flash, efficient, math);
        }
    }

    private static void allow(Context context, boolean cudnn, boolean flash, boolean efficient, boolean math) {
        context.setSDPUseCuDNN(cudnn);
        context.setSDPUseFlash(flash);
        context.setSDPUseMemEfficient(efficient);
        context.setSDPUseMath(math);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
