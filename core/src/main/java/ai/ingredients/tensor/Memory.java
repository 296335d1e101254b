package ai.ingredients.tensor;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;

/** How much memory there is, in bytes, and how much this process took. */
public final class Memory {
    private static final Path SYSTEM = Path.of("/proc/meminfo");
    private static final Path PROCESS = Path.of("/proc/self/status");
    /** Where a container sees its own limits (control groups, version 2). */
    private static final Path CONTAINER = Path.of("/sys/fs/cgroup");

    private Memory() {}

    /**
     * What this process can still take without swapping; file caches count as free. In a container with a limit of its
     * own that is what is left of the limit.
     */
    public static long freeOnCpu() {
        long available = labelled(SYSTEM, "MemAvailable:") << 10;
        long free = available > 0 ? available : system().getFreeMemorySize();
        long limit = number(CONTAINER.resolve("memory.max"));
        if (limit <= 0) {
            return free;
        }
        long used = number(CONTAINER.resolve("memory.current"))
                - labelled(CONTAINER.resolve("memory.stat"), "inactive_file ");
        return Math.max(0, Math.min(free, limit - used));
    }

    /** All memory of this machine. */
    public static long totalOnCpu() {
        return system().getTotalMemorySize();
    }

    /** The most resident memory this process ever had; 0 where the system does not tell (not Linux). */
    public static long peakOfProcess() {
        return labelled(PROCESS, "VmHWM:") << 10;
    }

    /** Free memory of CUDA device {@code device}, as libtorch's accelerator reports it. */
    public static long freeOnCuda(int device) {
        return torch.getMemoryInfo((byte) device).first();
    }

    private static OperatingSystemMXBean system() {
        return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    }

    /** The number on the line that begins with {@code label}, or 0. */
    private static long labelled(Path file, String label) {
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith(label)) {
                    return Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException e) {
            return 0;
        }
        return 0;
    }

    /** The number that {@code file} holds, or 0: there is no such file, or it says {@code max}. */
    private static long number(Path file) {
        try {
            String text = Files.readString(file).strip();
            return text.matches("\\d+") ? Long.parseLong(text) : 0;
        } catch (IOException e) {
            return 0;
        }
    }
}
