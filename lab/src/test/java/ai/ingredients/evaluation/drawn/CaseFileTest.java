package ai.ingredients.evaluation.drawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.drawn.CaseFile.DrawnCase;
import ai.ingredients.evaluation.drawn.CaseFile.DrawnPerson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaseFileTest {
    private static final Path COMMITTED = Path.of("../configs/evaluation/cases.json");
    private static final CastCases CASES = new CastCases(3, 2, 99);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void write() {
        file = folder.resolve("cases.json");
        CaseFile.of(CASES).write(file);
    }

    @Test
    void whatIsWrittenIsReadAndDrawnAgain() {
        CaseFile read = CaseFile.read(file);

        assertThat(read).isEqualTo(CaseFile.of(CASES));
        CastCases two = read.cases(2, file);
        assertThat(two.count()).isEqualTo(2);
        assertThat(two.recipe()).isEqualTo(CASES.recipe());
        for (int i = 0; i < 2; i++) {
            EvaluationCase drawn = two.get(i);
            DrawnCase said = read.drawn().get(i);
            assertThat(said.caption()).isEqualTo(drawn.caption());
            assertThat(said.people()).extracting(DrawnPerson::id).isEqualTo(drawn.people());
        }
    }

    @Test
    void aCaseIsToldInWordsThatItsCaptionUses() {
        for (DrawnCase one : CaseFile.read(file).drawn()) {
            for (DrawnPerson person : one.people()) {
                assertThat(one.caption()).contains(person.colour(), person.clothes());
                assertThat(one.caption().contains("woman") || one.caption().contains("women"))
                        .isEqualTo(one.people().stream()
                                .anyMatch(who -> "woman".equals(who.traits().get("presentation"))));
                assertThat(person.traits()).hasSize(person.id().length()).containsKeys("age", "glasses", "hairStyle");
            }
        }
    }

    /** The set results are reported on: whoever changes how people or prompts are drawn must write it anew, and say so. */
    @Test
    void theCommittedSetIsWhatThisVersionDraws() {
        CaseFile committed = CaseFile.read(COMMITTED);

        assertThat(committed.drawn()).hasSize(100);
        assertThat(committed.people()).isEqualTo(2);
        assertThat(committed.seed()).isEqualTo(CastCases.DEFAULT_SEED);
        assertThat(committed.cases(7, COMMITTED).count()).isEqualTo(7);
        assertThat(committed).isEqualTo(CaseFile.of(new CastCases(100, 2, CastCases.DEFAULT_SEED)));
    }

    @Test
    void whatIsDrawnInAnotherWayIsRefusedByTheFirstCase() throws IOException {
        CaseFile whole = CaseFile.of(CASES);
        String caption = whole.drawn().get(1).caption();
        String id = whole.drawn().get(2).people().get(1).id();
        String last = whole.drawn().get(2).caption();

        change(caption, "Nobody waves.", last, "Nobody nods.");
        refused("cases.json: case 1 has the caption \"Nobody waves.\", this version draws \"" + caption + "\"");
        write();
        change(id, id.toUpperCase(java.util.Locale.ROOT));
        refused("case 2 has the people", id.toUpperCase(java.util.Locale.ROOT), "this version draws", id);
        write();
        change("\"presentation\":\"", "\"presentation\":\"wo");
        refused("case 0 has another name, scene");
        write();
        change("\"seed\":99", "\"seed\":98");
        refused("case 0 has the caption");
        write();
        change("\"drawing\":\"cast", "\"drawing\":\"older");
        refused("its pictures were drawn as older", "this version draws cast");
    }

    @Test
    void aDamagedFileIsOneClearLine() throws IOException {
        change("\"seed\"", "\"sead\"");
        refused("lacks a whole number people, a whole number seed or a list cases");
        write();
        change("\"version\":2", "\"version\":7");
        refused("has version 7 of the format; this program reads version 2");
        write();
        change("\"version\":2", "\"version\":1");
        refused("has version 1 of the format; this program reads version 2; write it anew");
        write();
        change("\"place\":", "\"spot\":");
        refused("case 0, person 1: has no text place; write it anew");
        write();
        change(CaseFile.FORMAT, "other");
        refused("is no file of evaluation cases");
        write();
        change("\"split\":\"test\"", "\"split\":\"train\"");
        refused("has cases of split train");
        write();
        change("\"light\":", "\"lamp\":");
        refused("cases.json, case 0: has no text light; write it anew");
        write();
        change("\"people\":2", "\"people\":3");
        refused("case 0: has 2 people; every case of the file has 3");
        Files.writeString(file, "{\"format\": ");
        refused("is not valid JSON");
        Files.delete(file);
        refused("there is no such file");
    }

    @Test
    void moreCasesThanThereAreAreRefused() {
        CaseFile read = CaseFile.read(file);

        assertThatThrownBy(() -> read.cases(4, file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("--count 4: " + file + " has 3 cases; use 1 to 3");
    }

    private void change(String... fromTo) throws IOException {
        String text = Files.readString(file);
        for (int i = 0; i < fromTo.length; i += 2) {
            assertThat(text).contains(fromTo[i]);
            text = text.replace(fromTo[i], fromTo[i + 1]);
        }
        Files.writeString(file, text);
    }

    private void refused(String... why) {
        assertThatThrownBy(() -> {
                    CaseFile read = CaseFile.read(file);
                    read.cases(read.drawn().size(), file);
                })
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll(why)
                .message()
                .doesNotContain("\n");
    }
}
