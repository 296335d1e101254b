package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * About which colour a latent decodes to: each of R, G and B, in 0 … 1, is a constant and a weighted sum of the channels of
 * the scaled latent. A property of the autoencoder, fitted by least squares ({@link LatentColoursFit}); it shows small
 * pictures of a video without decoding. Kept as {@code preview.json} in the model's folder, where the official code passes
 * over it. Immutable and thread-safe.
 *
 * @param red weights, one for each latent channel
 * @param green weights, one for each latent channel
 * @param blue weights, one for each latent channel
 * @param constant of red, green and blue
 * @param explained share of the colours' variance that the fit explains, at most 1
 */
public record LatentColours(
        List<Double> red, List<Double> green, List<Double> blue, List<Double> constant, double explained) {
    /** The file's name in a model's folder. */
    public static final String FILE = "preview.json";

    public LatentColours {
        red = List.copyOf(red);
        green = List.copyOf(green);
        blue = List.copyOf(blue);
        constant = List.copyOf(constant);
        if (red.isEmpty() || green.size() != red.size() || blue.size() != red.size() || constant.size() != 3) {
            throw new InvalidInputException("red, green, blue and constant have " + red.size() + ", " + green.size()
                    + ", " + blue.size() + " and " + constant.size()
                    + " numbers; expected one for each latent channel in the first three, and three constants");
        }
    }

    /**
     * Reads a file that {@link #write} wrote.
     *
     * @throws InvalidInputException when it is missing or damaged
     */
    public static LatentColours read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        return config.build(() -> new LatentColours(
                config.numbers("red", List.of()),
                config.numbers("green", List.of()),
                config.numbers("blue", List.of()),
                config.numbers("constant", List.of()),
                config.number("explained", 0)));
    }

    /** Writes {@code file}, whole or not at all. */
    public void write(Path file) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        red.forEach(json.putArray("red")::add);
        green.forEach(json.putArray("green")::add);
        blue.forEach(json.putArray("blue")::add);
        constant.forEach(json.putArray("constant")::add);
        json.put("explained", explained);
        JsonFile.write(file, json);
    }

    /** Latent channels. */
    public int channels() {
        return red.size();
    }

    /**
     * The latent frames as pictures with a pixel for each latent.
     *
     * @param latents scaled, clean: [1, f, C, h, w] on any device and in any dtype
     * @return f pictures of w x h pixels
     */
    public List<Picture> pictures(Tensor latents) {
        long frames = latents.size(1);
        long height = latents.size(3);
        long width = latents.size(4);
        try (Scope scope = Scope.inference()) {
            Tensor rows = latents.select(0, 0)
                    .cpu()
                    .to(ScalarType.Float)
                    .permute(0, 2, 3, 1)
                    .reshape(-1, channels()); // [f · h · w, C]
            Tensor weights = Ops.tensor(floats(red, green, blue), 3, channels());
            Tensor colours = Ops.linear(rows, weights, Ops.tensor(floats(constant), 3)); // [f · h · w, 3]
            Tensor bytes = Ops.scale(
                            colours.clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(1))), 255)
                    .round()
                    .to(ScalarType.Byte);
            return Picture.of(bytes.reshape(frames, height, width, 3));
        }
    }

    @SafeVarargs
    private static float[] floats(List<Double>... lists) {
        int count = 0;
        float[] all = new float[lists.length * lists[0].size()];
        for (List<Double> list : lists) {
            for (double number : list) {
                all[count++] = (float) number;
            }
        }
        return all;
    }
}
