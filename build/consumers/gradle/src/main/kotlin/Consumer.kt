import ai.ingredients.Ingredients
import ai.ingredients.Portrait
import ai.ingredients.face.LandmarkFile
import java.nio.file.Path

/** Makes a small video with the model of random weights and prints its path: MODEL PHOTOS OUTPUT. */
fun main(args: Array<String>) {
    val (model, photos, output) = args.map(Path::of)
    val landmarks = LandmarkFile.read(photos.resolve("landmarks.json"))
    Ingredients.open(model).use { ingredients ->
        ingredients.video("Two people talk in a park.")
            .person(Portrait.of(photos.resolve("ada.png")).landmarks(landmarks))
            .person(Portrait.of(photos.resolve("alan.png")).landmarks(landmarks))
            .size(96, 64)
            .frames(9)
            .steps(10)
            .seed(42)
            .generate()
            .write(output)
    }
    println(output)
}
