package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.RetinaFace;
import ai.ingredients.tensor.Ops;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * RetinaFace's loss: is it a face, where is its box, where are its points.
 *
 * <p>Source: {@code MultiBoxLoss} in Pytorch_Retinaface. Boxes and points of anchors that are faces count by the smooth L1
 * distance; of the anchors that are none, only those that look most like one count, {@code negatives} for each face in the
 * same picture. All is divided by the number of anchors that are faces. Other than there, a picture without any face
 * counts too, with {@code negatives} anchors.
 *
 * @param negatives anchors without a face for each with one
 * @param boxWeight how much boxes count beside the rest
 */
record MultiBoxLoss(int negatives, double boxWeight) {
    /** The reference's. */
    static final MultiBoxLoss REFERENCE = new MultiBoxLoss(7, 2);

    MultiBoxLoss {
        if (negatives < 1 || !(boxWeight > 0)) {
            throw new InvalidInputException("negatives is " + negatives + " and box-weight " + boxWeight
                    + "; expected at least 1 and a positive weight");
        }
    }

    /**
     * The three losses.
     *
     * @param faces cross-entropy
     * @param boxes smooth L1, not weighted
     * @param landmarks smooth L1
     */
    record Parts(Tensor faces, Tensor boxes, Tensor landmarks) {
        Map<String, Tensor> named() {
            Map<String, Tensor> parts = new LinkedHashMap<>();
            parts.put("faces", faces);
            parts.put("boxes", boxes);
            parts.put("landmarks", landmarks);
            return parts;
        }
    }

    /** The weighted sum. */
    Tensor total(Parts parts) {
        return parts.faces.add(Ops.scale(parts.boxes, boxWeight)).add(parts.landmarks);
    }

    /**
     * Compares what the network says with what it should say, in fp32.
     *
     * @param raw [B, A, ...]
     * @param targets one for each picture
     */
    Parts parts(RetinaFace.Raw raw, List<DetectorTargets> targets) {
        long pictures = targets.size();
        long anchors = raw.boxes().size(1);
        Tensor logits = raw.classLogits().to(ScalarType.Float);
        long[] labels = new long[Math.toIntExact(pictures * anchors)];
        int at = 0;
        for (DetectorTargets target : targets) {
            for (boolean face : target.faces()) {
                labels[at++] = face ? 1 : 0;
            }
        }
        Tensor label = place(Ops.tensor(labels, pictures, anchors, 1), logits, ScalarType.Long);
        Tensor entropy = logits.log_softmax(2).gather(2, label).squeeze(2).neg(); // [B, A]
        Tensor counted =
                place(Ops.tensor(counted(Ops.floats(entropy), targets), pictures, anchors), logits, ScalarType.Float);
        Tensor positive = label.to(ScalarType.Float); // [B, A, 1]
        double faces = Math.max(
                1, targets.stream().mapToInt(DetectorTargets::positives).sum());
        return new Parts(
                Ops.scale(entropy.mul(counted).sum(), 1 / faces),
                Ops.scale(distance(raw.boxes(), flat(targets, true), positive), 1 / faces),
                Ops.scale(distance(raw.landmarks(), flat(targets, false), positive), 1 / faces));
    }

    /** 1 for each anchor that is a face and for those hardest to tell from one, 0 for the rest. */
    private float[] counted(float[] entropy, List<DetectorTargets> targets) {
        float[] counted = new float[entropy.length];
        int start = 0;
        for (DetectorTargets target : targets) {
            boolean[] faces = target.faces();
            float[] hardness = new float[faces.length]; // of those without a face
            int others = 0;
            for (int a = 0; a < faces.length; a++) {
                if (faces[a]) {
                    counted[start + a] = 1;
                } else {
                    hardness[others++] = entropy[start + a];
                }
            }
            int wanted = Math.min(negatives * Math.max(1, faces.length - others), others);
            float[] sorted = Arrays.copyOf(hardness, others);
            Arrays.sort(sorted);
            float least = sorted[others - wanted];
            int left = wanted;
            // Above the threshold all count; of equals at it, as many as are left.
            for (int a = 0; a < faces.length; a++) {
                if (!faces[a] && entropy[start + a] > least) {
                    counted[start + a] = 1;
                    left--;
                }
            }
            for (int a = 0; a < faces.length && left > 0; a++) {
                if (!faces[a] && entropy[start + a] == least) {
                    counted[start + a] = 1;
                    left--;
                }
            }
            start += faces.length;
        }
        return counted;
    }

    private static float[] flat(List<DetectorTargets> targets, boolean boxes) {
        List<float[]> each = targets.stream()
                .map(target -> boxes ? target.boxes() : target.landmarks())
                .toList();
        float[] all = new float[each.stream().mapToInt(values -> values.length).sum()];
        int at = 0;
        for (float[] values : each) {
            System.arraycopy(values, 0, all, at, values.length);
            at += values.length;
        }
        return all;
    }

    /** Smooth L1 distance of the values of anchors that are faces, summed. */
    private static Tensor distance(Tensor said, float[] truth, Tensor positive) {
        Tensor wanted = place(Ops.tensor(truth, Ops.shape(said)), said, ScalarType.Float);
        Tensor each = torch.smooth_l1_loss(said.to(ScalarType.Float), wanted, 0, 1.0); // 0: no reduction
        return each.mul(positive).sum();
    }

    private static Tensor place(Tensor values, Tensor beside, ScalarType type) {
        return values.to(beside.device(), type);
    }
}
