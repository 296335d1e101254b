package ai.ingredients.cast;

import ai.ingredients.cast.CastIdentity.Age;
import ai.ingredients.cast.CastIdentity.HairStyle;
import ai.ingredients.cast.CastIdentity.Lips;
import ai.ingredients.cast.CastIdentity.Mouth;
import ai.ingredients.cast.CastIdentity.Presentation;
import java.awt.Shape;
import java.util.List;

/**
 * Draws a head: hair, face, and what is worn on it. Units as in {@link HairShapes}; the transform of the ink is the
 * head's.
 */
final class HeadPainter {
    private static final double MOUTH_Y = 0.325;
    private static final double NOSE_Y = 0.18;
    private static final double BROW_Y = -0.155;
    private static final int INK = 0x1a1218;

    private final Ink ink;
    private final CastIdentity who;
    private final Pose pose;
    private final Turn turn;
    private final HairShapes hair;
    private final int skin;
    private final int shadow;
    private final int hairRgb;

    HeadPainter(Ink ink, CastIdentity who, Pose pose) {
        this.ink = ink;
        this.who = who;
        this.pose = pose;
        this.turn = new Turn(pose.yaw, pose.pitch, 1.2 * halfWidth(who));
        this.hair = HairShapes.of(who.hairStyle());
        this.skin = who.skin().rgb();
        this.shadow = Colours.blend(skin, 0x5a1430, 0.34);
        this.hairRgb = who.hairColour().rgb();
    }

    /** Half the width of the face where it is widest. */
    private static double halfWidth(CastIdentity who) {
        return switch (who.faceShape()) {
            case ROUND, DIAMOND -> 0.43;
            case HEART, SQUARE -> 0.418;
            case OVAL -> 0.395;
            case LONG -> 0.37;
        };
    }

    /** Half the distance between the eyes. */
    private static double eyeX(CastIdentity who) {
        double narrow = Math.min(1, halfWidth(who) / 0.40);
        return narrow
                * switch (who.eyeSpacing()) {
                    case CLOSE -> 0.150;
                    case MEDIUM -> 0.174;
                    case WIDE -> 0.199;
                };
    }

    private double mouthHalf() {
        double closed = switch (who.mouth()) {
            case SMALL -> 0.085;
            case WIDE -> 0.165;
            case FULL -> 0.125;
            case THIN -> 0.13;
        };
        return closed * (1 + 0.12 * pose.smile);
    }

    /** Left eye, right eye, nose, corners of the mouth; x and y in turn. */
    double[] landmarks() {
        double eye = eyeX(who);
        double mouth = mouthHalf();
        double corner = cornerY();
        return new double[] {
            turn.x(-eye, 0), turn.y(-eye, 0),
            turn.x(eye, 0), turn.y(eye, 0),
            noseX(), turn.y(0, NOSE_Y),
            turn.x(-mouth, corner), turn.y(-mouth, corner),
            turn.x(mouth, corner), turn.y(mouth, corner)
        };
    }

    /** The nose stands out from the egg. */
    private double noseX() {
        return turn.x(0, NOSE_Y) + 0.09 * StrictMath.sin(pose.yaw);
    }

    private double cornerY() {
        return MOUTH_Y - 0.034 * pose.smile;
    }

    /** The outline of the face from forehead to chin. */
    Shape outline() {
        return Form.blob(turn.outline(), outlinePoints());
    }

    private double[] outlinePoints() {
        return switch (who.faceShape()) {
            case ROUND -> Form.both(0, -.47, .25, -.42, .405, -.20, .43, .05, .36, .30, .19, .43, 0, .455);
            case OVAL -> Form.both(0, -.47, .24, -.42, .385, -.20, .395, .05, .325, .29, .17, .44, 0, .48);
            case SQUARE ->
                Form.both(0, -.47, .25, -.42, .40, -.20, .415, .05, .405, .28, .29, .435, .13, .465, 0, .465);
            case HEART -> Form.both(0, -.47, .26, -.43, .42, -.20, .42, .04, .30, .27, .12, .435, 0, .49);
            case LONG -> Form.both(0, -.47, .23, -.42, .36, -.20, .37, .05, .335, .31, .21, .49, 0, .545);
            case DIAMOND -> Form.both(0, -.47, .22, -.42, .365, -.22, .435, .08, .33, .29, .13, .45, 0, .475);
        };
    }

