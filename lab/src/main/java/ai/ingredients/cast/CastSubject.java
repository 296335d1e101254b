package ai.ingredients.cast;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.data.Subject;
import ai.ingredients.data.Subject.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Photos and clips of one person of the drawn world. What clips tell is of the training split whoever it is. */
final class CastSubject {
    // Words are learned from other moments than anything else shows.
    private static final long MOMENTS = 0x494e5645;

    private CastSubject() {}

    static Subject of(CastIdentity who, int photos, int clips, ClipFormat format) {
        SplittableRandom random = new SplittableRandom(who.id().hashCode() ^ MOMENTS << 32);
        SplittableRandom moments = random.split();
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < photos; i++) {
            long moment = moments.nextLong();
            samples.add(new Sample("photo " + (i + 1) + " of " + who.id(), null, () -> {
                PersonPhoto photo = CastSource.photo(who, format.photoSide(), moment);
                return List.of(Subject.fit(photo.picture(), format.width(), format.height(), photo.landmarks()));
            }));
        }
        for (int i = 0; i < clips; i++) {
            CastPrompt prompt = prompt(random, who);
            CastScript script = CastScript.played(prompt, List.of(who), random.nextLong());
            String id = "clip " + (i + 1) + " of " + who.id();
            samples.add(new Sample(
                    id,
                    script.prompt().caption(),
                    () -> script.film(id, format, 1).frames()));
        }
        return new Subject(who.presentation().name().toLowerCase(Locale.ROOT), samples);
    }

    private static CastPrompt prompt(SplittableRandom random, CastIdentity who) {
        while (true) {
            CastPrompt prompt = CastPrompt.draw(random, Split.TRAIN, 1);
            if (prompt.people().getFirst().presentation() == who.presentation()) {
                return prompt;
            }
        }
    }
}
