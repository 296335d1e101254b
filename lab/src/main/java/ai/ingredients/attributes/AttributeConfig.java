package ai.ingredients.attributes;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;

/**
 * Sizes of an {@link AttributeNetwork}; keys of its {@code config.json} in camel case.
 *
 * @param frames of a video, at least 2
 * @param height pixels of a frame
 * @param width pixels of a frame
 * @param widths channels of the four stages
 */
public record AttributeConfig(int frames, int height, int width, List<Integer> widths) {
    static final int STAGES = 4;
    private static final int LEAST_SIDE = 32;
    private static final int LONGEST_SIDE = 2048;
    private static final int MOST_FRAMES = 1024;

    /** For the demo's videos. */
    public static final AttributeConfig DEFAULT = new AttributeConfig(17, 96, 144, List.of(32, 64, 96, 128));

    public AttributeConfig {
        widths = List.copyOf(widths);
        if (frames < 2 || height < LEAST_SIDE || width < LEAST_SIDE) {
            throw new InvalidInputException("videos of " + frames + " frames of " + width + "x" + height
                    + " show too little; expected at least 2 of " + LEAST_SIDE + "x" + LEAST_SIDE);
        }
        Sizes.check("frames", frames, MOST_FRAMES);
        Sizes.check("height", height, LONGEST_SIDE);
        Sizes.check("width", width, LONGEST_SIDE);
        if (widths.size() != STAGES || widths.stream().anyMatch(channels -> channels < 1 || channels > Sizes.MOST)) {
            throw new InvalidInputException("widths is " + widths + "; expected " + STAGES + " positive numbers");
        }
    }

    /**
     * Reads {@code config.json} at {@code file}.
     *
     * @throws InvalidInputException when it is unreadable or a size cannot be
     */
    public static AttributeConfig read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        int frames = config.integer("frames", DEFAULT.frames);
        int height = config.integer("height", DEFAULT.height);
        int width = config.integer("width", DEFAULT.width);
        List<Integer> widths = config.integers("widths", DEFAULT.widths);
        return config.build(() -> new AttributeConfig(frames, height, width, widths));
    }

    /** What {@link #read} reads. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("frames", frames).put("height", height).put("width", width);
        widths.forEach(json.putArray("widths")::add);
        return json;
    }
}
