package ai.ingredients.weights;

import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Where in one piece of memory each tensor of a block lies, so that a block is one copy.
 *
 * @param places by full state-dict name
 * @param bytes of the piece
 */
public record BlockLayout(Map<String, Place> places, long bytes) {
    /** What kernels like their operands aligned to. */
    private static final long ALIGNED = 256;

    /**
     * A tensor in the piece.
     *
     * @param offset bytes from its start
     * @param dtype in which the block wants it
     * @param shape of it
     */
    public record Place(long offset, DType dtype, long... shape) {
        /** The tensor as a view of {@code piece} [bytes]. */
        Tensor in(Tensor piece) {
            long values = 1;
            for (long side : shape) {
                values *= side;
            }
            return piece.narrow(0, offset, values * dtype.bytes())
                    .view(dtype.scalarType())
                    .view(shape);
        }
    }

    public BlockLayout {
        places = new LinkedHashMap<>(places);
    }

    /** Of what a block has taken; the values are not looked at. */
    static BlockLayout of(Map<String, Tensor> taken) {
        Map<String, Place> places = new LinkedHashMap<>();
        long end = 0;
        for (Map.Entry<String, Tensor> one : taken.entrySet()) {
            Tensor tensor = one.getValue();
            DType dtype = DType.of(tensor);
            places.put(one.getKey(), new Place(end, dtype, Ops.shape(tensor)));
            end = Math.ceilDiv(end + tensor.numel() * dtype.bytes(), ALIGNED) * ALIGNED;
        }
        return new BlockLayout(places, end);
    }

    /** Where {@code path} is, if it was taken in {@code dtype}. */
    @Nullable
    Place find(String path, DType dtype) {
        Place place = places.get(path);
        return place != null && place.dtype == dtype ? place : null;
    }
}
