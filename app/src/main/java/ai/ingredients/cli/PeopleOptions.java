package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.FaceModels;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.face.People;
import ai.ingredients.face.Photo;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.tensor.Compute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How faces are found in photos. */
final class PeopleOptions {
    @Option(
            names = "--face-index",
            paramLabel = "N",
            description = "Which face of each photo, in order of detection from 0 (default: the largest).")
    @Nullable
    Integer faceIndex;

    @Option(
            names = "--landmarks",
            paramLabel = "FILE",
            description = "JSON {\"photo.jpg\": [[x, y] five times]} with eyes, nose and corners of the mouth, so that "
                    + "no detector is needed.")
    @Nullable
    Path landmarks;

    /** Reads {@code files}, each upright and reduced; every file is checked before any model is loaded. */
    List<Photo> read(List<Path> files) {
        LandmarkFile given = landmarks == null ? null : LandmarkFile.read(landmarks);
        List<Photo> photos = new ArrayList<>();
        for (Path file : files) {
            photos.add(Photo.read(file, faceIndex, given));
        }
        return photos;
    }

    /** The people in {@code files}, by the face models of {@code bundle}; owned by the current scope. */
    People encode(List<Path> files, ModelBundle bundle, Compute compute, Consumer<String> notices) {
        List<Photo> photos = read(files);
        try (FaceEncoder encoder = new FaceEncoder(
                FaceModels.open(bundle.folder().root(), bundle.folder().variant(), compute))) {
            return encoder.encode(photos, notices);
        }
    }

    /** Refuses what cannot be meant, without reading a file. */
    void check(List<Path> photos) {
        if (faceIndex != null && faceIndex < 0) {
            throw new InvalidInputException("--face-index " + faceIndex + " does not exist; faces are counted from 0");
        }
        if (photos.isEmpty() && (faceIndex != null || landmarks != null)) {
            throw new InvalidInputException("--face-index and --landmarks need photos; give them with --image");
        }
    }

    /** Refuses options that would be without effect. */
    void refuse(String reason) {
        if (faceIndex != null || landmarks != null) {
            throw new InvalidInputException("--face-index and --landmarks cannot be used: " + reason);
        }
    }
}
