package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.SavedRecipe;
import ai.ingredients.VideoBuilder;
import ai.ingredients.refine.PromptRefiner;
import ai.ingredients.refine.PromptRefiner.Refined;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a language model rewrites the prompt before the video begins. */
final class RefineOptions {
    /** Where the key is: on a command line or in a recipe others would read it. */
    static final String KEY = "INGREDIENTS_REWRITE_KEY";

    static final String MODEL = "gpt-4o-mini";

    @Option(
            names = "--refine",
            description =
                    "Have a language model rewrite the prompt, which is shown; names and learned words stay, and the"
                            + " recipe keeps both. Needs --refine-url.")
    private boolean refine;

    @Option(
            names = "--refine-url",
            paramLabel = "URL",
            description =
                    "The OpenAI-compatible endpoint for --refine, such as http://localhost:11434/v1; its key comes"
                            + " from " + KEY + ".")
    private @Nullable String url;

    @Option(
            names = "--refine-model",
            paramLabel = "NAME",
            description = "Which model of that endpoint (default: " + MODEL + ").")
    private @Nullable String model;

    /** Asked once, whatever the number of videos. */
    private @Nullable Refined known;

    /**
     * Refuses what cannot be meant, and asks nobody.
     *
     * @param prompt whether one was typed
     */
    void check(boolean prompt) {
        if (!refine) {
            if (url != null || model != null) {
                throw new InvalidInputException(
                        (url == null ? "--refine-model" : "--refine-url") + " is for --refine, which is missing");
            }
            return;
        }
        if (url == null) {
            throw new InvalidInputException("--refine needs an endpoint that rewrites the prompt; name one with"
                    + " --refine-url, such as http://localhost:11434/v1");
        }
        if (!prompt) {
            throw new InvalidInputException(
                    "--refine rewrites --prompt, which is missing; a recipe's prompt is made" + " again as it is");
        }
        refiner(url);
    }

    private PromptRefiner refiner(String address) {
        return new PromptRefiner(address, named(), System.getenv(KEY));
    }

    private String named() {
        return model == null ? MODEL : model;
    }

    /**
     * Takes over what the language model made of {@code prompt} for a video whose recipe is there already: a batch that goes
     * on asks for nothing twice.
     */
    void knownFrom(Path recipe, String prompt) {
        if (refine && known == null && Files.exists(recipe)) {
            SavedRecipe.read(recipe)
                    .refined()
                    .filter(refined ->
                            refined.from().equals(prompt) && refined.model().equals(named()))
                    .ifPresent(refined -> known = refined);
        }
    }

    /** Has the prompt of {@code video} rewritten, where that was asked for. */
    void apply(VideoBuilder video, PrintWriter err) {
        if (!refine || url == null) {
            return;
        }
        Refined refined = known;
        if (refined == null) {
            refined = video.refine(refiner(url));
            err.println("refined prompt: " + refined.prompt());
            err.flush();
            known = refined;
        }
        video.prompt(refined);
    }
}
