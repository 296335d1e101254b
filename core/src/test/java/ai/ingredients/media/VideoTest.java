package ai.ingredients.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.media.VideoWriter.Settings;
import ai.ingredients.tensor.Scope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Videos written and read back; where they lie; what goes wrong. */
class VideoTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"64, 96, 9, 8", "720, 480, 49, 8", "16, 16, 1, 25", "160, 90, 50, 30000/1001", "34, 66, 17, 12.5"})
    void framesComeBackInOrder(int width, int height, int count, String rate) {
        Path file = write(Clips.numbered(width, height, count), new Settings(FrameRate.parse(rate), 16));

        try (VideoReader video = VideoReader.open(file)) {
            assertThat(video.width()).isEqualTo(width);
            assertThat(video.height()).isEqualTo(height);
            assertThat(video.rate()).isEqualTo(FrameRate.parse(rate));
            assertThat(video.count()).isEqualTo(count);
            for (int i = 0; i < count; i++) {
                assertThat(Clips.number(video.next())).as("frame %d", i).isEqualTo(i);
            }
            assertThat(video.next()).isNull();
        }
    }

    @Test
    void coloursAndRangeSurvive() {
        List<Picture> colours = List.of(
                Picture.filled(64, 64, 255, 0, 0),
                Picture.filled(64, 64, 0, 255, 0),
                Picture.filled(64, 64, 0, 0, 255),
                Picture.filled(64, 64, 255, 255, 255),
                Picture.filled(64, 64, 0, 0, 0),
                Picture.filled(64, 64, 200, 120, 90));

        List<Picture> read = VideoReader.readAll(write(colours, Settings.DEFAULT));

        for (int i = 0; i < colours.size(); i++) {
            for (int channel = 0; channel < 3; channel++) {
                assertThat(read.get(i).rgb()[channel] & 0xff)
                        .as("frame %d, channel %d", i, channel)
                        .isCloseTo(colours.get(i).rgb()[channel] & 0xff, within(3)); // 219 levels, quantized
            }
        }
    }

    @Test
    void aNaturalClipIsClean() {
        List<Picture> clip = Clips.natural(720, 480, 12);
        List<Picture> read = VideoReader.readAll(write(clip, Settings.DEFAULT));

        for (int i = 0; i < clip.size(); i++) {
            assertThat(Clips.psnr(clip.get(i), read.get(i))).as("frame %d", i).isGreaterThan(39);
        }
    }

    /** At these quantizers openh264 refuses pure noise; the writer goes coarser by itself. */
    @ParameterizedTest
    @CsvSource({"64, 96", "720, 480"})
    void noiseIsEncodedToo(int width, int height) {
        List<Picture> clip = List.of(
                Clips.natural(width, height, 1).getFirst(),
                Clips.noise(width, height, 1),
                Clips.noise(width, height, 2),
                Clips.natural(width, height, 1).getFirst());

        List<Picture> read = VideoReader.readAll(write(clip, new Settings(FrameRate.DEFAULT, Settings.FINEST)));

        assertThat(read).hasSize(4);
        for (int i = 0; i < 4; i++) {
            assertThat(Clips.lumaPsnr(clip.get(i), read.get(i)))
                    .as("frame %d", i)
                    .isGreaterThan(38);
        }
    }

    @Test
    void theQuantizerTradesQualityForBytes() throws IOException {
        List<Picture> clip = Clips.natural(320, 240, 6);
        Path fine = write(clip, new Settings(FrameRate.DEFAULT, 14), folder.resolve("fine.mp4"));
        Path coarse = write(clip, new Settings(FrameRate.DEFAULT, 30), folder.resolve("coarse.mp4"));

        assertThat(Files.size(coarse)).isLessThan(Files.size(fine) / 2);
        assertThat(Clips.psnr(clip.get(3), VideoReader.readAll(coarse).get(3)))
                .isLessThan(Clips.psnr(clip.get(3), VideoReader.readAll(fine).get(3)) - 3);
    }

    @Test
    void equalFramesGiveEqualBytes() throws IOException {
        List<Picture> clip = Clips.natural(96, 64, 5);
        Path first = write(clip, Settings.DEFAULT, folder.resolve("first.mp4"));
        Path second = write(clip, Settings.DEFAULT, folder.resolve("second.mp4"));

        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }

    @Test
    void theIndexLiesInFront() throws IOException {
        byte[] file = Files.readAllBytes(write(Clips.numbered(64, 64, 3), Settings.DEFAULT));
        String text = new String(file, StandardCharsets.ISO_8859_1);

        assertThat(text.indexOf("moov")).isPositive().isLessThan(text.indexOf("mdat"));
    }

    @Test
    void tensorsOfEveryLayoutAreFrames() {
        Path file = folder.resolve("tensors.mp4");
        List<Picture> clip = Clips.numbered(32, 48, 8);
        try (Scope scope = Scope.inference();
                VideoWriter video = VideoWriter.create(file, 32, 48, Settings.DEFAULT)) {
            Tensor all = Picture.stack(clip); // [F, H, W, 3]
            video.add(all.narrow(0, 0, 3));
            video.add(all.select(0, 3)); // [H, W, 3]
            video.add(all.select(0, 4).permute(2, 0, 1)); // [3, H, W], not contiguous
            video.add(all.narrow(0, 5, 2).permute(0, 3, 1, 2)); // [F, 3, H, W]
            video.add(clip.get(7).rgb());
            Picture natural = Clips.natural(32, 48, 1).getFirst();
            assertThat(Picture.of(natural.tensor().permute(2, 0, 1))).containsExactly(natural);
            assertThat(Picture.of(all)).isEqualTo(clip);
            assertThatThrownBy(() -> video.add(all.to(ScalarType.Float)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("uint8");
            assertThatThrownBy(() -> video.add(all.narrow(3, 0, 1))).isInstanceOf(IllegalArgumentException.class);
            video.finish();
        }

        List<Picture> read = VideoReader.readAll(file);
        assertThat(read.stream().map(Clips::number)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void metadataSurvives() {
        Path file = folder.resolve("recipe.mp4");
        String recipe = "{\"prompt\": \"“Zwei Köche” 両親 🍜, it's \\\"fine\\\"; a=b\\n\", \"pad\": \""
                + "x".repeat(20_000) + "\"}";
        try (VideoWriter video = VideoWriter.create(file, 64, 64, Settings.DEFAULT)) {
            video.metadata("title", "Zwei Köche 🍜");
            video.add(Picture.filled(64, 64, 1, 2, 3));
            video.metadata("comment", recipe);
            video.metadata("ingredients.seed", "42");
            video.finish();
        }

        try (VideoReader video = VideoReader.open(file)) {
            assertThat(video.metadata())
                    .containsEntry("comment", recipe)
                    .containsEntry("title", "Zwei Köche 🍜")
                    .containsEntry("ingredients.seed", "42");
        }
    }

    /** Formats that begin with their metadata keep what is there before the first frame; Matroska writes keys large. */
    @ParameterizedTest
    @ValueSource(strings = {"a.webm", "a.mp4"})
    void metadataBeforeTheFirstFrameSurvives(String name) {
        Path file = folder.resolve(name);
        try (VideoWriter video = VideoWriter.create(file, 64, 64, Settings.DEFAULT)) {
            video.metadata("digital_source_type", "made");
            video.metadata("comment", "{\"seed\": 7}");
            video.add(Picture.filled(64, 64, 1, 2, 3));
            video.finish();
        }

        try (VideoReader video = VideoReader.open(file)) {
            Map<String, String> found = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            found.putAll(video.metadata());
            assertThat(found).containsEntry("digital_source_type", "made").containsEntry("comment", "{\"seed\": 7}");
        }
    }

    @Test
    void anyFrameCanBeReadInAnyOrder() {
        Path file = write(Clips.numbered(64, 64, 50), Settings.DEFAULT);
        try (VideoReader video = VideoReader.open(file)) {
            for (int index : new int[] {49, 0, 31, 32, 48, 17, 16, 15, 1, 33, 0}) {
                assertThat(Clips.number(video.frame(index))).isEqualTo(index);
            }
            assertThat(Clips.number(video.next())).isEqualTo(1);
            assertThat(Clips.number(video.frame(40))).isEqualTo(40);
            assertThat(Clips.number(video.next())).isEqualTo(41);
            assertThatThrownBy(() -> video.frame(50)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> video.frame(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    /** A gif keeps no whole frames to jump to; this one has three frames of one colour each. */
    @Test
    void gifsAreReadAndSoughtExactly() throws IOException {
        Path file = Files.write(folder.resolve("three.gif"), gif());
        try (VideoReader video = VideoReader.open(file)) {
            assertThat(video.count()).isEqualTo(3);
            assertThat(video.frame(2)).isEqualTo(Picture.filled(2, 2, 0, 0, 255));
            assertThat(video.frame(0)).isEqualTo(Picture.filled(2, 2, 255, 0, 0));
            assertThat(video.next()).isEqualTo(Picture.filled(2, 2, 0, 255, 0));
        }
    }

    /** 2x2 pixels, four colours (red, green, blue, black), a tenth of a second each. */
    private static byte[] gif() {
        var bytes = new java.io.ByteArrayOutputStream();
        bytes.writeBytes("GIF89a".getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(new byte[] {2, 0, 2, 0, (byte) 0x91, 0, 0}); // size, table of four colours
        bytes.writeBytes(new byte[] {-1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0});
        for (int colour = 0; colour < 3; colour++) {
            bytes.writeBytes(new byte[] {0x21, (byte) 0xf9, 4, 0, 10, 0, 0, 0}); // 0.1 s
            bytes.writeBytes(new byte[] {0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 3}); // the whole picture, 3 bytes of codes
            // Codes of 3 bits from the low end: clear, two pixels, clear (or codes would grow), two pixels, end.
            int codes = 4 | colour << 3 | colour << 6 | 4 << 9 | colour << 12 | colour << 15 | 5 << 18;
            bytes.writeBytes(new byte[] {(byte) codes, (byte) (codes >> 8), (byte) (codes >> 16)});
            bytes.write(0);
        }
        bytes.write(0x3b);
        return bytes.toByteArray();
    }

    @Test
    void theTargetChangesOnlyOnFinish() throws IOException {
        Path file = folder.resolve("out.mp4");
        Files.writeString(file, "an earlier video");
        try (VideoWriter video = VideoWriter.create(file, 64, 64, Settings.DEFAULT)) {
            video.add(Picture.filled(64, 64, 1, 2, 3));
            assertThat(file).hasContent("an earlier video");
            assertThat(names()).hasSize(2);
        }
        assertThat(file).hasContent("an earlier video");
        assertThat(names()).containsExactly("out.mp4");

        write(Clips.numbered(64, 64, 2), Settings.DEFAULT);
        assertThat(names()).containsExactly("out.mp4");
        assertThat(VideoReader.readAll(file)).hasSize(2);
    }

    @Test
    void anInterruptedProcessLeavesNothing() throws Exception {
        Path file = folder.resolve("out.mp4");
        Process process = java(Interrupted.class, file);
        try (var output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo("writing");
            assertThat(names()).hasSize(1).noneMatch(name -> name.equals("out.mp4"));
            process.toHandle().destroy(); // SIGTERM, which ends a JVM as Ctrl-C does; the output stays open
            process.waitFor();
            assertThat(output.readAllAsString()).isEmpty();
        }
        assertThat(names()).isEmpty();
    }

    /** What {@link #anInterruptedProcessLeavesNothing} starts. */
    static final class Interrupted {
        public static void main(String[] args) throws InterruptedException {
            VideoWriter video = VideoWriter.create(Path.of(args[0]), 64, 64, Settings.DEFAULT);
            video.add(Picture.filled(64, 64, 1, 2, 3));
            System.out.println("writing");
            Thread.sleep(60_000);
            video.finish();
        }
    }

    @Test
    void aFullDiskIsNamed() {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.exists(full), "needs Linux's /dev/full");
        Path file = folder.resolve("out.mp4");
        List<Picture> clip = Clips.numbered(64, 64, 3);

        assertThatThrownBy(() -> {
                    AtomicFile output = AtomicFile.create(file);
                    Files.delete(output.path());
                    Files.createSymbolicLink(output.path(), full);
                    try (VideoWriter video = VideoWriter.create(file, 64, 64, Settings.DEFAULT, output)) {
                        clip.forEach(video::add);
                        video.finish();
                    }
                })
                .isInstanceOf(OperationFailedException.class)
                .hasMessage(file + ": could not be written (disk full; free some space and run it again)");
        assertThat(names()).isEmpty();
    }

    @Test
    void unusableTargetsAreToldBeforeAnyWork() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "x");
        Path directory = Files.createDirectory(folder.resolve("folder.mp4"));

        refused(folder.resolve("missing/out.mp4"), "does not exist; create it first");
        refused(text.resolve("out.mp4"), "is not a folder");
        refused(directory, "is a folder; name a file");
        refused(folder.resolve("out.avi"), "such as .mp4");
        refused(folder.resolve("x".repeat(252) + ".mp4"), "choose another path"); // a byte longer than names may be
        Path proc = Path.of("/proc/out.mp4"); // takes no files, not even from root
        if (Files.isDirectory(Path.of("/proc"))) {
            refused(proc, "choose a folder you may write to");
        }
        VideoWriter.checkWritable(folder.resolve("fine.mp4"));
        assertThat(names()).containsExactlyInAnyOrder("notes.txt", "folder.mp4");
    }

    private void refused(Path target, String why) {
        assertThatThrownBy(() -> VideoWriter.checkWritable(target))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(target + ": ")
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @CsvSource({
        "65, 64, even",
        "64, 33, even",
        "14, 64, at least 16",
        "3842, 64, at most 3840x2160",
        "2162, 2162, at most"
    })
    void sizesTheEncoderCannotMakeAreRefused(int width, int height, String why) {
        assertThatThrownBy(() -> VideoWriter.create(folder.resolve("out.mp4"), width, height, Settings.DEFAULT))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(width + "x" + height)
                .hasMessageContaining(why);
        assertThat(names()).isEmpty();
    }

    @Test
    void wrongFramesAndSettingsAreRefused() {
        try (VideoWriter video = VideoWriter.create(folder.resolve("out.mp4"), 64, 96, Settings.DEFAULT)) {
            assertThatThrownBy(() -> video.add(Picture.filled(96, 64, 0, 0, 0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("64x96, not 96x64");
            assertThatThrownBy(() -> video.add(new byte[5])).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> video.metadata("a", "b\0c")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(video::finish).isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() -> new Settings(FrameRate.DEFAULT, 52)).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> FrameRate.parse("fast")).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> FrameRate.parse("0")).isInstanceOf(InvalidInputException.class);
    }

    @Test
    void filesThatAreNoVideosAreRefusedInOneLine() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.mp4"), "no video at all");
        Path empty = Files.createFile(folder.resolve("empty.mp4"));
        byte[] video = Files.readAllBytes(write(Clips.natural(64, 64, 9), Settings.DEFAULT));
        Path cut = Files.write(folder.resolve("cut.mp4"), Arrays.copyOf(video, 300));
        Path playlist =
                Files.writeString(folder.resolve("list.m3u8"), "#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/a.ts\n");

        for (Path file : List.of(folder.resolve("nothing.mp4"), folder, text, empty, cut, playlist)) {
            assertThatThrownBy(() -> VideoReader.open(file))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith(file + ": ")
                    .message()
                    .doesNotContain("\n");
        }
    }

    @Test
    void awkwardNamesAreTakenLiterally() {
        for (String name : List.of(
                "a:b %03d.mp4", "Käse 🍜.mp4", "UPPER.MP4", "x".repeat(250) + ".mp4", "🍜".repeat(60) + ".mp4")) {
            Path file = write(Clips.numbered(64, 64, 2), Settings.DEFAULT, folder.resolve(name));
            assertThat(VideoReader.readAll(file)).hasSize(2);
        }
    }

    @Test
    void aLinkIsWrittenThrough() throws IOException {
        Path real = Files.writeString(folder.resolve("real.mp4"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.mp4"), real);

        write(Clips.numbered(64, 64, 2), Settings.DEFAULT, link);

        assertThat(link).isSymbolicLink();
        assertThat(VideoReader.readAll(real)).hasSize(2);
    }

    /**
     * In a process of its own, whose heap is resident from the start and whose compiler is the small one: what grows is
     * native. (Otherwise both grow by 20 MB over the first hundred videos.)
     */
    @Test
    void nothingLeaks() throws Exception {
        Process process = java(
                Loop.class,
                folder.resolve("out.mp4"),
                "-Xmx32m",
                "-Xms32m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
        try (var output = process.inputReader()) {
            String[] growth = output.readAllAsString().strip().split(" ");
            assertThat(growth).hasSize(3);
            assertThat(Long.parseLong(growth[0])).as("native objects").isZero();
            assertThat(Long.parseLong(growth[1])).as("their bytes").isZero();
            // A writer and a reader at this size hold several MB; their smallest picture, forgotten each time, makes
            // 35.
            assertThat(Long.parseLong(growth[2])).as("resident bytes").isLessThan(10L << 20);
        }
    }

    /** What {@link #nothingLeaks} starts: writes, gives up and reads 50 times after 15 times of warming up. */
    static final class Loop {
        public static void main(String[] args) {
            Path file = Path.of(args[0]);
            List<Picture> clip = Clips.natural(640, 480, 2);
            repeat(15, clip, file);
            long count = Pointer.totalCount();
            long bytes = Pointer.totalBytes();
            long resident = Pointer.physicalBytes();
            repeat(50, clip, file);
            System.out.println((Pointer.totalCount() - count) + " " + (Pointer.totalBytes() - bytes) + " "
                    + (Pointer.physicalBytes() - resident));
        }

        private static void repeat(int times, List<Picture> clip, Path file) {
            for (int i = 0; i < times; i++) {
                write(clip, Settings.DEFAULT, file);
                try (VideoWriter abandoned = VideoWriter.create(file, 640, 480, Settings.DEFAULT)) {
                    abandoned.add(clip.getFirst());
                }
                try (VideoReader video = VideoReader.open(file)) {
                    video.frame(1);
                    video.frame(0);
                }
            }
        }
    }

    private static Process java(Class<?> main, Path file, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of(options));
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName(), file.toString()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private Path write(List<Picture> frames, Settings settings) {
        return write(frames, settings, folder.resolve("out.mp4"));
    }

    private static Path write(List<Picture> frames, Settings settings, Path file) {
        Picture first = frames.getFirst();
        try (VideoWriter video = VideoWriter.create(file, first.width(), first.height(), settings)) {
            frames.forEach(video::add);
            assertThat(video.frames()).isEqualTo(frames.size());
            video.finish();
        }
        return file;
    }

    private List<String> names() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
