package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.data.ClipEntry.PersonEntry;
import ai.ingredients.data.ClipEntry.PhotoEntry;
import ai.ingredients.data.Track.Sighting;
import ai.ingredients.face.Face;
import ai.ingredients.io.IoReason;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.VideoReader;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * Turns a data set in ConsisID's layout into ours: videos are linked, boxes become tracks, the masks of all people become
 * one picture a frame. See {@link ConsisIdFiles} and {@link ConsisIdLayout} for what is read, and docs/data.md.
 *
 * <p>ConsisID keeps no landmarks, and photos need them: with a face detector, a few portraits are cut from every video.
 * Frames of the video itself stay known as such. People are listed from left to right. An import that was stopped goes on
 * where it was.
 *
 * <p>Source: PKU-YuanGroup/ConsisID, {@code models/dataloader.py} and {@code data_preprocess/step4_get_mask.py}. There
 * the masks of a person are looked up by the person's number; here by {@code corresponding_data.json}, which is what the
 * step that writes them means by it. The two agree for the first face only.
 */
public final class ConsisIdImport {
    private static final int NOMINAL_FPS = 30;

    /** How videos get into the data set. */
    public enum Videos {
        /** Symbolic links in {@code videos/}; references where the system has none. */
        LINK,
        COPY,
        /** Named by their absolute path. */
        REFERENCE
    }

    /**
     * What an import makes.
     *
     * @param width pixels that clips are to be trained at
     * @param height pixels that clips are to be trained at
     * @param photos to cut of every person, at most
     */
    public record Settings(Videos videos, int width, int height, int photos) {
        /** The official size, four photos. */
        public static final Settings DEFAULT = new Settings(Videos.LINK, 720, 480, 4);
    }

    /**
     * What came of it.
     *
     * @param imported clips
     * @param there clips that an earlier import wrote
     * @param photos cut
     * @param broken what is wrong with each clip, caption or line of the list that was left out
     * @param notes what else somebody should know, such as an encoding that was guessed
     */
    public record Result(int imported, int there, int photos, List<String> broken, List<String> notes) {
        public Result {
            broken = List.copyOf(broken);
            notes = List.copyOf(notes);
        }
    }

    /** Told after every clip. */
    public interface Progress {
        void clips(int done, int all);
    }

    private final Path output;
    private final Settings settings;
    private final @Nullable Function<Picture, List<Face>> detector;
    private final DatasetWriter writer;
    private int photos;

    private ConsisIdImport(
            Path output, Settings settings, @Nullable Function<Picture, List<Face>> detector, DatasetWriter writer) {
        this.output = output;
        this.settings = settings;
        this.detector = detector;
        this.writer = writer;
    }

    /**
     * Imports everything below {@code source}.
     *
     * @param detector finds faces in a picture; null: no photos are cut
     * @throws InvalidInputException when there is nothing to import
     * @throws OperationFailedException when the disk is full or fails; what is complete stays
     */
    public static Result run(
            Path source,
            Path output,
            Settings settings,
            @Nullable Function<Picture, List<Face>> detector,
            Progress progress) {
        ConsisIdFiles.Found found = ConsisIdFiles.in(source);
        List<ConsisIdLayout.Item> items = found.items();
        Path last = source.toAbsolutePath().normalize().getFileName();
        DatasetInfo info = new DatasetInfo("ConsisID's layout, " + last, settings.width, settings.height, NOMINAL_FPS);
        try (DatasetWriter writer = DatasetWriter.open(output, info, DatasetWriter.VideoKind.MP4)) {
            ConsisIdImport job = new ConsisIdImport(output, settings, detector, writer);
            List<String> broken = new ArrayList<>(found.broken());
            int failed = 0;
            int there = 0;
            int done = 0;
            for (ConsisIdLayout.Item item : items) {
                if (writer.has(item.id())) {
                    there++;
                } else {
                    try {
                        job.add(item);
                    } catch (InvalidInputException e) {
                        broken.add(e.getMessage());
                        failed++;
                    }
                }
                progress.clips(++done, items.size());
            }
            return new Result(items.size() - there - failed, there, job.photos, broken, found.notes());
        }
    }

