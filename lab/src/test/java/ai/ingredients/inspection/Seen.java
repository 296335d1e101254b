package ai.ingredients.inspection;

import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.VideoListener.Stage;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Made-up generations. */
final class Seen {
    /** Two latent frames of one row of two tokens. */
    static final TokenGrid GRID = new TokenGrid(2, 1, 2);

    private Seen() {}

    static RoutingInspector inspector(TokenGrid grid, int steps, int shown) {
        RoutingInspector inspector = new RoutingInspector(grid, steps, shown, null);
        inspector.begins(Stage.DENOISING, steps);
        return inspector;
    }

    /**
     * One block of one step for two people.
     *
     * @param first the share of the first person in each token
     * @param residual how long the residual of each token is; the hidden states have length 2
     */
    static void block(RoutingInspector inspector, int block, float[] first, float... residual) {
        try (Scope scope = Scope.inference()) {
            int tokens = first.length;
            float[] shares = new float[2 * tokens];
            float[] hidden = new float[2 * tokens];
            float[] added = new float[2 * tokens];
            for (int v = 0; v < tokens; v++) {
                shares[2 * v] = first[v];
                shares[2 * v + 1] = 1 - first[v];
                hidden[2 * v] = v % 2 == 0 ? 2 : 0;
                hidden[2 * v + 1] = v % 2 == 0 ? 0 : -2;
                added[2 * v + 1] = residual[v];
            }
            inspector.routed(
                    block,
                    Ops.tensor(hidden, 1, tokens, 2),
                    Ops.tensor(added, 1, tokens, 2),
                    Ops.tensor(shares, 1, tokens, 2));
        }
    }

    static void endOfStep(RoutingInspector inspector, int step, long timestep) {
        try (Scope scope = Scope.inference()) {
            Tensor latents = Ops.tensor(new float[1], 1);
            inspector.step(step, timestep, latents, List.of());
        }
    }

    /** Two blocks, three steps, all of them shown: block 0 gives everything to the left person, block 3 changes sides. */
    static Inspection inspection() {
        RoutingInspector inspector = inspector(GRID, 3, 3);
        for (int step = 0; step < 3; step++) {
            block(inspector, 0, new float[] {1, 1, 1, 1}, 1, 1, 1, 1);
            float left = step % 2;
            block(inspector, 3, new float[] {left, 1 - left, left, 1 - left}, 2, 0, 0, 0);
            endOfStep(inspector, step, 900 - 300L * step);
        }
        return inspector.inspection();
    }

    static View view(String label) {
        return new View(label, inspection(), List.of("ada", "alan"), 4, Picture.filled(96, 64, 128, 128, 128));
    }

    /** The colour at (x, y), 0xRRGGBB. */
    static int pixel(Picture picture, int x, int y) {
        int at = (y * picture.width() + x) * 3;
        return (picture.rgb()[at] & 0xff) << 16 | (picture.rgb()[at + 1] & 0xff) << 8 | picture.rgb()[at + 2] & 0xff;
    }

    /** How many pixels of {@code picture} have the colour {@code rgb}. */
    static int count(Picture picture, int rgb) {
        int count = 0;
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                count += pixel(picture, x, y) == rgb ? 1 : 0;
            }
        }
        return count;
    }
}
