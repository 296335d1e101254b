package ai.ingredients.studio.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.studio.TinyModel;
import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions.HasCountOptions;
import com.microsoft.playwright.assertions.LocatorAssertions.IsVisibleOptions;
import com.microsoft.playwright.options.SelectOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Somebody who has the studio open, and what they do there. Remembers what must not happen on any page. */
final class Visit implements AutoCloseable {
    /** A minute for what takes a second: builds share their machine. */
    static final double PATIENCE = 120_000;

    private static final String DROP = """
        ([target, files]) => {
            const transfer = new DataTransfer();
            for (const {name, type, bytes} of files) {
                transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, {type}));
            }
            for (const event of ['dragenter', 'dragover', 'drop']) {
                document.querySelector(target).dispatchEvent(
                    new DragEvent(event, {dataTransfer: transfer, bubbles: true, cancelable: true}));
            }
        }\
        """;

    private final BrowserContext context;
    private final String address;
    private final Page page;
    private final List<String> foreign = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();

    Visit(BrowserContext context, String address) {
        this.context = context;
        this.address = address;
        context.setDefaultTimeout(PATIENCE);
        page = tab();
    }

    /** Another tab of the same browser. */
    Page tab() {
        Page made = context.newPage();
        made.onRequest(request -> {
            String url = request.url();
            if (!url.startsWith(address) && !url.startsWith("data:") && !url.startsWith("blob:")) {
                foreign.add(url);
            }
        });
        made.onPageError(complaints::add);
        made.onConsoleMessage(message -> {
            if (message.text().contains("Content Security Policy")) {
                complaints.add(message.text());
            }
        });
        return made;
    }

    Page page() {
        return page;
    }

    Visit open(String path) {
        page.navigate(address + path);
        page.waitForSelector("html[data-ready]");
        return this;
    }

    Locator test(String name) {
        return page.locator("[data-test=" + name + "]");
    }

    Locator people() {
        return page.locator(".create .person-card");
    }

    /** Drops photos of people on the window, as from a folder. */
    void drop(Path... photos) {
        drop(".people-panel", photos);
    }

    /** Drops files where {@code target} is. */
    void drop(String target, Path... photos) {
        List<Map<String, String>> files = new ArrayList<>();
        for (Path photo : photos) {
            String name = String.valueOf(photo.getFileName());
            try {
                files.add(Map.of(
                        "name",
                        name,
                        "type",
                        name.endsWith(".txt") ? "text/plain" : "image/png",
                        "bytes",
                        Base64.getEncoder().encodeToString(Files.readAllBytes(photo))));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        page.evaluate(DROP, List.of(target, files));
    }

    /** Waits until {@code count} photos have been read. */
    void ready(int count) {
        assertThat(page.locator(".create .person-card[data-state=ready]"))
                .hasCount(count, new HasCountOptions().setTimeout(PATIENCE));
    }

    /** Two people, called anna and ben, and the shortest video of the tiny model. */
    void twoPeople() {
        drop(TinyModel.photo(1), TinyModel.photo(2));
        ready(2);
        name(0, "anna");
        name(1, "ben");
    }

    void name(int person, String name) {
        Locator field = people().nth(person).locator(".name-input");
        field.fill(name);
        field.blur();
    }

    void prompt(String text) {
        page.locator(".prompt-area").fill(text);
    }

    /** As short and small as the page offers. */
    void shortest() {
        page.locator("[data-field=length] input").fill("0");
        Locator sizes = page.locator("[data-field=size] select");
        sizes.selectOption(new SelectOption().setIndex(sizes.locator("option").count() - 1));
    }

    void setting(String name, String value) {
        Locator details = page.locator("details.fine");
        if (details.getAttribute("open") == null) {
            details.locator("summary").click();
        }
        Locator field = page.locator("[data-field=" + name + "] input");
        field.fill(value);
        field.blur();
    }

    void make() {
        test("make").click();
    }

    /** Waits for a video in the frame, which plays. */
    void finished() {
        Locator ended = page.locator(".stage video.film, [data-test=failed], .create-what [role=alert]:not([hidden])");
        try {
            assertThat(ended.first()).isVisible(new IsVisibleOptions().setTimeout(PATIENCE));
        } catch (AssertionError e) {
            throw new AssertionError(
                    "no video came; the frame says: " + page.locator(".stage").innerText(), e);
        }
        assertThat(page.locator(".stage video.film").count())
                .as(() -> "a video instead of: " + ended.first().innerText())
                .isEqualTo(1);
        page.waitForFunction("() => document.querySelector('.stage video.film').readyState >= 2");
    }

    /** The last toast's text. */
    Locator toast() {
        return page.locator(".toast").last();
    }

    /** Nothing serious is wrong for who hears or types instead of looking and pointing. */
    void accessible() {
        judge(new AxeBuilder(page));
    }

    /** Everything can be told from what is behind it: all that other colours can change of what {@link #accessible} says. */
    void readable() {
        judge(new AxeBuilder(page).withRules(List.of("color-contrast")));
    }

    /** Within this tab: the page has no frames of others, for which axe would open a second one each time. */
    private static void judge(AxeBuilder axe) {
        List<Rule> found = axe.setLegacyMode(true).analyze().getViolations().stream()
                .filter(rule -> List.of("serious", "critical").contains(rule.getImpact()))
                .toList();
        assertThat(found.stream()
                        .map(rule -> rule.getId() + ": " + rule.getNodes())
                        .toList())
                .isEmpty();
    }

    /** Whether the page can be moved sideways, which nobody wants on a phone. */
    boolean overflows() {
        return (Boolean)
                page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1");
    }

    @Override
    public void close() {
        context.close();
        assertThat(foreign).as("requests to other hosts").isEmpty();
        assertThat(complaints).as("errors on the page").isEmpty();
    }
}
