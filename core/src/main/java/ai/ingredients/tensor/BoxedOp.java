package ai.ingredients.tensor;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;
import org.bytedeco.pytorch.TensorVector;

/**
 * An ATen operator the Java bindings have no method for, called through libtorch's dispatcher. A call costs about 7 µs.
 *
 * <p>Thread-safe; calls make native objects in the innermost scope.
 */
public final class BoxedOp {
    private final OperatorHandle handle;

    private BoxedOp(OperatorHandle handle) {
        this.handle = handle;
    }

    /**
     * Finds an operator.
     *
     * @param name for instance {@code aten::_fused_adamw_}
     * @param overload its overload, often empty
     */
    public static BoxedOp find(String name, String overload) {
        Natives.load();
        return new BoxedOp(Scope.retain(Dispatcher.singleton().findSchemaOrThrow(name, overload)));
    }

    /** Calls the operator with all of its arguments; see {@link #tensors}, {@link #tensor}, {@link #number} and {@link #none}. */
    public void call(IValue... arguments) {
        IValueVector stack = new IValueVector();
        for (IValue argument : arguments) {
            stack.push_back(argument);
        }
        handle.callBoxed(stack);
    }

    /** A {@code Tensor[]} argument; at least one tensor. */
    public static IValue tensors(List<Tensor> tensors) {
        TensorVector vector = new TensorVector(tensors.toArray(Tensor[]::new));
        return new IValue(new GenericList(new TensorList(vector)));
    }

    /** A {@code Tensor} argument, optional or not. */
    public static IValue tensor(Tensor tensor) {
        return new IValue(tensor);
    }

    /** An empty {@code Tensor[]} argument. */
    public static IValue noTensors() {
        return new IValue(new GenericList(new TensorList(new TensorVector())));
    }

    /** A {@code float} argument. */
    public static IValue number(double value) {
        return new IValue(value);
    }

    /** A {@code bool} argument. */
    public static IValue flag(boolean value) {
        return new IValue(value);
    }

    /** An absent optional argument. */
    public static IValue none() {
        return new IValue();
    }
}
