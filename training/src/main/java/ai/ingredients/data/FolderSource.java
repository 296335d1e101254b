package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.ClipEntry.PersonEntry;
import ai.ingredients.data.FolderSettings.Part;
import ai.ingredients.data.Track.Sighting;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Clips of one size and length made of the videos in a folder; the format is described in docs/data.md.
 *
 * <p>Of every video a window is chosen in which all faces are seen, by the seed and the number of the clip, so that the
 * same number always gives the same clip. Only the places of the lines of {@code clips.jsonl} are in memory; everything
 * else is read when a clip is asked for. Immutable and thread-safe.
 */
public final class FolderSource implements ClipSource {
    private static final int NAME_DIGITS = 12;

    private final Path folder;
    private final FolderSettings settings;
    private final int photos;
    private final long seed;
    private final int width;
    private final int height;
    private final FolderIndex index;
    private final References references;
    private final String name;

    /** Everything in {@code folder} with default settings and two photos of each person. */
    public FolderSource(Path folder) {
        this(folder, FolderSettings.DEFAULT, Part.ALL, 2, 1);
    }

    /**
     * Opens a data set.
     *
     * @param photos of each person, where there are so many; 0 for none
     * @param seed of windows and photos
     * @throws InvalidInputException when the folder holds no data set or no clips
     */
    public FolderSource(Path folder, FolderSettings settings, Part part, int photos, long seed) {
        DatasetInfo info = DatasetInfo.read(folder);
        this.folder = folder;
        this.settings = settings;
        this.photos = photos;
        this.seed = seed;
        width = settings.width() == null ? info.width() : settings.width();
        height = settings.height() == null ? info.height() : settings.height();
        index = new FolderIndex(folder, info.fps(), settings.heldOut(), part);
        if (index.size() == 0) {
            throw new InvalidInputException(folder.resolve(FolderIndex.FILE) + ": lists no clips"
                    + (part == Part.ALL || settings.heldOut() == 0
                            ? ""
                            : " for " + part.name().toLowerCase(Locale.ROOT) + "; choose another held-out share"));
        }
        references = new References(folder, index, settings.photosFrom());
        MessageDigest digest = FolderIndex.sha256();
        String parts = index.fingerprint() + " " + info + " " + settings + " " + part + " " + photos + " " + seed;
        String hash = HexFormat.of().formatHex(digest.digest(parts.getBytes(StandardCharsets.UTF_8)));
        Path last = folder.toAbsolutePath().normalize().getFileName();
        name = "folder-" + (last == null ? "root" : last) + "-" + hash.substring(0, NAME_DIGITS);
    }

    /** With the name of the folder and a hash of the list of clips and the settings; the files it lists are not in it. */
    @Override
    public String name() {
        return name;
    }

    @Override
    public long size() {
        return (long) index.size() * settings.windows();
    }

    /** 0 for a clip whose line cannot be read. */
    @Override
    public int people(long index) {
        return this.index.people(line(index));
    }

    private int line(long number) {
        if (number < 0 || number >= size()) {
            throw new IllegalArgumentException("clip " + number + " of " + size());
        }
        return (int) (number % index.size());
    }

    /** What is said of clip {@code index}, without opening its video. */
    @Override
    public String caption(long index) {
        return this.index.entry(line(index)).caption();
    }

    /** Ids of everybody, in alphabetical order. */
    public List<String> persons() {
        return List.copyOf(index.persons());
    }

    /** How many of the videos show {@code person}. */
    public int videosWith(String person) {
        return index.clipsWith(person).size();
    }

    /** Numbers of the clips that show {@code person} and nobody else who is listed. */
    public List<Long> clipsOfOnly(String person) {
        List<Long> clips = new ArrayList<>();
        for (long window = 0; window < settings.windows(); window++) {
            for (int line : index.clipsWith(person)) {
                if (index.people(line) == 1) {
                    clips.add(window * index.size() + line);
                }
            }
        }
        return clips;
    }

    /**
     * A photo of {@code person} from any of the videos.
     *
     * @param moment which one; any number
     * @throws InvalidInputException when there is none
     */
    public PersonPhoto photo(String person, long moment) {
        List<PersonPhoto> found = references.anywhere(person, FolderIndex.mixed(seed ^ moment));
        if (found.isEmpty()) {
            throw new InvalidInputException(folder + ": there is no photo of " + person
                    + " with landmarks, and no frame that could serve; see docs/data.md");
        }
        return found.getFirst();
    }

    @Override
    public Clip clip(long index) {
        int line = line(index);
        ClipEntry entry = this.index.entry(line);
        List<PersonEntry> people = entry.people();
        Track track = track(folder, entry);
        Path path = folder.resolve(entry.video());
        try (ClipVideo video = ClipVideo.open(path)) {
            FrameFit fit = FrameFit.of(video.width(), video.height(), width, height);
            int count = track == null ? video.count() : track.frames().size();
            int first = start(entry, track, count, fit, (int) (index / this.index.size()));
            int[] numbers = IntStream.range(0, settings.frames())
                    .map(i -> first + i * settings.stride())
                    .toArray();
            List<Picture> frames = new ArrayList<>();
            for (int number : numbers) {
                frames.add(fit.apply(video.frame(number)));
            }
            List<List<Seen>> tracks = tracks(entry, track, numbers, fit);
            References.Window window = new References.Window(first, numbers[numbers.length - 1]);
            List<Person> persons = new ArrayList<>();
            for (int i = 0; i < people.size(); i++) {
                persons.add(
                        new Person(people.get(i).id(), photos(entry, track, i, line, index, window), tracks.get(i)));
            }
            String id = settings.windows() == 1 ? entry.id() : entry.id() + "@" + first;
            return new Clip(id, frames, entry.fps() / settings.stride(), entry.caption(), persons);
        }
    }

