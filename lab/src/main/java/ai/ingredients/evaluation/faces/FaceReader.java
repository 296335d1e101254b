package ai.ingredients.evaluation.faces;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.face.CurricularFaceRecogniser;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.FaceModels;
import ai.ingredients.face.FaceRecogniser;
import ai.ingredients.face.NormCrop;
import ai.ingredients.face.Photo;
import ai.ingredients.face.RetinaFace;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.tensor.Compute;
import ai.ingredients.weights.Fingerprint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Finds the faces of frames and embeds them: RetinaFace on the enlarged frame, the aligned 512x512 face as the model's own
 * face encoder cuts it (224x224 as InsightFace cuts it for CurricularFace), then a recogniser that must not be the one the
 * model is conditioned on.
 *
 * <p>Owns the networks it opened: close it after use. Not thread-safe.
 */
public final class FaceReader implements AutoCloseable {
    /** Faces of a frame that are read, the most certain ones: a detector that sees faces everywhere fills the memory. */
    static final int MOST_FACES = 16;

    /** Finds faces in a picture. */
    @FunctionalInterface
    public interface Detector {
        /** Faces in pixels of {@code picture}, in any order. */
        List<Face> detect(Picture picture);
    }

    /** Embeds aligned faces. */
    @FunctionalInterface
    public interface Recogniser {
        /** One vector per face, of any length. */
        List<float[]> embed(List<Picture> faces);
    }

    /** Cuts a face out of a picture so that eyes, nose and mouth lie where a network expects them. */
    @FunctionalInterface
    interface Aligner {
        /** As the model's own face encoder: 512x512 pixels. */
        Aligner MODEL = FaceAligner::crop;
        /** As InsightFace and the official metric scripts: ArcFace's five points, 224x224 pixels. */
        Aligner ARCFACE = (picture, landmarks) -> NormCrop.crop(picture, landmarks, CurricularFaceRecogniser.ALIGNED);

        /**
         * The aligned face.
         *
         * @param landmarks five points, pixels of {@code picture}
         * @throws InvalidInputException when the points do not determine one, for instance all coincide
         */
        Picture align(Picture picture, List<Face.Point> landmarks);
    }

    /**
     * How faces are found.
     *
     * @param enlargement factor by which a frame is enlarged (bicubic) before faces are looked for; detectors miss faces
     *     of a few pixels, and small crops have no room for alignment
     * @param minScore a face's least score
     */
    public record Settings(int enlargement, float minScore) {
        /** For the demo's frames of 144x96 pixels. */
        public static final Settings DEFAULT = new Settings(3, 0.9f);

        public Settings {
            if (enlargement < 1 || enlargement > 16) {
                throw new InvalidInputException(
                        "frames cannot be enlarged by " + enlargement + "; use a whole number from 1 to 16");
            }
            if (!(minScore >= 0 && minScore < 1)) {
                throw new InvalidInputException("a least score of " + minScore + "; expected 0 to below 1");
            }
        }
    }

    private final String name;
    private final Detector detector;
    private final Recogniser recogniser;
    private final Aligner aligner;
    private final int enlargement;
    private final List<Runnable> closers;

    /**
     * Of networks that stay the caller's.
     *
     * @param name says which networks and settings these are
     */
    public FaceReader(String name, Detector detector, Recogniser recogniser, int enlargement) {
        this(name, detector, recogniser, Aligner.MODEL, enlargement, List.of());
    }

    /** As above, where the recogniser takes faces aligned in its own way; {@code closers} run with {@link #close}. */
    FaceReader(
            String name,
            Detector detector,
            Recogniser recogniser,
            Aligner aligner,
            int enlargement,
            List<Runnable> closers) {
        this.name = name;
        this.detector = detector;
        this.recogniser = recogniser;
        this.aligner = aligner;
        this.enlargement = enlargement;
        this.closers = closers;
    }

    /**
     * Opens the networks.
     *
     * @param modelFolder holds {@code face_encoder/detection}, or another detector {@link FaceModels} knows
     * @param recogniser an IResNet's folder, an ONNX file, or the weights of a {@link CurricularFaceRecogniser}, such as
     *     {@code glint360k_curricular_face_r101_backbone.bin}
     * @throws InvalidInputException when one is missing or damaged
     */
    public static FaceReader open(Path modelFolder, Path recogniser, Settings settings, Compute compute) {
        return open(modelFolder, "", recogniser, settings, compute);
    }

    /**
     * As {@link #open(Path, Path, Settings, Compute)}, with a variant of the detector's weights where there is one.
     *
     * @param variant such as {@code fp16}; empty for the plain weights
     */
    public static FaceReader open(
            Path modelFolder, String variant, Path recogniser, Settings settings, Compute compute) {
        FaceModels models = FaceModels.detectorOnly(modelFolder, variant, compute);
        try {
            RetinaFace detector = models.detector();
            Judge judge = Judge.open(recogniser, compute);
            return new FaceReader(
                    "recogniser " + Fingerprint.of(recogniser) + ", frames enlarged " + settings.enlargement
                            + " times, faces from a score of " + settings.minScore,
                    picture -> detector.detect(picture, settings.minScore, RetinaFace.REFERENCE_OVERLAP),
                    judge.network,
                    judge.aligner,
                    settings.enlargement,
                    List.of(judge.closer, models::close));
        } catch (RuntimeException e) {
            models.close();
            throw e;
        }
    }

