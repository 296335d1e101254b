package ai.ingredients.bench;

import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.Identity;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.GenerationResult;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.MemoryPlan;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.Timings;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.AdamW;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.transformer.IdentityConfig;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.Loaded;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** The parts of one model, and all of it, by themselves. */
final class Models {
    private static final long VISION_TOKENS = 577; // of the published vision tower
    private static final long TIMESTEP = 500;
    private static final double LEARNING_RATE = 1e-4;
    /** Master, two moments, gradient and parameter in fp32, of a parameter that learns. */
    private static final long TRAINING_BYTES = 16;

    private final ModelBundle bundle;
    private final BenchPlan plan;
    private final Compute compute;
    private final Stopwatch watch;

    Models(Path folder, BenchPlan plan, Compute compute, Stopwatch watch) {
        bundle = ModelBundle.open(folder);
        this.plan = plan;
        this.compute = compute;
        this.watch = watch;
    }

    private Tensor random(long... shape) {
        return compute.place(torch.randn(shape));
    }

    private long videoTokens(VideoSize size) {
        long patch = bundle.transformer().patchSize();
        return size.latentFrames() * (size.latentHeight() / patch) * (size.latentWidth() / patch);
    }

    private Loaded<VideoTransformer> transformer() {
        return Loaded.of(
                bundle.folder().weights(bundle.folder().transformer()),
                compute,
                weights -> VideoTransformer.load(weights, bundle.transformer(), Residency.RESIDENT));
    }

    /** Opening the transformer's weights and bringing all of them to where they compute; warm-ups leave them in the cache. */
    Measured load() {
        try (TensorStore store = bundle.folder().weights(bundle.folder().transformer())) {
            long bytes = TensorStore.bytes(store);
            Measured measured = watch.measure("load the transformer", 0, this::loadOnce);
            return measured.withNote(
                    String.format(Locale.ROOT, "%.2f GB, %.2f GB/s", bytes / 1e9, bytes / 1e9 / measured.median()));
        }
    }

    private void loadOnce() {
        try (TensorStore store = bundle.folder().weights(bundle.folder().transformer());
                Weights weights = Weights.eager(store, compute, bytes -> {});
                VideoTransformer model = VideoTransformer.load(weights, bundle.transformer(), Residency.RESIDENT)) {
            assert model.config().equals(bundle.transformer());
        }
    }

    /** One prediction for one row, people prepared before. */
    Measured step() {
        TransformerConfig config = bundle.transformer();
        VideoSize size = plan.video();
        try (Scope scope = Scope.inference();
                Loaded<VideoTransformer> loaded = transformer()) {
            VideoTransformer model = loaded.model();
            Inputs inputs = inputs(model);
            return watch.measure(
                    "denoising step",
                    Flops.transformer(config, 1, (double) videoTokens(size), plan.textTokens(), people()),
                    () -> {
                        try (Scope step = Scope.inference()) {
                            inputs.forward(model);
                        }
                    });
        }
    }

    /** Forward, backward, clipping and AdamW on all parameters. */
    Measured train() {
        TransformerConfig config = bundle.transformer();
        String name = "training step";
        try (TensorStore store = bundle.folder().weights(bundle.folder().transformer())) {
            long needed = TRAINING_BYTES
                    * store.names().stream()
                            .mapToLong(one -> store.info(one).elements())
                            .sum();
            if (needed > compute.freeBytes()) {
                return Measured.skipped(
                        name,
                        compute.dtype().toString(),
                        String.format(Locale.ROOT, "it takes at least %.1f GB", needed / 1e9));
            }
            try (Weights weights = Weights.trainable(store, compute);
                    VideoTransformer model = VideoTransformer.load(weights, config, Residency.RESIDENT);
                    AdamW optimizer = new AdamW(
                            List.of(new ParameterGroup("all", weights.parameters(), 1, 0)), AdamW.Settings.DEFAULT)) {
                double forward =
                        Flops.transformer(config, 1, (double) videoTokens(plan.video()), plan.textTokens(), people());
                return watch.measure(name, 3 * forward, () -> {
                    try (Scope scope = Scope.open()) {
                        Tensor sample = inputs(model).forward(model);
                        sample.to(ScalarType.Float).square().mean().backward();
                        optimizer.step(LEARNING_RATE);
                    }
                });
            }
        }
    }

    /** What one row of a step is given. */
    private record Inputs(
            Tensor latents,
            Tensor text,
            Tensor timestep,
            @Nullable RotaryEmbedding rotary,
            @Nullable IdentityContext people) {
        Tensor forward(VideoTransformer model) {
            return model.forward(latents, text, timestep, rotary, people, new Options(Routing.REFERENCE, 1))
                    .sample();
        }
    }

