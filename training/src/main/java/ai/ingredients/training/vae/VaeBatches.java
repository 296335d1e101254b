package ai.ingredients.training.vae;

import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.data.Mask;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.ReferenceCanvas;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The batches of {@link VaeStage}: stretches of clips, or crops of single pictures as videos of one frame: frames, photos,
 * and the reference canvases that the transformer is conditioned on. Thread-safe.
 */
final class VaeBatches {
    /** How many batches back a clip may come from. */
    private static final int REUSED = 48;

    private static final double FRAME_SHARE = 0.6;
    private static final double CANVAS_SHARE = 0.2;

    private final VaeStage.Settings settings;
    private final ClipSource clips;
    private final Recent recent;
    private final long seed;

    VaeBatches(VaeStage.Settings settings, ClipSource clips, long seed) {
        this.settings = settings;
        this.clips = clips;
        this.recent = new Recent(clips);
        this.seed = seed;
    }

    /**
     * Videos of one size.
     *
     * @param videos frames of each
     * @param faces where faces are in each frame
     * @param name which samples
     */
    record Batch(List<List<Picture>> videos, List<List<BitSet>> faces, String name) {}

    /** Batch {@code index}: the same each time. */
    Batch of(long index) {
        var random = new SplittableRandom(seed * 31 + index);
        boolean stills = index < settings.stillBatches() || random.nextDouble() < settings.stillShare();
        List<List<Picture>> videos = new ArrayList<>();
        List<List<BitSet>> faces = new ArrayList<>();
        List<String> names = new ArrayList<>();
        boolean cropped = random.nextDouble() < settings.cropShare();
        int count = stills ? settings.stills() : settings.batch();
        for (int i = 0; i < count; i++) {
            // One new clip for each batch, the others from the batches before it, which are still in memory.
            Recent.Drawn drawn =
                    recent.get(Math.floorMod(i == 0 ? index : index - random.nextInt(REUSED), clips.size()));
            Clip clip = drawn.clip();
            names.add(clip.id());
            if (stills) {
                still(drawn, random, videos, faces);
            } else {
                int start = random.nextInt(clip.frames().size() - settings.frames() + 1);
                List<Picture> frames = clip.frames().subList(start, start + settings.frames());
                List<BitSet> masks = faces(clip, start, settings.frames());
                if (cropped) {
                    Crop crop = Crop.random(frames.getFirst(), settings.cropWidth(), settings.cropHeight(), random);
                    frames = frames.stream().map(crop::of).toList();
                    masks = masks.stream().map(crop::of).toList();
                }
                videos.add(frames);
                faces.add(masks);
            }
        }
        return new Batch(videos, faces, String.join(", ", names));
    }

    /** A crop of a frame, a reference photo or the reference canvas. */
    private void still(
            Recent.Drawn drawn, SplittableRandom random, List<List<Picture>> videos, List<List<BitSet>> faces) {
        Clip clip = drawn.clip();
        double kind = random.nextDouble();
        Picture picture;
        BitSet face = new BitSet();
        if (kind < FRAME_SHARE || clip.people().isEmpty()) {
            int at = random.nextInt(clip.frames().size());
            picture = clip.frames().get(at);
            face = faces(clip, at, 1).getFirst();
        } else if (kind < FRAME_SHARE + CANVAS_SHARE) {
            picture = drawn.canvas();
        } else {
            List<Clip.PersonPhoto> photos =
                    clip.people().get(random.nextInt(clip.people().size())).photos();
            picture = photos.get(random.nextInt(photos.size())).picture();
            while (picture.height() >= 2 * settings.cropHeight() && picture.width() >= 2 * settings.cropWidth()) {
                picture = halved(picture);
            }
        }
        Crop crop = Crop.random(picture, settings.cropWidth(), settings.cropHeight(), random);
        videos.add(List.of(crop.of(picture)));
        faces.add(List.of(crop.of(face)));
    }

