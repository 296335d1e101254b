package ai.ingredients.evaluation.drawn;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastPrompt;
import ai.ingredients.cast.CastScript;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An evaluation set as a file that people can read and count: prompts and people of drawn cases, in words.
 *
 * <p>The file is a JSON object. {@code format} and {@code version} say what it is, {@code split} is {@code test},
 * {@code people} and {@code seed} are what {@link CastCases} draws from, {@code drawing} names the way clips are drawn,
 * and {@code cases} holds an object for each case. Everything in it follows from the seed; the file is there to be looked
 * at, and to notice when a version of this program would draw something else ({@link #cases}).
 *
 * @param people in each case, 1 to 3
 * @param seed of the cases
 * @param drawing the name of the source of the clips; another name stands for other pictures
 * @param drawn what is in each case, in order
 */
public record CaseFile(int people, long seed, String drawing, List<DrawnCase> drawn) {
    /** What {@code format} says. */
    public static final String FORMAT = "ingredients-evaluation-cases";
    /** Of the format. */
    public static final int VERSION = 2;

    private static final String SPLIT = "test";
    private static final String REMEDY = "; write it anew with `ingredients evaluate --write-cases FILE`";

    public CaseFile {
        drawn = List.copyOf(drawn);
    }

    /**
     * One case, in words.
     *
     * @param name in reports
     * @param caption the prompt
     * @param scene where, such as {@code living room}
     * @param action what everyone does, such as {@code look around}
     * @param light such as {@code evening}
     * @param camera {@code still}, {@code pan} or {@code zoom}
     * @param people in the order of their photos, which says nothing of where they stand
     */
    public record DrawnCase(
            String name,
            String caption,
            String scene,
            String action,
            String light,
            String camera,
            List<DrawnPerson> people) {
        public DrawnCase {
            people = List.copyOf(people);
        }
    }

    /**
     * One person of a case, in words.
     *
     * @param id of the character, a letter per trait
     * @param traits by name, such as {@code presentation: woman}, {@code age: old}, {@code hairStyle: side part}; see
     *     {@link ai.ingredients.cast.CastIdentity}
     * @param colour of the clothes
     * @param clothes their kind
     * @param place where this person stands, or begins, in the right video: {@code left}, {@code middle} or {@code right}
     * @param placeTold the same where the caption says it of whoever wears these clothes
     * @param lookTold what the caption says of the looks of whoever wears these clothes, such as {@code with red hair}
     */
    public record DrawnPerson(
            String id,
            Map<String, String> traits,
            String colour,
            String clothes,
            String place,
            @Nullable String placeTold,
            @Nullable String lookTold) {
        public DrawnPerson {
            traits = Collections.unmodifiableMap(new LinkedHashMap<>(traits));
        }
    }

    /** What is in {@code cases}. */
    public static CaseFile of(CastCases cases) {
        List<DrawnCase> drawn = new ArrayList<>();
        for (int i = 0; i < cases.count(); i++) {
            drawn.add(drawn(cases, i));
        }
        return new CaseFile(cases.people(), cases.seed(), cases.drawing(), drawn);
    }

    private static DrawnCase drawn(CastCases cases, int index) {
        CastScript script = cases.script(index);
        CastPrompt prompt = script.prompt();
        List<DrawnPerson> people = script.parts().stream()
                .map(part -> new DrawnPerson(
                        part.who().id(),
                        part.who().traitsByName(),
                        part.role().garment().colour().word(),
                        part.role().garment().kind().word(),
                        part.place().word(),
                        part.role().place() == null ? null : part.role().place().word(),
                        part.role().look() == null ? null : part.role().look().phrase()))
                .toList();
        return new DrawnCase(
                cases.name(index),
                prompt.caption(),
                words(prompt.scene()),
                words(prompt.action()),
                words(prompt.light()),
                words(prompt.camera()),
                people);
    }

    private static String words(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /**
     * Reads {@code file}. What it says is checked for its form only; {@link #cases} holds it against what is drawn.
     *
     * @throws InvalidInputException when it is missing, damaged, of another format or version, or a case lacks something
     */
    public static CaseFile read(Path file) {
        JsonNode json = JsonFile.read(file);
        if (!json.path("format").asText().equals(FORMAT)) {
            throw new InvalidInputException(
                    file + ": is no file of evaluation cases; expected a JSON object with format " + FORMAT + REMEDY);
        }
        if (json.path("version").asInt() != VERSION) {
            throw new InvalidInputException(
                    file + ": has version " + json.path("version").asText("none")
                            + " of the format; this program reads version " + VERSION + REMEDY);
        }
        String split = text(json, "split", file.toString());
        if (!split.equals(SPLIT)) {
            throw new InvalidInputException(file + ": has cases of split " + split + "; results are for split " + SPLIT
                    + ", whose people and prompts no model has learned");
        }
        JsonNode people = json.path("people");
        JsonNode seed = json.path("seed");
        JsonNode list = json.path("cases");
        if (!people.isInt() || !seed.canConvertToLong() || !seed.isIntegralNumber() || !list.isArray()) {
            throw new InvalidInputException(
                    file + ": lacks a whole number people, a whole number seed or a list cases" + REMEDY);
        }
        List<DrawnCase> drawn = new ArrayList<>();
        for (JsonNode one : list) {
            drawn.add(readCase(one, file + ", case " + drawn.size(), people.intValue()));
        }
        if (drawn.isEmpty()) {
            throw new InvalidInputException(file + ": holds no case" + REMEDY);
        }
        return new CaseFile(people.intValue(), seed.longValue(), text(json, "drawing", file.toString()), drawn);
    }

    private static DrawnCase readCase(JsonNode one, String at, int expected) {
        List<DrawnPerson> people = new ArrayList<>();
        for (JsonNode person : one.path("people")) {
            String who = at + ", person " + (people.size() + 1);
            Map<String, String> traits = new LinkedHashMap<>();
            person.path("traits")
                    .properties()
                    .forEach(trait -> traits.put(trait.getKey(), text(person.path("traits"), trait.getKey(), who)));
            people.add(new DrawnPerson(
                    text(person, "id", who),
                    traits,
                    text(person, "colour", who),
                    text(person, "clothes", who),
                    text(person, "place", who),
                    person.has("place_told") ? text(person, "place_told", who) : null,
                    person.has("look_told") ? text(person, "look_told", who) : null));
        }
        if (people.size() != expected) {
            throw new InvalidInputException(
                    at + ": has " + people.size() + " people; every case of the file has " + expected + REMEDY);
        }
        return new DrawnCase(
                text(one, "name", at),
                text(one, "caption", at),
                text(one, "scene", at),
                text(one, "action", at),
                text(one, "light", at),
                text(one, "camera", at),
                people);
    }

    private static String text(JsonNode object, String key, String at) {
        JsonNode value = object.path(key);
        if (!value.isTextual() || !ForeignText.isWhole(value.textValue())) {
            throw new InvalidInputException(at + ": has no text " + key + REMEDY);
        }
        return value.textValue();
    }

    /** Writes {@code file} so that {@link #read} gives this back: a line for each case and each person. */
    public void write(Path file) {
        String cases = drawn.stream().map(CaseFile::lines).collect(Collectors.joining(",\n"));
        ObjectNode head = JsonNodeFactory.instance.objectNode();
        head.put("format", FORMAT).put("version", VERSION).put("split", SPLIT);
        head.put("people", people).put("seed", seed).put("drawing", drawing);
        String text = opened(head) + ",\"cases\":[\n" + cases + "\n]}\n";
        AtomicFile.replace(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String lines(DrawnCase one) {
        ObjectNode head = JsonNodeFactory.instance.objectNode();
        head.put("name", one.name).put("caption", one.caption).put("scene", one.scene);
        head.put("action", one.action).put("light", one.light).put("camera", one.camera);
        String people = one.people.stream().map(CaseFile::line).collect(Collectors.joining(",\n"));
        return "  " + opened(head) + ",\"people\":[\n" + people + "]}";
    }

    private static String line(DrawnPerson person) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("id", person.id).put("colour", person.colour).put("clothes", person.clothes);
        json.put("place", person.place);
        if (person.placeTold != null) {
            json.put("place_told", person.placeTold);
        }
        if (person.lookTold != null) {
            json.put("look_told", person.lookTold);
        }
        ObjectNode traits = json.putObject("traits");
        person.traits.forEach(traits::put);
        return "    " + json;
    }

    /** An object without the brace that ends it: more follows. */
    private static String opened(ObjectNode json) {
        String text = json.toString();
        return text.substring(0, text.length() - 1);
    }

    /**
     * The first {@code count} cases, after holding the file against what this program draws.
     *
     * @param count 1 to the number of cases in the file
     * @param file named in errors
     * @throws InvalidInputException naming the first case of the file that is drawn in another way, or when
     *     {@code count} is out of range
     */
    public CastCases cases(int count, Path file) {
        if (count < 1 || count > drawn.size()) {
            throw new InvalidInputException(
                    "--count " + count + ": " + file + " has " + drawn.size() + " cases; use 1 to " + drawn.size());
        }
        CastCases all = new CastCases(drawn.size(), people, seed);
        for (int i = 0; i < drawn.size(); i++) {
            refuseChanged(file, drawn.get(i), drawn(all, i));
        }
        if (!drawing.equals(all.drawing())) {
            throw new InvalidInputException(file + ": its pictures were drawn as " + drawing + ", this version draws "
                    + all.drawing() + REMEDY);
        }
        return new CastCases(count, people, seed);
    }

    private static void refuseChanged(Path file, DrawnCase said, DrawnCase now) {
        if (said.equals(now)) {
            return;
        }
        String what;
        if (!said.caption.equals(now.caption)) {
            what = "the caption \"" + said.caption + "\", this version draws \"" + now.caption + "\"";
        } else if (!ids(said).equals(ids(now))) {
            what = "the people " + ids(said) + ", this version draws " + ids(now);
        } else {
            what = "another name, scene, action, light, camera, trait, clothes, place or look than this version draws";
        }
        throw new InvalidInputException(file + ": " + said.name + " has " + what + REMEDY);
    }

    private static List<String> ids(DrawnCase one) {
        return one.people.stream().map(DrawnPerson::id).toList();
    }
}
