package ai.ingredients.studio;

import static ai.ingredients.studio.TestStudio.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that continue a picture, and what of a generation is left out to be faster. */
class FirstFrameTest {
    @TempDir
    static Path folder;

    private static TestStudio studio;

    @BeforeAll
    static void open() {
        Map<String, Path> models = new LinkedHashMap<>();
        models.put("tiny", TinyModel.in(folder));
        models.put("continuing", TinyModel.continuing(folder));
        studio = TestStudio.in(folder, options -> options.with(it -> it.models = models));
    }

    @AfterAll
    static void close() {
        studio.close();
    }

    private static String picture(int number) throws IOException {
        return "\"data:image/png;base64,"
                + Base64.getEncoder().encodeToString(Files.readAllBytes(TinyModel.photo(number))) + "\"";
    }

    private static byte[] made(String id) {
        JsonNode video = studio.ended(id);
        assertThat(video.path("status").asText()).as(video.toString()).isEqualTo("completed");
        return studio.get("/v1/videos/" + id + "/content?variant=thumbnail").body();
    }

    @Test
    void aPictureIsContinuedVariedAndDeletedWithItsVideo() throws IOException {
        String id = studio.create(",\"model\":\"continuing\",\"input_reference\":" + picture(1));
        String other = studio.create(",\"model\":\"continuing\",\"input_reference\":" + picture(2));
        byte[] first = made(id);
        assertThat(made(other)).isNotEqualTo(first);
        Path kept = folder.resolve("data/files/videos").resolve(id).resolve("first-frame.png");
        assertThat(kept).isNotEmptyFile();

        JsonNode again = json(studio.post("/v1/videos/" + id + "/remix", "{}"));
        assertThat(made(again.path("id").asText())).isEqualTo(first);

        studio.delete("/v1/videos/" + id);
        assertThat(kept).doesNotExist();
    }

    @Test
    void whatFitsNoFirstFrameIsRefused() throws IOException {
        refused("\"model\":\"continuing\"", "input_reference", "continues one picture, but 0 were sent");
        refused(
                "\"model\":\"continuing\",\"input_reference\":[" + picture(1) + "," + picture(2) + "]",
                "input_reference",
                "but 2 were sent");
        refused(
                "\"model\":\"continuing\",\"people\":[{\"photo\":" + picture(1) + "}]",
                "people",
                "shows no people of photos");
    }

    @Test
    void whatIsLeftOutStandsInVideoAndRecipe() throws IOException {
        String id = studio.create(",\"model\":\"continuing\",\"input_reference\":" + picture(1)
                + ",\"extra_params\":{\"magcache\":true,\"guidance_interval\":\"0.0..0.5\"}");
        made(id);
        JsonNode video = studio.video(id);
        assertThat(video.at("/extra_params/magcache").asText()).isEqualTo("0.12,4,0.2");
        assertThat(video.at("/extra_params/guidance_interval").asText()).isEqualTo("0.0..0.5");
        assertThat(video.at("/recipe/magcache/threshold").asDouble()).isEqualTo(0.12);
        assertThat(video.at("/recipe/guidance_interval/1").asDouble()).isEqualTo(0.5);

        JsonNode without = json(studio.post("/v1/videos/" + id + "/remix", "{\"extra_params\":{\"magcache\":false}}"));
        assertThat(without.at("/extra_params/magcache").isNull()).isTrue();
        assertThat(without.at("/extra_params/guidance_interval").asText()).isEqualTo("0.0..0.5");

        refused("\"extra_params\":{\"magcache\":true}", "extra_params.magcache", "was not");
        refused("\"extra_params\":{\"guidance_interval\":\"x\"}", "guidance_interval", "\"x\" is not two numbers");
    }

    @Test
    void aLayoutIsKeptByVariations() throws IOException {
        String id = studio.create(",\"model\":\"continuing\",\"input_reference\":" + picture(1)
                + ",\"extra_params\":{\"layout\":\"0.05..0.35,5\"}");
        made(id);
        assertThat(studio.video(id).at("/extra_params/layout").asText()).isEqualTo("0.05..0.35");
        assertThat(varied(id, "{}").at("/extra_params/layout").asText()).isEqualTo("0.05..0.35");
        for (String off : List.of("false", "\"off\"")) {
            JsonNode without = varied(id, "{\"extra_params\":{\"layout\":" + off + "}}");
            assertThat(without.at("/extra_params/layout").isNull()).as(off).isTrue();
        }
        refused("\"extra_params\":{\"layout\":\"x\"}", "layout", "SETTLE..UNTIL");
    }

