package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Blocks;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.TransformerBlock.Streams;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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
     */
    public record Options(Routing routing, double faceScale) {}

    /**
     * What a call returns.
     *
     * @param sample the model's prediction [B, f, outChannels, h, w]
     * @param routingLogits one tensor [R, V, N] per routed block; R is 1 with {@link Routing#REFERENCE}, else B; empty
     *     without people
     */
    public record Output(Tensor sample, List<Tensor> routingLogits) {}

    private final Weights weights;
    private final TransformerConfig config;
    private final PatchEmbed patchEmbed;
    private final TimestepEmbedding timeEmbedding;
    private final Blocks<TransformerBlock> blocks;

    private final @Nullable FacialExtractor facialExtractor;
    private final List<IdentityAttention> identityAttentions = new ArrayList<>();
    private final List<IdentityRouter> routers = new ArrayList<>();
    private final LayerNorm normFinal;
    private final Linear normOutLinear;
    private final LayerNorm normOut;
    private final Linear projOut;

    private VideoTransformer(Weights weights, TransformerConfig config, Residency residency) {
        this.weights = weights;
        this.config = config;
        long dim = config.innerDim();
        patchEmbed = new PatchEmbed(weights.at("patch_embed"), config);
        timeEmbedding = new TimestepEmbedding(weights.at("time_embedding"), config);
        blocks = new Blocks<>(
                weights.at("transformer_blocks"),
                config.numLayers(),
                residency,
                block -> new TransformerBlock(block, config));
        normFinal = config.norm(weights.at("norm_final"));
        normOutLinear = Linear.of(weights.at("norm_out").at("linear"), config.timeEmbedDim(), 2 * dim);
        normOut = config.norm(weights.at("norm_out").at("norm"));
        long patch = config.patchSize();
        projOut = Linear.of(weights.at("proj_out"), dim, patch * patch * config.outChannels());
        IdentityConfig identity = config.identity();
        if (identity == null) {
            facialExtractor = null;
        } else {
            facialExtractor = new FacialExtractor(weights.at("local_facial_extractor"), identity);
            for (int j = 0; j < config.numRoutedBlocks(); j++) {
                identityAttentions.add(new IdentityAttention(
                        weights.at("perceiver_cross_attention").at(j), dim, identity));
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
        VideoTransformer model = new VideoTransformer(weights, config, residency);
        weights.verify();
        return model;
    }

    public TransformerConfig config() {
        return config;
    }

    /**
     * The rotary embedding for a video of {@code latentFrames} x {@code latentHeight} x {@code latentWidth}, or none for a
     * model with sin-cos positions. Models with identities stretch their grid to 480x720 pixels as the official pipeline
     * does; plain CogVideoX models to their own sample size.
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

    /** As {@link #prepare(Tensor, List)} from identity tokens [N, Q, lfeOutputDim]. */
    public IdentityContext prepare(Tensor identityTokens) {
        List<IdentityContext.Routed> routed = new ArrayList<>();
        for (int j = 0; j < routers.size(); j++) {
            routed.add(new IdentityContext.Routed(
                    identityAttentions.get(j).keyValue(identityTokens),
                    routers.get(j).keys(identityTokens)));
        }
        return new IdentityContext(routed);
    }

    /**
     * One denoising step's prediction.
     *
     * @param latents noisy latents, with image latents concatenated where the config asks for them [B, f, inChannels, h, w]
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
        Tensor temb = timeEmbedding.forward(timesteps, latents.scalar_type()); // [B or 1, timeEmbedDim]
        Tensor rotation = rotary == null ? null : rotary.factors(text.size(1), latents);
        Streams tokens = patchEmbed.forward(text, latents);
        List<Tensor> routingLogits = new ArrayList<>();
        for (int i = 0; i < config.numLayers(); i++) {
            Streams before = tokens;
            try (Scope scope = Scope.open()) {
                Streams after = blocks.with(i, block -> block.forward(before, temb, rotation));
                Tensor video = after.video();
                IdentityConfig identity = config.identity();
                if (people != null && identity != null && i % identity.crossAttnInterval() == 0) {
                    int j = i / identity.crossAttnInterval();
                    Tensor routed = options.routing == Routing.REFERENCE ? video.narrow(0, 0, 1) : video;
                    Tensor logits = routers.get(j).logits(people.block(j).routerKeys(), routed);
                    Tensor feature =
                            identityAttentions.get(j).mixed(people.block(j).keyValue(), Ops.softmax(logits, 2), routed);
                    video = video.add(Ops.scale(feature, options.faceScale));
                    routingLogits.add(scope.keep(logits));
                }
                tokens = new Streams(scope.keep(video), scope.keep(after.text()));
            }
            before.video().close(); // not needed any more: frees it now instead of with the caller's scope
            before.text().close();
        }
        return new Output(unpatchify(head(tokens.video(), temb), latents), List.copyOf(routingLogits));
    }

    /** Final normalisation and projection: [B, V, D] → [B, V, p·p·outChannels]. */
    private Tensor head(Tensor video, Tensor temb) {
        Tensor[] m = Ops.chunk(normOutLinear.forward(torch.silu(temb)).unsqueeze(1), 2, 2); // shift, scale
        Tensor normed = normOut.forward(normFinal.forward(video));
        return projOut.forward(torch.addcmul(m[0], normed, Ops.plus(m[1], 1)));
    }

    /** [B, V, C·p·p] → [B, f, C, h, w], with the size of {@code latents}. */
    private Tensor unpatchify(Tensor patches, Tensor latents) {
        long p = config.patchSize();
        return patches.reshape(latents.size(0), latents.size(1), latents.size(3) / p, latents.size(4) / p, -1, p, p)
                .permute(0, 1, 4, 2, 5, 3, 6)
                .flatten(5, 6)
                .flatten(3, 4);
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
