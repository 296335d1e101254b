package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.SavedRecipe;
import ai.ingredients.Video;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.media.FrameRate;
import ai.ingredients.media.VideoFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a video goes, and what is written beside it. */
final class OutputOptions {
    @Option(
            names = "--output",
            paramLabel = "FILE|DIR/",
            defaultValue = "out.mp4",
            description =
                    "The video, by its ending: .mp4 (H.264), .webm (VP9), .gif or .webp; or a folder, which is there"
                            + " or ends in /, for its frames as PNG (default: ${DEFAULT-VALUE}). The recipe is written"
                            + " beside it as .json, in a folder as recipe.json.")
    private String output;

    @Option(
            names = "--fps",
            paramLabel = "N",
            description = "Frames a second at which the video plays, such as 12, 12.5 or 30000/1001; the frames are the"
                    + " same (default: as the model was trained, 16 for CogVideoX 1.5 and else 8).")
    private @Nullable String fps;

    @Option(
            names = "--no-metadata",
            description = "Leave the recipe (prompt, names and hashes of the photos, settings) out of the video itself;"
                    + " the .json beside it has it either way.")
    private boolean noMetadata;

    @Option(
            names = "--save-latents",
            paramLabel = "FILE",
            description = "Write latents as safetensors: initial, image, final.")
    private @Nullable Path saveLatents;

    @Option(names = "--save-frames", paramLabel = "DIR", description = "Write every frame as PNG.")
    private @Nullable Path saveFrames;

    @Option(
            names = "--save-routing",
            paramLabel = "FILE",
            description = "Write who owns which token as safetensors: [V, N] weights per step and routed block.")
    private @Nullable Path saveRouting;

    @Option(
            names = "--magcache-calibrate",
            paramLabel = "FILE",
            description =
                    "Write what --magcache must know of the model, found while the video is made; as magcache.json in"
                            + " the model's folder it is used from then on.")
    private @Nullable Path magnitudes;

    @Option(
            names = "--teacache-calibrate",
            paramLabel = "FILE",
            description =
                    "Write what --teacache must know of the model, found while the video is made; as teacache.json in"
                            + " the model's folder it is used from then on.")
    private @Nullable Path polynomial;

    /** Refuses what cannot be meant, without reading a file. */
    void check() {
        rate();
    }

    /** Whether something of the making is kept: latents, routing or a calibration. */
    boolean recorded() {
        return saveLatents != null || saveRouting != null || calibrates();
    }

    /** Whether the video is made to learn what the cache must know. */
    boolean calibrates() {
        return magnitudes != null || polynomial != null;
    }

    private @Nullable FrameRate rate() {
        return fps == null ? null : FrameRate.parse(fps);
    }

    /**
     * The files of a video.
     *
     * @param suffix in all names, before their endings: of one of several videos its number
     */
    VideoTarget target(String suffix, @Nullable SavedRecipe recipe) {
        Path path = ForeignPath.of(output, "--output");
        boolean asFolder = output.endsWith("/") || output.endsWith("\\");
        boolean folder = asFolder || (Files.isDirectory(path) && !isVideo());
        if (path.getFileName() == null) {
            throw new InvalidInputException("--output " + output + ": is no name for a video");
        }
        FrameRate typed = rate();
        FrameRate rate = typed != null || recipe == null ? typed : recipe.rate(); // else the model's
        return new VideoTarget(
                suffixed(path, suffix, folder),
                folder,
                saveLatents == null ? null : suffixed(saveLatents, suffix, false),
                saveFrames == null ? null : suffixed(saveFrames, suffix, true),
                saveRouting == null ? null : suffixed(saveRouting, suffix, false),
                magnitudes == null ? null : suffixed(magnitudes, suffix, false),
                polynomial == null ? null : suffixed(polynomial, suffix, false),
                new Video.Writing(rate, !noMetadata, true));
    }

    /** {@code -01} of ten and more, so that names sort as numbers do. */
    static String numbered(int number, int of) {
        String digits = Integer.toString(number);
        return "-" + "0".repeat(Integer.toString(of).length() - digits.length()) + digits;
    }

    /** A folder of such a name is in the way, and not where somebody wants frames. */
    private boolean isVideo() {
        String name = output.toLowerCase(Locale.ROOT);
        return Arrays.stream(VideoFormat.values()).anyMatch(format -> name.endsWith(format.ending()));
    }

    private static Path suffixed(Path path, String suffix, boolean folder) {
        String name = path.getFileName().toString();
        int dot = folder ? -1 : name.lastIndexOf('.');
        int end = dot > 0 ? dot : name.length();
        return path.resolveSibling(name.substring(0, end) + suffix + name.substring(end));
    }
}
