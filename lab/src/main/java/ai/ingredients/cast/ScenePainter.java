package ai.ingredients.cast;

import ai.ingredients.cast.CastPrompt.Light;
import ai.ingredients.cast.CastPrompt.Scene;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Draws places: 144 units across, 96 down, and some way beyond on every side for the camera to move. Plain shapes in few
 * colours, so that people stand out and small models can learn them.
 */
final class ScenePainter {
    static final double WIDTH = 144;
    static final double HEIGHT = 96;

    private static final double FAR = 60; // how far scenes go on beyond the view

    private final Scene scene;
    private final Light light;
    private final long seed;

    ScenePainter(Scene scene, Light light, long seed) {
        this.scene = scene;
        this.light = light;
        this.seed = seed;
    }

    /** What the light does to things that stand in it. */
    static Ink.Light onThings(Light light) {
        return switch (light) {
            case DAY -> Ink.Light.PLAIN;
            case EVENING -> new Ink.Light(0xff9a6e, 0.45);
            case NIGHT -> new Ink.Light(0x4a5fb0, 0.72);
            case WARM -> new Ink.Light(0xffd070, 0.50);
            case CLOUDY -> new Ink.Light(0xb4c0cc, 0.75);
        };
    }

    /** The same, gentler: people are to be recognised. */
    static Ink.Light onPeople(Light light) {
        return switch (light) {
            case NIGHT -> new Ink.Light(0x8c9cf0, 0.40);
            case CLOUDY -> new Ink.Light(0xc4ccd6, 0.45);
            default -> new Ink.Light(onThings(light).tint(), onThings(light).share() * 0.45);
        };
    }

    private int skyAbove() {
        return switch (light) {
            case DAY -> 0x5cb6f2;
            case EVENING -> 0x6f5aa8;
            case NIGHT -> 0x0c1538;
            case WARM -> 0xf2b950;
            case CLOUDY -> 0x98a6b2;
        };
    }

    private int skyBelow() {
        return switch (light) {
            case DAY -> 0xd9f1fb;
            case EVENING -> 0xffab6b;
            case NIGHT -> 0x33457e;
            case WARM -> 0xfff0c0;
            case CLOUDY -> 0xdbe1e5;
        };
    }

    /**
     * Paints the scene into {@code ink}.
     *
     * @param camera from the units of the view to pixels
     * @param gone how far the scene has moved to the left, in units of the view
     */
    void paint(Ink ink, AffineTransform camera, double gone) {
        SplittableRandom random = Seeds.random(seed);
        ink.light(Ink.Light.PLAIN);
        AffineTransform still = new AffineTransform(camera);
        ink.transform(still);
        if (!scene.indoors()) {
            sky(ink, random);
        }
        AffineTransform moving = new AffineTransform(camera);
        moving.translate(-gone, 0);
        ink.transform(moving);
        ink.light(onThings(light));
        switch (scene) {
            case PARK -> park(ink, random);
            case BEACH -> beach(ink, random);
            case STREET -> street(ink, random);
            case KITCHEN -> kitchen(ink, random);
            case LIBRARY -> library(ink, random);
            case MOUNTAIN -> mountain(ink, random);
            case LIVING_ROOM -> livingRoom(ink, random);
            case OFFICE -> office(ink, random);
            case FOREST -> forest(ink, random);
            case DESERT -> desert(ink, random);
            case STAGE -> stage(ink, random);
            case HARBOUR -> harbour(ink, random);
        }
    }

    private static double vary(SplittableRandom random, double spread) {
        return spread * (2 * random.nextDouble() - 1);
    }

    private static Shape wide(double upper, double lower) {
        return Form.box(-FAR, upper, WIDTH + FAR, lower);
    }

