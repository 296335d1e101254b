package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.ClipEntry.PersonEntry;
import ai.ingredients.data.ClipEntry.PhotoEntry;
import ai.ingredients.data.Track.Sighting;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.IoReason;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.FrameRate;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.VideoWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes clips into a folder that {@link FolderSource} reads; the format is described in docs/data.md.
 *
 * <p>A clip is there when its line in {@code clips.jsonl} is, which is written last. So a writer that was stopped at any
 * moment is simply opened again: {@link #has} tells which clips are complete. One writer at a time holds the folder. Not
 * thread-safe.
 */
public final class DatasetWriter implements AutoCloseable {
    private static final Pattern ID = Pattern.compile("[\\p{L}\\p{N}_-][\\p{L}\\p{N}._@ -]{0,150}");
    private static final int RATE_DIGITS = 1000;

    /** How frames are kept. */
    public enum VideoKind {
        /** H.264: small, plays everywhere, loses a little. Sizes must be even. */
        MP4,
        /** FFV1 in Matroska: lossless. */
        MKV,
        /** A folder of PNG files: lossless, larger. */
        PNG
    }

    private final Path folder;
    private final VideoKind kind;
    private final DatasetInfo info;
    private final FileChannel list;
    private final Set<String> complete = new HashSet<>();

    private DatasetWriter(Path folder, DatasetInfo info, VideoKind kind, FileChannel list) {
        this.folder = folder;
        this.info = info;
        this.kind = kind;
        this.list = list;
    }

    /**
     * Begins a data set, or goes on with one of the same {@link DatasetInfo}.
     *
     * @param folder made if it is not there
     * @throws InvalidInputException when it cannot be written, or holds a data set of another source
     */
    @SuppressWarnings("MustBeClosedChecker") // the channel belongs to the object that is returned
    public static DatasetWriter open(Path folder, DatasetInfo info, VideoKind kind) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new InvalidInputException(folder + ": is a file; name a folder for the clips");
        }
        Path file = folder.resolve(FolderIndex.FILE);
        FileChannel list;
        try {
            if (Files.exists(folder.resolve(DatasetInfo.FILE))) {
                refuseOther(folder, info);
            }
            for (String part : List.of("videos", "photos", "tracks", "masks")) {
                Files.createDirectories(folder.resolve(part));
            }
            list = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": cannot be written (" + IoReason.of(e) + "); choose another folder", e);
        }
        DatasetWriter writer = new DatasetWriter(folder, info, kind, list);
        boolean opened = false;
        try {
            writer.begin(file);
            opened = true;
            return writer;
        } finally {
            if (!opened) {
                writer.close();
            }
        }
    }

    private static void refuseOther(Path folder, DatasetInfo info) {
        DatasetInfo there = DatasetInfo.read(folder);
        if (!there.equals(info)) {
            throw new InvalidInputException(folder + ": holds a data set of another kind (" + described(there)
                    + "; this one is " + described(info) + "); choose another folder");
        }
    }

    private static String described(DatasetInfo info) {
        return info.source() + ", " + info.width() + "x" + info.height() + ", " + info.fps() + " fps";
    }

    private void begin(Path file) {
        try {
            FileLock lock = list.tryLock();
            if (lock == null) {
                throw taken();
            }
        } catch (OverlappingFileLockException e) {
            throw taken();
        } catch (IOException e) {
            // a file system without locks: nothing can be told
        }
        info.write(folder);
        for (String part : List.of("videos", "photos", "masks")) {
            AtomicFolder.recover(folder.resolve(part));
        }
        dropTornLine(file);
        FolderIndex index = new FolderIndex(folder, info.fps(), 0, FolderSettings.Part.ALL);
        for (int i = 0; i < index.size(); i++) {
            complete.add(index.entry(i).id());
        }
    }

    private InvalidInputException taken() {
        return new InvalidInputException(folder + ": another process is writing there; wait for it or stop it");
    }

    /** A process that was killed may have left half a line. */
    private void dropTornLine(Path file) {
        try {
            long end = list.size();
            ByteBuffer one = ByteBuffer.allocate(1);
            while (end > 0) {
                one.clear();
                list.read(one, end - 1);
                if (one.get(0) == '\n') {
                    break;
                }
                end--;
            }
            list.truncate(end);
            list.position(end);
        } catch (IOException e) {
            throw new OperationFailedException(file + ": cannot be written (" + IoReason.of(e) + ")", e);
        }
    }

    /** Whether the clip {@code id} is complete. */
    public boolean has(String id) {
        return complete.contains(id);
    }

    /** How many clips are complete. */
    public int size() {
        return complete.size();
    }

    /**
     * Writes every clip of {@code source} that is not there yet.
     *
     * @param progress receives the number of clips done
     * @throws OperationFailedException when the disk is full or fails; what is complete stays
     */
    public void addAll(ClipSource source, LongConsumer progress) {
        for (long i = 0; i < source.size(); i++) {
            Clip clip = source.clip(i);
            if (!has(clip.id())) {
                add(clip);
            }
            progress.accept(i + 1);
        }
    }

    /**
     * Writes a clip: all of it or nothing that counts.
     *
     * @throws IllegalArgumentException when the id was written before, or cannot be part of a file name
     * @throws OperationFailedException when the disk is full or fails
     */
    public void add(Clip clip) {
        checkId(clip.id());
        List<Person> people = clip.people();
        if (people.size() > MaskPicture.MOST_PEOPLE) {
            throw new IllegalArgumentException("clip " + clip.id() + " has " + people.size() + " people");
        }
        String video = "videos/" + clip.id() + extension();
        video(folder.resolve(video), clip);
        List<PersonEntry> entries = new ArrayList<>();
        filled(folder.resolve("photos"), clip.id(), to -> photos(to, clip, entries));
        boolean masks = people.stream()
                .flatMap(person -> person.track().stream())
                .anyMatch(seen -> seen.personMask() != null || seen.faceMask() != null);
        if (masks) {
            filled(folder.resolve("masks"), clip.id(), to -> masks(to, clip));
        }
        String track = people.isEmpty() ? null : "tracks/" + clip.id() + ".json";
        if (track != null) {
            track(clip).write(folder.resolve(track));
        }
        add(new ClipEntry(
                clip.id(), video, clip.caption(), clip.fps(), entries, track, masks ? "masks/" + clip.id() : null));
    }

    private void checkId(String id) {
        if (!isId(id)) {
            throw new IllegalArgumentException("clip id \"" + id + "\" cannot be part of a file name");
        }
        if (has(id)) {
            throw new IllegalArgumentException("clip " + id + " is there already");
        }
    }

    /** Whether {@code id} can be part of file names everywhere. */
    static boolean isId(String id) {
        return ID.matcher(id).matches();
    }

    private String extension() {
        return kind == VideoKind.PNG ? "" : "." + kind.name().toLowerCase(Locale.ROOT);
    }

    /** Adds the line of a clip whose files are complete. */
    void add(ClipEntry entry) {
        checkId(entry.id());
        ByteBuffer line = ByteBuffer.wrap((entry.json() + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (line.hasRemaining()) {
                list.write(line);
            }
            list.force(true);
        } catch (IOException e) {
            throw new OperationFailedException(
                    folder.resolve(FolderIndex.FILE) + ": cannot be written (" + IoReason.of(e)
                            + "); check the free space there",
                    e);
        }
        complete.add(entry.id());
    }

    private void video(Path file, Clip clip) {
        Picture first = clip.frames().getFirst();
        if (kind == VideoKind.PNG) {
            filled(folder.resolve("videos"), clip.id(), to -> {
                try (FrameFolder frames = FrameFolder.create(to)) {
                    clip.frames().forEach(frames::add);
                    frames.finish();
                }
            });
            return;
        }
        FrameRate rate = new FrameRate((int) Math.round(clip.fps() * RATE_DIGITS), RATE_DIGITS);
        try (VideoWriter writer = kind == VideoKind.MKV
                ? VideoWriter.lossless(file, first.width(), first.height(), rate)
                : VideoWriter.create(file, first.width(), first.height(), VideoWriter.Settings.at(rate))) {
            clip.frames().forEach(writer::add);
            writer.metadata("title", clip.caption());
            writer.finish();
        }
    }

    /** Writes folder {@code parent/name}, in place of what an unfinished clip may have left. */
    static void filled(Path parent, String name, Consumer<Path> fill) {
        try (AtomicFolder folder = AtomicFolder.create(parent.resolve(name))) {
            fill.accept(folder.path());
            folder.commit();
        }
    }

    private static void photos(Path to, Clip clip, List<PersonEntry> entries) {
        for (int i = 0; i < clip.people().size(); i++) {
            Person person = clip.people().get(i);
            List<PhotoEntry> photos = new ArrayList<>();
            for (int k = 0; k < person.photos().size(); k++) {
                PersonPhoto photo = person.photos().get(k);
                String name = photoName(i, k);
                Png.write(to.resolve(name), photo.picture());
                photos.add(new PhotoEntry("photos/" + clip.id() + "/" + name, photo.landmarks(), null));
            }
            entries.add(new PersonEntry(person.id(), photos));
        }
    }

    /** Of the {@code photo}-th photo of the {@code person}-th person, both from 0. */
    static String photoName(int person, int photo) {
        return "person-" + (person + 1) + "-photo-" + (photo + 1) + ".png";
    }

    private static void masks(Path to, Clip clip) {
        Picture first = clip.frames().getFirst();
        for (int frame = 0; frame < clip.frames().size(); frame++) {
            List<@Nullable Mask> persons = new ArrayList<>();
            List<@Nullable Mask> faces = new ArrayList<>();
            for (Person person : clip.people()) {
                persons.add(person.track().get(frame).personMask());
                faces.add(person.track().get(frame).faceMask());
            }
            Png.write(
                    to.resolve(maskName(frame)),
                    MaskPicture.of(first.width(), first.height(), persons, faces, List.of()));
        }
    }

    /** The file with the masks of a frame. */
    static String maskName(int frame) {
        return String.format(Locale.ROOT, "frame_%04d.png", frame);
    }

    private static Track track(Clip clip) {
        List<List<Sighting>> frames = new ArrayList<>();
        for (int frame = 0; frame < clip.frames().size(); frame++) {
            List<Sighting> sightings = new ArrayList<>();
            for (Person person : clip.people()) {
                Seen seen = person.track().get(frame);
                Mask face = seen.faceMask();
                sightings.add(new Sighting(
                        seen.faceBox(), seen.landmarks(), null, null, face == null ? null : (Integer) face.area()));
            }
            frames.add(sightings);
        }
        return new Track(frames);
    }

    /** Lets others write. */
    @Override
    public void close() {
        try {
            list.close();
        } catch (IOException e) {
            // every line was forced to the disk when it was written
        }
    }
}
