package ai.ingredients.cli;

import ai.ingredients.Ingredients.Options;
import ai.ingredients.tensor.Attention;
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

    @Option(names = "--device", paramLabel = "DEVICE", description = "cpu, cuda or cuda:i (default: " + CPU + ").")
    private @Nullable String device;

    @Option(
            names = "--attention",
            paramLabel = "KERNEL",
            description = "What CUDA tries first for attention: auto, cudnn, flash, efficient or math; `bench --cases "
                    + "kernels` tells the fastest (default: auto).")
    private @Nullable String attention;

    Compute compute() {
        String where = device == null ? CPU : device;
        return new Compute(
                where,
                dtype != null ? DType.parse(dtype) : where.equalsIgnoreCase(CPU) ? DType.FP32 : DType.BF16,
                attention == null ? Attention.AUTO : Attention.parse(attention));
    }

    /** {@code base} with what was typed. */
    Options over(Options base) {
        Options options = device == null ? base : base.withDevice(device);
        options = dtype == null ? options : options.withDtype(DType.parse(dtype));
        return attention == null ? options : options.withAttention(Attention.parse(attention));
    }
}
