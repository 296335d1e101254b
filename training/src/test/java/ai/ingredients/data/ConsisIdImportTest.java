package ai.ingredients.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ConsisIdImport.Settings;
import ai.ingredients.data.ConsisIdImport.Videos;
import ai.ingredients.data.FolderSettings.Part;
import ai.ingredients.data.FolderSettings.PhotosFrom;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A small data set in ConsisID's layout: two people, of whom number 1 stands on the right. */
class ConsisIdImportTest {
    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;
    private static final int FRAMES = 6;
    private static final int[] FACE_X = {0, 40, 8}; // by the number of the person

    @TempDir
    Path root;

    private Path source;
    private Path part;
    private Path output;

    @BeforeEach
    void write() throws IOException {
        source = root.resolve("consisid");
        part = source.resolve("dataname");
        output = root.resolve("ours");
        Files.createDirectories(part.resolve("captions"));
        Files.createDirectories(part.resolve("videos"));
        Files.createDirectories(part.resolve("refine_bbox_jsons"));
        writeClip("one two_0_5");
        Files.writeString(part.resolve("captions/dataname_captions.json"), """
            [{"path": "one two_0_5.mp4", "cap": "Two people talk.", "fps": 8.0, "duration": 0.75},
             {"path": "gone.mp4", "cap": "Nobody knows.", "fps": 8.0, "duration": 1.0}]
            """);
        // As in the original, the paths begin where training was started.
        Files.writeString(
                source.resolve("total_train_data.txt"),
                "asserts/consisid/dataname/videos,asserts/consisid/dataname/captions/dataname_captions.json,"
                        + "asserts/consisid/dataname");
    }

    private static void writeVideo(Path video, int width, int height, int frames) {
        try (VideoWriter writer = VideoWriter.create(video, width, height, VideoWriter.Settings.DEFAULT)) {
            for (int i = 0; i < frames; i++) {
                int gray = 40 * i % 256;
                writer.add(Picture.filled(width, height, gray, gray, gray));
            }
            writer.finish();
        }
    }

    private void writeClip(String name) throws IOException {
        writeVideo(part.resolve("videos").resolve(name + ".mp4"), WIDTH, HEIGHT, FRAMES);
        String frames = IntStream.range(0, FRAMES)
                .mapToObj(i -> "\"" + i + "\": {\"face\": [" + box(1, i) + ", " + box(2, i)
                        + ", {\"box\": {}, \"confidence\": 1}], \"head\": [" + box(1, i) + "], \"person\": []}")
                .collect(Collectors.joining(", ", "{", "}"));
        Files.writeString(part.resolve("refine_bbox_jsons").resolve(name + ".json"), frames);
        Path tracked = Files.createDirectories(part.resolve("track_masks_data").resolve(name));
        // Masks are numbered through all people: 4 is the face of person 2.
        Files.writeString(tracked.resolve("corresponding_data.json"), """
            {"1": {"face": 1, "head": 2, "person": 3}, "2": {"face": 4, "person": 5}, "3": {"person": 6}}
            """);
        for (int number = 1; number <= 6; number++) {
            int person = number <= 3 ? 1 : 2;
            int grown = number == 3 || number == 5 ? 4 : 0;
            for (int frame = 0; frame < FRAMES; frame++) {
                mask(tracked.resolve("tracking_mask_results/" + number), frame, number, FACE_X[person], grown);
            }
        }
    }

    /** Finds a face in the middle of everything. */
    private static List<Face> detect(Picture picture) {
        int x = picture.width() / 2;
        int y = picture.height() / 2;
        Face.Point middle = new Face.Point(x, y);
        return List.of(
                new Face(new Face.Box(x - 4, y - 4, x + 4, y + 4), 1, List.of(middle, middle, middle, middle, middle)));
    }

    private static String box(int person, int frame) {
        return String.format(
                Locale.ROOT,
                "{\"box\": {\"x1\": %d.0, \"y1\": 8.5, \"x2\": %d.0, \"y2\": 16.5}, \"confidence\": 0.9%d,"
                        + " \"track_id\": 7, \"new_track_id\": %d}",
                FACE_X[person],
                FACE_X[person] + 8,
                frame,
                person);
    }

