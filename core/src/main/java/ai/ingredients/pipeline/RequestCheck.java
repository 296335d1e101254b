package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.People;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.TokenEmbeddings;
import ai.ingredients.transformer.IdentityConfig;
import ai.ingredients.transformer.LearnedPositions;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.TransformerConfig.Positions;
import ai.ingredients.weights.TensorStore;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what a model cannot make, before any work. Messages name fields of {@link GenerationRequest} in backticks, for
 * callers who call them otherwise.
 */
final class RequestCheck {
    private RequestCheck() {}

    static void check(GenerationRequest request) {
        values(request);
        ModelBundle bundle = request.bundle();
        request.size().checked(bundle.transformer().patchSize());
        positions(request);
        words(request);
        int people = request.people();
        if (people > 0 && bundle.transformer().identity() == null) {
            boolean version15 = bundle.transformer().patchSizeT() != null;
            throw new InvalidInputException("this model knows no people (its transformer is a plain CogVideoX"
                    + (version15 ? " 1.5" : "") + " one), but " + people
                    + " were given; use an Ingredients checkpoint or leave the photos out");
        }
        request.steering().check(request.size(), bundle.transformer().patchSize(), people);
        if (request.firstFrame() != null
                && (people > 0
                        || bundle.transformer().identity() != null
                        || !bundle.transformer().imageConditioned())) {
            throw new InvalidInputException("this model takes no first frame; give photos of people instead, or none");
        }
    }

    private static void values(GenerationRequest request) {
        if (request.prompt().isBlank()) {
            throw new InvalidInputException("the prompt is empty; describe the video, for instance "
                    + "\"Two men in suits talk in a dimly lit room.\"");
        }
        int trained = request.bundle().scheduler().numTrainTimesteps();
        if (request.steps() < 1) {
            throw new InvalidInputException("`steps` " + request.steps() + " is too few; use at least 1 (50 is usual)");
        }
        if (request.steps() > trained) {
            throw new InvalidInputException("`steps` " + request.steps() + " is more than the " + trained
                    + " timesteps the model was trained on; 50 is usual");
        }
        finite("guidanceScale", request.guidanceScale(), "6 is usual");
        finite("imageGuidanceScale", request.imageGuidanceScale(), "1 adds nothing");
        finite("faceScale", request.faceScale(), "1 is usual");
        if (request.maxSequenceLength() < 1) {
            throw new InvalidInputException(
                    "`maxSequenceLength` " + request.maxSequenceLength() + " is too short; 226 tokens are usual");
        }
    }

    private static void finite(String field, double value, String usual) {
        if (!Double.isFinite(value)) {
            throw new InvalidInputException("`" + field + "` " + value + " is no number; " + usual);
        }
    }

    private static void positions(GenerationRequest request) {
        ModelBundle bundle = request.bundle();
        Positions positions = bundle.transformer().positions();
        int trained = bundle.transformer().maxTextSeqLength();
        if (positions != Positions.ROTARY && request.maxSequenceLength() != trained) {
            throw new InvalidInputException("`maxSequenceLength` " + request.maxSequenceLength()
                    + " cannot be used: this model's position embeddings need exactly " + trained + " text tokens");
        }
        VideoSize own = bundle.defaultSize();
        VideoSize size = request.size();
        if (request.leavesLearnedPositions() && request.learnedPositions() == LearnedPositions.OFFICIAL) {
            throw new InvalidInputException("a video of " + size.width() + "x" + size.height()
                    + " cannot be made: this model has learned positions for " + own.width() + "x" + own.height()
                    + " only; use that size, or `learnedPositions` interpolated");
        }
        TransformerConfig transformer = bundle.transformer();
        if (transformer.patchSizeT() != null
                && (size.latentHeight() > transformer.sampleHeight()
                        || size.latentWidth() > transformer.sampleWidth())) {
            throw new InvalidInputException("a video of " + size.width() + "x" + size.height()
                    + " cannot be made: this model's positions end at "
                    + transformer.sampleWidth() * size.pixelsPerLatent()
                    + "x" + transformer.sampleHeight() * size.pixelsPerLatent() + "; " + own.width() + "x"
                    + own.height()
                    + " is usual");
        }
    }

    /** Learned words must fit the text encoder; a name of theirs that was mistyped would be read letter by letter. */
    private static void words(GenerationRequest request) {
        List<LearnedWord> words = request.embeddings();
        if (words.isEmpty()) {
            return;
        }
        try (Scope scope = Scope.inference();
                TensorStore encoder = request.bundle().folder().weights("text_encoder")) {
            LearnedWord.check(words, request.bundle().textEncoder(), T5Encoder.table(encoder));
        }
        refuseUnknown("prompt", request.prompt(), words);
        refuseUnknown("negative prompt", request.negativePrompt(), words);
    }

    private static void refuseUnknown(String what, String prompt, List<LearnedWord> words) {
        List<String> unknown = TokenEmbeddings.unknownIn(prompt, names(words));
        if (!unknown.isEmpty()) {
            throw new InvalidInputException("the " + what + " names " + String.join(", ", unknown)
                    + ", which is in no file of `embeddings`; known: " + LearnedWord.names(words));
        }
    }

    static Set<String> names(List<LearnedWord> words) {
        return words.stream().map(LearnedWord::name).collect(Collectors.toSet());
    }

    /** Refuses people who are not those that were asked for, or were prepared for another model. */
    static void people(GenerationRequest request, @Nullable People people) {
        int found = people == null ? 0 : people.size();
        if (found != request.people()) {
            throw new InvalidInputException(
                    "the request is for " + request.people() + " people, but " + found + " came with it");
        }
        IdentityConfig identity = request.bundle().transformer().identity();
        if (people != null && identity != null) {
            width("id_cond", people.identities().getFirst().idCond(), identity.lfeIdDim());
            width("id_vit_hidden", people.identities().getFirst().vitHidden().getFirst(), identity.lfeVitDim());
        }
    }

    private static void width(String name, Tensor found, int expected) {
        if (found.size(-1) != expected) {
            throw new InvalidInputException(
                    "the people's " + name + " are " + found.size(-1) + " wide, this model needs " + expected
                            + "; prepare the photos with this model's own face encoders");
        }
    }
}
