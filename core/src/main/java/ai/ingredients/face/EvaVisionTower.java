package ai.ingredients.face;

import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureTensors;
import ai.ingredients.media.Resampling;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The EVA-02 CLIP image tower: a picture of a face becomes one embedding (the global feature's second half) and five
 * hidden states (the local feature).
 *
 * <p>Source: {@code models/eva_clip/eva_vit_model.py} of the reference, EVA-02 (arXiv 2303.11331): pre-norm
 * transformer, 2D rotary embedding on the patch tokens, a norm inside attention and inside the SwiGLU, biases on q and
 * v but not k.
 *
 * <p>Checkpoints are the published {@code EVA02_CLIP_L_336_psz14_s6B.pt}, whose text tower is left aside, or
 * safetensors with the same {@code visual.*} names. Weights belong to the {@link Weights} given; this object owns
 * nothing. Safe for concurrent forwards.
 */
public final class EvaVisionTower {
    /** How many hidden states leave the tower. */
    public static final int HIDDEN_STATES = 5;
    /** Hidden state i is what enters block {@code HIDDEN_EVERY · (i + 1)}. */
    static final int HIDDEN_EVERY = 4;

    private static final double NORM_EPS = 1e-6;
    private static final float[] MEAN = {0.48145466f, 0.4578275f, 0.40821073f};
    private static final float[] STD = {0.26862954f, 0.26130258f, 0.27577711f};

    private final EvaConfig config;
    private final Compute compute;
    private final Conv2d patchEmbed;
    private final Tensor clsToken; // [1, 1, width]
    private final Tensor posEmbed; // [1, tokens, width]
    private final List<Block> blocks = new ArrayList<>();
    private final LayerNorm norm;
    private final Linear head;

    /** Where the tower lies in a whole CLIP checkpoint: {@code visual}, below {@code module} in files of DataParallel. */
    public static Weights scope(Weights checkpoint) {
        Weights whole = checkpoint.has("module.visual.cls_token") ? checkpoint.at("module") : checkpoint;
        return whole.at("visual");
    }

    /**
     * Takes the tower below {@code weights}' scope: pass {@link #scope} of a whole CLIP checkpoint.
     * Call {@link Weights#verify} on the same scope afterwards.
     */
    public EvaVisionTower(Weights weights, EvaConfig config) {
        this.config = config;
        this.compute = weights.compute();
        patchEmbed = Conv2d.of(
                weights.at("patch_embed").at("proj"), 3, config.width(), config.patchSize(), config.patchSize(), 0);
        clsToken = weights.tensor("cls_token", 1, 1, config.width());
        posEmbed = weights.tensor("pos_embed", 1, config.tokens(), config.width());
        ignoreRotaryTables(weights.at("rope"));
        for (int i = 0; i < config.layers(); i++) {
            blocks.add(new Block(weights.at("blocks").at(i), config));
        }
        norm = LayerNorm.of(weights.at("norm"), config.width(), NORM_EPS);
        head = Linear.of(weights.at("head"), config.width(), config.embedDim());
    }

    /** The published file stores the rotary tables with every block; they follow from the config. */
    private static void ignoreRotaryTables(Weights rope) {
        rope.ignore("freqs_cos");
        rope.ignore("freqs_sin");
    }

    /** The sizes of this tower. */
    public EvaConfig config() {
        return config;
    }

    /**
     * What the tower makes of pictures.
     *
     * @param embedding [B, embedDim], not normalised
     * @param hiddenStates five of [B, tokens, width]: the inputs of blocks 4, 8, 12, 16, 20; class token first
     */
    public record Output(Tensor embedding, List<Tensor> hiddenStates) {}

    /**
     * Prepares square pictures: bicubic (antialiased, not clamped) to the tower's size, then CLIP's mean and deviation.
     *
     * @return [B, 3, imageSize, imageSize] in the tower's device and dtype
     */
    public Tensor preprocess(List<Picture> pictures) {
        return Scope.of(() -> {
            Tensor mean = Ops.tensor(MEAN, 1, 3, 1, 1);
            Tensor std = Ops.tensor(STD, 1, 3, 1, 1);
            Tensor[] prepared = new Tensor[pictures.size()];
            for (int i = 0; i < prepared.length; i++) {
                Tensor unit = PictureTensors.unit(pictures.get(i)).unsqueeze(0); // [1, 3, H, W]
                Tensor resized = Resampling.torchBicubic(unit, config.imageSize(), config.imageSize());
                prepared[i] = resized.sub(mean).div(std);
            }
            return compute.place(Ops.cat(0, prepared));
        });
    }

    /**
     * Runs the tower.
     *
     * @param pixels [B, 3, imageSize, imageSize] from {@link #preprocess}
     * @return tensors owned by the innermost scope
     */
    public Output forward(Tensor pixels) {
        if (pixels.size(2) != config.imageSize() || pixels.size(3) != config.imageSize()) {
            throw new IllegalArgumentException("the tower takes pictures of " + config.imageSize() + "x"
                    + config.imageSize() + ", not " + pixels.size(3) + "x" + pixels.size(2));
        }
        Rotary rotary = rotary();
        List<Tensor> hiddenStates = new ArrayList<>();
        Tensor hidden = Scope.of(() -> {
            Tensor patches = patchEmbed.forward(pixels).flatten(2, 3).transpose(1, 2); // [B, grid², width]
            Tensor cls = clsToken.expand(pixels.size(0), -1, -1);
            return Ops.cat(1, cls, patches).add(posEmbed); // [B, tokens, width]
        });
        for (int i = 0; i < blocks.size(); i++) {
            if (i > 0 && i % HIDDEN_EVERY == 0 && hiddenStates.size() < HIDDEN_STATES) {
                hiddenStates.add(hidden);
            }
            Block block = blocks.get(i);
            Tensor input = hidden;
            hidden = Scope.of(() -> block.forward(input, rotary));
        }
        Tensor last = hidden;
        Tensor embedding = Scope.of(() -> head.forward(norm.forward(last.select(1, 0)))); // [B, embedDim]
        return new Output(embedding, List.copyOf(hiddenStates));
    }

    /** cos and sin of the rotary angles, [grid², headWidth] each: first half by row, second by column. */
    record Rotary(Tensor cos, Tensor sin) {
        /** [B, heads, tokens, headWidth] → the same with the patch tokens rotated; the class token stays. */
        Tensor rotate(Tensor x) {
            Tensor cls = x.narrow(2, 0, 1);
            Tensor patches = x.narrow(2, 1, x.size(2) - 1);
            Tensor pairs = patches.unflatten(-1, -1, 2);
            Tensor turned = Ops.stack(-1, pairs.select(-1, 1).neg(), pairs.select(-1, 0))
                    .flatten(-2, -1); // (a, b) → (−b, a)
            return Ops.cat(2, cls, patches.mul(cos).add(turned.mul(sin)));
        }
    }

    /** Frequencies of base 10000 over half a head, positions scaled from this grid to the trained one. */
    Rotary rotary() {
        int grid = config.grid();
        int half = config.headWidth() / 2;
        float[] angles = new float[grid * grid * config.headWidth()];
        for (int y = 0, at = 0; y < grid; y++) {
            for (int x = 0; x < grid; x++) {
                for (int position : new int[] {y, x}) {
                    float scaled = (float) position / grid * config.ptHwSeqLen();
                    for (int i = 0; i < half; i++) { // each frequency twice: once per member of a pair
                        float exponent = (float) (i - i % 2) / half;
                        angles[at++] = scaled * (1f / (float) Math.pow(10000, exponent));
                    }
                }
            }
        }
        Tensor table = Ops.tensor(angles, (long) grid * grid, config.headWidth());
        return new Rotary(compute.place(table.cos()), compute.place(table.sin()));
    }

    /** Self-attention over all tokens with a norm before the output projection. */
    private static final class Attention {
        private final int heads;
        private final Linear toQuery;
        private final Linear toKey;
        private final Linear toValue;
        private final LayerNorm innerNorm;
        private final Linear proj;

        Attention(Weights weights, EvaConfig config) {
            int width = config.width();
            heads = config.heads();
            toQuery = new Linear(weights.at("q_proj").tensor("weight", width, width), weights.tensor("q_bias", width));
            toKey = Linear.withoutBias(weights.at("k_proj"), width, width);
            toValue = new Linear(weights.at("v_proj").tensor("weight", width, width), weights.tensor("v_bias", width));
            innerNorm = LayerNorm.of(weights.at("inner_attn_ln"), width, NORM_EPS);
            proj = Linear.of(weights.at("proj"), width, width);
            ignoreRotaryTables(weights.at("rope"));
        }

        Tensor forward(Tensor x, Rotary rotary) {
            Tensor query = rotary.rotate(split(toQuery.forward(x))); // [B, heads, tokens, headWidth]
            Tensor key = rotary.rotate(split(toKey.forward(x)));
            Tensor value = split(toValue.forward(x));
            Tensor mixed = Ops.attention(query, key, value).transpose(1, 2).flatten(2, 3); // [B, tokens, width]
            return proj.forward(innerNorm.forward(mixed));
        }

        private Tensor split(Tensor x) {
            return x.unflatten(-1, heads, -1).transpose(1, 2);
        }
    }

    /** {@code w3(norm(silu(w1 x) · w2 x))}. */
    private static final class SwiGlu {
        private final Linear gate;
        private final Linear value;
        private final LayerNorm norm;
        private final Linear out;

        SwiGlu(Weights weights, EvaConfig config) {
            gate = Linear.of(weights.at("w1"), config.width(), config.mlpWidth());
            value = Linear.of(weights.at("w2"), config.width(), config.mlpWidth());
            norm = LayerNorm.of(weights.at("ffn_ln"), config.mlpWidth(), NORM_EPS);
            out = Linear.of(weights.at("w3"), config.mlpWidth(), config.width());
        }

        Tensor forward(Tensor x) {
            return out.forward(norm.forward(torch.silu(gate.forward(x)).mul(value.forward(x))));
        }
    }

    private static final class Block {
        private final LayerNorm norm1;
        private final Attention attention;
        private final LayerNorm norm2;
        private final SwiGlu mlp;

        Block(Weights weights, EvaConfig config) {
            norm1 = LayerNorm.of(weights.at("norm1"), config.width(), NORM_EPS);
            attention = new Attention(weights.at("attn"), config);
            norm2 = LayerNorm.of(weights.at("norm2"), config.width(), NORM_EPS);
            mlp = new SwiGlu(weights.at("mlp"), config);
        }

        Tensor forward(Tensor x, Rotary rotary) {
            Tensor attended = x.add(attention.forward(norm1.forward(x), rotary));
            return attended.add(mlp.forward(norm2.forward(attended)));
        }
    }
}
