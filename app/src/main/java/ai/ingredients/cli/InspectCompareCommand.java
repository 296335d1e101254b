package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.inspection.InspectionFolder;
import ai.ingredients.inspection.RoutingSheets;
import ai.ingredients.inspection.VideoComparison;
import ai.ingredients.inspection.VideoComparison.Entry;
import ai.ingredients.inspection.View;
import ai.ingredients.media.Png;
import ai.ingredients.media.VideoWriter;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ingredients inspect compare}: videos, or inspections, side by side. */
@Command(
        name = "compare",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Puts videos side by side, up to four in a row, more in a grid; or the routing maps of "
                    + "folders that `inspect run` wrote, as one PNG.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  ingredients inspect compare a.mp4 b.mp4 --labels before,after --output both.mp4",
            "  ingredients inspect compare without-loss/ with-loss/ --output both.png"
        })
final class InspectCompareCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "VIDEO", arity = "1..*", description = "Videos, or folders of inspections; two or more.")
    private List<Path> inputs;

    @Option(
            names = "--labels",
            paramLabel = "NAME",
            split = ",",
            description = "One for each, with commas between (default: the names of the files).")
    private List<String> labels = new ArrayList<>();

    @Option(
            names = "--height",
            paramLabel = "N",
            description = "Pixels of each video, a multiple of 16 (default: of the highest, at least 192).")
    private @Nullable Integer height;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description = "The comparison: .mp4 of videos, .png of inspections.")
    private Path output;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<String> names = names();
        if (inputs.size() < 2) {
            throw new InvalidInputException("only " + inputs.getFirst() + " was given; name two or more to compare");
        }
        boolean folders = inputs.stream().allMatch(Files::isDirectory);
        Outputs outputs = new Outputs();
        if (folders) {
            outputs.claim("--output", output, ".png");
            sheet(names);
            out.println("Wrote " + output);
            return 0;
        }
        for (Path input : inputs) {
            if (Files.isDirectory(input)) {
                throw new InvalidInputException(
                        input + ": is a folder among videos; give videos only, or folders of inspections only");
            }
        }
        VideoWriter.checkWritable(output);
        outputs.claim("--output", output);
        inputs.forEach(input -> outputs.refuse("VIDEO", input));
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            entries.add(new Entry(inputs.get(i), names.get(i)));
        }
        PrintWriter err = spec.commandLine().getErr();
        int frames = VideoComparison.write(entries, output, height, line -> err.println("note: " + line));
        out.println("Wrote " + output + ", " + frames + (frames == 1 ? " frame" : " frames"));
        return 0;
    }

    private void sheet(List<String> names) {
        if (height != null) {
            throw new InvalidInputException("--height is for videos; the size of routing maps is fixed");
        }
        RoutingSheets.checkFonts();
        List<View> views = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            View view = InspectionFolder.read(inputs.get(i));
            views.add(new View(names.get(i), view.inspection(), view.people(), view.frame(), view.picture()));
        }
        Png.write(output, RoutingSheets.against(views));
    }

    private List<String> names() {
        if (labels.isEmpty()) {
            List<String> names =
                    inputs.stream().map(InspectCompareCommand::name).toList();
            boolean distinct = new HashSet<>(names).size() == names.size();
            return distinct
                    ? names
                    : inputs.stream().map(InspectCompareCommand::longName).toList();
        }
        if (labels.size() != inputs.size()) {
            throw new InvalidInputException("--labels has " + labels.size() + (labels.size() == 1 ? " name" : " names")
                    + " for " + inputs.size() + " inputs; give one for each, with commas between");
        }
        return labels;
    }

    /** The file's name without its ending. */
    private static String name(Path input) {
        String name = String.valueOf(input.toAbsolutePath().normalize().getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 && !Files.isDirectory(input) ? name.substring(0, dot) : name;
    }

    /** With the folder it is in: many runs call their videos alike. */
    private static String longName(Path input) {
        Path folder = input.toAbsolutePath().normalize().getParent();
        return folder == null || folder.getFileName() == null ? name(input) : folder.getFileName() + "/" + name(input);
    }
}
