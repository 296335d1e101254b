package ai.ingredients.training.text;

import java.util.Arrays;

/**
 * Captions with holes, and questions about their pieces. The arrays are the batch's own; do not change them.
 *
 * @param first number of the first caption
 * @param rows B, captions
 * @param ids [B, T] ids the encoder sees: some are {@code <extra_id_0>} or wrong
 * @param places [M] where a question is asked, as an index into the flattened B·T outputs
 * @param kinds [M] in rising order, which question: 0 asks for the hidden piece at the place itself, the others for a
 *     neighbour, see {@link TextStage.Settings#neighbours}
 * @param answers [M] the right ids
 * @param labels [B, L] numbers of the captions' labels, −1 where not known
 */
public record TextBatch(long first, int rows, long[] ids, long[] places, long[] kinds, long[] answers, long[] labels) {
    /** How many questions of {@code kind} there are. */
    int asked(long kind) {
        return (int) Arrays.stream(kinds).filter(each -> each == kind).count();
    }
}
