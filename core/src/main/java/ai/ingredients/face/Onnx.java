package ai.ingredients.face;

import ai.ingredients.OperationFailedException;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.Unfinished;
import ai.ingredients.tensor.NativeFolder;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Starts ONNX Runtime from the folder of all native libraries. By itself it unpacks 24 MB into the temp folder in each
 * process, which must be allowed to run programs from there, and leaves them when it is killed.
 */
final class Onnx {
    private static final String PATH = "onnxruntime.native.path";

    private Onnx() {}

    /**
     * The process's one environment.
     *
     * @throws OperationFailedException when the natives cannot be unpacked or loaded
     */
    static synchronized OrtEnvironment environment() {
        unpack();
        OrtEnvironment[] made = new OrtEnvironment[1];
        // A process that is told to end waits until the folder below is gone.
        Unfinished.together(() -> {
            made[0] = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "ingredients");
            removeTemporaryFolder();
        });
        return made[0];
    }

    private static void unpack() {
        if (System.getProperty(PATH) != null) {
            return;
        }
        try {
            for (String library : new String[] {"onnxruntime", "onnxruntime4j_jni"}) {
                Path file = NativeFolder.unpack(
                        OrtEnvironment.class,
                        "/ai/onnxruntime/native/" + platform() + "/" + System.mapLibraryName(library));
                if (file == null) {
                    return; // a platform we do not know: it says itself that it has no natives for it
                }
                System.setProperty(PATH, String.valueOf(file.getParent()));
            }
        } catch (IOException e) {
            throw new OperationFailedException("ONNX Runtime cannot be unpacked (" + IoReason.of(e) + ")", e);
        }
    }

    private static String platform() {
        String system = System.getProperty("os.name");
        String name = system.startsWith("Mac") ? "osx" : system.startsWith("Windows") ? "win" : "linux";
        return name + "-" + (System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x64");
    }

    /** It makes one whether it needs it or not, and has it removed only by an orderly end of the JVM. */
    private static void removeTemporaryFolder() {
        try {
            Field field = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("tempDirectory");
            field.setAccessible(true);
            if (field.get(null) instanceof Path folder) {
                Files.deleteIfExists(folder);
            }
        } catch (ReflectiveOperationException | IOException e) {
            return; // another version, or libraries in it: the end of the JVM removes it
        }
    }
}
