package ai.ingredients.media;

import java.nio.file.Path;

/** Writes pictures as PNG. Thread-safe. */
public final class PictureWriter {
    private PictureWriter() {}

    /**
     * Writes {@code picture} to {@code file} in one step: a reader sees what was there before or the whole picture.
     *
     * @throws ai.ingredients.InvalidInputException when {@code file} is a folder or its folder is missing or read-only
     * @throws ai.ingredients.OperationFailedException when the disk is full or fails
     */
    public static void png(Path file, Picture picture) {
        AtomicOutput.write(file, Png.encode(new Frame(picture.width(), picture.height(), picture.rgb())));
    }
}
