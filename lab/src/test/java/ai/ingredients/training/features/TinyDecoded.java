package ai.ingredients.training.features;

import ai.ingredients.data.ClipSource;
import ai.ingredients.tensor.Compute;
import ai.ingredients.testing.Fixture;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;

/** Clips through the tiny bundle's autoencoder of random weights. */
public final class TinyDecoded {
    private static final ModelFolder BUNDLE = ModelFolder.open(Fixture.bundle());

    private TinyDecoded() {}

    /** The cache of {@code source} below {@code folder}. */
    static FeatureCache cache(Path folder, ClipSource source) {
        Compute compute = Compute.CPU_FP32;
        try (TensorStore store = BUNDLE.weights("vae");
                Weights weights = Weights.of(store, compute)) {
            VideoVae vae = VideoVae.load(weights, VaeConfig.of(BUNDLE.config("vae")));
            DecodedEncoder encoder = new DecodedEncoder(vae, null, compute, "tiny-decoded");
            return FeatureCache.fill(folder.resolve("cache"), source, encoder, 1, 1, 0, (done, all) -> {});
        }
    }

    /** Of two sources. */
    public static DecodedData data(Path folder, ClipSource learned, ClipSource unseen, double share) {
        return new DecodedData(
                new DecodedClips(cache(folder, learned)), new DecodedClips(cache(folder, unseen)), share);
    }
}
