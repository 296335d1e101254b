package ai.ingredients;

import ai.ingredients.Ingredients.Options;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.Fuzz;
import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.AfterAll;

/** Whatever a recipe says: it is asked for again, or refused in one line. */
class SavedRecipeFuzzTest {
    private static final Ingredients MODEL =
            Ingredients.open(Fixture.bundle(), Options.DEFAULT.withMemory(MemoryLevel.LAYER));

    @AfterAll
    static void close() {
        MODEL.close();
    }

    @FuzzTest(maxDuration = "1m")
    void recipes(byte[] json) {
        Fuzz.file("video.json", json, file -> {
            SavedRecipe recipe = SavedRecipe.read(file);
            Fuzz.refused(recipe::model);
            Fuzz.refused(recipe::seed);
            Fuzz.refused(recipe::rate);
            Fuzz.refused(recipe::refined);
            Fuzz.refused(() -> recipe.options(Options.DEFAULT));
            Fuzz.refused(() -> recipe.differences(recipe.video(MODEL)));
        });
    }
}
