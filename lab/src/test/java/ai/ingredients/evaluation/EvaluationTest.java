package ai.ingredients.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.drawn.CastCases;
import ai.ingredients.evaluation.drawn.TruthVideos;
import ai.ingredients.evaluation.faces.DrawnFaces;
import ai.ingredients.evaluation.faces.FaceSamples;
import ai.ingredients.evaluation.faces.Inception;
import ai.ingredients.evaluation.report.Summary;
import ai.ingredients.evaluation.statistics.SetFigure;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.metrics.ClipScore;
import ai.ingredients.metrics.FidFeatures.Normalisation;
import ai.ingredients.tensor.Compute;
import ai.ingredients.testing.Fixture;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drawn world's truth and other people's clips, with faces found by the truth and known by their colours. */
class EvaluationTest {
    private static final int COUNT = 3;
    private static final CastCases CASES = new CastCases(COUNT, 2, CastCases.DEFAULT_SEED);
    private static final DrawnFaces FACES = new DrawnFaces();

    @TempDir
    Path folder;

    @BeforeAll
    static void know() {
        for (int i = 0; i < COUNT; i++) {
            FACES.add(CASES.get(i).truth());
            FACES.add(CASES.ofOthers(i));
        }
    }

    @Test
    void theTruthIsFarBetterThanOtherPeople() {
        Summary truth = evaluate(TruthVideos.right(), "truth");
        Summary others = evaluate(TruthVideos.ofOthers(CASES), "others");

        assertThat(mean(truth, "everyone_present")).isEqualTo(1);
        assertThat(mean(truth, "extra_faces")).isZero();
        assertThat(mean(truth, "face_sim")).isGreaterThan(mean(others, "face_sim") + 0.2);
        assertThat(mean(truth, "rank")).isLessThan(mean(others, "rank") / 2);
        assertThat(mean(truth, "swapped")).isZero();
        assertThat(mean(truth, "clothes_right")).isEqualTo(1);
        assertThat(mean(others, "clothes_right")).isLessThan(0.5);
        assertThat(truth.results().getFirst().perPerson().getFirst())
                .containsKeys("face_sim", "clothes_right", "clothes_swapped", "place_right");
        assertThat(Objects.requireNonNull(truth.figures().get("face_sim")).count())
                .isEqualTo(COUNT);
        assertThat(truth.markdown()).contains("| FaceSim", "- maker: truth", "- cases: 3");
        Path written = folder.resolve("truth");
        assertThat(JsonFile.read(written.resolve("summary.json"))
                        .at("/figures/face_sim/mean")
                        .doubleValue())
                .isEqualTo(mean(truth, "face_sim"));
        assertThat(written.resolve("cases.jsonl"))
                .content()
                .hasLineCount(COUNT)
                .contains(CASES.get(2).caption());
        assertThat(written.resolve("cases.csv"))
                .content()
                .startsWith("case,name,person,error,caption,face_sim,")
                .hasLineCount(1 + 3 * COUNT);
        assertThat(written.resolve("report.html"))
                .content()
                .contains("<h3>case 2</h3>", "src=\"cases/00002.png\"", "copy-paste index");
        Picture sheet = PictureReader.read(written.resolve("contact-sheet.png"));
        assertThat(sheet.width()).isEqualTo(4 + 8 * (288 + 4));
    }

