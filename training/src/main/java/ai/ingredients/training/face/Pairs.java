package ai.ingredients.training.face;

import ai.ingredients.tensor.Ops;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Batches in which photos 2i and 2i + 1 show the same person. */
final class Pairs {
    private Pairs() {}

    /** Each photo finds the other photo of its person among those of all people in the batch, both ways. */
    static Tensor loss(MarginLoss marginLoss, Tensor embeddings) {
        Tensor both = embeddings.unflatten(0, -1, 2); // [P, 2, D]
        Tensor first = both.select(1, 0);
        Tensor second = both.select(1, 1);
        Tensor labels = torch.arange(new Scalar(first.size(0)), new TensorOptions(ScalarType.Long))
                .to(embeddings.device(), ScalarType.Long);
        Tensor there = marginLoss.of(first, second, labels);
        Tensor back = marginLoss.of(second, first, labels);
        return Ops.scale(there.add(back), 0.5);
    }
}
