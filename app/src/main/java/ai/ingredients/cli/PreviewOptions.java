package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.PilFilter;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.LatentColours;
import ai.ingredients.pipeline.LatentColoursFit;
import ai.ingredients.pipeline.Previews;
import ai.ingredients.pipeline.VideoListener;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Small pictures of a video while it is made, and finding out what they need to know of a model. */
final class PreviewOptions {
    /** Latent frames on a picture, and how many of them in a row. */
    private static final int MOST_FRAMES = 8;

    private static final int COLUMNS = 4;
    private static final int GAP = 2;
    /** Pixels that a frame is wide at least, so that it can be looked at. */
    private static final int LEAST_WIDTH = 160;
    /** Characters that a picture takes at most. */
    private static final int MOST_CHARACTERS = 100;

    @Option(
            names = "--preview",
            paramLabel = "N",
            description = "Show every N steps, in small, what the video would be if it ended there: as out.preview.png"
                    + " beside out.mp4, and in the terminal where that can.")
    private @Nullable Integer every;

    @Option(
            names = "--preview-in",
            paramLabel = "WHERE",
            description = "Show --preview only in the `terminal`, or only in the `file` (default: both).")
    private @Nullable String where;

    @Option(
            names = "--preview-calibrate",
            paramLabel = "FILE",
            description = "Write what --preview must know of the model, fitted to all videos that are made; as "
                    + LatentColours.FILE + " in the model's folder it is used from then on.")
    private @Nullable Path calibration;

    /** Whether previews are shown. */
    boolean asked() {
        return every != null;
    }

    /** Whether videos are made to learn what previews must know. */
    boolean calibrates() {
        return calibration != null;
    }

    private boolean inFile() {
        return every != null && !"terminal".equals(where);
    }

    private boolean inTerminal() {
        return every != null && !"file".equals(where) && terminal() != TerminalPicture.NONE;
    }

    private static TerminalPicture terminal() {
        var console = System.console();
        return console != null && console.isTerminal() ? TerminalPicture.of(System.getenv()) : TerminalPicture.NONE;
    }

    /** Refuses what cannot be meant. */
    void check() {
        if (every != null && every < 1) {
            throw new InvalidInputException("--preview " + every + ": use a number of steps, 1 or more");
        }
        if (where == null) {
            return;
        }
        if (every == null) {
            throw new InvalidInputException("--preview-in says where --preview is shown, which is missing");
        }
        if (!where.equals("terminal") && !where.equals("file")) {
            throw new InvalidInputException("--preview-in " + where + " is not known; use terminal or file");
        }
        if (where.equals("terminal") && terminal() == TerminalPicture.NONE) {
            throw new InvalidInputException("--preview-in terminal: the standard output is no terminal with colours;"
                    + " use --preview-in file");
        }
    }

    /** Notes the file that previews of {@code target} are written to. */
    void claim(VideoTarget target, Outputs files) {
        if (inFile()) {
            files.claim("--preview", file(target));
        }
    }

    /** Notes the file of all videos. */
    void claim(Outputs files) {
        files.claim("--preview-calibrate", calibration, ".json");
    }

    /** {@code out.preview.png} beside {@code out.mp4}. */
    private static Path file(VideoTarget target) {
        String name = String.valueOf(target.output().getFileName());
        int dot = target.folder() ? -1 : name.lastIndexOf('.');
        return target.output().resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".preview.png");
    }

    /** What shows previews of a video; a disk that takes no picture ends those in the file, not the video. */
    VideoListener listener(GenerationRequest request, VideoTarget target, Consumer<String> warnings) {
        Path file = file(target);
        boolean[] writes = {inFile()};
        boolean shows = inTerminal();
        return new Previews(request, every == null ? 1 : every, (step, frames) -> {
            Picture sheet = sheet(frames);
            if (writes[0]) {
                try {
                    Png.write(file, sheet);
                } catch (OperationFailedException | InvalidInputException e) {
                    writes[0] = false;
                    warnings.accept("no more previews are written: " + e.getMessage());
                }
            }
            if (shows) {
                show(System.out, terminal().text(sheet, MOST_CHARACTERS), step + 1, request.steps());
            }
        });
    }

    /** In lines of its own, and an empty one below them, which a moving bar takes next. */
    private static void show(PrintStream out, String picture, int step, int steps) {
        out.print("\r\u001b[K" + picture + "step " + step + "/" + steps + "\n\n");
        out.flush();
    }

    /** Some of the frames side by side, large enough to be looked at. */
    static Picture sheet(List<Picture> frames) {
        int factor = Math.max(1, Math.ceilDiv(LEAST_WIDTH, frames.getFirst().width()));
        List<Picture> shown = ContactSheet.sample(frames, Math.min(MOST_FRAMES, frames.size())).stream()
                .map(frame -> Resampling.pil(frame, frame.width() * factor, frame.height() * factor, PilFilter.BICUBIC))
                .toList();
        return ContactSheet.of(shown, Math.min(COLUMNS, shown.size()), GAP);
    }

    /** Writes what was found; returns what to tell. */
    String write(LatentColoursFit fit) {
        if (calibration == null) {
            throw new IllegalStateException("nobody asked for it");
        }
        LatentColours colours = fit.colours();
        colours.write(calibration);
        return "Wrote " + calibration + ", which explains "
                + String.format(Locale.ROOT, "%.1f", 100 * colours.explained()) + " % of the colours of " + fit.videos()
                + (fit.videos() == 1 ? " video" : " videos");
    }
}
