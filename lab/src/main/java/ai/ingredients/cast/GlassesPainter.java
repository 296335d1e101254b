package ai.ingredients.cast;

import ai.ingredients.cast.CastIdentity.Glasses;
import java.awt.Shape;

/** Draws the glasses of a head, in its units; the transform of the ink is the head's. */
final class GlassesPainter {
    private final Ink ink;
    private final CastIdentity who;
    private final Turn turn;

    GlassesPainter(Ink ink, CastIdentity who, Turn turn) {
        this.ink = ink;
        this.who = who;
        this.turn = turn;
    }

    /** @param eye half the distance between the eyes */
    void paint(double eye) {
        if (who.glasses() == Glasses.NONE) {
            return;
        }
        int frame = who.frameColour().rgb();
        double y = turn.y(0, 0.012);
        double[] centre = {turn.x(-eye, 0), turn.x(eye, 0)};
        double[] wide = {0.138 * turn.narrowing(-eye), 0.138 * turn.narrowing(eye)};
        double gap = (centre[1] - centre[0]) / 2;
        double high = 0.125;
        for (int i = 0; i < 2; i++) {
            double half = Math.min(wide[i], gap - 0.008);
            double x = centre[i];
            int side = i == 0 ? -1 : 1;
            Shape lens = switch (who.glasses()) {
                case ROUND -> Form.ellipse(x, y, half, high + .012);
                case SQUARE -> Form.roundBox(x - half, y - high * .85, x + half, y + high * .85, 0.025);
                case CAT_EYE ->
                    Form.blob(
                            x - side * half * .95,
                            y - high * .55,
                            x,
                            y - high * .72,
                            x + side * half * 1.28,
                            y - high * 1.25,
                            x + side * half * 1.02,
                            y + high * .25,
                            x + side * half * .4,
                            y + high * .88,
                            x - side * half * .5,
                            y + high * .8);
                default ->
                    Form.blob(
                            x - half,
                            y - high * .75,
                            x,
                            y - high * .85,
                            x + half,
                            y - high * .75,
                            x + half * .95,
                            y + high * .2,
                            x + half * .4,
                            y + high,
                            x - half * .4,
                            y + high,
                            x - half * .95,
                            y + high * .2);
            };
            if (who.glasses() == Glasses.TINTED) {
                ink.fill(lens, Colours.darker(frame, 0.35), 0.62);
                ink.fill(
                        Form.polygon(
                                x - half * .5,
                                y - high * .5,
                                x - half * .1,
                                y - high * .6,
                                x - half * .5,
                                y + high * .4,
                                x - half * .7,
                                y + high * .2),
                        0xffffff,
                        0.4);
            } else {
                ink.fill(lens, 0xe8f6ff, 0.20);
            }
            ink.stroke(lens, 0.040, frame);
            ink.stroke(
                    Form.line(x + side * half, y - .02, side * 0.42 + 0.06 * StrictMath.sin(turn.yaw()), y - .035),
                    0.034,
                    frame);
        }
        ink.stroke(
                Form.line(
                        centre[0] + Math.min(wide[0], gap),
                        y - .01,
                        (centre[0] + centre[1]) / 2,
                        y - .03,
                        centre[1] - Math.min(wide[1], gap),
                        y - .01),
                0.036,
                frame);
    }
}
