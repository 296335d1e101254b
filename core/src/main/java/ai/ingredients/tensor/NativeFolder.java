package ai.ingredients.tensor;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * The folder that native libraries are unpacked into before the system can load them: that of the system property {@code
 * org.bytedeco.javacpp.cachedir}, else {@code ~/.javacpp/cache}. Programs that start at the same time share it.
 */
public final class NativeFolder {
    private static final String JNA = "jna.boot.library.path";

    static {
        NativeSettings.settle();
    }

    private NativeFolder() {}

    /**
     * Takes libraries from {@code folder}, in which all of them lie already and nothing can be written, as a user without a
     * writable home does. To be called before anything is loaded.
     *
     * @throws IllegalStateException when the folder is missing
     */
    public static void useReadOnly(Path folder) {
        try {
            // JavaCPP takes only folders it may write into, though it writes nothing where it finds everything.
            Field field = Loader.class.getDeclaredField("cacheDir");
            field.setAccessible(true);
            field.set(null, folder.toRealPath().toFile());
        } catch (ReflectiveOperationException | IOException e) {
            throw new IllegalStateException(folder + ": native libraries cannot be taken from there", e);
        }
    }

    /**
     * The folder in use.
     *
     * @throws IOException when there is none that can be written into
     */
    public static Path path() throws IOException {
        return Loader.getCacheDir().toPath();
    }

    /**
     * Unpacks one resource of the class path.
     *
     * @param resource its path from the root, with a leading slash
     * @return the file, or null when there is no such resource
     * @throws IOException when it cannot be written
     */
    public static @Nullable Path unpack(Class<?> owner, String resource) throws IOException {
        File file = owner.getResource(resource) == null ? null : Loader.cacheResource(owner, resource);
        return file == null ? null : file.toPath();
    }

    /**
     * Has JNA, through which DJL looks for graphics cards, take its library from here too. By itself it writes it into the
     * temp folder in each process, and leaves it there when nothing can be loaded from that folder.
     *
     * @throws IOException when it cannot be written
     */
    public static void settleJna() throws IOException {
        String platform = Loader.getPlatform();
        String name = platform.startsWith("macosx")
                ? platform.replace("macosx", "darwin").replace("arm64", "aarch64")
                : platform.replace("windows", "win32")
                        .replace("x86_64", "x86-64")
                        .replace("arm64", "aarch64");
        Path library = unpack(NativeFolder.class, "/com/sun/jna/" + name + "/" + System.mapLibraryName("jnidispatch"));
        if (library != null && System.getProperty(JNA) == null) {
            System.setProperty(JNA, String.valueOf(library.getParent()));
        }
    }
}
