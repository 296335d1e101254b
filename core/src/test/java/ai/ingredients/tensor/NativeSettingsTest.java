package ai.ingredients.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.VideoWriter;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program without flags gets, by each way in; in processes of their own, since natives load once. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class NativeSettingsTest {
    private static final String CLASS_PATH = System.getProperty("java.class.path");

    @ParameterizedTest
    @ValueSource(strings = {"tensor", "folder", "picture", "video", "face"})
    void settingsAreMadeBeforeTheFirstLibraryLoads(String way) throws IOException {
        assertThat(run(way, Map.of())).isEqualTo("passive 0 slf4j");
    }

    @Test
    void whatTheUserHasSetStays() throws IOException {
        assertThat(run(
                        "tensor",
                        Map.of("OMP_WAIT_POLICY", "active"),
                        "-Dorg.bytedeco.javacpp.maxphysicalbytes=64G",
                        "-Dorg.bytedeco.javacpp.logger=ai.ingredients.Quiet"))
                .isEqualTo("active " + (64L << 30) + " ai.ingredients.Quiet");
    }

    @Test
    void aProgramWithoutNativesIsToldWhichArtifactHasThem() throws IOException {
        String java = Stream.of(CLASS_PATH.split(File.pathSeparator))
                .filter(entry -> !entry.contains(Loader.getPlatform()))
                .collect(Collectors.joining(File.pathSeparator));
        assertThat(run("missing", Map.of(), java, new String[0]))
                .isEqualTo("libtorch for " + Loader.getPlatform() + " is not on the class path; add the artifact"
                        + " ai.ingredients:ingredients-natives-" + Loader.getPlatform()
                        + " to the program's dependencies");
    }

    private static String run(String way, Map<String, String> environment, String... options) throws IOException {
        return run(way, environment, CLASS_PATH, options);
    }

    private static String run(String way, Map<String, String> environment, String classPath, String[] options)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of(options));
        command.addAll(List.of("-Xmx64m", "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", classPath, Main.class.getName(), way));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().remove("OMP_WAIT_POLICY");
        builder.environment().putAll(environment);
        try (var output = builder.start().inputReader()) {
            return output.readAllAsString().strip();
        }
    }

    /** Goes in by one way and prints what the natives were told. */
    static final class Main {
        public static void main(String[] args) throws Throwable {
            switch (args[0]) {
                case "missing" -> {
                    try {
                        Natives.load();
                    } catch (IllegalStateException e) {
                        System.out.println(e.getMessage());
                    }
                    return;
                }
                case "tensor" -> Scope.open().close();
                case "folder" -> NativeFolder.path();
                case "picture" ->
                    Resampling.openCv(Picture.filled(2, 2, 0, 0, 0), 4, 4, Resampling.OpenCvFilter.LINEAR);
                case "video" ->
                    VideoWriter.create(Path.of("none.mp4"), 16, 16, VideoWriter.Settings.DEFAULT)
                            .close();
                case "face" ->
                    FaceAligner.matrix(List.of(
                            new Face.Point(1, 1),
                            new Face.Point(3, 1),
                            new Face.Point(2, 2),
                            new Face.Point(1, 3),
                            new Face.Point(3, 3)));
                default -> throw new IllegalArgumentException(args[0]);
            }
            System.out.println(environment("OMP_WAIT_POLICY") + " " + Pointer.maxPhysicalBytes() + " "
                    + System.getProperty("org.bytedeco.javacpp.logger"));
        }

        private static String environment(String name) throws Throwable {
            Linker linker = Linker.nativeLinker();
            var getenv = linker.downcallHandle(
                    linker.defaultLookup().find("getenv").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            try (var arena = Arena.ofConfined()) {
                var value = (MemorySegment) getenv.invokeExact(arena.allocateFrom(name));
                return value.address() == 0 ? "unset" : value.reinterpret(64).getString(0);
            }
        }
    }
}
