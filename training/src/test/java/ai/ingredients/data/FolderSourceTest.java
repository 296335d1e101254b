package ai.ingredients.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.DatasetWriter.VideoKind;
import ai.ingredients.data.FolderSettings.Part;
import ai.ingredients.data.FolderSettings.PhotosFrom;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.testing.Fixture;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.loop.ClipLoader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Data sets on disk: what is written comes back, and clips are cut out of it as asked for. */
class FolderSourceTest {
    private static final int WIDTH = 48;
    private static final int HEIGHT = 32;
    private static final DatasetInfo INFO = new DatasetInfo("test", WIDTH, HEIGHT, 8);

    @TempDir
    Path folder;

    private void write(VideoKind kind, Clip... clips) {
        try (DatasetWriter writer = DatasetWriter.open(folder, INFO, kind)) {
            for (Clip clip : clips) {
                writer.add(clip);
            }
        }
    }

    private FolderSource open(FolderSettings settings) {
        return new FolderSource(folder, settings, Part.ALL, 2, 1);
    }

    private static FolderSettings frames(int frames) {
        return settings(frames, 1, 0.8, 1, PhotosFrom.WINDOW);
    }

    private static FolderSettings settings(int frames, int stride, double visible, int windows, PhotosFrom from) {
        return new FolderSettings(null, null, frames, stride, 0, 0, visible, windows, from, 0);
    }

    /** Frame {@code i} is gray of brightness 10·i; the face of every person is seen in the frames of {@code seen}. */
    private static Clip clip(String id, int frames, Set<Integer> seen, String... people) {
        List<Picture> pictures = IntStream.range(0, frames)
                .mapToObj(i -> Picture.filled(WIDTH, HEIGHT, 10 * i, 10 * i, 10 * i))
                .toList();
        List<Person> persons = new ArrayList<>();
        for (String person : people) {
            List<Seen> track = IntStream.range(0, frames)
                    .mapToObj(i -> seen.contains(i) ? face(10 + persons.size() * 16, 8) : Seen.ABSENT)
                    .toList();
            persons.add(new Person(person, List.of(), track));
        }
        return new Clip(id, pictures, 8, "Caption of " + id + ".", persons);
    }

    private static Seen face(int left, int top) {
        List<Face.Point> points = List.of(
                new Face.Point(left + 2, top + 2),
                new Face.Point(left + 6, top + 2),
                new Face.Point(left + 4, top + 4),
                new Face.Point(left + 3, top + 6),
                new Face.Point(left + 5, top + 6));
        return new Seen(new Face.Box(left, top, left + 8, top + 8), points, null, null);
    }

    private static Set<Integer> range(int from, int to) {
        Set<Integer> frames = new HashSet<>();
        IntStream.range(from, to).forEach(frames::add);
        return frames;
    }

    private static int brightness(Picture frame) {
        return frame.rgb()[0] & 0xff;
    }

    @Test
    void framesAndWhatIsInThemAreResizedTogether() {
        Picture wide = new Picture(60, 20, new byte[60 * 20 * 3]);
        BitSet bits = new BitSet();
        for (int y = 4; y < 12; y++) {
            for (int x = 24; x < 36; x++) {
                bits.set(y * 60 + x);
                wide.rgb()[3 * (y * 60 + x)] = (byte) 255;
            }
        }
        Mask mask = new Mask(60, 20, bits);
        Seen seen =
                new Seen(new Face.Box(23.5f, 3.5f, 35.5f, 11.5f), face(26, 4).landmarks(), mask, mask);
        write(VideoKind.MKV, new Clip("a", List.of(wide), 8, "A.", List.of(new Person("p", List.of(), List.of(seen)))));

        FolderSettings half = new FolderSettings(20, 10, 1, 1, 0, 0, 0.8, 1, PhotosFrom.WINDOW, 0);
        Clip clip = open(half).clip(0);

        // 60x20 becomes 30x10, of which the middle 20x10 stay: x → x/2 − 5.
        Seen fitted = clip.people().getFirst().track().getFirst();
        assertThat(clip.frames().getFirst().width()).isEqualTo(20);
        Face.Box box = Objects.requireNonNull(fitted.faceBox());
        assertThat(new float[] {box.left(), box.top(), box.right(), box.bottom()})
                .containsExactly(new float[] {6.5f, 1.5f, 12.5f, 5.5f}, within(0.006f));
        Mask face = Objects.requireNonNull(fitted.faceMask());
        for (int y = 0; y < 10; y++) {
            for (int x = 0; x < 20; x++) {
                boolean red = (clip.frames().getFirst().rgb()[3 * (y * 20 + x)] & 0xff) > 127;
                assertThat(face.get(x, y)).as(x + ", " + y).isEqualTo(red);
                assertThat(red).isEqualTo(x >= 7 && x < 13 && y >= 2 && y < 6);
            }
        }
        assertThat(clip.people().getFirst().photos().getFirst().picture().width())
                .as("photos are cut from the whole video")
                .isEqualTo(27); // 2.2 times 12, of 60
    }

