package ai.ingredients.vae;

import ai.ingredients.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** One step of the encoder or the decoder. */
interface Layer {
    /** [B, C, T, H, W] → [B, C', T', H', W'], owned by the innermost scope. */
    Tensor forward(Tensor x, Pass pass);

    /** All of {@code layers} in order; the result in memory as its shape says, whatever the layers work with. */
    static Tensor whole(List<? extends Layer> layers, Tensor x, Pass pass) {
        return Scope.of(() -> chain(layers, x, pass).contiguous());
    }

    /** All of {@code layers} in order; each intermediate is freed as soon as the next layer has used it. */
    static Tensor chain(List<? extends Layer> layers, Tensor x, Pass pass) {
        if (layers.isEmpty()) {
            return x;
        }
        int last = layers.size() - 1;
        return Scope.of(() -> layers.get(last).forward(chain(layers.subList(0, last), x, pass), pass));
    }
}
