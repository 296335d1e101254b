package ai.ingredients.cast;

import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Light;
import java.util.List;

/** What clothes look like in the light of a scene: what a judge of their colours goes by. */
public final class DyeColours {
    private DyeColours() {}

    /** The colours of a cloth of {@code dye} in {@code light}, as {@code 0xRRGGBB}: in the open, and in its own shade. */
    public static List<Integer> seen(Dye dye, Light light) {
        Ink.Light shining = ScenePainter.onPeople(light);
        int open = shining.on(dye.rgb());
        int shade = Colours.blend(open, shining.on(BodyPainter.SHADE), BodyPainter.SHADE_OPACITY);
        return List.of(open, shade);
    }
}