    void paintBackHair() {
        if (hair.back().isEmpty()) {
            return;
        }
        int rgb = Colours.darker(hairRgb, 0.22);
        ink.push();
        paintPieces(hair.back(), Form.Warp.NONE, rgb, false);
        ink.pop();
    }

    void paintFront() {
        if (pose.away) {
            paintBehind();
            return;
        }
        paintEars();
        paintFace();
        new BeardPainter(ink, who, turn).paint();
        paintNose();
        paintMouth();
        paintEye(-1);
        paintEye(1);
        paintBrow(-1);
        paintBrow(1);
        paintFrontHair();
        new GlassesPainter(ink, who, turn).paint(eyeX(who));
    }

    /** The back of the head: hair all over it, or skin where there is none. */
    private void paintBehind() {
        paintEars();
        boolean bare = who.hairStyle() == HairStyle.BALD || hair.thin();
        Shape skull = Form.blob(turn.outline(), outlinePoints());
        ink.push();
        ink.stroke(skull, 0.024, bare ? shadow : Colours.darker(hairRgb, 0.35));
        ink.fill(skull, bare ? skin : hairRgb);
        if (hair.thin() && who.hairStyle() != HairStyle.BALD) {
            ink.fill(skull, hairRgb, 0.35);
        }
        ink.shade(Form.ellipse(.22, .05, .26, .5), 0x1a0a20, 0.14);
        ink.pop();
        if (!bare) {
            paintPieces(hair.back(), Form.Warp.NONE, hairRgb, hair.spiked());
        }
    }

    private void paintPieces(List<double[]> pieces, Form.Warp warp, int rgb, boolean spiked) {
        int edge = Colours.darker(rgb, 0.35);
        for (double[] piece : pieces) {
            Shape shape = spiked ? Form.polygon(warp, piece) : Form.blob(warp, piece);
            ink.stroke(shape, 0.022, edge);
            ink.fill(shape, rgb);
        }
    }

    private void paintEars() {
        double size = who.ears() == CastIdentity.Ears.LARGE ? 1.35 : 1;
        double widest = halfWidth(who);
        for (int side = -1; side <= 1; side += 2) {
            // The ear on the far side goes behind the face, the near one comes forward.
            double x = side * (widest + 0.005 + 0.010 * size)
                    + 0.03 * StrictMath.sin(pose.yaw)
                    - 0.05 * side * Math.max(0, side * StrictMath.sin(pose.yaw));
            double y = 0.03 + 0.12 * StrictMath.sin(-pose.pitch);
            Shape ear = Form.ellipse(x, y, 0.07 * size, 0.10 * size);
            ink.stroke(ear, 0.02, shadow);
            ink.fill(ear, skin);
            ink.fill(Form.ellipse(x + side * 0.008, y, 0.035 * size, 0.06 * size), shadow, 0.45);
            paintEarring(x + side * 0.01, y + 0.10 * size);
        }
    }

    private void paintEarring(double x, double y) {
        int gold = 0xffc928;
        switch (who.earring()) {
            case NONE -> {}
            case STUD -> ink.fill(Form.circle(x, y, 0.036), 0xf4fbff);
            case HOOP -> ink.stroke(Form.circle(x, y + 0.07, 0.075), 0.032, gold);
            case DROP -> {
                ink.stroke(Form.line(x, y, x, y + 0.07), 0.02, gold);
                ink.fill(Form.polygon(x, y + 0.04, x + 0.05, y + 0.14, x, y + 0.2, x - 0.05, y + 0.14), 0xe0218a);
            }
        }
    }

    private void paintFace() {
        Shape outline = outline();
        ink.push();
        ink.stroke(outline, 0.024, shadow);
        ink.fill(outline, skin);
        // Light comes from the upper left: the other side and the chin lie in soft shadow.
        ink.shade(
                Form.blob(
                        turn, .30, -.5, .60, -.4, .60, .60, -.20, .66, -.12, .49, .12, .46, .29, .32, .37, .10, .36,
                        -.2),
                shadow,
                0.20);
        if (!hair.front().isEmpty() && !hair.thin()) {
            ink.shade(
                    Form.blob(turn, -.5, -.6, .5, -.6, .5, -.1, .3, -.16, 0, -.22, -.3, -.16, -.5, -.1), shadow, 0.14);
        }
        paintMarks();
        paintAge();
        ink.pop();
        if (who.hairStyle() == HairStyle.BALD) {
            ink.fill(Form.ellipse(-0.15, -0.34, 0.10, 0.055), 0xffffff, 0.35);
        }
        if (who.hairStyle() == HairStyle.MOHAWK) {
            Shape shaved = Form.blob(
                    turn.hair(),
                    Form.both(0, -.50, .27, -.45, .42, -.22, .415, .0, .375, -.06, .335, -.21, .2, -.29, 0, -.30));
            ink.fill(shaved, hairRgb, 0.35);
        }
    }

