package ai.ingredients.tensor;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads libtorch once per process and settles which BLAS it multiplies with.
 *
 * <p>The OpenBLAS that comes with libtorch's Java natives keeps threads of its own beside libtorch's OpenMP pool, and
 * the two fight for the cores (measured: 1.6 to 5 times slower than Python). Where MKL's libraries are on the class
 * path (x86-64 Linux) they are loaded into the process's global symbol space before libtorch, whose calls then resolve
 * to MKL on libtorch's own OpenMP pool. Elsewhere OpenBLAS is set to one thread and {@link Ops#linear} runs as a
 * 1x1 convolution, which oneDNN computes on the OpenMP pool.
 *
 * <p>Thread-safe; loading happens on first use.
 */
public final class Natives {
    /** Which library multiplies matrices on the CPU. */
    public enum Blas {
        /** Intel MKL, in libtorch's thread pool. */
        MKL,
        /** OpenBLAS on one thread; linear layers run as oneDNN convolutions. */
        OPENBLAS
    }

    private static final String LIBTORCH_FOLDER = "/org/bytedeco/pytorch/";
    private static final String MKL_FOLDER = "/org/bytedeco/mkl/linux-x86_64/";
    /** What {@code libmkl_rt} opens by itself from its own folder; the kernels differ by processor. */
    private static final String[] MKL_PARTS = {
        "libmkl_core.so.3", "libmkl_intel_lp64.so.3", "libmkl_gnu_thread.so.3", "libmkl_def.so.3", "libmkl_mc3.so.3",
        "libmkl_avx2.so.3", "libmkl_avx512.so.3", "libmkl_avx10.so.3", "libmkl_vml_def.so.3", "libmkl_vml_mc3.so.3",
        "libmkl_vml_avx2.so.3", "libmkl_vml_avx512.so.3", "libmkl_vml_avx10.so.3", "libmkl_vml_cmpt.so.3"
    };

    private static final int RTLD_NOW_GLOBAL = 0x102;
    private static final int MKL_THREADING_GNU = 3;

    static {
        NativeSettings.settle();
    }

    private Natives() {}

    /**
     * Loads the natives if they are not loaded yet.
     *
     * @throws IllegalStateException when they are not on the class path, saying which artifact has them
     */
    public static void load() {
        blas();
    }

    /** The BLAS in use; loads the natives if they are not loaded yet. */
    public static Blas blas() {
        try {
            return Loaded.BLAS;
        } catch (LinkageError e) {
            String platform = Loader.getPlatform();
            String library = "/" + System.mapLibraryName("jnitorch");
            if (Stream.of("", "-gpu")
                    .anyMatch(kind -> Natives.class.getResource(LIBTORCH_FOLDER + platform + kind + library) != null)) {
                throw e;
            }
            throw new IllegalStateException(
                    "libtorch for " + platform + " is not on the class path; add the artifact"
                            + " ai.ingredients:ingredients-natives-" + platform + " to the program's dependencies",
                    e);
        }
    }

    /** The version of libtorch's Java natives, for instance {@code 2.13.0-1.5.14}. */
    public static String version() {
        try {
            return Loader.getVersion("org.bytedeco", "pytorch");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static final class Loaded {
        static final Blas BLAS = loadAll();

        private static Blas loadAll() {
            boolean mkl = loadMkl();
            Loader.load(torch.class);
            torch.globalContext()
                    .setUserEnabledNNPACK(false); // never faster here; warns at every call where it can't run
            useAllCores();
            if (!mkl) {
                openblas_nolapack.blas_set_num_threads(1);
            }
            return mkl ? Blas.MKL : Blas.OPENBLAS;
        }

        /** libtorch falls back to one thread on virtual machines that hide their caches; it counts cores elsewhere. */
        private static void useAllCores() {
            boolean chosen = System.getenv("OMP_NUM_THREADS") != null || System.getenv("MKL_NUM_THREADS") != null;
            if (!chosen && torch.get_num_threads() == 1) {
                torch.set_num_threads(Cores.usable());
            }
        }

        private static boolean loadMkl() {
            URL runtime = Natives.class.getResource(MKL_FOLDER + "libmkl_rt.so.3");
            if (runtime == null || !Loader.getPlatform().equals("linux-x86_64")) {
                return false;
            }
            try {
                for (String part : MKL_PARTS) {
                    Loader.cacheResource(Natives.class, MKL_FOLDER + part);
                }
                File mkl = Loader.cacheResource(Natives.class, MKL_FOLDER + "libmkl_rt.so.3");
                File openMp = Loader.cacheResource(Natives.class, LIBTORCH_FOLDER + "linux-x86_64/libgomp.so.1");
                return mkl != null && openMp != null && openGlobally(openMp, mkl);
            } catch (IOException e) {
                return false; // an unwritable cache folder: libtorch's own loading reports it with its remedy
            }
        }

        private static boolean openGlobally(File openMp, File mkl) {
            Linker linker = Linker.nativeLinker();
            MethodHandle dlopen = linker.downcallHandle(
                    linker.defaultLookup().find("dlopen").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            MethodHandle dlsym = linker.downcallHandle(
                    linker.defaultLookup().find("dlsym").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            try (Arena arena = Arena.ofConfined()) {
                var gomp = (MemorySegment) dlopen.invokeExact(arena.allocateFrom(openMp.getPath()), RTLD_NOW_GLOBAL);
                var handle = (MemorySegment) dlopen.invokeExact(arena.allocateFrom(mkl.getPath()), RTLD_NOW_GLOBAL);
                if (gomp.address() == 0 || handle.address() == 0) {
                    return false;
                }
                var layer = (MemorySegment) dlsym.invokeExact(handle, arena.allocateFrom("MKL_Set_Threading_Layer"));
                MethodHandle setLayer =
                        linker.downcallHandle(layer, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
                return (int) setLayer.invokeExact(MKL_THREADING_GNU) == MKL_THREADING_GNU;
            } catch (Throwable e) {
                throw new IllegalStateException("MKL was found but could not be called", e);
            }
        }
    }
}
