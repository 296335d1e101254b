package ai.ingredients.training.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.training.config.Records;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * What the transformer learns and how: the axes of the paper's stages and ablations.
 *
 * @param batch clips in a batch, all with equally many people
 * @param latentFrames of each clip that are learned from, beginning with the first; 0 for all. With 1 it learns stills,
 *     several times as many in the same time
 * @param image what is concatenated to the noise, for models that take an image
 * @param vaeFeatures how reference faces become latents (Table 2), for {@code image: canvas}
 * @param people whether the model sees the people of the photos
 * @param mixing whether the router mixes several people, or everyone counts the same (before it is trained)
 * @param dropText probability that a sample's caption is the empty one
 * @param dropImage probability that a sample's image is zeros
 * @param dropPeople probability that a batch is plain video, without people and images
 * @param timestepBias which noise is learned from more often
 * @param maskLoss probability that the loss of a sample counts faces only (dense mask loss)
 * @param routingLoss what teaches the router (Table 3)
 * @param routingWeight λ
 * @param wordsWeight λ of the same loss on the caption's words about one person, by whose looks they can be told from the others;
 *     0 for none
 * @param attentionWeight λ of a loss that teaches a person's tokens to attend to the caption's words about that person and
 *     not to those about others (the localisation of FastComposer, arXiv 2305.10431); 0 for none
 * @param labels where the router's labels come from (Table 2)
 * @param labelShare share of a token that a face must cover to be its owner's
 * @param train which parameters learn, by the first pattern their name matches; the others are frozen
 * @param lora low-rank adapters instead of full weights, for the matrices it names; absent for full fine-tuning
 * @param checkpointing whether blocks are computed again for their gradients, which saves memory and costs time
 * @param onCollapse what to do when people have become indistinguishable, or the identity modules add nothing
 */
