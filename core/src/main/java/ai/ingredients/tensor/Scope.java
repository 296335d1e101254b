package ai.ingredients.tensor;

import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The owner of native memory: every native object made while a scope is open on this thread dies when it closes.
 *
 * <p>The garbage collector does not see native memory, so a loop without a scope grows by gigabytes. {@link #keep} is
 * the only way out of a scope: the kept object then belongs to the enclosing scope, or, when there is none, to the
 * caller, who closes it.
 *
 * <pre>{@code
 * try (Scope step = Scope.inference()) {
 *     Tensor noise = model.forward(latents);
 *     return step.keep(scheduler.step(noise));        // everything else is freed here
 * }
 * }</pre>
 *
 * <p>Scopes nest, are bound to the thread that opened them and must be closed in reverse order. Compute on platform
 * threads: libtorch's gradient mode is thread-local.
 */
public final class Scope implements AutoCloseable {
    private final PointerScope pointers;
    private final @Nullable NoGradGuard noGrad;

    private Scope(boolean gradients) {
        Natives.load();
        noGrad = gradients ? null : new NoGradGuard();
        pointers = new PointerScope();
    }

    /** A scope that leaves the gradient mode of this thread as it is. */
    public static Scope open() {
        return new Scope(true);
    }

    /** A scope in which nothing is recorded for autograd. */
    public static Scope inference() {
        return new Scope(false);
    }

    /** Runs {@code body} in a scope of its own and keeps only its result. */
    public static Tensor of(Supplier<Tensor> body) {
        try (Scope scope = open()) {
            return scope.keep(body.get());
        }
    }

    /** Hands {@code object} to the enclosing scope, or to the caller when this is the outermost one. */
    public <T extends Pointer> T keep(T object) {
        PointerScope outer = null;
        for (var scopes = PointerScope.getScopeIterator(); scopes != null && scopes.hasNext(); ) {
            if (scopes.next() == pointers) {
                outer = scopes.hasNext() ? scopes.next() : null;
                break;
            }
        }
        if (outer == null) {
            object.retainReference();
        } else {
            outer.attach(object);
        }
        return object;
    }

    /**
     * Takes {@code object} out of every scope: it lives until {@link Pointer#close} is called on it. For owners whose
     * life is longer than any scope, such as loaded weights.
     */
    public static <T extends Pointer> T retain(T object) {
        object.retainReference();
        return object;
    }

    @Override
    public void close() {
        pointers.close();
        if (noGrad != null) {
            noGrad.deallocate(); // now, not when an enclosing scope lets go of it
        }
    }
}