    private void sky(Ink ink, SplittableRandom random) {
        ink.backdrop(skyAbove(), skyBelow());
        double x = 30 + 84 * random.nextDouble();
        double y = 12 + vary(random, 4);
        switch (light) {
            case DAY, WARM -> ink.fill(Form.circle(x, y, 8), 0xfff3b0);
            case EVENING -> ink.fill(Form.circle(x, 44, 13), 0xffd27a);
            case NIGHT -> {
                ink.fill(Form.circle(x, y + 2, 7), 0xf6f2d8);
                ink.fill(Form.circle(x + 3, y, 6), 0x182450);
                for (int i = 0; i < 14; i++) {
                    ink.fill(Form.circle(144 * random.nextDouble(), 45 * random.nextDouble(), 0.8), 0xf0f2ff);
                }
            }
            case CLOUDY -> {}
        }
        if (light != Light.NIGHT) {
            int clouds = light == Light.CLOUDY ? 5 : 2;
            for (int i = 0; i < clouds; i++) {
                cloud(ink, 150 * random.nextDouble(), 6 + 22 * random.nextDouble());
            }
        }
    }

    private void cloud(Ink ink, double x, double y) {
        int rgb = light == Light.EVENING ? 0xffd9c0 : light == Light.CLOUDY ? 0xc4cdd4 : 0xffffff;
        ink.fill(
                Form.blob(x - 13, y + 3, x - 8, y - 3, x - 1, y - 6, x + 6, y - 3, x + 13, y + 3, x, y + 4), rgb, 0.85);
    }

    private void park(Ink ink, SplittableRandom random) {
        ink.fill(
                Form.blob(
                        -80,
                        62,
                        -20,
                        48 + vary(random, 4),
                        60,
                        56,
                        120,
                        46 + vary(random, 4),
                        220,
                        60,
                        220,
                        110,
                        -80,
                        110),
                0x6cc25c);
        for (double x = -40 + vary(random, 10); x < 200; x += 34 + vary(random, 8)) {
            tree(ink, x, 62 + vary(random, 3), 0x2f8f3f, 0x7a4c2a);
        }
        ink.fill(wide(64, 140), 0x4fae48);
        ink.fill(Form.blob(40, 64, 60, 64, 90, 100, 110, 130, 10, 130, 30, 90), 0xe8cf96);
        for (int i = 0; i < 16; i++) {
            double x = 220 * random.nextDouble() - 40;
            double y = 68 + 26 * random.nextDouble();
            ink.fill(Form.circle(x, y, 1.5), Seeds.pick(random, FLOWERS));
        }
    }

    private static final List<Integer> FLOWERS = List.of(0xff5d73, 0xffd23f, 0xffffff, 0xb069e0);

    private void tree(Ink ink, double x, double y, int leaves, int trunk) {
        ink.fill(Form.box(x - 2.5, y - 20, x + 2.5, y + 6), trunk);
        ink.fill(Form.circle(x, y - 32, 13), leaves);
        ink.fill(Form.circle(x - 9, y - 24, 10), leaves);
        ink.fill(Form.circle(x + 9, y - 24, 10), Colours.darker(leaves, 0.12));
        ink.fill(Form.circle(x - 4, y - 34, 5), Colours.lighter(leaves, 0.2));
    }

    private void beach(Ink ink, SplittableRandom random) {
        ink.fill(wide(44, 74), 0x1d8fd0);
        ink.fill(wide(52, 74), 0x34b0de);
        ink.fill(
                Form.blob(
                        -80,
                        70,
                        0,
                        64 + vary(random, 3),
                        70,
                        69,
                        140,
                        63 + vary(random, 3),
                        230,
                        70,
                        230,
                        140,
                        -80,
                        140),
                0xffffff);
        ink.fill(Form.blob(-80, 73, 0, 67 + vary(random, 3), 70, 72, 140, 67, 230, 73, 230, 140, -80, 140), 0xf6dd9c);
        double sail = 20 + 100 * random.nextDouble();
        ink.fill(Form.polygon(sail, 30, sail + 11, 46, sail, 46), 0xffffff);
        ink.fill(Form.polygon(sail - 8, 47, sail + 13, 47, sail + 9, 51, sail - 4, 51), 0xc23a3a);
        for (double x = random.nextBoolean() ? 6 : 122; x < 240; x += 128) {
            ink.stroke(Form.line(x, 90, x + 4, 60, x - 1, 30), 4, 0x8d5d34);
            for (int i = 0; i < 6; i++) {
                double angle = Math.PI * (0.95 + 0.22 * i);
                double tipX = x - 1 + 21 * StrictMath.cos(angle);
                double tipY = 36 + 16 * StrictMath.sin(angle);
                ink.stroke(Form.line(x - 1, 30, (x + tipX) / 2, Math.min(28, tipY - 1), tipX, tipY), 4, 0x2f9a4a);
            }
        }
    }

