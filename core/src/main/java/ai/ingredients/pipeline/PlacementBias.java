package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.FrameRate;
import ai.ingredients.pipeline.Placement.Region;
import ai.ingredients.pipeline.Placement.Span;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * Places as a bias on the router's logits: in each token b · (2c − 1), where c is the share of the token that the person's
 * places cover. So it is +b inside, −b outside and goes over linearly in the tokens that an edge cuts. A latent frame has
 * the mean of its video frames (frame 0 alone, then four each); frames at which a person has no place count 0.
 *
 * <p>What the same for everybody is cancels in the softmax: where the places of two people overlap, or outside of all of
 * them, the router decides.
 */
final class PlacementBias {
    private PlacementBias() {}

    /**
     * The bias of every token.
     *
     * @param strength b
     * @param patchSize side of the transformer's patches, in latents
     * @return [V, N], tokens frame by frame and row by row
     */
    static float[] of(List<Placement> places, double strength, VideoSize size, int patchSize, int people) {
        return mean(places, size, patchSize, people, covered -> strength * (2 * covered - 1), 0);
    }

    /**
     * How much of every token is a person's place; 1 for people and at times without one.
     *
     * @return [V, N], tokens frame by frame and row by row
     */
    static float[] shares(List<Placement> places, VideoSize size, int patchSize, int people) {
        return mean(places, size, patchSize, people, covered -> covered, 1);
    }

    /**
     * The mean over a latent frame's video frames.
     *
     * @param value of a token of which a share is covered
     * @param otherwise of frames at which a person has no place
     */
    private static float[] mean(
            List<Placement> places,
            VideoSize size,
            int patchSize,
            int people,
            DoubleUnaryOperator value,
            double otherwise) {
        int tokens = rows(size, patchSize) * columns(size, patchSize);
        float[] bias = new float[size.latentFrames() * tokens * people];
        for (int n = 0; n < people; n++) {
            int person = n;
            List<Placement> own =
                    places.stream().filter(one -> one.person() == person).toList();
            Map<List<Region>, double[]> known = new HashMap<>();
            for (int frame = 0; frame < size.frames(); frame++) {
                double seconds = seconds(frame);
                List<Region> held = own.stream()
                        .filter(one -> one.holdsAt(seconds))
                        .map(Placement::region)
                        .toList();
                if (held.isEmpty() && otherwise == 0) {
                    continue;
                }
                double[] covered = known.computeIfAbsent(held, regions -> coverage(regions, size, patchSize));
                int latent = Math.ceilDiv(frame, VideoSize.FRAMES_PER_LATENT);
                int framesInLatent = latent == 0 ? 1 : VideoSize.FRAMES_PER_LATENT;
                for (int v = 0; v < tokens; v++) {
                    double part = (held.isEmpty() ? otherwise : value.applyAsDouble(covered[v])) / framesInLatent;
                    bias[(latent * tokens + v) * people + n] += (float) part;
                }
            }
        }
        return bias;
    }

    /** The share of each token's pixels whose centres one of {@code regions} holds, row by row. */
    private static double[] coverage(List<Region> regions, VideoSize size, int patchSize) {
        int side = side(size, patchSize);
        int columns = columns(size, patchSize);
        double[] covered = new double[rows(size, patchSize) * columns];
        for (int y = 0; y < size.height(); y++) {
            double down = (y + 0.5) / size.height();
            for (int x = 0; x < size.width(); x++) {
                double across = (x + 0.5) / size.width();
                if (regions.stream().anyMatch(region -> region.holds(across, down))) {
                    covered[y / side * columns + x / side]++;
                }
            }
        }
        return Arrays.stream(covered).map(pixels -> pixels / (side * side)).toArray();
    }

    /** Refuses a place that no token or no frame would notice. */
    static void check(Placement one, VideoSize size, int patchSize) {
        Span span = one.span();
        if (span != null) {
            double end = seconds(size.frames());
            if (span.to() > end) {
                throw new InvalidInputException("the place " + one.place() + " ends at " + Placement.number(span.to())
                        + " s, but the video at " + Placement.number(end) + " s (" + size.frames() + " frames at "
                        + FrameRate.DEFAULT + " a second); end it by then, or ask for more frames");
            }
            if (Math.ceil(span.from() / seconds(1)) * seconds(1) >= span.to()) {
                throw new InvalidInputException("in the time of the place " + one.place()
                        + " no frame begins; frames are " + Placement.number(seconds(1)) + " s apart");
            }
        }
        double most = 0;
        for (double covered : coverage(List.of(one.region()), size, patchSize)) {
            most = Math.max(most, covered);
        }
        if (most <= 0.5) {
            int side = side(size, patchSize);
            throw new InvalidInputException(
                    "the place " + one.place() + " covers no token by more than half; tokens are " + side + "x" + side
                            + " pixels of " + size.width() + "x" + size.height() + ", make it larger");
        }
    }

    /** When a frame begins. */
    private static double seconds(int frame) {
        return frame / FrameRate.DEFAULT.perSecond();
    }

    /** Pixels along a token. */
    private static int side(VideoSize size, int patchSize) {
        return size.pixelsPerLatent() * patchSize;
    }

    private static int rows(VideoSize size, int patchSize) {
        return size.height() / side(size, patchSize);
    }

    private static int columns(VideoSize size, int patchSize) {
        return size.width() / side(size, patchSize);
    }
}