    private Inputs inputs(VideoTransformer model) {
        TransformerConfig config = bundle.transformer();
        VideoSize size = plan.video();
        Tensor latents = random(1, size.latentFrames(), config.inChannels(), size.latentHeight(), size.latentWidth());
        IdentityContext people = null;
        if (people() > 0) {
            People random = randomPeople();
            people = model.prepare(random.idCond(), random.vitHidden());
        }
        RotaryEmbedding rotary = model.rotary(size.latentHeight(), size.latentWidth(), size.latentFrames());
        return new Inputs(
                latents,
                random(1, plan.textTokens(), config.textEmbedDim()),
                Ops.tensor(new long[] {TIMESTEP}, 1).to(compute.nativeDevice(), ScalarType.Long),
                rotary == null ? null : rotary.prepared(plan.textTokens(), latents),
                people);
    }

    private int people() {
        return bundle.transformer().identity() == null ? 0 : plan.people();
    }

    private People randomPeople() {
        IdentityConfig identity = bundle.transformer().identity();
        List<Identity> identities = new ArrayList<>();
        for (int i = 0; identity != null && i < plan.people(); i++) {
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < identity.lfeNumScale(); scale++) {
                hidden.add(torch.randn(1, VISION_TOKENS, identity.lfeVitDim()));
            }
            identities.add(new Identity(torch.randn(1, identity.lfeIdDim()), hidden));
        }
        return new People(identities, Picture.filled(720, 480, 200, 120, 40));
    }

    private Loaded<VideoVae> vae() {
        return Loaded.of(bundle.folder().weights("vae"), compute, weights -> VideoVae.load(weights, bundle.vae()));
    }

    /** A video from latents, in tiles where the memory that is free asks for them. */
    Measured decode() {
        VideoSize size = plan.made();
        try (Scope scope = Scope.inference();
                Loaded<VideoVae> loaded = vae()) {
            var tiling = plan.tiling().decide(bundle.vae(), size, compute);
            VideoVae vae = loaded.model().with(tiling);
            Tensor latents = random(
                    1, bundle.vae().latentChannels(), size.latentFrames(), size.latentHeight(), size.latentWidth());
            Measured measured = watch.measure(
                    "decode " + size,
                    Flops.decode(bundle.vae(), size.latentFrames(), size.latentHeight(), size.latentWidth()),
                    () -> {
                        try (Scope one = Scope.inference()) {
                            vae.decode(latents, frames -> {});
                        }
                    });
            return tiling.enabled() ? measured.withNote("in tiles") : measured;
        }
    }

    /** Latents of a video. */
    Measured encode() {
        VideoSize size = plan.made();
        try (Scope scope = Scope.inference();
                Loaded<VideoVae> loaded = vae()) {
            var tiling = plan.tiling().decide(bundle.vae(), size, compute);
            VideoVae vae = loaded.model().with(tiling);
            Tensor video = random(1, bundle.vae().inChannels(), size.frames(), size.height(), size.width());
            return watch.measure(
                    "encode " + size, Flops.encode(bundle.vae(), size.frames(), size.height(), size.width()), () -> {
                        try (Scope one = Scope.inference()) {
                            vae.encode(video);
                        }
                    });
        }
    }

    /** Prompt to frames with guidance, the way {@code generate} goes. */
    Measured generate(MemoryLevel level) {
        VideoSize size = plan.made();
        GenerationRequest request = bundle.request("Two people talk in a park.")
                .people(people())
                .size(size.frames(), size.height(), size.width())
                .steps(plan.steps())
                .guidanceScale(6)
                .scheduler(Scheduler.Kind.DDIM)
                .build();
        long[] planned = {0};
        List<Timings> timings = new ArrayList<>();
        try (Scope scope = Scope.inference();
                VideoGenerator generator = new VideoGenerator(bundle, compute, level, plan.tiling())) {
            People people = people() == 0 ? null : randomPeople();
            GenerationListener listener = new GenerationListener() {
                @Override
                public void planned(MemoryPlan memory) {
                    planned[0] = compute.onCpu() ? memory.host() : memory.device();
                }
            };
            String name = "generate " + size + ", " + plan.steps() + " steps, memory " + generator.memory();
            Measured measured = watch.measure(name, 0, () -> {
                GenerationResult result = generator.generate(request, people, frames -> {}, listener);
                timings.add(result.timings());
            });
            return measured.withEstimate(planned[0]).withNote(words(timings.getLast()));
        }
    }

    private static String words(Timings last) {
        return String.format(
                Locale.ROOT,
                "text %.2f s, canvas %.2f s, denoising %.2f s (%.2f s a step), decoding %.2f s",
                last.text(),
                last.canvas(),
                last.denoising(),
                last.secondsPerStep(),
                last.decoding());
    }
}
