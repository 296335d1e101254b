package ai.ingredients.cast;

import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.cast.CastPrompt.Cut;
import ai.ingredients.cast.CastPrompt.Garment;
import java.awt.Shape;

/**
 * Draws what is below the head: neck, clothes, arms and legs. Units of the head; the origin lies between the shoulders,
 * y runs down.
 */
final class BodyPainter {
    private static final double UPPER_ARM = 0.36;
    private static final double FOREARM = 0.36;
    private static final int LEGS = 0x34405c;
    /** What lies over the side of clothes that the light does not reach. */
    static final int SHADE = 0x1a0a28;

    static final double SHADE_OPACITY = 0.16;

    private final Ink ink;
    private final CastIdentity who;
    private final Garment garment;
    private final Pose pose;
    private final int cloth;
    private final int fold;
    private final int skin;
    private final int shadow;
    private final double shoulders;

    BodyPainter(Ink ink, CastIdentity who, Garment garment, Pose pose) {
        this.ink = ink;
        this.who = who;
        this.garment = garment;
        this.pose = pose;
        this.cloth = garment.colour().rgb();
        this.fold = Colours.luminance(cloth) < 0.2 ? Colours.lighter(cloth, 0.16) : Colours.darker(cloth, 0.26);
        this.skin = who.skin().rgb();
        this.shadow = Colours.blend(skin, 0x5a1430, 0.34);
        this.shoulders = who.presentation() == Presentation.WOMAN ? 0.37 : 0.43;
    }

    void paintChair() {
        if (!pose.seated) {
            return;
        }
        ink.stroke(Form.roundBox(-.62, -.22, .62, 1.3, .16), 0.04, 0x4a2c1a);
        ink.fill(Form.roundBox(-.62, -.22, .62, 1.3, .16), 0x9a6236);
        ink.fill(Form.roundBox(-.52, -.12, .52, 1.2, .1), 0xc4523c);
    }

    void paintTorso() {
        paintLegs();
        if (!pose.left.inFront) {
            paintArm(-1, pose.left);
        }
        if (!pose.right.inFront) {
            paintArm(1, pose.right);
        }
        Shape torso = torso();
        ink.push();
        ink.stroke(torso, 0.024, fold);
        ink.fill(torso, cloth);
        ink.shade(Form.blob(.18, -.1, .7, -.1, .7, 1.4, .24, 1.4, .30, .6), SHADE, SHADE_OPACITY);
        paintDetails();
        ink.pop();
        paintNeck();
        paintCollar();
    }

    void paintRaisedArms() {
        if (pose.left.inFront) {
            paintArm(-1, pose.left);
        }
        if (pose.right.inFront) {
            paintArm(1, pose.right);
        }
    }

    private Shape torso() {
        double s = shoulders;
        boolean long_ = garment.kind() == Cut.COAT || garment.kind() == Cut.DRESS;
        double hem = long_ ? s + 0.14 : s - 0.02;
        double end = long_ ? 1.25 : 0.92;
        double waist = garment.kind() == Cut.DRESS ? s - 0.12 : s - 0.05;
        return Form.blob(Form.both(
                0, -.06, .16, -.06, s * .8, .0, s + .02, .12, s - .02, .35, waist, .6, hem, end, hem * .5, end + .03, 0,
                end + .03));
    }

    private void paintNeck() {
        double wide = who.presentation() == Presentation.WOMAN ? 0.115 : 0.15;
        ink.push();
        double scoop = garment.kind() == Cut.DRESS ? 0.22 : garment.kind() == Cut.SWEATER ? 0.0 : 0.1;
        ink.fill(
                Form.blob(
                        -wide,
                        -.3,
                        wide,
                        -.3,
                        wide,
                        -.05,
                        wide + .05,
                        .0,
                        .0,
                        scoop + .02,
                        -wide - .05,
                        .0,
                        -wide,
                        -.05),
                skin);
        if (garment.kind() == Cut.DRESS) {
            ink.fill(Form.blob(-shoulders + .06, .0, 0, -.04, shoulders - .06, .0, .2, .14, 0, .2, -.2, .14), skin);
        }
        ink.shade(Form.ellipse(0.02, -.14, wide + .1, .11), shadow, 0.75);
        ink.pop();
    }

    private void paintDetails() {
        switch (garment.kind()) {
            case COAT -> {
                ink.stroke(Form.line(0, .1, 0, 1.3), 0.022, fold);
                for (double y = .42; y < 1.2; y += .2) {
                    ink.fill(Form.circle(.075, y, .032), Colours.lighter(cloth, 0.75));
                }
                ink.stroke(Form.line(-.28, .78, -.16, .78), 0.03, fold);
                ink.stroke(Form.line(.18, .78, .3, .78), 0.03, fold);
            }
            case SWEATER -> {
                int band = Colours.luminance(cloth) > 0.6 ? Colours.darker(cloth, 0.35) : Colours.lighter(cloth, 0.55);
                ink.shade(Form.box(-.6, .34, .6, .42), band, 0.9);
                ink.shade(Form.box(-.6, .48, .6, .54), band, 0.9);
            }
            case SHIRT -> {
                ink.stroke(Form.line(0, .1, 0, 1), 0.02, fold);
                for (double y = .2; y < 1; y += .16) {
                    ink.fill(Form.circle(0, y, .02), fold);
                }
            }
            case HOODIE -> {
                ink.fill(Form.blob(-.2, .55, .2, .55, .28, .82, -.28, .82), fold, 0.6);
            }
            case DRESS -> {
                ink.shade(Form.box(-.6, .5, .6, .57), Colours.lighter(cloth, 0.6), 0.95);
                for (double x = -.3; x < .35; x += .2) {
                    ink.stroke(Form.line(x * .7, .6, x * 1.3, 1.25), 0.02, fold, 0.7);
                }
            }
        }
    }