    private void street(Ink ink, SplittableRandom random) {
        List<Integer> walls = List.of(0xc8694f, 0xd9a15b, 0x7d8fa8, 0xa8788f, 0x8fa87d, 0xb9b2a4);
        boolean lamps = light == Light.NIGHT || light == Light.EVENING;
        double x = -FAR;
        while (x < WIDTH + FAR) {
            double across = 28 + 12 * random.nextDouble();
            double top = 6 + 24 * random.nextDouble();
            ink.fill(Form.box(x, top, x + across, 80), Seeds.pick(random, walls));
            for (double row = top + 6; row < 62; row += 13) {
                for (double column = x + 4; column < x + across - 6; column += 10) {
                    boolean lit = lamps && random.nextInt(3) > 0;
                    Shape pane = Form.box(column, row, column + 6, row + 8);
                    if (lit) {
                        ink.light(Ink.Light.PLAIN);
                        ink.fill(pane, 0xffe08a);
                        ink.light(onThings(light));
                    } else {
                        ink.fill(pane, 0x52688a);
                    }
                }
            }
            x += across;
        }
        ink.fill(wide(74, 140), 0x9b9ba4);
        ink.fill(wide(82, 140), 0x55575f);
        for (double dash = -50; dash < 200; dash += 24) {
            ink.fill(Form.box(dash, 89, dash + 12, 91), 0xf0f0e0);
        }
        for (double lamp = -20 + vary(random, 10); lamp < 200; lamp += 62) {
            ink.stroke(Form.bent(lamp, 78, lamp, 24, lamp + 9, 22), 2, 0x2c2f38);
            ink.light(Ink.Light.PLAIN);
            ink.fill(Form.circle(lamp + 10, 24, 3.4), lamps ? 0xfff0b0 : 0xdfe6ea);
            ink.light(onThings(light));
        }
    }

    private void mountain(Ink ink, SplittableRandom random) {
        for (double x = -60 + vary(random, 15); x < 210; x += 62) {
            double top = 10 + vary(random, 7);
            ink.fill(Form.polygon(x, 74, x + 42, top, x + 86, 74), 0x7f93b2);
            ink.fill(
                    Form.polygon(
                            x + 42, top, x + 61, top + 27, x + 50, top + 22, x + 44, top + 30, x + 34, top + 22, x + 24,
                            top + 28),
                    0xffffff);
            ink.fill(Form.polygon(x + 42, top, x + 86, 74, x + 56, 74), 0x64789a, 0.5);
        }
        for (double x = -50 + vary(random, 8); x < 200; x += 25 + vary(random, 5)) {
            double y = 70 + vary(random, 3);
            for (int i = 0; i < 3; i++) {
                double half = 9 - 2.2 * i;
                ink.fill(Form.polygon(x - half, y - 8 * i, x + half, y - 8 * i, x, y - 8 * i - 14), 0x2b6650);
                ink.fill(
                        Form.polygon(x - half * .5, y - 8 * i - 7, x + half * .5, y - 8 * i - 7, x, y - 8 * i - 14),
                        0xffffff);
            }
        }
        ink.fill(
                Form.blob(
                        -80,
                        74,
                        0,
                        66 + vary(random, 3),
                        72,
                        72,
                        140,
                        65 + vary(random, 3),
                        230,
                        74,
                        230,
                        140,
                        -80,
                        140),
                0xf4f9ff);
        ink.fill(Form.blob(-80, 90, 20, 80, 90, 88, 230, 82, 230, 140, -80, 140), 0xdce9f6);
    }

