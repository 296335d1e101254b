package ai.ingredients.evaluation.drawn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.cast.CastIdentity;
import ai.ingredients.cast.CastPrompt;
import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.Place;
import ai.ingredients.data.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Prompts in words, played by people drawn for them. */
class WhoIsWhoTest {
    @Test
    void aWomanAndAManAreToldApart() {
        CastScript script = script("A woman in a red coat and a man in a blue shirt talk in a park.");

        assertThat(colours(script, CastIdentity.Presentation.WOMAN)).containsExactly(Set.of(Dye.RED));
        assertThat(colours(script, CastIdentity.Presentation.MAN)).containsExactly(Set.of(Dye.BLUE));
        assertThat(WhoIsWho.of(script).order()).as("nobody has a place").isEmpty();
    }

    @Test
    void twoWomenAreNotUnlessTheirLooksTell() {
        CastScript same = script("Two women in a red coat and a blue coat talk in a park.");
        assertThat(colours(same, CastIdentity.Presentation.WOMAN))
                .containsExactly(Set.of(Dye.RED, Dye.BLUE), Set.of(Dye.RED, Dye.BLUE));

        // Whom the prompt says nothing of is whoever is left.
        CastScript looks = script("A bald man in a red coat and a man with black hair in a blue coat talk in a park.");
        assertThat(colours(looks, CastIdentity.Presentation.MAN))
                .containsExactlyInAnyOrder(Set.of(Dye.RED), Set.of(Dye.BLUE));
    }

    @Test
    void aPlaceIsToldOfWhoIsTold() {
        CastScript told =
                script("On the right a woman in a red coat and on the left a man in a blue shirt talk in a park.");
        WhoIsWho who = WhoIsWho.of(told);
        for (int n = 0; n < 2; n++) {
            boolean woman = told.parts().get(n).who().presentation() == CastIdentity.Presentation.WOMAN;
            assertThat(who.place(n)).isEqualTo(woman ? Place.RIGHT : Place.LEFT);
            assertThat(who.order().indexOf(n)).isEqualTo(woman ? 1 : 0);
        }
        // Which of the two men is the left one is for the model to choose.
        CastScript open =
                script("On the left a man in a red coat and on the right a man in a blue coat talk in a park.");
        assertThat(WhoIsWho.of(open).place(0)).isNull();
        assertThat(WhoIsWho.of(open).order()).isEmpty();
    }

    /** What the cases say never depends on how the right video was drawn, but the right video keeps to it. */
    @Test
    void theRightVideosOfCasesKeepToWhatIsSaid() {
        CastCases cases = new CastCases(60, 2, 7);
        int ordered = 0;
        for (int i = 0; i < cases.count(); i++) {
            CastScript script = cases.script(i);
            WhoIsWho who = WhoIsWho.of(script);
            for (int n = 0; n < 2; n++) {
                assertThat(who.roles().get(n)).contains(script.parts().get(n).role());
                assertThat(who.place(n)).isIn(null, script.parts().get(n).place());
            }
            ordered += who.order().isEmpty() ? 0 : 1;
        }
        assertThat(ordered).isBetween(1, 40);
    }

    private static CastScript script(String caption) {
        return CastScript.of(CastPrompt.parse(caption), Split.TEST, 3);
    }

    private static List<Set<Dye>> colours(CastScript script, CastIdentity.Presentation presentation) {
        WhoIsWho who = WhoIsWho.of(script);
        List<Set<Dye>> colours = new ArrayList<>();
        for (int n = 0; n < script.parts().size(); n++) {
            if (script.parts().get(n).who().presentation() == presentation) {
                colours.add(who.roles().get(n).stream()
                        .map(Role::garment)
                        .map(CastPrompt.Garment::colour)
                        .collect(java.util.stream.Collectors.toSet()));
            }
        }
        return colours;
    }
}
