package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.People;
import ai.ingredients.Portrait;
import ai.ingredients.VideoBuilder;
import ai.ingredients.face.PersonName;
import ai.ingredients.face.Photo;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.pipeline.PersonWords;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
                description =
                        "Photo of a person whom the prompts mention as @NAME; may be mixed with --image. Once more"
                                + " with the same NAME for another photo of the same person: features are averaged.")
        private @Nullable String person;

        NamedPhoto given() {
            return image != null ? new NamedPhoto(PersonName.NONE, image) : NamedPhoto.parse(String.valueOf(person));
        }
    }

    /** A value of {@code --person}, or of {@code --image} without a name. */
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

    /** Which of {@code photos} show one person: those of one name; people without a name have one photo. */
    static List<List<Integer>> byPerson(List<NamedPhoto> photos) {
        Map<String, List<Integer>> named = new LinkedHashMap<>();
        List<List<Integer>> people = new ArrayList<>();
        for (int i = 0; i < photos.size(); i++) {
            String name = photos.get(i).name;
            List<Integer> known = name.equals(PersonName.NONE) ? null : named.get(PersonName.key(name));
            if (known == null) {
                known = new ArrayList<>();
                people.add(known);
                named.put(PersonName.key(name), known);
            }
            known.add(i);
        }
        return people;
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

    @Mixin
    private PeopleOptions faceOptions;

    /** The file of prepared people, if any. */
    @Nullable
    Path faces() {
        return faces;
    }

    /** The photos in the order of the command line; empty with prepared people. */
    List<Path> images() {
        return given().stream().map(NamedPhoto::file).toList();
    }

    /** The first photo of each person. */
    List<Path> firstImages() {
        return people().stream().map(NamedPhoto::file).toList();
    }

    /** Whether places were given. */
    boolean anyPlace() {
        return !places.isEmpty();
    }

    /** Whether anybody was given. */
    boolean any() {
        return faces != null || !photos.isEmpty();
    }

    /** Each person by the first photo. */
    private List<NamedPhoto> people() {
        List<NamedPhoto> given = given();
        return byPerson(given).stream()
                .map(photos -> given.get(photos.getFirst()))
                .toList();
    }

    private List<NamedPhoto> given() {
        return photos.stream().map(GivenPhoto::given).toList();
    }

    /** Refuses what cannot be meant, without reading a photo or a model. */
    void check(boolean noCanvas) {
        check(noCanvas, false);
    }

    /**
     * As {@link #check(boolean)}.
     *
     * @param recipe whether a recipe may say who appears
     */
    void check(boolean noCanvas, boolean recipe) {
        faceOptions.check(images());
        boolean both = faces != null && !photos.isEmpty();
        refuse(both, "--faces and --image (or --person) were both given; use one of them");
        if (!any() && !recipe) {
            String needs = " needs people; give their photos with --image or --person, or --faces";
            refuse(!roles.isEmpty(), "--role" + needs);
            refuse(!places.isEmpty(), "--place" + needs);
            refuse(noCanvas, "--no-canvas" + needs);
        }
        boolean alone = placeStrength != null && places.isEmpty() && !recipe;
        refuse(alone, "--place-strength is without effect; give a place with --place");
        parsedPlaces();
        parsedRoles();
    }

    private static void refuse(boolean wrong, String message) {
        if (wrong) {
            throw new InvalidInputException(message);
        }
    }

    /** The prepared people, if they were asked for; the caller closes them. */
    @Nullable
    People saved(Ingredients ingredients) {
        return faces == null ? null : ingredients.savedPeople(faces);
    }

    /**
     * Tells {@code video} who appears, what they are called, and where they belong.
     *
     * @param saved the prepared people, if they were asked for
     */
    void apply(VideoBuilder video, @Nullable People saved) {
        if (saved != null) {
            video.people(saved);
        } else {
            portraits().forEach(video::person);
        }
        describe(video, names(saved));
    }

    /** Reads the first photo of each person. */
    List<Photo> read() {
        List<NamedPhoto> given = given();
        List<Photo> photos =
                faceOptions.read(given.stream().map(NamedPhoto::file).toList());
        return byPerson(given).stream()
                .map(shown -> photos.get(shown.getFirst()))
                .toList();
    }

    /** Equal for the same photos, names and faces. */
    String key() {
        return given() + " " + faceOptions.faceIndexes + " " + faceOptions.landmarks;
    }

    /** The people by their photos. */
    List<Portrait> portraits() {
        return faceOptions.portraits(given());
    }

    /** Tells {@code video} what the people called {@code names} stand for, and where they belong. */
    void describe(VideoBuilder video, List<String> names) {
        parsedRoles().forEach(video::role);
        PersonWords words = words(names);
        parsedPlaces().forEach(place -> video.place(place.of(words, names.size())));
        if (placeStrength != null) {
            video.placeStrength(placeStrength);
        }
    }

    /** What the people are called; empty texts for those without a name. */
    List<String> names(@Nullable People saved) {
        return saved != null
                ? saved.names()
                : people().stream().map(NamedPhoto::name).toList();
    }

    /** The words for people called {@code names}. */
    PersonWords words(List<String> names) {
        return new PersonWords(names, parsedRoles());
    }

    /** No file that the people come from may be written. */
    void refuseAsOutput(Outputs files) {
        files.refuse("--faces", faces);
        files.refuse("--landmarks", faceOptions.landmarks);
        images().forEach(image -> files.refuse("--image", image));
    }

    /** Refuses options that would be without effect. */
    void refuse(String reason, boolean noCanvas) {
        faceOptions.refuse(reason);
        if (!places.isEmpty() || noCanvas) {
            throw new InvalidInputException("--place and --no-canvas cannot be used: " + reason);
        }
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
}
