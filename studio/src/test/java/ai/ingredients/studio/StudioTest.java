package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a request to a video's content. */
class StudioTest {
    @TempDir
    Path folder;

    @Test
    void aPromptBecomesAVideo() {
        try (TestStudio studio = TestStudio.in(folder)) {
            String id = studio.create("");
            JsonNode video = studio.ended(id);
            assertThat(video.path("status").asText()).as(video.toString()).isEqualTo("completed");
            assertThat(video.path("progress").asInt()).isEqualTo(100);
            assertThat(video.path("size").asText()).isEqualTo("48x32");
            assertThat(video.path("seconds").asText()).isEqualTo("1.1");
            HttpResponse<byte[]> content = studio.get("/v1/videos/" + id + "/content");
            assertThat(content.statusCode()).isEqualTo(200);
            assertThat(content.headers().firstValue("Content-Type")).contains("video/mp4");
            assertThat(new String(content.body(), 4, 4, java.nio.charset.StandardCharsets.ISO_8859_1))
                    .isEqualTo("ftyp");
        }
    }
}
