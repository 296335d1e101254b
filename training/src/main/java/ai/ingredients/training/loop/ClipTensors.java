package ai.ingredients.training.loop;

import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Clips as tensors and back; results belong to the innermost scope. */
public final class ClipTensors {
    private ClipTensors() {}

    /** Videos of one size and length: [B, 3, F, H, W] in [-1, 1]. */
    public static Tensor videos(List<List<Picture>> videos, Compute compute) {
        return Scope.of(() -> {
            Tensor[] stacked = videos.stream().map(Picture::stack).toArray(Tensor[]::new); // [F, H, W, 3] each
            Tensor bytes = Ops.stack(0, stacked).permute(0, 4, 1, 2, 3).contiguous(); // [B, 3, F, H, W]
            Tensor unit = bytes.to(ScalarType.Float).div(new Scalar(127.5)).sub(new Scalar(1));
            return compute.place(unit);
        });
    }

    /** A decoded video as bytes: [1, 3, F, H, W] in [-1, 1] → uint8 [F, H, W, 3]. */
    public static Tensor bytes(Tensor video) {
        return video.select(0, 0)
                .permute(1, 2, 3, 0)
                .to(ScalarType.Float)
                .add(new Scalar(1))
                .mul(new Scalar(127.5))
                .round()
                .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(255)))
                .to(ScalarType.Byte)
                .contiguous();
    }
}
