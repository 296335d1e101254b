package ai.ingredients;

import ai.ingredients.face.Face;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.pipeline.RecipeSources.Source;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files that a recipe names. Each is looked for where the recipe says, then beside the recipe and in the current folder
 * under its name, and taken where its sum is the recipe's.
 */
final class RecipePhotos {
    private final Path recipe;
    private final JsonNode json;
    private final JsonNode files;

    RecipePhotos(Path recipe, JsonNode json) {
        this.recipe = recipe;
        this.json = json;
        files = json.path("files");
    }

    /** {@code path} as seen from the recipe. */
    Path place(String path) {
        return recipe.toAbsolutePath()
                .resolveSibling(ForeignPath.of(path, recipe + ": a path in files"))
                .normalize();
    }

    boolean prepared() {
        return json.path("prepared").asBoolean();
    }

    Path preparedPeople() {
        return found(name(0), sum(0), files.path("photos").path(0).textValue(), "people");
    }

    /** The first frame, where there is one. */
    Optional<Path> firstFrame() {
        return json.path("photos").isEmpty()
                ? Optional.empty()
                : Optional.of(
                        found(name(0), sum(0), files.path("photos").path(0).textValue(), "firstFrame"));
    }

    /** The people by their photos. */
    List<Portrait> portraits(List<String> names) {
        LandmarkFile given = landmarks();
        List<Portrait> portraits = new ArrayList<>();
        for (int n = 0; n < json.path("photos").size(); n++) {
            Path photo = found(name(n), sum(n), files.path("photos").path(n).textValue(), "person");
            JsonNode faces = json.path("face_index");
            // One number was written for all photos before there was one for each.
            JsonNode face = faces.isArray() && faces.size() == 1 ? faces.path(0) : faces.path(n);
            Portrait portrait = portrait(
                            photo,
                            faces.isNumber() ? faces : face,
                            json.path("landmark_points").path(n),
                            given)
                    .named(names.get(n));
            JsonNode others = json.path("more_photos").path(n);
            for (int k = 0; k < others.size(); k++) {
                JsonNode other = others.path(k);
                Path more = found(
                        other.path("name").asText(),
                        other.path("sha256").asText(),
                        files.path("more_photos").path(n).path(k).textValue(),
                        "person");
                portrait =
                        portrait.also(portrait(more, other.path("face_index"), other.path("landmark_points"), given));
            }
            portraits.add(portrait);
        }
        return portraits;
    }

    private static Portrait portrait(Path photo, JsonNode face, JsonNode points, @Nullable LandmarkFile given) {
        Portrait portrait = Portrait.of(photo);
        if (given != null) {
            portrait = portrait.landmarks(given);
        }
        if (face.isInt()) {
            portrait = portrait.face(face.intValue());
        }
        List<Face.Point> five = new ArrayList<>();
        points.forEach(point ->
                five.add(new Face.Point(point.path(0).asDouble(), point.path(1).asDouble())));
        return five.isEmpty() ? portrait : portrait.landmarks(five);
    }

    private @Nullable LandmarkFile landmarks() {
        String name = json.path("landmarks").textValue();
        return name == null
                ? null
                : LandmarkFile.read(found(
                        name,
                        json.path("landmarks_sha256").asText(),
                        files.path("landmarks").textValue(),
                        "landmarks"));
    }

    /** Files of learned words, each once. */
    List<Path> words() {
        Set<Path> words = new LinkedHashSet<>();
        JsonNode list = json.path("embeddings");
        for (int i = 0; i < list.size(); i++) {
            words.add(found(
                    list.path(i).path("file").asText(),
                    list.path(i).path("sha256").asText(),
                    files.path("embeddings").path(i).textValue(),
                    "embeddings"));
        }
        return List.copyOf(words);
    }

    /** File number {@code index} of adapters, or their folder; whether it is the same one {@link SavedRecipe#differences} says. */
    Path adapter(int index, String name) {
        String path = files.path("loras").path(index).textValue();
        Path beside = recipe.toAbsolutePath()
                .resolveSibling(ForeignPath.of(name, recipe + ": adapters"))
                .normalize();
        Path place = path == null ? beside : place(path);
        if (!Files.exists(place) && !Files.exists(beside)) {
            throw new InvalidInputException(recipe + ": its adapters " + name
                    + " are neither where the recipe says nor beside it; put them there, or give `loras`");
        }
        return Files.exists(place) ? place : beside;
    }

    private String name(int n) {
        return json.path("photos").path(n).asText();
    }

    private String sum(int n) {
        return json.path("photos_sha256").path(n).asText();
    }

    private Path found(String name, String sha256, @Nullable String path, String field) {
        Set<Path> places = new LinkedHashSet<>();
        if (path != null) {
            places.add(place(path));
        }
        Path plain = ForeignPath.of(name, recipe + ": a file");
        places.add(recipe.toAbsolutePath().resolveSibling(plain).normalize());
        places.add(plain.toAbsolutePath().normalize());
        Path other = null;
        for (Path place : places) {
            if (Files.isRegularFile(place)) {
                if (Source.of(place).sha256().equals(sha256)) {
                    return place;
                }
                other = other == null ? place : other;
            }
        }
        throw new InvalidInputException(
                other != null
                        ? other + ": is another file than the recipe's " + name + " (its SHA-256 is not " + sha256
                                + "); put the old one back, or give `" + field + "`"
                        : recipe + ": " + name
                                + " is neither where the recipe says nor beside it; put it there, or give `" + field
                                + "`");
    }
}