    /** All faces together against all photos: figures no single video has. */
    @Test
    void allFacesTogetherAreComparedWithAllPhotos() {
        SetFigure truth = set(evaluate(TruthVideos.right(), "truth"), "face_fd");
        SetFigure others = set(evaluate(TruthVideos.ofOthers(CASES), "others"), "face_fd");
        SetFigure nobody = set(evaluate(maker(one -> List.of(Picture.filled(144, 96, 9, 9, 9))), "nobody"), "face_fd");

        assertThat(truth.faces()).isEqualTo(COUNT * 2 * FaceSamples.FACES);
        assertThat(truth.photos()).isEqualTo(103 + 2 * COUNT);
        assertThat(truth.videos()).isEqualTo(COUNT);
        assertThat(truth.value()).isBetween(truth.low(), truth.high()).isPositive();
        assertThat(truth.high()).isGreaterThan(truth.low());
        assertThat(others).isNotEqualTo(truth);
        assertThat(nobody.value()).isNaN();
        assertThat(nobody.faces()).isZero();
        JsonNode written = JsonFile.read(folder.resolve("truth/summary.json")).at("/sets/face_fd");
        assertThat(written.path("value").doubleValue()).isEqualTo(truth.value());
        assertThat(written.path("faces").intValue()).isEqualTo(truth.faces());
        JsonNode none = JsonFile.read(folder.resolve("nobody/summary.json")).at("/sets/face_fd");
        assertThat(none.has("value")).isFalse();
        assertThat(folder.resolve("truth/report.html")).content().contains("<td>Fréchet distance of the judge");
        assertThat(folder.resolve("truth/summary.md"))
                .content()
                .contains("| all videos together |", "| " + truth.faces() + " | " + truth.photos() + " |");
    }