    private void paintCollar() {
        switch (garment.kind()) {
            case COAT -> {
                int lapel = Colours.luminance(cloth) < 0.2 ? Colours.lighter(cloth, 0.2) : Colours.darker(cloth, 0.14);
                for (int side = -1; side <= 1; side += 2) {
                    Shape form = Form.polygon(
                            side * .12, -.13, side * .25, -.06, side * .27, .14, side * .02, .36, side * .05, .1);
                    ink.stroke(form, 0.022, fold);
                    ink.fill(form, lapel);
                }
            }
            case SWEATER -> {
                Shape collar = Form.roundBox(-.17, -.13, .17, .03, .06);
                ink.stroke(collar, 0.022, fold);
                ink.fill(collar, cloth);
                ink.stroke(Form.line(-.16, -.05, .16, -.05), 0.018, fold);
            }
            case SHIRT -> {
                for (int side = -1; side <= 1; side += 2) {
                    Shape form = Form.polygon(side * .13, -.1, side * .20, .08, side * .06, .13, 0, .06);
                    ink.stroke(form, 0.022, fold);
                    ink.fill(form, Colours.lighter(cloth, 0.25));
                }
            }
            case HOODIE -> {
                Shape hood = Form.blob(
                        -.16, -.12, -.32, -.06, -.28, .06, -.1, .13, 0, .15, .1, .13, .28, .06, .32, -.06, .16, -.12,
                        .12, .0, 0, .06, -.12, .0);
                ink.stroke(hood, 0.022, fold);
                ink.fill(hood, Colours.darker(cloth, 0.1));
                for (int side = -1; side <= 1; side += 2) {
                    ink.stroke(Form.line(side * .07, .12, side * .08, .34), 0.025, 0xf6f2e8);
                }
            }
            case DRESS -> {
                for (int side = -1; side <= 1; side += 2) {
                    ink.stroke(Form.line(side * .2, -.02, side * .17, .16), 0.05, cloth);
                }
            }
        }
    }

    private void paintLegs() {
        int cloth = garment.kind() == Cut.DRESS ? skin : LEGS;
        for (int side = -1; side <= 1; side += 2) {
            ink.stroke(Form.line(side * .17, .85, side * .18, 1.9), 0.27, Colours.darker(cloth, 0.2));
            ink.stroke(Form.line(side * .17, .85, side * .18, 1.9), 0.24, cloth);
        }
    }

    private void paintArm(int side, Pose.Arm arm) {
        double x = side * (shoulders - 0.05);
        double y = 0.09;
        double elbowX = x + side * UPPER_ARM * StrictMath.sin(arm.shoulder);
        double elbowY = y + UPPER_ARM * StrictMath.cos(arm.shoulder);
        double angle = arm.shoulder + arm.elbow;
        double handX = elbowX + side * FOREARM * StrictMath.sin(angle);
        double handY = elbowY + FOREARM * StrictMath.cos(angle);
        double overX = handX + side * 0.05 * StrictMath.sin(angle);
        double overY = handY + 0.05 * StrictMath.cos(angle);
        Shape hand = Form.circle(overX, overY, 0.092);
        Shape thumb = Form.line(
                overX, overY, overX - side * 0.09 * StrictMath.cos(angle), overY + 0.09 * StrictMath.sin(angle));
        ink.stroke(thumb, 0.085, shadow);
        ink.stroke(hand, 0.028, shadow);
        ink.fill(hand, skin);
        ink.stroke(thumb, 0.06, skin);
        Shape whole = Form.bent(x, y, elbowX, elbowY, handX, handY);
        boolean bare = garment.kind() == Cut.DRESS;
        boolean half = garment.kind() == Cut.SHIRT;
        if (bare || half) {
            ink.stroke(whole, 0.15, shadow);
            ink.stroke(whole, 0.125, skin);
        }
        if (!bare) {
            double sleeveX = half ? x + (elbowX - x) * .75 : handX;
            double sleeveY = half ? y + (elbowY - y) * .75 : handY;
            Shape sleeve = half
                    ? Form.bent(x, y, sleeveX, sleeveY)
                    : Form.bent(
                            x,
                            y,
                            elbowX,
                            elbowY,
                            handX - side * .03 * StrictMath.sin(angle),
                            handY - .03 * StrictMath.cos(angle));
            double wide = garment.kind() == Cut.SHIRT ? 0.19 : 0.175;
            ink.stroke(sleeve, wide + 0.026, fold);
            ink.stroke(sleeve, wide, cloth);
        }
    }
}