    /** One clip being imported. */
    private record Subject(
            ConsisIdLayout.Item item, int width, int height, int frames, List<ConsisIdLayout.Who> people) {}

    private void add(ConsisIdLayout.Item item) {
        ConsisIdLayout.Boxes boxes = ConsisIdLayout.boxes(item);
        try (VideoReader video = VideoReader.open(item.video())) {
            List<ConsisIdLayout.Who> people = new ArrayList<>(ConsisIdLayout.people(item, boxes));
            if (people.isEmpty()) {
                throw new InvalidInputException(item.boxes() + ": there is no person with a face");
            }
            people.sort(Comparator.comparingDouble(who -> boxes.meanX(who.track())));
            Subject subject = new Subject(item, video.width(), video.height(), video.count(), people);
            boolean masked = Files.isDirectory(item.masks());
            List<List<Sighting>> frames = new ArrayList<>();
            if (masked) {
                DatasetWriter.filled(
                        output.resolve("masks"), item.id(), to -> frames.addAll(tracks(subject, boxes, to)));
            } else {
                frames.addAll(tracks(subject, boxes, null));
            }
            List<PersonEntry> entries = new ArrayList<>();
            DatasetWriter.filled(
                    output.resolve("photos"), item.id(), to -> entries.addAll(portraits(subject, boxes, video, to)));
            String track = "tracks/" + item.id() + ".json";
            new Track(frames).write(output.resolve(track));
            writer.add(new ClipEntry(
                    item.id(),
                    placed(item),
                    item.caption(),
                    video.rate().perSecond(),
                    entries,
                    track,
                    masked ? "masks/" + item.id() : null));
        }
    }

    /** @param to folder for the masks; null when there are none */
    private static List<List<Sighting>> tracks(Subject subject, ConsisIdLayout.Boxes boxes, @Nullable Path to) {
        List<List<Sighting>> frames = new ArrayList<>();
        for (int frame = 0; frame < subject.frames; frame++) {
            List<@Nullable Mask> persons = new ArrayList<>();
            List<@Nullable Mask> faces = new ArrayList<>();
            List<@Nullable Mask> heads = new ArrayList<>();
            List<Sighting> sightings = new ArrayList<>();
            for (ConsisIdLayout.Who who : subject.people) {
                Mask face = to == null ? null : mask(subject, who, "face", frame);
                if (to != null) {
                    faces.add(face);
                    persons.add(mask(subject, who, "person", frame));
                    heads.add(mask(subject, who, "head", frame));
                }
                ConsisIdLayout.Found found = boxes.face(frame, who.track());
                sightings.add(new Sighting(
                        found == null ? null : found.box(),
                        null,
                        boxes.box(frame, "head", who.track()),
                        boxes.box(frame, "person", who.track()),
                        face == null ? null : (Integer) face.area()));
            }
            if (to != null) {
                Png.write(
                        to.resolve(DatasetWriter.maskName(frame)),
                        MaskPicture.of(subject.width, subject.height, persons, faces, heads));
            }
            frames.add(sightings);
        }
        return frames;
    }

    private static @Nullable Mask mask(Subject subject, ConsisIdLayout.Who who, String kind, int frame) {
        Integer number = who.masks().get(kind);
        if (number == null) {
            return null;
        }
        Path file = subject.item
                .masks()
                .resolve(String.valueOf(number))
                .resolve(String.format(Locale.ROOT, "annotated_frame_%05d.png", frame));
        return Files.exists(file) ? mask(file, subject.width, subject.height) : null;
    }

