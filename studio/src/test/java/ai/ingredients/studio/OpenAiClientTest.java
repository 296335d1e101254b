package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.HttpResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnprocessableEntityException;
import com.openai.models.videos.Video;
import com.openai.models.videos.VideoCreateParams;
import com.openai.models.videos.VideoDeleteResponse;
import com.openai.models.videos.VideoDownloadContentParams;
import com.openai.models.videos.VideoListPage;
import com.openai.models.videos.VideoListParams;
import com.openai.models.videos.VideoRemixParams;
import com.openai.models.videos.VideoSeconds;
import com.openai.models.videos.VideoSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The published client of the OpenAI API does with this server what its documentation says of the other. */
class OpenAiClientTest {
    @TempDir
    static Path folder;

    private static TestStudio studio;
    private static OpenAIClient client;

    @BeforeAll
    static void open() {
        studio = TestStudio.in(folder);
        client = OpenAIOkHttpClient.builder()
                .baseUrl(studio.uri("/v1").toString())
                .apiKey("unused")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void close() {
        client.close();
        studio.close();
    }

    private static VideoCreateParams.Builder small(String prompt) {
        return VideoCreateParams.builder()
                .prompt(prompt)
                .model("tiny")
                .size(VideoSize.of("48x32"))
                .seconds(VideoSeconds.of("1"));
    }

    private static Video ended(Video video) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        Video now = video;
        while (now.status().equals(Video.Status.QUEUED) || now.status().equals(Video.Status.IN_PROGRESS)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(100);
            now = client.videos().retrieve(video.id());
        }
        return now;
    }

    @Test
    void createsPollsAndDownloads() throws Exception {
        Video created = client.videos().create(small("A dog runs.").build());
        assertThat(created.id()).startsWith("video_");
        assertThat(created.status()).isIn(Video.Status.QUEUED, Video.Status.IN_PROGRESS);
        assertThat(created.model().asString()).isEqualTo("tiny");
        assertThat(created.createdAt()).isPositive();
        assertThat(created.remixedFromVideoId()).isEmpty();
        assertThat(created.completedAt()).isEmpty();

        Video done = ended(created);
        assertThat(done.status()).isEqualTo(Video.Status.COMPLETED);
        assertThat(done.progress()).isEqualTo(100);
        assertThat(done.prompt()).contains("A dog runs.");
        assertThat(done.seconds().asString()).isEqualTo("1.1");
        assertThat(done.size().asString()).isEqualTo("48x32");
        assertThat(done.error()).isEmpty();
        assertThat(done.completedAt().orElseThrow()).isGreaterThanOrEqualTo(done.createdAt());
        assertThat(done.expiresAt().orElseThrow()).isGreaterThan(done.createdAt());

        try (HttpResponse content = client.videos().downloadContent(done.id())) {
            byte[] bytes = content.body().readAllBytes();
            assertThat(content.statusCode()).isEqualTo(200);
            assertThat(new String(bytes, 4, 4, StandardCharsets.ISO_8859_1)).isEqualTo("ftyp");
        }
        for (var variant :
                List.of(VideoDownloadContentParams.Variant.THUMBNAIL, VideoDownloadContentParams.Variant.SPRITESHEET)) {
            try (HttpResponse content = client.videos()
                    .downloadContent(VideoDownloadContentParams.builder()
                            .videoId(done.id())
                            .variant(variant)
                            .build())) {
                assertThat(content.body().readNBytes(2)).containsExactly(0xFF, 0xD8);
            }
        }
    }

