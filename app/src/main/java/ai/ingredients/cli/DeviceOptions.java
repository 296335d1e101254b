package ai.ingredients.cli;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where to compute, and in what. */
final class DeviceOptions {
    private static final String CPU = "cpu";

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "fp32, bf16 or fp16 (default: fp32 on the CPU, bf16 on CUDA).")
    private @Nullable String dtype;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = CPU,
            description = "cpu, cuda or cuda:i (default: ${DEFAULT-VALUE}).")
    private String device;

    Compute compute() {
        return new Compute(
                device, dtype != null ? DType.parse(dtype) : device.equalsIgnoreCase(CPU) ? DType.FP32 : DType.BF16);
    }
}
