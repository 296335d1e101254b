package ai.ingredients.weights;

import ai.ingredients.tensor.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The classes and functions a checkpoint of {@code torch.save} may name, and what they mean to {@link TorchFile}. */
final class TorchGlobals {
    /** Functions. */
    enum Known {
        REBUILD_TENSOR,
        REBUILD_TENSOR_V2,
        REBUILD_TENSOR_V3,
        REBUILD_PARAMETER,
        /** Tensors that are no grid of plain values: quantised, sparse, nested, without values. */
        REBUILD_OTHER,
        DICT,
        SEQUENCE,
        /** A value nobody here asks for: its arguments are read and forgotten. */
        INERT
    }

    /** A storage class; {@code dtype} is null for untyped bytes. */
    record StorageClass(@Nullable DType dtype) {}

    private static final Map<String, Object> GLOBALS = globals();

    private TorchGlobals() {}

    /** A {@link Known}, a {@link StorageClass} or a {@link DType}; null for what no checkpoint needs. */
    static @Nullable Object find(String module, String name) {
        return GLOBALS.get(module + "." + name);
    }

    private static Map<String, Object> globals() {
        Map<String, Object> known = new HashMap<>();
        known.put("torch._utils._rebuild_tensor", Known.REBUILD_TENSOR);
        known.put("torch._utils._rebuild_tensor_v2", Known.REBUILD_TENSOR_V2);
        known.put("torch._utils._rebuild_tensor_v3", Known.REBUILD_TENSOR_V3);
        known.put("torch._utils._rebuild_parameter", Known.REBUILD_PARAMETER);
        known.put("torch._utils._rebuild_parameter_with_state", Known.REBUILD_PARAMETER);
        known.put("torch.nn.parameter.Parameter", Known.REBUILD_PARAMETER);
        for (String kind : List.of("qtensor", "sparse_tensor", "nested_tensor", "meta_tensor_no_storage")) {
            known.put("torch._utils._rebuild_" + kind, Known.REBUILD_OTHER);
        }
        known.put("torch.serialization._get_layout", Known.INERT);
        known.put("torch.per_tensor_affine", Known.INERT);
        known.put("torch.per_channel_affine", Known.INERT);
        known.put("collections.OrderedDict", Known.DICT);
        known.put("collections.defaultdict", Known.DICT);
        known.put("collections.Counter", Known.DICT);
        known.put("torch.Size", Known.SEQUENCE);
        known.put("torch.device", Known.INERT);
        known.put("_codecs.encode", Known.INERT); // how protocol 2 writes bytes
        for (String builtins : List.of("builtins", "__builtin__")) {
            for (String name :
                    List.of("set", "frozenset", "bytearray", "complex", "int", "long", "float", "list", "dict")) {
                known.put(builtins + "." + name, Known.INERT);
            }
        }
        known.put("torch.storage.UntypedStorage", new StorageClass(null));
        known.put("torch.UntypedStorage", new StorageClass(null));
        Map<String, DType> storages = new HashMap<>();
        storages.put("Float", DType.FP32);
        storages.put("Double", DType.FP64);
        storages.put("Half", DType.FP16);
        storages.put("BFloat16", DType.BF16);
        storages.put("Long", DType.INT64);
        storages.put("Int", DType.INT32);
        storages.put("Short", DType.INT16);
        storages.put("Char", DType.INT8);
        storages.put("Byte", DType.UINT8);
        storages.put("Bool", DType.BOOL);
        storages.put("ComplexFloat", DType.COMPLEX64);
        storages.put("ComplexDouble", DType.COMPLEX128);
        storages.put("QInt8", DType.INT8);
        storages.put("QUInt8", DType.UINT8);
        storages.put("QInt32", DType.INT32);
        storages.forEach((name, dtype) -> {
            known.put("torch." + name + "Storage", new StorageClass(dtype));
            known.put("torch.cuda." + name + "Storage", new StorageClass(dtype));
        });
        dtypes().forEach((name, dtype) -> known.put("torch." + name, dtype));
        return Map.copyOf(known);
    }

    private static Map<String, DType> dtypes() {
        Map<String, DType> names = new HashMap<>();
        names.put("bool", DType.BOOL);
        names.put("uint8", DType.UINT8);
        names.put("int8", DType.INT8);
        names.put("int16", DType.INT16);
        names.put("uint16", DType.UINT16);
        names.put("int32", DType.INT32);
        names.put("uint32", DType.UINT32);
        names.put("int64", DType.INT64);
        names.put("uint64", DType.UINT64);
        names.put("float16", DType.FP16);
        names.put("bfloat16", DType.BF16);
        names.put("float32", DType.FP32);
        names.put("float64", DType.FP64);
        names.put("float8_e4m3fn", DType.FP8_E4M3);
        names.put("float8_e5m2", DType.FP8_E5M2);
        names.put("float8_e8m0fnu", DType.FP8_E8M0);
        names.put("float8_e4m3fnuz", DType.FP8_E4M3_FNUZ);
        names.put("float8_e5m2fnuz", DType.FP8_E5M2_FNUZ);
        names.put("complex32", DType.COMPLEX32);
        names.put("complex64", DType.COMPLEX64);
        names.put("complex128", DType.COMPLEX128);
        return names;
    }
}
