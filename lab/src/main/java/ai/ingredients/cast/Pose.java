package ai.ingredients.cast;

/**
 * Where a character is and what face it makes at one moment. Angles are in radians, positive turns the head towards the
 * viewer's right, down, or clockwise.
 */
final class Pose {
    /** Where the neck meets the shoulders, in the units of the view. */
    double x;

    double y;
    /** Height of the head without high hair, in the units of the view. */
    double size = 1;
    /** Tilt of the whole body. */
    double lean;

    double yaw;
    double pitch;
    double roll;

    /** 0 closed, 1 wide open. */
    double mouthOpen;
    /** −1 sad, 0 neutral, 1 broad. */
    double smile = 0.4;
    /** Fractions of the range in which brows move, −1 to 1. */
    double browRaise;
    /** 0 open eyes, 1 closed. */
    double blink;

    double gazeX;
    double gazeY;

    final Arm left = new Arm();
    final Arm right = new Arm();
    boolean seated;
    /** Whether the back of the head is seen. */
    boolean away;

    /** One arm, by the side on which the viewer sees it. */
    static final class Arm {
        /** Of the upper arm: 0 hangs, π points up. */
        double shoulder = 0.14;
        /** Of the forearm against the upper arm. */
        double elbow = -0.12;
        /** Whether it is drawn before the face. */
        boolean inFront;

        void to(double shoulder, double elbow, boolean inFront) {
            this.shoulder = shoulder;
            this.elbow = elbow;
            this.inFront = inFront;
        }
    }
}
