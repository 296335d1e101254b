package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * ArcFace's additive angular margin (arXiv 1801.07698): softmax over the angles between an embedding and one centre per
 * person, in which the own centre counts as if it were {@code margin} further away.
 *
 * <p>Where the angle to the own centre and the margin exceed π, where the cosine would rise again, its tangent-like line
 * {@code cos θ − margin · sin margin} takes over, as in the authors' first code.
 *
 * @param margin radians, in [0, π/2)
 * @param scale of the cosines before the softmax
 */
public record MarginLoss(double margin, double scale) {
    /** Keeps the root's derivative finite when an embedding meets its centre. */
    private static final double EPS = 1e-6;

    public MarginLoss {
        if (!(margin >= 0 && margin < Math.PI / 2) || !(scale > 0)) {
            throw new InvalidInputException("margin is " + margin + " and scale " + scale
                    + "; expected a margin of 0 up to below pi/2 and a positive scale");
        }
    }

    /**
     * The loss of a batch, computed in fp32.
     *
     * @param embeddings [B, D], of any length
     * @param centres [K, D], of any length
     * @param labels [B], int64: the centre each embedding belongs to
     */
    public Tensor of(Tensor embeddings, Tensor centres, Tensor labels) {
        return torch.cross_entropy_loss(logits(cosines(embeddings, centres), labels), labels);
    }

    /** [B, D] and [K, D] → [B, K]: cosines of the angles between rows. */
    static Tensor cosines(Tensor embeddings, Tensor centres) {
        return unit(embeddings).mm(unit(centres).t());
    }

    /** Rows brought to length 1, in fp32. */
    static Tensor unit(Tensor rows) {
        Tensor full = rows.to(ScalarType.Float);
        return full.div(Ops.plus(full.square().sum(new long[] {1}, true, new ScalarTypeOptional()), 1e-12)
                .sqrt());
    }

    /** [B, K] cosines → the softmax's logits. */
    Tensor logits(Tensor cosines, Tensor labels) {
        Tensor index = labels.unsqueeze(1);
        Tensor own = cosines.gather(1, index); // [B, 1]
        Tensor sine = Ops.scale(own.square(), -1)
                .add(new Scalar(1))
                .clamp(new ScalarOptional(new Scalar(EPS)), new ScalarOptional())
                .sqrt();
        Tensor further = Ops.scale(own, Math.cos(margin)).sub(Ops.scale(sine, Math.sin(margin)));
        Tensor beyond = own.le(new Scalar(Math.cos(Math.PI - margin)));
        Tensor target = torch.where(beyond, Ops.plus(own, -margin * Math.sin(margin)), further);
        return Ops.scale(cosines.scatter(1, index, target), scale);
    }
}
