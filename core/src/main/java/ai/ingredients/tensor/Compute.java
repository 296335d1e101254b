package ai.ingredients.tensor;

import ai.ingredients.InvalidInputException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Where a model computes and in which type.
 *
 * @param device {@code cpu}, {@code cuda} or {@code cuda:i}, in any case
 * @param dtype a type that {@linkplain DType#computes() computes}
 * @param attention whose kernel a CUDA device tries first; {@link Attention#AUTO} on the CPU
 */
public record Compute(String device, DType dtype, Attention attention) {
    private static final Pattern DEVICE = Pattern.compile("cpu|cuda(:\\d{1,4})?");

    /** Single precision on the CPU: the type in which everything is compared with the reference. */
    public static final Compute CPU_FP32 = new Compute("cpu", DType.FP32);

    public Compute {
        device = device.toLowerCase(Locale.ROOT);
        if (!DEVICE.matcher(device).matches()) {
            throw new InvalidInputException("device \"" + device + "\" is not known; use cpu, cuda or cuda:i");
        }
        if (!dtype.computes()) {
            throw new InvalidInputException("models do not compute in " + dtype + "; use fp32, bf16 or fp16");
        }
        if (attention != Attention.AUTO && device.equals("cpu")) {
            throw new InvalidInputException("`attention` " + attention
                    + " is a kernel of CUDA devices, and the device is the cpu, which has one way; use auto");
        }
    }

    /** With the kernel for attention that libtorch chooses. */
    public Compute(String device, DType dtype) {
        this(device, dtype, Attention.AUTO);
    }

    /**
     * Fails when the device is not there; never falls back to another one.
     *
     * @throws InvalidInputException naming what was found
     */
    public Compute checked() {
        if (!onCpu()) {
            Natives.load();
            long found = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
            if (deviceIndex() >= found) {
                throw new InvalidInputException("device " + device + " is not there: libtorch sees " + found
                        + " CUDA device(s); use `device` cpu");
            }
        }
        return this;
    }

    /** Whether the device is the CPU. */
    public boolean onCpu() {
        return device.equals("cpu");
    }

    /** A new native device handle, owned by the innermost scope. */
    public Device nativeDevice() {
        return new Device(device);
    }

    /** Options for making tensors here, owned by the innermost scope. */
    public TensorOptions options() {
        return new TensorOptions(dtype.scalarType()).device(new DeviceOptional(nativeDevice()));
    }

    /** {@code tensor} on this device and in this dtype; itself when it is there already. */
    public Tensor place(Tensor tensor) {
        return tensor.to(nativeDevice(), dtype.scalarType());
    }

    /** The same dtype on another device. */
    public Compute on(String otherDevice) {
        return new Compute(otherDevice, dtype, otherDevice.equalsIgnoreCase("cpu") ? Attention.AUTO : attention);
    }

    /** The same device with another dtype. */
    public Compute with(DType other) {
        return new Compute(device, other, attention);
    }

    /** The same with another kernel for attention. */
    public Compute with(Attention other) {
        return new Compute(device, dtype, other);
    }

    /** Bytes of memory the device has free now. */
    public long freeBytes() {
        return onCpu() ? Memory.freeOnCpu() : Memory.freeOnCuda(deviceIndex());
    }

    /** Which CUDA device it is; 0 for the CPU. */
    public int deviceIndex() {
        return device.contains(":") ? Integer.parseInt(device.substring(device.indexOf(':') + 1)) : 0;
    }
}
