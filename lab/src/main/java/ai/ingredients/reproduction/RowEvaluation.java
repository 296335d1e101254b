package ai.ingredients.reproduction;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.VideoBuilder;
import ai.ingredients.attributes.AttributeClassifier;
import ai.ingredients.evaluation.Evaluation;
import ai.ingredients.evaluation.Judges;
import ai.ingredients.evaluation.ModelVideos;
import ai.ingredients.evaluation.VideoMaker;
import ai.ingredients.evaluation.drawn.DrawnAttributes;
import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.evaluation.report.Summary;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.tensor.Compute;
import ai.ingredients.transformer.Routing;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes and judges the videos of rows; what is done is found again in {@code evaluation/ROW/seed-K},
 * and with another training seed in {@code evaluation/ROW/training-T/seed-K}. */
final class RowEvaluation {
    /** Distance between the seeds of two rounds: more than there are cases. */
    private static final long SEED_STEP = 10_000;

    private static final long FIRST_SEED = 42;

    private final ReproductionConfig config;
    private final EvaluationSet set;
    private final ModelTraining training;
    private final Path folder;

    RowEvaluation(ReproductionConfig config, EvaluationSet set, ModelTraining training, Path folder) {
        this.config = config;
        this.set = set;
        this.training = training;
        this.folder = folder;
    }

    /**
     * One of a row's evaluations.
     *
     * @param training seed of training, from 0
     * @param round of sampling, from 0
     */
    record Round(Row row, int training, int round) {
        /** The row's videos by its first training. */
        static Round first(Row row) {
            return new Round(row, 0, 0);
        }
    }

    /** Trains what {@code row} needs with the training seed {@code seed}. */
    void prepare(Row row, int seed) {
        training.bundle(Trained.of(row.model(), seed));
        if (row == Row.INVERSION) {
            for (int i = 0; i < count(row); i++) {
                words(i);
            }
        }
    }

    private List<Path> words(int index) {
        List<Path> words = new ArrayList<>();
        for (int place = 0; place < set.people(); place++) {
            words.add(training.word(set, index, place));
        }
        return words;
    }

    /** How many cases the row has. */
    int count(Row row) {
        return row == Row.INVERSION ? config.inversionCases() : config.count();
    }

    /** Videos of {@code one}; the caller closes it. */
    VideoMaker maker(Round one) {
        ReproductionConfig.Sampling sampling = config.sampling();
        return switch (one.row) {
            case TEXT_ONLY -> ModelVideos.textOnly(open(one), video -> settings(video, one));
            case INVERSION ->
                new InversionVideos(
                        open(one),
                        set,
                        this::words,
                        video -> settings(video, one),
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("vectors", config.inversion().vectors())
                                .put("steps", sampling.steps())
                                .put("guidance_scale", sampling.guidanceScale())
                                .put("word_steps", config.inversion().training().steps()));
            default -> withPeople(one);
        };
    }

    /** Videos of {@code one} with the people in the photos; the caller closes it. */
    ModelVideos withPeople(Round one) {
        return ModelVideos.withPeople(open(one), video -> settings(video, one), set.people());
    }

    private Ingredients open(Round one) {
        return Ingredients.open(
                training.bundle(Trained.of(one.row.model(), one.training)),
                Options.DEFAULT.on(compute()).withMemory(MemoryLevel.NONE));
    }

    /** How videos of {@code one} are made. */
    private void settings(VideoBuilder video, Round one) {
        ReproductionConfig.Sampling sampling = config.sampling();
        video.steps(sampling.steps())
                .guidanceScale(sampling.guidanceScale())
                .imageGuidanceScale(one.row.photos() ? sampling.imageGuidanceScale() : 1)
                .scheduler(sampling.scheduler())
                .routing(Routing.REFERENCE)
                .seed(FIRST_SEED + SEED_STEP * one.round);
        if (one.row == Row.FACE_SCALE_0) {
            video.faceScale(0);
        }
        if (one.row == Row.AFTER) {
            video.eachFace(); // as it was trained
        }
    }

    static Compute compute() {
        return Compute.CPU_FP32;
    }

    /** Evaluates {@code one}, whose model and words are there. */
    Summary evaluate(Round one, Evaluation.Listener listener) {
        FaceReader.Settings settings = new FaceReader.Settings(
                config.sampling().enlarge(), (float) config.sampling().minScore());
        try (VideoMaker maker = maker(one);
                FaceReader reader = FaceReader.open(
                        config.bundle(), config.bundle().resolve("evaluation/recognition"), settings, compute());
                AttributeClassifier attributes = attributes()) {
            Judges judges = new Judges(reader, attributes == null ? null : new DrawnAttributes(attributes), null, null);
            return new Evaluation(set.first(count(one.row)), maker, judges, folder(folder, one)).run(listener);
        }
    }

    /** Where {@code one} is below {@code folder}. */
    static Path folder(Path folder, Round one) {
        Path row = folder.resolve("evaluation").resolve(one.row.toString());
        Path trained = one.training == 0 ? row : row.resolve("training-" + (one.training + 1));
        return trained.resolve("seed-" + (one.round + 1));
    }

    private @Nullable AttributeClassifier attributes() {
        Path judge = config.bundle().resolve("evaluation/attributes");
        return Files.isDirectory(judge) ? AttributeClassifier.open(judge, compute()) : null;
    }
}
