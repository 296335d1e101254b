package ai.ingredients.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
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

    private Summary evaluate(VideoMaker maker, String name) {
        return new Evaluation(CASES, maker, FACES.reader(), null, folder.resolve(name)).run(Evaluation.Listener.NONE);
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
