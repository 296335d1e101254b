package ai.ingredients.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** One of a few words, in any case, with hyphens between its parts. */
final class Choice<E extends Enum<E>> implements ITypeConverter<E> {
    private final E[] known;

    Choice(Class<E> type) {
        known = type.getEnumConstants();
    }

    @Override
    public E convert(String text) {
        for (E one : known) {
            if (word(one).equalsIgnoreCase(text) || one.name().equalsIgnoreCase(text)) {
                return one;
            }
        }
        List<String> words = Arrays.stream(known).map(Choice::word).toList();
        throw new TypeConversionException("\"" + text + "\" is not known; use one of " + String.join(", ", words));
    }

    /** As it is typed. */
    static String word(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
