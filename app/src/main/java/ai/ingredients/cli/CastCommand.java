package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastPrompt;
import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.CastSheet;
import ai.ingredients.cast.CastSource;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.DatasetInfo;
import ai.ingredients.data.DatasetWriter;
import ai.ingredients.data.DatasetWriter.VideoKind;
import ai.ingredients.data.Split;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Png;
import ai.ingredients.pipeline.Recipe;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients cast}: draws clips of the demo world, to see what the demo model is trained on. */
@Command(
        name = "cast",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Draws clips of the demo world with photos of the people in them and the truth about who "
                    + "is where. The folder is a data set that can be trained on (docs/data.md): videos, "
                    + "photos, tracks, masks. Beside it lie contact sheets to look at, and the truth. A second "
                    + "run adds the clips that are not there yet.",
            ""
        })
final class CastCommand implements Callable<Integer> {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ClipFormat FORMAT = ClipFormat.DEFAULT;
    private static final int MOST_CLIPS = 1_000_000;
    private static final int MOST_PHOTOS = 100;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "What happens (default: drawn from the seed), for instance \"Two women in red and green "
                    + "coats talk in a sunny park.\"")
    private @Nullable String prompt;

    @Option(
            names = "--people",
            paramLabel = "N",
            split = ",",
            description =
                    "People in each clip, 1 to 3, or a mix such as 1,2,2,3 (default: what the prompt says, or 3).")
    private List<Integer> people = new ArrayList<>();

    @Option(
            names = "--split",
            paramLabel = "NAME",
            defaultValue = "train",
            description = "Whose people and prompts: train, validation or test (default: ${DEFAULT-VALUE}).")
    private String splitName;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            converter = Seed.class,
            description = "The same seed draws the same clips (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many clips (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--photos",
            paramLabel = "N",
            defaultValue = "2",
            description = "Photos of each person (default: ${DEFAULT-VALUE}).")
    private int photos;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            defaultValue = "cast",
            description = "Folder for all of it (default: ${DEFAULT-VALUE}).")
    private Path output;

    @Option(
            names = "--video",
            paramLabel = "KIND",
            defaultValue = "mp4",
            description = "How frames are kept: mp4, or mkv or png without loss (default: ${DEFAULT-VALUE}).")
    private String videoName;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Split split = choice("--split", splitName, Split.class);
        VideoKind video = choice("--video", videoName, VideoKind.class);
        checkNumbers();
        CastPrompt given = prompt == null ? null : CastPrompt.parse(prompt);
        CastSource source = new CastSource(split, count, seed, mix(given), photos, FORMAT);
        String made = given == null ? source.name() : source.name() + ", " + prompt;
        DatasetInfo info = new DatasetInfo(made, FORMAT.width(), FORMAT.height(), FORMAT.fps());
        int written = 0;
        try (DatasetWriter writer = DatasetWriter.open(output, info, video)) {
            for (int i = 0; i < count; i++) {
                String id = String.format(Locale.ROOT, "clip-%04d", i);
                if (!writer.has(id)) {
                    CastScript script = given == null ? source.script(i) : CastScript.of(given, split, seed + i);
                    Clip clip = script.film(id, FORMAT, photos);
                    writeTruth(clip, split, script);
                    writer.add(clip); // last: what is listed is complete
                    out.println(id + ": " + clip.caption());
                    written++;
                }
            }
            out.println("Wrote " + (written == 1 ? "1 clip" : written + " clips") + " to " + output
                    + (written == writer.size() ? "" : ", which holds " + writer.size()));
        }
        return 0;
    }

    private static <E extends Enum<E>> E choice(String option, String name, Class<E> type) {
        for (E value : type.getEnumConstants()) {
            if (word(value).equalsIgnoreCase(name)) {
                return value;
            }
        }
        throw new InvalidInputException(option + " " + name + ": use "
                + Arrays.stream(type.getEnumConstants()).map(CastCommand::word).collect(Collectors.joining(", ")));
    }

    private void checkNumbers() {
        for (int number : people) {
            if (number < 1 || number > CastPrompt.MOST_PEOPLE) {
                throw new InvalidInputException("--people " + number + ": a clip has 1 to " + CastPrompt.MOST_PEOPLE);
            }
        }
        if (count < 1 || count > MOST_CLIPS) {
            throw new InvalidInputException("--count " + count + ": use 1 to " + MOST_CLIPS);
        }
        if (photos < 1 || photos > MOST_PHOTOS) {
            throw new InvalidInputException("--photos " + photos + ": use 1 to " + MOST_PHOTOS);
        }
    }

    /** How many people clips have, each entry equally often. */
    private int[] mix(@Nullable CastPrompt given) {
        if (given == null) {
            return people.isEmpty()
                    ? new int[] {CastPrompt.MOST_PEOPLE}
                    : people.stream().mapToInt(Integer::intValue).toArray();
        }
        int named = given.people().size();
        for (int number : people) {
            if (number != named) {
                throw new InvalidInputException("--people " + number + ": the prompt names " + named
                        + "; leave --people out or change the prompt");
            }
        }
        return new int[] {named};
    }

    /** What only the drawn world knows, and pictures to look at. */
    private void writeTruth(Clip clip, Split split, CastScript script) {
        Path sheets = folder("sheets");
        Png.write(sheets.resolve(clip.id() + ".png"), CastSheet.of(clip));
        Png.write(sheets.resolve(clip.id() + "-masks.png"), CastSheet.masks(clip));
        JsonFile.write(folder("truth").resolve(clip.id() + ".json"), truth(split, script, clip));
    }

    private Path folder(String name) {
        try {
            return Files.createDirectories(output.resolve(name));
        } catch (IOException e) {
            throw new InvalidInputException(
                    output.resolve(name) + ": the folder cannot be made; choose another --output", e);
        }
    }

    private ObjectNode truth(Split split, CastScript script, Clip clip) {
        CastPrompt what = script.prompt();
        ObjectNode node = JSON.objectNode();
        node.put("caption", clip.caption());
        node.put("scene", what.scene().noun());
        node.put("action", word(what.action()));
        node.put("light", word(what.light()));
        node.put("camera", word(what.camera()));
        node.put("split", word(split));
        node.put("prompt_split", word(what.split()));
        Recipe.putSeed(node, seed);
        ArrayNode list = node.putArray("people");
        for (int i = 0; i < clip.people().size(); i++) {
            CastScript.Part part = script.parts().get(i);
            ObjectNode person = list.addObject().put("id", clip.people().get(i).id());
            ObjectNode traits = person.putObject("identity");
            part.who().traitsByName().forEach(traits::put);
            ObjectNode clothes = person.putObject("clothes");
            clothes.put("colour", part.role().garment().colour().word());
            clothes.put("kind", part.role().garment().kind().word());
        }
        return node;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
