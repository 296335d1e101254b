package ai.ingredients.pipeline;

import ai.ingredients.pipeline.MemoryPlan.Demand;
import ai.ingredients.pipeline.MemoryPlan.Models;
import ai.ingredients.tensor.DType;
import ai.ingredients.text.T5Config;
import ai.ingredients.transformer.HeardWords;
import ai.ingredients.transformer.IdentityConfig;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.weights.WeightsDtype;

/** The tensors that live at one time while a text encoder or a transformer computes, in bytes, weights not counted. */
final class Activations {
    /** Scores of one head up to which half precision on the CPU multiplies attention out. */
    private static final long LONGEST_SCORES = 1L << 20;

    private Activations() {}

    /** One prompt: the wider of its feed-forward layer and its attention scores, and the residual stream in fp32. */
    static long text(Models models, Demand demand) {
        T5Config config = models.bundle().textEncoder();
        long bytes = models.compute().dtype().bytes();
        long tokens = demand.textTokens();
        long fed = 3 * config.dFf() * bytes;
        long attended = config.numHeads() * (4 * config.dKv() * bytes + 2 * tokens * Math.max(bytes, 4));
        return tokens * (Math.max(fed, attended) + 4 * config.dModel() * 4);
    }

    /** The largest matrix of a block, where matrices are kept smaller than they are multiplied by. */
    private static long multipliedOut(Models models) {
        TransformerConfig config = models.bundle().transformer();
        long dim = config.innerDim();
        return models.bundle().kept() == WeightsDtype.SAME
                ? 0
                : dim
                        * Math.max(4 * dim, 6L * config.timeEmbedDim())
                        * models.compute().dtype().bytes();
    }

    /**
     * A step of all rows: the streams, their normalised form and both joined; on top either the feed-forward layer's two
     * tensors of four times the width, or queries, keys, values and what attention makes of them, in fp32 where the CPU
     * computes attention in it.
     */
    static long denoising(Models models, Demand demand) {
        TransformerConfig config = models.bundle().transformer();
        DType dtype = models.compute().dtype();
        long bytes = dtype.bytes();
        VideoSize size = demand.size();
        long patch = config.patchSize();
        long frames = config.paddedFrames(size.latentFrames()) / config.framesPerPatch();
        long video = frames * (size.latentHeight() / patch) * (size.latentWidth() / patch);
        long tokens = video + demand.textTokens();
        boolean widened = models.compute().onCpu() && bytes < 4;
        boolean multiplied = widened && tokens * tokens <= LONGEST_SCORES;
        long scores = multiplied ? 2 * config.numAttentionHeads() * tokens * tokens * bytes : 0;
        long heads = config.numAttentionHeads();
        long more = demand.heard() ? heads * HeardWords.channels(demand.people()) : 0;
        long again = demand.heard() ? 4 * (config.innerDim() + more) * bytes : 0; // with the channels of words
        long attended = (4 + 4) * config.innerDim() * bytes
                + (widened && !multiplied ? 4 * 4 * (config.innerDim() + more) : 0)
                + again;
        long perToken = Math.max((4 + 8) * config.innerDim() * bytes, attended);
        long block = demand.rows() * (tokens * perToken + scores) + multipliedOut(models);
        IdentityConfig identity = config.identity();
        if (identity == null || demand.people() == 0) {
            return block;
        }
        long inner = (long) identity.crossAttnDimHead() * identity.crossAttnNumHeads();
        long kept = (long) config.numRoutedBlocks()
                * demand.people()
                * identity.lfeNumQuerie()
                * (2 * inner + config.innerDim())
                * bytes;
        return block + kept;
    }
}
