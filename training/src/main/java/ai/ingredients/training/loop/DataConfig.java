package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.ClipSource;
import ai.ingredients.data.ClipWorld;
import ai.ingredients.data.FolderPortraits;
import ai.ingredients.data.FolderSettings;
import ai.ingredients.data.FolderSource;
import ai.ingredients.data.Portraits;
import ai.ingredients.data.Split;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The clips a run uses: drawn on the spot, or read from a folder.
 *
 * @param kind where clips come from
 * @param split whose people and prompts of the drawn world; validation and test are never trained on. Of a folder:
 *     {@code train} is what {@code window.held-out} leaves, the others are what it holds out
 * @param clips how many are drawn; a folder has as many as it has
 * @param seed other seeds give other drawn clips, and other windows and photos of a folder
 * @param people how many people drawn clips have, each entry equally often
 * @param photos of each person; of a folder also 0, where people are not learned
 * @param folder with a data set in the format of docs/data.md
 * @param window how clips are made of the folder's videos; of drawn clips {@code frames} alone counts: with 1 they are
 *     stills, which cost a tenth of a clip to prepare
 */
public record DataConfig(
        Kind kind,
        Split split,
        long clips,
        long seed,
        List<Integer> people,
        int photos,
        @Nullable Path folder,
        FolderSettings window) {
    /** Where clips come from. */
    public enum Kind {
        /** The drawn demo world. */
        CAST,
        /** A data set on disk. */
        FOLDER
    }

    /** Clips to learn from. */
    public static final DataConfig TRAIN = drawn(Split.TRAIN, 20_000);
    /** Clips to look at. */
    public static final DataConfig VALIDATION = drawn(Split.VALIDATION, 64);

    private static DataConfig drawn(Split split, long clips) {
        return new DataConfig(Kind.CAST, split, clips, 1, List.of(1, 2, 2, 3), 2, null, FolderSettings.DEFAULT);
    }

    public DataConfig {
        people = List.copyOf(people);
        int leastPhotos = kind == Kind.FOLDER ? 0 : 1;
        if (clips < 1 || photos < leastPhotos || people.isEmpty()) {
            throw new InvalidInputException("clips is " + clips + ", photos " + photos + " and people " + people
                    + "; expected at least 1 of each");
        }
        if (kind == Kind.FOLDER && folder == null) {
            throw new InvalidInputException("kind is folder, but folder is missing; name the data set's folder");
        }
        if (kind == Kind.CAST && folder != null) {
            throw new InvalidInputException("folder is " + folder + ", but kind is cast; add `kind: folder`");
        }
    }

    /** The same with another window. */
    public DataConfig ofWindow(FolderSettings other) {
        return new DataConfig(kind, split, clips, seed, people, photos, folder, other);
    }

    /**
     * The clips.
     *
     * @throws InvalidInputException when the folder holds no data set
     */
    public ClipSource open() {
        return folder == null ? drawn(photos, ClipFormat.DEFAULT.ofFrames(window.frames())) : read(folder, photos);
    }

    /** As {@link #open} for who looks at single frames and single photos: drawn clips are short. */
    public ClipSource openShort() {
        return folder == null ? drawn(1, ClipFormat.SHORT) : read(folder, 1);
    }

    /** Drawn clips of another format, for stages that take nothing else. */
    public ClipSource drawn(ClipFormat format) {
        return drawn(1, format);
    }

    private ClipSource drawn(int photosPerPerson, ClipFormat format) {
        return ClipWorld.find().clips(split, clips, seed, people, photosPerPerson, format);
    }

    private FolderSource read(Path data, int photosPerPerson) {
        FolderSettings.Part part = split == Split.TRAIN ? FolderSettings.Part.TRAINING : FolderSettings.Part.VALIDATION;
        return new FolderSource(data, window, part, photosPerPerson, seed);
    }

    /**
     * Photos of the people.
     *
     * @param most how many people are drawn; of a folder's people no more are used
     */
    public Portraits portraits(int most) {
        return folder == null
                ? ClipWorld.find().portraits(split, most, seed)
                : new FolderPortraits(read(folder, photos), most);
    }
}
