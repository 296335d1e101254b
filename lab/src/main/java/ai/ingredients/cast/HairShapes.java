package ai.ingredients.cast;

import java.util.ArrayList;
import java.util.List;

/**
 * The outlines of one hair style, in units of the head: x to the right of the viewer, y down, the eyes near y = 0, the
 * chin near 0.46, the top of the skull near −0.47.
 *
 * @param back behind head and shoulders
 * @param front before the face
 * @param spiked whether the front has corners
 * @param thin whether skin shines through
 */
record HairShapes(List<double[]> back, List<double[]> front, boolean spiked, boolean thin) {
    private static final double[] SKULL = Form.both(0, -.55, .29, -.49, .45, -.24, .44, .06, .34, .24, 0, .30);
    private static final double[] LONG_BACK =
            Form.both(0, -.57, .31, -.51, .49, -.24, .53, .12, .56, .45, .54, .80, .26, .86, 0, .84);

    private static HairShapes of(List<double[]> back, double[]... front) {
        return new HairShapes(back, List.of(front), false, false);
    }

    static HairShapes of(CastIdentity.HairStyle style) {
        return switch (style) {
            case LONG -> {
                double[] right = {
                    0, -.57, .27, -.52, .47, -.25, .50, .12, .53, .50, .43, .52, .41, .12, .345, -.15, .16, -.31, 0,
                    -.42
                };
                yield of(List.of(LONG_BACK), right, Form.mirrored(right));
            }
            case BANGS ->
                of(
                        List.of(LONG_BACK),
                        Form.both(
                                0, -.57, .30, -.51, .49, -.23, .52, .12, .55, .52, .43, .54, .395, .12, .375, -.13, .2,
                                -.145, 0, -.14));
            case WAVY ->
                of(
                        List.of(Form.both(
                                0, -.60, .33, -.54, .53, -.30, .51, -.02, .63, .18, .56, .40, .66, .62, .50, .82, .25,
                                .78, 0, .80)),
                        new double[] {
                            -.15, -.60, .27, -.57, .52, -.27, .50, .03, .60, .22, .50, .34, .39, .02, .30, -.17, .05,
                            -.25, -.12, -.38
                        },
                        new double[] {
                            -.15, -.60, -.40, -.49, -.52, -.2, -.50, .06, -.60, .24, -.49, .34, -.40, .02, -.35, -.2,
                            -.24, -.36
                        });
            case BOB ->
                of(
                        List.of(Form.both(0, -.57, .32, -.52, .51, -.25, .56, .05, .57, .36, .42, .45, 0, .42)),
                        Form.both(
                                0, -.57, .30, -.51, .50, -.22, .545, .1, .55, .36, .42, .38, .40, .05, .375, -.15, .2,
                                -.17, 0, -.165));
            case PIXIE ->
                of(List.of(SKULL), new double[] {
                    -.44, .08, -.485, -.2, -.34, -.50, 0, -.60, .34, -.52, .49, -.2, .44, .12, .385, 0, .36, -.12, .14,
                    -.10, -.12, -.19, -.31, -.30, -.36, -.14, -.39, .02
                });
            case BUN ->
                of(
                        List.of(Form.oval(0, -.61, .20, .18), SKULL),
                        Form.both(0, -.55, .28, -.49, .44, -.22, .435, .03, .39, -.02, .345, -.2, .18, -.335, 0, -.35));
            case PONYTAIL ->
                of(
                        List.of(
                                new double[] {
                                    .22, -.46, .50, -.56, .72, -.36, .78, 0, .72, .36, .60, .56, .56, .28, .58, .02,
                                    .48, -.18, .34, -.30
                                },
                                SKULL),
                        new double[] {
                            -.43, .04, -.47, -.22, -.33, -.50, 0, -.565, .32, -.50, .45, -.22, .435, .03, .385, -.04,
                            .33, -.2, .10, -.31, -.10, -.22, -.29, -.14, -.37, -.10, -.39, .0
                        });
            case AFRO ->
                of(
                        puffs(0, -.17, .54, .14, 13),
                        Form.both(0, -.72, .38, -.61, .60, -.22, .57, .06, .44, .08, .385, -.10, .26, -.26, 0, -.29));
            case SPACE_BUNS ->
                of(
                        List.of(Form.oval(.37, -.55, .2, .19), Form.oval(-.37, -.55, .2, .19), SKULL),
                        new double[] {
                            0, -.555, .28, -.50, .455, -.22, .45, .06, .39, .02, .345, -.10, .18, -.14, .06, -.28, 0,
                            -.40
                        },
                        new double[] {
                            0, -.555, -.28, -.50, -.455, -.22, -.45, .06, -.39, .02, -.345, -.10, -.18, -.14, -.06,
                            -.28, 0, -.40
                        });
            case BRAIDS -> {
                List<double[]> front = new ArrayList<>();
                for (int side = -1; side <= 1; side += 2) {
                    for (int i = 0; i < 5; i++) {
                        front.add(Form.oval(side * (.46 + .012 * i), .12 + .145 * i, .105 - .008 * i, .095));
                    }
                }
                double[] right = {0, -.565, .28, -.51, .465, -.23, .47, .08, .40, .08, .385, -.05, .31, -.22, 0, -.41};
                front.add(right);
                front.add(Form.mirrored(right));
                yield new HairShapes(List.of(SKULL), List.copyOf(front), false, false);
            }
            case CURLS -> {
                List<double[]> back = new ArrayList<>(puffs(0, -.06, .47, .13, 11));
                for (int side = -1; side <= 1; side += 2) {
                    back.add(Form.oval(side * .46, .32, .16, .17));
                    back.add(Form.oval(side * .40, .50, .14, .14));
                }
                List<double[]> front = new ArrayList<>();
                double[] spots = {0, -.40, .17, -.38, .32, -.27, .42, -.10, .45, .09};
                for (int i = 0; i < spots.length; i += 2) {
                    front.add(Form.oval(spots[i], spots[i + 1], .135, .125));
                    front.add(Form.oval(-spots[i], spots[i + 1], .135, .125));
                }
                yield new HairShapes(List.copyOf(back), List.copyOf(front), false, false);
            }
            case LOCS -> {
                List<double[]> back = new ArrayList<>();
                back.add(SKULL);
                List<double[]> front = new ArrayList<>();
                for (int side = -1; side <= 1; side += 2) {
                    for (int i = 0; i < 4; i++) {
                        back.add(Form.oval(side * (.18 + .115 * i), .16 - .02 * i, .062, .5));
                    }
                    front.add(Form.oval(side * .45, .06, .058, .40));
                }
                front.add(Form.both(0, -.585, .29, -.53, .48, -.25, .47, .02, .40, -.02, .35, -.18, .2, -.31, 0, -.34));
                yield new HairShapes(List.copyOf(back), List.copyOf(front), false, false);
            }
            case BALD -> new HairShapes(List.of(), List.of(), false, false);
            case BUZZ ->
                new HairShapes(
                        List.of(),
                        List.of(Form.both(
                                0, -.50, .27, -.45, .42, -.22, .415, .02, .375, -.04, .335, -.21, .2, -.29, 0, -.30)),
                        false,
                        true);
            case SIDE_PART ->
                of(List.of(), new double[] {
                    -.425, .06, -.465, -.2, -.40, -.42, -.26, -.53, .02, -.62, .34, -.55, .48, -.26, .43, .06, .385,
                    -.06, .35, -.17, .16, -.21, -.08, -.29, -.24, -.40, -.31, -.27, -.365, -.12, -.385, -.02
                });
            case QUIFF ->
                of(List.of(), new double[] {
                    -.42, .04, -.45, -.2, -.41, -.42, -.36, -.62, -.10, -.74, .22, -.76, .44, -.62, .45, -.40, .45, -.2,
                    .42, .04, .385, -.06, .345, -.23, .2, -.30, 0, -.29, -.2, -.29, -.345, -.23, -.385, -.06
                });
            case MOHAWK ->
                new HairShapes(
                        List.of(),
                        List.of(new double[] {
                            0, -.86, .12, -.84, .18, -.66, .17, -.44, .12, -.30, 0, -.26, -.12, -.30, -.17, -.44, -.18,
                            -.66, -.12, -.84
                        }),
                        false,
                        false);
            case FLAT_TOP ->
                new HairShapes(
                        List.of(),
                        List.of(Form.both(
                                0, -.76, .47, -.74, .475, -.30, .425, .05, .385, .0, .365, -.22, .3, -.27, 0, -.27)),
                        true,
                        false);
            case SPIKY ->
                new HairShapes(
                        List.of(),
                        List.of(new double[] {
                            -.425, .06, -.50, -.06, -.455, -.14, -.60, -.28, -.45, -.34, -.52, -.58, -.31, -.52, -.24,
                            -.78, -.07, -.58, .06, -.82, .19, -.57, .40, -.72, .39, -.46, .60, -.46, .47, -.26, .58,
                            -.12, .455, -.10, .425, .06, .385, -.05, .34, -.17, .25, -.24, .17, -.13, .08, -.26, -.02,
                            -.13, -.12, -.26, -.22, -.14, -.29, -.25, -.355, -.15, -.385, -.05
                        }),
                        true,
                        false);
            case BOWL ->
                of(
                        List.of(),
                        Form.both(0, -.59, .34, -.53, .51, -.26, .52, -.02, .47, .02, .40, -.07, .2, -.125, 0, -.13));
            case RECEDING -> {
                double[] right = {.33, -.36, .44, -.30, .50, -.14, .49, .06, .42, .15, .385, .02, .375, -.12, .34, -.24
                };
                yield of(List.of(), right, Form.mirrored(right));
            }
        };
    }

    /** A disc with a scalloped rim. */
    private static List<double[]> puffs(double x, double y, double radius, double puff, int count) {
        List<double[]> pieces = new ArrayList<>();
        pieces.add(Form.oval(x, y, radius, radius));
        for (int i = 0; i < count; i++) {
            double angle = Math.PI * (0.86 + 1.28 * i / (count - 1)); // open below, where the neck is
            double px = x + radius * StrictMath.cos(angle);
            double py = y + radius * StrictMath.sin(angle);
            pieces.add(Form.oval(px, py, puff, puff));
        }
        return List.copyOf(pieces);
    }
}
