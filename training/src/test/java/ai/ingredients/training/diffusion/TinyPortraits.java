package ai.ingredients.training.diffusion;

import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.transformer.TransformerConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Features of eight clips with two people each, who stand on the left and on the right in an order that their photos do
 * not tell. A face is one colour, the person's own, which nothing tells but the identity features.
 */
final class TinyPortraits {
    private static final int CLIPS = 8;
    private static final long FRAMES = 3;
    private static final long ROWS = 4;
    private static final long COLUMNS = 6;
    private static final long TEXT = 5;

    private TinyPortraits() {}

    static FeatureCache fill(Path folder, TransformerConfig config) {
        return FeatureCache.fill(folder, new Clips(), new Features(config), 1, 1, 0, (done, all) -> {});
    }

    private static final class Clips implements ClipSource {
        @Override
        public String name() {
            return "portraits";
        }

        @Override
        public long size() {
            return CLIPS;
        }

        @Override
        public int people(long index) {
            return 2;
        }

        @Override
        public Clip clip(long index) {
            return new Clip(Long.toString(index), List.of(Picture.filled(8, 8, 0, 0, 0)), 8, "", List.of());
        }
    }

    private record Features(TransformerConfig config) implements FeatureCache.Encoder {
        @Override
        public String key() {
            return "portraits";
        }

        @Override
        public Map<String, Tensor> encode(Clip clip) {
            long index = Long.parseLong(clip.id());
            var identity = Objects.requireNonNull(config.identity());
            Tensor latents = torch.zeros(
                    new long[] {FRAMES, config.outChannels(), ROWS, COLUMNS}, new TensorOptions(ScalarType.Float));
            Tensor faces = torch.zeros(new long[] {2, FRAMES, ROWS, COLUMNS}, new TensorOptions(ScalarType.Float));
            for (int person = 0; person < 2; person++) {
                boolean left = (person == 0) == (index % 2 == 0);
                long from = left ? 0 : COLUMNS - 2;
                Tensor colour = TinyTraining.random("colour" + index + person, 1, config.outChannels(), 1, 1);
                latents.narrow(3, from, 2).copy_(Ops.scale(colour, 1.4));
                faces.select(0, person).narrow(2, from, 2).fill_(new Scalar(255));
            }
            Map<String, Tensor> features = new LinkedHashMap<>();
            features.put("latents", latents);
            features.put("first", latents.select(0, 0).contiguous());
            features.put("text", TinyTraining.random("text", TEXT, config.textEmbedDim()));
            features.put("canvas", TinyTraining.random("canvas", 2, config.outChannels(), ROWS, COLUMNS));
            features.put("id_cond", photos("id" + index, 2, identity.lfeIdDim()));
            features.put("vit_hidden", photos("vit" + index, 2, identity.lfeNumScale(), 5, identity.lfeVitDim()));
            features.put("faces", faces.to(ScalarType.Byte));
            return features;
        }

        /** Two photos of everybody, not quite the same. */
        private static Tensor photos(String name, long... shape) {
            Tensor first = TinyTraining.random(name, shape);
            return Ops.stack(0, first, first.add(Ops.scale(TinyTraining.random(name + "again", shape), 0.1)));
        }
    }
}
