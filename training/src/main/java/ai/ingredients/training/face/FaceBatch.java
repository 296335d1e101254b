package ai.ingredients.training.face;

import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Aligned faces of one size and whose they are.
 *
 * @param faces the pictures
 * @param people number of each one's person
 * @param traits values of each one's traits, or empty lists
 * @param name for messages
 */
public record FaceBatch(List<Picture> faces, List<Integer> people, List<List<Integer>> traits, String name) {
    /** [B], int64. */
    Tensor labels(Compute compute) {
        return longs(compute, people, people.size());
    }

    /** [B, traits], int64. */
    Tensor traitLabels(Compute compute) {
        List<Integer> flat = traits.stream().flatMap(List::stream).toList();
        return longs(compute, flat, traits.size(), flat.size() / traits.size());
    }

    private static Tensor longs(Compute compute, List<Integer> values, long... shape) {
        long[] array = values.stream().mapToLong(Integer::longValue).toArray();
        return Ops.tensor(array, shape).to(compute.nativeDevice(), ScalarType.Long);
    }
}
