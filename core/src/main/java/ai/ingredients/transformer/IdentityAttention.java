package ai.ingredients.transformer;

import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;

/**
 * Cross-attention from video tokens to the identity tokens of each person, mixed by the router's weights.
 *
 * <p>Source: the official {@code PerceiverCrossAttention}, rearranged without changing its result: keys and values are
 * made once per video, the query projection is shared by all people, and the mix over people happens before the output
 * projection, which has no bias and therefore commutes with it.
 */
final class IdentityAttention {
    private static final double NORM_EPS = 1e-5;

    private final LayerNorm norm1;
    private final LayerNorm norm2;
    private final Linear toQ;
    private final Linear toKv;
    private final Linear toOut;
    private final long headDim;

    IdentityAttention(Weights weights, long dim, IdentityConfig config) {
        long inner = (long) config.crossAttnDimHead() * config.crossAttnNumHeads();
        long identityDim = config.lfeOutputDim();
        headDim = config.crossAttnDimHead();
        norm1 = LayerNorm.of(weights.at("norm1"), identityDim, NORM_EPS);
        norm2 = LayerNorm.of(weights.at("norm2"), dim, NORM_EPS);
        toQ = Linear.withoutBias(weights.at("to_q"), dim, inner);
        toKv = Linear.withoutBias(weights.at("to_kv"), identityDim, 2 * inner);
        toOut = Linear.withoutBias(weights.at("to_out"), inner, dim);
    }

    /**
     * Keys and values of every person: {@code key} and {@code value} [E, N, heads, Q, headDim]; E is 1 where all elements
     * of a batch show the same people, otherwise the batch.
     */
    record KeyValue(Tensor key, Tensor value) {}

    /** What depends only on the identity tokens [E, N, Q, identityDim]. */
    KeyValue keyValue(Tensor identityTokens) {
        Tensor[] parts = Ops.chunk(toKv.forward(norm1.forward(identityTokens)), 2, 3);
        return new KeyValue(heads(parts[0]).contiguous(), heads(parts[1]).contiguous());
    }

    /** Each person's own feature for every token, unmixed: [B, V, D] → [N, B, V, D]. */
    Tensor perPerson(KeyValue people, Tensor video) {
        return toOut.forward(read(people, video).transpose(2, 3).flatten(3, 4));
    }

    /**
     * The identity feature of every token.
     *
     * @param weights routing weights [B, V, N] that sum to 1 over N
     * @param video [B, V, D]
     * @return [B, V, D]
     */
    Tensor mixed(KeyValue people, Tensor weights, Tensor video) {
        return Scope.of(() -> {
            Tensor perPerson = Scope.of(() -> read(people, video)); // [N, B, heads, V, headDim]
            Tensor share = weights.permute(2, 0, 1).unsqueeze(2).unsqueeze(4); // [N, B, 1, V, 1]
            Tensor mix = perPerson.mul(share).sum(new long[] {0}); // [B, heads, V, headDim]
            return toOut.forward(mix.transpose(1, 2).flatten(2, 3));
        });
    }

    /** Attention of one shared query to every person's keys: [N, B, heads, V, headDim]. */
    private Tensor read(KeyValue people, Tensor video) {
        long persons = people.key.size(1);
        long batch = video.size(0);
        Tensor query = heads(toQ.forward(norm2.forward(video))); // [B, heads, V, headDim]
        Tensor[] features = new Tensor[Math.toIntExact(persons)];
        for (int n = 0; n < features.length; n++) {
            Tensor key = people.key.select(1, n).expand(batch, -1, -1, -1);
            Tensor value = people.value.select(1, n).expand(batch, -1, -1, -1);
            features[n] = Ops.attention(query, key, value);
        }
        return Ops.stack(0, features);
    }

    /** [..., S, inner] → [..., heads, S, headDim]. */
    private Tensor heads(Tensor x) {
        return x.unflatten(-1, -1, headDim).transpose(-3, -2);
    }
}
