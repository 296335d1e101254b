package ai.ingredients;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.PersonName;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.GenerationResult;
import ai.ingredients.pipeline.GuidanceInterval;
import ai.ingredients.pipeline.Layout;
import ai.ingredients.pipeline.MagCache;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Placement;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.RecipeSources;
import ai.ingredients.pipeline.RoutingMean;
import ai.ingredients.pipeline.SavedSteps;
import ai.ingredients.pipeline.Shortcuts;
import ai.ingredients.pipeline.Steering;
import ai.ingredients.pipeline.TeaCache;
import ai.ingredients.pipeline.VideoListener;
import ai.ingredients.refine.PromptRefiner;
import ai.ingredients.refine.PromptRefiner.Refined;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.transformer.LearnedPositions;
import ai.ingredients.transformer.Routing;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A video that is described value by value; what is not named stays as the model's folder says. Every method returns this
 * builder, and {@link #generate} may be called again, for instance with another seed.
 *
 * <p>Not thread-safe, but for the {@link Cancellation}.
 */
public final class VideoBuilder {
    static final String VERSION = version();

    private final Ingredients ingredients;
    private String prompt;
    private @Nullable Refined refined;
    private final GenerationRequest.Builder values;
    private String negativePrompt = "";
    private final List<Portrait> portraits = new ArrayList<>();
    private @Nullable People people;
    private @Nullable Portrait firstFrame;
    private final Map<String, String> roles = new LinkedHashMap<>();
    private final List<Function<PersonWords, Placement>> places = new ArrayList<>();
    private Steering steering = Steering.NONE;
    private Shortcuts shortcuts = Shortcuts.NONE;
    private final List<LearnedWord> embeddings = new ArrayList<>();
    private final List<VideoListener> listeners = new ArrayList<>();
    private Cancellation cancellation = new Cancellation();
    private @Nullable Path savedSteps;
    private Duration saveEvery = Duration.ZERO;

    VideoBuilder(Ingredients ingredients, String prompt) {
        this.ingredients = ingredients;
        this.prompt = prompt;
        values = ingredients.model().request(prompt);
    }

    /** What happens in the video, in place of what was said before. */
    public VideoBuilder prompt(String text) {
        prompt = text;
        refined = null;
        return this;
    }

    /**
     * What happens in the video, as a language model rewrote it; the recipe keeps both. {@link #prompt} says otherwise
     * again.
     */
    public VideoBuilder prompt(Refined rewritten) {
        prompt = rewritten.prompt();
        refined = rewritten;
        return this;
    }

    /**
     * Has a language model rewrite the prompt as it is now; names of people and learned words stay. Waits for its answer.
     *
     * @return what is asked for from now on
     * @throws OperationFailedException when there is no answer, or one without those names
     */
    public Refined refine(PromptRefiner refiner) {
        StringBuilder told = new StringBuilder();
        for (String name : names()) {
            if (!name.equals(PersonName.NONE)) {
                told.append('@').append(name).append(": ");
                told.append(role(name)).append('\n');
            }
        }
        Refined rewritten = refiner.refine(prompt, told.toString(), PersonWords::standIns);
        prompt(rewritten);
        return rewritten;
    }

    private String role(String name) {
        return roles.entrySet().stream()
                .filter(role -> PersonName.key(role.getKey()).equals(PersonName.key(name)))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(PersonWords.NEUTRAL);
    }

    /** What should not be in the video; begins as nothing. */
    public VideoBuilder negativePrompt(String text) {
        negativePrompt = text;
        return this;
    }

    /** Adds the person on a photo; its file is read by {@link #generate}. People are numbered as they are added. */
    public VideoBuilder person(Path photo) {
        return person(Portrait.of(photo));
    }

    /** Adds the person on a photo, which is the content of a picture file. */
    public VideoBuilder person(byte[] photo) {
        return person(Portrait.of(photo));
    }

    /** Adds the person on a photo, which is upright. */
    public VideoBuilder person(BufferedImage photo) {
        return person(Portrait.of(photo));
    }

    /** As {@link #person(Path)}, of somebody whom the prompts mention as {@code @name}. */
    public VideoBuilder person(String name, Path photo) {
        return person(Portrait.of(photo).named(name));
    }

    /** As {@link #person(byte[])}, of somebody whom the prompts mention as {@code @name}. */
    public VideoBuilder person(String name, byte[] photo) {
        return person(Portrait.of(photo).named(name));
    }

    /** As {@link #person(BufferedImage)}, of somebody whom the prompts mention as {@code @name}. */
    public VideoBuilder person(String name, BufferedImage photo) {
        return person(Portrait.of(photo).named(name));
    }

    /** Adds the person on a photo of which more is known. */
    public VideoBuilder person(Portrait portrait) {
        portraits.add(portrait);
        return this;
    }

    /** People who were prepared before, instead of photos. They must be open until the video is made. */
    public VideoBuilder people(People prepared) {
        people = prepared;
        return this;
    }

    /** What {@code @name} means in the prompts, such as "a woman in a red coat"; begins as "a person". */
    public VideoBuilder role(String name, String words) {
        roles.put(name, words);
        return this;
    }

    /** Adds a place of the person called {@code name}. */
    public VideoBuilder place(String name, Placement.Region region) {
        return place(name, region, null);
    }

    /** Adds a place of the person called {@code name}, for a part of the video. */
    public VideoBuilder place(String name, Placement.Region region, Placement.@Nullable Span span) {
        places.add(words -> {
            int person = words.person(name);
            if (person < 0) {
                throw new InvalidInputException("the place of " + name + ": nobody has that name; " + words.known());
            }
            return new Placement(person, region, span);
        });
        return this;
    }

    /** Adds a place of a person by number. */
    public VideoBuilder place(Placement place) {
        places.add(words -> place);
        return this;
    }

    /** How strongly places are asked for, see {@link Steering}; begins as 30. */
    public VideoBuilder placeStrength(double strength) {
        steering = steering.withPlaceStrength(strength);
        return this;
    }

    /** How it is settled who stands where, and that words about named people are heard there; none for not at all. */
    public VideoBuilder layout(@Nullable Layout layout) {
        values.layout(layout);
        return this;
    }

    /** Who is routed as whom, see {@link Steering}. */
    public VideoBuilder routerOrder(List<Integer> order) {
        steering = steering.withRouterOrder(order);
        return this;
    }

    /** Leaves the reference canvas out: the photos reach the model by the identity modules alone. */
    public VideoBuilder withoutCanvas() {
        steering = steering.withoutCanvas();
        return this;
    }

    /** Encodes each face of the canvas by itself, for models that have learned so; see {@link Steering}. */
    public VideoBuilder eachFace() {
        steering = steering.withEachFace();
        return this;
    }

    /** The picture that the video begins with, for models that continue one. */
    public VideoBuilder firstFrame(Path file) {
        return firstFrame(Portrait.of(file));
    }

    /** The picture that the video begins with, for models that continue one. */
    public VideoBuilder firstFrame(BufferedImage image) {
        return firstFrame(Portrait.of(image));
    }

    private VideoBuilder firstFrame(Portrait picture) {
        firstFrame = picture;
        return this;
    }

    /** Of all noise; begins as 42. The same seed makes the same video. */
    public VideoBuilder seed(long seed) {
        values.seed(seed);
        return this;
    }

    /** Denoising steps. */
    public VideoBuilder steps(int steps) {
        values.steps(steps);
        return this;
    }

    /** How many frames, 8k+1. */
    public VideoBuilder frames(int frames) {
        values.frames(frames);
        return this;
    }

    /** Pixels; for published models multiples of 16. */
    public VideoBuilder size(int width, int height) {
        values.width(width).height(height);
        return this;
    }

    /** Pixels. */
    public VideoBuilder width(int width) {
        values.width(width);
        return this;
    }

    /** Pixels. */
    public VideoBuilder height(int height) {
        values.height(height);
        return this;
    }

    /** How strongly the prompt is followed; 1 turns guidance off and halves the work. */
    public VideoBuilder guidanceScale(double scale) {
        values.guidanceScale(scale);
        return this;
    }

    /** How strongly the photos are followed, for models that learned without them too; 1 adds nothing. */
    public VideoBuilder imageGuidanceScale(double scale) {
        values.imageGuidanceScale(scale);
        return this;
    }

    /** Whether guidance varies over the steps; begins as constant. */
    public VideoBuilder guidance(Guidance guidance) {
        values.guidance(guidance);
        return this;
    }

    /** How one step follows from another. */
    public VideoBuilder scheduler(Scheduler.Kind scheduler) {
        values.scheduler(scheduler);
        return this;
    }

    /** What is not computed, to be faster; begins as nothing. Each of it changes the video. */
    public VideoBuilder shortcuts(Shortcuts all) {
        shortcuts = all;
        return this;
    }

    /** The steps in which guidance acts, of {@link #shortcuts}; the others stay as they are. */
    public VideoBuilder guidanceInterval(GuidanceInterval interval) {
        shortcuts = shortcuts.with(interval);
        return this;
    }

    /**
     * Which steps take over what an earlier one computed, of {@link #shortcuts}; in place of another cache, while guidance
     * stays as it is.
     */
    public VideoBuilder magCache(@Nullable MagCache cache) {
        shortcuts = new Shortcuts(shortcuts.guidanceInterval(), cache, null);
        return this;
    }

    /** As {@link #magCache}, decided otherwise. */
    public VideoBuilder teaCache(@Nullable TeaCache cache) {
        shortcuts = new Shortcuts(shortcuts.guidanceInterval(), null, cache);
        return this;
    }

    /** Who decides who owns which part of the picture; begins as published checkpoints are used. */
    public VideoBuilder routing(Routing routing) {
        values.routing(routing);
        return this;
    }

    /** Strength of the identities; 0 leaves them out. */
    public VideoBuilder faceScale(double scale) {
        values.faceScale(scale);
        return this;
    }

    /** Text tokens that the prompts are padded or cut to. */
    public VideoBuilder maxSequenceLength(int tokens) {
        values.maxSequenceLength(tokens);
        return this;
    }

    /**
     * What becomes of a table of positions that the model learned for another size; begins as interpolated, which a warning
     * and the recipe tell.
     */
    public VideoBuilder learnedPositions(LearnedPositions choice) {
        values.learnedPositions(choice);
        return this;
    }

    /**
     * Adds the words in a file of textual inversion, which the prompts call by their names.
     *
     * @throws InvalidInputException when the file holds none
     */
    public VideoBuilder embeddings(Path file) {
        embeddings.addAll(LearnedWord.read(file));
        return this;
    }

    /** Adds somebody who is told how the video comes along. */
    public VideoBuilder listener(VideoListener listener) {
        listeners.add(listener);
        return this;
    }

    /** What ends the video from another thread. */
    public VideoBuilder cancelledBy(Cancellation other) {
        cancellation = other;
        return this;
    }

    /**
     * Keeps the steps that are done in {@code file}, and goes on from those that an earlier process left there of the same
     * video: the result has the same bits as without an interruption. A file of another video is replaced. Whoever has the
     * video removes the file.
     *
     * @param file its folder is there
     * @param every the least time between two saves, each of which costs a few milliseconds and the latents' size
     */
    public VideoBuilder resumable(Path file, Duration every) {
        savedSteps = file;
        saveEvery = every;
        return this;
    }

    /**
     * What is asked for, which the model can make; reads no photo of a person.
     *
     * @throws InvalidInputException naming what was found and what to do
     */
    public GenerationRequest request() {
        if (people != null && !portraits.isEmpty()) {
            throw new InvalidInputException("`people` and `person` were both given; use one of them");
        }
        List<String> names = names();
        PersonWords words = new PersonWords(names, roles);
        List<Placement> placed =
                places.stream().map(place -> place.apply(words)).toList();
        values.prompt(words.read("prompt", prompt)).negativePrompt(words.expand("negative prompt", negativePrompt));
        if (people == null) {
            refuseUnused(words, placed);
        }
        return values.people(names.size())
                .firstFrame(firstFrame == null ? null : firstFrame.whole())
                .steering(steering.withPlaces(placed))
                .shortcuts(shortcuts)
                .embeddings(embeddings)
                .build();
    }

    /**
     * What the video's recipe will say of what is asked for: all but what making it takes. Reads photos and weights for
     * their sums, and computes nothing.
     */
    ObjectNode wanted() {
        return Recipe.wanted(request(), names(), sources());
    }

    Ingredients ingredients() {
        return ingredients;
    }

    private List<String> names() {
        return people != null
                ? people.names()
                : portraits.stream().map(Portrait::name).toList();
    }

    /** Somebody was given a name for nothing: it was forgotten, or mistyped. */
    private void refuseUnused(PersonWords words, List<Placement> placed) {
        List<String> unused = words.unmentioned(List.of(prompt, negativePrompt)).stream()
                .filter(name -> placed.stream().noneMatch(place -> place.person() == words.person(name)))
                .toList();
        if (!unused.isEmpty()) {
            throw new InvalidInputException("no prompt mentions "
                    + unused.stream().map(name -> "@" + name).collect(Collectors.joining(", "))
                    + "; mention each person that has a name, or give their photo without one");
        }
    }

    /**
     * Makes the video; takes seconds to hours.
     *
     * @throws InvalidInputException naming what was found and what to do, before anything long where that can be known
     * @throws OperationFailedException when numbers overflow, which fp16 may
     * @throws java.util.concurrent.CancellationException when it was cancelled
     * @throws IllegalStateException when the model was closed
     */
    public Video generate() {
        return ingredients.alone(cancellation, () -> ingredients.observed(this::make));
    }

    private Video make() {
        GenerationRequest request = request();
        List<Picture> frames = new ArrayList<>();
        try (Scope scope = Scope.inference();
                RoutingMean routing = new RoutingMean(request)) {
            List<VideoListener> told = new ArrayList<>(listeners);
            told.add(routing);
            told.add(new Watch(cancellation));
            GenerationListener listener = GenerationListener.all(told);
            if (!places.isEmpty()) {
                ingredients.warnOfIdlePlaces(listener);
            }
            long started = System.nanoTime();
            var appearing = appearing(listener);
            double photos = (System.nanoTime() - started) / 1e9;
            RecipeSources sources = sources(); // a file may be gone, or be another one, after the work
            GenerationResult result = ingredients
                    .generate(request, appearing, frames::add, saved(request, sources, routing), listener)
                    .after(photos);
            Recipe recipe = Recipe.of(result, names(), sources, VERSION).asTyped(prompt, negativePrompt, roles);
            if (refined != null) {
                recipe.refined(refined.from(), refined.model());
            }
            return new Video(frames, recipe, result, routing.maps());
        }
    }

    private ai.ingredients.face.@Nullable People appearing(VideoListener listener) {
        if (people != null) {
            return people.inner();
        }
        if (portraits.isEmpty()) {
            return null;
        }
        listener.begins(VideoListener.Stage.PHOTOS, 1);
        var prepared = ingredients.prepare(portraits, listener::warning);
        listener.progress(1);
        return prepared;
    }

    private RecipeSources sources() {
        List<Portrait> pictures = firstFrame == null ? portraits : List.of(firstFrame);
        return new RecipeSources(
                ingredients.fingerprint(),
                ingredients.model().folder().root(),
                people == null ? People.origin(pictures) : people.origin());
    }

    private @Nullable SavedSteps saved(GenerationRequest request, RecipeSources sources, RoutingMean routing) {
        return savedSteps == null
                ? null
                : new SavedSteps(
                        savedSteps, Recipe.identity(request, sources, ingredients.compute()), saveEvery, routing);
    }

    /** Ends the work at the next thing that is told. */
    private record Watch(Cancellation cancellation) implements GenerationListener {
        @Override
        public void begins(Stage stage, int total) {
            cancellation.check();
        }

        @Override
        public void progress(int done) {
            cancellation.check();
        }

        @Override
        public void loading(long done, long total) {
            cancellation.check();
        }

        @Override
        public void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {
            cancellation.check();
        }
    }

    private static String version() {
        String version = VideoBuilder.class.getPackage().getImplementationVersion();
        return version == null ? "(development)" : version;
    }
}
