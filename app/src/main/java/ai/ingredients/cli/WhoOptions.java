package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.People;
import ai.ingredients.face.PersonName;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.Steering;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Compute;
import ai.ingredients.transformer.IdentityHealth;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Who appears in a video: photos or prepared people, what they are called in prompts, and where they belong. */
final class WhoOptions {
    /** A photo, with a name or without. */
    static final class GivenPhoto {
        @Option(
                names = "--image",
                paramLabel = "FILE",
                description = "Photo of a person (JPEG, PNG, WebP); once per person.")
        private @Nullable Path image;

        @Option(
                names = "--person",
                paramLabel = "NAME=FILE",
                description = "Photo of a person whom the prompts mention as @NAME; may be mixed with --image.")
        private @Nullable String person;

        Path file() {
            return image != null ? image : named().file;
        }

        String name() {
            return image != null ? PersonName.NONE : named().name;
        }

        private NamedPhoto named() {
            return NamedPhoto.parse(String.valueOf(person));
        }
    }

    /** A value of {@code --person}. */
    record NamedPhoto(String name, Path file) {
        static NamedPhoto parse(String typed) {
            int equal = typed.indexOf('=');
            if (equal < 0 || equal == typed.length() - 1) {
                throw new InvalidInputException("--person " + typed
                        + " cannot be read; use NAME=FILE, such as --person anna=ada.jpg, or --image for a photo"
                        + " without a name");
            }
            String name = PersonName.checked("--person " + typed, typed.substring(0, equal));
            return new NamedPhoto(name, ForeignPath.of(typed.substring(equal + 1), "--person: the photo of " + name));
        }
    }

    @ArgGroup(exclusive = true, multiplicity = "0..*")
    private List<GivenPhoto> photos = new ArrayList<>();

    @Option(
            names = "--faces",
            paramLabel = "FILE",
            description = "People prepared by `ingredients faces`, with their names, instead of photos.")
    private @Nullable Path faces;

    @Option(
            names = "--role",
            paramLabel = "NAME=WORDS",
            description = "The words that stand for @NAME in the prompts, such as anna=\"a woman in a red coat\""
                    + " (default: \"" + PersonWords.NEUTRAL + "\").")
    private List<String> roles = new ArrayList<>();

    @Option(
            names = "--place",
            paramLabel = "N=WHERE",
            description = "Where person N (a number from 1, or a name) belongs: left, middle, right or x0,y0,x1,y1 in"
                    + " fractions of the frame; @from-to behind it, in seconds, for a part of the video. Repeatable.")
    private List<String> places = new ArrayList<>();

    @Option(
            names = "--place-strength",
            paramLabel = "B",
            description = "How strongly places are asked for: added to the router's logits inside, taken off outside"
                    + " (default: 30).")
    private @Nullable Double placeStrength;

    @Option(
            names = "--no-canvas",
            description = "Zeros in place of the reference canvas: the photos reach the model by the identity modules"
                    + " alone.")
    private boolean noCanvas;

    @Mixin
    private PeopleOptions faceOptions;

    /** The file of prepared people, if any. */
    @Nullable
    Path faces() {
        return faces;
    }

    /** The photos in the order of the command line; empty with prepared people. */
    List<Path> images() {
        return photos.stream().map(GivenPhoto::file).toList();
    }

    /** Whether anybody was given. */
    boolean any() {
        return faces != null || !photos.isEmpty();
    }

    /** Where the people and the model come from, for the recipe; read before the long work. */
    Recipe.Sources sources(ModelBundle bundle) {
        return Recipe.Sources.read(
                bundle, faces == null ? images() : List.of(faces), faceOptions.faceIndexes, faceOptions.landmarks);
    }

    /** Refuses what cannot be meant, without reading a photo or a model. */
    void check() {
        faceOptions.check(images());
        boolean both = faces != null && !photos.isEmpty();
        refuse(both, "--faces and --image (or --person) were both given; use one of them");
        if (!any()) {
            String needs = " needs people; give their photos with --image or --person, or --faces";
            refuse(!roles.isEmpty(), "--role" + needs);
            refuse(!places.isEmpty(), "--place" + needs);
            refuse(noCanvas, "--no-canvas" + needs);
        }
        boolean alone = placeStrength != null && places.isEmpty();
        refuse(alone, "--place-strength is without effect; give a place with --place");
        parsedPlaces();
        parsedRoles();
    }

