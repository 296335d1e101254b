package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.data.Clip;
import ai.ingredients.data.FolderSource;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code ingredients cast} as a user types it. */
class CastCommandTest {
    private static final String PROMPT = "Two women in red and green coats talk in a sunny park.";

    @TempDir
    Path folder;

    @Test
    void writesAClipWithPhotosAndTruth() {
        Path output = folder.resolve("new/clips");

        Cli.Result result = Cli.run("cast", "--prompt", PROMPT, "--split", "test", "--seed", 3, "--output", output)
                .ok();

        assertThat(result.out().lines()).containsExactly("clip-0000: " + PROMPT, "Wrote 1 clip to " + output);
        assertThat(result.err()).isEmpty();
        assertThat(Cli.listing(output).keySet())
                .contains(
                        "dataset.json",
                        "clips.jsonl",
                        "masks/clip-0000/frame_0016.png",
                        "photos/clip-0000/person-1-photo-1.png",
                        "photos/clip-0000/person-2-photo-2.png",
                        "sheets/clip-0000-masks.png",
                        "sheets/clip-0000.png",
                        "tracks/clip-0000.json",
                        "truth/clip-0000.json",
                        "videos/clip-0000.mp4")
                .hasSize(9 + 2 + 17 + 4 + 2 + 3); // folders first
        JsonNode truth = JsonFile.read(output.resolve("truth/clip-0000.json"));
        assertThat(truth.get("caption").asText()).isEqualTo(PROMPT);
        assertThat(truth.get("scene").asText()).isEqualTo("park");
        assertThat(truth.get("split").asText()).isEqualTo("test");
        List<String> colours = new ArrayList<>();
        for (JsonNode person : truth.get("people")) {
            colours.add(person.at("/clothes/colour").asText());
            assertThat(person.at("/identity/presentation").asText()).isEqualTo("woman");
            assertThat(person.get("identity")).hasSize(21);
        }
        assertThat(colours).containsExactlyInAnyOrder("red", "green");
        Picture masks = PictureReader.read(output.resolve("sheets/clip-0000-masks.png"));
        assertThat(masks.width()).isEqualTo(6 * 144);
        Clip clip = new FolderSource(output).clip(0);
        assertThat(clip.caption()).isEqualTo(PROMPT);
        assertThat(clip.frames()).hasSize(17);
        assertThat(clip.people()).hasSize(2);
        assertThat(clip.people().getFirst().photos()).hasSize(2);
    }

    /** Egypt's locale has digits of its own; names, ids and files must not. */
    @Test
    void aLocaleWithItsOwnDigitsChangesNothing() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            Cli.run("cast", "--people", 2, "--video", "png", "--output", folder).ok();

            assertThat(Cli.listing(folder).keySet())
                    .contains("videos/clip-0000/frame_0000.png", "masks/clip-0000/frame_0016.png")
                    .allMatch(name -> name.chars().allMatch(c -> c < 128));
            assertThat(Cli.run("dataset", "check", folder, "--frames", 9).ok().out())
                    .startsWith("1 clip\n")
                    .endsWith("0 broken\n");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void aSecondRunAddsWhatIsMissing() {
        Object[] args = {"cast", "--people", "1,2", "--photos", 1, "--video", "mkv", "--output", folder};
        run(args, "--count", 1);
        Cli.Result more = Cli.run(with(args, "--count", 3)).ok();

        assertThat(more.out()).doesNotContain("clip-0000:").contains("Wrote 2 clips to " + folder + ", which holds 3");
        assertThat(new FolderSource(folder).size()).isEqualTo(3);
        assertThat(Cli.run("dataset", "check", folder).ok().out())
                .startsWith("3 clips\n")
                .endsWith("0 broken\n");
        Cli.run(with(args, "--seed", 1)).refused(2, folder.toString(), "data set of another kind");
    }

    @Test
    void aBrokenClipIsTold() throws IOException {
        run(new Object[] {"cast", "--people", 1, "--photos", 1, "--count", 2, "--output", folder});
        Path video = Files.writeString(folder.resolve("videos/clip-0001.mp4"), "torn");

        Cli.Result check = Cli.run("dataset", "check", folder);

        assertThat(check.code()).isEqualTo(2);
        assertThat(check.out()).contains("2 clips", "1 with 1 person", "1 broken");
        assertThat(check.errLines()).singleElement().asString().startsWith("broken: " + video);
        assertThat(Cli.run("dataset", "check", folder, "--size", "8x96").out()).contains("2 broken");
        Cli.run("dataset", "check", folder, "--size", "8").refused(2, "--size 8", "720x480");
        Cli.run("dataset", "check", folder.resolve("videos")).refused(2, "holds no data set");
        Cli.run("dataset").refused(2, "import-consisid or check");
        Cli.run("dataset", "import-consisid", "--source", folder, "--output", folder.resolve("new"))
                .refused(2, "nothing to import");
    }

    @Test
    void theSeedDecides() throws IOException {
        Path first = folder.resolve("first");
        Path second = folder.resolve("second");
        Path other = folder.resolve("other");
        Object[] args = {"cast", "--people", 1, "--count", 2, "--photos", 1, "--output"};
        run(args, first, "--seed", 7);
        run(args, second, "--seed", 7);
        run(args, other, "--seed", 8);

        for (String name :
                List.of("truth/clip-0000.json", "sheets/clip-0001.png", "videos/clip-0001.mp4", "clips.jsonl")) {
            assertThat(first.resolve(name)).hasSameBinaryContentAs(second.resolve(name));
            assertThat(Files.mismatch(first.resolve(name), other.resolve(name))).isNotEqualTo(-1);
        }
        assertThat(first.resolve("photos/clip-0001/person-2-photo-1.png")).doesNotExist();
    }

    private static void run(Object[] args, Object... more) {
        Cli.run(with(args, more)).ok();
    }

    private static Object[] with(Object[] args, Object... more) {
        List<Object> all = new ArrayList<>(List.of(args));
        all.addAll(List.of(more));
        return all.toArray();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        --people 4               | --people 4      | 1 to 3
        --people 0               | --people 0      | 1 to 3
        --people two             | --people        | 'two' is not an int
        --count 0                | --count 0       | use 1 to
        --photos 0               | --photos 0      | use 1 to
        --video avi              | --video avi     | mp4, mkv, png
        --split all              | --split all     | train, validation, test
        --seed x                 | --seed          | "x" is no seed; use a whole number
        --peple 2                | --peple         | did you mean --people
        """)
    void badValues(String options, String found, String remedy) {
        List<Object> args = new ArrayList<>(List.of("cast", "--output", folder.resolve("out")));
        args.addAll(List.of((Object[]) options.split(" ", -1)));

        Cli.run(args.toArray()).refused(2, found, remedy);

        assertThat(Cli.listing(folder).keySet()).containsExactly("");
    }

    @Test
    void badPromptsAndFolders() throws IOException {
        Path out = folder.resolve("out");
        Path file = Files.writeString(folder.resolve("file"), "mine");
        Cli.run("cast", "--output", out, "--prompt", "A dog barks.").refused(2, "\"A dog barks.\"", "no scene");
        Cli.run("cast", "--output", out, "--prompt", PROMPT, "--people", 3)
                .refused(2, "--people 3", "the prompt names 2");
        Cli.run("cast", "--output", file).refused(2, file.toString(), "is a file");

        assertThat(Cli.listing(folder).keySet()).containsExactly("", "file");
        assertThat(file).hasContent("mine");
    }
}
