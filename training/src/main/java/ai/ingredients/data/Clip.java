package ai.ingredients.data;

import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A short video, what it shows, and who is where in it.
 *
 * @param id unique within its source; part of file names
 * @param frames pictures of one size, in order
 * @param fps frames per second
 * @param caption what a prompt for this video would say
 * @param people everyone with reference photos, in the order their photos are given to the model
 * @param mentions where the caption tells of one of them in words that fit no other; may be empty
 */
public record Clip(
        String id, List<Picture> frames, double fps, String caption, List<Person> people, List<Mention> mentions) {
    /** Of whose words nothing is known. */
    public Clip(String id, List<Picture> frames, double fps, String caption, List<Person> people) {
        this(id, frames, fps, caption, people, List.of());
    }

    public Clip {
        frames = List.copyOf(frames);
        people = List.copyOf(people);
        mentions = List.copyOf(mentions);
        for (Mention mention : mentions) {
            if (mention.person >= people.size() || mention.end > caption.length()) {
                throw new IllegalArgumentException("clip " + id + ": " + mention + " is none of its caption");
            }
        }
        if (frames.isEmpty()) {
            throw new IllegalArgumentException("clip " + id + " has no frames");
        }
        for (Person person : people) {
            if (person.track.size() != frames.size()) {
                throw new IllegalArgumentException("clip " + id + ": person " + person.id + " has a track of "
                        + person.track.size() + " frames, the clip has " + frames.size());
            }
        }
    }

    /**
     * Words about one person.
     *
     * @param person index among the clip's people
     * @param start of the words in the caption, in characters
     * @param end behind them
     * @param told whether photos show of whom they tell: by looks that the others do not have
     */
    public record Mention(int person, int start, int end, boolean told) {
        public Mention {
            if (person < 0 || start < 0 || end <= start) {
                throw new IllegalArgumentException("person " + person + " from " + start + " to " + end);
            }
        }
    }

    /**
     * One person of a clip.
     *
     * @param id the same person has the same id in every clip of the source
     * @param photos pictures of this person from other moments (cross pairs), at least one
     * @param track where the person is in each frame of the clip
     */
    public record Person(String id, List<PersonPhoto> photos, List<Seen> track) {
        public Person {
            photos = List.copyOf(photos);
            track = List.copyOf(track);
        }
    }

    /**
     * A reference photo whose face is known.
     *
     * @param picture the whole photo
     * @param landmarks left eye, right eye, nose, corners of the mouth as seen, in pixels of the photo
     */
    public record PersonPhoto(Picture picture, List<Face.Point> landmarks) {
        public PersonPhoto {
            landmarks = List.copyOf(landmarks);
        }
    }

    /**
     * A person in one frame. What is not known or not visible is absent.
     *
     * @param faceBox frame of the face, pixels
     * @param landmarks five points as in {@link PersonPhoto}, pixels
     * @param faceMask pixels of the face and hair that are visible
     * @param personMask pixels of the whole person that are visible
     */
    public record Seen(
            Face.@Nullable Box faceBox,
            @Nullable List<Face.Point> landmarks,
            @Nullable Mask faceMask,
            @Nullable Mask personMask) {
        /** Not in this frame. */
        public static final Seen ABSENT = new Seen(null, null, null, null);

        // Written out: of a compact constructor the null checker sees no annotations in another module.
        public Seen(
                Face.@Nullable Box faceBox,
                @Nullable List<Face.Point> landmarks,
                @Nullable Mask faceMask,
                @Nullable Mask personMask) {
            this.faceBox = faceBox;
            this.landmarks = landmarks == null ? null : List.copyOf(landmarks);
            this.faceMask = faceMask;
            this.personMask = personMask;
        }
    }
}
