package ai.ingredients.tensor;

import ai.ingredients.InvalidInputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Element types a checkpoint can hold, with their safetensors tag, libtorch type and size. */
public enum DType {
    BOOL("BOOL", ScalarType.Bool, 1),
    UINT8("U8", ScalarType.Byte, 1),
    INT8("I8", ScalarType.Char, 1),
    INT16("I16", ScalarType.Short, 2),
    UINT16("U16", ScalarType.UInt16, 2),
    INT32("I32", ScalarType.Int, 4),
    UINT32("U32", ScalarType.UInt32, 4),
    INT64("I64", ScalarType.Long, 8),
    UINT64("U64", ScalarType.UInt64, 8),
    FP16("F16", ScalarType.Half, 2),
    BF16("BF16", ScalarType.BFloat16, 2),
    FP32("F32", ScalarType.Float, 4),
    FP64("F64", ScalarType.Double, 8),
    FP8_E4M3("F8_E4M3", ScalarType.Float8_e4m3fn, 1),
    FP8_E5M2("F8_E5M2", ScalarType.Float8_e5m2, 1),
    /** Scales of blocks: powers of two. No model here reads them; nor the types below. */
    FP8_E8M0("F8_E8M0", ScalarType.Float8_e8m0fnu, 1),
    FP8_E4M3_FNUZ("F8_E4M3FNUZ", ScalarType.Float8_e4m3fnuz, 1),
    FP8_E5M2_FNUZ("F8_E5M2FNUZ", ScalarType.Float8_e5m2fnuz, 1),
    COMPLEX32("C32", ScalarType.ComplexHalf, 4),
    COMPLEX64("C64", ScalarType.ComplexFloat, 8),
    COMPLEX128("C128", ScalarType.ComplexDouble, 16),
    /** Whatever is not known here, such as numbers of 4 bits: a tensor of it is named, and refused when it is asked for. */
    OTHER("another type", ScalarType.Undefined, 1);

    private final String tag;
    private final ScalarType scalarType;
    private final int bytes;

    DType(String tag, ScalarType scalarType, int bytes) {
        this.tag = tag;
        this.scalarType = scalarType;
        this.bytes = bytes;
    }

    /** The name in a safetensors header, for instance {@code BF16}. */
    public String tag() {
        return tag;
    }

    /** The libtorch element type. */
    public ScalarType scalarType() {
        return scalarType;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether a model can compute in it: fp32, bf16, fp16 or fp64. */
    public boolean computes() {
        return this == FP32 || this == BF16 || this == FP16 || this == FP64;
    }

    /** Whether values are (possibly 8-bit) floating point, so that loading may convert them to the compute type. */
    public boolean floating() {
        return computes() || this == FP8_E4M3 || this == FP8_E5M2;
    }

    /** The type of {@code tensor}'s elements. */
    public static DType of(Tensor tensor) {
        return of(tensor.scalar_type());
    }

    /** The type for libtorch's {@code type}. */
    public static DType of(ScalarType type) {
        for (DType dtype : values()) {
            if (dtype != OTHER && dtype.scalarType.value == type.value) {
                return dtype;
            }
        }
        throw new InvalidInputException("element type " + type + " is not supported; use one of " + tags());
    }

    /** The type for a safetensors header's {@code dtype}; {@link #OTHER} for one that is not known. */
    public static DType ofTag(String tag) {
        for (DType dtype : values()) {
            if (dtype.tag.equals(tag)) {
                return dtype;
            }
        }
        return OTHER;
    }

    /** The compute type a user names: {@code fp32}, {@code bf16} or {@code fp16}; fp64 is for tests. */
    public static DType parse(String text) {
        for (DType dtype : values()) {
            if (dtype.computes() && dtype != FP64 && dtype.name().equalsIgnoreCase(text)) {
                return dtype;
            }
        }
        throw new InvalidInputException("dtype \"" + text + "\" is not known; use fp32, bf16 or fp16");
    }

    private static String tags() {
        return Arrays.stream(values())
                .filter(dtype -> dtype != OTHER)
                .map(DType::tag)
                .collect(Collectors.joining(", "));
    }

    /** The command-line spelling, for instance {@code fp32}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
