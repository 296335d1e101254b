package example;

import ai.ingredients.Ingredients;
import ai.ingredients.Portrait;
import ai.ingredients.Video;
import ai.ingredients.face.LandmarkFile;
import java.nio.file.Path;

/** Makes a small video with the model of random weights and prints its path: MODEL PHOTOS OUTPUT. */
public final class Consumer {
    private Consumer() {}

    public static void main(String[] args) {
        Path photos = Path.of(args[1]);
        Path output = Path.of(args[2]);
        LandmarkFile landmarks = LandmarkFile.read(photos.resolve("landmarks.json"));
        try (Ingredients ingredients = Ingredients.open(Path.of(args[0]))) {
            Video video = ingredients.video("Two people talk in a park.")
                    .person(Portrait.of(photos.resolve("ada.png")).landmarks(landmarks))
                    .person(Portrait.of(photos.resolve("alan.png")).landmarks(landmarks))
                    .size(96, 64)
                    .frames(9)
                    .steps(10)
                    .seed(42)
                    .generate();
            video.write(output);
        }
        System.out.println(output);
    }
}
