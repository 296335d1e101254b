package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.studio.StudioOptions.Door;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may in. */
class TokenTest {
    @TempDir
    Path folder;

    @Test
    void anAddressThatOthersReachNeedsAToken() {
        assertThatThrownBy(() -> TestStudio.in(
                        folder,
                        options -> options.with(it -> it.door = new Door("0.0.0.0", 0, List.of(), false, null))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("token");
    }

    @Test
    void aTokenIsShownOnceStoredHashedAndOpens() throws IOException {
        String token;
        try (TestStudio studio = guarded()) {
            token = Objects.requireNonNull(studio.studio().newToken());
            assertThat(status(studio, "/v1/videos", null)).isEqualTo(401);
            assertThat(status(studio, "/metrics", null)).isEqualTo(401);
            for (String wrong :
                    List.of("Bearer x", "Bearer " + token + "x", "Basic " + token, "Bearer", "Bearer ' OR 1=1")) {
                assertThat(status(studio, "/v1/videos", wrong)).as(wrong).isEqualTo(401);
            }
            assertThat(status(studio, "/v1/videos", "Bearer " + token)).isEqualTo(200);
            assertThat(status(studio, "/health/live", null)).isEqualTo(200);
            assertThat(status(studio, "/?token=wrong", null)).isEqualTo(401);

            HttpResponse<byte[]> opened = studio.get("/?token=" + token);
            assertThat(opened.statusCode()).isEqualTo(302);
            assertThat(opened.headers().firstValue("Location")).contains("/");
            String cookie = opened.headers().firstValue("Set-Cookie").orElseThrow();
            assertThat(cookie).contains("HttpOnly", "SameSite=Strict");
            HttpResponse<byte[]> page = studio.send(HttpRequest.newBuilder(studio.uri("/v1/videos"))
                    .header("Cookie", cookie.substring(0, cookie.indexOf(';'))));
            assertThat(page.statusCode()).isEqualTo(200);
            byte[] stored = Files.readAllBytes(folder.resolve("data/studio.db"));
            assertThat(new String(stored, StandardCharsets.ISO_8859_1)).doesNotContain(token);
        }
        try (TestStudio again = guarded()) {
            assertThat(again.studio().newToken()).as("shown once").isNull();
            assertThat(status(again, "/v1/videos", "Bearer " + token)).isEqualTo(200);
        }
        try (Studio renewed = Studio.openWithNewToken(
                TestStudio.options(folder).with(it -> it.door = new Door("127.0.0.1", 0, List.of(), true, null)))) {
            assertThat(renewed.newToken()).isNotNull().isNotEqualTo(token);
        }
    }

    private TestStudio guarded() {
        return TestStudio.in(
                folder, options -> options.with(it -> it.door = new Door("127.0.0.1", 0, List.of(), true, null)));
    }

    private static int status(TestStudio studio, String path, @Nullable String authorization) {
        HttpRequest.Builder request = HttpRequest.newBuilder(studio.uri(path));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return studio.send(request).statusCode();
    }

    @Test
    void oneFolderIsOneStudios() {
        try (TestStudio first = TestStudio.in(folder)) {
            assertThat(first.get("/health/live").statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> TestStudio.in(folder))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("another studio");
        }
    }
}
