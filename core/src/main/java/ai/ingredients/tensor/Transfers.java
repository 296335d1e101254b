package ai.ingredients.tensor;

import java.util.function.Consumer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The ways between the host's memory and a device's while a model computes. A CUDA device works off a queue that the
 * program fills ahead of it; whoever reads a value, or copies from memory that may be paged out, waits until the queue is
 * empty, and then the device waits for the program. Hence {@link #toDevice}, which does not wait, and {@link #toHost} and
 * {@link #truth}, which cannot but.
 *
 * <p>On the CPU nothing is copied. Each call is told all the same to a listener of {@link #observed}, so that a test without
 * a device can count them. Thread-safe.
 */
public final class Transfers {
    /** What crosses. */
    public enum Kind {
        /** To the device, and the program goes on. */
        AHEAD,
        /** To the host, after everything that was asked of the device before. */
        WAITS
    }

    private static final ScopedValue<Consumer<Kind>> LISTENER = ScopedValue.newInstance();

    private Transfers() {}

    /** Runs {@code work}; {@code listener} is told every transfer that this thread makes meanwhile. */
    public static void observed(Consumer<Kind> listener, Runnable work) {
        ScopedValue.where(LISTENER, listener).run(work);
    }

    private static void tell(Kind kind) {
        if (LISTENER.isBound()) {
            LISTENER.get().accept(kind);
        }
    }

    /**
     * {@code host} on {@code device} in {@code type}; itself where it is there already. To a CUDA device through page-locked
     * memory, which libtorch keeps until the copy has been made.
     */
    public static Tensor toDevice(Tensor host, Device device, ScalarType type) {
        tell(Kind.AHEAD);
        if (!device.is_cuda() || !host.is_cpu()) {
            return host.to(device, type);
        }
        return host.to(type).contiguous().pin_memory().to(device, type, true, false, new MemoryFormatOptional());
    }

    /** {@code x} in the host's memory; itself where it is there already. */
    public static Tensor toHost(Tensor x) {
        tell(Kind.WAITS);
        return x.cpu();
    }

    /** The one value of {@code x} as a truth value. */
    public static boolean truth(Tensor x) {
        tell(Kind.WAITS);
        return x.item().toBool();
    }

    /** The one value of {@code x} as a number. */
    public static double number(Tensor x) {
        tell(Kind.WAITS);
        return x.item().toDouble();
    }
}
