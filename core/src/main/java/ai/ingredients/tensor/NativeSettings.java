package ai.ingredients.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What native libraries must be told before the first of them loads, so that a program needs no flags for it. What the user
 * has set stays:
 *
 * <pre>
 * OMP_WAIT_POLICY=passive                      in the environment of this process: waiting threads sleep
 * org.bytedeco.javacpp.maxPhysicalBytes=0      JavaCPP's default counts mapped weights as used memory and gives up
 * org.bytedeco.javacpp.logger=slf4j            JavaCPP's default prints that openblas is older than it, on purpose
 * </pre>
 *
 * <p>The system properties count when no other code has used JavaCPP before; the wait policy when none has loaded OpenMP.
 * {@link System#getenv} does not show it: Java reads the environment once. On Windows it is left to the user.
 */
public final class NativeSettings {
    private static final String WAIT_POLICY = "OMP_WAIT_POLICY";
    private static final List<String> MAX_PHYSICAL_BYTES =
            List.of("org.bytedeco.javacpp.maxPhysicalBytes", "org.bytedeco.javacpp.maxphysicalbytes");
    private static final String LOGGER = "org.bytedeco.javacpp.logger";

    static {
        if (MAX_PHYSICAL_BYTES.stream().allMatch(name -> System.getProperty(name) == null)) {
            System.setProperty(MAX_PHYSICAL_BYTES.getFirst(), "0");
        }
        if (System.getProperty(LOGGER) == null) {
            System.setProperty(LOGGER, "slf4j");
        }
        if (System.getenv(WAIT_POLICY) == null) {
            setInEnvironment(WAIT_POLICY, "passive");
        }
    }

    private NativeSettings() {}

    /** Settles them if that has not been done. Everything that loads a native library calls it first. Thread-safe. */
    public static void settle() {
        // The static part above has run.
    }

    private static void setInEnvironment(String name, String value) {
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup().find("setenv").orElse(MemorySegment.NULL);
        if (function.equals(MemorySegment.NULL)) {
            return; // Windows has another function, and its OpenMP another variable
        }
        var setenv = linker.downcallHandle(
                function,
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            var _ = (int) setenv.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 0);
        } catch (Throwable e) {
            throw new IllegalStateException(name + " could not be set", e);
        }
    }
}
