package ai.ingredients.face;

import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import java.util.List;

/** Whatever is in the files that tell of faces: it is used, or refused in one line. */
class FaceFilesFuzzTest {
    @FuzzTest(maxDuration = "1m")
    void landmarks(byte[] json) {
        Fuzz.file("landmarks.json", json, file -> {
            LandmarkFile landmarks = LandmarkFile.read(file);
            List<Face.Point> found = landmarks.find(Path.of("anna.jpg"));
            if (found != null && found.size() != Face.LANDMARKS) {
                throw new AssertionError(found.toString());
            }
            landmarks.checkNames(List.of(Path.of("anna.jpg")));
        });
    }

    @FuzzTest(maxDuration = "1m")
    void people(byte[] tensors) {
        Fuzz.file("people.safetensors", tensors, file -> {
            try (Scope scope = Scope.inference()) {
                People people = People.load(file);
                if (people.size() < 1 || people.idCond().size(0) != people.size()) {
                    throw new AssertionError(people.toString());
                }
            }
        });
    }

    @FuzzTest(maxDuration = "1m")
    void recognisers(byte[] onnx) {
        Fuzz.file("arc.onnx", onnx, file -> {
            try (ArcFace network = ArcFace.open(file)) {
                if (network.embed(Picture.filled(112, 112, 1, 2, 3)).length != network.width()) {
                    throw new AssertionError(network.toString());
                }
            }
        });
    }

    @FuzzTest(maxDuration = "1m")
    void detectors(byte[] onnx) {
        Fuzz.file("scrfd.onnx", onnx, file -> {
            try (Scrfd network = Scrfd.open(file, 64, 64)) {
                var unused = network.detect(Picture.filled(50, 40, 1, 2, 3));
            }
        });
    }
}
