package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How much of a checkpoint is in the compute device's memory at a time; the numbers do not change with it. */
public enum MemoryLevel {
    /** The most resident level that fits the memory that is free. */
    AUTO,
    /** Nothing is saved: every model stays from the first video on. Fastest for several videos. */
    NONE,
    /** One model at a time: text encoder, then transformer, then autoencoder. */
    MODEL,
    /** As {@link #MODEL}, and blocks of text encoder and transformer come in one by one. Slowest, least memory. */
    LAYER;

    /** The command-line spelling: {@code auto}, {@code none}, {@code model} or {@code layer}. */
    public static MemoryLevel parse(String text) {
        for (MemoryLevel level : values()) {
            if (level.toString().equalsIgnoreCase(text)) {
                return level;
            }
        }
        String known = Arrays.stream(values()).map(MemoryLevel::toString).collect(Collectors.joining(", "));
        throw new InvalidInputException("memory level \"" + text + "\" is not known; use one of " + known);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
