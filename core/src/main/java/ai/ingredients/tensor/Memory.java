package ai.ingredients.tensor;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.PointerScope;
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

    /** What this process has in memory now, pages of mapped files included; 0 where the system does not tell. */
    public static long residentOfProcess() {
        return labelled(PROCESS, "VmRSS:") << 10;
    }

    /**
     * Lets {@link #peakOfProcess} begin anew at what is resident now.
     *
     * @return whether the system does that (Linux)
     */
    public static boolean resetPeakOfProcess() {
        try {
            Files.writeString(Path.of("/proc/self/clear_refs"), "5", StandardOpenOption.WRITE);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The most bytes that libtorch ever had allocated on CUDA device {@code device} since {@link #resetPeakOnCuda}. */
    public static long peakOnCuda(int device) {
        try (PointerScope scope = new PointerScope()) {
            return torch.getDeviceStats((byte) device).allocated_bytes().peak();
        }
    }

    /** Lets {@link #peakOnCuda} begin anew. */
    public static void resetPeakOnCuda(int device) {
        torch.resetPeakStats((byte) device);
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