    private void forest(Ink ink, SplittableRandom random) {
        List<Integer> leaves = List.of(0xe07b28, 0xd9482b, 0xf0b429, 0xb8531f);
        ink.fill(wide(50, 140), 0xc9853a);
        for (double x = -55 + vary(random, 6); x < 200; x += 21 + vary(random, 4)) {
            tree(ink, x, 56, Seeds.pick(random, leaves), 0x6a3f24);
        }
        for (double x = -50 + vary(random, 10); x < 200; x += 52 + vary(random, 8)) {
            ink.fill(Form.box(x - 5, -40, x + 5, 80), 0x5a3520);
            ink.fill(Form.box(x + 1, -40, x + 5, 80), 0x472917);
        }
        ink.fill(Form.blob(-80, 74, 0, 68, 70, 73, 140, 67, 230, 73, 230, 140, -80, 140), 0xa85f24);
        for (int i = 0; i < 26; i++) {
            double x = 220 * random.nextDouble() - 40;
            ink.fill(Form.ellipse(x, 74 + 22 * random.nextDouble(), 2.4, 1.4), Seeds.pick(random, leaves));
        }
    }

    private void desert(Ink ink, SplittableRandom random) {
        ink.fill(
                Form.blob(
                        -80,
                        58,
                        -30,
                        46 + vary(random, 3),
                        40,
                        58,
                        100,
                        44 + vary(random, 4),
                        230,
                        58,
                        230,
                        140,
                        -80,
                        140),
                0xd9935a);
        ink.fill(Form.blob(-80, 66, 20, 56 + vary(random, 3), 80, 66, 150, 56, 230, 66, 230, 140, -80, 140), 0xedb873);
        for (double x = -20 + vary(random, 20); x < 200; x += 62 + vary(random, 10)) {
            double y = 74 + vary(random, 4);
            ink.stroke(Form.line(x, y, x, y - 34), 7, 0x3f8a4a);
            ink.stroke(Form.bent(x, y - 14, x - 10, y - 14, x - 10, y - 26), 5, 0x3f8a4a);
            ink.stroke(Form.bent(x, y - 20, x + 10, y - 20, x + 10, y - 31), 5, 0x347a40);
        }
        ink.fill(Form.blob(-80, 80, 40, 73, 110, 82, 230, 74, 230, 140, -80, 140), 0xf6cf8c);
    }

    private void harbour(Ink ink, SplittableRandom random) {
        ink.fill(wide(46, 140), 0x2b6f9e);
        ink.fill(wide(58, 140), 0x3c86b4);
        List<Integer> hulls = List.of(0xc93b3b, 0x2d4f8f, 0xe3a02d, 0x3d9467);
        for (double x = -40 + vary(random, 12); x < 200; x += 46 + vary(random, 8)) {
            double y = 58 + vary(random, 3);
            ink.stroke(Form.line(x, y, x, y - 48), 1.6, 0x4a3524);
            ink.fill(Form.polygon(x + 1.5, y - 46, x + 1.5, y - 6, x + 18, y - 6), 0xfdf6e4);
            ink.fill(Form.polygon(x - 1.5, y - 40, x - 1.5, y - 6, x - 12, y - 6), 0xeadfc4);
            ink.fill(
                    Form.polygon(x - 18, y - 3, x + 21, y - 3, x + 14, y + 7, x - 12, y + 7),
                    Seeds.pick(random, hulls));
        }
        ink.fill(wide(74, 140), 0x9a6a3e);
        for (double y = 79; y < 120; y += 6) {
            ink.fill(wide(y, y + 0.9), 0x74492a);
        }
        for (double x = -40 + vary(random, 10); x < 200; x += 36) {
            ink.fill(Form.roundBox(x - 3, 62, x + 3, 80, 2), 0x5b3820);
        }
    }

