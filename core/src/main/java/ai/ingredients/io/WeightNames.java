package ai.ingredients.io;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What files of weights are called in diffusers' layout: {@code <base>.safetensors} or {@code <base>.bin}, alone or in
 * shards with an index, and their variants such as {@code fp16}: {@code <base>.fp16.safetensors} and
 * {@code <base>.safetensors.index.fp16.json}, or {@code <base>.fp16.safetensors.index.json}, which older files have.
 */
public final class WeightNames {
    /** Names before the ending, in the order in which they are looked for. */
    public static final List<String> BASES = List.of("diffusion_pytorch_model", "model", "pytorch_model");

    /** Endings, in the order in which they are looked for. */
    public static final List<String> KINDS = List.of("safetensors", "bin");

    private static final Pattern PLAIN = pattern("(?:%1$s)(?:-\\d+-of-\\d+)?\\.(?:%2$s)(?:\\.index\\.json)?");

    /** One of all weights, a shard with the variant before or behind its number, or an index. */
    private static final List<Pattern> OF_VARIANTS = List.of(
            pattern("(?:%1$s)\\.(\\w+?)(?:-\\d+-of-\\d+)?\\.(?:%2$s)(?:\\.index\\.json)?"),
            pattern("(?:%1$s)-\\d+-of-\\d+\\.(\\w+)\\.(?:%2$s)"),
            pattern("(?:%1$s)\\.(?:%2$s)\\.index\\.(\\w+)\\.json"));

    private WeightNames() {}

    private static Pattern pattern(String form) {
        return Pattern.compile(form.formatted(String.join("|", BASES), String.join("|", KINDS)));
    }

    /** Whether {@code name} is that of plain weights, a shard or an index of them. */
    public static boolean isPlain(String name) {
        return PLAIN.matcher(name).matches();
    }

    /** The variant that a file of weights, a shard or an index belongs to by its name; empty when it is none of these. */
    public static String variantOf(String name) {
        for (Pattern pattern : OF_VARIANTS) {
            Matcher found = pattern.matcher(name);
            if (found.matches()) {
                return found.group(1);
            }
        }
        return "";
    }

    /** What the variant of a file of weights is called: {@code model.safetensors} → {@code model.fp16.safetensors}. */
    public static String withVariant(String name, String variant) {
        int dot = name.lastIndexOf('.');
        return variant.isEmpty() || dot < 0 ? name : name.substring(0, dot) + "." + variant + name.substring(dot);
    }
}
