package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Blocks;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.transformer.TransformerBlock.Streams;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.Weights;
import ai.ingredients.weights.WeightsDtype;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The denoiser: a CogVideoX diffusion transformer, with identity modules when its config has them.
 *
 * <p>After every {@code cross_attn_interval}-th block each video token x receives
 * {@code localFaceScale · Σ_n softmax_n(router(x))[n] · identityAttention_n(x)}, for any number of people N ≥ 1 (paper
 * section 3.3). Source: the official {@code IngredientsTransformer3DModel}, which knows exactly two people, and
 * diffusers {@code CogVideoXTransformer3DModel}.
 *
 * <pre>{@code
 * VideoTransformer transformer = VideoTransformer.load(weights, config, Residency.RESIDENT);
 * IdentityContext people = transformer.prepare(idCond, vitHidden);                  // once per video
 * RotaryEmbedding rotary = transformer.rotary(height / 8, width / 8, latentFrames);  // once per video
 * Tensor v = transformer.forward(latents, text, timestep, rotary, people, options).sample();
 * }</pre>
 *
 * <p>Borrows its weights from the {@link Weights} it was loaded from, which must stay open. Not thread-safe: it remembers
 * the last position table. {@code forward} records gradients unless the caller opened {@link Scope#inference}.
 */
public final class VideoTransformer implements AutoCloseable {
    /**
     * How identities are used in a call.
     *
     * @param routing which batch elements decide
     * @param faceScale factor of the identity feature
     * @param mixing how the features of several people become one
     * @param observer sees every routed block; with {@link #checkpointed} twice, the second time from the last to the first
     * @param learned what becomes of a learned table of positions in another size than its own
     * @param words whether the routers are asked about the text's tokens, too, which changes no token
     * @param attention whether the attention of the video's tokens to the text's is told, which changes no token
     */
    public record Options(
            Routing routing,
            double faceScale,
            Mixing mixing,
            BlockObserver observer,
            LearnedPositions learned,
            boolean words,
            boolean attention) {
        /** About the video's tokens alone. */
        public Options(
                Routing routing, double faceScale, Mixing mixing, BlockObserver observer, LearnedPositions learned) {
            this(routing, faceScale, mixing, observer, learned, false, false);
        }

        /** Positions as in the official code. */
        public Options(Routing routing, double faceScale, Mixing mixing, BlockObserver observer) {
            this(routing, faceScale, mixing, observer, LearnedPositions.OFFICIAL);
        }

        /** The router mixes, as in the paper. */
        public Options(Routing routing, double faceScale) {
            this(routing, faceScale, Mixing.ROUTED);
        }

        /** Unobserved. */
        public Options(Routing routing, double faceScale, Mixing mixing) {
            this(routing, faceScale, mixing, BlockObserver.NONE);
        }
    }

    /** How much of each person a video token receives. */
    public enum Mixing {
        /** As much as the router says. */
        ROUTED,
        /** The same of everyone: the router is not used, but still computed. */
        UNIFORM
    }

    /**
     * What a call returns.
     *
     * @param sample the model's prediction [B, f, outChannels, h, w]
     * @param routingLogits one tensor [R, V, N] per routed block, as the router made it, without a bias of the people's
     *     context; R is 1 with {@link Routing#REFERENCE}, else B; empty without people
     * @param wordLogits the same of the text's tokens [R, T, N]; empty where they were not asked for
     * @param textAttention how much of their attention to the text the video's tokens give to each of its tokens, mean over
     *     heads, [B, V, T] in fp32 for each block but the first; empty where it was not asked for
     */
    public record Output(
            Tensor sample, List<Tensor> routingLogits, List<Tensor> wordLogits, List<Tensor> textAttention) {
        /** About the video alone. */
        public Output(Tensor sample, List<Tensor> routingLogits) {
            this(sample, routingLogits, List.of(), List.of());
        }
    }

    /** What the image-to-video pipeline of CogVideoX 1.5 tells its model in every step. */
    private static final float OFS = 2;

    private static final String BLOCKS = "transformer_blocks";
    private static final String IDENTITY_ATTENTIONS = "perceiver_cross_attention";

    private final Weights weights;
    private final TransformerConfig config;
    private final PatchEmbed patchEmbed;
    private final TimestepEmbedding timeEmbedding;
    private final @Nullable TimestepEmbedding ofsEmbedding;
    private final Blocks<TransformerBlock> blocks;

    private final @Nullable FacialExtractor facialExtractor;
    private final List<IdentityAttention> identityAttentions = new ArrayList<>();
    private final List<IdentityRouter> routers = new ArrayList<>();
    private final LayerNorm normFinal;
    private final Linear normOutLinear;
    private final LayerNorm normOut;
    private final Linear projOut;

    private VideoTransformer(Weights weights, TransformerConfig config, Residency residency, WeightsDtype kept) {
        this.weights = weights;
        this.config = config;
        long dim = config.innerDim();
        patchEmbed = new PatchEmbed(weights.at("patch_embed"), config);
        timeEmbedding = new TimestepEmbedding(weights.at("time_embedding"), config);
        ofsEmbedding = ofs(weights, config);
        Weights layers = weights.withMatrices(kept);
        blocks = new Blocks<>(
                layers.at(BLOCKS), config.numLayers(), residency, block -> new TransformerBlock(block, config));
        normFinal = config.norm(weights.at("norm_final"));
        normOutLinear = Linear.of(weights.at("norm_out").at("linear"), config.timeEmbedDim(), 2 * dim);
        normOut = config.norm(weights.at("norm_out").at("norm"));
        long patch = (long) config.patchSize() * config.patchSize() * config.framesPerPatch();
        projOut = Linear.of(weights.at("proj_out"), dim, patch * config.outChannels());
        IdentityConfig identity = config.identity();
        if (identity == null) {
            facialExtractor = null;
        } else {
            facialExtractor = new FacialExtractor(weights.at("local_facial_extractor"), identity);
            for (int j = 0; j < config.numRoutedBlocks(); j++) {
                identityAttentions.add(
                        new IdentityAttention(layers.at(IDENTITY_ATTENTIONS).at(j), dim, identity));
                routers.add(new IdentityRouter(weights.at("router").at(j), dim, identity));
            }
        }
    }

    /**
     * Builds the model from {@code weights}.
     *
     * @throws InvalidInputException listing every missing, unexpected and wrongly shaped tensor
     */
    public static VideoTransformer load(Weights weights, TransformerConfig config, Residency residency) {
        return load(weights, config, residency, WeightsDtype.SAME);
    }

    /**
     * As {@link #load(Weights, TransformerConfig, Residency)}, with the matrices of blocks and identity attention kept
     * otherwise: those that hold nearly all of the model and are multiplied by every token.
     */
    public static VideoTransformer load(
            Weights weights, TransformerConfig config, Residency residency, WeightsDtype kept) {
        VideoTransformer model = new VideoTransformer(weights, config, residency, kept);
        weights.verify();
        return model;
    }

    /** Whether {@code name} is the matrix of a linear layer that {@link WeightsDtype} is about. */
    public static boolean keptOtherwise(String name, TensorInfo info) {
        return (name.startsWith(BLOCKS + ".") || name.startsWith(IDENTITY_ATTENTIONS + "."))
                && name.endsWith(".weight")
                && info.shape().size() == 2;
    }

    public TransformerConfig config() {
        return config;
    }

    /**
     * The rotary embedding for a video of {@code latentFrames} x {@code latentHeight} x {@code latentWidth}, or none for a
     * model with sin-cos positions. Models with identities stretch their grid to 480x720 pixels as the official pipeline
     * does; plain CogVideoX models to their own sample size. In CogVideoX 1.5 coordinates are the numbers of the patches, and
     * {@code latentFrames} are filled up to whole patches.
     *
     * @throws InvalidInputException when the positions of a CogVideoX 1.5 model do not reach that far
     */
    public @Nullable RotaryEmbedding rotary(int latentHeight, int latentWidth, int latentFrames) {
        if (config.positions() == TransformerConfig.Positions.SIN_COS) {
            return null;
        }
        int patch = config.patchSize();
        RotaryEmbedding.Grid base = config.identity() != null
                ? RotaryEmbedding.Grid.OFFICIAL
                : new RotaryEmbedding.Grid(config.sampleHeight() / patch, config.sampleWidth() / patch);
        RotaryEmbedding.Grid grid = new RotaryEmbedding.Grid(latentHeight / patch, latentWidth / patch);
        if (config.patchSizeT() != null) {
            if (grid.height() > base.height() || grid.width() > base.width()) {
                throw new InvalidInputException("the video has " + latentHeight + "x" + latentWidth
                        + " latents, but this model's positions end at " + config.sampleHeight() + "x"
                        + config.sampleWidth());
            }
            int frames = config.paddedFrames(latentFrames) / config.framesPerPatch();
            return RotaryEmbedding.counted(grid, frames, config.attentionHeadDim());
        }
        return RotaryEmbedding.of(grid, base, latentFrames, config.attentionHeadDim());
    }

    /**
     * What the people contribute to every step. Belongs to the current scope.
     *
     * @param idCond global features [N, lfeIdDim]
     * @param vitHidden lfeNumScale hidden states of the vision tower, each [N, P, lfeVitDim]
     * @throws InvalidInputException when this model has no identity modules or the widths do not fit it
     */
    public IdentityContext prepare(Tensor idCond, List<Tensor> vitHidden) {
        IdentityConfig identity = config.identity();
        if (identity == null || facialExtractor == null) {
            throw new InvalidInputException("this model has no identity modules (a plain CogVideoX transformer); "
                    + "use an Ingredients checkpoint, or leave the photos out");
        }
        if (idCond.dim() != 2 || idCond.size(1) != identity.lfeIdDim() || idCond.size(0) < 1) {
            throw new InvalidInputException("id_cond has shape " + Arrays.toString(Ops.shape(idCond))
                    + "; this model needs [people, " + identity.lfeIdDim() + "]");
        }
        for (int i = 0; i < vitHidden.size(); i++) {
            Tensor hidden = vitHidden.get(i);
            if (hidden.dim() != 3 || hidden.size(2) != identity.lfeVitDim() || hidden.size(0) != idCond.size(0)) {
                throw new InvalidInputException("id_vit_hidden." + i + " has shape "
                        + Arrays.toString(Ops.shape(hidden)) + "; this model needs [" + idCond.size(0)
                        + " people, patches, " + identity.lfeVitDim() + "]");
            }
        }
        if (vitHidden.size() != identity.lfeNumScale()) {
            throw new InvalidInputException("there are " + vitHidden.size() + " vision hidden states; this model needs "
                    + identity.lfeNumScale());
        }
        List<Tensor> placed = vitHidden.stream().map(weights.compute()::place).toList();
        Tensor tokens = facialExtractor.forward(weights.compute().place(idCond), placed);
        return prepare(tokens);
    }

    /**
     * As {@link #prepare(Tensor, List)} for a batch whose elements show different people, equally many in each.
     *
     * @param idCond [B · N, lfeIdDim], the people of an element one after another
     * @param vitHidden each [B · N, P, lfeVitDim]
     * @param people N
     */
    public IdentityContext prepareEach(Tensor idCond, List<Tensor> vitHidden, long people) {
        if (facialExtractor == null) {
            throw new InvalidInputException("this model has no identity modules (a plain CogVideoX transformer)");
        }
        List<Tensor> placed = vitHidden.stream().map(weights.compute()::place).toList();
        Tensor tokens = facialExtractor.forward(weights.compute().place(idCond), placed);
        return context(tokens.unflatten(0, -1, people));
    }

    /** As {@link #prepare(Tensor, List)} from identity tokens [N, Q, lfeOutputDim]. */
    public IdentityContext prepare(Tensor identityTokens) {
        return context(identityTokens.unsqueeze(0));
    }

    /** Identity tokens [1 or B, N, Q, lfeOutputDim] → what every routed block needs of them. */
    private IdentityContext context(Tensor identityTokens) {
        List<IdentityContext.Routed> routed = new ArrayList<>();
        for (int j = 0; j < routers.size(); j++) {
            routed.add(new IdentityContext.Routed(
                    identityAttentions.get(j).keyValue(identityTokens),
                    routers.get(j).keys(identityTokens)));
        }
        return new IdentityContext(identityTokens, routed);
    }

    /**
     * One denoising step's prediction.
     *
     * @param latents noisy latents, with image latents concatenated where the config asks for them [B, f, inChannels, h, w];
     *     f is a multiple of patch_size_t where there is one
     * @param text text embeddings [B, T, textEmbedDim]
     * @param timesteps int64 [B], or [1] when all elements share it
     * @param rotary from {@link #rotary}; none for sin-cos models
     * @param people from {@link #prepare}; none for plain generation
     */
    public Output forward(
            Tensor latents,
            Tensor text,
            Tensor timesteps,
            @Nullable RotaryEmbedding rotary,
            @Nullable IdentityContext people,
            Options options) {
        Embedded embedded = embed(latents, text, timesteps, rotary, options);
        Told told = new Told();
        Streams tokens = throughBlocks(embedded, people, options, told);
        return told.output(sample(tokens.video(), embedded.temb, latents), text.size(1), options);
    }

    /**
     * What blocks tell beside their tokens.
     *
     * @param logits of every routed block, those of the text before the video's where they were asked for
     * @param attention see {@link Output#textAttention}
     */
    record Told(List<Tensor> logits, List<Tensor> attention) {
        Told() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        /** @param words tokens of the text */
        Output output(Tensor sample, long words, Options options) {
            if (!options.words) {
                return new Output(sample, List.copyOf(logits), List.of(), List.copyOf(attention));
            }
            return new Output(
                    sample,
                    logits.stream()
                            .map(all -> all.narrow(1, words, all.size(1) - words))
                            .toList(),
                    logits.stream().map(all -> all.narrow(1, 0, words)).toList(),
                    List.copyOf(attention));
        }
    }

    /**
     * A prediction and what the blocks added to the video tokens to make it.
     *
     * @param residual [B, V, D]
     */
    public record Kept(Output output, Tensor residual) {}

    /** As {@link #forward}, and tells what the blocks added, for {@link #repeat}. */
    public Kept keeping(
            Tensor latents,
            Tensor text,
            Tensor timesteps,
            @Nullable RotaryEmbedding rotary,
            @Nullable IdentityContext people,
            Options options) {
        Embedded embedded = embed(latents, text, timesteps, rotary, options);
        Tensor before = embedded.tokens.video().detach(); // a handle of its own, as the blocks close theirs
        Told told = new Told();
        Streams tokens = throughBlocks(embedded, people, options, told);
        Output output = told.output(sample(tokens.video(), embedded.temb, latents), text.size(1), options);
        return new Kept(output, tokens.video().sub(before));
    }

    /**
     * A step's prediction in which the blocks are taken to add what they added in an earlier one; only embedding and
     * projection are computed (MagCache, arXiv 2506.09045).
     *
     * @param residual of an earlier step on the same conditions [B, V, D]
     * @return [B, f, outChannels, h, w]
     */
    public Tensor repeat(Tensor latents, Tensor text, Tensor timesteps, Tensor residual, Options options) {
        Embedded embedded =
                embed(latents, text, timesteps, null, options); // positions act in the blocks, or on their input
        return sample(embedded.tokens.video().add(residual), embedded.temb, latents);
    }

    /** All blocks; closes the tokens that go in. */
    private Streams throughBlocks(Embedded embedded, @Nullable IdentityContext people, Options options, Told told) {
        Streams tokens = embedded.tokens;
        for (int i = 0; i < config.numLayers(); i++) {
            Streams before = tokens;
            try (Scope scope = Scope.open()) {
                Step step = step(i, before, embedded.temb, embedded.rotation, people, options);
                if (step.logits != null) {
                    told.logits.add(scope.keep(step.logits));
                }
                if (step.attention != null) {
                    told.attention.add(scope.keep(step.attention));
                }
                tokens = new Streams(scope.keep(step.tokens.video()), scope.keep(step.tokens.text()));
            }
            before.video().close(); // not needed any more: frees it now instead of with the caller's scope
            before.text().close();
        }
        return tokens;
    }

    /**
     * As {@link #forward}, for training: of every block only its input is kept, and {@link CheckpointedPass#backward}
     * computes the block again for its gradients. Loss and gradients are those of {@code forward} (the gradients of the
     * timestep embedding are summed in another order); one more forward pass is paid for them.
     */
    public CheckpointedPass checkpointed(
            Tensor latents,
            Tensor text,
            Tensor timesteps,
            @Nullable RotaryEmbedding rotary,
            @Nullable IdentityContext people,
            Options options) {
        return new CheckpointedPass(this, latents, embed(latents, text, timesteps, rotary, options), people, options);
    }

    /**
     * What is made of the inputs before the first block.
     *
     * @param temb [B or 1, timeEmbedDim]
     * @param rotation complex factors, or none for absolute positions
     */
    record Embedded(Tensor temb, @Nullable Tensor rotation, Streams tokens) {}

    /**
     * What a block makes.
     *
     * @param logits [R, V, N] of a routed one, or [R, T + V, N] with those of words
     * @param attention [B, V, T] to the text, where it was asked for
     */
    record Step(
            Streams tokens,
            @Nullable Tensor logits,
            @Nullable Tensor attention) {}

    /** Timesteps [B] → [B, timeEmbedDim] in {@code type}, by themselves and with the offset where there is one. */
    private static Tensor temb(
            TimestepEmbedding time, @Nullable TimestepEmbedding ofs, Tensor timesteps, ScalarType type) {
        Tensor temb = time.forward(timesteps, type);
        if (ofs == null) {
            return temb;
        }
        TensorOptions there = new TensorOptions(ScalarType.Float).device(new DeviceOptional(timesteps.device()));
        Tensor offset = torch.full(new long[] {1}, new Scalar(OFS), there);
        return temb.add(ofs.forward(offset, type));
    }

    private static @Nullable TimestepEmbedding ofs(Weights weights, TransformerConfig config) {
        Integer width = config.ofsEmbedDim();
        return width == null ? null : new TimestepEmbedding(weights.at("ofs_embedding"), config, width);
    }

    /**
     * How far the timestep embedding moves from one of {@code timesteps} to the next: the mean of absolute differences over
     * the mean of absolute values before (TeaCache, arXiv 2411.19108, equation 4); 0 for the first. Of all weights it takes
     * those of the embedding.
     */
    public static double[] timestepChanges(Weights weights, TransformerConfig config, long[] timesteps) {
        double[] changes = new double[timesteps.length];
        try (Scope scope = Scope.inference()) {
            TimestepEmbedding time = new TimestepEmbedding(weights.at("time_embedding"), config);
            Tensor all = Transfers.toDevice(
                    Ops.tensor(timesteps, timesteps.length), weights.compute().nativeDevice(), ScalarType.Long);
            Tensor temb = temb(
                            time,
                            ofs(weights, config),
                            all,
                            weights.compute().dtype().scalarType())
                    .to(ScalarType.Float); // [steps, timeEmbedDim]
            for (int i = 1; i < timesteps.length; i++) {
                Tensor before = temb.select(0, i - 1);
                double moved =
                        Transfers.number(temb.select(0, i).sub(before).abs().mean());
                changes[i] = moved / Transfers.number(before.abs().mean());
            }
        }
        return changes;
    }

    private Embedded embed(
            Tensor latents, Tensor text, Tensor timesteps, @Nullable RotaryEmbedding rotary, Options options) {
        try (Scope scope = Scope.open()) {
            Tensor temb = temb(timeEmbedding, ofsEmbedding, timesteps, latents.scalar_type());
            Tensor rotation = rotary == null ? null : scope.keep(rotary.factors(text.size(1), latents));
            Streams tokens = patchEmbed.forward(text, latents, options.learned);
            return new Embedded(
                    scope.keep(temb), rotation, new Streams(scope.keep(tokens.video()), scope.keep(tokens.text())));
        }
    }

    /** Block {@code index} with the identity modules behind it, where it is a routed one. */
    Step step(
            int index,
            Streams before,
            Tensor temb,
            @Nullable Tensor rotation,
            @Nullable IdentityContext people,
            Options options) {
        HeardWords heard = people == null ? null : people.heard();
        Streams after = blocks.with(index, block -> block.forward(before, temb, rotation, heard));
        IdentityConfig identity = config.identity();
        Tensor attention = options.attention && index > 0
                ? blocks.with(index, block -> block.textAttention(before, temb, rotation))
                : null;
        if (people == null || identity == null || index % identity.crossAttnInterval() != 0) {
            return new Step(after, null, attention);
        }
        int j = index / identity.crossAttnInterval();
        long without = people.first();
        long with = after.video().size(0) - without;
        Tensor video = without == 0 ? after.video() : after.video().narrow(0, without, with);
        Tensor text = without == 0 ? after.text() : after.text().narrow(0, without, with);
        Tensor routed = options.routing == Routing.REFERENCE ? video.narrow(0, 0, 1) : video;
        Tensor asked = options.words ? Ops.cat(1, text.narrow(0, 0, routed.size(0)), routed) : routed;
        Tensor all = routers.get(j).logits(people.block(j).routerKeys(), asked);
        Tensor logits = options.words ? all.narrow(1, text.size(1), routed.size(1)) : all;
        boolean uniform = options.mixing == Mixing.UNIFORM;
        Tensor shares = Ops.softmax(uniform ? torch.zeros_like(logits) : people.biased(logits), 2);
        Tensor feature = identityAttentions.get(j).mixed(people.block(j).keyValue(), shares, routed);
        Tensor residual = Ops.scale(feature, options.faceScale);
        options.observer.routed(index, video, residual, shares);
        Tensor told = video.add(residual);
        Tensor whole = without == 0 ? told : Ops.cat(0, after.video().narrow(0, 0, without), told);
        return new Step(new Streams(whole, after.text()), all, attention);
    }

    /** The last block's video tokens [B, V, D] as a prediction with the size of {@code latents}. */
    Tensor sample(Tensor video, Tensor temb, Tensor latents) {
        return Scope.of(() -> unpatchify(head(video, temb), latents));
    }

    /** Final normalisation and projection: [B, V, D] → [B, V, p·p·outChannels]. */
    private Tensor head(Tensor video, Tensor temb) {
        Tensor[] m = Ops.chunk(normOutLinear.forward(torch.silu(temb)).unsqueeze(1), 2, 2); // shift, scale
        Tensor normed = normOut.forward(normFinal.forward(video));
        return projOut.forward(torch.addcmul(m[0], normed, Ops.plus(m[1], 1)));
    }

    /** [B, V, C·t·p·p] → [B, f, C, h, w], with the size of {@code latents}; t is 1 in CogVideoX 1.0. */
    private Tensor unpatchify(Tensor patches, Tensor latents) {
        long p = config.patchSize();
        long t = config.framesPerPatch();
        long[] split = {
            latents.size(0),
            latents.size(1) / t,
            latents.size(3) / p,
            latents.size(4) / p,
            config.outChannels(),
            t,
            p,
            p
        };
        // [B, f/t, h/p, w/p, C, t, p, p] → [B, f/t, t, C, h/p, p, w/p, p]
        return patches.reshape(split)
                .permute(0, 1, 5, 4, 2, 6, 3, 7)
                .flatten(6, 7)
                .flatten(4, 5)
                .flatten(1, 2);
    }

    /** For tests of the parts against their reference vectors. */
    Parts parts() {
        return new Parts(patchEmbed, timeEmbedding, blocks, facialExtractor, identityAttentions, routers);
    }

    record Parts(
            PatchEmbed patchEmbed,
            TimestepEmbedding timeEmbedding,
            Blocks<TransformerBlock> blocks,
            @Nullable FacialExtractor facialExtractor,
            List<IdentityAttention> identityAttentions,
            List<IdentityRouter> routers) {}

    /** Frees the position table; the weights belong to the {@link Weights}. */
    @Override
    public void close() {
        patchEmbed.close();
    }
}