    @Test
    void createsWithPhotosAndOurFields() throws Exception {
        Video created = client.videos()
                .create(small("A person waves.")
                        .inputReference(TinyModel.photo(1))
                        .putAdditionalBodyProperty("seed", JsonValue.from(7))
                        .putAdditionalBodyProperty("num_inference_steps", JsonValue.from(1))
                        .putAdditionalBodyProperty("extra_params", JsonValue.from(Map.of("scheduler", "ddim")))
                        .putAdditionalBodyProperty("nobody_knows_this", JsonValue.from("at all"))
                        .build());
        Video done = ended(created);
        assertThat(done.status()).as(done.toString()).isEqualTo(Video.Status.COMPLETED);
        Map<String, JsonValue> more = done._additionalProperties();
        assertThat(json(more, "seed").asInt()).isEqualTo(7);
        assertThat(json(more, "num_inference_steps").asInt()).isEqualTo(1);
        assertThat(json(more, "people").size()).isEqualTo(1);
        assertThat(json(more, "extra_params").path("scheduler").asText()).isEqualTo("ddim");
        assertThat(json(more, "recipe").path("people").asInt()).isEqualTo(1);
        assertThat(json(more, "recipe").path("steps").asInt()).isEqualTo(1);
        assertThat(more).containsKeys("inference_time_s", "stage_durations", "peak_memory_mb", "queue_position");
    }

    private static JsonNode json(Map<String, JsonValue> fields, String name) {
        return Objects.requireNonNull(
                Objects.requireNonNull(fields.get(name), name).convert(JsonNode.class));
    }

    @Test
    void listsInPagesRemixesAndDeletes() throws Exception {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            made.addFirst(
                    client.videos().create(small("Video " + i + ".").build()).id());
        }
        VideoListPage page =
                client.videos().list(VideoListParams.builder().limit(2).build());
        assertThat(page.data()).extracting(Video::id).containsExactlyElementsOf(made.subList(0, 2));
        assertThat(page.hasMore()).contains(true);
        assertThat(page.nextPage().data()).extracting(Video::id).containsExactlyElementsOf(made.subList(2, 4));
        List<String> all = new ArrayList<>();
        page.autoPager().forEach(video -> all.add(video.id()));
        assertThat(all).startsWith(made.toArray(String[]::new)).doesNotHaveDuplicates();
        List<String> oldest = new ArrayList<>();
        client.videos()
                .list(VideoListParams.builder()
                        .limit(2)
                        .order(VideoListParams.Order.ASC)
                        .build())
                .autoPager()
                .forEach(video -> oldest.addFirst(video.id()));
        assertThat(oldest).isEqualTo(all);

        Video first = ended(client.videos().retrieve(made.getLast()));
        Video remixed = client.videos()
                .remix(VideoRemixParams.builder()
                        .videoId(first.id())
                        .prompt("Another one.")
                        .build());
        assertThat(remixed.remixedFromVideoId()).contains(first.id());
        assertThat(remixed.size()).isEqualTo(first.size());
        assertThat(ended(remixed).status()).isEqualTo(Video.Status.COMPLETED);

        VideoDeleteResponse deleted = client.videos().delete(first.id());
        assertThat(deleted.validate().deleted()).isTrue();
        assertThat(deleted.id()).isEqualTo(first.id());
        assertThatThrownBy(() -> client.videos().retrieve(first.id())).isInstanceOf(NotFoundException.class);
    }

    @Test
    void mistakesAreTold() {
        assertThatThrownBy(() -> client.videos()
                        .create(VideoCreateParams.builder()
                                .prompt("A dog.")
                                .size(VideoSize.of("47x32"))
                                .build()))
                .isInstanceOf(UnprocessableEntityException.class)
                .hasMessageContaining("size")
                .hasMessageContaining("multiples of 16");
    }

    @Test
    void modelsAreListed() {
        assertThat(client.models().list().data())
                .extracting(model -> model.id())
                .containsExactly("tiny");
        assertThat(client.models().retrieve("tiny").ownedBy()).isEqualTo("ingredients");
    }

    /** So that nobody wonders whether the photo of the tests holds a face. */
    @Test
    void aPhotoWithoutAFaceIsRefused() throws IOException {
        byte[] gray = Png.encode(Picture.filled(128, 128, 128, 128, 128));
        assertThatThrownBy(() -> client.videos()
                        .create(small("A person waves.").inputReference(gray).build()))
                .isInstanceOf(UnprocessableEntityException.class)
                .hasMessageContaining("no face found");
    }
}
