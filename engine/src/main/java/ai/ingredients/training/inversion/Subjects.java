package ai.ingredients.training.inversion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastIdentity;
import ai.ingredients.cast.CastPrompt;
import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.CastSource;
import ai.ingredients.cast.Split;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.FolderSource;
import ai.ingredients.face.Face;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.io.IoReason;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.Resampling;
import ai.ingredients.training.inversion.Subject.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where one person's photos and clips come from. What is made is made or read when it is asked for. */
public final class Subjects {
    private static final Pattern PICTURE = Pattern.compile(".*\\.(jpe?g|png|webp|bmp)", Pattern.CASE_INSENSITIVE);
    /** So many times the photos that are wanted are drawn from a data set, where one may come several times. */
    private static final int DRAWS = 8;
    // Words are learned from other moments than anything else shows.
    private static final long MOMENTS = 0x494e5645;

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
                    () -> List.of(fit(
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
                    () -> List.of(fit(photo.picture(), width, height, photo.landmarks()))));
        }
        source.clipsOfOnly(person).stream().limit(clips).forEach(clip -> {
            String caption = Templates.of(source.caption(clip));
            samples.add(
                    new Sample("clip " + clip, caption, () -> source.clip(clip).frames()));
        });
        return new Subject(Subject.PERSON, samples);
    }

    /**
     * A person of the drawn world. What clips tell is of the training split whoever it is, so that the prompts of the
     * other splits stay unseen.
     *
     * @param format sizes of clips and photos
     */
    public static Subject drawn(CastIdentity who, int photos, int clips, CastSource.Format format) {
        SplittableRandom random = new SplittableRandom(who.id().hashCode() ^ MOMENTS << 32);
        SplittableRandom moments = random.split();
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < photos; i++) {
            long moment = moments.nextLong();
            samples.add(new Sample("photo " + (i + 1) + " of " + who.id(), null, () -> {
                PersonPhoto photo = CastSource.photo(who, format.photoSide(), moment);
                return List.of(fit(photo.picture(), format.width(), format.height(), photo.landmarks()));
            }));
        }
        for (int i = 0; i < clips; i++) {
            CastPrompt prompt = prompt(random, who);
            CastScript script = CastScript.played(prompt, List.of(who), random.nextLong());
            String id = "clip " + (i + 1) + " of " + who.id();
            samples.add(new Sample(
                    id,
                    Templates.of(script.prompt().caption()),
                    () -> script.film(id, format, 1).frames()));
        }
        return new Subject(who.presentation().name().toLowerCase(Locale.ROOT), samples);
    }

    private static CastPrompt prompt(SplittableRandom random, CastIdentity who) {
        while (true) {
            CastPrompt prompt = CastPrompt.draw(random, Split.TRAIN, 1);
            if (prompt.people().getFirst().presentation() == who.presentation()) {
                return prompt;
            }
        }
    }

    /**
     * A picture in the size of a video, as frames of data sets are fitted: resized until it just covers the size, then
     * cut. Where the face is known the cut has it in the middle, as far as the picture reaches; otherwise its own middle.
     */
    static Picture fit(Picture picture, int width, int height, @Nullable List<Face.Point> landmarks) {
        double scale = Math.max((double) width / picture.width(), (double) height / picture.height());
        int wide = Math.max(width, (int) Math.round(picture.width() * scale));
        int high = Math.max(height, (int) Math.round(picture.height() * scale));
        double x = landmarks == null
                ? picture.width() / 2.0
                : mean(landmarks.stream().mapToDouble(Face.Point::x).toArray());
        double y = landmarks == null
                ? picture.height() / 2.0
                : mean(landmarks.stream().mapToDouble(Face.Point::y).toArray());
        int left = Math.clamp((int) Math.floor(x * wide / picture.width() - width / 2.0), 0, wide - width);
        int top = Math.clamp((int) Math.floor(y * high / picture.height() - height / 2.0), 0, high - height);
        byte[] resized = Resampling.pil(picture, wide, high, Resampling.PilFilter.BICUBIC)
                .rgb();
        byte[] rgb = new byte[width * height * 3];
        for (int row = 0; row < height; row++) {
            System.arraycopy(resized, ((top + row) * wide + left) * 3, rgb, row * width * 3, width * 3);
        }
        return new Picture(width, height, rgb);
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
