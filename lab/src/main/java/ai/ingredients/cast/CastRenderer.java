package ai.ingredients.cast;

import ai.ingredients.cast.CastPrompt.Camera;
import ai.ingredients.cast.CastPrompt.Garment;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.Mask;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import java.awt.geom.AffineTransform;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Draws pictures of characters in a scene, with the truth about who is where. */
final class CastRenderer {
    /** How far down the neck the head turns from, and how far above that the eyes are; units of the head. */
    private static final double PIVOT_Y = -0.12;

    private static final double HEAD_Y = -0.44;

    /** Share of a face's box that must be seen for the face to count. */
    private static final double LEAST_SEEN = 0.45;

    private final Ink ink;
    private final ScenePainter scene;
    private final CastPrompt.Light light;
    private int @Nullable [] background;
    private AffineTransform backgroundCamera = new AffineTransform();
    private double backgroundGone = Double.NaN;

    CastRenderer(int width, int height, CastPrompt.Scene scene, CastPrompt.Light light, long sceneSeed) {
        this.ink = new Ink(width, height);
        this.scene = new ScenePainter(scene, light, sceneSeed);
        this.light = light;
    }

    /** Someone in the picture. */
    record Actor(CastIdentity who, Garment garment, Pose pose) {}

    /** A picture, and where each actor is seen in it; who turns away or is outside shows no face. */
    record Shot(Picture picture, List<Seen> seen) {}

    /** The camera at a moment of a clip; {@code share} runs from 0 to 1. */
    static AffineTransform camera(Camera camera, double share, int width, int height) {
        double scale = height / ScenePainter.HEIGHT;
        AffineTransform view = AffineTransform.getTranslateInstance((width - ScenePainter.WIDTH * scale) / 2, 0);
        view.scale(scale, scale);
        double middleX = ScenePainter.WIDTH / 2;
        double middleY = ScenePainter.HEIGHT * 0.46;
        switch (camera) {
            case STILL -> {}
            case PAN -> view.translate(5 - 10 * share, 0);
            case ZOOM -> {
                double closer = 0.96 + 0.10 * share;
                view.translate(middleX, middleY);
                view.scale(closer, closer);
                view.translate(-middleX, -middleY);
            }
        }
        return view;
    }

    /**
     * Draws one picture.
     *
     * @param camera from the units of the view to pixels
     * @param gone as {@link ScenePainter#paint}
     * @param actors who is there
     * @param order indices of actors from the farthest to the nearest
     */
    Shot shoot(AffineTransform camera, double gone, List<Actor> actors, int[] order) {
        drawScene(camera, gone);
        ink.light(ScenePainter.onPeople(light));
        Seen[] places = new Seen[actors.size()];
        for (int index : order) {
            places[index] = draw(camera, actors.get(index), index);
        }
        List<Seen> seen = new ArrayList<>();
        for (int i = 0; i < places.length; i++) {
            seen.add(visible(places[i], ink.mask(face(i)), ink.mask(face(i), body(i))));
        }
        return new Shot(ink.picture(), List.copyOf(seen));
    }

    /** What can be seen of a person: a face that is mostly outside or behind somebody has no box and no landmarks. */
    private static Seen visible(Seen drawn, Mask face, Mask person) {
        if (person.area() == 0) {
            return Seen.ABSENT;
        }
        Face.Box box = drawn.faceBox();
        boolean seen = box != null && share(box, face) >= LEAST_SEEN;
        return new Seen(seen ? box : null, seen ? drawn.landmarks() : null, face.area() == 0 ? null : face, person);
    }

    /** How much of {@code box} is in {@code face}. */
    private static double share(Face.Box box, Mask face) {
        int inside = 0;
        for (int y = Math.max(0, Math.round(box.top())); y <= Math.min(face.height() - 1, box.bottom()); y++) {
            for (int x = Math.max(0, Math.round(box.left())); x <= Math.min(face.width() - 1, box.right()); x++) {
                inside += face.get(x, y) ? 1 : 0;
            }
        }
        return inside / ((double) (box.right() - box.left()) * (box.bottom() - box.top()));
    }

    private void drawScene(AffineTransform camera, double gone) {
        if (background == null || gone != backgroundGone || !camera.equals(backgroundCamera)) {
            scene.paint(ink, camera, gone);
            background = ink.pixels();
            backgroundCamera = camera;
            backgroundGone = gone;
        }
        ink.restart(background);
    }

    private static byte face(int index) {
        return (byte) (2 * index + 1);
    }

    private static byte body(int index) {
        return (byte) (2 * index + 2);
    }

    private Seen draw(AffineTransform camera, Actor actor, int index) {
        Pose pose = actor.pose();
        AffineTransform trunk = new AffineTransform(camera);
        trunk.translate(pose.x, pose.y);
        trunk.scale(pose.size, pose.size);
        trunk.rotate(pose.lean);
        AffineTransform top = new AffineTransform(trunk);
        top.translate(0, PIVOT_Y);
        top.rotate(pose.roll);
        top.translate(0, HEAD_Y);
        HeadPainter head = new HeadPainter(ink, actor.who(), pose);
        BodyPainter body = new BodyPainter(ink, actor.who(), actor.garment(), pose);
        if (pose.seated) {
            ink.transform(trunk);
            ink.push();
            body.paintChair();
            ink.pop();
        }
        layer(top, head::paintBackHair, face(index));
        layer(trunk, body::paintTorso, body(index));
        layer(top, head::paintFront, face(index));
        layer(trunk, body::paintRaisedArms, body(index));
        return pose.away ? Seen.ABSENT : place(top, head);
    }

    private void layer(AffineTransform transform, Runnable painting, byte owner) {
        ink.transform(transform);
        ink.push();
        painting.run();
        ink.pop(owner);
    }

    private static Seen place(AffineTransform top, HeadPainter head) {
        Rectangle2D box = top.createTransformedShape(head.outline()).getBounds2D();
        double[] at = head.landmarks();
        List<Face.Point> landmarks = IntStream.range(0, Face.LANDMARKS)
                .mapToObj(i -> {
                    Point2D point = top.transform(new Point2D.Double(at[2 * i], at[2 * i + 1]), null);
                    return new Face.Point(point.getX() - 0.5, point.getY() - 0.5); // edges to centres of pixels
                })
                .toList();
        Face.Box frame = new Face.Box(
                (float) (box.getMinX() - 0.5), (float) (box.getMinY() - 0.5), (float) (box.getMaxX() - 0.5), (float)
                        (box.getMaxY() - 0.5));
        return new Seen(frame, landmarks, null, null);
    }

    void dispose() {
        ink.dispose();
    }
}
