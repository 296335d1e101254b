package ai.ingredients.cast;

import ai.ingredients.cast.CastPrompt.Action;
import java.util.SplittableRandom;

/** How one person carries out an action: a pose for every moment, smooth in time. */
final class Motion {
    private static final double TURN = 2 * Math.PI;

    private final Action action;
    private final double phase;
    private final double pace;
    private final double strength;
    private final int hand;
    private final double blinkAt;
    private final double baseYaw;
    private final double baseSmile;

    Motion(Action action, SplittableRandom random) {
        this.action = action;
        this.phase = random.nextDouble();
        this.pace = Seeds.between(random, 0.55, 0.7); // at 8 fps faster motion is a blur, also for the autoencoder
        this.strength = Seeds.between(random, 0.85, 1.15);
        this.hand = random.nextBoolean() ? 1 : -1;
        this.blinkAt = Seeds.between(random, 0.2, 3.5); // beyond the end of some clips
        this.baseYaw = Seeds.between(random, -0.14, 0.14);
        this.baseSmile = Seeds.between(random, 0.3, 0.9);
    }

    /** A wave of {@code hertz}, −1 to 1. */
    private double wave(double seconds, double hertz) {
        return StrictMath.sin(TURN * (phase + seconds * hertz * pace));
    }

    /** As {@link #wave}, a quarter later. */
    private double after(double seconds, double hertz) {
        return StrictMath.sin(TURN * (phase + seconds * hertz * pace - 0.25));
    }

    /** Sets what of {@code pose} the action moves; x, y and size are there already. */
    void pose(Pose pose, double seconds) {
        double slow = wave(seconds, 0.35);
        pose.yaw = baseYaw + 0.05 * slow;
        pose.roll = 0.03 * after(seconds, 0.35);
        pose.smile = baseSmile;
        pose.y += 0.008 * pose.size * wave(seconds, 0.5);
        pose.blink = StrictMath.max(0, 1 - Math.abs(seconds - blinkAt) / 0.16);
        Pose.Arm busy = hand > 0 ? pose.right : pose.left;
        Pose.Arm idle = hand > 0 ? pose.left : pose.right;
        switch (action) {
            case WAVE -> {
                busy.to(1.05, 2.0 + 0.38 * strength * wave(seconds, 1.0), true);
                pose.roll += 0.05 * hand;
                pose.smile = Math.max(0.6, baseSmile);
            }
            case NOD -> {
                pose.pitch = 0.08 + 0.24 * strength * wave(seconds, 0.95);
                pose.y += 0.02 * pose.size * wave(seconds, 0.95);
            }
            case TALK -> {
                pose.mouthOpen = Math.max(0, 0.34 + 0.34 * wave(seconds, 1.35) + 0.12 * after(seconds, 0.6));
                pose.yaw += 0.12 * wave(seconds, 0.4);
                pose.browRaise = 0.5 * wave(seconds, 0.7);
                busy.to(0.35 + 0.08 * wave(seconds, 0.7), -2.05 + 0.3 * wave(seconds, 0.7), true);
            }
            case WALK -> {
                double step = wave(seconds, 0.9);
                pose.y -= 0.045 * pose.size * Math.abs(step);
                pose.x += 0.03 * pose.size * step;
                pose.lean = 0.045 * step;
                pose.roll -= 0.03 * step;
                pose.left.to(0.22 + 0.28 * step, -0.35 - 0.35 * Math.max(0, step), false);
                pose.right.to(0.22 - 0.28 * step, -0.35 - 0.35 * Math.max(0, -step), false);
            }
            case DANCE -> {
                double sway = wave(seconds, 0.75);
                pose.x += 0.08 * pose.size * strength * sway;
                pose.y -= 0.05 * pose.size * Math.abs(after(seconds, 0.75));
                pose.lean = 0.13 * strength * sway;
                pose.roll += 0.12 * after(seconds, 0.75);
                pose.left.to(1.15 + 0.55 * sway, 1.2 + 0.3 * sway, true);
                pose.right.to(1.15 - 0.55 * sway, 1.2 - 0.3 * sway, true);
                pose.smile = Math.max(0.7, baseSmile);
                pose.mouthOpen = 0.25;
            }
            case LOOK_AROUND -> {
                double look = wave(seconds, 0.45);
                pose.yaw = 0.43 * strength * look;
                pose.gazeX = 0.8 * look;
                pose.smile = Math.min(0.3, baseSmile);
                pose.browRaise = 0.5;
            }
            case JUMP -> {
                double at = (phase + seconds * 0.95 * pace) % 1;
                double up = Math.max(0, 1 - 4 * (at - 0.5) * (at - 0.5) / 0.72);
                double crouch = Math.max(0, 0.15 - up) / 0.15;
                pose.y -= pose.size * (0.15 * strength * up - 0.06 - 0.04 * crouch);
                double arms = 0.35 + 1.75 * up;
                pose.left.to(arms, 0.2 + 0.9 * up, true); // bent, so that neighbours are not hit
                pose.right.to(arms, 0.2 + 0.9 * up, true);
                pose.mouthOpen = 0.15 + 0.5 * up;
                pose.smile = 0.8;
            }
            case SIT -> {
                pose.seated = true;
                pose.y += 0.10 * pose.size;
                pose.lean = 0.015 * slow;
                pose.left.to(0.3, -0.75, true);
                pose.right.to(0.3, -0.75, true);
            }
            case LAUGH -> {
                double shake = wave(seconds, 1.6);
                pose.y += 0.018 * pose.size * shake;
                pose.pitch = -0.13 + 0.06 * wave(seconds, 0.5);
                pose.roll += 0.08 * wave(seconds, 0.45);
                pose.mouthOpen = 0.8 + 0.2 * shake;
                pose.smile = 1;
                pose.blink = 1;
                pose.browRaise = 0.7;
            }
            case CHEER -> {
                double pump = wave(seconds, 0.95);
                pose.y -= 0.03 * pose.size * pump;
                pose.left.to(2.35 + 0.22 * strength * pump, 0.35, true);
                pose.right.to(2.35 + 0.22 * strength * pump, 0.35, true);
                pose.mouthOpen = 0.65 + 0.2 * pump;
                pose.smile = 1;
            }
            case CLAP -> {
                double apart = 0.5 + 0.5 * wave(seconds, 1.15);
                pose.left.to(0.42 + 0.22 * apart, -2.25 + 0.5 * apart, true);
                pose.right.to(0.42 + 0.22 * apart, -2.25 + 0.5 * apart, true);
                pose.smile = Math.max(0.6, baseSmile);
            }
        }
        if (idle.shoulder < 0.2) {
            idle.shoulder += 0.02 * slow;
        }
    }

    /** How far the scene has gone by, in units of the view: walkers stay in the picture. */
    static double travelled(Action action, double seconds) {
        return action == Action.WALK ? 9 * seconds : 0;
    }
}
