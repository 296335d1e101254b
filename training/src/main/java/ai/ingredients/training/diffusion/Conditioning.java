package ai.ingredients.training.diffusion;

import ai.ingredients.tensor.Ops;
import ai.ingredients.training.diffusion.DiffusionSettings.VaeFeatures;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.transformer.IdentityContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * What the transformer is told beside the noisy latents (caption, image, people), and what of it is left out by chance, so
 * that it learns to do without: guidance needs that.
 */
record Conditioning(DiffusionSettings settings, LatentSpace space, Tensor emptyText) {
    /** Captions, some of them empty: [B, T, textDim]. */
    Tensor texts(FeatureCache from, List<Long> clips, Draws draws) {
        Tensor[] texts = new Tensor[clips.size()];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = draws.dropsText(i, settings.dropText()) ? emptyText : from.fp32(clips.get(i), "text");
        }
        return Ops.stack(0, texts);
    }

    /** Image latents in frame 0, zeros after it: [B, f, C, h, w]. */
    Tensor images(FeatureCache from, List<Long> clips, Tensor clean, Draws draws, boolean wanted) {
        Tensor all = torch.zeros(Ops.shape(clean), new TensorOptions(ScalarType.Float));
        for (int i = 0; i < clips.size(); i++) {
            boolean shown = wanted && !draws.dropsImage(i, settings.dropImage());
            Tensor image = shown ? image(from, clips.get(i), draws, i) : null;
            if (image != null) {
                all.select(0, i).select(0, 0).copy_(Ops.scale(image, space.scalingFactor()));
            }
        }
        return all;
    }

    private @Nullable Tensor image(FeatureCache from, long clip, Draws draws, int sample) {
        return switch (settings.image()) {
            case NONE -> null;
            case FIRST_FRAME -> from.fp32(clip, "first");
            case CANVAS -> {
                if (settings.vaeFeatures() == VaeFeatures.NONE) {
                    yield null;
                }
                Tensor photos = from.fp32(clip, settings.vaeFeatures() == VaeFeatures.AFTER ? "canvas-each" : "canvas");
                yield photos.select(0, draws.photo(sample, (int) photos.size(0)));
            }
        };
    }

    /** The people that are shown, by one drawn photo each. */
    IdentityContext context(DiffusionLoss.Source from, List<Long> clips, Draws draws) {
        Tensor[] idConds = new Tensor[clips.size()];
        Tensor[] hiddens = new Tensor[clips.size()];
        for (int i = 0; i < idConds.length; i++) {
            Tensor idCond = from.features().cache().fp32(clips.get(i), "id_cond"); // [V, N, d]
            int photo = draws.photo(i, (int) idCond.size(0));
            idConds[i] = idCond.select(0, photo);
            hiddens[i] =
                    from.features().cache().fp32(clips.get(i), "vit_hidden").select(0, photo); // [N, 5, P, d]
        }
        Tensor idCond = Ops.cat(0, idConds); // [B·N, d]
        Tensor hidden = Ops.cat(0, hiddens); // [B·N, 5, P, d]
        List<Tensor> scales = new ArrayList<>();
        for (long scale = 0; scale < hidden.size(1); scale++) {
            scales.add(hidden.select(1, scale));
        }
        IdentityContext people = from.model().prepareEach(idCond, scales, idCond.size(0) / clips.size());
        return from.view() != null && from.view().misrouted() ? people.routedAs(neighbours(people)) : people;
    }

    /** Everyone in the place of the one before. */
    private static List<Integer> neighbours(IdentityContext people) {
        List<Integer> order = new ArrayList<>();
        for (int n = 0; n < people.tokens().size(1); n++) {
            order.add(n);
        }
        Collections.rotate(order, 1);
        return order;
    }
}
