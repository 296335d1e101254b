package ai.ingredients.studio.page;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ReducedMotion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/**
 * The system's Chromium; nothing is downloaded. {@code CHROMIUM} names another one. Where there is none, tests are
 * skipped and say so.
 */
final class Chromium implements AutoCloseable {
    private final Playwright playwright;
    private final Browser browser;

    private Chromium(Playwright playwright, Path program) {
        this.playwright = playwright;
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(program)
                        .setArgs(List.of("--no-sandbox", "--disable-gpu")));
    }

    static Chromium start() {
        Path program = Path.of(System.getenv().getOrDefault("CHROMIUM", "/usr/bin/chromium"));
        Assumptions.assumeTrue(
                Files.isExecutable(program), "there is no Chromium at " + program + "; install chromium");
        Playwright playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        return new Chromium(playwright, program);
    }

    /** A window of its own: no cookie and no draft of another one. */
    Visit visit(String address, Browser.NewContextOptions options) {
        return new Visit(browser.newContext(options), address);
    }

    /** A window of an English reader who wants no motion: what moves costs time that builds do not have. */
    Visit visit(String address) {
        return visit(
                address,
                new Browser.NewContextOptions()
                        .setLocale("en-US")
                        .setViewportSize(1280, 900)
                        .setReducedMotion(ReducedMotion.REDUCE));
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
