package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.Portrait;
import ai.ingredients.cli.WhoOptions.NamedPhoto;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.face.Photo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How faces are found in photos. */
final class PeopleOptions {
    @Option(
            names = "--face-index",
            paramLabel = "N",
            split = ",",
            description = "Which face, in order of detection from 0: once for all photos, or once per photo, in their"
                    + " order (default: the largest).")
    List<Integer> faceIndexes = new ArrayList<>();

    @Option(
            names = "--landmarks",
            paramLabel = "FILE",
            description =
                    "JSON {\"photo.jpg\": [[x, y] five times]} with eyes, nose and corners of the mouth in pixels of "
                            + "the photo at full size, upright, so that no detector is needed.")
    @Nullable
    Path landmarks;

    /** Reads {@code files}, each upright and reduced; every file is checked before any model is loaded. */
    List<Photo> read(List<Path> files) {
        LandmarkFile given = landmarks == null ? null : LandmarkFile.read(landmarks);
        if (given != null) {
            given.checkNames(files);
        }
        List<Photo> photos = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            Integer index = faceIndexes.isEmpty() ? null : faceIndexes.get(Math.min(i, faceIndexes.size() - 1));
            photos.add(Photo.read(files.get(i), index, given));
        }
        return photos;
    }

    /** {@code people} by their photos; a file of landmarks is read now, and a photo later. */
    List<Portrait> portraits(List<NamedPhoto> people) {
        List<Portrait> photos = photos(people);
        List<Portrait> portraits = new ArrayList<>();
        for (List<Integer> person : WhoOptions.byPerson(people)) {
            Portrait portrait = photos.get(person.getFirst());
            for (int other : person.subList(1, person.size())) {
                portrait = portrait.also(photos.get(other));
            }
            portraits.add(portrait);
        }
        return portraits;
    }

    /** One for each photo. */
    private List<Portrait> photos(List<NamedPhoto> people) {
        LandmarkFile given = landmarks == null ? null : LandmarkFile.read(landmarks);
        if (given != null) {
            given.checkNames(people.stream().map(NamedPhoto::file).toList());
        }
        List<Portrait> portraits = new ArrayList<>();
        for (NamedPhoto one : people) {
            Portrait portrait = Portrait.of(one.file()).named(one.name());
            if (given != null) {
                portrait = portrait.landmarks(given);
            }
            if (!faceIndexes.isEmpty()) {
                portrait = portrait.face(faceIndexes.get(Math.min(portraits.size(), faceIndexes.size() - 1)));
            }
            portraits.add(portrait);
        }
        return portraits;
    }

    /** Refuses what cannot be meant, without reading a file. */
    void check(List<Path> photos) {
        for (int index : faceIndexes) {
            if (index < 0) {
                throw new InvalidInputException("--face-index " + index + " does not exist; faces are counted from 0");
            }
        }
        if (photos.isEmpty() && (!faceIndexes.isEmpty() || landmarks != null)) {
            throw new InvalidInputException("--face-index and --landmarks need photos; give them with --image");
        }
        if (faceIndexes.size() > 1 && faceIndexes.size() != photos.size()) {
            throw new InvalidInputException("--face-index was given " + faceIndexes.size() + " times for "
                    + (photos.size() == 1 ? "1 photo" : photos.size() + " photos")
                    + "; give it once for all, or once per photo");
        }
    }

    /** Refuses options that would be without effect. */
    void refuse(String reason) {
        if (!faceIndexes.isEmpty() || landmarks != null) {
            throw new InvalidInputException("--face-index and --landmarks cannot be used: " + reason);
        }
    }
}
