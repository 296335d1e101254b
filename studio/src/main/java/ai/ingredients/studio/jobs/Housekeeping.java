package ai.ingredients.studio.jobs;

import ai.ingredients.studio.people.PeopleLibrary;
import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.Videos;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Removes what is to go, every minute: videos and people whose time is over, keys of requests after a day, and folders of requests
 * that a process did not live to accept. Thread-safe.
 */
public final class Housekeeping {
    private static final Duration KEYS = Duration.ofDays(1);
    private static final Duration TOMBS = Duration.ofDays(30);
    private static final Duration ORPHANS = Duration.ofMinutes(30);

    private @Nullable Acceptance acceptance;
    private @Nullable PeopleLibrary people;
    private @Nullable Blobs blobs;
    private @Nullable Videos videos;
    private final Map<String, Long> orphans = new HashMap<>();

    /** What it keeps. */
    public synchronized void use(
            Acceptance givenAcceptance, PeopleLibrary givenPeople, Blobs givenBlobs, Videos givenVideos) {
        acceptance = givenAcceptance;
        people = givenPeople;
        blobs = givenBlobs;
        videos = givenVideos;
    }

    /** Does a round. */
    public synchronized void sweep() {
        Acceptance knownAcceptance = acceptance;
        PeopleLibrary knownPeople = people;
        Blobs knownBlobs = blobs;
        Videos knownVideos = videos;
        if (knownAcceptance == null || knownPeople == null || knownBlobs == null || knownVideos == null) {
            return;
        }
        knownAcceptance.sweep(KEYS, TOMBS);
        knownPeople.sweep();
        orphans(knownBlobs, knownVideos);
    }

    /** A folder without a row may be of a request that is being accepted now: it goes when it was seen half an hour before. */
    private void orphans(Blobs knownBlobs, Videos knownVideos) {
        long now = System.nanoTime();
        Map<String, Long> seen = new HashMap<>();
        for (String name : knownBlobs.names("videos")) {
            if (!Ids.valid(Ids.VIDEO, name) || knownVideos.find(name) != null) {
                continue;
            }
            long since = orphans.getOrDefault(name, now);
            if (now - since > ORPHANS.toNanos()) {
                knownBlobs.removeAll("videos/" + name);
            } else {
                seen.put(name, since);
            }
        }
        orphans.clear();
        orphans.putAll(seen);
    }
}
