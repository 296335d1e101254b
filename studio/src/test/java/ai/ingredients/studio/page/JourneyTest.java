package ai.ingredients.studio.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.studio.TestStudio;
import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions;
import com.microsoft.playwright.assertions.LocatorAssertions.IsVisibleOptions;
import com.microsoft.playwright.options.AriaRole;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** From the first visit to a video, and what happens on the way: second thoughts, a reload, another tab. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JourneyTest {
    private Chromium chromium;
    private TestStudio studio;
    private String address;

    @BeforeAll
    void open(@TempDir Path folder) {
        chromium = Chromium.start();
        studio = TestStudio.in(folder);
        address = studio.uri("").toString();
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

    /** What one test leaves in the queue the next one does not wait for. */
    @AfterEach
    void empty() {
        for (JsonNode video :
                TestStudio.json(studio.get("/v1/videos?limit=100")).path("data")) {
            studio.delete("/v1/videos/" + video.path("id").asText());
        }
    }

    @Test
    void fromTheFirstVisitToAFinishedVideo() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            assertThat(visit.page().getByText("Use only photos of people who agreed"))
                    .isVisible();
            visit.twoPeople();
            assertThat(visit.page().locator(".create .face.chosen")).hasCount(2);
            visit.page().locator(".prompt-area").pressSequentially("@an");
            visit.page().keyboard().press("Enter");
            visit.page().locator(".prompt-area").pressSequentially("and @b");
            visit.page().keyboard().press("Tab");
            visit.page().locator(".prompt-area").pressSequentially("dance in a park.");
            assertThat(visit.page().locator(".prompt-area")).hasValue("@anna and @ben dance in a park.");
            assertThat(visit.page().locator(".prompt-mirror mark")).hasCount(2);
            visit.page().locator(".place-row").first().getByLabel("Left").check();
            visit.shortest();
            visit.make();
            visit.finished();

            visit.test("open").click();
            assertThat(visit.page().locator("h1")).hasText("@anna and @ben dance in a park.");
            assertThat(visit.page().locator(".made")).hasText("AI-made");
            JsonNode video = newest();
            assertThat(video.path("status").asText()).isEqualTo("completed");
            assertThat(video.path("people").findValuesAsText("name")).containsExactly("anna", "ben");
            assertThat(video.path("place").path(0).path("region").path(2).asDouble())
                    .isEqualTo(0.4);
            assertThat(visit.page().locator(".recipe"))
                    .containsText(video.path("seed").asText());
        }
    }

    @Test
    void severalSeedsAtOnce() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.prompt("Three walks.");
            visit.shortest();
            visit.page().locator("[data-field=n] input").fill("3");
            visit.setting("seed", "7");
            visit.make();
            assertThat(visit.page().locator(".strip-button")).hasCount(3);
            assertThat(visit.page().locator(".strip-label").allInnerTexts())
                    .containsExactly("Seed 7", "Seed 8", "Seed 9");
            visit.finished();
        }
    }

    @Test
    void aVideoIsCancelled() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.prompt("Never mind.");
            visit.setting("num_inference_steps", "200");
            visit.make();
            visit.test("cancel").click();
            assertThat(visit.test("cancelled")).isVisible(new IsVisibleOptions().setTimeout(Visit.PATIENCE));
            assertThat(newest().path("error").path("code").asText()).isEqualTo("cancelled");
        }
    }

    @Test
    void aReloadInTheMiddleLosesNothing() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.twoPeople();
            visit.prompt("@anna and @ben walk for a while.");
            visit.shortest();
            visit.setting("num_inference_steps", "20");
            visit.make();
            assertThat(visit.test("progress")).isVisible();
            visit.page().reload();
            visit.page().waitForSelector("html[data-ready]");
            assertThat(visit.page().locator(".prompt-area")).hasValue("@anna and @ben walk for a while.");
            assertThat(visit.people()).hasCount(2);
            visit.ready(2);
            assertThat(visit.page().locator("[data-field=num_inference_steps] input"))
                    .hasValue("20");
            visit.finished();
        }
    }

    @Test
    void anotherTabSeesTheSame() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.prompt("Seen from two tabs.");
            visit.shortest();
            Page gallery = visit.tab();
            gallery.navigate(address + "/#/gallery");
            gallery.waitForSelector("html[data-ready]");
            visit.make();
            Locator card = gallery.locator(".video-card", new Page.LocatorOptions().setHasText("Seen from two tabs."));
            assertThat(card.first()).isVisible(new IsVisibleOptions().setTimeout(Visit.PATIENCE));
            visit.finished();
            assertThat(card.first().locator("img")).isVisible(new IsVisibleOptions().setTimeout(Visit.PATIENCE));

            visit.test("open").click();
            visit.test("delete").click();
            visit.page().locator("[data-answer=yes]").click();
            assertThat(card).hasCount(0);
        }
    }

    @Test
    void whatIsDeletedIsGoneAndThePageSaysWhatWent() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.twoPeople();
            visit.prompt("@anna and @ben part.");
            visit.shortest();
            visit.make();
            visit.finished();
            visit.test("open").click();
            String id = newest().path("id").asText();
            visit.test("delete").click();
            assertThat(visit.page().locator("dialog")).containsText("latents");
            visit.page().locator("[data-answer=yes]").click();
            assertThat(visit.toast()).containsText("its previews, its recipe and its latents");
            assertThat(studio.get("/v1/videos/" + id).statusCode()).isIn(404, 410);
            assertThat(studio.get("/v1/videos/" + id + "/content").statusCode()).isIn(404, 410);

            visit.open("/#/people");
            int before = visit.page().locator(".library-card").count();
            String person = visit.page().locator(".library-card").first().getAttribute("data-id");
            visit.page()
                    .locator(".library-card")
                    .first()
                    .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Delete"))
                    .click();
            visit.page().locator("[data-answer=yes]").click();
            assertThat(visit.toast()).containsText("all features computed from them");
            assertThat(visit.page().locator(".library-card")).hasCount(before - 1);
            assertThat(studio.get("/v1/people/" + person).statusCode()).isIn(404, 410);
        }
    }

    @Test
    void everythingCanGoAtOnce() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.twoPeople();
            visit.prompt("@anna and @ben wait.");
            visit.make();
            assertThat(visit.page().locator(".watch")).isVisible();
            visit.open("/#/models");
            visit.test("delete-all").click();
            visit.page().locator("[data-answer=yes]").click();
            assertThat(visit.toast())
                    .containsText("All gone: 1 videos", new ContainsTextOptions().setTimeout(Visit.PATIENCE));
            assertThat(visit.toast()).containsText("people with photos and features");
            assertThat(TestStudio.json(studio.get("/v1/videos")).path("data")).isEmpty();
            assertThat(TestStudio.json(studio.get("/v1/people")).path("data")).isEmpty();
            visit.open("/");
            assertThat(visit.people()).hasCount(0);
            assertThat(visit.page().locator(".prompt-area")).hasValue("");
        }
    }

    @Test
    void againWithOtherWordsBringsEverythingBack() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.twoPeople();
            visit.prompt("@anna meets @ben again.");
            visit.shortest();
            visit.setting("seed", "18446744073709551615");
            visit.make();
            visit.finished();
            visit.test("open").click();
            visit.page().getByText("Again with …").click();
            visit.page().locator("[data-again=words]").click();
            assertThat(visit.page().locator(".prompt-area")).hasValue("@anna meets @ben again.");
            assertThat(visit.people()).hasCount(2);
            assertThat(visit.page().locator("[data-field=seed] input")).hasValue("18446744073709551615");
        }
    }

    private JsonNode newest() {
        return TestStudio.json(studio.get("/v1/videos?limit=1&order=desc"))
                .path("data")
                .path(0);
    }
}
