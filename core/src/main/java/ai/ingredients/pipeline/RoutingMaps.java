package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who owned which part of a generated video, as {@link RoutingRecorder} wrote it: the mean over the steps of the later
 * half of the generation and over all routed blocks.
 *
 * @param frames latent frames
 * @param rows tokens down
 * @param columns tokens across
 * @param people how many
 * @param shares of person n in token v at {@code v · people + n}; they sum to 1 over the people
 */
public record RoutingMaps(int frames, int rows, int columns, int people, float[] shares) {
    private static final int[][] COLOURS = {{230, 57, 70}, {29, 120, 230}, {42, 170, 90}, {240, 160, 20}, {150, 70, 200}
    };
    private static final double OPACITY = 0.55;

    /**
     * Reads a file that {@link RoutingRecorder} wrote.
     *
     * @throws InvalidInputException when it is none
     */
    public static RoutingMaps read(Path file) {
        try (Scope scope = Scope.inference();
                SafetensorsFile stored = SafetensorsFile.open(file)) {
            Map<String, String> metadata = stored.metadata();
            Map<String, float[]> maps = new TreeMap<>();
            for (String name : stored.names()) {
                maps.put(name, Ops.floats(stored.get(name)));
            }
            if (maps.isEmpty() || !metadata.containsKey("frames")) {
                throw new InvalidInputException(file + ": holds no routing maps, as a generation records them");
            }
            List<float[]> late = new ArrayList<>(maps.values()).subList(maps.size() / 2, maps.size());
            float[] mean = new float[late.getFirst().length];
            for (float[] map : late) {
                for (int i = 0; i < mean.length; i++) {
                    mean[i] += map[i] / late.size();
                }
            }
            int frames = number(metadata, "frames");
            int rows = number(metadata, "rows");
            int columns = number(metadata, "columns");
            return new RoutingMaps(frames, rows, columns, mean.length / (frames * rows * columns), mean);
        }
    }

    private static int number(Map<String, String> metadata, String key) {
        return Integer.parseInt(metadata.getOrDefault(key, "0"));
    }

    /** The share of {@code person} in a token. */
    public float share(int frame, int row, int column, int person) {
        return shares[((frame * rows + row) * columns + column) * people + person];
    }

    /**
     * Every frame in gray, tinted with the colours of those who own each place.
     *
     * @param video the video's frames
     */
    public List<Picture> overlays(List<Picture> video) {
        List<Picture> tinted = new ArrayList<>();
        for (int i = 0; i < video.size(); i++) {
            tinted.add(overlay(video.get(i), i == 0 ? 0 : Math.min(frames - 1, (i + 3) / 4)));
        }
        return tinted;
    }

    private Picture overlay(Picture frame, int latentFrame) {
        byte[] rgb = new byte[frame.rgb().length];
        for (int y = 0; y < frame.height(); y++) {
            int row = y * rows / frame.height();
            for (int x = 0; x < frame.width(); x++) {
                int column = x * columns / frame.width();
                int at = (y * frame.width() + x) * 3;
                double gray = 0.3 * (frame.rgb()[at] & 255)
                        + 0.59 * (frame.rgb()[at + 1] & 255)
                        + 0.11 * (frame.rgb()[at + 2] & 255);
                for (int c = 0; c < 3; c++) {
                    double tint = 0;
                    for (int n = 0; n < people; n++) {
                        tint += share(latentFrame, row, column, n) * COLOURS[n % COLOURS.length][c];
                    }
                    rgb[at + c] = (byte) Math.round(gray * (1 - OPACITY) + tint * OPACITY);
                }
            }
        }
        return new Picture(frame.width(), frame.height(), rgb);
    }
}
