package ai.ingredients.evaluation.drawn;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip;
import ai.ingredients.evaluation.Cases;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.face.PersonName;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The cases of {@code drawn} as somebody asks for them who says who is who: where the prompt tells of each by themselves, "a
 * woman in a red coat and a woman in a blue shirt", people have names, which stand for these words, and where it says where they
 * stand they are asked for that place. With the names read the prompt is the same, word for word. "Two women in a red coat and a
 * blue shirt" stays as it is.
 */
public record NamedCases(CastCases drawn) implements AskedCases {
    private static final Pattern PERSON = Pattern.compile("a (woman|man)\\b", Pattern.CASE_INSENSITIVE);

    /** @throws InvalidInputException with one person, who has all words anyway */
    public NamedCases {
        if (drawn.people() < 2) {
            throw new InvalidInputException("--ask-names needs two or more people: one person has all words anyway");
        }
    }

    /** Names for those of whom the caption tells by themselves: "a", "b" and so on. */
    static EvaluationCase.Naming naming(Clip clip) {
        List<String> names = new ArrayList<>(Collections.nCopies(clip.people().size(), PersonName.NONE));
        Map<String, String> roles = new LinkedHashMap<>();
        StringBuilder prompt = new StringBuilder(clip.caption());
        List<Clip.Mention> fromTheEnd = clip.mentions().stream()
                .filter(mention -> PERSON.matcher(clip.caption().substring(mention.start(), mention.end()))
                        .lookingAt())
                .sorted(Comparator.comparingInt(Clip.Mention::start).reversed())
                .toList();
        for (Clip.Mention mention : fromTheEnd) {
            String name = String.valueOf((char) ('a' + mention.person()));
            String words = clip.caption().substring(mention.start(), mention.end());
            names.set(mention.person(), name);
            roles.put(name, words.substring(0, 1).toLowerCase(Locale.ROOT) + words.substring(1));
            prompt.replace(mention.start(), mention.end(), "@" + name);
        }
        return new EvaluationCase.Naming(prompt.toString(), names, roles);
    }

    @Override
    public Cases cases() {
        return drawn;
    }

    @Override
    public EvaluationCase get(int index) {
        return drawn.named(index);
    }

    @Override
    public ObjectNode recipe() {
        return drawn.recipe().put("names", "told");
    }
}
