package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What {@code dataset.json} says of a folder of clips; the format is described in docs/data.md.
 *
 * @param source what the clips were made of, for people; a folder is only added to from the same source
 * @param width pixels across that clips are meant to have when they are trained on
 * @param height pixels down
 * @param fps frames per second of videos whose own line says nothing else
 */
public record DatasetInfo(String source, int width, int height, double fps) {
    /** The file's name. */
    public static final String FILE = "dataset.json";

    private static final String FORMAT = "ingredients-clips";
    private static final int VERSION = 1;
    private static final int LARGEST = 8192; // pixels a side; the largest videos have 7680

    public DatasetInfo {
        if (width < 1 || height < 1 || width > LARGEST || height > LARGEST || !(fps > 0) || Double.isInfinite(fps)) {
            throw new InvalidInputException("width is " + width + ", height " + height + " and fps " + fps
                    + "; expected 1 to " + LARGEST + " pixels and a positive number");
        }
    }

    /**
     * Reads {@code folder/dataset.json}.
     *
     * @throws InvalidInputException when the folder holds none, or one this program cannot read
     */
    public static DatasetInfo read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException(
                    folder + ": holds no data set (there is no " + FILE + "); see docs/data.md");
        }
        ConfigReader json = ConfigReader.of(file);
        String format = json.text("format");
        int version = json.integer("version");
        if (!format.equals(FORMAT) || version != VERSION) {
            throw new InvalidInputException(file + ": is format \"" + format + "\" version " + version + ", expected \""
                    + FORMAT + "\" version " + VERSION + "; make it again with this program");
        }
        return json.build(() -> new DatasetInfo(
                json.text("source", ""), json.integer("width"), json.integer("height"), json.number("fps")));
    }

    /** Writes it into {@code folder}. */
    void write(Path folder) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("format", FORMAT).put("version", VERSION).put("source", source);
        json.put("width", width).put("height", height).put("fps", fps);
        JsonFile.write(folder.resolve(FILE), json);
    }
}
