package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.pipeline.MemoryLevel;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a video costs more over HTTP, from the request to the last byte of the file, than through the front door in the same process,
 * from the call to the written file; one by the other, so that a busy machine slows both. No part of the suite, for it measures time:
 *
 * <pre>{@code
 * STUDIO_RUNS=60 STUDIO_STEPS=20 mvn -pl studio -am test -Dtest=OverheadCheck -Dsurefire.failIfNoSpecifiedTests=false
 * }</pre>
 */
class OverheadCheck {
    private static final int RUNS = number("STUDIO_RUNS", 60);
    private static final int STEPS = number("STUDIO_STEPS", 20);
    private static final int WIDTH = 96;
    private static final int HEIGHT = 64;
    private static final double MOST = 1.1;

    @TempDir
    Path folder;

    private static int number(String name, int otherwise) {
        String text = System.getenv(name);
        return text == null ? otherwise : Integer.parseInt(text);
    }

    @Test
    void httpCostsNextToNothing() throws Exception {
        Path model = TinyModel.in(folder);
        List<Double> direct = new ArrayList<>();
        List<Double> http = new ArrayList<>();
        try (TestStudio studio = TestStudio.in(folder);
                HttpClient client = HttpClient.newHttpClient();
                Ingredients ingredients = Ingredients.open(model, Options.DEFAULT.withMemory(MemoryLevel.NONE))) {
            for (int run = -3; run < RUNS; run++) {
                long began = System.nanoTime();
                ingredients
                        .video("A walk.")
                        .size(WIDTH, HEIGHT)
                        .frames(9)
                        .steps(STEPS)
                        .seed(7)
                        .generate()
                        .write(folder.resolve("direct.mp4"));
                long between = System.nanoTime();
                throughHttp(studio, client);
                long end = System.nanoTime();
                if (run >= 0) { // what comes before warms up
                    direct.add((between - began) / 1e6);
                    http.add((end - between) / 1e6);
                }
            }
        }
        double ratio = median(http) / median(direct);
        System.out.printf(
                Locale.ROOT,
                "9 frames of %dx%d, %d steps, medians of %d: front door %.0f ms, HTTP %.0f ms, ratio %.3f%n",
                WIDTH,
                HEIGHT,
                STEPS,
                RUNS,
                median(direct),
                median(http),
                ratio);
        assertThat(ratio).isLessThanOrEqualTo(MOST);
    }

    /** As a client does that wants to know at once: asks, watches events until they end, fetches the file. */
    private static void throughHttp(TestStudio studio, HttpClient client) throws Exception {
        String id =
                studio.create(",\"size\":\"" + WIDTH + "x" + HEIGHT + "\",\"seed\":7,\"num_inference_steps\":" + STEPS);
        HttpResponse<InputStream> events = client.send(
                HttpRequest.newBuilder(studio.uri("/v1/videos/" + id + "/events"))
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream stream = events.body()) {
            stream.readAllBytes();
        }
        assertThat(studio.get("/v1/videos/" + id + "/content").statusCode()).isEqualTo(200);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
