package ai.ingredients.transformer;

import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The multi-scale projector (q-former): learned queries read the global face feature and five hidden states of the
 * vision tower, scale by scale, and become the identity tokens that the video attends to. Paper section 3.1; source:
 * the official {@code LocalFacialExtractor}.
 *
 * <p>Does not depend on the timestep: run it once per video.
 */
final class FacialExtractor {
    private static final double NORM_EPS = 1e-5;

    private final IdentityConfig config;
    private final Tensor latents;
    private final Tensor projOut;
    private final Mapping idEmbeddingMapping;
    private final List<Mapping> mappings = new ArrayList<>();
    private final List<Layer> layers = new ArrayList<>();

    FacialExtractor(Weights weights, IdentityConfig config) {
        this.config = config;
        long dim = config.lfeVitDim();
        latents = weights.tensor("latents", 1, config.lfeNumQuerie(), dim);
        projOut = weights.tensor("proj_out", dim, config.lfeOutputDim());
        idEmbeddingMapping =
                new Mapping(weights.at("id_embedding_mapping"), config.lfeIdDim(), dim, dim * config.lfeNumIdToken());
        for (int scale = 0; scale < config.lfeNumScale(); scale++) {
            mappings.add(new Mapping(weights.at("mapping_" + scale), dim, dim, dim));
        }
        for (int i = 0; i < config.lfeDepth(); i++) {
            layers.add(new Layer(weights.at("layers").at(i), config));
        }
    }

    /**
     * @param idCond [N, lfeIdDim] global features
     * @param vitHidden lfeNumScale hidden states [N, P, lfeVitDim]
     * @return identity tokens [N, lfeNumQuerie, lfeOutputDim]
     */
    Tensor forward(Tensor idCond, List<Tensor> vitHidden) {
        long people = idCond.size(0);
        Tensor idTokens =
                idEmbeddingMapping.forward(idCond).reshape(people, config.lfeNumIdToken(), config.lfeVitDim());
        Tensor queries = Ops.cat(1, latents.expand(people, -1, -1), idTokens); // [N, Q+5, dim]
        int perScale = config.lfeDepth() / config.lfeNumScale();
        for (int i = 0; i < layers.size(); i++) {
            int scale = i / perScale;
            Layer layer = layers.get(i);
            Tensor before = queries;
            queries = Scope.of(() -> {
                Tensor context = Ops.cat(1, idTokens, mappings.get(scale).forward(vitHidden.get(scale)));
                return layer.forward(context, before);
            });
        }
        return queries.narrow(1, 0, config.lfeNumQuerie()).matmul(projOut);
    }

    /** Three linear layers with LayerNorm and leaky ReLU between. */
    private static final class Mapping {
        private final Linear first;
        private final LayerNorm firstNorm;
        private final Linear second;
        private final LayerNorm secondNorm;
        private final Linear third;

        Mapping(Weights weights, long in, long hidden, long out) {
            first = Linear.of(weights.at(0), in, hidden);
            firstNorm = LayerNorm.of(weights.at(1), hidden, NORM_EPS);
            second = Linear.of(weights.at(3), hidden, hidden);
            secondNorm = LayerNorm.of(weights.at(4), hidden, NORM_EPS);
            third = Linear.of(weights.at(6), hidden, out);
        }

        Tensor forward(Tensor x) {
            Tensor hidden = torch.leaky_relu(firstNorm.forward(first.forward(x)));
            return third.forward(torch.leaky_relu(secondNorm.forward(second.forward(hidden))));
        }
    }

    /** Perceiver attention (queries read context and themselves), then a feed-forward layer. */
    private static final class Layer {
        private final LayerNorm norm1;
        private final LayerNorm norm2;
        private final Linear toQ;
        private final Linear toKv;
        private final Linear toOut;
        private final LayerNorm feedNorm;
        private final Linear feedIn;
        private final Linear feedOut;
        private final long headDim;

        Layer(Weights weights, IdentityConfig config) {
            long dim = config.lfeVitDim();
            long inner = (long) config.lfeDimHead() * config.lfeNumHeads();
            headDim = config.lfeDimHead();
            Weights attention = weights.at(0);
            norm1 = LayerNorm.of(attention.at("norm1"), dim, NORM_EPS);
            norm2 = LayerNorm.of(attention.at("norm2"), dim, NORM_EPS);
            toQ = Linear.withoutBias(attention.at("to_q"), dim, inner);
            toKv = Linear.withoutBias(attention.at("to_kv"), dim, 2 * inner);
            toOut = Linear.withoutBias(attention.at("to_out"), inner, dim);
            Weights feed = weights.at(1);
            feedNorm = LayerNorm.of(feed.at(0), dim, NORM_EPS);
            feedIn = Linear.withoutBias(feed.at(1), dim, dim * config.lfeFfMult());
            feedOut = Linear.withoutBias(feed.at(3), dim * config.lfeFfMult(), dim);
        }

        Tensor forward(Tensor context, Tensor queries) {
            Tensor normed = norm2.forward(queries);
            Tensor[] keyValue = Ops.chunk(toKv.forward(Ops.cat(1, norm1.forward(context), normed)), 2, 2);
            Tensor read = Ops.attention(heads(toQ.forward(normed)), heads(keyValue[0]), heads(keyValue[1]));
            Tensor attended = queries.add(toOut.forward(read.transpose(1, 2).flatten(2, 3)));
            return attended.add(feedOut.forward(torch.gelu(feedIn.forward(feedNorm.forward(attended)))));
        }

        /** [N, S, inner] → [N, heads, S, headDim]. */
        private Tensor heads(Tensor x) {
            return x.unflatten(2, -1, headDim).transpose(1, 2);
        }
    }
}
