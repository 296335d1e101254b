package ai.ingredients.training.diffusion;

import ai.ingredients.tensor.Ops;
import ai.ingredients.training.diffusion.DiffusionSettings.Labels;
import ai.ingredients.training.features.ClipEncoder;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.transformer.RoutingLoss;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What the frozen models make of clips, as the transformer's stages take it.
 *
 * @param settings say how many frames, and which labels
 */
record ClipFeatures(FeatureCache cache, DiffusionSettings settings) {
    /** Clips of a cache that can be learned from. */
    List<Long> usable() {
        return settings.people()
                ? cache.clips().stream()
                        .filter(clip -> cache.has(clip, "faces"))
                        .toList()
                : cache.clips();
    }

    /** People in a clip; 0 where none are learned. */
    int people(long clip) {
        return settings.people() ? Math.toIntExact(cache.get(clip, "faces").size(0)) : 0;
    }

    /** The latent frames that are learned from; {@code dimension} is that of frames. */
    private Tensor first(Tensor feature, long dimension) {
        long frames = settings.latentFrames();
        return frames == 0 ? feature : feature.narrow(dimension, 0, Math.min(frames, feature.size(dimension)));
    }

    /** Latents that are learned from, not yet scaled: [B, f, C, h, w]. */
    Tensor latents(List<Long> clips) {
        return stacked(clips, clip -> first(cache.fp32(clip, "latents"), 0));
    }

    private static Tensor stacked(List<Long> clips, Function<Long, Tensor> feature) {
        return Ops.stack(0, clips.stream().map(feature).toArray(Tensor[]::new));
    }

    /** 1 where a face covers half of a latent or more, else 0: [f, h, w]. */
    Tensor faces(long clip) {
        return first(cache.get(clip, "faces"), 1)
                .to(ScalarType.Float)
                .sum(0)
                .ge(new Scalar(127))
                .to(ScalarType.Float);
    }

    /** The mean of squared errors [B, f, C, h, w] on faces; not a number where no clip shows one. */
    Tensor onFaces(Tensor squares, List<Long> clips) {
        Tensor faces =
                stacked(clips, this::faces).unsqueeze(2).to(squares.device(), ScalarType.Float); // [B, f, 1, h, w]
        return squares.mul(faces).sum().div(Ops.scale(faces.sum(), squares.size(2)));
    }

    /** Whose each token of the captions is: [B, T], {@link RoutingLoss#BACKGROUND} where photos do not show whose. */
    Tensor words(List<Long> clips) {
        return owners(clips, "words");
    }

    /** The same wherever a caption tells of one person alone, though it need not be seen of whom. */
    Tensor mentions(List<Long> clips) {
        return owners(clips, "mentions");
    }

    private Tensor owners(List<Long> clips, String feature) {
        Tensor owners = stacked(clips, clip -> cache.get(clip, feature)).to(ScalarType.Long);
        return owners.where(
                owners.ne(new Scalar(ClipEncoder.NOBODYS)),
                torch.full_like(owners, new Scalar(RoutingLoss.BACKGROUND)));
    }

    /** Whose each token is: [B, V], {@link RoutingLoss#BACKGROUND} where it is nobody's. */
    Tensor labels(List<Long> clips, int patch, Labels by) {
        String feature = switch (by) {
            case BOX -> "boxes";
            case MASK -> "faces";
            case PERSON -> "persons";
        };
        Tensor[] labels = new Tensor[clips.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = RoutingLabels.of(first(cache.get(clips.get(i), feature), 1), patch, settings.labelShare());
        }
        return Ops.stack(0, labels);
    }
}
