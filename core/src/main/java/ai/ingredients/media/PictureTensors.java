package ai.ingredients.media;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Pictures as tensors on the CPU in fp32, and back. Results belong to the innermost scope. */
public final class PictureTensors {
    private PictureTensors() {}

    /** Samples divided by 255: [3, H, W] in [0, 1], R, G, B. */
    public static Tensor unit(Picture picture) {
        return Scope.of(() -> picture.tensor()
                .permute(2, 0, 1)
                .contiguous()
                .to(ScalarType.Float)
                .div(new Scalar(255f)));
    }

    /**
     * The inverse of {@link #unit}, as {@code (x * 255).astype(uint8)} in the reference's {@code infer.py}: truncated,
     * not rounded, which gives back every byte that {@link #unit} was made of.
     *
     * @param unit [3, H, W] in [0, 1]
     */
    public static Picture fromUnit(Tensor unit) {
        try (Scope scope = Scope.inference()) {
            Tensor bytes = unit.to(ScalarType.Float)
                    .mul(new Scalar(255f))
                    .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(255)))
                    .to(ScalarType.Byte)
                    .permute(1, 2, 0);
            return new Picture((int) unit.size(2), (int) unit.size(1), Ops.bytes(bytes));
        }
    }

    /**
     * Input of the VAE, as diffusers' {@code VideoProcessor.preprocess}: Pillow's Lanczos to the target size, whose
     * sides are first rounded down to multiples of 8, then [0, 255] → [−1, 1].
     *
     * @param height target rows, at least 8
     * @param width target columns, at least 8
     * @return [1, 3, height, width]
     */
    public static Tensor vaeInput(Picture picture, int height, int width) {
        Picture resized = Resampling.pil(picture, width - width % 8, height - height % 8, Resampling.PilFilter.LANCZOS);
        return Scope.of(
                () -> unit(resized).mul(new Scalar(2f)).sub(new Scalar(1f)).unsqueeze(0));
    }
}
