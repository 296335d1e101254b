package ai.ingredients.studio.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.studio.TestStudio;
import ai.ingredients.studio.TinyModel;
import com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions;
import com.microsoft.playwright.assertions.LocatorAssertions.HasCountOptions;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What people give as photos, and what the page makes of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PhotosTest {
    @TempDir
    private Path folder;

    private Chromium chromium;
    private TestStudio studio;
    private String address;

    @BeforeAll
    void open(@TempDir Path data) {
        chromium = Chromium.start();
        studio = TestStudio.in(data);
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

    @Test
    void aStrangePhotoIsRefusedInWordsAndTheOthersGoOn() throws IOException {
        Path strange = Files.writeString(folder.resolve("strange.png"), "This is not a picture.");
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.drop(TinyModel.photo(1), strange);
            visit.ready(1);
            assertThat(visit.page().locator("[data-state=failed] .note"))
                    .containsText("not a picture", new ContainsTextOptions().setTimeout(Visit.PATIENCE));
            visit.prompt("@person walks.");
            visit.make();
            assertThat(visit.page().locator(".create-what [role=alert]")).containsText("Take it out");
            visit.page().locator("[data-state=failed] .tiny-button").click();
            assertThat(visit.people()).hasCount(1);
        }
    }

    @Test
    void aPhotoWithoutAFaceIsToldSo() throws IOException {
        BufferedImage wall = new BufferedImage(400, 400, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = wall.createGraphics();
        pen.setColor(new Color(120, 150, 140));
        pen.fillRect(0, 0, 400, 400);
        pen.dispose();
        Path photo = folder.resolve("wall.png");
        ImageIO.write(wall, "png", photo.toFile());
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.drop(photo);
            assertThat(visit.people().first())
                    .containsText("No face was found", new ContainsTextOptions().setTimeout(Visit.PATIENCE));
        }
    }

    @Test
    void anotherFaceIsChosenByAClick() throws IOException {
        BufferedImage left = ImageIO.read(TinyModel.photo(1).toFile());
        BufferedImage right = ImageIO.read(TinyModel.photo(3).toFile());
        BufferedImage both = new BufferedImage(640, 320, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = both.createGraphics();
        pen.drawImage(left, 0, 0, 320, 320, null);
        pen.drawImage(right, 320, 0, 320, 320, null);
        pen.dispose();
        Path photo = folder.resolve("both.png");
        ImageIO.write(both, "png", photo.toFile());
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.drop(photo);
            assertThat(visit.page().locator(".create button.face"))
                    .hasCount(2, new HasCountOptions().setTimeout(Visit.PATIENCE));
            String before = chosen(visit);
            visit.page().locator(".create button.face:not(.chosen)").click();
            assertThat(visit.page().locator(".create button.face.chosen")).hasCount(1);
            assertThat(chosen(visit)).isNotEqualTo(before);
            visit.open("/#/people");
            assertThat(visit.page().locator(".library-card button.face.chosen").first())
                    .hasAttribute("aria-label", chosenLabel(before));
        }
    }

    @Test
    void severalPhotosOfOnePersonAreJoined() {
        try (Visit visit = chromium.visit(address)) {
            visit.open("/");
            visit.drop(TinyModel.photo(1), TinyModel.photo(2));
            visit.ready(2);
            visit.page().getByText("All of one person?").click();
            visit.ready(1);
            assertThat(visit.page().locator(".strip-dot")).hasCount(2);
        }
    }

    private static String chosen(Visit visit) {
        return visit.page().locator(".create button.face.chosen").getAttribute("aria-label");
    }

    private static String chosenLabel(String before) {
        return before.contains("Face 1") ? "Face 2 of 2, chosen" : "Face 1 of 2, chosen";
    }
}
