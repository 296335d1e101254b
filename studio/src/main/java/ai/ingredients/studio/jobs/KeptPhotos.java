package ai.ingredients.studio.jobs;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.Portrait;
import ai.ingredients.face.Face;
import ai.ingredients.face.Photo;
import ai.ingredients.media.PictureReader;
import ai.ingredients.studio.people.PeopleLibrary;
import ai.ingredients.studio.people.PeopleLibrary.Person;
import ai.ingredients.studio.people.PhotoReport.FoundFace;
import ai.ingredients.studio.store.Blobs;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the photos of people: in the library, or in the folder of the video they came with. Thread-safe. */
public final class KeptPhotos implements VideoRunner.Photos {
    private final Blobs blobs;
    private final PeopleLibrary people;

    public KeptPhotos(Blobs blobs, PeopleLibrary people) {
        this.blobs = blobs;
        this.people = people;
    }

    @Override
    public Portrait of(Wanted.Who who) {
        if (who.person() == null) {
            return portrait(who.photo() == null ? null : blobs.find(who.photo()), who.name(), who.landmarks());
        }
        Person person = known(who.person());
        FoundFace face = person.face();
        return portrait(people.photo(person.id(), person.chosen()), who.name(), face == null ? null : face.landmarks());
    }

    @Override
    public BufferedImage firstFrame(String key) {
        return PictureReader.readFitted("the first frame", bytes(blobs.find(key)), Photo.LONG_SIDE)
                .picture()
                .image();
    }

    @Override
    public String key(Wanted.Who who) {
        if (who.person() == null) {
            return who.name() + " " + who.photo() + " " + who.landmarks();
        }
        Person person = known(who.person());
        FoundFace face = person.face();
        return who.name() + " " + person.id() + " " + person.chosen() + " " + (face == null ? "" : face.landmarks());
    }

    private Person known(String id) {
        Person person = people.find(id);
        if (person == null) {
            throw new InvalidInputException("a person of this video was deleted before it was made");
        }
        return person;
    }

    private static Portrait portrait(Blobs.@Nullable Blob blob, String name, @Nullable List<List<Double>> landmarks) {
        Portrait portrait = Portrait.of(bytes(blob)).named(name);
        return landmarks == null
                ? portrait
                : portrait.landmarks(landmarks.stream()
                        .map(point -> new Face.Point(point.get(0), point.get(1)))
                        .toList());
    }

    private static byte[] bytes(Blobs.@Nullable Blob blob) {
        if (blob == null) {
            throw new InvalidInputException("a photo of this video is gone");
        }
        try {
            return blob.bytes();
        } catch (IOException e) {
            throw new OperationFailedException("a photo cannot be read", e);
        }
    }
}
