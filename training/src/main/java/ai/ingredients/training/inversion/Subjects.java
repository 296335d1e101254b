package ai.ingredients.training.inversion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.FolderSource;
import ai.ingredients.data.Subject;
import ai.ingredients.data.Subject.Sample;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.io.IoReason;
import ai.ingredients.media.PictureReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where one person's photos and clips come from. What is made is made or read when it is asked for. */
public final class Subjects {
    private static final Pattern PICTURE = Pattern.compile(".*\\.(jpe?g|png|webp|bmp)", Pattern.CASE_INSENSITIVE);
    /** So many times the photos that are wanted are drawn from a data set, where one may come several times. */
    private static final int DRAWS = 8;

    private Subjects() {}

    /**
     * The pictures in a folder, in the order of their names.
     *
     * @param landmarks where faces are, for pictures that it names
     * @param most how many are used
     * @throws InvalidInputException when there are none
     */
    public static Subject pictures(Path folder, @Nullable LandmarkFile landmarks, int most, int width, int height) {
        List<Path> files;
        try (Stream<Path> listed = Files.list(folder)) {
            files = listed.filter(file -> PICTURE.matcher(file.toString()).matches())
                    .sorted()
                    .limit(most)
                    .toList();
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": cannot be listed (" + IoReason.of(e) + "); give a folder of photos", e);
        }
        if (files.isEmpty()) {
            throw new InvalidInputException(folder + ": has no pictures (JPEG, PNG, WebP or BMP)");
        }
        if (landmarks != null) {
            landmarks.checkNames(files);
        }
        List<Sample> samples = new ArrayList<>();
        for (Path file : files) {
            samples.add(new Sample(
                    file.toString(),
                    null,
                    () -> List.of(Subject.fit(
                            PictureReader.read(file),
                            width,
                            height,
                            landmarks == null ? null : landmarks.find(file)))));
        }
        return new Subject(Subject.PERSON, samples);
    }

    /**
     * A person of a data set: photos from anywhere in it, and clips that show nobody else.
     *
     * @param source with frames of the size wanted
     * @throws InvalidInputException when the person is not there
     */
    public static Subject listed(FolderSource source, String person, int photos, int clips, int width, int height) {
        if (!source.persons().contains(person)) {
            List<String> known = source.persons();
            throw new InvalidInputException(source.name() + ": nobody is called " + person + "; there are "
                    + String.join(", ", known.subList(0, Math.min(8, known.size())))
                    + (known.size() > 8 ? " and " + (known.size() - 8) + " more" : ""));
        }
        List<PersonPhoto> found = new ArrayList<>();
        for (int moment = 0; moment < DRAWS * photos && found.size() < photos; moment++) {
            PersonPhoto photo = source.photo(person, moment);
            if (!found.contains(photo)) {
                found.add(photo);
            }
        }
        List<Sample> samples = new ArrayList<>();
        for (PersonPhoto photo : found) {
            samples.add(new Sample(
                    "photo " + (samples.size() + 1) + " of " + person,
                    null,
                    () -> List.of(Subject.fit(photo.picture(), width, height, photo.landmarks()))));
        }
        source.clipsOfOnly(person).stream().limit(clips).forEach(clip -> {
            String caption = source.caption(clip);
            samples.add(
                    new Sample("clip " + clip, caption, () -> source.clip(clip).frames()));
        });
        return new Subject(Subject.PERSON, samples);
    }
}
