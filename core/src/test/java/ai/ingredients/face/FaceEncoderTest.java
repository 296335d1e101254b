package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Photos to people from end to end: fixture {@code face_process}, and what users get wrong. */
class FaceEncoderTest {
    @TempDir
    private Path model;

    /** A checkpoint folder with the tiny CLIP tower and ArcFace of the vectors, without a detector. */
    @BeforeEach
    void faceEncoderFolder() throws Exception {
        Path clip = Files.createDirectories(model.resolve("face_encoder/clip_vision"));
        Files.copy(Fixture.path("clip_vision/config.json"), clip.resolve("config.json"));
        Files.copy(Fixture.path("clip_vision/model.safetensors"), clip.resolve("model.safetensors"));
        Path arcFace = Files.createDirectories(model.resolve("face_encoder/models/antelopev2"));
        Files.copy(Fixture.path("arcface_tiny.onnx"), arcFace.resolve("glintr100.onnx"));
    }

    /** Hidden states and embeddings: fp32; the canvas: every byte. */
    @Test
    void twoPeopleAreThoseOfTheReference() throws Exception {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_process");
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            People people =
                    encoder.encode(photos(fixture), notice -> assertThat(notice).isNull());
            checkPeople(fixture, people);

            Path file = model.resolve("people.safetensors");
            people.save(file);
            checkPeople(fixture, People.load(file));
        }
    }

    /** insightface's antelopev2.zip unpacks into a folder of its own name, often inside one of that name. */
    @Test
    void antelopeMayLieInAFolderOfItsName() throws Exception {
        Path antelope = model.resolve("face_encoder/models/antelopev2");
        Path nested = Files.createDirectory(antelope.resolve("antelopev2"));
        Files.move(antelope.resolve("glintr100.onnx"), nested.resolve("glintr100.onnx"));

        assertThat(FaceModels.missing(model, "")).noneMatch(line -> line.contains("glintr100"));
        try (FaceModels models = FaceModels.open(model, Compute.CPU_FP32)) {
            assertThat(models.recogniser().embed(Picture.filled(112, 112, 1, 2, 3)))
                    .hasSize(models.recogniser().width());
        }
    }

    /** Photos as files, landmarks as a JSON file: the same people. */
    @Test
    void filesWithGivenLandmarksGiveTheSamePeople() throws Exception {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_process");
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            StringBuilder json = new StringBuilder("{");
            for (int i = 0; i < 2; i++) {
                Png.write(
                        model.resolve("p" + i + ".png"),
                        Picture.of(fixture.get("in_image_rgb_" + i)).getFirst());
                List<String> points = FaceAlignerTest.points(fixture.get("in_landmarks_" + i)).stream()
                        .map(point -> "[" + point.x() + "," + point.y() + "]")
                        .toList();
                json.append(i == 0 ? "" : ",")
                        .append("\"p")
                        .append(i)
                        .append(".png\": ")
                        .append(points);
            }
            LandmarkFile landmarks =
                    LandmarkFile.read(Files.writeString(model.resolve("points.json"), json.append("}")));
            List<Photo> photos = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                photos.add(Photo.read(model.resolve("p" + i + ".png"), null, landmarks));
            }
            checkPeople(fixture, encoder.encode(photos, notice -> {}));
        }
    }

    /** A model that has only seen drawings says so of a photograph, which is never even; one that knows both does not. */
    @Test
    void aFaceUnlikeAllThatWasLearnedFromIsToldOf() throws Exception {
        Random random = new Random(5);
        byte[] grain = new byte[3 * 256 * 256];
        for (int i = 0; i < grain.length; i++) {
            grain[i] = (byte) (120 + i / 3 % 256 / 4 + random.nextInt(40)); // light falling off, and a surface
        }
        Picture photograph = new Picture(256, 256, grain);
        Picture drawing = Picture.filled(256, 256, 200, 150, 120);
        assertThat(notices(photograph, drawing)).as("any face will do").isEmpty();

        Path detection = Files.createDirectories(model.resolve("face_encoder/detection"));
        Files.writeString(
                detection.resolve("config.json"), "{\"network_name\": \"mobile0.25\", \"min_flat_share\": 0.3}");
        assertThat(notices(photograph, drawing))
                .singleElement()
                .asString()
                .startsWith("photo0: looks like nothing this model has learned from (")
                .contains("30 % and more in its drawn people");
    }

    private List<String> notices(Picture... pictures) {
        List<Face.Point> points = List.of(
                new Face.Point(100, 110),
                new Face.Point(156, 110),
                new Face.Point(128, 140),
                new Face.Point(106, 170),
                new Face.Point(150, 170));
        List<Photo> photos = new ArrayList<>();
        for (Picture picture : pictures) {
            photos.add(new Photo("photo" + photos.size(), picture, 256, 256, null, points));
        }
        List<String> notices = new ArrayList<>();
        try (FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            encoder.crops(photos, notices::add);
        }
        return notices;
    }

    private static List<Photo> photos(Fixture fixture) {
        List<Photo> photos = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Picture picture = Picture.of(fixture.get("in_image_rgb_" + i)).getFirst();
            List<Face.Point> landmarks = FaceAlignerTest.points(fixture.get("in_landmarks_" + i));
            photos.add(new Photo("photo" + i, picture, picture.width(), picture.height(), null, landmarks));
        }
        return photos;
    }

    private static void checkPeople(Fixture fixture, People people) {
        assertEquals(2, people.size());
        for (int n = 0; n < people.size(); n++) {
            Identity identity = people.identities().get(n);
            fixture.check("out_id_cond_" + n, identity.idCond(), Fixture.MODULE);
            for (int i = 0; i < EvaVisionTower.HIDDEN_STATES; i++) {
                fixture.check(
                        "out_vit_hidden_" + n + "_" + i, identity.vitHidden().get(i), Fixture.MODULE);
                assertTrue(torch.equal(
                        people.vitHidden().get(i).narrow(0, n, 1),
                        identity.vitHidden().get(i)));
            }
            assertTrue(torch.equal(people.idCond().narrow(0, n, 1), identity.idCond()));
        }
        assertArrayEquals(
                Ops.bytes(fixture.get("out_image_uint8")), people.canvas().rgb());
    }

    @Test
    void peopleOutliveTheirScopeOnlyWhenRetained() {
        People people;
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_process");
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32.with(DType.BF16)))) {
            people = encoder.encode(photos(fixture), notice -> {}).retain();
        }
        try (people;
                Scope scope = Scope.inference()) {
            assertEquals(DType.BF16, DType.of(people.idCond()));
            assertArrayEquals(new long[] {2, 40}, Ops.shape(people.idCond()));
            assertEquals(DType.FP32, DType.of(people.on(Compute.CPU_FP32).idCond()));
        }
        assertTrue(people.identities().getFirst().idCond().isNull());
    }

    /** Two photos of the first person, one of the second. */
    @Test
    void severalPhotosOfAPersonAreAveraged() throws Exception {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_process");
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            List<Photo> photos = photos(fixture);
            Photo a = photos.get(0);
            Photo b = photos.get(1);
            People alone = encoder.encode(List.of(a, b), notice -> {});
            People both = encoder.encodeEach(List.of(List.of(a, b), List.of(b)), notice -> {});

            assertEquals(2, both.size());
            float[] first = Ops.floats(alone.identities().get(0).idCond());
            float[] second = Ops.floats(alone.identities().get(1).idCond());
            float[] mean = Ops.floats(both.identities().get(0).idCond());
            int arc;
            try (FaceModels models = FaceModels.open(model, Compute.CPU_FP32)) {
                arc = models.recogniser().width();
            }
            checkDirection(first, second, mean, 0, arc, (length(first, 0, arc) + length(second, 0, arc)) / 2);
            checkDirection(first, second, mean, arc, mean.length, 1);
            for (int i = 0; i < EvaVisionTower.HIDDEN_STATES; i++) {
                float[] x = Ops.floats(alone.identities().get(0).vitHidden().get(i));
                float[] y = Ops.floats(alone.identities().get(1).vitHidden().get(i));
                float[] z = Ops.floats(both.identities().get(0).vitHidden().get(i));
                for (int k = 0; k < z.length; k++) {
                    assertEquals((x[k] + y[k]) / 2, z[k], 1e-5 * (1 + Math.abs(z[k])));
                }
            }
            float[] alike = Ops.floats(both.identities().get(1).idCond());
            for (int k = 0; k < alike.length; k++) {
                assertEquals(second[k], alike[k], 1e-5 * (1 + Math.abs(second[k])));
            }
        }
    }

    /** Who is given twice by the same photo is who is given once; the order of photos means nothing. */
    @Test
    void theSamePhotoTwiceIsThePersonOnce() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_process");
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            Photo a = photos(fixture).get(0);
            Photo b = photos(fixture).get(1);
            float[] once = Ops.floats(encoder.encode(List.of(a), notice -> {}).idCond());
            People twice = encoder.encodeEach(List.of(List.of(a, a)), notice -> {});
            float[] given = Ops.floats(twice.idCond());
            for (int k = 0; k < once.length; k++) {
                assertEquals(once[k], given[k], 1e-5 * (1 + Math.abs(once[k])));
            }
            People ab = encoder.encodeEach(List.of(List.of(a, b)), notice -> {});
            People ba = encoder.encodeEach(List.of(List.of(b, a)), notice -> {});
            float[] one = Ops.floats(ab.idCond());
            float[] other = Ops.floats(ba.idCond());
            for (int k = 0; k < one.length; k++) {
                assertEquals(one[k], other[k], 1e-5 * (1 + Math.abs(one[k])));
            }
            assertArrayEquals(ab.canvas().rgb(), ba.canvas().rgb());
        }
    }

    /** The canvas has the face with more pixels, and the photo shrunk to half has fewer. */
    @Test
    void theCanvasHasTheLargestFace() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_process");
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            Photo large = photos(fixture).get(0);
            Picture half = ai.ingredients.media.Resampling.pil(
                    large.picture(),
                    large.picture().width() / 2,
                    large.picture().height() / 2,
                    ai.ingredients.media.Resampling.PilFilter.BICUBIC);
            List<Face.Point> points = java.util.Objects.requireNonNull(large.landmarks()).stream()
                    .map(point -> new Face.Point(point.x() / 2, point.y() / 2))
                    .toList();
            Photo small = new Photo("small", half, half.width(), half.height(), null, points);

            byte[] wanted =
                    encoder.encode(List.of(large), notice -> {}).canvas().rgb();
            assertArrayEquals(
                    wanted,
                    encoder.encodeEach(List.of(List.of(small, large)), notice -> {})
                            .canvas()
                            .rgb());
            assertThat(encoder.encode(List.of(small), notice -> {}).canvas().rgb())
                    .isNotEqualTo(wanted);
        }
    }

    private static double length(float[] values, int from, int to) {
        double sum = 0;
        for (int k = from; k < to; k++) {
            sum += values[k] * values[k];
        }
        return Math.sqrt(sum);
    }

    /** {@code mean} from..to lies between the directions of both and has {@code length}. */
    private static void checkDirection(float[] a, float[] b, float[] mean, int from, int to, double length) {
        double[] between = new double[to - from];
        double norm = 0;
        for (int k = from; k < to; k++) {
            between[k - from] = a[k] / length(a, from, to) + b[k] / length(b, from, to);
            norm += between[k - from] * between[k - from];
        }
        for (int k = from; k < to; k++) {
            assertEquals(between[k - from] / Math.sqrt(norm) * length, mean[k], 1e-5 * (1 + Math.abs(mean[k])));
        }
    }

    @Test
    void encodingLeavesNothingBehind() {
        try (Fixture fixture = Fixture.open("face_process");
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            encodeOnce(fixture, encoder);
            long before = org.bytedeco.javacpp.Pointer.totalCount();
            for (int i = 0; i < 5; i++) {
                encodeOnce(fixture, encoder);
            }
            assertThat(org.bytedeco.javacpp.Pointer.totalCount())
                    .isLessThanOrEqualTo(before); // others may be collected
        }
    }

    private static void encodeOnce(Fixture fixture, FaceEncoder encoder) {
        try (Scope scope = Scope.inference()) {
            encoder.encode(photos(fixture), notice -> {});
        }
    }

    @Test
    void missingModelsAreNamedBeforeAnythingRuns() throws Exception {
        try (Scope scope = Scope.inference();
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            Photo photo = Photo.of("a.jpg", Picture.filled(64, 64, 0, 0, 0));
            assertThatThrownBy(() -> encoder.encode(List.of(photo), notice -> {}))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith(model.resolve("face_encoder/detection_Resnet50_Final.pth") + ": missing ")
                    .hasMessageContaining("facexlib");
            assertThatThrownBy(() -> encoder.encode(List.of(), notice -> {}))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("no photos given; name one per person");
        }
        Files.delete(model.resolve("face_encoder/models/antelopev2/glintr100.onnx"));
        assertThatThrownBy(() -> FaceModels.open(model, Compute.CPU_FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("glintr100.onnx: missing the ArcFace network");
        assertThatThrownBy(() -> FaceModels.open(model.resolve("nowhere"), Compute.CPU_FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("there is no such folder");
    }

    /**
     * With the detector of the vectors (random weights, many "faces"): choice of the face, and what is said about it.
     */
    @Test
    void theLargestFaceIsTakenAndSaidSo() throws Exception {
        writeDetector();
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("retinaface_160x128");
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            Picture picture = Picture.of(fixture.get("in_image_bgr").flip(2)).getFirst();
            float[] rows = Ops.floats(fixture.get("out_faces_3")); // score above 0.97, as the reference asks
            int largest = 0;
            for (int i = 1; i < rows.length / 15; i++) {
                largest = area(rows, i) > area(rows, largest) ? i : largest;
            }
            List<String> notices = new ArrayList<>();
            Photo photo = Photo.of("anna.jpg", picture);
            FaceEncoder.Crop crop = encoder.crops(List.of(photo), notices::add).getFirst();
            assertThat(notices).hasSize(1);
            assertThat(notices.getFirst())
                    .startsWith("anna.jpg: 29 faces found; took the largest, index " + largest + " (")
                    .endsWith("choose another with its face index, 0 to 28");
            assertEquals(rows[largest * 15 + 5], crop.landmarks().getFirst().x(), 1e-2);

            Photo first = new Photo("anna.jpg", picture, picture.width(), picture.height(), 0, null);
            crop = encoder.crops(List.of(first), notices::add).getFirst();
            assertEquals(rows[5], crop.landmarks().getFirst().x(), 1e-2);
            assertThat(notices).hasSize(1);

            Photo beyond = new Photo("anna.jpg", picture, picture.width(), picture.height(), 29, null);
            assertThatThrownBy(() -> encoder.crops(List.of(beyond), notices::add))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("anna.jpg: face index 29 does not exist; 29 faces were found, 0 to 28");
            assertThatThrownBy(() -> new Photo("anna.jpg", picture, picture.width(), picture.height(), -1, null))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("anna.jpg: face index -1 does not exist; faces are counted from 0");
        }
    }

    /** Every network as safetensors beside a config, as our own training writes them. */
    @Test
    void ownNetworksTakeThePlaceOfThePublishedFiles() throws Exception {
        Path faces = model.resolve("face_encoder");
        Files.delete(faces.resolve("models/antelopev2/glintr100.onnx"));
        Path detection = Files.createDirectories(faces.resolve("detection"));
        Path recognition = Files.createDirectories(faces.resolve("recognition"));
        assertThat(FaceModels.missing(model, "")).hasSize(2);
        try (Scope scope = Scope.inference();
                FormulaStore mobile = new FormulaStore(Fixture.path("retinaface_mobile_keys.txt"));
                FormulaStore iresnet = new FormulaStore(Fixture.path("iresnet18_keys.txt"));
                Fixture fixture = Fixture.open("face_process")) {
            SafetensorsWriter.write(detection.resolve("model.safetensors"), mobile, Map.of());
            SafetensorsWriter.write(recognition.resolve("model.safetensors"), iresnet, Map.of());
            Files.writeString(detection.resolve("config.json"), "{\"network_name\": \"mobile0.25\"}");
            Files.writeString(recognition.resolve("config.json"), "{\"layers\": [2, 2, 2, 2]}");
            assertThat(FaceModels.missing(model, "")).isEmpty();
            try (FaceModels models = FaceModels.open(model, Compute.CPU_FP32);
                    FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
                models.detector().detect(Picture.filled(64, 48, 90, 120, 150));
                People people = encoder.encode(photos(fixture), notice -> {});
                assertArrayEquals(new long[] {2, 512 + 16}, Ops.shape(people.idCond()));
            }
            Path config = Files.writeString(detection.resolve("config.json"), "{\"network_name\": \"mobile\"}");
            try (FaceModels models = FaceModels.open(model, Compute.CPU_FP32)) {
                assertThatThrownBy(models::detector)
                        .isInstanceOf(InvalidInputException.class)
                        .hasMessage(config + ": network_name is \"mobile\", expected one of mobile0.25, resnet50");
            }
        }
    }

    @Test
    void aPhotoWithoutAFaceIsNamed() throws Exception {
        writeDetector();
        try (Scope scope = Scope.inference();
                FaceEncoder encoder = new FaceEncoder(FaceModels.open(model, Compute.CPU_FP32))) {
            // With these weights a picture of the mean colour raises no anchor above 0.97.
            Photo small = Photo.of("photo2.jpg", Picture.filled(32, 24, 123, 117, 104));
            assertThatThrownBy(() -> encoder.encode(List.of(small), notice -> {}))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("photo2.jpg: no face found (largest side 32 px; use 512 px or more)");
            Photo large = new Photo("photo2.jpg", small.picture(), 4000, 3000, null, null);
            assertThatThrownBy(() -> encoder.encode(List.of(large), notice -> {}))
                    .hasMessage(
                            "photo2.jpg: no face found (largest side 4000 px; use a photo where the face is larger and"
                                    + " seen from the front)");
        }
    }

    private static double area(float[] rows, int i) {
        return new Face.Box(rows[i * 15], rows[i * 15 + 1], rows[i * 15 + 2], rows[i * 15 + 3]).areaWithin(160, 128);
    }

    private void writeDetector() {
        try (Scope scope = Scope.inference();
                FormulaStore store = new FormulaStore(Fixture.path("retinaface_keys.txt"))) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            store.names().forEach(name -> tensors.put(name, store.get(name)));
            SafetensorsWriter.write(
                    model.resolve("face_encoder/detection_Resnet50_Final.safetensors"), tensors, Map.of());
        }
    }

    @Test
    void landmarkFilesAreChecked() throws Exception {
        Path file = model.resolve("points.json");
        Files.writeString(file, "{\"a.jpg\": [[1,2],[3,4]]}");
        refused(file, "a.jpg: 2 points; expected 5");
        Files.writeString(file, "{\"a.jpg\": [[1,2],[3,4],[5,6],[7,8],[9]]}");
        refused(file, "a.jpg: [9] is not a point; expected [x, y] in pixels");
        Files.writeString(file, "{\"a.jpg\": 3}");
        refused(file, "a.jpg: 0 points; expected 5");
        Files.writeString(file, "{\"a.jpg\": [[1,2],[3,4],[5,6],[7,8],[9,10]]}");
        LandmarkFile landmarks = LandmarkFile.read(file);
        assertThat(landmarks.find(Path.of("photos/a.jpg"))).hasSize(5);
        assertThat(landmarks.find(Path.of("b.jpg"))).isNull();
    }

    private static void refused(Path file, String why) {
        assertThatThrownBy(() -> LandmarkFile.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": " + why);
    }

    @Test
    void landmarksAreScaledWithALargePhoto() {
        Path file = model.resolve("large.png");
        Png.write(file, Picture.filled(2048, 512, 9, 9, 9));
        List<Face.Point> given = java.util.Collections.nCopies(5, new Face.Point(2047.5, 99.5));
        Photo photo = Photo.read(file, null, new LandmarkFile(file, Map.of("large.png", given)));
        assertEquals(1024, photo.picture().width());
        assertEquals(256, photo.picture().height());
        assertEquals(2048, photo.originalLongSide());
        assertThat(photo.landmarks()).first().isEqualTo(new Face.Point(1023.5, 49.5));
        assertThat(photo.atFullSize(new Face.Point(1023.5, 49.5))).isEqualTo(given.getFirst());
    }

    @Test
    void landmarksOutsideThePhotoAreRefused() {
        Path file = model.resolve("large.png");
        Png.write(file, Picture.filled(64, 48, 9, 9, 9));
        List<Face.Point> given = java.util.Collections.nCopies(5, new Face.Point(300, 20));
        assertThatThrownBy(() -> Photo.read(file, null, new LandmarkFile(file, Map.of("large.png", given))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": all landmarks")
                .hasMessageContaining("64x48");
    }

    @Test
    void namesInALandmarkFileThatFitNoPhotoAreRefused() throws IOException {
        Path photo = model.resolve("anna.png");
        Png.write(photo, Picture.filled(64, 48, 9, 9, 9));
        Path other = model.resolve("other.png");
        Png.write(other, Picture.filled(64, 48, 9, 9, 9));
        Path file = model.resolve("names.json");
        String points = "[[1,2],[3,4],[5,6],[7,8],[9,10]]";
        for (String name : List.of("anna.png", "other.png", "../" + model.getFileName() + "/anna.png")) {
            Files.writeString(file, "{\"" + name + "\": " + points + "}");
            LandmarkFile.read(file).checkNames(List.of(photo));
        }
        assertThat(LandmarkFile.read(file).find(photo)).hasSize(5);
        for (String name : List.of("ana.png", "anna.jpg", "a\\u0000b", "")) {
            Files.writeString(file, "{\"anna.png\": " + points + ", \"" + name + "\": " + points + "}");
            LandmarkFile landmarks = LandmarkFile.read(file);
            assertThatThrownBy(() -> landmarks.checkNames(List.of(photo)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith(file + ": names ")
                    .hasMessageContaining("none of the photos given");
        }
    }
}
