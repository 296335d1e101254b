package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
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

    /**
     * One person of several photos. The ArcFace embedding is the mean direction in the mean length (its length tells how
     * sure the network is, which a plain mean of differing photos would lower); the CLIP embedding is the mean of length
     * 1; hidden states are averaged token by token, since aligned faces lie alike.
     *
     * @param photos the same person, at least once, in the same shapes
     * @param arcWidth how many of {@code Did} values are ArcFace's
     * @return tensors owned by the innermost scope
     */
    static Identity mean(List<Identity> photos, long arcWidth) {
        List<Tensor> arcs = new ArrayList<>();
        List<Tensor> clips = new ArrayList<>();
        for (Identity photo : photos) {
            arcs.add(photo.idCond.narrow(1, 0, arcWidth));
            clips.add(photo.idCond.narrow(1, arcWidth, photo.idCond.size(1) - arcWidth));
        }
        Tensor lengths = mean(arcs.stream().map(Identity::lengths).toList()); // [1, 1]
        Tensor arc = unit(mean(arcs.stream().map(Identity::unit).toList())).mul(lengths);
        List<Tensor> hidden = new ArrayList<>();
        for (int i = 0; i < EvaVisionTower.HIDDEN_STATES; i++) {
            int scale = i;
            hidden.add(mean(
                    photos.stream().map(photo -> photo.vitHidden.get(scale)).toList()));
        }
        return new Identity(Ops.cat(1, arc, unit(mean(clips))), hidden);
    }

    private static Tensor mean(List<Tensor> tensors) {
        return Ops.cat(0, tensors.toArray(Tensor[]::new)).mean(new long[] {0}, true, new ScalarTypeOptional());
    }

    private static Tensor unit(Tensor rows) {
        return rows.div(lengths(rows));
    }

    private static Tensor lengths(Tensor rows) {
        return rows.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, true);
    }

    /** Shapes of all features, for comparing people. */
    List<String> shapes() {
        return Stream.concat(Stream.of(idCond), vitHidden.stream())
                .map(feature -> Arrays.toString(Ops.shape(feature)))
                .toList();
    }
}
