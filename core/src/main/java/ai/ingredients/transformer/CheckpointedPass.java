package ai.ingredients.transformer;

import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.TransformerBlock.Streams;
import ai.ingredients.transformer.VideoTransformer.Embedded;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.transformer.VideoTransformer.Output;
import ai.ingredients.transformer.VideoTransformer.Step;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A forward pass that remembers of every block only what went in, and the backward pass that belongs to it (activation
 * checkpointing, arXiv 1604.06174).
 *
 * <pre>{@code
 * CheckpointedPass pass = transformer.checkpointed(latents, text, timesteps, rotary, people, options);
 * Tensor loss = lossOf(pass.output());
 * pass.backward(loss);                                    // instead of loss.backward()
 * }</pre>
 *
 * <p>The recorded graph is cut at the inputs of every block: what one piece needs from the piece before it is a leaf, and
 * the gradient that a piece leaves there is where the piece before it goes on. Random layers inside blocks would need
 * their generator's state restored; there are none.
 *
 * <p>Made by {@link VideoTransformer#checkpointed} with gradients recorded. All tensors belong to the scope that was
 * innermost then, which must still be open for {@link #backward}. Not thread-safe.
 */
public final class CheckpointedPass {
    /** A tensor of the graph and the leaf that stands for it in the next piece. */
    private record Cut(Tensor origin, Tensor leaf) {}

    private final VideoTransformer model;
    private final Options options;
    private final @Nullable Tensor rotation;
    private final Tensor temb;
    private final @Nullable IdentityContext people;
    /** Where the graph of the embeddings ends; its leaves collect gradients from all blocks. */
    private final List<Cut> embeddings = new ArrayList<>();
    /** Leaves: the input of every block, and the output of the last. */
    private final List<Streams> tokens = new ArrayList<>();
    /** Leaves: the logits of every block; none for those that are not routed. */
    private final List<@Nullable Tensor> logits = new ArrayList<>();
    /** The same of the attention to the text. */
    private final List<@Nullable Tensor> attentions = new ArrayList<>();

    private final Output output;
    private boolean pulledBack;

    CheckpointedPass(
            VideoTransformer model,
            Tensor latents,
            Embedded embedded,
            @Nullable IdentityContext context,
            Options options) {
        this.model = model;
        this.options = options;
        rotation = embedded.rotation();
        temb = cut(embedded.temb());
        people = context == null ? null : context.map(this::cut);
        tokens.add(new Streams(
                cut(embedded.tokens().video()), cut(embedded.tokens().text())));
        for (int i = 0; i < model.config().numLayers(); i++) {
            // Recorded like any other pass, and the record dropped with the scope: without gradients some kernels round
            // in another way.
            try (Scope scope = Scope.open()) {
                Step step = model.step(i, tokens.getLast(), temb, rotation, people, options);
                tokens.add(new Streams(
                        scope.keep(leaf(step.tokens().video())),
                        scope.keep(leaf(step.tokens().text()))));
                logits.add(step.logits() == null ? null : scope.keep(leaf(step.logits())));
                attentions.add(step.attention() == null ? null : scope.keep(leaf(step.attention())));
            }
        }
        output = new VideoTransformer.Told(present(logits), present(attentions))
                .output(
                        model.sample(tokens.getLast().video(), temb, latents),
                        tokens.getLast().text().size(1),
                        options);
    }

    private static List<Tensor> present(List<@Nullable Tensor> ofBlocks) {
        List<Tensor> present = new ArrayList<>();
        for (Tensor of : ofBlocks) {
            if (of != null) {
                present.add(of);
            }
        }
        return present;
    }

    private Tensor cut(Tensor origin) {
        Tensor leaf = leaf(origin);
        embeddings.add(new Cut(origin, leaf));
        return leaf;
    }

    private static Tensor leaf(Tensor origin) {
        Tensor leaf = origin.detach();
        leaf.set_requires_grad(origin.requires_grad());
        return leaf;
    }

    /** What {@link VideoTransformer#forward} returns, to make a loss of. */
    public Output output() {
        return output;
    }

    /**
     * Adds the gradients of {@code loss} to everything that learns, as {@code loss.backward()} does after
     * {@link VideoTransformer#forward}.
     *
     * @param loss a scalar made of {@link #output}
     * @throws IllegalStateException when called twice
     */
    public void backward(Tensor loss) {
        if (pulledBack) {
            throw new IllegalStateException("a checkpointed pass has one backward pass");
        }
        pulledBack = true;
        loss.backward();
        for (int i = logits.size() - 1; i >= 0; i--) {
            Streams after = tokens.get(i + 1);
            try (Scope scope = Scope.open()) {
                Step again = model.step(i, tokens.get(i), temb, rotation, people, options);
                List<Cut> cuts = new ArrayList<>();
                cuts.add(new Cut(again.tokens().video(), after.video()));
                cuts.add(new Cut(again.tokens().text(), after.text()));
                Tensor routed = logits.get(i);
                if (again.logits() != null && routed != null) {
                    cuts.add(new Cut(again.logits(), routed));
                }
                Tensor attended = attentions.get(i);
                if (again.attention() != null && attended != null) {
                    cuts.add(new Cut(again.attention(), attended));
                }
                pullBack(cuts);
            }
            after.video().close(); // with its gradient
            after.text().close();
        }
        pullBack(embeddings);
    }

    /** Goes on from the gradients at the leaves, where there are any. */
    private static void pullBack(List<Cut> cuts) {
        List<Tensor> origins = new ArrayList<>();
        List<Tensor> gradients = new ArrayList<>();
        for (Cut cut : cuts) {
            Tensor gradient = cut.leaf.grad();
            if (gradient.defined()) {
                origins.add(cut.origin);
                gradients.add(gradient);
            }
        }
        if (!origins.isEmpty()) {
            torch.backward(
                    new TensorVector(origins.toArray(Tensor[]::new)),
                    new TensorVector(gradients.toArray(Tensor[]::new)),
                    new BoolOptional(false),
                    false,
                    new TensorVector());
        }
    }
}