    /** 16 bits a pixel, the number of the mask where it is. */
    private static void mask(Path folder, int frame, int number, int x, int grown) throws IOException {
        BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_USHORT_GRAY);
        for (int dy = 0; dy < 8 + 4 * grown; dy++) {
            for (int dx = -grown; dx < 8 + grown; dx++) {
                picture.getRaster().setSample(x + dx, 8 + dy, 0, number);
            }
        }
        Files.createDirectories(folder);
        ImageIO.write(
                picture,
                "png",
                folder.resolve(String.format(Locale.ROOT, "annotated_frame_%05d.png", frame))
                        .toFile());
    }

    private ConsisIdImport.Result run(Videos videos, @Nullable Function<Picture, List<Face>> detector) {
        return ConsisIdImport.run(source, output, new Settings(videos, WIDTH, HEIGHT, 2), detector, (done, all) -> {});
    }

    private FolderSource open(int frames, int photos) {
        FolderSettings settings = new FolderSettings(null, null, frames, 1, 0, 0, 1, 1, PhotosFrom.CLIP, 0);
        return new FolderSource(output, settings, Part.ALL, photos, 1);
    }

    @ParameterizedTest
    @EnumSource
    void everythingIsThere(Videos videos) {
        ConsisIdImport.Result result = run(videos, ConsisIdImportTest::detect);

        assertThat(result.imported()).isEqualTo(1);
        assertThat(result.photos()).isEqualTo(4);
        assertThat(result.broken()).singleElement().asString().contains("gone.json", "no such file");
        FolderSource source = open(3, 1);
        Clip clip = source.clip(0);
        assertThat(clip.id()).isEqualTo("one_two_0_5");
        assertThat(clip.caption()).isEqualTo("Two people talk.");
        assertThat(clip.fps()).isEqualTo(8);
        assertThat(clip.frames()).hasSize(3);
        assertThat(clip.people().stream().map(Clip.Person::id))
                .as("from left to right")
                .containsExactly("one_two_0_5-2", "one_two_0_5-1");
        Clip.Seen left = clip.people().getFirst().track().getFirst();
        assertThat(left.faceBox()).isEqualTo(new Face.Box(8, 8.5f, 16, 16.5f));
        assertThat(left.landmarks()).isNull();
        Mask face = Objects.requireNonNull(left.faceMask());
        Mask person = Objects.requireNonNull(left.personMask());
        assertThat(face.area()).isEqualTo(64);
        assertThat(face.get(8, 8) && face.get(15, 15)).isTrue();
        assertThat(person.area()).isEqualTo(16 * 24);
        Mask right = Objects.requireNonNull(clip.people().get(1).track().get(2).faceMask());
        assertThat(right.get(40, 8)).isTrue();
        assertThat(right.area()).isEqualTo(64);

        Path video = output.resolve("videos/one_two_0_5.mp4");
        assertThat(Files.exists(video)).isEqualTo(videos != Videos.REFERENCE);
        assertThat(Files.isSymbolicLink(video)).isEqualTo(videos == Videos.LINK);
    }

    @Test
    void photosAreFramesOfTheClipItself() {
        var unused = run(Videos.LINK, ConsisIdImportTest::detect);
        Clip clip = open(3, 1).clip(0);

        int first = (clip.frames().getFirst().rgb()[0] & 0xff) / 39;
        Picture photo = clip.people().getFirst().photos().getFirst().picture();
        assertThat((photo.rgb()[0] & 0xff) / 39).as("another moment").isNotIn(first, first + 1, first + 2);
        assertThat(photo.width()).isEqualTo(18);
        assertThatThrownBy(() -> open(6, 1).clip(0)).hasMessageContaining("no photo");
    }

    @Test
    void withoutADetectorThereAreNoPhotos() {
        assertThat(run(Videos.LINK, null).photos()).isZero();

        assertThat(open(6, 0).clip(0).people().getFirst().photos()).isEmpty();
        assertThatThrownBy(() -> open(3, 1).clip(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no photo of one_two_0_5-2");
    }

    @Test
    void anImportGoesOn() throws IOException {
        var unused = run(Videos.LINK, null);
        writeClip("gone");

        ConsisIdImport.Result second = run(Videos.LINK, null);

        assertThat(second.there()).isEqualTo(1);
        assertThat(second.imported()).isEqualTo(1);
        assertThat(second.broken()).isEmpty();
        assertThat(open(3, 0).size()).isEqualTo(2);
    }

    @Test
    void partsAreFoundWithoutAList() throws IOException {
        Files.delete(source.resolve("total_train_data.txt"));
        assertThat(run(Videos.LINK, null).imported()).isEqualTo(1);
    }

    @Test
    void withoutMasksThereAreBoxes() throws IOException {
        Path tracked = part.resolve("track_masks_data");
        Files.move(tracked, root.resolve("elsewhere"));

        assertThat(run(Videos.LINK, null).imported()).isEqualTo(1);

        Clip.Seen seen = open(3, 0).clip(0).people().get(1).track().getFirst();
        assertThat(seen.faceBox()).isNotNull();
        assertThat(seen.faceMask()).isNull();
    }

    /** Small folders as people have them, of {@code cases/}. */
    @ParameterizedTest
    @CsvSource({
        "consisid-noext, 0, ''",
        "consisid-header, 0, ''",
        "consisid-latin1, 0, ''",
        "consisid-one-bad-caption, 1, 'entry 2 (videos/clipB.mp4) has no \"cap\"'"
    })
    void foldersAsPeopleHaveThem(String name, int broken, String says) throws Exception {
        Path folder = root.resolve(name);
        Path given = Path.of(
                Objects.requireNonNull(getClass().getResource("/cases/" + name)).toURI());
        try (Stream<Path> files = Files.walk(given)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(given.relativize(file).toString()));
            }
        }
        Files.createDirectories(folder.resolve("part1/videos"));
        writeVideo(folder.resolve("part1/videos/clipA.mp4"), 160, 96, 48);

        ConsisIdImport.Result result =
                ConsisIdImport.run(folder, output, new Settings(Videos.COPY, 160, 96, 0), null, (done, all) -> {});

        assertThat(result.imported()).isEqualTo(1);
        assertThat(result.broken()).hasSize(broken).allMatch(line -> line.contains(says));
        Clip clip = open(17, 0).clip(0);
        assertThat(clip.id()).isEqualTo("clipA");
        assertThat(clip.caption()).isEqualTo("Two people talk.");
        assertThat(clip.people()).hasSize(1);
        assertThat(output.resolve("videos/clipA.mp4")).isRegularFile();
    }

    private Path list() {
        return source.resolve("total_train_data.txt");
    }

    private Path captions() {
        return part.resolve("captions/dataname_captions.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "bare UTF-16LE", "bare UTF-16BE"})
    void everyEncodingWithAMarkIsRead(String name) throws IOException {
        Charset charset = Charset.forName(name.replace("bare ", ""));
        String mark = name.startsWith("bare") ? "" : "\ufeff";
        String said = "Zoë spricht in der Küche mit 李.";
        String text = Files.readString(captions()).replace("Two people talk.", said);
        Files.write(captions(), (mark + text).getBytes(charset));
        Files.write(list(), (mark + Files.readString(list())).getBytes(charset));

        ConsisIdImport.Result result = run(Videos.LINK, null);

        assertThat(result.imported()).isEqualTo(1);
        assertThat(result.notes()).isEmpty();
        assertThat(open(3, 0).clip(0).caption()).isEqualTo(said);
    }

    @Test
    void anEncodingThatIsGuessedIsSaid() throws IOException {
        String text = Files.readString(captions()).replace("Two people talk.", "Zoë spricht.");
        Files.write(captions(), text.getBytes(StandardCharsets.ISO_8859_1));

        ConsisIdImport.Result result = run(Videos.LINK, null);

        assertThat(open(3, 0).clip(0).caption()).isEqualTo("Zoë spricht.");
        assertThat(result.notes()).singleElement().asString().contains("dataname_captions.json: is not UTF-8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "#video_path,caption_path,dataset_name\n%s\n",
                "video_path,caption_path,dataset_name\r\n%s\r\n\r\n",
                "\n\n  %s  \n# that was all, really, yes\n",
                "%s"
            })
    void listsMayHaveHeaders(String form) throws IOException {
        String line = Files.readString(list());
        Files.writeString(list(), form.replace("%s", line));
        ConsisIdImport.Result result = run(Videos.LINK, null);
        assertThat(result.imported()).isEqualTo(1);
        assertThat(result.broken()).singleElement().asString().contains("gone");
    }

    @Test
    void otherTextBesideIsNoList() throws IOException {
        Files.writeString(source.resolve("about.txt"), "One, two, three\nEins,zwei,drei\n,,\nno \0 path,a,b\n");
        Files.write(source.resolve("noise.txt"), new byte[] {(byte) 0xff, ',', 0, ',', (byte) 0x81, '\n'});
        ConsisIdImport.Result result = run(Videos.LINK, null);
        assertThat(result.imported()).isEqualTo(1);
        assertThat(result.broken()).singleElement().asString().contains("gone");
        assertThat(result.notes()).isEmpty();
    }

    @Test
    void badLinesAndCaptionsAreLeftOutAndListed() throws IOException {
        Files.writeString(list(), "\nnowhere/videos,x.json,y\nno \0,a,b\none,two\n,,\n", StandardOpenOption.APPEND);
        Files.writeString(captions(), """
            [{"path": "one two_0_5.mp4", "cap": "Two people talk."}, 7, {"path": "", "cap": "x"},
             {"path": "x.mp4", "cap": " "}, {"path": "x.mp4", "cap": 5}, {"path": "a\\u0000b", "cap": "x"},
             {"path": "x.mp4", "cap": "\\ud800"}, {"cap": "x"}, null, []]
            """);
        ConsisIdImport.Result result = run(Videos.LINK, null);
        assertThat(result.imported()).isEqualTo(1);
        assertThat(result.broken()).hasSize(4 + 9).allMatch(line -> line.matches("[\\P{Cc}]+"));
        assertThat(result.broken())
                .filteredOn(line -> line.contains("cannot be a path here"))
                .hasSize(2);
    }

    @Test
    void windowsPathsAndTheNamesOfTheEarlierStepAreKnown() throws IOException {
        Files.writeString(list(), Files.readString(list()).replace('/', '\\'));
        Files.writeString(captions(), "[{\"video\": \"one two_0_5\", \"description\": \"Two people talk.\"}]");
        assertThat(run(Videos.LINK, null).imported()).isEqualTo(1);
        assertThat(open(3, 0).clip(0).caption()).isEqualTo("Two people talk.");
    }

    @Test
    void namesThatDifferInWhatAnIdCannotHaveAreTwoClips() throws IOException {
        writeClip("one_two_0_5");
        Files.writeString(captions(), """
            [{"path": "one two_0_5", "cap": "First."}, {"path": "one_two_0_5.mp4", "cap": "Second."}]
            """);
        assertThat(run(Videos.LINK, null).imported()).isEqualTo(2);
        FolderSource both = open(3, 0);
        assertThat(List.of(both.caption(0), both.caption(1))).containsExactly("First.", "Second.");
        assertThat(run(Videos.LINK, null).there()).isEqualTo(2);
    }

    @Test
    void boxesThatAreNoneAreNobody() throws IOException {
        Path boxes = part.resolve("refine_bbox_jsons/one two_0_5.json");
        String text = Files.readString(boxes)
                .replaceFirst("\"x1\": 40.0", "\"x1\": NaN")
                .replaceFirst("\"y2\": 16.5", "\"y2\": Infinity")
                .replaceFirst("\"x2\": 16.0", "\"x2\": -1e300");
        Files.writeString(boxes, text.replaceFirst("\"new_track_id\": 1}", "\"new_track_id\": 99999999999}"));
        assertThat(run(Videos.LINK, null).imported()).isEqualTo(1);
        FolderSettings any = new FolderSettings(null, null, FRAMES, 1, 0, 0, 0, 1, PhotosFrom.CLIP, 0);
        Clip clip = new FolderSource(output, any, Part.ALL, 0, 1).clip(0);
        assertThat(clip.people().get(1).track().get(0).faceBox()).as("NaN").isNull();
        assertThat(clip.people().get(1).track().get(2).faceBox()).isNotNull();
    }

    @Test
    void badInputIsNamed() throws IOException {
        assertThatThrownBy(() -> ConsisIdImport.run(root.resolve("no"), output, Settings.DEFAULT, null, (a, b) -> {}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("there is no such folder");
        assertThatThrownBy(
                        () -> ConsisIdImport.run(part.resolve("videos"), output, Settings.DEFAULT, null, (a, b) -> {}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("nothing to import");
        Files.writeString(source.resolve("total_train_data.txt"), "a,b,c");
        assertThatThrownBy(() -> run(Videos.LINK, null))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll("total_train_data.txt:1", "there is no a");
        assertThat(output).doesNotExist();
    }
}
