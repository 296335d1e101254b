package ai.ingredients.cast;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.ClipSource;
import ai.ingredients.data.ClipWorld;
import ai.ingredients.data.Portraits;
import ai.ingredients.data.Split;
import ai.ingredients.data.Subject;
import java.util.List;

/** The drawn world as training asks for it. Found by {@link java.util.ServiceLoader}. */
public final class DrawnWorld implements ClipWorld {
    private static final List<String> TEMPLATES =
            List.of("{} talks.", "{} looks around.", "{} laughs.", "{} is nodding.", "{} is looking around.");

    /** For {@link java.util.ServiceLoader}. */
    public DrawnWorld() {}

    @Override
    public ClipSource clips(Split split, long size, long seed, List<Integer> people, int photos, ClipFormat format) {
        people.forEach(DrawnWorld::check);
        int[] mix = people.stream().mapToInt(Integer::intValue).toArray();
        return new CastSource(split, size, seed, mix, photos, format);
    }

    @Override
    public Portraits portraits(Split split, int people, long seed) {
        return new CastPortraits(split, people, seed);
    }

    @Override
    public Subject subject(Character who, int photos, int clips, ClipFormat format) {
        check(who.people());
        CastSource source = new CastSource(who.split(), who.clip() + 1, who.seed(), who.people());
        return CastSubject.of(source.identities(who.clip()).get(who.place()), photos, clips, format);
    }

    @Override
    public List<String> templates() {
        return TEMPLATES;
    }

    private static void check(int people) {
        if (people < 1 || people > CastPrompt.MOST_PEOPLE) {
            throw new InvalidInputException(
                    "clips of the drawn world have 1 to " + CastPrompt.MOST_PEOPLE + " people, not " + people);
        }
    }
}
