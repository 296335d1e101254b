package ai.ingredients.weights.lora;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.ForeignPath;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of low-rank adapters, and how strongly they count.
 *
 * @param path a safetensors or PyTorch file, or the folder it lies in
 * @param scale factor on what the adapters add; 1 as they were trained, 0 nothing, negative the opposite
 */
public record Lora(Path path, double scale) {
    public Lora {
        if (!Double.isFinite(scale)) {
            throw new InvalidInputException(path + ": the scale " + scale + " is no number; 1 is usual");
        }
    }

    /** At its full strength. */
    public Lora(Path path) {
        this(path, 1);
    }

    /**
     * {@code FILE} or {@code FILE:scale}. A colon that is part of a path that is there belongs to the path.
     *
     * @throws InvalidInputException when what stands behind the last colon is no number, and there is no such file
     */
    public static Lora parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0 || isThere(text)) {
            return new Lora(Path.of(text));
        }
        String scale = text.substring(colon + 1);
        try {
            return new Lora(Path.of(text.substring(0, colon)), Double.parseDouble(scale));
        } catch (NumberFormatException e) {
            if (isThere(text.substring(0, colon))) {
                throw new InvalidInputException(
                        text + ": the scale \"" + scale + "\" is no number; write FILE:0.8, or FILE alone for 1", e);
            }
            return new Lora(Path.of(text)); // such as C:\style.safetensors
        }
    }

    private static boolean isThere(String path) {
        return ForeignPath.possible(path) && Files.exists(Path.of(path));
    }
}
