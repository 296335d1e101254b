package ai.ingredients.studio.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Forms as browsers, curl and client libraries write them. */
class MultipartTest {
    private static final String TYPE = "multipart/form-data; boundary=\"b x\"";

    private static Body read(String... parts) {
        StringBuilder form = new StringBuilder("preamble\r\n");
        for (String part : parts) {
            form.append("--b x\r\n").append(part).append("\r\n");
        }
        return Multipart.read(TYPE, form.append("--b x--\r\n").toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String field(String name, String value) {
        return "Content-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value;
    }

    @Test
    void fieldsAreTextAndStructure() {
        Body body = read(
                field("prompt", "Ä [dog]\r\nruns"),
                field("people[]", "person_1"),
                field("people[]", "person_2"),
                field("place[][person]", "0"),
                field("place[][region]", "left"),
                field("place[][person]", "1"),
                field("place[][region]", "right"),
                field("extra_params[face_scale]", "0.5"),
                field("list", "[1, {\"a\": 2}]"),
                field("odd", "[not json"));
        assertThat(body.fields().path("prompt").textValue()).isEqualTo("Ä [dog]\r\nruns");
        assertThat(body.fields().path("people").toString()).isEqualTo("[\"person_1\",\"person_2\"]");
        assertThat(body.fields().path("place").toString())
                .isEqualTo("[{\"person\":\"0\",\"region\":\"left\"},{\"person\":\"1\",\"region\":\"right\"}]");
        assertThat(body.fields().at("/extra_params/face_scale").asText()).isEqualTo("0.5");
        assertThat(body.fields().at("/list/1/a").asInt()).isEqualTo(2);
        assertThat(body.fields().path("odd").textValue()).isEqualTo("[not json");
    }

    @Test
    void filesAreBytesWhoseNamesCountForNothing() {
        Body body = read(
                "Content-Disposition: form-data; name=\"photo\"; filename=\"../../a.png\"\r\n"
                        + "Content-Type: image/png\r\n\r\n\r\n"
                        + "--b\r\n",
                "Content-Disposition: form-data; name=photo\r\nContent-Type: application/octet-stream\r\n\r\n12");
        assertThat(body.files().get("photo")).hasSize(2);
        assertThat(new String(body.files().getOrDefault("photo", List.of()).getFirst(), StandardCharsets.UTF_8))
                .isEqualTo("\r\n--b\r\n");
        assertThat(body.fields()).isEmpty();
    }

    /** Whatever the bytes, there is a form or one clear refusal. */
    @Test
    void damagedFormsAreRefused() {
        byte[] whole = ("--b x\r\n" + field("people[][name]", "ada") + "\r\n--b x\r\n" + field("a[0][b]", "1")
                        + "\r\n--b x--")
                .getBytes(StandardCharsets.UTF_8);
        Random random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 5000; i++) {
            byte[] bytes = whole.clone();
            for (int k = random.nextInt(4); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(128);
            }
            try {
                assertThat(Multipart.read(TYPE, bytes).fields()).isNotNull();
            } catch (ApiError e) {
                assertThat(e.status()).isEqualTo(400);
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 4999);
        assertThatThrownBy(() -> Multipart.read("multipart/form-data", whole)).isInstanceOf(ApiError.class);
    }
}