    @Test
    void windowsKeepTheirDistance() {
        write(VideoKind.MKV, clip("a", 16, range(0, 16), "p"));
        FolderSettings settings = new FolderSettings(null, null, 4, 2, 3, 2, 0.8, 4, PhotosFrom.CLIP, 0);
        FolderSource source = open(settings);

        assertThat(source.size()).isEqualTo(4);
        Set<Integer> starts = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            Clip clip = source.clip(i);
            int first = brightness(clip.frames().getFirst()) / 10;
            starts.add(first);
            assertThat(clip.id()).isEqualTo("a@" + first);
            assertThat(clip.fps()).isEqualTo(4);
            assertThat(first).isBetween(3, 7); // the last of seven frames is 13 at most
            for (int k = 0; k < 4; k++) {
                assertThat(brightness(clip.frames().get(k))).isEqualTo(10 * (first + 2 * k));
            }
        }
        assertThat(starts).as("different places").hasSize(4);
    }

    /** Of the 39 pictures in this stream the first three refer to one that was cut away, and cannot be shown. */
    @Test
    void aVideoCutOutOfALongerOneHasTheFramesThatAreShown() throws IOException {
        Path video = Fixture.path("videos").resolve("cut-hevc-open-gop.ts");
        write(VideoKind.MKV, clip("a", 4, range(0, 4), "p"));
        Files.copy(video, folder.resolve("videos/cut.ts"));
        String sighting = "[{\"face\":[4,4,20,20]}]";
        Files.writeString(
                folder.resolve("tracks/cut.json"),
                "{\"frames\": [" + String.join(",", Collections.nCopies(39, sighting)) + "]}");
        String line =
                "{\"id\": \"%s\", \"video\": \"videos/cut.ts\", \"caption\": \"c\", \"fps\": 8, \"people\": [%s]%s}\n";
        Files.writeString(
                folder.resolve("clips.jsonl"),
                String.format(Locale.ROOT, line, "free", "", "")
                        + String.format(
                                Locale.ROOT, line, "tracked", "{\"id\": \"p\"}", ", \"track\": \"tracks/cut.json\""));
        FolderSettings all = new FolderSettings(16, 16, 36, 1, 0, 0, 0, 1, PhotosFrom.CLIP, 0);
        FolderSource source = new FolderSource(folder, all, Part.ALL, 0, 1);

        List<Picture> frames = source.clip(0).frames();
        assertThat(frames).hasSize(36);
        DatasetCheck check = DatasetCheck.of(source, done -> {});
        assertThat(check.people()).isEqualTo(Map.of(0, 1L));
        assertThat(check.broken()).hasSize(1);
        assertThat(check.broken().getFirst()).contains("cut.json", "39 frames", "36");
    }

    @Test
    void tooShortAVideoIsRefused() {
        write(VideoKind.MKV, clip("a", 6, range(0, 6), "p"));
        FolderSettings settings = new FolderSettings(null, null, 4, 2, 0, 0, 0.8, 1, PhotosFrom.CLIP, 0);

        assertThatThrownBy(() -> open(settings).clip(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll("a.mkv", "has 6 frames", "takes 7");
    }

    @Test
    void aWindowShowsEveryFace() {
        write(VideoKind.MKV, clip("a", 20, range(9, 14), "p", "q"));

        Clip clip = open(settings(5, 1, 1, 1, PhotosFrom.WINDOW)).clip(0);
        assertThat(brightness(clip.frames().getFirst())).isEqualTo(90);
        Clip tolerant = open(settings(6, 1, 0.8, 1, PhotosFrom.WINDOW)).clip(0);
        assertThat(brightness(tolerant.frames().getFirst())).isBetween(80, 90);
        FolderSource strict = open(settings(6, 1, 1, 1, PhotosFrom.WINDOW));
        assertThatThrownBy(() -> strict.clip(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll("tracks/a.json", "6 frames", "share of 1.0", "0.83");
    }

    @Test
    void whatIsCutOffOrHiddenIsNotSeen() throws IOException {
        write(VideoKind.MKV, clip("a", 4, range(0, 4), "p")); // the face is at 10 to 18 of 48
        FolderSettings middle = new FolderSettings(8, HEIGHT, 4, 1, 0, 0, 0.8, 1, PhotosFrom.WINDOW, 0);
        assertThatThrownBy(() -> open(middle).clip(0)).hasMessageContainingAll("every face is seen", "0.00");

        Path track = folder.resolve("tracks/a.json");
        String seen = Files.readString(track);
        Files.writeString(track, seen.replace("\"face\":", "\"face_pixels\":3,\"face\":"));
        assertThatThrownBy(() -> open(frames(4)).clip(0)).hasMessageContaining("every face is seen");
        Files.writeString(track, seen.replace("\"face\":", "\"face_pixels\":30,\"face\":"));
        assertThat(open(frames(4)).clip(0).frames()).hasSize(4);
    }

    @Test
    void photosComeFromElsewhereFirst() {
        Picture red = Picture.filled(20, 20, 200, 0, 0);
        Clip plain = clip("a", 8, range(0, 8), "ada");
        Clip other = new Clip(
                "b",
                plain.frames(),
                8,
                "B.",
                List.of(new Person(
                        "ada",
                        List.of(new PersonPhoto(
                                red, Objects.requireNonNull(face(4, 4).landmarks()))),
                        plain.people().getFirst().track())));
        write(VideoKind.MKV, plain, other, clip("c", 8, range(0, 8), "carl"));
        FolderSettings elsewhere = settings(4, 1, 0.8, 1, PhotosFrom.ELSEWHERE);

        List<PersonPhoto> cross = open(elsewhere).clip(0).people().getFirst().photos();
        assertThat(cross.getFirst().picture()).as("the photo listed with b").isEqualTo(red);
        assertThat(cross).as("and one cut from b's frames").hasSize(2);
        assertThat(cross.get(1).landmarks().getFirst().x()).isBetween(2.0, 11.0);
        assertThat(open(elsewhere)
                        .clip(1)
                        .people()
                        .getFirst()
                        .photos()
                        .getFirst()
                        .picture())
                .as("b's own photo is from another moment too")
                .isEqualTo(red);
        assertThatThrownBy(() -> open(elsewhere).clip(2))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll("c.mkv", "no photo of carl");

        Clip alone = open(settings(4, 1, 0.8, 1, PhotosFrom.CLIP)).clip(2);
        int first = brightness(alone.frames().getFirst()) / 10;
        for (PersonPhoto photo : alone.people().getFirst().photos()) {
            assertThat(brightness(photo.picture()) / 10).isNotIn(range(first, first + 4));
        }
        assertThatThrownBy(() -> open(settings(8, 1, 0.8, 1, PhotosFrom.CLIP)).clip(2))
                .hasMessageContaining("photos-from");
        assertThat(open(frames(8)).clip(2).people().getFirst().photos()).hasSize(2);
        assertThat(new FolderSource(folder, frames(8), Part.ALL, 0, 1)
                        .clip(2)
                        .people()
                        .getFirst()
                        .photos())
                .isEmpty();
    }

    @Test
    void everybodyHasPortraits() {
        write(VideoKind.MKV, clip("a", 3, range(0, 3), "ada", "carl"), clip("b", 3, Set.of(), "nobody"));
        FolderSource source = open(frames(3));

        assertThat(source.persons()).containsExactly("ada", "carl", "nobody");
        assertThat(source.photo("carl", 1)).isEqualTo(source.photo("carl", 1));
        assertThat(source.photo("carl", 1).picture().width()).isEqualTo(18); // 2.2 times 8
        assertThatThrownBy(() -> source.photo("nobody", 1)).hasMessageContaining("no photo of nobody");
    }

    @Test
    void heldOutClipsAreOthers() {
        Clip[] clips = IntStream.range(0, 30)
                .mapToObj(i -> clip("clip-" + i, 1, Set.of(0), "person-" + i))
                .toArray(Clip[]::new);
        write(VideoKind.PNG, clips);
        FolderSettings settings = new FolderSettings(null, null, 1, 1, 0, 0, 0.8, 1, PhotosFrom.WINDOW, 0.3);

        Set<String> training = ids(new FolderSource(folder, settings, Part.TRAINING, 0, 1));
        Set<String> validation = ids(new FolderSource(folder, settings, Part.VALIDATION, 0, 1));

        assertThat(validation).hasSizeBetween(4, 15).doesNotContainAnyElementsOf(training);
        assertThat(training.size() + validation.size()).isEqualTo(30);
    }

    private static Set<String> ids(FolderSource source) {
        Set<String> ids = new HashSet<>();
        for (long i = 0; i < source.size(); i++) {
            ids.add(source.clip(i).id());
        }
        return ids;
    }

    @Test
    void theNameTellsContentAndSettingsApart() throws IOException {
        write(VideoKind.PNG, clip("a", 4, range(0, 4)));
        String name = open(frames(2)).name();

        assertThat(open(frames(2)).name()).isEqualTo(name).startsWith("folder-");
        assertThat(open(frames(3)).name()).isNotEqualTo(name);
        Path list = folder.resolve("clips.jsonl");
        Files.writeString(list, Files.readString(list).replace("Caption", "Legend"));
        assertThat(open(frames(2)).name()).isNotEqualTo(name);
    }

    @Test
    void brokenClipsAreLeftOutByWhoReadsThem() throws IOException {
        Clip[] clips = IntStream.range(0, 6)
                .mapToObj(i -> clip("clip-" + i, 2, range(0, 2), "p" + i))
                .toArray(Clip[]::new);
        write(VideoKind.MKV, clips);
        Path torn = folder.resolve("videos/clip-1.mkv");
        Files.write(torn, new byte[] {1, 2, 3});
        Files.delete(folder.resolve("tracks/clip-3.json"));
        Path list = folder.resolve("clips.jsonl");
        Files.writeString(list, Files.readString(list).replace("\"id\":\"clip-4\"", "\"id\":4"));
        FolderSource source = open(frames(2));
        List<String> warnings = new ArrayList<>();

        List<String> read = new ArrayList<>();
        ClipLoader.Settings settings = new ClipLoader.Settings(1, 2, 0.9, null);
        try (ClipLoader<String> loader =
                new ClipLoader<>(i -> source.clip(i % 6).id(), ClipLoader.Position.START, settings, warnings::add)) {
            for (int i = 0; i < 3; i++) {
                read.add(loader.take().value());
            }
        }
        assertThat(read).containsExactly("clip-0", "clip-2", "clip-5");
        assertThat(warnings).hasSize(3);
        assertThat(warnings.get(0)).contains(torn.toString());
        assertThat(warnings.get(1)).contains("clip-3.json: there is no such file");
        assertThat(warnings.get(2)).contains("clips.jsonl:5", "id");

        FeatureCache.Encoder encoder = new FeatureCache.Encoder() {
            @Override
            public String key() {
                return "key";
            }

            @Override
            public Map<String, Tensor> encode(Clip clip) {
                return Map.of("latents", Ops.tensor(new float[] {clip.frames().size()}, 1));
            }
        };
        try (FeatureCache cache =
                FeatureCache.fill(folder.resolve("cache"), source, encoder, 1, 2, 0.5, (done, all) -> {})) {
            assertThat(cache.clips()).containsExactly(0L, 2L, 5L);
        }
        DatasetCheck check = DatasetCheck.of(open(frames(2)), done -> {});
        assertThat(check.broken())
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).doesNotContain("\n"));
        assertThat(check.people()).isEqualTo(Map.of(1, 3L));
    }

    @Test
    void namesThatCannotBePathsBreakTheirOwnClipOnly() throws IOException {
        write(VideoKind.MKV, clip("good", 2, range(0, 2), "p"));
        Path list = folder.resolve("clips.jsonl");
        String good = Files.readString(list);
        StringBuilder lines = new StringBuilder(good);
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/cases/clips-badpath.jsonl"))) {
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.contains("\"bad"))
                    .forEach(line -> lines.append(line).append('\n'));
        }
        String photo = "{\"file\":\"\\u0000\",\"landmarks\":[[1,1],[1,1],[1,1],[1,1],[1,1]]}";
        lines.append(good.replace("\"good\"", "\"c\"").replace("\"photos\":[]", "\"photos\":[" + photo + "]"))
                .append(good.replace("\"good\"", "\"d\"").replace("tracks/", "tracks\\u0000/"))
                .append(good.replace("\"good\"", "\"e\"").replaceFirst("}\n$", ",\"masks\":\"\\\\udfff\"}\n"));
        Files.writeString(list, lines);

        DatasetCheck check = DatasetCheck.of(open(frames(2)), done -> {});

        assertThat(check.clips()).isEqualTo(6);
        assertThat(check.people()).isEqualTo(Map.of(1, 1L));
        assertThat(check.broken()).hasSize(5).allMatch(line -> line.contains("cannot be a path here"));
        assertThat(check.broken().get(0)).contains("clips.jsonl:2: video is \"videos/a\\u0000b.mp4\"");
        assertThat(check.broken().get(1)).contains("clips.jsonl:3: video is \"videos/\\ud800.mp4\"");
        assertThat(check.broken().get(2)).contains("clips.jsonl:4: people[0].photos[0]: file is");
        assertThat(check.broken().get(3)).contains("clips.jsonl:5: track is");
        assertThat(check.broken().get(4)).contains("clips.jsonl:6: masks is");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {                                                                                        | not valid JSON
        {"format": "ingredients-clips", "version": 2, "width": 8, "height": 8, "fps": 8}          | version 2
        {"format": "other", "version": 1, "width": 8, "height": 8, "fps": 8}                      | "other"
        {"format": "ingredients-clips", "version": 1, "width": "8", "height": 8, "fps": 8}        | width
        {"format": "ingredients-clips", "version": 1, "height": 8, "fps": 8}                      | width
        {"format": "ingredients-clips", "version": 1, "width": 8, "height": 8, "fps": 0}          | positive
        """)
    void badDatasetFiles(String content, String fragment) throws IOException {
        write(VideoKind.PNG, clip("a", 1, Set.of(0)));
        Path file = Files.writeString(folder.resolve("dataset.json"), content);

        assertThatThrownBy(() -> new FolderSource(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(fragment)
                .hasMessageNotContaining("\n");
    }

    @Test
    void noDataSetAndNoClips() throws IOException {
        assertThatThrownBy(() -> new FolderSource(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll(folder.toString(), "holds no data set", "docs/data.md");
        write(VideoKind.PNG);
        assertThatThrownBy(() -> new FolderSource(folder)).hasMessageContaining("lists no clips");
        Files.delete(folder.resolve("clips.jsonl"));
        assertThatThrownBy(() -> new FolderSource(folder)).hasMessageContaining("clips.jsonl: cannot be read");
    }

    @Test
    void aWriterGoesOnAfterWhatIsComplete() throws IOException {
        write(VideoKind.PNG, clip("a", 2, range(0, 2), "p"));
        Path list = folder.resolve("clips.jsonl");
        String complete = Files.readString(list);
        Files.writeString(list, complete.substring(0, 20), StandardOpenOption.APPEND); // killed while writing
        Files.createDirectories(folder.resolve("videos/.b.1234.part"));

        try (DatasetWriter writer = DatasetWriter.open(folder, INFO, VideoKind.PNG)) {
            assertThat(writer.has("a")).isTrue();
            assertThat(writer.has("b")).isFalse();
            assertThatIllegalArgumentException().isThrownBy(() -> writer.add(clip("a", 1, Set.of())));
            assertThatIllegalArgumentException().isThrownBy(() -> writer.add(clip("../a", 1, Set.of())));
            assertThatThrownBy(() -> DatasetWriter.open(folder, INFO, VideoKind.PNG))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("another process is writing");
            writer.add(clip("b", 2, range(0, 2), "p"));
        }

        assertThat(folder.resolve("videos/.b.1234.part")).doesNotExist();
        assertThat(ids(open(frames(2)))).containsExactlyInAnyOrder("a", "b");
        assertThat(Files.readAllLines(list, StandardCharsets.UTF_8)).hasSize(2);
        assertThatThrownBy(() -> DatasetWriter.open(folder, new DatasetInfo("mine", 8, 8, 8), VideoKind.PNG))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll("test, 48x32", "mine, 8x8");
    }
}