    /** Half the size: the mean of every 2x2 pixels. */
    private static Picture halved(Picture picture) {
        int width = picture.width() / 2;
        int height = picture.height() / 2;
        byte[] from = picture.rgb();
        byte[] to = new byte[width * height * 3];
        int row = picture.width() * 3;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    int at = 2 * y * row + 6 * x + c;
                    int sum = (from[at] & 255)
                            + (from[at + 3] & 255)
                            + (from[at + row] & 255)
                            + (from[at + row + 3] & 255);
                    to[(y * width + x) * 3 + c] = (byte) ((sum + 2) / 4);
                }
            }
        }
        return new Picture(width, height, to);
    }

    /** The clips drawn last, so that a clip is made once for several batches. Thread-safe. */
    private static final class Recent {
        /** A clip, and its canvas once it was asked for. */
        record Drawn(Clip clip, Supplier<Picture> lazyCanvas) {
            Picture canvas() {
                return lazyCanvas.get();
            }
        }

        private final ClipSource clips;
        private final Map<Long, Drawn> drawn = new LinkedHashMap<>(REUSED, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Drawn> eldest) {
                return size() > 2 * REUSED;
            }
        };

        Recent(ClipSource clips) {
            this.clips = clips;
        }

        synchronized Drawn get(long index) {
            return drawn.computeIfAbsent(index, number -> {
                Clip clip = clips.clip(number);
                return new Drawn(clip, new Once(() -> VaeBatches.canvas(clip)));
            });
        }
    }

    /** A value made when it is first asked for. */
    private static final class Once implements Supplier<Picture> {
        private final Supplier<Picture> make;
        private @Nullable Picture made;

        Once(Supplier<Picture> make) {
            this.make = make;
        }

        @Override
        public synchronized Picture get() {
            Picture known = made;
            if (known == null) {
                known = make.get();
                made = known;
            }
            return known;
        }
    }

    /** The clip's people as the transformer sees them, at the size of the clip. */
    static Picture canvas(Clip clip) {
        List<Picture> crops = new ArrayList<>();
        for (Clip.Person person : clip.people()) {
            Clip.PersonPhoto photo = person.photos().getFirst();
            crops.add(FaceAligner.crop(photo.picture(), photo.landmarks()));
        }
        Picture frame = clip.frames().getFirst();
        return Resampling.pil(ReferenceCanvas.of(crops), frame.width(), frame.height(), Resampling.PilFilter.LANCZOS);
    }

    /** A rectangle of frames that are {@code from} pixels wide. */
    private record Crop(int x, int y, int width, int height, int from) {
        static Crop random(Picture frame, int width, int height, SplittableRandom random) {
            int across = Math.min(width, frame.width());
            int down = Math.min(height, frame.height());
            return new Crop(
                    random.nextInt(frame.width() - across + 1),
                    random.nextInt(frame.height() - down + 1),
                    across,
                    down,
                    frame.width());
        }

        Picture of(Picture frame) {
            byte[] rgb = new byte[width * height * 3];
            for (int row = 0; row < height; row++) {
                System.arraycopy(frame.rgb(), ((y + row) * from + x) * 3, rgb, row * width * 3, width * 3);
            }
            return new Picture(width, height, rgb);
        }

        BitSet of(BitSet mask) {
            BitSet cut = new BitSet();
            for (int row = 0; row < height; row++) {
                int begin = (y + row) * from + x;
                for (int i = mask.nextSetBit(begin); i >= 0 && i < begin + width; i = mask.nextSetBit(i + 1)) {
                    cut.set(row * width + i - begin);
                }
            }
            return cut;
        }
    }

    /** Where faces are in each of {@code frames} frames from {@code start} on. */
    static List<BitSet> faces(Clip clip, int start, int frames) {
        List<BitSet> faces = new ArrayList<>();
        for (int i = start; i < start + frames; i++) {
            BitSet all = new BitSet();
            for (Clip.Person person : clip.people()) {
                Mask mask = person.track().get(i).faceMask();
                if (mask != null) {
                    all.or(mask.bits());
                }
            }
            faces.add(all);
        }
        return faces;
    }
}
