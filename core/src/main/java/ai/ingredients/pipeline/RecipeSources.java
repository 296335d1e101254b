package ai.ingredients.pipeline;

import ai.ingredients.OperationFailedException;
import ai.ingredients.face.Face;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a video is made from, as it was when it was read: the files may change, or go, while the video is made.
 *
 * @param weights identifies the model's weights
 * @param model its folder
 * @param who appears
 */
public record RecipeSources(String weights, Path model, Who who) {
    /**
     * A file, or a picture in memory.
     *
     * @param file where it lies; none for what is in memory
     */
    public record Source(
            String name, String sha256, @Nullable Path file) {
        /**
         * A file.
         *
         * @throws OperationFailedException when it cannot be read (any more)
         */
        public static Source of(Path file) {
            try {
                return new Source(String.valueOf(file.getFileName()), sha256(Files.readAllBytes(file)), file);
            } catch (IOException e) {
                throw new OperationFailedException(file + ": was readable before and is not now", e);
            }
        }

        /** What is in memory and called {@code name}. */
        public static Source of(String name, byte[] bytes) {
            return new Source(name, sha256(bytes), null);
        }

        private static String sha256(byte[] bytes) {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }
    }

    /**
     * A person's photo.
     *
     * @param face which was asked for; none for the largest
     * @param landmarks that were given point by point, in pixels of the photo at full size
     * @param others more photos of the same person, which have no others
     */
    public record Shown(
            Source photo, @Nullable Integer face, @Nullable List<Face.Point> landmarks, List<Shown> others) {
        public Shown {
            others = List.copyOf(others);
        }

        /** A photo of which no more is known. */
        public static Shown of(Source photo) {
            return new Shown(photo, null, null, List.of());
        }
    }

    /**
     * Who appears, or the first frame of a model that continues one.
     *
     * @param photos of each person, or the one file of {@code prepared} people; empty without people
     * @param prepared whether people were prepared before and lie in a file
     * @param landmarks the file of given landmarks, if any
     */
    public record Who(
            List<Shown> photos, boolean prepared, @Nullable Source landmarks) {
        /** No one. */
        public static final Who NOBODY = new Who(List.of(), false, null);

        public Who {
            photos = List.copyOf(photos);
        }
    }

    /** Adds names and sums: what tells the same photos from others, and no path. */
    void describe(ObjectNode json) {
        ArrayNode names = json.putArray("photos");
        ArrayNode sums = json.putArray("photos_sha256");
        for (Shown shown : who.photos) {
            names.add(shown.photo.name);
            sums.add(shown.photo.sha256);
        }
        if (who.prepared) {
            json.put("prepared", true);
        }
        if (who.photos.stream().anyMatch(shown -> shown.face != null)) {
            ArrayNode indexes = json.putArray("face_index");
            who.photos.forEach(shown -> indexes.add(shown.face));
        }
        if (who.photos.stream().anyMatch(shown -> shown.landmarks != null)) {
            ArrayNode all = json.putArray("landmark_points");
            who.photos.forEach(shown -> all.add(points(shown.landmarks)));
        }
        if (who.photos.stream().anyMatch(shown -> !shown.others.isEmpty())) {
            ArrayNode more = json.putArray("more_photos");
            for (Shown shown : who.photos) {
                ArrayNode others = more.addArray();
                shown.others.forEach(other -> describe(other, others.addObject()));
            }
        }
        if (who.landmarks != null) {
            json.put("landmarks", who.landmarks.name);
            json.put("landmarks_sha256", who.landmarks.sha256);
        }
    }

    private static void describe(Shown other, ObjectNode json) {
        json.put("name", other.photo.name).put("sha256", other.photo.sha256);
        if (other.face != null) {
            json.put("face_index", other.face);
        }
        if (other.landmarks != null) {
            json.set("landmark_points", points(other.landmarks));
        }
    }

    private static @Nullable ArrayNode points(@Nullable List<Face.Point> landmarks) {
        if (landmarks == null) {
            return null;
        }
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        landmarks.forEach(point -> list.addArray().add(point.x()).add(point.y()));
        return list;
    }

    /**
     * Where all of it lies, as seen from {@code folder}: null for what was in memory.
     *
     * @param words files of learned words, in the order of the recipe's
     */
    ObjectNode files(Path folder, List<Path> words, List<Path> adapters) {
        ObjectNode files = JsonNodeFactory.instance.objectNode();
        files.put("model", seenFrom(folder, model));
        if (!who.photos.isEmpty()) {
            ArrayNode photos = files.putArray("photos");
            who.photos.forEach(shown -> photos.add(seenFrom(folder, shown.photo.file)));
        }
        if (who.photos.stream().anyMatch(shown -> !shown.others.isEmpty())) {
            ArrayNode more = files.putArray("more_photos");
            for (Shown shown : who.photos) {
                ArrayNode others = more.addArray();
                shown.others.forEach(other -> others.add(seenFrom(folder, other.photo.file)));
            }
        }
        if (who.landmarks != null) {
            files.put("landmarks", seenFrom(folder, who.landmarks.file));
        }
        if (!words.isEmpty()) {
            ArrayNode list = files.putArray("embeddings");
            words.forEach(word -> list.add(seenFrom(folder, word)));
        }
        if (!adapters.isEmpty()) {
            ArrayNode list = files.putArray("loras");
            adapters.forEach(file -> list.add(seenFrom(folder, file)));
        }
        return files;
    }

    /** Relative, so that a folder with videos and photos may move; absolute where there is no such path. */
    private static @Nullable String seenFrom(Path folder, @Nullable Path file) {
        if (file == null) {
            return null;
        }
        Path whole = file.toAbsolutePath().normalize();
        Path base = folder.toAbsolutePath().normalize();
        boolean related = base.getRoot() != null && base.getRoot().equals(whole.getRoot());
        return (related ? base.relativize(whole) : whole).toString().replace('\\', '/');
    }
}
