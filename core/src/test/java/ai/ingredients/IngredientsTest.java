package ai.ingredients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.Ingredients.Options;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.VideoReader;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.Placement.Region;
import ai.ingredients.pipeline.RoutingMaps;
import ai.ingredients.pipeline.RoutingRecorder;
import ai.ingredients.pipeline.VideoListener;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The front door as somebody uses it who has this library on the class path and has read no other class. */
class IngredientsTest {
    private static final Path PHOTOS = Path.of("../examples/photos");
    private static final Path ADA = PHOTOS.resolve("ada.png");
    private static final Path ALAN = PHOTOS.resolve("alan.png");

    @TempDir
    Path folder;

    private static Ingredients open() {
        return Ingredients.open(Fixture.bundle(), Options.DEFAULT.withMemory(MemoryLevel.NONE));
    }

    /** The random detector finds nobody. */
    private static Portrait portrait(Path photo) {
        return Portrait.of(photo).landmarks(LandmarkFile.read(PHOTOS.resolve("landmarks.json")));
    }

    private static VideoBuilder small(Ingredients ingredients, String prompt) {
        return ingredients.video(prompt).frames(9).size(48, 32).steps(2);
    }

    private static VideoBuilder two(Ingredients ingredients) {
        return small(ingredients, "Two people wave.").person(portrait(ADA)).person(portrait(ALAN));
    }

