package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.vae.Tiling;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VaeMemory;
import java.util.Locale;

/** Whether the autoencoder works in overlapping tiles, which bounds memory and changes the picture slightly. */
public enum TilingChoice {
    /** Tiles only where decoding in one piece would not fit the memory that is free. */
    AUTO,
    ON,
    OFF;

    /** The command-line spelling: {@code auto}, {@code on} or {@code off}. */
    public static TilingChoice parse(String text) {
        for (TilingChoice choice : values()) {
            if (choice.toString().equalsIgnoreCase(text)) {
                return choice;
            }
        }
        throw new InvalidInputException("VAE tiling \"" + text + "\" is not known; use auto, on or off");
    }

    /** Tiles or none for a video of {@code size}, by the memory that is free now. */
    public Tiling decide(VaeConfig config, VideoSize size, Compute compute) {
        boolean tile = switch (this) {
            case ON -> true;
            case OFF -> false;
            case AUTO ->
                VaeMemory.decodeBytes(
                                config,
                                compute.dtype(),
                                Tiling.off(config),
                                size.latentFrames(),
                                size.latentHeight(),
                                size.latentWidth())
                        > compute.freeBytes();
        };
        return tile ? Tiling.on(config) : Tiling.off(config);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
