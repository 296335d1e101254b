package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.WeightNames;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which files of a repository are wanted.
 *
 * @param filters patterns of paths, in which {@code *} stands for any characters; none takes all
 * @param variant of the weights, such as {@code fp16}: a folder that has it gives no other weights, and one that has not
 *     gives the plain ones, as diffusers does. Empty for whatever there is
 */
public record Selection(List<String> filters, String variant) {
    public Selection {
        filters = List.copyOf(filters);
    }

    /** The paths among {@code all} that are wanted; none when nothing matches. */
    Set<String> of(Collection<String> all) {
        Set<String> chosen = new HashSet<>(all);
        chosen.removeIf(path -> !matchesFilters(path));
        if (!variant.isEmpty()) {
            Set<String> withVariant = new HashSet<>();
            chosen.stream().filter(this::isOfVariant).forEach(path -> withVariant.add(folder(path)));
            Set<String> before = Set.copyOf(chosen);
            Predicate<String> replaced = path -> WeightNames.isPlain(name(path)) && withVariant.contains(folder(path))
                    || before.contains(folder(path) + WeightNames.withVariant(name(path), variant));
            chosen.removeIf(path -> isOfAnother(path) || replaced.test(path));
        }
        return chosen;
    }

    /**
     * Refuses a variant that nothing is of.
     *
     * @param repo for the message
     */
    void checkVariant(Collection<String> all, String repo) {
        String ending = "." + variant + ".";
        if (variant.isEmpty()
                || all.stream().anyMatch(path -> isOfVariant(path) || name(path).contains(ending))) {
            return;
        }
        Set<String> there = new TreeSet<>();
        all.forEach(path -> there.add(WeightNames.variantOf(name(path))));
        there.remove("");
        throw new InvalidInputException(repo + ": has no weights of the variant " + variant
                + (there.isEmpty() ? "; leave `variant` out" : "; there is " + String.join(", ", there)));
    }

    private boolean isOfVariant(String path) {
        return WeightNames.variantOf(name(path)).equals(variant);
    }

    private boolean isOfAnother(String path) {
        String of = WeightNames.variantOf(name(path));
        return !of.isEmpty() && !of.equals(variant);
    }

    private static String folder(String path) {
        return path.substring(0, path.lastIndexOf('/') + 1);
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private boolean matchesFilters(String path) {
        return filters.isEmpty()
                || filters.stream().anyMatch(filter -> {
                    String any = filter.endsWith("/") ? filter + "*" : filter;
                    String regex = Pattern.quote(any).replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q");
                    return Pattern.matches(regex, path);
                });
    }

    /** For messages. */
    @Override
    public String toString() {
        return filters + (variant.isEmpty() ? "" : " with the variant " + variant);
    }
}