    private void room(Ink ink, int wall, int floor, double edge) {
        ink.backdrop(Colours.lighter(wall, 0.05), wall);
        ink.fill(wide(-60, edge), wall);
        ink.fill(wide(edge, 150), floor);
        ink.fill(wide(edge - 2, edge), Colours.lighter(wall, 0.5));
    }

    private void window(Ink ink, double x, double y, double across, double down) {
        ink.fill(Form.box(x - 2, y - 2, x + across + 2, y + down + 2), 0xf4efe6);
        ink.light(Ink.Light.PLAIN);
        ink.fill(Form.box(x, y, x + across, y + down), skyAbove());
        ink.fill(Form.box(x, y + down * .5, x + across, y + down), skyBelow());
        ink.light(onThings(light));
        ink.fill(Form.box(x + across / 2 - .8, y, x + across / 2 + .8, y + down), 0xf4efe6);
    }

    private void kitchen(Ink ink, SplittableRandom random) {
        int cabinet = Seeds.pick(random, List.of(0x4aa3a0, 0x6fa35a, 0x5b83b8));
        room(ink, 0xfbe7c0, 0xd98c5c, 82);
        double window = 42 + vary(random, 16);
        for (double x = -FAR; x < WIDTH + FAR; x += 25) {
            if (x + 24 < window - 3 || x > window + 39) {
                ink.fill(Form.box(x, 4, x + 23, 30), cabinet);
                ink.fill(Form.circle(x + 19, 26, 1.3), 0xf6efe0);
            }
        }
        window(ink, window, 8, 36, 28);
        for (double x = -FAR; x < WIDTH + FAR; x += 9) {
            ink.fill(Form.box(x, 44, x + 8, 50), 0xffffff);
            ink.fill(Form.box(x, 51, x + 8, 57), 0xffffff);
        }
        ink.fill(wide(58, 63), 0xf2f2ee);
        ink.fill(wide(63, 84), Colours.darker(cabinet, 0.1));
        for (double x = -FAR; x < WIDTH + FAR; x += 25) {
            ink.fill(Form.box(x + 1, 66, x + 24, 82), cabinet);
        }
        double pot = 100 + vary(random, 12);
        ink.fill(Form.roundBox(pot, 47, pot + 17, 58, 2), 0xd23f3f);
        ink.fill(Form.box(pot - 3, 49, pot + 20, 51), 0x8c2626);
        ink.fill(Form.roundBox(12, 40, 20, 58, 3), 0x3f6fb0);
    }

    private void library(Ink ink, SplittableRandom random) {
        room(ink, 0x7a4a2c, 0x9c3a3a, 86);
        List<Integer> books = List.of(0xc23b34, 0x2f6b9e, 0x3f8f58, 0xe0b03c, 0x7a4a8f, 0xe8dcc0, 0x394862);
        for (double shelf = -14; shelf < 84; shelf += 25) {
            for (double x = -FAR; x < WIDTH + FAR; ) {
                double thick = 4 + 3 * random.nextDouble();
                double top = shelf + 2 + 5 * random.nextDouble();
                if (random.nextInt(9) > 0) {
                    ink.fill(Form.box(x, top, x + thick - .6, shelf + 21), Seeds.pick(random, books));
                }
                x += thick;
            }
            ink.fill(wide(shelf + 21, shelf + 25), 0x5a3218);
        }
        for (double x = -FAR + 10 + vary(random, 8); x < 200; x += 58) {
            ink.fill(Form.box(x, -60, x + 5, 86), 0x5a3218);
        }
    }

