package ai.ingredients.weights.lora;

import ai.ingredients.weights.Fingerprint;
import java.util.ArrayList;
import java.util.List;

/**
 * The adapters that a model is used with.
 *
 * @param loras in the order in which they are added, which matters for rounding only
 * @param mode how they are added
 */
public record Loras(List<Lora> loras, LoraMode mode) {
    /** The model as it is. */
    public static final Loras NONE = new Loras(List.of(), LoraMode.AUTO);

    public Loras {
        loras = List.copyOf(loras);
    }

    /** These and one more. */
    public Loras and(Lora lora) {
        List<Lora> all = new ArrayList<>(loras);
        all.add(lora);
        return new Loras(all, mode);
    }

    /** The same, added in another way. */
    public Loras in(LoraMode other) {
        return new Loras(loras, other);
    }

    /** Without {@link LoraMode#AUTO}: beside weights that are read again for each use, merged into those that stay. */
    public Loras settled(boolean streamed) {
        return mode != LoraMode.AUTO ? this : in(streamed ? LoraMode.SIDE_BY_SIDE : LoraMode.MERGED);
    }

    /**
     * One for each file, see {@link Fingerprint}: the same adapters give the same text wherever they lie.
     *
     * @throws ai.ingredients.InvalidInputException when one is missing or unreadable
     */
    public List<String> fingerprints() {
        return loras.stream().map(lora -> Fingerprint.of(lora.path())).toList();
    }
}
