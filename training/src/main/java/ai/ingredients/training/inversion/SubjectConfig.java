package ai.ingredients.training.inversion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.ClipWorld;
import ai.ingredients.data.FolderSettings;
import ai.ingredients.data.FolderSource;
import ai.ingredients.data.Subject;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.transformer.TransformerConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one person a word is learned for.
 *
 * @param kind where photos and clips come from
 * @param cast which person of the drawn world; {@code evaluate}'s case 7 with two people is {@code split: test,
 *     seed: 2024, people: 2, clip: 7}
 * @param folder of pictures, or with a data set in the format of docs/data.md
 * @param person id in the data set
 * @param landmarks JSON with the faces of a folder's pictures, as {@code faces --landmarks}: pictures are then cut around
 *     the face; absent to cut them at their middle
 * @param photos how many are used, at most; 0 for none
 * @param clips how many are used, at most; 0 for none; a folder of pictures has none
 * @param window sizes of both and, in a data set, how clips are made of videos; without width and height the model's own
 */
public record SubjectConfig(
        Kind kind,
        ClipWorld.Character cast,
        @Nullable Path folder,
        @Nullable String person,
        @Nullable Path landmarks,
        int photos,
        int clips,
        FolderSettings window) {
    /** Where a person's photos and clips come from. */
    public enum Kind {
        /** The drawn world. */
        CAST,
        /** A folder of pictures. */
        PICTURES,
        /** A data set on disk. */
        FOLDER
    }

    private static final int PIXELS_PER_LATENT = 8;
    private static final int FRAME_STEP = 8;

    /** Eight photos and sixteen clips of somebody who is drawn. */
    public static final SubjectConfig DEFAULT =
            new SubjectConfig(Kind.CAST, ClipWorld.Character.DEFAULT, null, null, null, 8, 16, FolderSettings.DEFAULT);

    public SubjectConfig {
        if (photos < 0 || clips < 0 || photos + clips == 0) {
            throw new InvalidInputException("photos is " + photos + " and clips " + clips
                    + "; expected 0 or more of each, and at least one of either");
        }
        if (kind == Kind.CAST && folder != null) {
            throw new InvalidInputException(
                    "folder is " + folder + ", but kind is cast; add `kind: pictures` or `kind: folder`");
        }
        if (kind != Kind.CAST && folder == null) {
            throw new InvalidInputException("kind is " + (kind == Kind.FOLDER ? "folder" : "pictures")
                    + ", but folder is missing; name the folder of the "
                    + (kind == Kind.FOLDER ? "data set" : "person's pictures"));
        }
        if ((kind == Kind.FOLDER) != (person != null)) {
            throw new InvalidInputException(
                    kind == Kind.FOLDER
                            ? "person is missing; name the id that the person has in the data set"
                            : "person is " + person + ", but only a data set (`kind: folder`) has ids of people");
        }
        if (kind != Kind.PICTURES && landmarks != null) {
            throw new InvalidInputException("landmarks are of pictures (`kind: pictures`); other kinds know their own");
        }
        if (kind == Kind.PICTURES && photos == 0) {
            throw new InvalidInputException("photos is 0, but a folder of pictures has nothing else");
        }
    }

    /** As this one, of somebody of the drawn world. */
    public SubjectConfig of(ClipWorld.Character who) {
        return new SubjectConfig(Kind.CAST, who, null, null, null, photos, clips, window);
    }

    /**
     * Photos and clips at the size of the window, or of the model's videos.
     *
     * @throws InvalidInputException when the person is not there or the size cannot be learned from
     */
    Subject open(TransformerConfig model) {
        int width = window.width() == null ? model.sampleWidth() * PIXELS_PER_LATENT : window.width();
        int height = window.height() == null ? model.sampleHeight() * PIXELS_PER_LATENT : window.height();
        int multiple = PIXELS_PER_LATENT * model.patchSize();
        if (width % multiple != 0 || height % multiple != 0 || window.frames() % FRAME_STEP != 1) {
            throw new InvalidInputException("data.window is " + window.frames() + " frames of " + width + "x" + height
                    + "; this model needs 8k+1 frames and multiples of " + multiple + " pixels");
        }
        return switch (kind) {
            case CAST ->
                ClipWorld.find()
                        .subject(cast, photos, clips, ClipFormat.DEFAULT.ofSize(width, height, window.frames()));
            case PICTURES ->
                Subjects.pictures(
                        Objects.requireNonNull(folder),
                        landmarks == null ? null : LandmarkFile.read(landmarks),
                        photos,
                        width,
                        height);
            case FOLDER ->
                Subjects.listed(source(width, height), Objects.requireNonNull(person), photos, clips, width, height);
        };
    }

    private FolderSource source(int width, int height) {
        FolderSettings sized = new FolderSettings(
                width,
                height,
                window.frames(),
                window.stride(),
                window.skipStart(),
                window.skipEnd(),
                window.visible(),
                window.windows(),
                window.photosFrom(),
                window.heldOut());
        // Clips are wanted without photos: these are drawn for the person, not for each clip.
        return new FolderSource(Objects.requireNonNull(folder), sized, FolderSettings.Part.ALL, 0, 1);
    }

    /** Captions in words that suit what is learned from. */
    List<String> templates() {
        return kind == Kind.CAST ? ClipWorld.find().templates() : Templates.ENGLISH;
    }
}
