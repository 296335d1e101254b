package ai.ingredients.bench;

import ai.ingredients.tensor.Memory;
import ai.ingredients.tensor.Natives;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.global.torch;

/**
 * Measurements as a table and as JSON, with the machine they were made on.
 *
 * @param measured in order
 * @param version of this program
 */
public record BenchReport(List<Measured> measured, String version) {
    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

    public BenchReport {
        measured = List.copyOf(measured);
    }

    /** The fastest matrix product of each dtype: what shares are shares of. */
    private Map<String, Double> peaks() {
        Map<String, Double> peaks = new TreeMap<>();
        for (Measured one : measured) {
            if (one.name().startsWith("matmul")) {
                peaks.merge(one.dtype(), one.gigaflops(), Math::max);
            }
        }
        return peaks;
    }

    /** The share of the machine's peak, 0 where no product of that dtype was measured. */
    private static double share(Measured one, Map<String, Double> peaks) {
        double peak = peaks.getOrDefault(one.dtype(), 0.0);
        return peak == 0 ? 0 : one.gigaflops() / peak;
    }

    /** For a person to read. */
    public String table() {
        Map<String, Double> peaks = peaks();
        StringBuilder text = new StringBuilder();
        text.append(machine()).append('\n');
        text.append(row("case", "type", "median", "least to most", "GFLOP/s", "peak", "resident", "planned", "others"));
        for (Measured one : measured) {
            if (!one.ran()) {
                text.append(row(one.name(), one.dtype(), "-", "-", "-", "-", "-", "-", "-"));
            } else {
                long memory = Math.max(one.peakResident(), one.peakDevice());
                text.append(row(
                        one.name(),
                        one.dtype(),
                        format("%.4f s", one.median()),
                        format("%.4f", one.least()) + " to " + format("%.4f", one.most()),
                        one.gigaflops() == 0 ? "-" : format("%.1f", one.gigaflops()),
                        share(one, peaks) == 0 ? "-" : format("%.0f %%", 100 * share(one, peaks)),
                        format("%.2f GB", memory / 1e9),
                        one.estimated() == 0 ? "-" : format("%.2f GB", one.estimated() / 1e9),
                        format("%.0f %%", 100 * one.others())));
            }
            if (one.note() != null) {
                text.append("    ").append(one.note()).append('\n');
            }
        }
        return text.toString();
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, "%-52s %-5s %11s %19s %9s %6s %9s %9s %6s%n", cells);
    }

    private static String format(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }

    /** For a program to read. */
    public JsonNode json() {
        Map<String, Double> peaks = peaks();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("implementation", "ingredients " + version);
        json.put("machine", machine());
        ArrayNode cases = json.putArray("cases");
        for (Measured one : measured) {
            ObjectNode node = cases.addObject();
            node.put("case", one.name()).put("dtype", one.dtype());
            if (one.ran()) {
                node.put("median_s", one.median()).put("least_s", one.least()).put("most_s", one.most());
                ArrayNode seconds = node.putArray("seconds");
                one.seconds().forEach(seconds::add);
                node.put("gflops", one.gigaflops()).put("share_of_peak", share(one, peaks));
                node.put("peak_resident_bytes", one.peakResident()).put("peak_device_bytes", one.peakDevice());
                node.put("planned_bytes", one.estimated()).put("other_cpu_share", one.others());
            }
            if (one.note() != null) {
                node.put("note", one.note());
            }
        }
        return json;
    }

    /** Processor, threads, memory, versions. */
    private static String machine() {
        Natives.load();
        return processor() + ", " + torch.get_num_threads() + " threads, "
                + format("%.0f GB", Memory.totalOnCpu() / 1e9) + ", libtorch " + Natives.version() + " with "
                + Natives.blas() + ", Java " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                + System.getProperty("os.version");
    }

    private static String processor() {
        try {
            return Files.readString(PROCESSOR)
                    .lines()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }
}