    private void paintMarks() {
        int blush = Colours.blend(skin, 0xff3d54, 0.25 + 0.3 * Colours.luminance(skin));
        double strength = who.mark() == CastIdentity.Mark.ROSY ? 0.7 : 0.16;
        for (int side = -1; side <= 1; side += 2) {
            double x = turn.x(side * 0.255, 0.18);
            ink.shade(Form.ellipse(x, turn.y(0, 0.18), 0.085 * turn.narrowing(side * 0.255), 0.06), blush, strength);
        }
        switch (who.mark()) {
            case FRECKLES -> {
                int freckle = Colours.blend(skin, 0x7a3210, 0.62);
                double[] spots = {.10, .10, .16, .16, .22, .10, .28, .16, .22, .21, .06, .155};
                for (int i = 0; i < spots.length; i += 2) {
                    for (int side = -1; side <= 1; side += 2) {
                        double x = turn.x(side * spots[i], spots[i + 1]);
                        ink.shade(Form.circle(x, turn.y(0, spots[i + 1]), 0.017), freckle, 0.85);
                    }
                }
            }
            case MOLE_LEFT -> ink.shade(Form.circle(turn.x(-.21, .25), turn.y(0, .25), 0.032), 0x2c1410, 1);
            case MOLE_RIGHT -> ink.shade(Form.circle(turn.x(.21, .25), turn.y(0, .25), 0.032), 0x2c1410, 1);
            case NONE, ROSY -> {}
        }
    }

    private void paintAge() {
        if (who.age() == Age.YOUNG) {
            return;
        }
        int line = Colours.blend(skin, 0x5a1430, 0.42);
        for (int side = -1; side <= 1; side += 2) {
            ink.stroke(Form.line(turn, side * .13, .19, side * .185, .24, side * .205, .29), 0.018, line, 0.7);
            if (who.age() == Age.OLD) {
                double eye = eyeX(who);
                ink.stroke(
                        Form.line(turn, side * (eye - .06), .125, side * eye, .145, side * (eye + .07), .12),
                        0.024,
                        line);
            }
        }
        if (who.age() == Age.OLD) {
            ink.stroke(Form.line(turn, -.17, -.255, 0, -.265, .17, -.255), 0.02, line, 0.9);
            ink.stroke(Form.line(turn, -.14, -.21, 0, -.22, .14, -.21), 0.02, line, 0.9);
        }
    }

    private void paintNose() {
        int edge = Colours.blend(skin, 0x5a1430, 0.5);
        int light = Colours.lighter(skin, 0.45);
        double x = noseX();
        double y = turn.y(0, NOSE_Y);
        double side = pose.yaw >= 0 ? 1 : -1;
        switch (who.nose()) {
            case BUTTON -> {
                ink.fill(Form.ellipse(x, y, 0.048, 0.038), edge, 0.75);
                ink.fill(Form.ellipse(x - .012, y - .014, 0.022, 0.015), light, 0.8);
            }
            case SMALL -> ink.stroke(Form.line(x - .04, y + .01, x, y + .03, x + .04, y + .01), 0.026, edge);
            case LONG -> {
                double top = turn.x(0, -0.02);
                ink.stroke(
                        Form.line(top + .02 * side, .0, x + .055 * side, y + .02, x - .035 * side, y + .045),
                        0.026,
                        edge);
            }
            case WIDE -> {
                ink.fill(Form.ellipse(x, y + .005, 0.095, 0.042), edge, 0.55);
                ink.fill(Form.ellipse(x, y - .012, 0.06, 0.034), Colours.lighter(skin, 0.12), 0.9);
                ink.fill(Form.circle(x - .045, y + .022, 0.015), edge);
                ink.fill(Form.circle(x + .045, y + .022, 0.015), edge);
            }
            case BULB -> {
                ink.fill(Form.circle(x, y, 0.078), edge, 0.6);
                ink.fill(Form.circle(x - .004, y - .008, 0.064), Colours.blend(skin, 0xff5a50, 0.22));
                ink.fill(Form.ellipse(x - .022, y - .026, 0.024, 0.018), 0xffffff, 0.55);
            }
            case POINTED -> {
                ink.fill(
                        Form.polygon(
                                x + .065 * side, y + .035, x - .05 * side, y + .035, turn.x(0, 0), turn.y(0, -.02)),
                        edge,
                        0.6);
                ink.fill(
                        Form.polygon(x + .035 * side, y + .02, x - .05 * side, y + .035, turn.x(0, 0), turn.y(0, -.02)),
                        Colours.lighter(skin, 0.15));
            }
        }
    }

