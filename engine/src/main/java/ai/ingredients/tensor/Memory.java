package ai.ingredients.tensor;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory there is, in bytes, and how much this process took. */
public final class Memory {
    private static final Path SYSTEM = Path.of("/proc/meminfo");
    private static final Path PROCESS = Path.of("/proc/self/status");

    private Memory() {}

    /** What programs can still take without swapping; file caches count as free. */
    public static long freeOnCpu() {
        long available = kibibytes(SYSTEM, "MemAvailable:");
        return available > 0 ? available << 10 : system().getFreeMemorySize();
    }

    /** All memory of this machine. */
    public static long totalOnCpu() {
        return system().getTotalMemorySize();
    }

    /** The most resident memory this process ever had; 0 where the system does not tell (not Linux). */
    public static long peakOfProcess() {
        return kibibytes(PROCESS, "VmHWM:") << 10;
    }

    /**
     * Free memory of a CUDA device as {@code nvidia-smi} reports it; libtorch's Java bindings have no call for it.
     *
     * @return 0 when {@code nvidia-smi} cannot be asked
     */
    public static long freeOnCuda(int device) {
        ProcessBuilder query = new ProcessBuilder(
                "nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits", "-i", String.valueOf(device));
        try {
            Process process =
                    query.redirectError(ProcessBuilder.Redirect.DISCARD).start();
            try (BufferedReader answer = process.inputReader()) {
                String line = answer.readLine();
                return line == null || !line.strip().matches("\\d+") ? 0 : Long.parseLong(line.strip()) << 20;
            }
        } catch (IOException e) {
            return 0;
        }
    }

    private static OperatingSystemMXBean system() {
        return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    }

    /** The number on the line that begins with {@code label}, or 0. */
    private static long kibibytes(Path file, String label) {
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
}
