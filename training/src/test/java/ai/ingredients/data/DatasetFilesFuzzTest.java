package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whatever stands in the files of a data set: it is read, or refused in one line, and harms no other clip. */
class DatasetFilesFuzzTest {
    private static final String INFO = """
        {"format": "ingredients-clips", "version": 1, "source": "x", "width": 32, "height": 32, "fps": 8}
        """;

    @FuzzTest(maxDuration = "1m")
    void clips(byte[] list) {
        Fuzz.folder(list, folder -> {
            Files.writeString(folder.resolve(DatasetInfo.FILE), INFO);
            Files.write(folder.resolve(FolderIndex.FILE), list);
            FolderSource source = new FolderSource(folder);
            var unused = DatasetCheck.of(source, done -> {});
            for (String person : source.persons()) {
                try {
                    source.photo(person, 1);
                } catch (InvalidInputException e) {
                    // there is none
                }
            }
        });
    }

    @FuzzTest(maxDuration = "1m")
    void info(byte[] json) {
        Fuzz.folder(json, folder -> {
            Files.write(folder.resolve(DatasetInfo.FILE), json);
            var unused = DatasetInfo.read(folder);
        });
    }

    @FuzzTest(maxDuration = "1m")
    void track(byte[] json) {
        Fuzz.folder(json, folder -> {
            Path file = Files.write(folder.resolve("track.json"), json);
            Track track = Track.read(file, 2);
            track.frames().forEach(frame -> frame.forEach(Track.Sighting::visible));
            track.write(file);
            if (!Track.read(file, 2).frames().isEmpty()) {
                return; // what was read can be written and read again
            }
            throw new AssertionError("a track was lost");
        });
    }

    @FuzzTest(maxDuration = "1m")
    void consisIdList(byte[] list) {
        Fuzz.folder(list, folder -> {
            consisId(folder, "[{\"path\": \"a\", \"cap\": \"A man.\"}]".getBytes(StandardCharsets.UTF_8));
            Files.write(folder.resolve("total_train_data.txt"), list);
            var unused = ConsisIdFiles.in(folder);
        });
    }

    @FuzzTest(maxDuration = "1m")
    void consisIdCaptions(byte[] json) {
        Fuzz.folder(json, folder -> {
            consisId(folder, json);
            for (ConsisIdLayout.Item item : ConsisIdFiles.in(folder).items()) {
                if (!DatasetWriter.isId(item.id())) {
                    throw new AssertionError("an id that cannot be part of a file name: " + item.id());
                }
            }
        });
    }

    @FuzzTest(maxDuration = "1m")
    void consisIdBoxes(byte[] json) {
        Fuzz.folder(json, folder -> {
            Path file = Files.write(folder.resolve("a.json"), json);
            ConsisIdLayout.Item item = new ConsisIdLayout.Item("a", file, "x", file, file, folder);
            ConsisIdLayout.Boxes boxes;
            try {
                boxes = ConsisIdLayout.boxes(item);
            } catch (InvalidInputException e) {
                boxes = new ConsisIdLayout.Boxes(java.util.Map.of());
            }
            for (ConsisIdLayout.Who who : ConsisIdLayout.people(item, boxes)) {
                if (!Double.isFinite(boxes.meanX(who.track()))) {
                    throw new AssertionError("a person nowhere");
                }
            }
        });
    }

    private static void consisId(Path folder, byte[] captions) throws IOException {
        for (String part : List.of("part/videos", "part/refine_bbox_jsons", "part/captions")) {
            Files.createDirectories(folder.resolve(part));
        }
        Files.writeString(folder.resolve("part/videos/a.mp4"), "");
        Files.write(folder.resolve("part/captions/part.json"), captions);
    }
}
