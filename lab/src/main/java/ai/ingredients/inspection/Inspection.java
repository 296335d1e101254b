package ai.ingredients.inspection;

import ai.ingredients.pipeline.RoutingMaps;
import java.util.ArrayList;
import java.util.List;

/**
 * What the routers of a transformer did in one generation.
 *
 * @param grid where the tokens lie
 * @param people N
 * @param blocks indices of the routed blocks
 * @param steps figures of every denoising step, in order
 * @param shown maps of some steps, in order, the last step among them
 */
public record Inspection(TokenGrid grid, int people, List<Integer> blocks, List<Step> steps, List<Shown> shown) {
    /**
     * Figures of one denoising step.
     *
     * @param step counted from 0
     * @param timestep of the noise schedule, large where there is much noise
     * @param blocks one for each routed block
     */
    public record Step(int step, long timestep, List<Figures> blocks) {
        public Step {
            blocks = List.copyOf(blocks);
        }
    }

    /**
     * Maps of one denoising step.
     *
     * @param step counted from 0
     * @param timestep of the noise schedule
     * @param blocks one for each routed block
     */
    public record Shown(int step, long timestep, List<TokenMaps> blocks) {
        public Shown {
            blocks = List.copyOf(blocks);
        }

        /** The mean over the blocks. */
        RoutingMaps mean(TokenGrid grid) {
            float[] mean = new float[blocks.getFirst().shares().length];
            for (TokenMaps block : blocks) {
                float[] shares = block.shareValues();
                for (int i = 0; i < mean.length; i++) {
                    mean[i] += shares[i] / blocks.size();
                }
            }
            return new RoutingMaps(
                    grid.frames(),
                    grid.rows(),
                    grid.columns(),
                    blocks.getFirst().people(),
                    mean);
        }
    }

    public Inspection {
        blocks = List.copyOf(blocks);
        steps = List.copyOf(steps);
        shown = List.copyOf(shown);
        if (steps.isEmpty() || shown.isEmpty()) {
            throw new IllegalArgumentException("an inspection has at least one step with figures and one with maps");
        }
    }

    /** Means over the steps, for each routed block. */
    public List<Figures> byBlock() {
        List<Figures> means = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            int block = i;
            means.add(Figures.mean(
                    steps.stream().map(step -> step.blocks.get(block)).toList()));
        }
        return means;
    }

    /** Means over blocks and steps. */
    public Figures mean() {
        return Figures.mean(steps.stream().flatMap(step -> step.blocks.stream()).toList());
    }

    /** Who owns what at the end of the generation: the last step, mean over the blocks. */
    public RoutingMaps last() {
        return shown.getLast().mean(grid);
    }

    /** The part of a map that belongs to one latent frame. */
    static RoutingMaps frame(RoutingMaps maps, int latentFrame) {
        int size = maps.rows() * maps.columns() * maps.people();
        float[] part = new float[size];
        System.arraycopy(maps.shares(), latentFrame * size, part, 0, size);
        return new RoutingMaps(1, maps.rows(), maps.columns(), maps.people(), part);
    }
}
