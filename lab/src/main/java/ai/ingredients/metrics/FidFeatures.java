package ai.ingredients.metrics;

import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureTensors;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.PilFilter;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.Fingerprint;
import ai.ingredients.weights.Loaded;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The Inception-v3 features of pictures that FID compares, with torchvision's published weights
 * ({@code inception_v3_google-0cc3c7bd.pth}).
 *
 * <p>Computes in fp32. Owns native memory: close it after use. Thread-safe.
 */
public final class FidFeatures implements AutoCloseable {
    /** Numbers of one picture. */
    public static final int WIDTH = InceptionV3.WIDTH;

    private static final int BATCH = 16;
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] STD = {0.229f, 0.224f, 0.225f};

    private final String name;
    private final Loaded<InceptionV3> loaded;

    private FidFeatures(String name, Loaded<InceptionV3> loaded) {
        this.name = name;
        this.loaded = loaded;
    }

    /** What is done with a picture's samples, divided by 255, before the network. */
    public enum Normalisation {
        /** Nothing, as the official metric script: the network then sees weak contrasts. For comparable numbers. */
        PAPER,
        /** Mean and deviation of ImageNet, as torchvision's transforms for these weights. */
        IMAGENET
    }

    /**
     * Opens the weights at {@code path}, a file or a folder that holds it.
     *
     * @throws ai.ingredients.InvalidInputException when there are none, or they are not those of torchvision's
     *     Inception-v3
     */
    public static FidFeatures open(Path path, Compute compute) {
        return open(Checkpoint.openOnly(path), Fingerprint.of(path), compute);
    }

    /** As {@link #open(Path, Compute)} with weights from {@code store}, closed with the result. */
    static FidFeatures open(TensorStore store, String name, Compute compute) {
        return new FidFeatures(name, Loaded.of(store, compute.with(DType.FP32), InceptionV3::new));
    }

    /** Says which network this is. */
    public String name() {
        return name;
    }

    /**
     * The features of {@code pictures} of any sizes: each is stretched to 299x299, as the official script does with its
     * aligned faces of 224x224.
     *
     * @return {@link #WIDTH} numbers for each
     */
    public List<float[]> of(List<Picture> pictures, Normalisation normalisation) {
        List<float[]> features = new ArrayList<>();
        for (int from = 0; from < pictures.size(); from += BATCH) {
            List<Picture> batch = pictures.subList(from, Math.min(from + BATCH, pictures.size()));
            try (Scope scope = Scope.inference()) {
                float[] rows = Ops.floats(loaded.model().forward(pixels(batch, normalisation)));
                for (int at = 0; at < rows.length; at += WIDTH) {
                    features.add(Arrays.copyOfRange(rows, at, at + WIDTH));
                }
            }
        }
        return features;
    }

    /** [B, 3, 299, 299] on the CPU. */
    private static Tensor pixels(List<Picture> pictures, Normalisation normalisation) {
        return Scope.of(() -> {
            Tensor[] unit = pictures.stream()
                    .map(picture -> Resampling.pil(picture, InceptionV3.SIDE, InceptionV3.SIDE, PilFilter.BILINEAR))
                    .map(PictureTensors::unit)
                    .toArray(Tensor[]::new);
            Tensor pixels = Ops.stack(0, unit);
            return switch (normalisation) {
                case PAPER -> pixels;
                case IMAGENET -> pixels.sub(Ops.tensor(MEAN, 1, 3, 1, 1)).div(Ops.tensor(STD, 1, 3, 1, 1));
            };
        });
    }

    @Override
    public void close() {
        loaded.close();
    }
}
