package ai.ingredients.bench;

import ai.ingredients.InvalidInputException;
import ai.ingredients.pipeline.VideoSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/** Sizes of models that can be measured without any checkpoint; their configs lie beside this class. */
public enum BenchSize {
    /** 1.7 million parameters: whether everything runs. */
    TINY(9, 64, 96, 64),
    /** A transformer of 136 million parameters, 1500 video tokens and two people; autoencoder of half the published width. */
    MID(13, 240, 400, 64),
    /** The published sizes: 6.4 billion parameters, T5-XXL, the autoencoder of CogVideoX. */
    PUBLISHED(9, 240, 368, 226);

    private static final int PEOPLE = 2;

    private final int frames;
    private final int height;
    private final int width;
    private final int textTokens;

    BenchSize(int frames, int height, int width, int textTokens) {
        this.frames = frames;
        this.height = height;
        this.width = width;
        this.textTokens = textTokens;
    }

    /** What is made where nobody asks for another size; MID's are 4 latent frames, which only a step can have. */
    public VideoSize video() {
        return new VideoSize(frames, height, width);
    }

    /** Text tokens of a step. */
    public int textTokens() {
        return textTokens;
    }

    /** People of a step. */
    public int people() {
        return PEOPLE;
    }

    /** The command-line spelling. */
    public static BenchSize parse(String text) {
        for (BenchSize size : values()) {
            if (size.toString().equalsIgnoreCase(text)) {
                return size;
            }
        }
        throw new InvalidInputException("size \"" + text + "\" is not known; use one of "
                + Arrays.stream(values()).map(BenchSize::toString).collect(Collectors.joining(", ")));
    }

    /** The {@code config.json} of {@code component}: transformer, vae or text_encoder. */
    byte[] config(String component) {
        return resource(this + "/" + component + ".json");
    }

    /** A {@code scheduler_config.json}. */
    static byte[] scheduler() {
        return resource("scheduler.json");
    }

    private static byte[] resource(String name) {
        try (InputStream in = Objects.requireNonNull(BenchSize.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " cannot be read", e);
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
