package ai.ingredients.studio.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.studio.TestStudio;
import ai.ingredients.studio.TinyModel;
import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The picture that a model continues: given, sent, taken along, and never sent where it is not seen. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FirstFramePageTest {
    private static final String PASTE = """
        ([bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'a.png',
                {type: 'image/png'}));
            document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true}));
        }\
        """;

    private Chromium chromium;
    private TestStudio studio;
    private String address;
    private Path data;

    @BeforeAll
    void open(@TempDir Path folder) {
        chromium = Chromium.start();
        Map<String, Path> models = new LinkedHashMap<>();
        models.put("tiny", TinyModel.in(folder));
        models.put("continuing", TinyModel.continuing(folder));
        studio = TestStudio.in(folder, options -> options.with(it -> it.models = models));
        address = studio.uri("").toString();
        data = folder.resolve("data/files/videos");
    }

    @AfterAll
    void close() {
        if (studio != null) {
            studio.close();
        }
        if (chromium != null) {
            chromium.close();
        }
    }

    @Test
    void aPictureIsDroppedContinuedAndTakenAlong() throws IOException {
        try (Visit visit = chromium.visit(address)) {
            List<JsonNode> orders = orders(visit);
            visit.open("/");
            choose(visit, "continuing");
            assertThat(visit.page().locator(".people-panel")).hasCount(0);
            assertThat(visit.page().locator("[data-field=model] .why")).containsText("Continues a picture.");
            visit.prompt("The woman turns around.");
            visit.shortest();
            visit.make();
            assertThat(problem(visit)).hasText("This model continues a picture. Choose its first frame.");
            assertThat(orders).isEmpty();

            visit.drop(".first-frame-panel", TinyModel.photo(1));
            ready(visit);
            assertThat(problem(visit)).isHidden();
            assertThat(visit.page().locator(".sheet-picture")).isVisible();
            assertThat(visit.page().locator(".first-frame-panel")).containsText("It will be stretched to ");
            visit.make();
            visit.finished();
            assertThat(orders).hasSize(1);
            assertThat(sent(orders.getFirst())).isEqualTo(Files.readAllBytes(TinyModel.photo(1)));
            assertThat(orders.getFirst().has("people")).isFalse();
            JsonNode video = newest();
            byte[] kept = kept(video);

            visit.test("open").click();
            again(visit, "seed");
            visit.page().waitForURL(url -> !url.endsWith(video.path("id").asText()));
            assertThat(kept(newest())).as("the server's own").isEqualTo(kept);
            studio.ended(newest().path("id").asText());

            // A reload forgets the picture; the video has it still.
            visit.open("/#/video/" + video.path("id").asText());
            visit.page().reload();
            visit.page().waitForSelector("html[data-ready]");
            again(visit, "words");
            ready(visit);
            visit.prompt("The woman sits down.");
            Response answer = visit.page()
                    .waitForResponse(
                            made -> made.request().method().equals("POST")
                                    && made.url().endsWith("/v1/videos"),
                            visit::make);
            String id = TestStudio.JSON.readTree(answer.body()).path("id").asText();
            visit.page().waitForSelector(".stage .watch[data-id=" + id + "]");
            visit.finished();
            assertThat(sent(orders.getLast())).as("as the server keeps it").isEqualTo(kept);
            assertThat(kept(newest())).isEqualTo(kept);
        }
    }

    @Test
    void aPictureThatIsNotSeenIsNotSent() throws IOException {
        try (Visit visit = chromium.visit(address)) {
            List<JsonNode> orders = orders(visit);
            visit.open("/");
            visit.drop(TinyModel.photo(2));
            visit.ready(1);
            visit.name(0, "anna");
            choose(visit, "continuing");
            visit.prompt("Somebody waves to @anna.");
            assertThat(visit.page().locator(".prompt-notes")).containsText("This model shows no people of photos");
            visit.drop(".first-frame-panel", TinyModel.photo(1));
            ready(visit);

            choose(visit, "tiny");
            assertThat(visit.page().locator(".first-frame-panel")).hasCount(0);
            assertThat(visit.page().locator(".sheet-picture")).isHidden();
            assertThat(visit.people()).hasCount(1);
            visit.shortest();
            visit.make();
            visit.finished();
            assertThat(orders.getLast().has("input_reference")).isFalse();
            assertThat(orders.getLast().path("people")).hasSize(1);

            choose(visit, "continuing");
            ready(visit);
            assertThat(visit.people()).hasCount(0);
            visit.page().reload();
            visit.page().waitForSelector("html[data-ready]");
            assertThat(visit.test("first-frame")).isHidden();
            visit.prompt("Somebody waves.");
            visit.make();
            assertThat(problem(visit)).containsText("Choose its first frame");
            assertThat(orders).hasSize(1);

            // What another video began with does not stay for one that shows people.
            visit.drop(".first-frame-panel", TinyModel.photo(1));
            ready(visit);
            visit.page()
                    .evaluate(
                            "id => { location.hash = '#/video/' + id; }",
                            newest().path("id").asText());
            again(visit, "words");
            assertThat(visit.people()).hasCount(1);
            choose(visit, "continuing");
            assertThat(visit.test("first-frame")).isHidden();
        }
    }

    @Test
    void byKeysByPasteAndWhatIsNoPicture() throws IOException {
        Path strange = Files.writeString(data.resolveSibling("strange.png"), "This is not a picture.");
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            choose(visit, "continuing");
            Locator drop = visit.test("choose-first-frame");
            drop.focus();
            visit.page()
                    .waitForFileChooser(() -> visit.page().keyboard().press("Enter"))
                    .setFiles(TinyModel.photo(1));
            ready(visit);
            String first = preview(visit).getAttribute("src");
            visit.page()
                    .evaluate(
                            PASTE, List.of(Base64.getEncoder().encodeToString(Files.readAllBytes(TinyModel.photo(2)))));
            assertThat(preview(visit)).not().hasAttribute("src", first);
            ready(visit);

            visit.test("remove-first-frame").focus();
            visit.page().keyboard().press("Enter");
            assertThat(visit.test("first-frame")).isHidden();
            assertThat(drop).isFocused();
            assertThat(visit.page().locator("#announce")).hasText("The first frame was removed.");

            visit.drop(".first-frame-panel", TinyModel.photo(1), TinyModel.photo(2));
            ready(visit);
            assertThat(visit.toast()).containsText("continues one picture");
            visit.drop(".first-frame-panel", strange);
            assertThat(visit.page().locator(".first-frame-panel [role=alert]")).containsText("Choose another");
            assertThat(visit.test("first-frame")).isHidden();
        }
    }

    @Test
    void onAPhoneInTheDarkInGermanAndWithoutEyes() {
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            try (Visit visit = chromium.visit(
                    address,
                    new Browser.NewContextOptions()
                            .setViewportSize(360, 740)
                            .setColorScheme(scheme)
                            .setReducedMotion(ReducedMotion.REDUCE)
                            .setLocale("de-DE"))) {
                visit.open("/");
                choose(visit, "continuing");
                visit.accessible();
                visit.drop(".first-frame-panel", TinyModel.photo(1));
                ready(visit);
                assertThat(visit.page().locator(".first-frame-panel h2")).hasText("Erstes Bild");
                assertThat(visit.overflows()).isFalse();
                visit.accessible();
            }
        }
    }

    /** What the page orders from now on. */
    private static List<JsonNode> orders(Visit visit) {
        List<JsonNode> orders = new ArrayList<>();
        visit.page().onRequest(request -> {
            if (request.method().equals("POST") && request.url().endsWith("/v1/videos")) {
                orders.add(body(request));
            }
        });
        return orders;
    }

    private static JsonNode body(Request request) {
        try {
            return TestStudio.JSON.readTree(request.postData());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] sent(JsonNode order) {
        String url = order.path("input_reference").asText();
        assertThat(url).startsWith("data:image/png;base64,");
        return Base64.getDecoder().decode(url.substring(url.indexOf(',') + 1));
    }

    private byte[] kept(JsonNode video) throws IOException {
        return Files.readAllBytes(data.resolve(video.path("id").asText()).resolve("first-frame.png"));
    }

    private static void choose(Visit visit, String model) {
        visit.page().locator("[data-field=model] select").selectOption(model);
    }

    private static void again(Visit visit, String what) {
        visit.page().getByText("Again with …").click();
        visit.page().locator("[data-again=" + what + "]").click();
    }

    private static Locator preview(Visit visit) {
        return visit.test("first-frame").locator("img");
    }

    private static void ready(Visit visit) {
        visit.page().waitForSelector("[data-test=first-frame][data-state=ready] img");
        assertThat(preview(visit)).isVisible();
        assertThat(preview(visit)).hasAttribute("alt", Pattern.compile(".+"));
    }

    private static Locator problem(Visit visit) {
        return visit.page().locator(".create-what > [role=alert]");
    }

    private JsonNode newest() {
        return TestStudio.json(studio.get("/v1/videos?limit=1&order=desc"))
                .path("data")
                .path(0);
    }
}
