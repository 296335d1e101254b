package example;

import ai.ingredients.Ingredients;
import ai.ingredients.Portrait;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.face.LandmarkFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A video of the people in photos. Arguments: MODEL PROMPT OUTPUT.mp4 PHOTO… */
public final class Generate {
    private Generate() {}

    public static void main(String[] args) {
        if (args.length < 4) {
            System.err.println("expected: MODEL PROMPT OUTPUT.mp4 PHOTO...");
            return;
        }
        Path output = Path.of(args[2]);
        try (Ingredients ingredients = Ingredients.open(Path.of(args[0]))) {
            VideoBuilder builder = ingredients.video(args[1]).seed(42);
            for (String photo : List.of(args).subList(3, args.length)) {
                builder.person(portrait(Path.of(photo)));
            }
            Video video = builder.generate();
            video.write(output);
            System.out.println(
                    output + ": " + video.frames().size() + " frames, " + video.secondsPerStep() + " seconds per step");
        }
    }

    /** With a landmarks.json beside the photo, as {@code ingredients faces} takes it, nobody looks for a face. */
    static Portrait portrait(Path photo) {
        Path landmarks = photo.resolveSibling("landmarks.json");
        Portrait portrait = Portrait.of(photo);
        return Files.exists(landmarks) ? portrait.landmarks(LandmarkFile.read(landmarks)) : portrait;
    }
}
