package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ConsisIdImport;
import ai.ingredients.data.DatasetCheck;
import ai.ingredients.data.FolderSettings;
import ai.ingredients.data.FolderSettings.Part;
import ai.ingredients.data.FolderSource;
import ai.ingredients.face.FaceModels;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ingredients dataset}: looks after folders of clips that are trained on. */
@Command(
        name = "dataset",
        sortOptions = false,
        usageHelpAutoWidth = true,
        subcommands = {DatasetCommand.Import.class, DatasetCommand.Check.class},
        synopsisSubcommandLabel = "COMMAND",
        description = "Makes and checks folders of clips to train on; docs/data.md describes the format.")
final class DatasetCommand implements Runnable {
    private static final int LISTED = 20;

    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "what to do is missing: import-consisid or check");
    }

    /** Pixels across and down. */
    private static int[] size(String size) {
        if (!size.matches("[1-9]\\d{0,4}x[1-9]\\d{0,4}")) {
            throw new InvalidInputException("--size " + size + ": use pixels across x pixels down, such as 720x480");
        }
        return Arrays.stream(size.split("x", -1)).mapToInt(Integer::parseInt).toArray();
    }

    private static void list(List<String> broken, PrintWriter err) {
        broken.stream().limit(LISTED).forEach(line -> err.println("broken: " + line));
        if (broken.size() > LISTED) {
            err.println("… and " + (broken.size() - LISTED) + " more");
        }
    }

    /** {@code ingredients dataset import-consisid}. */
    @Command(
            name = "import-consisid",
            sortOptions = false,
            usageHelpAutoWidth = true,
            description = {
                "Turns a data set in ConsisID's layout (refine_bbox_jsons, track_masks_data, videos, "
                        + "captions) into one to train on here. It can be stopped and started again; broken clips "
                        + "are left out and listed.",
                ""
            })
    static final class Import implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Option(
                names = "--source",
                paramLabel = "DIR",
                required = true,
                description = "Folder with ConsisID's list file, or with its parts.")
        private Path source;

        @Option(names = "--output", paramLabel = "DIR", required = true, description = "Folder of the new data set.")
        private Path output;

        @Option(
                names = "--model",
                paramLabel = "DIR",
                description = "Model folder whose face detector finds landmarks, so that photos can be cut. Without it "
                        + "there are no photos, and the data can be used with photos: 0 only.")
        private @Nullable Path model;

        @Option(
                names = "--photos",
                paramLabel = "N",
                defaultValue = "4",
                description = "Photos to cut of each person, at most (default: ${DEFAULT-VALUE}).")
        private int photos;

        @Option(
                names = "--videos",
                paramLabel = "HOW",
                defaultValue = "link",
                description = "How videos get into the new data set: link, copy, or reference, by their full paths "
                        + "(default: ${DEFAULT-VALUE}).")
        private ConsisIdImport.Videos videos;

        @Option(
                names = "--size",
                paramLabel = "WxH",
                defaultValue = "720x480",
                description = "Pixels to train at; configs can say otherwise (default: ${DEFAULT-VALUE}).")
        private String size;

        @Mixin
        private Common common;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            PrintWriter err = spec.commandLine().getErr();
            int[] sides = size(size);
            ConsisIdImport.Settings settings = new ConsisIdImport.Settings(videos, sides[0], sides[1], photos);
            ConsisIdImport.Result result;
            if (model == null) {
                result = ConsisIdImport.run(source, output, settings, null, (done, all) -> {});
            } else {
                try (FaceModels models = FaceModels.open(model, Compute.CPU_FP32)) {
                    models.checkDetector();
                    result = ConsisIdImport.run(
                            source,
                            output,
                            settings,
                            picture -> {
                                try (Scope scope = Scope.inference()) {
                                    return models.detector().detect(picture);
                                }
                            },
                            (done, all) -> {});
                }
            }
            result.notes().forEach(err::println);
            list(result.broken(), err);
            out.println("Imported " + count(result.imported(), "clip") + " with " + count(result.photos(), "photo")
                    + " to " + output
                    + (result.there() == 0 ? "" : "; " + result.there() + " were there already")
                    + (result.broken().isEmpty() ? "" : "; " + result.broken().size() + " are broken and left out"));
            return result.imported() + result.there() == 0 ? 2 : 0;
        }
    }

    /** {@code ingredients dataset check}. */
    @Command(
            name = "check",
            sortOptions = false,
            usageHelpAutoWidth = true,
            description = {
                "Reads every clip of a data set as training would, and tells what is there and what is " + "broken.",
                ""
            })
    static final class Check implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "DIR", description = "Folder with the data set.")
        private Path folder;

        @Option(
                names = "--frames",
                paramLabel = "N",
                defaultValue = "17",
                description = "Frames of a clip (default: ${DEFAULT-VALUE}).")
        private int frames;

        @Option(
                names = "--stride",
                paramLabel = "N",
                defaultValue = "1",
                description = "A clip takes every N-th frame of the video (default: ${DEFAULT-VALUE}).")
        private int stride;

        @Option(
                names = "--visible",
                paramLabel = "SHARE",
                defaultValue = "0.8",
                description = "Share of frames in which every face is seen (default: ${DEFAULT-VALUE}).")
        private double visible;

        @Option(
                names = "--size",
                paramLabel = "WxH",
                description = "Pixels of a frame (default: what the data set says).")
        private @Nullable String size;

        @Option(
                names = "--photos",
                paramLabel = "N",
                defaultValue = "2",
                description = "Photos of each person, 0 for none (default: ${DEFAULT-VALUE}).")
        private int photos;

        @Mixin
        private Common common;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            if (photos < 0) {
                throw new InvalidInputException("--photos " + photos + ": use 0 or more");
            }
            int[] sides = size == null ? null : size(size);
            FolderSettings standard = FolderSettings.DEFAULT;
            FolderSettings settings = new FolderSettings(
                    sides == null ? null : (Integer) sides[0],
                    sides == null ? null : (Integer) sides[1],
                    frames,
                    stride,
                    0,
                    0,
                    visible,
                    1,
                    standard.photosFrom(),
                    0);
            FolderSource source = new FolderSource(folder, settings, Part.ALL, photos, 1);
            DatasetCheck check = DatasetCheck.of(source, done -> {});
            out.println(count(check.clips(), "clip"));
            check.people().forEach((people, clips) -> out.println("  " + clips + " with " + persons(people)));
            out.println(check.persons() == 1 ? "1 different person" : check.persons() + " different people");
            if (check.inSeveral() > 0) {
                out.println("  " + check.inSeveral() + " in more than one clip");
            }
            out.println(check.broken().size() + " broken");
            list(check.broken(), spec.commandLine().getErr());
            return check.broken().isEmpty() ? 0 : 2;
        }

        private static String persons(int people) {
            return people == 1 ? "1 person" : people + " people";
        }
    }

    private static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