    private void livingRoom(Ink ink, SplittableRandom random) {
        room(ink, Seeds.pick(random, List.of(0xa8c8b0, 0xc9b6dc, 0xeac2b0)), 0xb78452, 80);
        window(ink, 14 + vary(random, 8), 8, 30, 32);
        double lamp = 124 + vary(random, 8);
        ink.stroke(Form.line(lamp, 84, lamp, 30), 2, 0x4b3a2c);
        ink.light(Ink.Light.PLAIN);
        ink.fill(Form.polygon(lamp - 10, 32, lamp + 10, 32, lamp + 6, 16, lamp - 6, 16), 0xffdf8a);
        ink.light(onThings(light));
        double picture = 66 + vary(random, 8);
        ink.fill(Form.box(picture, 8, picture + 28, 28), 0x6a4528);
        ink.fill(Form.box(picture + 2, 10, picture + 26, 26), 0xf3e3c0);
        ink.fill(Form.polygon(picture + 4, 24, picture + 12, 14, picture + 20, 24), 0x4f86b8);
        int sofa = Seeds.pick(random, List.of(0x3d5a98, 0xa84848, 0x4d7f5a));
        ink.fill(Form.roundBox(26, 52, 118, 90, 8), sofa);
        ink.fill(Form.roundBox(16, 62, 32, 96, 6), Colours.lighter(sofa, 0.12));
        ink.fill(Form.roundBox(112, 62, 128, 96, 6), Colours.lighter(sofa, 0.12));
    }

    private void office(Ink ink, SplittableRandom random) {
        room(ink, 0xdfe5ea, 0x7d8894, 82);
        for (double x = -54 + vary(random, 8); x < 200; x += 46) {
            window(ink, x, 6, 34, 36);
        }
        int screen = Seeds.pick(random, List.of(0x48b0e8, 0x58c48a, 0xe8a048));
        for (double x = -30 + vary(random, 8); x < 200; x += 58) {
            ink.fill(Form.box(x, 64, x + 50, 68), 0xc9a06a);
            ink.fill(Form.box(x + 2, 68, x + 5, 90), 0x8a6a40);
            ink.fill(Form.box(x + 45, 68, x + 48, 90), 0x8a6a40);
            ink.fill(Form.roundBox(x + 12, 46, x + 36, 61, 1.5), 0x2c3038);
            ink.fill(Form.box(x + 14, 48, x + 34, 59), screen);
            ink.fill(Form.box(x + 22, 61, x + 26, 64), 0x2c3038);
        }
    }

    private void stage(Ink ink, SplittableRandom random) {
        ink.backdrop(0x2a1038, 0x4a1a4c);
        ink.fill(wide(-60, 78), 0x3a1446);
        for (int i = 0; i < 4; i++) {
            double x = 14 + 39 * i + vary(random, 6);
            int rgb = Seeds.pick(random, List.of(0xffd84a, 0x58d8ff, 0xff6ad5, 0x8affa0));
            ink.light(Ink.Light.PLAIN);
            ink.fill(Form.polygon(x - 2, -20, x + 2, -20, x + 20 + vary(random, 6), 84, x - 20, 84), rgb, 0.28);
            ink.light(onThings(light));
        }
        for (int side = 0; side < 2; side++) {
            for (int i = 0; i < 12; i++) {
                double x = side == 0 ? -FAR + 6 + 6.2 * i : WIDTH + FAR - 6 - 6.2 * i;
                ink.fill(
                        Form.blob(x - 4, -40, x + 4, -40, x + 4.5, 40, x + 4, 84, x - 4, 84, x - 4.5, 40),
                        i % 2 == 0 ? 0xc02038 : 0x98142a);
            }
        }
        ink.fill(
                Form.blob(-70, -40, 214, -40, 214, 2, 180, 11, 144, 4, 108, 12, 72, 5, 36, 12, 0, 4, -36, 11, -70, 2),
                0xb01a30);
        ink.fill(wide(78, 150), 0xb07a44);
        for (double y = 83; y < 130; y += 6) {
            ink.fill(wide(y, y + 0.9), 0x8a5a2c);
        }
    }
}