    /** A recogniser with the alignment it was trained on. */
    private record Judge(Recogniser network, Aligner aligner, Runnable closer) {
        static Judge open(Path path, Compute compute) {
            boolean onnx = path.toString().toLowerCase(Locale.ROOT).endsWith(".onnx");
            if (onnx || Files.isDirectory(path)) {
                FaceRecogniser opened = FaceRecogniser.open(path, compute);
                return new Judge(opened::embed, Aligner.MODEL, opened::close);
            }
            CurricularFaceRecogniser opened = CurricularFaceRecogniser.open(path, compute);
            return new Judge(opened::embed, Aligner.ARCFACE, opened::close);
        }
    }

    /** Says which networks and settings these are. */
    public String name() {
        return name;
    }

    /**
     * The faces of each frame.
     *
     * @return a list per frame, from left to right
     */
    public List<List<FrameFace>> read(List<Picture> frames) {
        List<List<Face>> found = new ArrayList<>();
        List<Picture> crops = new ArrayList<>();
        for (Picture frame : frames) {
            Picture large = enlarged(frame);
            List<Face> usable = new ArrayList<>();
            List<Face> strongest = detector.detect(large).stream()
                    .sorted(Comparator.comparingDouble(Face::score).reversed())
                    .limit(MOST_FACES)
                    .toList();
            for (Face face : strongest) {
                try {
                    crops.add(aligner.align(large, face.landmarks()));
                    usable.add(face);
                } catch (InvalidInputException e) {
                    // landmarks in one point: a detector's error in a bad frame, and no face anyone could know
                }
            }
            found.add(usable);
        }
        List<Embedding> embeddings = embed(crops);
        List<List<FrameFace>> frameFaces = new ArrayList<>();
        int next = 0;
        for (List<Face> faces : found) {
            List<FrameFace> read = new ArrayList<>();
            for (Face face : faces) {
                List<Face.Point> landmarks = face.landmarks().stream()
                        .map(point -> new Face.Point(reduced(point.x()), reduced(point.y())))
                        .toList();
                read.add(new FrameFace(reduced(face.box()), face.score(), landmarks, embeddings.get(next++)));
            }
            read.sort(Comparator.comparingDouble(FrameFace::x));
            frameFaces.add(List.copyOf(read));
        }
        return frameFaces;
    }

    /** {@code frame} as faces are looked for in it. */
    private Picture enlarged(Picture frame) {
        return enlargement == 1
                ? frame
                : Resampling.pil(
                        frame, frame.width() * enlargement, frame.height() * enlargement, Resampling.PilFilter.BICUBIC);
    }

    /** A face that {@link #read} found in {@code frame}, cut out of the enlarged frame. */
    Picture crop(Picture frame, FrameFace face, Aligner how) {
        List<Face.Point> landmarks = face.landmarks().stream()
                .map(point -> new Face.Point(magnified(point.x()), magnified(point.y())))
                .toList();
        return how.align(enlarged(frame), landmarks);
    }

    private double magnified(double at) {
        return (at + 0.5) * enlargement - 0.5;
    }

    /** Edges, not centres of pixels, stay in place when a frame is enlarged. */
    private Face.Box reduced(Face.Box box) {
        return new Face.Box(
                (float) reduced(box.left()), (float) reduced(box.top()), (float) reduced(box.right()), (float)
                        reduced(box.bottom()));
    }

    private double reduced(double at) {
        return (at + 0.5) / enlargement - 0.5;
    }

    /** Who is in each photo; its face is where its landmarks say. */
    public List<Embedding> readPhotos(List<PersonPhoto> photos) {
        return embed(photos.stream()
                .map(photo -> aligner.align(photo.picture(), photo.landmarks()))
                .toList());
    }

    /**
     * FaceSim of a video under one-to-one assignment, misses counted 0: the mean over its people.
     *
     * @param photos one of each person
     * @param frames at least one
     */
    public double faceSim(List<PersonPhoto> photos, List<Picture> frames) {
        return MatchedFaces.of(readPhotos(photos), read(frames), List.of(), List.of(), MatchedFaces.Hidden.NOBODY)
                .people()
                .stream()
                .mapToDouble(MatchedFaces.Person::faceSim)
                .average()
                .orElse(0);
    }

    /**
     * Where the face of a person's photo is: the most certain one.
     *
     * @throws InvalidInputException when none is found
     */
    public List<Face.Point> landmarks(Photo photo) {
        return detector.detect(photo.picture()).stream()
                .max(Comparator.comparingDouble(Face::score))
                .orElseThrow(() -> new InvalidInputException(
                        photo.name() + ": no face found; use a photo where the face is larger and seen from the front"))
                .landmarks();
    }

    private List<Embedding> embed(List<Picture> alignedFaces) {
        return alignedFaces.isEmpty()
                ? List.of()
                : recogniser.embed(alignedFaces).stream().map(Embedding::of).toList();
    }

    @Override
    public void close() {
        closers.forEach(Runnable::run);
    }
}
