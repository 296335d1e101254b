package ai.ingredients.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Seeds are 64 bits, as in PyTorch: written from 0 to 2^64 − 1, or negative, which counts down from there. */
final class Seed implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        try {
            return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException(
                    "\"" + text + "\" is no seed; use a whole number from 0 to " + Long.toUnsignedString(-1));
        }
    }
}