    private static void refuse(boolean wrong, String message) {
        if (wrong) {
            throw new InvalidInputException(message);
        }
    }

    /** The words for names as far as those are known before anything is read: a file of prepared people has its own. */
    @Nullable
    PersonWords knownWords() {
        return faces == null ? words(photoNames()) : null;
    }

    /** The words for people called {@code names}. */
    PersonWords words(List<String> names) {
        return new PersonWords(names, parsedRoles());
    }

    /** Refuses places that are not in the video, or are nobody's, as far as that is known before anything is read. */
    void checkPlaces(VideoGenerator generator, VideoSize size) {
        PersonWords words = knownWords();
        if (words != null && any()) {
            generator.checkSteering(steering(words, photos.size(), List.of()), size, photos.size());
        }
    }

    /** Places move whose identity features a token gets: says so where those are the same for everybody. */
    void warnOfIdlePlaces(ModelBundle bundle, Consumer<String> warning) {
        IdentityHealth health = places.isEmpty() ? null : bundle.identityHealth();
        if (health != null && health.collapsed()) {
            warning.accept("places change next to nothing with this model, its facial extractor has collapsed ("
                    + health.words() + ")");
        }
    }

    /** No file that the people come from may be written. */
    void refuseAsOutput(Outputs files) {
        files.refuse("--faces", faces);
        files.refuse("--landmarks", faceOptions.landmarks);
        images().forEach(image -> files.refuse("--image", image));
    }

    /** Refuses options that would be without effect. */
    void refuse(String reason) {
        faceOptions.refuse(reason);
        if (!places.isEmpty() || noCanvas) {
            throw new InvalidInputException("--place and --no-canvas cannot be used: " + reason);
        }
    }

    private List<String> photoNames() {
        return photos.stream().map(GivenPhoto::name).toList();
    }

    private Map<String, String> parsedRoles() {
        Map<String, String> parsed = new LinkedHashMap<>();
        for (String typed : roles) {
            int equal = typed.indexOf('=');
            if (equal < 0) {
                throw new InvalidInputException("--role " + typed
                        + " cannot be read; use NAME=WORDS, such as --role anna=\"a woman in a red coat\"");
            }
            String name = PersonName.checked("--role " + typed, typed.substring(0, equal));
            boolean twice = parsed.keySet().stream()
                    .anyMatch(known -> PersonName.key(known).equals(PersonName.key(name)));
            if (twice) {
                throw new InvalidInputException("--role was given twice for " + name + "; give it once");
            }
            parsed.put(name, typed.substring(equal + 1));
        }
        return parsed;
    }

    private List<PlaceOption> parsedPlaces() {
        return places.stream().map(PlaceOption::parse).toList();
    }

    /**
     * Refuses a name in a prompt that nobody has, and a name that nothing uses. Names that come with a file of prepared
     * people are not known yet, and need not be used.
     */
    void checkUse(String prompt, String negativePrompt) {
        PersonWords words = knownWords();
        if (words == null) {
            return;
        }
        words.expand("prompt", prompt);
        words.expand("negative prompt", negativePrompt);
        List<Integer> placed =
                parsedPlaces().stream().map(place -> words.person(place.who())).toList();
        List<String> unused = words.unmentioned(List.of(prompt, negativePrompt)).stream()
                .filter(name -> !placed.contains(words.person(name)))
                .toList();
        if (!unused.isEmpty()) {
            throw new InvalidInputException("no prompt mentions "
                    + unused.stream().map(name -> "@" + name).collect(Collectors.joining(", "))
                    + "; mention each person that has a name, or give their photo with --image");
        }
    }

    /** What was decided about the people. */
    Steering steering(PersonWords words, int people, List<Integer> routerOrder) {
        return new Steering(
                parsedPlaces().stream().map(place -> place.of(words, people)).toList(),
                placeStrength == null ? Steering.DEFAULT_PLACE_STRENGTH : placeStrength,
                routerOrder,
                !noCanvas);
    }

    /** The people, read or found in the photos; owned by the current scope. None without any. */
    @Nullable
    People people(ModelBundle bundle, Compute compute, Consumer<String> notices) {
        if (faces != null) {
            return People.load(faces);
        }
        return photos.isEmpty()
                ? null
                : faceOptions.encode(images(), bundle, compute, notices).named(photoNames());
    }
}
