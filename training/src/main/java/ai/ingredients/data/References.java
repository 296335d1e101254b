package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.ClipEntry.PersonEntry;
import ai.ingredients.data.ClipEntry.PhotoEntry;
import ai.ingredients.data.FolderSettings.PhotosFrom;
import ai.ingredients.data.Track.Sighting;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds reference photos of people: photos on disk, or faces cut from frames whose landmarks are known. What shows the
 * person at another time comes first, so that a model cannot learn to copy. Immutable and thread-safe.
 */
record References(Path folder, FolderIndex index, PhotosFrom from) {
    /** Side of what is cut from a frame, as a multiple of the longer side of the face's box. */
    private static final double AROUND = 2.2;

    /** Frames from the first to the last that a clip uses. */
    record Window(int first, int last) {
        boolean holds(@Nullable Integer frame) {
            return frame != null && frame >= first && frame <= last;
        }
    }

    /**
     * Photos of a person for a clip.
     *
     * @param line number of the clip's line
     * @param count how many are wanted
     * @param draw decides among those that are as good
     * @return at most {@code count}; none when there are none
     */
    List<PersonPhoto> of(ClipEntry entry, Track track, int person, int line, Window window, int count, long draw) {
        PersonEntry who = entry.people().get(person);
        List<PersonPhoto> found = new ArrayList<>();
        listed(who, photo -> photo.frame() == null, count, found);
        List<Integer> others = new ArrayList<>(index.clipsWith(who.id()));
        others.removeIf(other -> other == line);
        Collections.shuffle(others, new Random(draw));
        for (int other : others) {
            if (found.size() < count) {
                inClip(index.entry(other), who.id(), count, draw, found);
            }
        }
        if (from != PhotosFrom.ELSEWHERE) {
            listed(who, photo -> photo.frame() != null && !window.holds(photo.frame()), count, found);
            cut(entry, track, person, frame -> !window.holds(frame), count, draw, found);
        }
        if (from == PhotosFrom.WINDOW) {
            listed(who, photo -> window.holds(photo.frame()), count, found);
            cut(entry, track, person, window::holds, count, draw, found);
        }
        return found;
    }

    /** One photo of a person from any clip; none when there are none. */
    List<PersonPhoto> anywhere(String person, long draw) {
        List<Integer> clips = new ArrayList<>(index.clipsWith(person));
        Collections.shuffle(clips, new Random(draw));
        List<PersonPhoto> found = new ArrayList<>();
        for (int clip : clips) {
            if (found.isEmpty()) {
                ClipEntry entry = index.entry(clip);
                List<PhotoEntry> photos =
                        entry.people().get(place(entry, person)).photos();
                if (photos.isEmpty()) {
                    inClip(entry, person, 1, draw, found);
                } else {
                    found.add(read(photos.get((int) Long.remainderUnsigned(draw, photos.size()))));
                }
            }
        }
        return found;
    }

    /** Photos of a person from a clip that is not the one they are for. */
    private void inClip(ClipEntry entry, String person, int count, long draw, List<PersonPhoto> found) {
        int place = place(entry, person);
        listed(entry.people().get(place), photo -> true, count, found);
        Track track = FolderSource.track(folder, entry);
        if (track != null) {
            cut(entry, track, place, frame -> true, count, draw, found);
        }
    }

    private static int place(ClipEntry entry, String person) {
        for (int i = 0; i < entry.people().size(); i++) {
            if (entry.people().get(i).id().equals(person)) {
                return i;
            }
        }
        throw new InvalidInputException(entry.id() + ": " + person + " is gone; was the list of clips changed?");
    }

    private void listed(PersonEntry person, Predicate<PhotoEntry> wanted, int count, List<PersonPhoto> found) {
        for (PhotoEntry photo : person.photos()) {
            if (found.size() < count && wanted.test(photo)) {
                found.add(read(photo));
            }
        }
    }

    private PersonPhoto read(PhotoEntry photo) {
        return new PersonPhoto(PictureReader.read(folder.resolve(photo.file())), photo.landmarks());
    }

    /** Cuts the face with what is around it from frames in which it is seen. */
    private void cut(
            ClipEntry entry,
            Track track,
            int person,
            Predicate<Integer> wanted,
            int count,
            long draw,
            List<PersonPhoto> found) {
        List<Integer> frames = new ArrayList<>();
        for (int i = 0; i < track.frames().size() && found.size() < count; i++) {
            Sighting sighting = track.frames().get(i).get(person);
            if (sighting.landmarks() != null && sighting.visible() && wanted.test(i)) {
                frames.add(i);
            }
        }
        if (frames.isEmpty()) {
            return;
        }
        Collections.shuffle(frames, new Random(draw));
        try (ClipVideo video = ClipVideo.open(folder.resolve(entry.video()))) {
            for (int i = 0; i < frames.size() && found.size() < count; i++) {
                Sighting sighting = track.frames().get(frames.get(i)).get(person);
                PersonPhoto photo = photo(video, frames.get(i), sighting.face(), sighting.landmarks());
                if (photo != null) {
                    found.add(photo);
                }
            }
        }
    }

    private static @Nullable PersonPhoto photo(
            ClipVideo video, int number, Face.@Nullable Box face, @Nullable List<Face.Point> landmarks) {
        if (face == null
                || landmarks == null
                || !FrameFit.of(video.width(), video.height(), video.width(), video.height())
                        .shows(face)) {
            return null;
        }
        return portrait(video.frame(number), face, landmarks);
    }

    /** What is around a face, with its landmarks. */
    static PersonPhoto portrait(Picture frame, Face.Box face, List<Face.Point> landmarks) {
        Square square = Square.around(face, frame.width(), frame.height());
        return new PersonPhoto(
                square.cut(frame),
                landmarks.stream()
                        .map(point -> new Face.Point(point.x() - square.left, point.y() - square.top))
                        .toList());
    }

    /** What is cut from a frame: a square where the frame is large enough. */
    record Square(int left, int top, int width, int height) {
        static Square around(Face.Box face, int width, int height) {
            double half = AROUND / 2 * Math.max(face.right() - face.left(), face.bottom() - face.top());
            double x = (face.left() + face.right()) / 2;
            double y = (face.top() + face.bottom()) / 2;
            int left = Math.clamp(Math.round(x - half), 0, width - 1);
            int top = Math.clamp(Math.round(y - half), 0, height - 1);
            int right = Math.clamp(Math.round(x + half), left + 1, width);
            int bottom = Math.clamp(Math.round(y + half), top + 1, height);
            return new Square(left, top, right - left, bottom - top);
        }

        Picture cut(Picture frame) {
            return FrameFit.cut(frame, left, top, width, height);
        }
    }
}