    @Test
    void photosBecomeAVideoThatIsWrittenWithItsRecipe() throws IOException {
        Video video;
        try (Ingredients ingredients = open()) {
            video = two(ingredients).seed(7).generate();
        }
        assertThat(video.frames()).hasSize(9).allMatch(frame -> frame.width() == 48 && frame.height() == 32);
        assertThat(Picture.copyOf(video.images().getFirst()))
                .isEqualTo(video.frames().getFirst());
        assertThat(video.secondsPerStep())
                .isPositive()
                .isEqualTo(video.timings().secondsPerStep());
        assertThat(video.timings().photos()).isPositive();
        assertThat(video.timings().total()).isGreaterThan(video.timings().photos());
        assertThat(video.peakMemory()).isNotNegative();
        assertThat(video.tiled()).isFalse();

        Path file = folder.resolve("out.mp4");
        video.write(file);

        JsonNode recipe = new ObjectMapper().readTree(folder.resolve("out.json").toFile());
        assertThat(recipe.at("/files/photos")).hasSize(2);
        ((com.fasterxml.jackson.databind.node.ObjectNode) recipe).remove("files"); // paths stand beside the video only
        assertThat(recipe).hasToString(video.recipe().json().toString());
        assertThat(recipe.path("photos").toString()).isEqualTo("[\"ada.png\",\"alan.png\"]");
        assertThat(recipe.path("seed").asLong()).isEqualTo(7);
        try (VideoReader reader = VideoReader.open(file)) {
            assertThat(new ObjectMapper().readTree(reader.metadata().get("comment")))
                    .isEqualTo(recipe);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void peopleArePreparedOnceAndGiveTheSameBits() {
        try (Ingredients ingredients = open();
                People people = ingredients.people(List.of(portrait(ADA), portrait(ALAN)))) {
            Path file = folder.resolve("people.safetensors");
            people.save(file);
            List<Picture> expected = two(ingredients).generate().frames();
            Video again = small(ingredients, "Two people wave.").people(people).generate();
            assertThat(again.frames()).isEqualTo(expected);
            assertThat(again.recipe().json().path("photos").size()).isEqualTo(2);
            try (People read = ingredients.savedPeople(file)) {
                assertThat(read.size()).isEqualTo(2);
                assertThat(small(ingredients, "Two people wave.")
                                .people(read)
                                .generate()
                                .frames())
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void aPhotoIsAFileBytesOrAnImage() throws IOException {
        var points = Objects.requireNonNull(
                LandmarkFile.read(PHOTOS.resolve("landmarks.json")).find(ADA));
        BufferedImage image = PictureReader.read(ADA).image();
        try (Ingredients ingredients = open()) {
            List<List<Picture>> videos = new ArrayList<>();
            for (Portrait one : List.of(Portrait.of(ADA), Portrait.of(Files.readAllBytes(ADA)), Portrait.of(image))) {
                videos.add(small(ingredients, "A walk.")
                        .steps(1)
                        .person(one.landmarks(points))
                        .generate()
                        .frames());
            }
            assertThat(videos.get(1)).isEqualTo(videos.get(0));
            assertThat(videos.get(2)).isEqualTo(videos.get(0));
        }
    }

    @Test
    void valuesBeginAsTheModelsFolderSays() throws IOException {
        Path model = folder.resolve("model");
        Fixture.copy(Fixture.bundle(), model);
        Files.writeString(
                model.resolve("generation_config.json"),
                "{\"num_inference_steps\": 3, \"guidance_scale\": 2.5, \"image_guidance_scale\": 1.5,"
                        + " \"scheduler\": \"ddim\"}");
        try (Ingredients ingredients = Ingredients.open(model)) {
            GenerationRequest request = ingredients.video("A walk.").request();
            assertThat(request.steps()).isEqualTo(3);
            assertThat(request.guidanceScale()).isEqualTo(2.5);
            assertThat(request.imageGuidanceScale()).isEqualTo(1.5);
            assertThat(request.scheduler()).isEqualTo(Scheduler.Kind.DDIM);
            assertThat(request.seed()).isEqualTo(42);
            assertThat(request.size()).hasToString("49 frames of 720x480");
            assertThat(request.faceScale()).isEqualTo(1);
            assertThat(request.maxSequenceLength()).isEqualTo(226);
            assertThat(ingredients.video("A walk.").steps(4).request().steps()).isEqualTo(4);
        }
    }

    @Test
    void namesRolesAndPlaces() {
        try (Ingredients ingredients = open()) {
            Video video = small(ingredients, "@ada waves. @ada laughs.")
                    .person(portrait(ADA).named("ada"))
                    .person(portrait(ALAN).named("alan"))
                    .role("ada", "a woman in red")
                    .place("alan", Region.RIGHT)
                    .generate();
            JsonNode recipe = video.recipe().json();
            assertThat(recipe.path("prompt").asText()).isEqualTo("A woman in red waves. The woman in red laughs.");
            assertThat(recipe.path("prompt_as_typed").asText()).isEqualTo("@ada waves. @ada laughs.");
            assertThat(recipe.path("names").toString()).isEqualTo("[\"ada\",\"alan\"]");
            assertThat(recipe.path("places").get(0).path("person").asInt()).isEqualTo(2);
            refused(small(ingredients, "@bob waves.").person(portrait(ADA).named("ada")), "mentions @bob");
            refused(small(ingredients, "A walk.").person(portrait(ADA).named("ada")), "no prompt mentions @ada");
            refused(small(ingredients, "A walk.").place("bob", Region.LEFT), "the place of bob: nobody has that name");
        }
    }

    @Test
    void whatCannotBeMadeIsRefusedByNameBeforeAPhotoIsRead() {
        Path missing = folder.resolve("missing.jpg");
        try (Ingredients ingredients = open()) {
            refused(ingredients.video("A walk.").person(missing).frames(12), "`frames` 12 cannot be made");
            refused(ingredients.video("A walk.").person(missing).steps(0), "`steps` 0 is too few");
            refused(ingredients.video(" ").person(missing), "the prompt is empty");
            refused(small(ingredients, "A walk.").person(missing), missing + ": there is no such file");
            try (People people = ingredients.people(List.of(portrait(ADA)))) {
                refused(ingredients.video("A walk.").person(ADA).people(people), "`people` and `person`");
            }
        }
    }

    private static void refused(VideoBuilder video, String message) {
        assertThatThrownBy(video::generate)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aListenerSeesProgressAndPreviews() {
        List<VideoListener.Stage> stages = new ArrayList<>();
        List<BufferedImage> previews = new ArrayList<>();
        try (Ingredients ingredients = open()) {
            two(ingredients)
                    .listener(new VideoListener() {
                        @Override
                        public void begins(Stage stage, int total) {
                            stages.add(stage);
                        }

                        @Override
                        public boolean wantsPreview(int step) {
                            return step == 0;
                        }

                        @Override
                        public void preview(int step, BufferedImage picture) {
                            previews.add(picture);
                        }
                    })
                    .generate();
        }
        assertThat(stages).containsExactly(VideoListener.Stage.values());
        assertThat(previews).hasSize(1);
        assertThat(previews.getFirst().getWidth()).isEqualTo(48);
    }

    /** The same as of the file that the command line writes. */
    @Test
    void theRoutingIsWhatARecorderFinds() {
        Path file = folder.resolve("routing.safetensors");
        try (Ingredients ingredients = open();
                RoutingRecorder recorder = new RoutingRecorder(ingredients.model())) {
            Video video = two(ingredients).steps(3).listener(recorder).generate();
            recorder.write(file, ingredients.model().defaultSize().with(9, 32, 48));
            RoutingMaps expected = RoutingMaps.read(file);
            RoutingMaps found = video.routing().orElseThrow();
            assertThat(found.shares()).containsExactly(expected.shares());
            assertThat(List.of(found.frames(), found.rows(), found.columns(), found.people()))
                    .isEqualTo(List.of(expected.frames(), expected.rows(), expected.columns(), expected.people()));
            assertThat(small(ingredients, "A walk.").steps(1).generate().routing())
                    .isEmpty();
        }
    }

    @Test
    void aVideoIsCancelledFromAnotherThreadAndTheNextOneIsMade() {
        Cancellation cancellation = new Cancellation();
        try (Ingredients ingredients = open()) {
            CompletableFuture<Void> denoising = new CompletableFuture<>();
            VideoBuilder video = two(ingredients).steps(900).cancelledBy(cancellation);
            video.listener(new VideoListener() {
                @Override
                public void progress(int done) {
                    if (done == 2) {
                        denoising.complete(null);
                    }
                }
            });
            CompletableFuture<Video> made = CompletableFuture.supplyAsync(
                    video::generate, task -> Thread.ofPlatform().start(task));
            made.whenComplete((nothing, failure) -> denoising.complete(null));
            denoising.join();
            cancellation.cancel();
            assertThatThrownBy(made::join)
                    .isInstanceOfAny(CancellationException.class, CompletionException.class)
                    .rootCause()
                    .isInstanceOf(CancellationException.class);
            assertThatThrownBy(video::generate).isInstanceOf(CancellationException.class);
            List<Picture> after = two(ingredients).generate().frames();
            assertThat(two(ingredients).generate().frames()).isEqualTo(after);
        }
    }

    @Test
    void anInterruptCancelsToo() throws InterruptedException {
        try (Ingredients ingredients = open()) {
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            Thread thread = Thread.ofPlatform().start(() -> {
                try {
                    two(ingredients)
                            .steps(900)
                            .listener(new GenerationListener() {
                                @Override
                                public void progress(int done) {
                                    if (done == 2) {
                                        Thread.currentThread().interrupt();
                                    }
                                }
                            })
                            .generate();
                } catch (RuntimeException e) {
                    thrown.complete(
                            Thread.currentThread().isInterrupted() ? e : new IllegalStateException("forgotten"));
                }
            });
            assertThat(thrown.join()).isInstanceOf(CancellationException.class);
            thread.join();
        }
    }

    @Test
    void severalThreadsEachGetTheirVideo() throws InterruptedException {
        try (Ingredients ingredients = open();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<List<Picture>>> videos = Stream.of(1, 2, 1)
                    .map(seed -> CompletableFuture.supplyAsync(
                            () -> two(ingredients).seed(seed).generate().frames(), threads))
                    .toList();
            assertThat(videos.get(2).join())
                    .isEqualTo(videos.get(0).join())
                    .isNotEqualTo(videos.get(1).join());
        }
    }

    @Test
    void closingTwiceIsFineAndUsingItAfterwardsSaysSo() {
        Ingredients ingredients = open();
        People people = ingredients.people(List.of(portrait(ADA)));
        VideoBuilder begun = small(ingredients, "A walk.").people(people);
        people.close();
        people.close();
        assertThatThrownBy(begun::generate)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("these people were closed; prepare them again");
        ingredients.close();
        ingredients.close();
        assertThatThrownBy(begun::generate)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the model tiny-random was closed; open it again");
        assertThatThrownBy(() -> ingredients.video("A walk.")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aListenerCannotCloseTheModelUnderItsVideo() {
        try (Ingredients ingredients = open()) {
            VideoBuilder video = small(ingredients, "A walk.").listener(new VideoListener() {
                @Override
                public void begins(Stage stage, int total) {
                    ingredients.close();
                }
            });
            assertThatThrownBy(video::generate)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("a listener cannot close");
        }
    }

    @Test
    void nothingNativeIsLeftOfVideosAndPeople() {
        assumeTrue(NativeMemory.known(), "this C library does not tell");
        try (Ingredients ingredients = open()) {
            Runnable work = () -> {
                for (int i = 0; i < 5; i++) {
                    two(ingredients).frames(1).steps(1).generate();
                }
            };
            work.run();
            long grown = NativeMemory.leak(work);
            assertThat(grown).as("bytes in five videos").isLessThan(2 << 20);
        }
    }

    @Test
    void whoObservesHearsOfEveryVideoThatWasBegun() {
        List<Object> heard = new ArrayList<>();
        VideoObserver observer = new VideoObserver() {
            @Override
            public void made(Video video, Duration took) {
                assertThat(took).isPositive();
                heard.add(video);
            }

            @Override
            public void failed(RuntimeException reason, Duration took) {
                assertThat(took).isPositive();
                heard.add(reason.getClass());
            }
        };
        try (Ingredients ingredients = open().observedBy(observer)) {
            Video video = small(ingredients, "A walk.").generate();
            assertThatThrownBy(() -> small(ingredients, "A walk.").frames(10).generate())
                    .isInstanceOf(InvalidInputException.class);
            Cancellation now = new Cancellation();
            VideoListener cancels = new VideoListener() {
                @Override
                public void begins(Stage stage, int total) {
                    now.cancel();
                }
            };
            assertThatThrownBy(() -> small(ingredients, "A walk.")
                            .listener(cancels)
                            .cancelledBy(now)
                            .generate())
                    .isInstanceOf(CancellationException.class);
            assertThat(heard).containsExactly(video, InvalidInputException.class, CancellationException.class);
        }
    }
}