    private int lipRgb() {
        return switch (who.lips()) {
            case NATURAL -> Colours.blend(skin, 0x9c2440, who.presentation() == Presentation.WOMAN ? 0.6 : 0.5);
            case RED -> 0xd8102c;
            case PINK -> 0xff5c9e;
            case PLUM -> 0x7c1650;
        };
    }

    private void paintMouth() {
        double half = mouthHalf() * (1 - 0.18 * pose.mouthOpen);
        double corner = cornerY();
        double middle = MOUTH_Y + 0.050 * pose.smile;
        double open = pose.mouthOpen;
        double upper = middle - 0.055 * open;
        double lower = middle + 0.085 * open;
        int lips = lipRgb();
        double full = switch (who.mouth()) {
            case FULL -> 0.062;
            case THIN -> 0.022;
            case SMALL -> 0.042;
            case WIDE -> 0.034;
        };
        if (who.lips() != Lips.NATURAL) {
            full *= 1.3;
        }
        if (open < 0.12) {
            if (who.mouth() == Mouth.FULL || who.lips() != Lips.NATURAL) {
                Shape form = Form.blob(
                        turn,
                        -half,
                        corner,
                        -half * .4,
                        (corner + middle) / 2 - full * .75,
                        0,
                        middle - full * .55,
                        half * .4,
                        (corner + middle) / 2 - full * .75,
                        half,
                        corner,
                        half * .5,
                        middle + full * .5,
                        0,
                        middle + full * .95,
                        -half * .5,
                        middle + full * .5);
                ink.fill(form, lips);
                ink.stroke(Form.line(turn, -half, corner, 0, middle, half, corner), 0.018, Colours.darker(lips, 0.55));
            } else {
                ink.stroke(Form.line(turn, -half, corner, 0, middle, half, corner), full, Colours.darker(lips, 0.3));
            }
            return;
        }
        Shape gap = Form.blob(
                turn,
                -half,
                corner,
                -half * .5,
                (corner + upper) / 2,
                0,
                upper,
                half * .5,
                (corner + upper) / 2,
                half,
                corner,
                half * .62,
                (corner + 2 * lower) / 3,
                0,
                lower,
                -half * .62,
                (corner + 2 * lower) / 3);
        ink.push();
        ink.stroke(gap, full * 1.1, lips);
        ink.fill(gap, 0x5c0f1e);
        ink.pop();
        ink.push();
        ink.fill(gap, 0x5c0f1e);
        double x = turn.x(0, middle);
        double y = turn.y(0, middle);
        ink.shade(Form.ellipse(x, y + 0.10 * open, half * .6, 0.055), 0xf06a78, 1);
        ink.shade(Form.box(x - half, y - 0.15, x + half, y - 0.055 * open + 0.035 + 0.01 * open), 0xffffff, 1);
        ink.pop();
    }

