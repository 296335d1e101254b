package example;

import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.VideoBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/** {@code POST /videos}: a prompt and photos as a form, a video back. */
@RestController
class Videos {
    private final ObjectProvider<Ingredients> model;

    /** @param model opened for the first request, so that the service starts at once */
    Videos(ObjectProvider<Ingredients> model) {
        this.model = model;
    }

    @PostMapping(path = "/videos", produces = "video/mp4")
    byte[] make(
            @RequestParam String prompt,
            @RequestParam(required = false) List<MultipartFile> photo,
            @RequestParam Optional<Long> seed,
            @RequestParam Optional<Integer> frames,
            @RequestParam Optional<Integer> steps)
            throws IOException {
        VideoBuilder video = model.getObject().video(prompt);
        for (MultipartFile one : photo == null ? List.<MultipartFile>of() : photo) {
            video.person(one.getBytes());
        }
        seed.ifPresent(video::seed);
        frames.ifPresent(video::frames);
        steps.ifPresent(video::steps);
        Path folder = Files.createTempDirectory("video");
        Path file = folder.resolve("out.mp4");
        try {
            video.generate().write(file);
            return Files.readAllBytes(file);
        } finally {
            Files.deleteIfExists(folder.resolve("out.json"));
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    /** What cannot be made: the library's one line says what was found and what to do. */
    @ExceptionHandler
    ProblemDetail refused(InvalidInputException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.UNPROCESSABLE_CONTENT, String.valueOf(e.getMessage()));
    }
}
