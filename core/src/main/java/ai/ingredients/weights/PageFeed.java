package ai.ingredients.weights;

/** Blocks that compute from their file's pages, or from copies on the CPU: pages are read ahead. */
final class PageFeed implements BlockFeed {
    private final Weights blocks;

    PageFeed(Weights blocks) {
        this.blocks = blocks;
    }

    @Override
    public void begin(int index) {
        blocks.at(index).expect();
    }

    @Override
    public Weights arrive(int index) {
        return blocks.at(index).lease();
    }

    @Override
    public void close() {
        // what is read ahead belongs to the system's cache
    }
}
