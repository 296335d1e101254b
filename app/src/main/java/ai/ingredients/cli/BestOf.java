package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.face.Photo;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Several seeds, of whose videos the one is kept in which the people of the photos are recognised best. */
final class BestOf {
    /** Where a model's folder has a network that judges and that the model has not seen. */
    static final String RECOGNISER = "evaluation/recognition";

    private static final int MOST = 1000;

    @Option(
            names = "--best-of",
            paramLabel = "N",
            description = "Make N videos, each with the next seed, and keep the one whose people look most like their"
                + " photos: FaceSim under one-to-one assignment, misses counted 0, as `ingredients evaluate` measures"
                + " it. The recipe has all scores.")
    private @Nullable Integer seeds;

    @Option(
            names = "--recogniser",
            paramLabel = "FILE|DIR",
            description = "The network that judges for --best-of, as for `ingredients evaluate` (default: " + RECOGNISER
                    + " in the model's folder).")
    private @Nullable Path recogniser;

    /** Whether it was asked for. */
    boolean asked() {
        return seeds != null;
    }

    /** How many seeds are tried. */
    int seeds() {
        return seeds == null ? 1 : seeds;
    }

    /**
     * Refuses what cannot be meant, without reading a file.
     *
     * @param photos whether people were given by photos
     * @param recorded whether latents, routing or a calibration are to be kept, which are those of one video
     */
    void check(boolean photos, boolean recorded) {
        if (seeds == null) {
            if (recogniser != null) {
                throw new InvalidInputException("--recogniser judges for --best-of, which is missing");
            }
            return;
        }
        if (seeds < 2 || seeds > MOST) {
            throw new InvalidInputException("--best-of " + seeds + ": use 2 to " + MOST);
        }
        if (!photos) {
            throw new InvalidInputException(
                    "--best-of compares videos with photos of their people; give them with --image or --person");
        }
        if (recorded) {
            throw new InvalidInputException(
                    "--best-of keeps no latents, no routing and calibrates nothing; make the best"
                            + " video again with --recipe and --save-latents, --save-routing, --magcache-calibrate,"
                            + " --teacache-calibrate or --preview-calibrate");
        }
    }

    /**
     * Opens what judges.
     *
     * @throws InvalidInputException when there is none
     */
    FaceReader open(ModelBundle model) {
        Path folder = model.folder().root();
        Path judge = recogniser == null ? folder.resolve(RECOGNISER) : recogniser;
        if (!Files.exists(judge)) {
            throw new InvalidInputException("--best-of needs a network that judges, and there is none at " + judge
                    + "; give one with --recogniser");
        }
        return FaceReader.open(folder, model.folder().variant(), judge, FaceReader.Settings.DEFAULT, Compute.CPU_FP32);
    }

    /** The faces of {@code photos}, one of each person, found as the model finds them. */
    static List<PersonPhoto> faces(ModelBundle model, List<Photo> photos) {
        try (Scope scope = Scope.inference();
                FaceEncoder encoder = new FaceEncoder(
                        FaceModels.open(model.folder().root(), model.folder().variant(), Compute.CPU_FP32))) {
            return encoder.crops(photos, notice -> {}).stream()
                    .map(crop -> new PersonPhoto(crop.photo().picture(), crop.landmarks()))
                    .toList();
        }
    }

    /**
     * Makes all of them and returns the best, the first of several equal ones; its recipe has the scores.
     *
     * @param first of the seeds
     * @param order the video of a seed
     */
    Video make(
            FaceReader judge, List<PersonPhoto> photos, long first, LongFunction<VideoBuilder> order, PrintWriter err) {
        ArrayNode scores = JsonNodeFactory.instance.arrayNode();
        Video best = null;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < seeds(); i++) {
            long seed = first + i;
            Video video = order.apply(seed).generate();
            double score = judge.faceSim(photos, video.frames());
            var told = scores.addObject();
            Recipe.putSeed(told, seed);
            told.put("face_sim", Math.round(score * 1e4) / 1e4);
            err.println("seed " + Long.toUnsignedString(seed) + ": FaceSim " + String.format(Locale.ROOT, "%.4f", score)
                    + (score > most && i > 0 ? ", the best so far" : ""));
            if (best == null || score > most) {
                best = video;
                most = score;
            }
        }
        if (best == null) {
            throw new IllegalStateException("at least one video is made");
        }
        best.recipe().json().set("best_of", scores);
        return best;
    }
}
