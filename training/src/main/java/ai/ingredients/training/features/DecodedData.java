package ai.ingredients.training.features;

/**
 * What a stage sees of a model's decoder beside drawings.
 *
 * @param learned clips to learn from, numbered as the stage's own
 * @param unseen clips to validate with
 * @param share of what is learned from that is decoded
 */
public record DecodedData(DecodedClips learned, DecodedClips unseen, double share) implements AutoCloseable {
    @Override
    public void close() {
        learned.close();
        unseen.close();
    }
}
