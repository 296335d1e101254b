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

/** Makes and judges the videos of rows; what is done is found again in {@code evaluation/ROW/seed-K}. */
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

    /** Trains what {@code row} needs. */
    void prepare(Row row) {
        training.bundle(row.model());
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

    /** Videos of {@code row} in round {@code round}; the caller closes it. */
    VideoMaker maker(Row row, int round) {
        ReproductionConfig.Sampling sampling = config.sampling();
        return switch (row) {
            case TEXT_ONLY -> ModelVideos.textOnly(open(row), video -> settings(video, round));
            case INVERSION ->
                new InversionVideos(
                        open(row),
                        set,
                        this::words,
                        video -> settings(video, round),
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("vectors", config.inversion().vectors())
                                .put("steps", sampling.steps())
                                .put("guidance_scale", sampling.guidanceScale())
                                .put("word_steps", config.inversion().training().steps()));
            default -> withPeople(row, round);
        };
    }

    /** Videos of {@code row} in round {@code round} with the people in the photos; the caller closes it. */
    ModelVideos withPeople(Row row, int round) {
        return ModelVideos.withPeople(open(row), video -> settings(video, round), set.people());
    }

    private Ingredients open(Row row) {
        return Ingredients.open(
                training.bundle(row.model()), Options.DEFAULT.on(compute()).withMemory(MemoryLevel.NONE));
    }

    /** How videos of round {@code round} are made. */
    private void settings(VideoBuilder video, int round) {
        ReproductionConfig.Sampling sampling = config.sampling();
        video.steps(sampling.steps())
                .guidanceScale(sampling.guidanceScale())
                .imageGuidanceScale(1)
                .scheduler(sampling.scheduler())
                .routing(Routing.REFERENCE)
                .seed(FIRST_SEED + SEED_STEP * round);
    }

    static Compute compute() {
        return Compute.CPU_FP32;
    }

    /** Round {@code round} of {@code row}, whose model and words are there. */
    Summary evaluate(Row row, int round, Evaluation.Listener listener) {
        FaceReader.Settings settings = new FaceReader.Settings(
                config.sampling().enlarge(), (float) config.sampling().minScore());
        try (VideoMaker maker = maker(row, round);
                FaceReader reader = FaceReader.open(
                        config.bundle(), config.bundle().resolve("evaluation/recognition"), settings, compute());
                AttributeClassifier attributes = attributes()) {
            Judges judges = new Judges(reader, attributes == null ? null : new DrawnAttributes(attributes), null, null);
            return new Evaluation(set.first(count(row)), maker, judges, folder(folder, row, round)).run(listener);
        }
    }

    /** Where round {@code round} of {@code row} is below {@code folder}. */
    static Path folder(Path folder, Row row, int round) {
        return folder.resolve("evaluation").resolve(row.toString()).resolve("seed-" + (round + 1));
    }

    private @Nullable AttributeClassifier attributes() {
        Path judge = config.bundle().resolve("evaluation/attributes");
        return Files.isDirectory(judge) ? AttributeClassifier.open(judge, compute()) : null;
    }
}
