package example;

import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.People;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A video for each line of a file, all of the same people, who are prepared once. A line that cannot be made is told of, and
 * the next one begun. Arguments: MODEL PROMPTS.txt FOLDER PHOTO…
 */
public final class Batch {
    private Batch() {}

    public static void main(String[] args) throws IOException {
        if (args.length < 4) {
            System.err.println("expected: MODEL PROMPTS.txt FOLDER PHOTO...");
            return;
        }
        List<String> prompts = Files.readAllLines(Path.of(args[1]));
        Path folder = Files.createDirectories(Path.of(args[2]));
        List<String> photos = List.of(args).subList(3, args.length);
        try (Ingredients ingredients = Ingredients.open(Path.of(args[0]));
                People people = ingredients.people(
                        photos.stream().map(Path::of).map(Generate::portrait).toList())) {
            for (int i = 0; i < prompts.size(); i++) {
                Path output = folder.resolve(String.format(Locale.ROOT, "%03d.mp4", i));
                try {
                    ingredients
                            .video(prompts.get(i))
                            .people(people)
                            .seed(i)
                            .generate()
                            .write(output);
                    System.out.println(output);
                } catch (InvalidInputException e) {
                    System.err.println("line " + (i + 1) + ": " + e.getMessage());
                }
            }
        }
    }
}