public record DiffusionSettings(
        int batch,
        int latentFrames,
        Image image,
        VaeFeatures vaeFeatures,
        boolean people,
        Mixing mixing,
        double dropText,
        double dropImage,
        double dropPeople,
        TimestepBias timestepBias,
        double maskLoss,
        RoutingLossKind routingLoss,
        double routingWeight,
        double wordsWeight,
        double attentionWeight,
        Labels labels,
        double labelShare,
        List<Trained> train,
        @Nullable LoraSettings lora,
        boolean checkpointing,
        OnCollapse onCollapse) {
    /** What to do when the identity modules have stopped to do anything, see docs/training.md. */
    public enum OnCollapse {
        /** Say it. */
        WARN,
        /** Say it and end the run; the last checkpoint stays. */
        STOP
    }

    /** What is concatenated to the noise. */
    public enum Image {
        /** Zeros. */
        NONE,
        /** The clip's first frame: image-to-video. */
        FIRST_FRAME,
        /** The reference canvas of the people's photos. */
        CANVAS
    }

    /** How reference faces become latents. */
    public enum VaeFeatures {
        /** Pasted on a canvas, then encoded. */
        BEFORE,
        /** Encoded one by one, then their latents pasted. */
        AFTER,
        /** Not at all: zeros. */
        NONE
    }

    /** How several people's features become one. */
    public enum Mixing {
        UNIFORM,
        ROUTED
    }

    /** What teaches the router. */
    public enum RoutingLossKind {
        NONE,
        MSE,
        CROSS_ENTROPY
    }

    /** Where the router's labels come from. */
    public enum Labels {
        /** Boxes of faces. */
        BOX,
        /** Outlines of faces: the paper's choice. */
        MASK,
        /** Outlines of whole persons, clothes and all, as far as the data knows them. */
        PERSON
    }

    /**
     * Parameters that learn.
     *
     * @param match regular expression for the whole state-dict name
     * @param learningRateFactor of the run's learning rate
     * @param weightDecay of their matrices
     * @param maxGradNorm their own gradients are scaled so that their norm is at most this; {@code .inf} leaves them
     */
    public record Trained(String match, double learningRateFactor, double weightDecay, double maxGradNorm) {
        static final Trained DEFAULT = new Trained(".*", 1);

        /** With the usual decay, clipped with all others only. */
        public Trained(String match, double learningRateFactor) {
            this(match, learningRateFactor, 0.01, Double.POSITIVE_INFINITY);
        }

        public Trained {
            regex("match", match);
            if (!(learningRateFactor > 0)) {
                throw new InvalidInputException(
                        "learning-rate-factor is " + learningRateFactor + "; expected a positive number");
            }
            if (!(weightDecay >= 0) || !(maxGradNorm > 0)) {
                throw new InvalidInputException("weight-decay is " + weightDecay + " and max-grad-norm " + maxGradNorm
                        + "; expected 0 or more, and a positive number or .inf");
            }
        }
    }

    /**
     * Low-rank adapters (arXiv 2106.09685).
     *
     * @param rank of the two factors
     * @param alpha the adapter counts alpha / rank
     * @param match regular expression for the whole state-dict name of the matrices that get one; {@code train} does not
     *     count for these
     * @param start adapters to begin with, a file or the folder it is in; absent for none
     */
    public record LoraSettings(
            int rank, double alpha, String match, @Nullable Path start) {
        public LoraSettings {
            regex("match", match);
            if (rank < 1 || !(alpha > 0)) {
                throw new InvalidInputException(
                        "rank is " + rank + " and alpha " + alpha + "; expected at least 1 and a positive number");
            }
        }
    }

    private static void regex(String name, String value) {
        try {
            Pattern.compile(value);
        } catch (PatternSyntaxException e) {
            throw new InvalidInputException(
                    name + " is \"" + value + "\", no regular expression: " + e.getDescription(), e);
        }
    }

    /** Base: the whole plain transformer on captions, with the first frame half of the time where it takes images. */
    public static final DiffusionSettings BASE = new DiffusionSettings(
            8,
            0,
            Image.FIRST_FRAME,
            VaeFeatures.BEFORE,
            false,
            Mixing.ROUTED,
            0.1,
            0.5,
            0,
            TimestepBias.NONE,
            0,
            RoutingLossKind.NONE,
            0,
            0,
            0,
            Labels.MASK,
            0.5,
            List.of(new Trained("(?!local_facial_extractor|perceiver_cross_attention|router).*", 1)),
            null,
            false,
            OnCollapse.WARN);

    /** Stage 1 of the paper: everything but the router learns, face modules at ten times the rate. */
    public static final DiffusionSettings FACES = new DiffusionSettings(
            8,
            0,
            Image.CANVAS,
            VaeFeatures.BEFORE,
            true,
            Mixing.UNIFORM,
            0.1,
            0.05,
            0.05,
            TimestepBias.NONE,
            0.5,
            RoutingLossKind.NONE,
            0,
            0,
            0,
            Labels.MASK,
            0.5,
            List.of(
                    new Trained("(local_facial_extractor|perceiver_cross_attention)\\..*", 10),
                    new Trained("(?!router\\.).*", 1)),
            null,
            false,
            OnCollapse.WARN);

    /** Stage 2 of the paper: only the router learns. */
    public static final DiffusionSettings ROUTER = new DiffusionSettings(
            8,
            0,
            Image.CANVAS,
            VaeFeatures.BEFORE,
            true,
            Mixing.ROUTED,
            0.1,
            0.05,
            0,
            TimestepBias.NONE,
            0.5,
            RoutingLossKind.CROSS_ENTROPY,
            0.1,
            0,
            0,
            Labels.MASK,
            0.5,
            List.of(new Trained("router\\..*", 1)),
            null,
            false,
            OnCollapse.WARN);

    public DiffusionSettings {
        train = List.copyOf(train);
        if (batch < 1) {
            throw new InvalidInputException("batch is " + batch + "; expected at least 1");
        }
        if (latentFrames < 0) {
            throw new InvalidInputException("latent-frames is " + latentFrames + "; expected 0 for all, or at least 1");
        }
        share("drop-text", dropText);
        share("drop-image", dropImage);
        share("drop-people", dropPeople);
        share("mask-loss", maskLoss);
        share("label-share", labelShare);
        if (!(routingWeight >= 0)) {
            throw new InvalidInputException("routing-weight is " + routingWeight + "; expected 0 or more");
        }
        if (!(wordsWeight >= 0)) {
            throw new InvalidInputException("words-weight is " + wordsWeight + "; expected 0 or more");
        }
        if (!(attentionWeight >= 0)) {
            throw new InvalidInputException("attention-weight is " + attentionWeight + "; expected 0 or more");
        }
        if (!people && attentionWeight > 0) {
            throw new InvalidInputException("attention-weight is " + attentionWeight
                    + " but people is false; tokens attend to words about people");
        }
        if (!people && wordsWeight > 0) {
            throw new InvalidInputException(
                    "words-weight is " + wordsWeight + " but people is false; words are routed to people");
        }
        if (!people && routingLoss != RoutingLossKind.NONE) {
            throw new InvalidInputException(
                    "routing-loss is " + routingLoss + " but people is false; the router needs people");
        }
        if (!people && image == Image.CANVAS) {
            throw new InvalidInputException(
                    "image is canvas but people is false; the canvas shows the people's photos");
        }
        if (train.isEmpty() && lora == null) {
            throw new InvalidInputException("train is empty and there is no lora: nothing would learn");
        }
    }

    /** The same for other latent frames. */
    public DiffusionSettings withLatentFrames(int frames) {
        return Records.with(this, DiffusionSettings::latentFrames, frames);
    }

    /** The same for batches of {@code stills} beside clips: the canvas would cover their only frame, so it is never shown. */
    DiffusionSettings forStills(int stills) {
        return Records.with(Records.with(this, DiffusionSettings::batch, stills), DiffusionSettings::dropImage, 1.0);
    }

    /** Whether it counts whose the words of a caption are. */
    boolean asksWords() {
        return wordsWeight > 0 || attentionWeight > 0;
    }

    private static void share(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new InvalidInputException(name + " is " + value + "; expected between 0 and 1");
        }
    }
}