    /** Whatever is not 0. Their files hold 16 bits a pixel, of which {@code PictureReader} would take the upper ones. */
    private static Mask mask(Path file, int width, int height) {
        BufferedImage picture;
        try {
            picture = ImageIO.read(file.toFile());
        } catch (IOException e) {
            throw new InvalidInputException(file + ": is damaged (" + IoReason.of(e) + ")", e);
        }
        if (picture == null) {
            throw new InvalidInputException(file + ": is no picture");
        }
        if (picture.getWidth() != width || picture.getHeight() != height) {
            throw new InvalidInputException(file + ": has " + picture.getWidth() + "x" + picture.getHeight()
                    + " pixels, the video " + width + "x" + height);
        }
        BitSet bits = new BitSet(width * height);
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            picture.getRaster().getSamples(0, y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                if (row[x] != 0) {
                    bits.set(y * width + x);
                }
            }
        }
        return new Mask(width, height, bits);
    }

    private List<PersonEntry> portraits(Subject subject, ConsisIdLayout.Boxes boxes, VideoReader video, Path to) {
        List<PersonEntry> entries = new ArrayList<>();
        for (int i = 0; i < subject.people.size(); i++) {
            int track = subject.people.get(i).track();
            List<PhotoEntry> taken = new ArrayList<>();
            for (int frame : moments(subject, boxes, track)) {
                Face.Box box = boxes.box(frame, "face", track);
                if (detector == null || box == null) {
                    continue;
                }
                Picture cut = References.Square.around(box, subject.width, subject.height)
                        .cut(video.frame(frame));
                List<Face> found = detector.apply(cut);
                if (!found.isEmpty()) {
                    String name = DatasetWriter.photoName(i, taken.size());
                    Png.write(to.resolve(name), cut);
                    String file = "photos/" + subject.item.id() + "/" + name;
                    taken.add(new PhotoEntry(file, largest(found, cut).landmarks(), frame));
                }
            }
            photos += taken.size();
            entries.add(new PersonEntry(subject.item.id() + "-" + track, taken));
        }
        return entries;
    }

    private static Face largest(List<Face> faces, Picture in) {
        return faces.stream()
                .max(Comparator.comparingDouble(face -> face.box().areaWithin(in.width(), in.height())))
                .orElseThrow();
    }

    /** The frames in which a face was found most surely, apart from each other, in order. */
    private List<Integer> moments(Subject subject, ConsisIdLayout.Boxes boxes, int track) {
        Map<Integer, Double> confidence = new TreeMap<>();
        for (int frame = 0; frame < subject.frames; frame++) {
            ConsisIdLayout.Found found = boxes.face(frame, track);
            if (found != null) {
                confidence.put(frame, found.confidence());
            }
        }
        int apart = Math.max(1, confidence.size() / (2 * Math.max(1, settings.photos)));
        List<Integer> chosen = new ArrayList<>();
        confidence.entrySet().stream()
                .sorted(Map.Entry.<Integer, Double>comparingByValue().reversed())
                .map(Map.Entry::getKey)
                .forEach(frame -> {
                    if (chosen.size() < settings.photos
                            && chosen.stream().allMatch(other -> Math.abs(other - frame) >= apart)) {
                        chosen.add(frame);
                    }
                });
        return chosen.stream().sorted().toList();
    }

    /** Puts the video where the settings want it; what the line calls it. */
    private String placed(ConsisIdLayout.Item item) {
        String original = item.video().getFileName().toString();
        int dot = original.lastIndexOf('.');
        String name = "videos/" + item.id() + (dot < 0 ? "" : original.substring(dot));
        Path file = output.resolve(name);
        Path absolute = item.video().toAbsolutePath().normalize();
        try {
            switch (settings.videos) {
                case COPY -> Files.copy(absolute, file, StandardCopyOption.REPLACE_EXISTING);
                case LINK -> {
                    Files.deleteIfExists(file);
                    Files.createSymbolicLink(file, absolute);
                }
                case REFERENCE -> {
                    return absolute.toString();
                }
            }
            return name;
        } catch (UnsupportedOperationException e) {
            return absolute.toString();
        } catch (IOException e) {
            if (settings.videos == Videos.LINK) {
                return absolute.toString(); // Windows allows links to administrators only
            }
            throw new OperationFailedException(
                    file + ": cannot be written (" + IoReason.of(e) + "); check the free space there", e);
        }
    }
}
