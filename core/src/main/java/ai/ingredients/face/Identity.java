package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * What the video transformer knows of one person.
 *
 * @param idCond global feature [1, Did]: the ArcFace embedding, then the CLIP embedding of length 1
 * @param vitHidden local feature: five hidden states of the CLIP tower, [1, T, Dvit] each
 */
public record Identity(Tensor idCond, List<Tensor> vitHidden) {
    public Identity {
        vitHidden = List.copyOf(vitHidden);
        if (idCond.dim() != 2 || idCond.size(0) != 1) {
            throw new InvalidInputException(
                    "id_cond of one person has shape " + Arrays.toString(Ops.shape(idCond)) + "; expected [1, Did]");
        }
        if (vitHidden.size() != EvaVisionTower.HIDDEN_STATES) {
            throw new InvalidInputException(
                    "one person has " + vitHidden.size() + " hidden states; expected " + EvaVisionTower.HIDDEN_STATES);
        }
        for (Tensor hidden : vitHidden) {
            if (hidden.dim() != 3 || hidden.size(0) != 1) {
                throw new InvalidInputException("a hidden state of one person has shape "
                        + Arrays.toString(Ops.shape(hidden)) + "; expected [1, T, Dvit]");
            }
        }
    }

    /** The same person on another device or in another dtype; new tensors belong to the innermost scope. */
    public Identity on(Compute compute) {
        return new Identity(
                compute.place(idCond), vitHidden.stream().map(compute::place).toList());
    }

    /** Shapes of all features, for comparing people. */
    List<String> shapes() {
        return Stream.concat(Stream.of(idCond), vitHidden.stream())
                .map(feature -> Arrays.toString(Ops.shape(feature)))
                .toList();
    }
}
