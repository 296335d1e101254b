package ai.ingredients.cast;

import ai.ingredients.cast.CastIdentity.FacialHair;
import java.awt.Shape;

/** Draws beard and moustache of a head, in its units; the transform of the ink is the head's. */
final class BeardPainter {
    private final Ink ink;
    private final CastIdentity who;
    private final Turn turn;
    private final int hairRgb;

    BeardPainter(Ink ink, CastIdentity who, Turn turn) {
        this.ink = ink;
        this.who = who;
        this.turn = turn;
        this.hairRgb = who.hairColour().rgb();
    }

    void paint() {
        FacialHair beard = who.facialHair();
        if (beard == FacialHair.NONE) {
            return;
        }
        double chin = switch (who.faceShape()) {
            case LONG -> 0.08;
            case HEART, OVAL -> 0.02;
            default -> 0;
        };
        double jaw = switch (who.faceShape()) {
            case LONG -> 0.90;
            case OVAL -> 0.95;
            case SQUARE -> 1.06;
            default -> 1;
        };
        double drop = beard == FacialHair.LONG_BEARD ? 0.34 : beard == FacialHair.BEARD ? 0.07 : 0;
        double x = jaw;
        double[] full = Form.both(
                0,
                .215,
                .10,
                .205,
                .20,
                .225,
                .31 * x,
                .15,
                .375 * x,
                -.02,
                .43 * x,
                .0,
                .43 * x,
                .20,
                .35 * x,
                .40 + chin * .7 + drop * .4,
                .17 * x,
                .50 + chin + drop,
                0,
                .52 + chin + drop);
        switch (beard) {
            case NONE -> {}
            case STUBBLE -> ink.fill(Form.blob(turn.outline(), full), Colours.blend(hairRgb, 0x303040, 0.3), 0.42);
            case MOUSTACHE -> paintMoustache(1.25);
            case GOATEE -> {
                paintHairBlob(Form.blob(
                        turn,
                        -.13,
                        .37,
                        0,
                        .345,
                        .13,
                        .37,
                        .12,
                        .49 + chin,
                        .05,
                        .58 + chin,
                        0,
                        .60 + chin,
                        -.05,
                        .58 + chin,
                        -.12,
                        .49 + chin));
                paintMoustache(0.85);
            }
            case BEARD, LONG_BEARD -> {
                paintHairBlob(Form.blob(turn.outline(), full));
                paintMoustache(1.05);
            }
        }
    }

    private void paintHairBlob(Shape shape) {
        ink.stroke(shape, 0.022, Colours.darker(hairRgb, 0.4));
        ink.fill(shape, Colours.darker(hairRgb, 0.12)); // so that it does not run into long hair
    }

    private void paintMoustache(double size) {
        for (int side = -1; side <= 1; side += 2) {
            paintHairBlob(Form.blob(
                    turn,
                    0,
                    .215,
                    side * .09 * size,
                    .212,
                    side * .17 * size,
                    .26,
                    side * .205 * size,
                    .265,
                    side * .15 * size,
                    .305,
                    side * .06 * size,
                    .275,
                    0,
                    .262));
        }
    }
}
