package ai.ingredients.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.evaluation.report.Summary;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.VideoWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListedCasesTest {
    private static final List<Face.Point> LANDMARKS = List.of(
            new Face.Point(24, 24),
            new Face.Point(40, 24),
            new Face.Point(32, 34),
            new Face.Point(26, 42),
            new Face.Point(38, 42));
    /** Sees a face in the middle of everything that is not black. */
    private static final FaceReader READER = new FaceReader(
            "bright faces",
            picture -> (picture.rgb()[0] & 0xFF) < 40
                    ? List.of()
                    : List.of(new Face(new Face.Box(16, 16, 48, 48), 1, LANDMARKS)),
            faces -> faces.stream()
                    .map(face -> new float[] {face.rgb()[0] & 0xFF, face.rgb()[1] & 0xFF, face.rgb()[2] & 0xFF})
                    .toList(),
            1);

    @TempDir
    Path folder;

    @BeforeEach
    void files() {
        Png.write(folder.resolve("anna.png"), Picture.filled(64, 64, 200, 40, 40));
        Png.write(folder.resolve("bert.png"), Picture.filled(64, 64, 40, 40, 200));
        Png.write(folder.resolve("nobody.png"), Picture.filled(64, 64, 0, 0, 0));
        video("red.mp4", 3, 200, 40, 40);
        video("one-frame.mp4", 1, 200, 40, 40);
        video("dark.mp4", 3, 0, 0, 0);
    }

    private void video(String name, int frames, int red, int green, int blue) {
        try (VideoWriter writer = VideoWriter.create(folder.resolve(name), 64, 64, VideoWriter.Settings.DEFAULT)) {
            for (Picture frame : Collections.nCopies(frames, Picture.filled(64, 64, red, green, blue))) {
                writer.add(frame);
            }
            writer.finish();
        }
    }

    @Test
    void videosOfAListAreMeasuredAndBadOnesHarmNoOther() throws IOException {
        Files.writeString(folder.resolve("broken.mp4"), "no video");
        Files.writeString(folder.resolve("empty.mp4"), "");
        Path list = list("""
            video,prompt,photos
            red.mp4,"Anna, alone, waves.",anna.png
            one-frame.mp4,Anna waves.,anna.png
            dark.mp4,Anna waves.,anna.png
            broken.mp4,Anna waves.,anna.png
            empty.mp4,Anna waves.,anna.png
            missing.mp4,Anna waves.,anna.png
            red.mp4,Nobody waves.,nobody.png
            red.mp4,Anna and Anna wave.,anna.png;anna.png
            red.mp4,Anna and Bert wave.,anna.png; bert.png
            """);

        Summary summary = evaluate(list, "out");

        assertThat(summary.results())
                .extracting(result -> result.error().isEmpty())
                .containsExactly(true, true, true, false, false, false, false, false, true);
        assertThat(summary.results().get(0).caption()).isEqualTo("Anna, alone, waves.");
        assertThat(figure(summary, 0, "face_sim")).isGreaterThan(0.99);
        assertThat(figure(summary, 1, "face_sim")).isGreaterThan(0.99);
        assertThat(figure(summary, 2, "face_sim")).isZero();
        assertThat(figure(summary, 8, "present")).isEqualTo(0.5);
        assertThat(summary.results().get(3).error()).contains("broken.mp4");
        assertThat(summary.results().get(6).error()).contains("nobody.png: no face found");
        assertThat(summary.results().get(7).error()).contains("the same photo stands for two people");
        assertThat(folder.resolve("out/report.html"))
                .content()
                .contains("broken.mp4", "class=\"failed\"", "Anna, alone, waves.");
    }

    @Test
    void aFolderOfVideosWithRecipesIsAList() throws IOException {
        Path videos = Files.createDirectory(folder.resolve("videos"));
        Files.copy(folder.resolve("red.mp4"), videos.resolve("red.mp4"));
        assertThatThrownBy(() -> evaluate(videos, "out"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("has no recipe red.json beside it");
        Files.writeString(videos.resolve("red.json"), "{\"prompt\": \"Anna waves.\", \"photos\": [\"anna.png\"]}");

        ListedCases cases = ListedCases.open(videos, folder, READER::landmarks);

        assertThat(cases.get(0).caption()).isEqualTo("Anna waves.");
        assertThat(cases.get(0).photos().getFirst().landmarks()).isEqualTo(LANDMARKS);
    }

    @Test
    void jsonListsMayOrderPeople() throws IOException {
        Path list = folder.resolve("list.json");
        Files.writeString(list, """
            [{"video": "red.mp4", "prompt": "p", "photos": ["anna.png", "bert.png"], "ordered": true}]
            """);

        EvaluationCase one = ListedCases.open(list, null, READER::landmarks).get(0);

        assertThat(one.order()).containsExactly(0, 1);
        assertThat(one.people())
                .containsExactly(
                        folder.resolve("anna.png").toString(),
                        folder.resolve("bert.png").toString());
    }

    @Test
    void listsThatCannotBeUsedAreRefusedWithTheLine() throws IOException {
        refused("video,prompt,photos\n", "names no video");
        refused("video,prompt,photos\nred.mp4,a prompt,\n", "line 2: has no photos");
        refused("video,prompt\nred.mp4,a prompt\n", "line 2: has no photos");
        refused("video,photos\nred.mp4,anna.png\n", "line 2: has no prompt");
        refused("video,prompt,photos\nred.mp4,ok,anna.png\n,p,anna.png\n", "line 3: has no video");
        assertThatThrownBy(() -> ListedCases.open(folder.resolve("none.csv"), null, READER::landmarks))
                .hasMessageContaining("there is no such file or folder");
        Path json = folder.resolve("list.json");
        Files.writeString(json, "{}");
        assertThatThrownBy(() -> ListedCases.open(json, null, READER::landmarks))
                .hasMessageContaining("expected a JSON array");
    }

    @Test
    void aNameThatCannotBeAPathHarmsItsOwnCaseOnly() throws IOException {
        for (String name : List.of("listed-bad-path.csv", "listed-bad-path.json")) {
            Path list = folder.resolve(name);
            try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/cases/" + name))) {
                Files.copy(in, list);
            }
            ListedCases cases = ListedCases.open(list, null, READER::landmarks);
            assertThat(cases.candidates()).isEmpty();
            assertThatThrownBy(() -> cases.get(0))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("cannot be a path here");
        }
        Path list =
                list("video,prompt,photos\nr\0d.mp4,Anna waves.,anna.png\nred.mp4,A.,a\0.png\nred.mp4,A.,anna.png\n");

        Summary summary = evaluate(list, "out");

        assertThat(summary.results())
                .extracting(result -> result.error().isEmpty())
                .containsExactly(false, false, true);
        assertThat(summary.results().get(0).error()).contains("list.csv, line 2: video is \"r\\u0000d.mp4\"");
        assertThat(summary.results().get(0).name()).isEqualTo("r\\u0000d.mp4");
        assertThat(summary.results().get(1).error()).contains("list.csv, line 3: one of photos is \"a\\u0000.png\"");
    }

    @Test
    void recipesWithPhotosThatCannotBePathsHarmTheirOwnCaseOnly() throws IOException {
        Path videos = Files.createDirectory(folder.resolve("videos"));
        Files.copy(folder.resolve("red.mp4"), videos.resolve("red.mp4"));
        Files.writeString(videos.resolve("red.json"), "{\"prompt\": \"A.\", \"photos\": [\"\\u0000\"]}");
        ListedCases cases = ListedCases.open(videos, folder, READER::landmarks);
        assertThat(cases.name(0)).isEqualTo("red.mp4");
        assertThatThrownBy(() -> cases.get(0)).hasMessageContaining("red.json: one of photos is \"\\u0000\"");
    }

    @Test
    void listsThatAreRefusedAreClosed() throws IOException {
        List<Path> lists = List.of(
                list(""),
                Files.write(folder.resolve("torn.csv"), new byte[] {'a', (byte) 0xff, '"', ',', '\n'}),
                Files.write(folder.resolve("wide.csv"), new byte[] {0, 0, (byte) 0xfe, (byte) 0xff, 'x'}),
                Files.write(folder.resolve("wide.json"), new byte[] {0, 0, (byte) 0xff, (byte) 0xfe, 'x'}),
                Files.writeString(folder.resolve("quote.csv"), "\"video,prompt\n\"x"));
        for (Path list : lists) {
            for (int i = 0; i < 20; i++) {
                assertThatThrownBy(() -> ListedCases.open(list, null, READER::landmarks))
                        .as(list.toString())
                        .isInstanceOf(InvalidInputException.class);
            }
        }
        Path open = Path.of("/proc/self/fd");
        assumeTrue(Files.exists(open), "needs Linux's /proc");
        List<String> held = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(open)) {
            for (Path descriptor : descriptors.toList()) {
                if (Files.isSymbolicLink(descriptor)) {
                    held.add(Files.readSymbolicLink(descriptor).toString());
                }
            }
        }
        String here = folder.toRealPath() + "/";
        assertThat(held).noneMatch(path -> path.startsWith(here));
    }

    private void refused(String text, String message) throws IOException {
        Path list = list(text);
        assertThatThrownBy(() -> ListedCases.open(list, null, READER::landmarks))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    private Path list(String text) throws IOException {
        return Files.writeString(folder.resolve("list.csv"), text);
    }

    private Summary evaluate(Path list, String name) {
        ListedCases cases = ListedCases.open(list, null, READER::landmarks);
        return new Evaluation(cases, new VideoFiles(cases), Judges.of(READER), folder.resolve(name))
                .run(Evaluation.Listener.NONE);
    }

    private static double figure(Summary summary, int index, String name) {
        return Objects.requireNonNull(summary.results().get(index).figures().get(name));
    }
}
