package ai.ingredients.cast;

import ai.ingredients.cast.CastPrompt.Light;
import ai.ingredients.cast.CastPrompt.Scene;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.face.Face;
import java.awt.geom.AffineTransform;
import java.util.List;
import java.util.SplittableRandom;

/** Takes portraits. */
final class PhotoStudio {
    private PhotoStudio() {}

    /** See {@link CastSource#photo}. */
    static PersonPhoto shoot(CastIdentity who, int side, long seed) {
        SplittableRandom random = Seeds.random(seed);
        Scene scene = Seeds.pick(random, List.of(Scene.values()));
        Light light =
                Seeds.pick(random, List.of(Light.DAY, Light.DAY, Light.EVENING, Light.NIGHT, Light.WARM, Light.CLOUDY));
        CastPrompt.Garment garment = CastPrompt.garment(random, who.presentation());
        Pose pose = new Pose();
        // The view is 96 units high; a portrait shows the head at half to three quarters of that.
        pose.size = Seeds.between(random, 46, 60);
        pose.x = ScenePainter.WIDTH / 2 + Seeds.between(random, -7, 7);
        pose.y = 48 + pose.size * 0.56 + Seeds.between(random, -4, 6);
        pose.yaw = Seeds.between(random, -0.38, 0.38);
        pose.pitch = Seeds.between(random, -0.14, 0.14);
        pose.roll = Seeds.between(random, -0.16, 0.16);
        pose.lean = Seeds.between(random, -0.05, 0.05);
        pose.smile = Seeds.between(random, 0.05, 1);
        pose.mouthOpen = random.nextInt(3) == 0 ? Seeds.between(random, 0.3, 0.8) : 0;
        pose.browRaise = Seeds.between(random, -0.6, 1);
        pose.gazeX = Seeds.between(random, -0.6, 0.6);
        pose.gazeY = Seeds.between(random, -0.4, 0.4);
        pose.blink = Seeds.between(random, 0, 0.15);
        AffineTransform camera = new AffineTransform();
        double scale = side / ScenePainter.HEIGHT;
        camera.translate((side - ScenePainter.WIDTH * scale) / 2, 0);
        camera.scale(scale, scale);
        CastRenderer renderer = new CastRenderer(side, side, scene, light, random.nextLong());
        CastRenderer.Shot shot = renderer.shoot(
                camera, Seeds.between(random, -30, 30), List.of(new CastRenderer.Actor(who, garment, pose)), new int[] {
                    0
                });
        renderer.dispose();
        List<Face.Point> landmarks = shot.seen().getFirst().landmarks();
        if (landmarks == null) {
            throw new AssertionError("whom we draw has a face");
        }
        return new PersonPhoto(shot.picture(), landmarks);
    }
}