    /**
     * Compares the length of a clip's track with its video's, which is read to the end for it.
     *
     * @throws InvalidInputException when they differ: boxes would belong to other frames
     */
    void checkLength(long index) {
        ClipEntry entry = this.index.entry(line(index));
        Track track = track(folder, entry);
        if (track == null) {
            return;
        }
        try (ClipVideo video = ClipVideo.open(folder.resolve(entry.video()))) {
            if (video.count() != track.frames().size()) {
                throw new InvalidInputException(folder.resolve(String.valueOf(entry.track())) + ": tells of "
                        + track.frames().size() + " frames, the video has " + video.count()
                        + ", so boxes may belong to other frames; make the track anew");
            }
        }
    }

    static @Nullable Track track(Path folder, ClipEntry entry) {
        return entry.track() == null
                ? null
                : Track.read(folder.resolve(entry.track()), entry.people().size());
    }

    private List<PersonPhoto> photos(
            ClipEntry entry, @Nullable Track track, int person, int line, long number, References.Window window) {
        if (photos == 0 || track == null) {
            return List.of();
        }
        long draw = FolderIndex.mixed(FolderIndex.mixed(seed ^ number) + person);
        List<PersonPhoto> found = references.of(entry, track, person, line, window, photos, draw);
        if (found.isEmpty()) {
            throw new InvalidInputException(folder.resolve(entry.video()) + ": there is no photo of "
                    + entry.people().get(person).id() + " with landmarks, and no frame that could serve; give photos,"
                    + " allow more with photos-from, or ask for 0 photos");
        }
        return found;
    }

    /** The first frame of a window in which everybody is seen, another one for every {@code number}. */
    private int start(ClipEntry entry, @Nullable Track track, int count, FrameFit fit, int number) {
        int last = count - settings.skipEnd() - settings.span();
        if (last < settings.skipStart()) {
            throw new InvalidInputException(folder.resolve(entry.video()) + ": has " + count + " frames; a clip takes "
                    + settings.span()
                    + (settings.skipStart() + settings.skipEnd() == 0
                            ? ""
                            : ", and " + (settings.skipStart() + settings.skipEnd()) + " are skipped at the ends"));
        }
        List<Integer> starts = new ArrayList<>();
        double best = 0;
        for (int first = settings.skipStart(); first <= last; first++) {
            double seen = track == null ? 1 : leastSeen(track, first, fit);
            best = Math.max(best, seen);
            if (seen >= settings.visible()) {
                starts.add(first);
            }
        }
        if (starts.isEmpty()) {
            throw new InvalidInputException(String.format(
                    Locale.ROOT,
                    "%s: there are no %d frames in which every face is seen within %dx%d in a share of %s; the best"
                            + " have %.2f",
                    folder.resolve(String.valueOf(entry.track())),
                    settings.span(),
                    width,
                    height,
                    settings.visible(),
                    best));
        }
        Collections.shuffle(starts, new Random(seed ^ entry.id().hashCode()));
        return starts.get(number % starts.size());
    }

    /** The share of frames in which the person seen least is seen. */
    private double leastSeen(Track track, int first, FrameFit fit) {
        int people = track.frames().getFirst().size();
        int least = settings.frames();
        for (int person = 0; person < people; person++) {
            int seen = 0;
            for (int i = 0; i < settings.frames(); i++) {
                Sighting sighting =
                        track.frames().get(first + i * settings.stride()).get(person);
                Face.Box face = sighting.face();
                if (face != null && sighting.visible() && fit.shows(face)) {
                    seen++;
                }
            }
            least = Math.min(least, seen);
        }
        return (double) least / settings.frames();
    }

    private List<List<Seen>> tracks(ClipEntry entry, @Nullable Track track, int[] numbers, FrameFit fit) {
        List<List<Seen>> tracks = new ArrayList<>();
        entry.people().forEach(person -> tracks.add(new ArrayList<>()));
        if (track == null) {
            return tracks;
        }
        for (int number : numbers) {
            Picture masks = entry.masks() == null
                    ? null
                    : PictureReader.read(folder.resolve(entry.masks()).resolve(DatasetWriter.maskName(number)));
            FrameFit maskFit = masks == null ? fit : FrameFit.of(masks.width(), masks.height(), width, height);
            for (int i = 0; i < tracks.size(); i++) {
                Sighting sighting = track.frames().get(number).get(i);
                tracks.get(i)
                        .add(new Seen(
                                sighting.face() == null ? null : fit.apply(sighting.face()),
                                sighting.landmarks() == null ? null : fit.apply(sighting.landmarks()),
                                masks == null ? null : maskFit.apply(MaskPicture.face(masks, i)),
                                masks == null ? null : maskFit.apply(MaskPicture.person(masks, i))));
            }
        }
        return tracks;
    }
}
