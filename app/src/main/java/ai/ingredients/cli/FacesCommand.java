package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cli.WhoOptions.NamedPhoto;
import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.face.People;
import ai.ingredients.face.PersonName;
import ai.ingredients.face.Photo;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ingredients faces}: photos become what the transformer needs to know of the people. */
@Command(
        name = "faces",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Finds a face in each photo and writes its features, once, for `ingredients generate "
                    + "--faces`. The file holds id_cond [N, D], id_vit_hidden.0 to .4 [N, T, W] and canvas [3, "
                    + "480, 720].",
            ""
        })
final class FacesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOption model;

    @Mixin
    private PeopleOptions peopleOptions;

    @Parameters(paramLabel = "PHOTO", arity = "0..*", description = "One photo per person: JPEG, PNG or WebP.")
    private List<Path> unnamed = new ArrayList<>();

    @Option(
            names = "--person",
            paramLabel = "NAME=FILE",
            description = "Photo of a person with a name, which the file keeps, for prompts and --place; these come"
                    + " after the PHOTOs. Once more with the same NAME for another photo of the same person.")
    private List<String> named = new ArrayList<>();

    @Option(
            names = "--output",
            paramLabel = "FILE",
            defaultValue = "people.safetensors",
            description = "The people (default: ${DEFAULT-VALUE}).")
    private Path output;

    @Option(
            names = "--save-crops",
            paramLabel = "DIR",
            description = "Write each aligned face and the reference canvas as PNG, to look at.")
    private @Nullable Path saveCrops;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description = "cpu, cuda or cuda:i (default: ${DEFAULT-VALUE}).")
    private String device;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        List<NamedPhoto> people = people();
        List<Path> photos = people.stream().map(NamedPhoto::file).toList();
        List<List<Integer>> byPerson = WhoOptions.byPerson(people);
        List<String> names = byPerson.stream()
                .map(shown -> people.get(shown.getFirst()).name())
                .toList();
        if (photos.isEmpty()) {
            throw new InvalidInputException("no PHOTO was given; name one for each person, or use --person NAME=FILE");
        }
        PersonName.check("--person", names);
        peopleOptions.check(photos);
        Outputs files = new Outputs();
        files.claim("--output", output, ".safetensors");
        files.refuse("--landmarks", peopleOptions.landmarks);
        photos.forEach(photo -> files.refuse("PHOTO", photo));
        if (saveCrops != null) {
            FrameFolder.checkWritable(saveCrops);
        }
        Compute compute = Compute.CPU_FP32.on(device);
        Path folder = model.resolve();
        List<Photo> read = peopleOptions.read(photos);
        try (FaceEncoder encoder = new FaceEncoder(FaceModels.open(folder, model.variant, compute.checked()));
                Scope scope = Scope.inference();
                FrameFolder pngs = saveCrops == null ? null : FrameFolder.create(saveCrops);
                files) {
            List<FaceEncoder.Crop> crops = encoder.crops(read, line -> err.println("note: " + line));
            List<FaceEncoder.Crop> inRows =
                    byPerson.stream().flatMap(List::stream).map(crops::get).toList();
            People encoded = encoder.join(
                            inRows, byPerson.stream().map(List::size).toList())
                    .named(names);
            if (pngs != null) {
                for (int i = 0; i < crops.size(); i++) {
                    pngs.add("face-" + (i + 1) + ".png", crops.get(i).crop());
                }
                pngs.add("canvas.png", encoded.canvas());
            }
            files.write(output, encoded::save);
            if (pngs != null) {
                pngs.files().forEach(files::add);
            }
            files.commit(output);
            crops.forEach(crop -> out.println(describe(crop)));
            if (pngs != null) {
                pngs.finish();
                out.println("Wrote " + crops.size() + " aligned faces and canvas.png to " + saveCrops);
            }
        }
        out.println("Wrote " + output);
        return 0;
    }

    /** In the order of the file. */
    private List<NamedPhoto> people() {
        List<NamedPhoto> all = new ArrayList<>();
        unnamed.forEach(file -> all.add(new NamedPhoto(PersonName.NONE, file)));
        named.forEach(typed -> all.add(NamedPhoto.parse(typed)));
        return all;
    }

    private static String describe(FaceEncoder.Crop crop) {
        StringBuilder line = new StringBuilder(crop.photo().name()).append(": face with eyes at");
        crop.landmarks().stream()
                .limit(2)
                .map(crop.photo()::atFullSize)
                .forEach(eye ->
                        line.append(' ').append(Math.round(eye.x())).append(',').append(Math.round(eye.y())));
        return line.append(crop.photo().landmarks() == null ? " (detected)" : " (landmarks given)")
                .toString();
    }
}
