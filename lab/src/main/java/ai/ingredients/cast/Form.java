package ai.ingredients.cast;

import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.RoundRectangle2D;

/** Shapes from few numbers. */
final class Form {
    /** Moves the points a shape is made of before they are joined: how a head that turns takes its hair along. */
    interface Warp {
        Warp NONE = new Warp() {
            @Override
            public double x(double x, double y) {
                return x;
            }

            @Override
            public double y(double x, double y) {
                return y;
            }
        };

        double x(double x, double y);

        double y(double x, double y);
    }

    private Form() {}

    static Shape circle(double x, double y, double radius) {
        return ellipse(x, y, radius, radius);
    }

    static Shape ellipse(double x, double y, double across, double down) {
        return new Ellipse2D.Double(x - across, y - down, 2 * across, 2 * down);
    }

    static Shape box(double left, double upper, double right, double lower) {
        return polygon(left, upper, right, upper, right, lower, left, lower);
    }

    static Shape roundBox(double left, double upper, double right, double lower, double radius) {
        return new RoundRectangle2D.Double(left, upper, right - left, lower - upper, 2 * radius, 2 * radius);
    }

    static Shape polygon(double... xy) {
        return polygon(Warp.NONE, xy);
    }

    static Shape polygon(Warp warp, double... xy) {
        Path2D path = new Path2D.Double();
        for (int i = 0; i < xy.length; i += 2) {
            double x = warp.x(xy[i], xy[i + 1]);
            double y = warp.y(xy[i], xy[i + 1]);
            if (i == 0) {
                path.moveTo(x, y);
            } else {
                path.lineTo(x, y);
            }
        }
        path.closePath();
        return path;
    }

    /** Straight lines through the points, open. */
    static Shape bent(double... xy) {
        Path2D path = new Path2D.Double();
        path.moveTo(xy[0], xy[1]);
        for (int i = 2; i < xy.length; i += 2) {
            path.lineTo(xy[i], xy[i + 1]);
        }
        return path;
    }

    /** A closed curve through the points. */
    static Shape blob(double... xy) {
        return curve(Warp.NONE, true, xy);
    }

    static Shape blob(Warp warp, double... xy) {
        return curve(warp, true, xy);
    }

    /** An open curve through the points. */
    static Shape line(double... xy) {
        return curve(Warp.NONE, false, xy);
    }

    static Shape line(Warp warp, double... xy) {
        return curve(warp, false, xy);
    }

    /** A Catmull-Rom spline. */
    private static Shape curve(Warp warp, boolean closed, double... xy) {
        int points = xy.length / 2;
        double[] x = new double[points];
        double[] y = new double[points];
        for (int i = 0; i < points; i++) {
            x[i] = warp.x(xy[2 * i], xy[2 * i + 1]);
            y[i] = warp.y(xy[2 * i], xy[2 * i + 1]);
        }
        Path2D path = new Path2D.Double();
        path.moveTo(x[0], y[0]);
        int pieces = closed ? points : points - 1;
        for (int i = 0; i < pieces; i++) {
            int before = closed ? (i + points - 1) % points : Math.max(i - 1, 0);
            int next = (i + 1) % points;
            int after = closed ? (i + 2) % points : Math.min(i + 2, points - 1);
            path.curveTo(
                    x[i] + (x[next] - x[before]) / 6,
                    y[i] + (y[next] - y[before]) / 6,
                    x[next] - (x[after] - x[i]) / 6,
                    y[next] - (y[after] - y[i]) / 6,
                    x[next],
                    y[next]);
        }
        if (closed) {
            path.closePath();
        }
        return path;
    }

    /**
     * Both halves of a symmetrical outline, from its right half.
     *
     * @param half points from the upper to the lower crossing of the axis; a first or last point on the axis is kept once
     */
    static double[] both(double... half) {
        int points = half.length / 2;
        int from = half[0] == 0 ? 1 : 0;
        int to = half[half.length - 2] == 0 ? points - 1 : points;
        double[] all = new double[half.length + 2 * (to - from)];
        System.arraycopy(half, 0, all, 0, half.length);
        int at = half.length;
        for (int i = to - 1; i >= from; i--) {
            all[at++] = -half[2 * i];
            all[at++] = half[2 * i + 1];
        }
        return all;
    }

    /** The mirror image of an outline. */
    static double[] mirrored(double... xy) {
        double[] other = xy.clone();
        for (int i = 0; i < other.length; i += 2) {
            other[i] = -other[i];
        }
        return other;
    }

    /** The outline of an ellipse, for what is warped. */
    static double[] oval(double x, double y, double across, double down) {
        int points = 8;
        double[] xy = new double[2 * points];
        for (int i = 0; i < points; i++) {
            double angle = 2 * Math.PI * i / points;
            xy[2 * i] = x + across * StrictMath.cos(angle);
            xy[2 * i + 1] = y + down * StrictMath.sin(angle);
        }
        return xy;
    }
}
