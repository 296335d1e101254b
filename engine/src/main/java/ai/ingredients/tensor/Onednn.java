package ai.ingredients.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;

/** What libtorch's kernels for convolutions and products on the CPU may use. */
public final class Onednn {
    private static final String LIMIT = "ONEDNN_MAX_CPU_ISA";
    /** Everything but the tiles (AMX). */
    private static final String WITHOUT_TILES = "AVX512_CORE_BF16";

    private Onednn() {}

    /**
     * For training: on CPUs with tiles, the gradient of a 3D convolution's weights in bf16 ends the process in a crash
     * inside oneDNN, so its kernels are held to AVX-512, unless the environment says what they may use. To be called before
     * anything is computed; CPUs without tiles compute as before.
     */
    public static void withoutTiles() {
        if (!Loader.getPlatform().equals("linux-x86_64") || System.getenv(LIMIT) != null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        MethodHandle setenv = linker.downcallHandle(
                linker.defaultLookup().find("setenv").orElseThrow(),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(LIMIT);
            int failed = (int) setenv.invokeExact(name, arena.allocateFrom(WITHOUT_TILES), 0);
            if (failed != 0) {
                throw new IllegalStateException("the environment takes no more variables");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("setenv could not be called", e);
        }
    }
}
