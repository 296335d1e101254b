package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.transformer.LearnedPositions;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.TransformerConfig.Positions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One video to make, by name: {@link ModelBundle#request} begins one with what the model's folder says, and whoever asks
 * changes what is to be different.
 *
 * <pre>{@code
 * GenerationRequest request = bundle.request("A woman in red waves.").people(1).seed(7).build();
 * }</pre>
 *
 * <p>What exists can be made: {@link Builder#build} checks it, once, against the model it is meant for. It holds no native
 * memory; the people themselves, of whom it knows only how many, come with it to {@link VideoGenerator#generate}.
 * Immutable and thread-safe.
 */
public final class GenerationRequest {
    /** Of requests that name none. */
    public static final long DEFAULT_SEED = 42;

    private final ModelBundle bundle;
    private final String prompt;
    private final String negativePrompt;
    private final int people;
    private final @Nullable Picture firstFrame;
    private final VideoSize size;
    private final long seed;
    private final int steps;
    private final double guidanceScale;
    private final double imageGuidanceScale;
    private final Guidance guidance;
    private final Scheduler.Kind scheduler;
    private final Routing routing;
    private final double faceScale;
    private final int maxSequenceLength;
    private final Steering steering;
    private final @Nullable Layout layout;
    private final List<PersonWords.Mention> mentions;
    private final List<LearnedWord> embeddings;
    private final LearnedPositions learnedPositions;
    private final Shortcuts shortcuts;

    private GenerationRequest(Builder builder) {
        bundle = builder.bundle;
        prompt = builder.prompt;
        negativePrompt = builder.negativePrompt;
        people = builder.people;
        firstFrame = builder.firstFrame;
        size = builder.size;
        seed = builder.seed;
        steps = builder.steps;
        guidanceScale = builder.guidanceScale;
        imageGuidanceScale = builder.imageGuidanceScale;
        guidance = builder.guidance;
        scheduler = builder.scheduler;
        routing = builder.routing;
        faceScale = builder.faceScale;
        maxSequenceLength = builder.maxSequenceLength;
        steering = builder.steering;
        layout = builder.layout;
        mentions = builder.mentions;
        embeddings = builder.embeddings;
        learnedPositions = builder.learnedPositions;
        shortcuts = builder.shortcuts.settled(builder.bundle);
    }

    /** The model that is to make it. */
    public ModelBundle bundle() {
        return bundle;
    }

    /** What happens in the video. */
    public String prompt() {
        return prompt;
    }

    /** What should not; empty for nothing. */
    public String negativePrompt() {
        return negativePrompt;
    }

    /** How many people appear by their photos; 0 for plain text-to-video. */
    public int people() {
        return people;
    }

    /** The first frame, for plain image-to-video checkpoints. */
    public @Nullable Picture firstFrame() {
        return firstFrame;
    }

    /** Frames and pixels. */
    public VideoSize size() {
        return size;
    }

    /** Of all noise: same seed, same weights, same video. An unsigned number of 64 bits. */
    public long seed() {
        return seed;
    }

    /** Denoising steps. */
    public int steps() {
        return steps;
    }

    /** How strongly the prompt is followed; 1 or less turns guidance off and halves the work. */
    public double guidanceScale() {
        return guidanceScale;
    }

    /**
     * How strongly the photos or the first frame are followed; 1, as in the official pipeline, adds nothing. Anything else
     * computes each step without them too, canvas and identities left out, which the model must have learned, and lets every
     * branch route by itself.
     */
    public double imageGuidanceScale() {
        return imageGuidanceScale;
    }

    /** Whether the prompt's scale is constant over the steps. */
    public Guidance guidance() {
        return guidance;
    }

    /** How one step follows from another. */
    public Scheduler.Kind scheduler() {
        return scheduler;
    }

    /** Which half of the guidance batch decides who owns which token. */
    public Routing routing() {
        return routing;
    }

    /** Factor of the identity features; 0 for models without identity modules. */
    public double faceScale() {
        return faceScale;
    }

    /** Text tokens. */
    public int maxSequenceLength() {
        return maxSequenceLength;
    }

    /** What is decided about the people beyond their photos. */
    public Steering steering() {
        return steering;
    }

    /** How it is settled who stands where; none where the noise decides. */
    public @Nullable Layout layout() {
        return layout;
    }

    /** Which words of the prompt stand for whom. */
    public List<PersonWords.Mention> mentions() {
        return mentions;
    }

    /** Learned words that the prompts may call by their names. */
    public List<LearnedWord> embeddings() {
        return embeddings;
    }

    /** What becomes of a table of positions that was learned for another size. */
    public LearnedPositions learnedPositions() {
        return learnedPositions;
    }

    /** Whether the model has a table of positions and the video is of another height or width than that was learned for. */
    public boolean leavesLearnedPositions() {
        VideoSize own = bundle.defaultSize();
        return bundle.transformer().positions() == Positions.ROTARY_AND_LEARNED
                && (size.height() != own.height() || size.width() != own.width());
    }

    /** What is not computed, to be faster; with what the caches know of the model. */
    public Shortcuts shortcuts() {
        return shortcuts;
    }

    /** What each step does. */
    StepPlan plan() {
        return shortcuts.plan(steps, this::timestepChanges);
    }

    /** How far the timestep embedding moves in each step, 0 in the first; reads a little of the weights. */
    double[] timestepChanges() {
        return bundle.timestepChanges(
                Scheduler.of(scheduler, bundle.scheduler()).timesteps(steps));
    }

    /** Whether each step also computes the negative prompt. */
    public boolean guided() {
        return guidanceScale > 1;
    }

    /**
     * A request in the making; every value begins as the model's folder says. Each method takes one value, by its name, and
     * returns this builder. Not thread-safe.
     */
    public static final class Builder {
        private final ModelBundle bundle;
        private String prompt;
        private String negativePrompt = "";
        private int people;
        private @Nullable Picture firstFrame;
        private VideoSize size;
        private long seed = DEFAULT_SEED;
        private int steps;
        private double guidanceScale;
        private double imageGuidanceScale;
        private Guidance guidance = Guidance.CONSTANT;
        private Scheduler.Kind scheduler;
        private Routing routing = Routing.REFERENCE;
        private double faceScale;
        private int maxSequenceLength;
        private Steering steering = Steering.NONE;
        private @Nullable Layout layout;
        private List<PersonWords.Mention> mentions = List.of();
        private List<LearnedWord> embeddings = List.of();
        private LearnedPositions learnedPositions = LearnedPositions.INTERPOLATED;
        private Shortcuts shortcuts = Shortcuts.NONE;

        Builder(ModelBundle bundle, String prompt) {
            this.bundle = bundle;
            this.prompt = prompt;
            size = bundle.defaultSize();
            SamplingDefaults sampling = bundle.sampling();
            steps = sampling.steps();
            guidanceScale = sampling.guidanceScale();
            imageGuidanceScale = sampling.imageGuidanceScale();
            layout = sampling.layout();
            scheduler = sampling.scheduler();
            var identity = bundle.transformer().identity();
            faceScale = identity == null ? 0 : identity.localFaceScale();
            maxSequenceLength = bundle.transformer().maxTextSeqLength();
        }

        public Builder prompt(String value) {
            prompt = value;
            mentions = List.of();
            return this;
        }

        /** A prompt of which it is known which words stand for whom. */
        public Builder prompt(PersonWords.Expanded value) {
            prompt = value.text();
            mentions = value.mentions();
            return this;
        }

        public Builder negativePrompt(String value) {
            negativePrompt = value;
            return this;
        }

        /** How many {@link People} will come with the request. */
        public Builder people(int count) {
            people = count;
            return this;
        }

        public Builder firstFrame(@Nullable Picture value) {
            firstFrame = value;
            return this;
        }

        /** 8k+1 of them. */
        public Builder frames(int value) {
            return size(value, size.height(), size.width());
        }

        /** Pixels, a multiple of 16 for the published models. */
        public Builder height(int value) {
            return size(size.frames(), value, size.width());
        }

        /** Pixels, a multiple of 16 for the published models. */
        public Builder width(int value) {
            return size(size.frames(), size.height(), value);
        }

        public Builder size(int frames, int height, int width) {
            size = size.with(frames, height, width);
            return this;
        }

        public Builder seed(long value) {
            seed = value;
            return this;
        }

        public Builder steps(int value) {
            steps = value;
            return this;
        }

        public Builder guidanceScale(double value) {
            guidanceScale = value;
            return this;
        }

        public Builder imageGuidanceScale(double value) {
            imageGuidanceScale = value;
            return this;
        }

        public Builder guidance(Guidance value) {
            guidance = value;
            return this;
        }

        public Builder scheduler(Scheduler.Kind value) {
            scheduler = value;
            return this;
        }

        public Builder routing(Routing value) {
            routing = value;
            return this;
        }

        public Builder faceScale(double value) {
            faceScale = value;
            return this;
        }

        public Builder maxSequenceLength(int value) {
            maxSequenceLength = value;
            return this;
        }

        public Builder steering(Steering value) {
            steering = value;
            return this;
        }

        public Builder layout(@Nullable Layout value) {
            layout = value;
            return this;
        }

        public Builder embeddings(List<LearnedWord> words) {
            embeddings = List.copyOf(words);
            return this;
        }

        public Builder learnedPositions(LearnedPositions value) {
            learnedPositions = value;
            return this;
        }

        public Builder shortcuts(Shortcuts value) {
            shortcuts = value;
            return this;
        }

        /**
         * The request, which the model can make.
         *
         * @throws InvalidInputException naming the field, what was found and what to do
         */
        public GenerationRequest build() {
            GenerationRequest request = buildUnchecked();
            RequestCheck.check(request);
            return request;
        }

        /** Also of what is valid but awkward, such as even numbers of latent frames. */
        GenerationRequest buildUnchecked() {
            return new GenerationRequest(this);
        }
    }
}
