package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.io.MadeFolder;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.Png;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.RoutingMaps;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients demo}: photos of three characters the demo model has never seen, and a video of them. */
@Command(
        name = "demo",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Makes a video of three drawn characters the demo model has never seen, from the photos in examples/, and"
                    + " a contact sheet and an animation of photos, frames and routing maps. Takes seconds and needs no"
                    + " argument.",
            ""
        })
final class DemoCommand implements Callable<Integer> {
    private static final int SHOWN_FRAMES = 4;
    private static final int CELL_WIDTH = 288;
    private static final int CELL_HEIGHT = 192;
    private static final String SCENE_FILE = "demo.json";

    /**
     * What the demo asks for.
     *
     * @param prompt mentions everybody by name
     * @param people who appear
     */
    private record Scene(String prompt, List<Person> people) {
        static Scene read(Path examples) {
            JsonNode json = JsonFile.read(examples.resolve(SCENE_FILE));
            List<Person> people = new ArrayList<>();
            for (JsonNode one : json.path("people")) {
                Path photo = examples.resolve(one.path("photo").asText());
                people.add(new Person(
                        one.path("name").asText(), photo, one.path("role").asText()));
            }
            return new Scene(json.path("prompt").asText(), people);
        }

        /** The prompt as the model reads it. */
        String told() {
            Map<String, String> roles = new LinkedHashMap<>();
            people.forEach(one -> roles.put(one.name, one.role));
            return new PersonWords(people.stream().map(Person::name).toList(), roles).expand("prompt", prompt);
        }
    }

    /** Somebody in it. */
    private record Person(String name, Path photo, String role) {}

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOption model;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            defaultValue = "demo",
            description = "Folder for the video and the sheet (default: ${DEFAULT-VALUE}).")
    private Path output;

    @Option(
            names = "--seed",
            paramLabel = "NUMBER",
            defaultValue = "42",
            converter = Seed.class,
            description = "Of all noise (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Path examples = ModelOption.home().resolve("examples");
        Path folder = model.resolve();
        Scene scene = scene(examples);
        Path video = output.resolve("demo.mp4");
        Path frames = output.resolve("frames");
        Path routing = output.resolve("routing.safetensors");
        List<String> arguments = new ArrayList<>(List.of("generate", "--model", folder.toString()));
        if (!model.variant.isEmpty()) {
            arguments.addAll(List.of("--variant", model.variant));
        }
        scene.people.forEach(one ->
                arguments.addAll(List.of("--person", one.name + "=" + one.photo, "--role", one.name + "=" + one.role)));
        arguments.addAll(
                List.of("--prompt", scene.prompt, "--seed", Long.toUnsignedString(seed), "--output", video.toString()));
        try (MadeFolder results = MadeFolder.create(output)) {
            out.println("$ " + Shell.command(arguments));
            out.flush();
            arguments.addAll(List.of("--save-frames", frames.toString(), "--save-routing", routing.toString()));
            int code = spec.parent().commandLine().execute(arguments.toArray(String[]::new));
            if (code != 0) {
                return code;
            }
            List<Picture> people = scene.people.stream()
                    .map(one -> PictureReader.read(one.photo))
                    .toList();
            List<Picture> made = pictures(frames);
            List<Picture> owners = RoutingMaps.read(routing).overlays(made);
            Path sheet = output.resolve("demo.png");
            Png.write(sheet, sheet(people, made, owners));
            Path film = output.resolve("demo.gif");
            DemoFilm.write(film, people, made, owners, scene.told());
            results.keep();
            out.println("Wrote " + sheet + ": photos, frames, and who owns which part of them");
            out.println("Wrote " + film + ": the same as an animation");
        }
        return 0;
    }

    private static Scene scene(Path examples) {
        Scene scene = Scene.read(examples);
        for (Person one : scene.people) {
            if (!Files.exists(one.photo)) {
                throw new InvalidInputException(
                        one.photo + ": is not there; run the demo from a complete checkout, or a whole archive");
            }
        }
        return scene;
    }

    /** Three rows: photos, frames, routing maps over the frames. */
    private static Picture sheet(List<Picture> photos, List<Picture> frames, List<Picture> owners) {
        List<Picture> cells = new ArrayList<>();
        photos.forEach(photo -> cells.add(fitted(photo)));
        while (cells.size() < SHOWN_FRAMES) {
            cells.add(Picture.filled(CELL_WIDTH, CELL_HEIGHT, 255, 255, 255));
        }
        for (List<Picture> row : List.of(frames, owners)) {
            ContactSheet.sample(row, SHOWN_FRAMES).forEach(frame -> cells.add(fitted(frame)));
        }
        return ContactSheet.of(cells, SHOWN_FRAMES, 8);
    }

    private static List<Picture> pictures(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".png"))
                    .sorted()
                    .map(PictureReader::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Picture fitted(Picture picture) {
        return ContactSheet.fitted(picture, CELL_WIDTH, CELL_HEIGHT);
    }
}