    @Test
    void clipAndInceptionAddTheirFigures() {
        List<Normalisation> asked = new ArrayList<>();
        Inception colours = new Inception("mean colours", (pictures, normalisation) -> {
            asked.add(normalisation);
            return pictures.stream().map(EvaluationTest::meanColour).toList();
        });
        try (ClipScore clip = ClipScore.open(Fixture.path("clip_score_model"), Compute.CPU_FP32)) {
            Judges all = new Judges(FACES.reader(), null, clip, colours);
            EvaluationCase first = CASES.get(0);

            Summary summary = evaluate(TruthVideos.right(), all, "all");

            assertThat(summary.results().getFirst().figures().get("clip_score"))
                    .isEqualTo(clip.of(first.truth().frames(), first.caption()));
            assertThat(summary.figures()).containsKeys("paper_clip_score", "paper_fid");
            assertThat(set(summary, "fid").features()).isEqualTo(3);
            assertThat(set(summary, "fid").faces())
                    .isEqualTo(set(summary, "face_fd").faces());
            assertThat(asked).contains(Normalisation.PAPER, Normalisation.IMAGENET);
            asked.clear();
            assertThat(set(evaluate(TruthVideos.right(), all, "all"), "fid")).isEqualTo(set(summary, "fid"));
            assertThat(asked).as("nothing is measured again").isEmpty();
        }
        assertThatThrownBy(() -> evaluate(TruthVideos.right(), "all"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("holds an evaluation with prompts by CLIP ");
        Inception broken = new Inception(
                "broken",
                (pictures, normalisation) ->
                        pictures.stream().map(p -> new float[] {Float.NaN}).toList());
        assertThatThrownBy(
                        () -> evaluate(TruthVideos.right(), new Judges(FACES.reader(), null, null, broken), "broken"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("Inception's features hold NaN");
    }

    private static float[] meanColour(Picture picture) {
        float[] mean = new float[3];
        byte[] rgb = picture.rgb();
        for (int i = 0; i < rgb.length; i++) {
            mean[i % 3] += (rgb[i] & 0xFF) * 3f / rgb.length;
        }
        return mean;
    }

    private static SetFigure set(Summary summary, String name) {
        return Objects.requireNonNull(summary.sets().get(name));
    }

    @Test
    void goesOnWhereItStopped() throws IOException {
        List<Integer> made = new ArrayList<>();
        VideoMaker counting = maker(one -> {
            made.add(one.index());
            return one.truth().frames();
        });
        Summary whole = evaluate(counting, "run");
        Files.delete(folder.resolve("run/cases/00001.json"));
        made.clear();

        Summary again = evaluate(counting, "run");

        assertThat(made).containsExactly(1);
        assertThat(mean(again, "face_sim")).isEqualTo(mean(whole, "face_sim"));
        assertThat(again.sets()).isEqualTo(whole.sets());
        Files.delete(folder.resolve("run/cases/00002.safetensors")); // as an earlier version left it
        assertThat(evaluate(counting, "run").sets()).isEqualTo(whole.sets());
        assertThat(made).containsExactly(1, 2);
        assertThat(again.results()).hasSize(COUNT);
    }

    @Test
    void aCaseThatFailsHarmsNoOtherAndIsTriedAgain() {
        VideoMaker failing = maker(one -> {
            if (one.index() == 1) {
                throw new InvalidInputException("photo 2: no face found");
            }
            return one.truth().frames();
        });

        Summary summary = evaluate(failing, "run");

        assertThat(summary.failed()).isEqualTo(1);
        assertThat(Objects.requireNonNull(summary.figures().get("face_sim")).count())
                .isEqualTo(COUNT - 1);
        assertThat(summary.markdown()).contains("Failed: case 1: photo 2: no face found");
        assertThat(evaluate(maker(one -> one.truth().frames()), "run").failed()).isZero();
    }

    @Test
    void anotherEvaluationsFolderIsRefused() {
        evaluate(TruthVideos.right(), "run");

        assertThatThrownBy(() -> evaluate(TruthVideos.ofOthers(CASES), "run"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("maker truth, this one has others; choose another folder");
    }

    @Test
    void whenNothingWorksTheFirstReasonIsTold() {
        assertThatThrownBy(() -> evaluate(
                        maker(one -> {
                            throw new InvalidInputException("photo 1: no face found");
                        }),
                        "run"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("none of 3 cases could be evaluated; the first: photo 1: no face found");
    }

    @Test
    void casesStayTheSameWhateverTheCountAndKnowNobodyOfTheStrangers() {
        CastCases more = new CastCases(COUNT + 5, 2, CastCases.DEFAULT_SEED);

        assertThat(more.get(1).truth()).isEqualTo(CASES.get(1).truth());
        assertThat(CASES.candidates())
                .hasSize(103)
                .doesNotContainKeys(CASES.get(1).people().toArray(String[]::new));
        assertThat(CASES.ofOthers(1).people())
                .extracting("id")
                .doesNotContainAnyElementsOf(CASES.get(1).people());
    }

    /** A model that is given several photos of everyone gets moments that judge nothing. */
    @Test
    void morePhotosOfEveryoneAreOfOtherMoments() {
        List<List<PersonPhoto>> more = CASES.morePhotos(1, 3);

        assertThat(more)
                .hasSize(2)
                .allSatisfy(photos -> assertThat(photos).hasSize(3).doesNotHaveDuplicates());
        assertThat(CASES.morePhotos(1, 2))
                .isEqualTo(more.stream().map(photos -> photos.subList(0, 2)).toList());
        for (int n = 0; n < more.size(); n++) {
            assertThat(more.get(n))
                    .doesNotContainAnyElementsOf(CASES.otherPhotos(1).get(n))
                    .doesNotContain(CASES.get(1).photos().get(n));
        }
    }

    private Summary evaluate(VideoMaker maker, String name) {
        return evaluate(maker, Judges.of(FACES.reader()), name);
    }

    private Summary evaluate(VideoMaker maker, Judges judges, String name) {
        return new Evaluation(CASES, maker, judges, folder.resolve(name)).run(Evaluation.Listener.NONE);
    }

    private static double mean(Summary summary, String figure) {
        return Objects.requireNonNull(summary.figures().get(figure)).mean();
    }

    private static VideoMaker maker(Function<EvaluationCase, List<Picture>> make) {
        return new VideoMaker() {
            @Override
            public ObjectNode recipe() {
                return JsonNodeFactory.instance.objectNode().put("maker", "test");
            }

            @Override
            public List<Picture> make(EvaluationCase one) {
                return make.apply(one);
            }
        };
    }
}