    private void paintEye(int side) {
        double at = side * eyeX(who);
        double x = turn.x(at, 0);
        double y = turn.y(at, 0);
        double narrow = turn.narrowing(at);
        double across = switch (who.eyeSize()) {
            case SMALL -> 0.074;
            case MEDIUM -> 0.092;
            case LARGE -> 0.112;
        };
        double down = across
                * switch (who.eyeShape()) {
                    case ROUND -> 1.12;
                    case ALMOND -> 0.80;
                    case SLEEPY -> 1.0;
                };
        double wide = across * narrow;
        boolean woman = who.presentation() == Presentation.WOMAN;
        if (pose.blink > 0.8) {
            ink.stroke(Form.line(x - wide, y + .01, x, y + .045, x + wide, y + .01), 0.034, INK);
            return;
        }
        Shape eye = who.eyeShape() == CastIdentity.EyeShape.ALMOND
                ? Form.blob(
                        x - wide * 1.15,
                        y + .01,
                        x - wide * .5,
                        y - down * .8,
                        x + wide * .5,
                        y - down * .8,
                        x + wide * 1.15,
                        y - .015,
                        x + wide * .45,
                        y + down * .85,
                        x - wide * .45,
                        y + down * .85)
                : Form.ellipse(x, y, wide, down);
        ink.push();
        ink.fill(eye, 0xffffff);
        double iris = Math.min(across, down) * 0.80;
        double lookX = x + pose.gazeX * wide * 0.4 + 0.12 * wide * StrictMath.sin(pose.yaw);
        double lookY = y + pose.gazeY * down * 0.3 + down * 0.04;
        int rgb = who.eyeColour().rgb();
        ink.shade(Form.ellipse(lookX, lookY, iris * narrow, iris), Colours.darker(rgb, 0.45), 1);
        ink.shade(Form.ellipse(lookX, lookY, iris * narrow * .84, iris * .84), rgb, 1);
        ink.shade(Form.ellipse(lookX, lookY, iris * narrow * .42, iris * .42), 0x0c0810, 1);
        ink.shade(Form.circle(lookX - iris * .34, lookY - iris * .38, iris * .27), 0xffffff, 0.95);
        double lid = Math.max(pose.blink, who.eyeShape() == CastIdentity.EyeShape.SLEEPY ? 0.34 : 0);
        int lidRgb = Colours.blend(skin, shadow, 0.5);
        double lidY = y - down + 2 * down * lid;
        if (lid > 0) {
            ink.shade(Form.box(x - across * 1.3, y - down * 1.3, x + across * 1.3, lidY), lidRgb, 1);
        }
        ink.pop();
        double lash = woman ? 0.036 : 0.026;
        if (lid > 0) {
            double reach = StrictMath.sqrt(Math.max(0, 1 - StrictMath.pow(2 * lid - 1, 2)));
            ink.stroke(Form.line(x - wide * reach, lidY, x + wide * reach, lidY), lash, INK);
        } else {
            ink.stroke(
                    Form.line(
                            x - wide * 1.02,
                            y - down * .25,
                            x - wide * .55,
                            y - down * .84,
                            x,
                            y - down * 1.02,
                            x + wide * .55,
                            y - down * .84,
                            x + wide * 1.02,
                            y - down * .25),
                    lash,
                    INK);
        }
        if (woman) {
            double edge = x + side * wide;
            double up = lid > 0 ? lidY : y - down * .3;
            ink.stroke(Form.line(edge - side * .01, up, edge + side * .055, up - .045), 0.028, INK);
        }
    }

    private void paintBrow(int side) {
        double at = side * eyeX(who);
        double half = 0.105;
        double y = BROW_Y - 0.045 * pose.browRaise - (who.eyeSize() == CastIdentity.EyeSize.LARGE ? 0.02 : 0);
        double inner = at - side * half * 0.85;
        double outer = at + side * half * 1.1;
        double thick = switch (who.browThickness()) {
            case THIN -> 0.024;
            case MEDIUM -> 0.042;
            case THICK -> 0.068;
        };
        int rgb = Colours.darker(hairRgb, Colours.luminance(hairRgb) > 0.75 ? 0.3 : 0.28);
        Shape brow = switch (who.browShape()) {
            case FLAT -> Form.line(turn, inner, y, at, y - .008, outer, y);
            case ARCHED -> Form.line(turn, inner, y + .015, at + side * .02, y - .05, outer, y + .02);
            case ANGRY -> Form.line(turn, inner, y + .030, at, y - .010, outer, y - .035);
            case SAD -> Form.line(turn, inner, y - .035, at, y - .012, outer, y + .028);
        };
        ink.stroke(brow, thick, rgb);
    }

    private void paintFrontHair() {
        if (hair.front().isEmpty()) {
            return;
        }
        Form.Warp warp = turn.hair();
        if (hair.thin()) {
            hair.front().forEach(piece -> ink.fill(Form.blob(warp, piece), hairRgb, 0.72));
            return;
        }
        ink.push();
        paintPieces(hair.front(), warp, hairRgb, hair.spiked());
        double shine = Colours.luminance(hairRgb) < 0.2 ? 0.22 : 0.30;
        ink.shade(
                Form.blob(warp, -.33, -.44, -.18, -.505, .0, -.50, .02, -.455, -.16, -.44, -.30, -.36),
                0xffffff,
                shine);
        ink.shade(Form.blob(warp, .34, -.8, .8, -.8, .8, .7, .46, .7, .44, .1, .40, -.3), 0x1a0a20, 0.16);
        ink.pop();
    }
}
