package ai.ingredients.training.config;

import java.io.Serializable;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Records with one component changed, for configs of a dozen components that a program changes two of:
 *
 * <pre>{@code
 * config = Records.with(config, VaeTraining::start, weights);
 * config = Records.change(config, VaeTraining::training, training -> Records.with(training, TrainerConfig::steps, 20L));
 * }</pre>
 *
 * <p>The compiler holds name and type of the component; which one it is is read from the method reference, which is
 * serialisable for that reason alone. The record's constructor checks the new value.
 */
public final class Records {
    private Records() {}

    /** The accessor of a component, as a method reference. */
    @FunctionalInterface
    public interface Component<R extends Record, V> extends Serializable {
        /** Its value. */
        @Nullable
        V of(R record);
    }

    /**
     * {@code record} with {@code value} as {@code component}.
     *
     * @throws ai.ingredients.InvalidInputException when the record refuses it
     */
    public static <R extends Record, V> R with(R record, Component<R, V> component, V value) {
        return RecordBinder.with(record, name(component), value);
    }

    /** As {@link #with}, with what {@code change} makes of the component, which is not null. */
    public static <R extends Record, V> R change(R record, Component<R, V> component, UnaryOperator<V> change) {
        V before = component.of(record);
        if (before == null) {
            throw new IllegalArgumentException(name(component) + " is null: there is nothing to change");
        }
        return with(record, component, change.apply(before));
    }

    private static String name(Component<?, ?> component) {
        try {
            Method writeReplace = component.getClass().getDeclaredMethod("writeReplace");
            writeReplace.setAccessible(true);
            return ((SerializedLambda) writeReplace.invoke(component)).getImplMethodName();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a component is named by a method reference such as Config::steps", e);
        }
    }
}
