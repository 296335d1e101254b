package ai.ingredients.training.text;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A text encoder's weights for another vocabulary: a piece that both write alike keeps its row of the embedding, and a new
 * one begins with the mean of the rows of the pieces that the old vocabulary makes of it. All else passes through. So an
 * encoder goes on learning when the captions get new words, instead of beginning anew.
 */
final class CarriedVocabulary implements TensorStore {
    private static final List<String> TABLES = List.of("shared.weight", "encoder.embed_tokens.weight");

    private final TensorStore stored;
    private final List<long[]> origins; // by new id: old ids

    private CarriedVocabulary(TensorStore stored, List<long[]> origins) {
        this.stored = stored;
        this.origins = origins;
    }

    /**
     * @param stored owned
     * @param old whose ids the rows of {@code stored} have
     * @param wanted whose ids the rows should have
     * @throws InvalidInputException when {@code stored} has fewer rows than {@code old} has ids
     */
    static CarriedVocabulary of(TensorStore stored, T5Tokenizer old, T5Tokenizer wanted) {
        for (String table : TABLES) {
            if (stored.has(table) && stored.info(table).shape().getFirst() < old.size()) {
                throw new InvalidInputException(stored.source() + ": " + table + " has "
                        + stored.info(table).shape().getFirst() + " rows but its tokenizer " + old.size()
                        + " ids; give `start-tokenizer` the folder of the tokenizer it learned with");
            }
        }
        Map<String, Integer> known = old.vocabulary();
        List<long[]> origins = new ArrayList<>();
        for (int id = 0; id < wanted.size(); id++) {
            origins.add(new long[] {T5Tokenizer.UNKNOWN});
        }
        wanted.vocabulary().forEach((piece, id) -> {
            Integer same = known.get(piece);
            origins.set(id, same != null ? new long[] {same} : parts(piece, old));
        });
        return new CarriedVocabulary(stored, origins);
    }

    private static long[] parts(String piece, T5Tokenizer old) {
        int[] ids = old.ids(piece.replace('▁', ' '));
        return Arrays.stream(ids)
                .limit(Math.max(1, ids.length - 1))
                .asLongStream()
                .toArray(); // without </s>
    }

    @Override
    public Set<String> names() {
        return stored.names();
    }

    @Override
    public TensorInfo info(String name) {
        TensorInfo info = stored.info(name);
        if (!TABLES.contains(name)) {
            return info;
        }
        List<Long> shape = new ArrayList<>(info.shape());
        shape.set(0, (long) origins.size());
        return new TensorInfo(info.dtype(), info.stated(), shape);
    }

    @Override
    public Tensor get(String name) {
        if (!TABLES.contains(name)) {
            return stored.get(name);
        }
        return Scope.of(() -> {
            Tensor table = stored.get(name); // [old, d]
            Tensor[] rows = origins.stream()
                    .map(ids -> table.index_select(0, Ops.tensor(ids, ids.length))
                            .mean(new long[] {0}, true, new ScalarTypeOptional()))
                    .toArray(Tensor[]::new);
            return Ops.cat(0, rows); // [new, d]
        });
    }

    @Override
    public String source() {
        return stored.source();
    }

    @Override
    public void close() {
        stored.close();
    }
}