    @Test
    void stepsAreRepeatedByThresholdToo() throws IOException {
        String id = studio.create(",\"model\":\"continuing\",\"input_reference\":" + picture(1)
                + ",\"extra_params\":{\"teacache\":0.3,\"guidance_interval\":\"0.0..0.5\"}");
        made(id);
        JsonNode video = studio.video(id);
        assertThat(video.at("/extra_params/teacache").asDouble()).isEqualTo(0.3);
        assertThat(video.at("/extra_params/magcache").isNull()).isTrue();
        assertThat(video.at("/recipe/teacache/threshold").asDouble()).isEqualTo(0.3);
        assertThat(video.at("/recipe/teacache/coefficients/0").asDouble()).isEqualTo(4);

        assertThat(varied(id, "{}").at("/extra_params/teacache").asDouble()).isEqualTo(0.3);
        assertThat(varied(id, "{\"extra_params\":{\"teacache\":true}}")
                        .at("/extra_params/teacache")
                        .asDouble())
                .as("the usual threshold")
                .isEqualTo(0.2);
        JsonNode without = varied(id, "{\"extra_params\":{\"teacache\":false}}");
        assertThat(without.at("/extra_params/teacache").isNull()).isTrue();
        assertThat(without.at("/extra_params/guidance_interval").asText()).isEqualTo("0.0..0.5");
        JsonNode other = varied(id, "{\"extra_params\":{\"magcache\":true}}");
        assertThat(other.at("/extra_params/magcache").asText()).isEqualTo("0.12,4,0.2");
        assertThat(other.at("/extra_params/teacache").isNull())
                .as("the other in its place")
                .isTrue();
        JsonNode back = varied(other.path("id").asText(), "{\"extra_params\":{\"teacache\":\"0.1\"}}");
        assertThat(back.at("/extra_params/teacache").asDouble()).isEqualTo(0.1);
        assertThat(back.at("/extra_params/magcache").isNull()).isTrue();
    }

    @Test
    void aThresholdThatCannotBeUsedIsRefused() throws IOException {
        refused(
                "\"extra_params\":{\"teacache\":0.2}",
                "extra_params.teacache",
                "`extra_params.teacache` needs a model that was calibrated for it, and this one was not.");
        String continuing = "\"model\":\"continuing\",\"input_reference\":" + picture(1) + ",";
        refused(
                continuing + "\"extra_params\":{\"teacache\":0.2,\"magcache\":true}",
                "magcache",
                "`magcache` and `teacache` both say which steps to repeat; use one of them");
        refused(
                continuing + "\"extra_params\":{\"teacache\":-1}",
                "extra_params.teacache",
                "`extra_params.teacache` is -1; expected 0 to 100.");
        refused(
                continuing + "\"extra_params\":{\"teacache\":\"much\"}",
                "extra_params.teacache",
                "`extra_params.teacache` cannot be used; expected a number.");
    }

    private static JsonNode varied(String id, String body) {
        HttpResponse<byte[]> response = studio.post("/v1/videos/" + id + "/remix", body);
        JsonNode video = json(response);
        assertThat(response.statusCode()).as(video.toString()).isEqualTo(200);
        return video;
    }

    @Test
    void theFirstFrameIsHandedOut() throws IOException {
        String id = studio.create(",\"model\":\"continuing\",\"input_reference\":" + picture(1));
        assertThat(studio.video(id).path("variants").toString()).contains("\"first_frame\"");
        HttpResponse<byte[]> early = studio.get("/v1/videos/" + id + "/content?variant=first_frame");
        assertThat(early.statusCode()).as("before the video is made").isEqualTo(200);
        assertThat(early.headers().firstValue("Content-Type")).hasValue("image/png");
        assertThat(early.body())
                .isEqualTo(Files.readAllBytes(
                        folder.resolve("data/files/videos").resolve(id).resolve("first-frame.png")));
        made(id);
        assertThat(studio.video(id).path("variants").toString()).contains("\"video\"", "\"first_frame\"");

        String people = studio.create("");
        made(people);
        assertThat(studio.video(people).path("variants").toString()).doesNotContain("first_frame");
        assertThat(studio.get("/v1/videos/" + people + "/content?variant=first_frame")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void capabilitiesSayWhatAModelTakes() {
        JsonNode models = json(studio.get("/v1/capabilities")).path("models");
        assertThat(models.path(0).path("magcache").asBoolean()).isFalse();
        assertThat(models.path(0).path("input_reference").asText()).isEqualTo("people");
        assertThat(models.path(1).path("magcache").asBoolean()).isTrue();
        assertThat(models.path(0).path("teacache").isBoolean()).isTrue();
        assertThat(models.path(0).path("teacache").asBoolean()).isFalse();
        assertThat(models.path(1).path("teacache").asBoolean()).isTrue();
        assertThat(models.path(1).path("input_reference").asText()).isEqualTo("first_frame");
    }

    private static void refused(String fields, String param, String text) {
        HttpResponse<byte[]> response = studio.post("/v1/videos", "{\"prompt\":\"A walk.\"," + fields + "}");
        assertThat(response.statusCode()).isEqualTo(422);
        JsonNode error = json(response).path("error");
        assertThat(error.path("param").asText()).isEqualTo(param);
        assertThat(error.path("message").asText()).contains(text);
    }
}
