package ai.ingredients.studio.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.studio.TestStudio;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The page on a phone, in the dark, in German, without a mouse and without eyes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LooksTest {
    private Chromium chromium;
    private TestStudio studio;
    private String address;
    private String video;

    @BeforeAll
    void open(@TempDir Path folder) {
        chromium = Chromium.start();
        studio = TestStudio.in(folder);
        address = studio.uri("").toString();
        video = studio.create("");
        studio.ended(video);
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

    private List<String> everyPage() {
        return List.of(
                "/", "/#/gallery", "/#/people", "/#/models", "/#/video/" + video, "/#/compare/" + video, "/docs");
    }

    @Test
    void nothingIsWiderThanAPhone() {
        try (Visit visit = chromium.visit(
                address,
                new Browser.NewContextOptions()
                        .setViewportSize(360, 740)
                        .setHasTouch(true)
                        .setIsMobile(true)
                        .setLocale("en-US"))) {
            for (String path : everyPage()) {
                visit.open(path);
                visit.page().waitForLoadState();
                assertThat(visit.overflows()).as(path).isFalse();
            }
            visit.open("/");
            visit.twoPeople();
            visit.prompt("@anna and @ben wave.");
            assertThat(visit.overflows()).isFalse();
            visit.shortest();
            visit.make();
            visit.finished();
            assertThat(visit.overflows()).isFalse();
        }
    }

    @Test
    void darkWhereTheSystemIsDarkAndLightOnAClick() {
        try (Visit visit = chromium.visit(
                address,
                new Browser.NewContextOptions().setColorScheme(ColorScheme.DARK).setLocale("en-US"))) {
            visit.open("/");
            assertThat(brightness(visit)).isLessThan(60);
            visit.test("theme").click();
            assertThat(brightness(visit)).isGreaterThan(200);
            visit.open("/#/gallery");
            assertThat(brightness(visit)).as("remembered").isGreaterThan(200);
        }
    }

    @Test
    void axeFindsNothingSeriousInTheLight() {
        axe(ColorScheme.LIGHT, Visit::accessible);
    }

    @Test
    void axeFindsNothingSeriousInTheDark() {
        axe(ColorScheme.DARK, Visit::readable);
    }

    private void axe(ColorScheme scheme, Consumer<Visit> judge) {
        // Without motion: what fades in has no contrast yet.
        try (Visit visit = chromium.visit(
                address,
                new Browser.NewContextOptions()
                        .setColorScheme(scheme)
                        .setReducedMotion(ReducedMotion.REDUCE)
                        .setLocale("en-US"))) {
            for (String path : everyPage()) {
                visit.open(path);
                judge.accept(visit);
            }
            visit.open("/");
            visit.twoPeople();
            visit.prompt("@anna and @b");
            visit.page().locator("details.fine summary").click();
            visit.page().locator(".place-row").first().getByLabel("Left").check();
            judge.accept(visit);
        }
    }

    @Test
    void everythingCanBeDoneByKeys() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.twoPeople();
            visit.page().locator(".place-row").first().getByLabel("Left").check();
            visit.page().locator(".place-box").focus();
            visit.page().keyboard().press("ArrowRight");
            visit.page().keyboard().press("Shift+ArrowUp");
            assertThat(visit.page().locator(".place-box"))
                    .hasAttribute(
                            "aria-label",
                            "Place of anna: 2 % from the left, 0 % from the top, 40 % wide, 98 % high. Arrows move,"
                                    + " Shift and arrows resize, Delete removes.");
            visit.page().keyboard().press("Delete");
            assertThat(visit.page().locator(".place-box")).hasCount(0);
            visit.prompt("@anna and @ben nod.");
            visit.shortest();
            visit.page().locator(".prompt-area").press("Control+Enter");
            visit.finished();
        }
    }

    @Test
    void inGermanForWhoReadsGerman() {
        try (Visit visit = chromium.visit(address, new Browser.NewContextOptions().setLocale("de-DE"))) {
            visit.open("/");
            assertThat(visit.test("make")).hasText("Video machen");
            assertThat(visit.page().locator("html")).hasAttribute("lang", "de");
            visit.test("language").click();
            visit.page().waitForSelector("html[lang=en][data-ready]");
            assertThat(visit.test("make")).hasText("Make video");
        }
    }

    @Test
    void theDescriptionOfTheApiIsReadOut() throws IOException {
        JsonNode description =
                new YAMLMapper().readTree(studio.get("/openapi.yaml").body());
        try (Visit visit = chromium.visit(address)) {
            visit.open("/docs");
            Object parsed = visit.page()
                    .evaluate("async () => JSON.stringify((await import('/docs/yaml.js'))"
                            + ".parseYaml(await (await fetch('/openapi.yaml')).text()))");
            assertThat(TestStudio.JSON.readTree((String) parsed)).isEqualTo(description);

            List<String> routes = new ArrayList<>();
            description
                    .path("paths")
                    .properties()
                    .forEach(path -> path.getValue()
                            .fieldNames()
                            .forEachRemaining(method -> routes.add(method.toUpperCase(Locale.ROOT) + path.getKey())));
            routes.removeIf(route -> !route.matches("(GET|POST|PUT|PATCH|DELETE|HEAD)/.*"));
            assertThat(visit.page().locator(".route").allTextContents()).containsExactlyInAnyOrderElementsOf(routes);
        }
    }

    private static int brightness(Visit visit) {
        return ((Number) visit.page()
                        .evaluate("() => Number(getComputedStyle(document.documentElement).backgroundColor"
                                + ".match(/\\d+/)[0])"))
                .intValue();
    }
}
